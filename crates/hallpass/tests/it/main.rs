//! Hallpass from outside: the real router over real databases, SQLite and
//! PostgreSQL, with a clock that the test moves.
//!
//! `make test` starts PostgreSQL and runs these. Nothing here sleeps, and the
//! tests run in any order.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets what it does not expect has failed"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests run SQL of their own, and are told of PostgreSQL by the environment"
)]

mod abandoned;
mod answers;
mod any_input;
mod architecture;
mod authorization;
mod better_auth;
mod better_auth_checks;
mod bodies;
mod cookies;
mod cors;
mod csrf;
mod emails;
mod emails_unicode;
mod enumeration;
mod errors;
mod faults;
mod foreign_cookies;
mod foreign_sites;
mod forge;
mod hashes;
mod headers;
mod isolation;
mod jwt_schema;
mod library;
mod logs;
mod migrations;
mod openapi;
mod pages_assets;
mod pages_csrf;
mod pages_embedding;
mod pages_errors;
mod pages_expiry;
mod pages_forms;
mod pages_logs;
mod pages_races;
mod pages_return;
mod pages_signed_in;
mod pages_stories;
mod pages_texts;
mod pages_throttle;
mod passwords;
mod public_path;
mod races;
mod recording;
mod referers;
mod refusals;
mod rig;
mod rotation_under_load;
mod routing;
mod schema;
mod sign_in_costs;
mod signing_keys;
mod signing_rotation;
mod sources;
mod statements;
mod stories;
mod throttle;
mod throttle_clients;
mod throttle_devices;
mod throttle_spacing;
mod throttle_work;
mod token_refusals;
mod tokens;
mod validation;
