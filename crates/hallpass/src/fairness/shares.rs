//! Counts what clients occupy, and refuses what is over a share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::{Client, ClientNetwork};

/// How many units there are, and how many of them one network may occupy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareLimits {
    /// All of them.
    pub total: usize,
    /// Those of one client: an IPv4 address or an IPv6 /64.
    pub client: usize,
    /// Those of the widest network that contains a client: a /24 or a /48.
    pub network: usize,
}

impl ShareLimits {
    /// A quarter of them for one client and half of them for its network, so
    /// that one network alone never occupies all.
    #[must_use]
    pub const fn of(total: usize) -> Self {
        Self {
            total,
            client: total.div_ceil(4),
            network: total.div_ceil(2),
        }
    }

    /// Whether one more is within the limits, given how many are occupied in all
    /// and in each of the [`Client::networks`].
    #[must_use]
    pub const fn allow(&self, total: usize, [network, _, client]: [usize; 3]) -> bool {
        total < self.total && network < self.network && client < self.client
    }
}

/// Counts what clients occupy. Clones share the counts.
#[derive(Clone)]
pub struct Shares(Arc<Inner>);

struct Inner {
    limits: ShareLimits,
    occupied: Mutex<Occupied>,
}

#[derive(Default)]
struct Occupied {
    total: usize,
    /// By the network and its place in [`Client::networks`].
    networks: HashMap<(usize, ClientNetwork), usize>,
}

/// One occupied unit. It is free again when this is dropped.
pub struct Share {
    shares: Shares,
    client: Client,
}

impl Shares {
    /// No unit is occupied.
    #[must_use]
    pub fn new(limits: ShareLimits) -> Self {
        Self(Arc::new(Inner {
            limits,
            occupied: Mutex::default(),
        }))
    }

    /// Occupies one unit; `None` when that would be over a limit.
    #[must_use]
    pub fn take(&self, client: Client) -> Option<Share> {
        let mut occupied = self.occupied();
        let counts = occupied.of(client);
        if !self.0.limits.allow(occupied.total, counts) {
            return None;
        }
        occupied.total += 1;
        for key in client.networks().into_iter().enumerate() {
            *occupied.networks.entry(key).or_default() += 1;
        }
        Some(Share {
            shares: self.clone(),
            client,
        })
    }

    /// The number of occupied units.
    #[must_use]
    pub fn total(&self) -> usize {
        self.occupied().total
    }

    fn occupied(&self) -> MutexGuard<'_, Occupied> {
        let occupied = self.0.occupied.lock();
        occupied.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Occupied {
    fn of(&self, client: Client) -> [usize; 3] {
        let mut place = 0;
        client.networks().map(|network| {
            let count = self.networks.get(&(place, network));
            place += 1;
            count.copied().unwrap_or(0)
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut occupied = self.shares.occupied();
        occupied.total -= 1;
        for key in self.client.networks().into_iter().enumerate() {
            if let Some(count) = occupied.networks.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    occupied.networks.remove(&key);
                }
            }
        }
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = self.client;
        f.debug_struct("Share")
            .field("client", &client)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::new(text.parse().unwrap())
    }

    #[test]
    fn client_has_a_quarter() {
        let shares = Shares::new(ShareLimits::of(8));
        let held = ["192.0.2.1", "192.0.2.1"].map(|text| shares.take(client(text)));
        assert!(held.iter().all(Option::is_some));
        assert!(shares.take(client("192.0.2.1")).is_none());
        assert!(shares.take(client("192.0.2.2")).is_some());
    }

    #[test]
    fn network_has_half() {
        let shares = Shares::new(ShareLimits::of(8));
        let take = |number| shares.take(client(&format!("2001:db8:0:{number}::1")));
        let held: Vec<_> = (0..4).filter_map(take).collect();
        assert_eq!(held.len(), 4);
        assert!(take(5).is_none());
        assert!(shares.take(client("2001:db8:1::1")).is_some());
    }

    #[test]
    fn total_is_the_end() {
        let shares = Shares::new(ShareLimits::of(4));
        let take = |number| shares.take(client(&format!("192.0.{number}.1")));
        let held: Vec<_> = (0..9).filter_map(take).collect();
        assert_eq!(held.len(), 4);
    }

    #[test]
    fn dropped_share_is_free_again() {
        let shares = Shares::new(ShareLimits::of(4));
        for _ in 0..9 {
            assert!(shares.take(client("192.0.2.1")).is_some());
        }
        assert_eq!(shares.total(), 0);
        assert!(shares.occupied().networks.is_empty());
    }
}
