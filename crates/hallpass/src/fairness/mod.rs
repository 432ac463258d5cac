//! How clients share what a server has only so much of.
//!
//! Connections, requests in progress and the hashing threads are each divided by
//! the same three rules:
//!
//! - **Client key.** Entries are kept by [`Client`](crate::Client), within the networks that
//!   contain the client ([`Client::networks`](crate::Client::networks)). An attacker with a thousand
//!   addresses of one network therefore has the share of one network.
//! - **Share.** Whatever waits is served in turn: one entry of each network,
//!   within a network one of each smaller network, then one of each client, and
//!   for one client the oldest. A client that sends more waits longer and makes
//!   no other client wait longer.
//! - **Eviction.** A full resource refuses a newcomer, unless another network
//!   holds more than the newcomer's would: then the heaviest network gives up
//!   its newest entry.
//!
//! [`FairQueue`] is these rules as a data structure. [`Shares`] only counts, for
//! resources that a client occupies without waiting.

mod queue;
mod shares;

pub use self::queue::FairQueue;
pub use self::shares::{Share, ShareLimits, Shares};
