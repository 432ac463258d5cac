//! The verifier from outside: what it takes, and each thing it refuses.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot set up its case has failed"
)]

mod algorithm;
mod axum_users;
mod better_auth;
mod building;
mod claims;
mod dependencies;
mod encoding;
mod foreign_keys;
mod forge;
mod header;
mod http;
mod interoperability;
mod issuer;
mod issuer_server;
mod json;
mod json_suite;
mod jwks_address;
mod jwks_axum;
mod jwks_failures;
mod jwks_log;
mod jwks_schedule;
mod jwks_tls;
mod jwks_unknown_keys;
mod key_choice;
mod key_confusion;
mod key_sets;
mod never_panics;
mod outside_view;
mod parties;
mod public_signature;
mod serialization;
mod signature;
mod times;
