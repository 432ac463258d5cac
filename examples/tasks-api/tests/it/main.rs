//! The example from outside: its real router on real databases, with tokens
//! signed as Hallpass signs them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot set up its case has failed"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests make databases by name, and ask what `make test` has started"
)]

mod answers;
mod fetched_keys;
mod foreign_ids;
mod mutations;
mod program;
mod rig;
mod soak;
mod sources;
