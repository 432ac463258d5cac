//! The binary `hallpass` from outside: real processes, real sockets, real
//! databases, SQLite and PostgreSQL.
//!
//! `make test` starts PostgreSQL and runs these. They run in any order and
//! beside each other, and none sleeps for a while and hopes: each waits for the
//! event itself, for so long and no longer.

mod deadlines;
mod disk;
mod durability;
mod first_start;
mod hostile;
mod log;
mod metrics;
mod outage;
mod rig;
mod schema;
mod settings;
mod stop;
mod two_servers;
