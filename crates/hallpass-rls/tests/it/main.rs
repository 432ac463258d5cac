//! The rows of users from outside: real databases, SQLite and PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its case has failed"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests make databases and roles by name, and ask what `make test` has started"
)]

mod cancellation;
mod does_not_compile;
mod inspection;
mod policies;
mod rig;
mod scopes;
