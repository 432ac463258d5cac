//! Hallpass from outside: the real router over real databases, SQLite and
//! PostgreSQL, with a clock that the test moves.
//!
//! `make test` starts PostgreSQL and runs these. Nothing here sleeps, and the
//! tests run in any order.

mod answers;
mod cookies;
mod cors;
mod headers;
mod refusals;
mod rig;
mod routing;
mod stories;
