//! The binary `hallpass` from outside: real processes, real sockets, real
//! databases, SQLite and PostgreSQL.
//!
//! `make test` starts PostgreSQL and runs these. They run in any order and
//! beside each other, and none sleeps for a while and hopes: each waits for the
//! event itself, for so long and no longer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot set up its case has failed"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test bounds what it waits for, and asks what `make test` has started"
)]
#![expect(
    clippy::disallowed_types,
    reason = "databases are made by name, and looked into by whatever SQL a test needs"
)]

mod abandoned;
mod connections;
mod deadlines;
#[cfg(target_os = "linux")]
mod disk_full;
mod disk_read_only;
mod doctor;
mod durability;
mod first_start;
mod hostile;
mod hosts;
mod interop;
mod limits;
mod log;
mod metrics;
mod outage;
mod pooled;
mod rig;
mod rls;
mod schema;
mod settings;
mod sleeping;
mod stop;
mod tls;
mod two_servers;
