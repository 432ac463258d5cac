//! The verifier from outside: what it takes, and each thing it refuses.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case has failed"
)]

mod algorithm;
mod building;
mod claims;
mod encoding;
mod foreign_keys;
mod forge;
mod header;
mod interoperability;
mod json;
mod never_panics;
mod outside_view;
mod parties;
mod serialization;
mod signature;
mod times;
