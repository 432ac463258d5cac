//! Who is served when there are more clients than places.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hallpass::Client;
use hallpass::fairness::{FairQueue, ShareLimits};
use ipnet::IpNet;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Far more than a holder needs to notice that it was evicted.
const EVICTION: Duration = Duration::from_secs(1);

/// What holds a place: a connection, or a request that is being answered.
pub(super) trait Holder {
    /// The higher, the less is lost with it. At 0 it is in use.
    fn rank(&self) -> u8;

    /// Takes its place away.
    fn evict(&self);
}

/// Places, and what holds them.
///
/// A client has a share of the places, and so has its network. Beyond its share
/// a client can only replace what it holds and does not use. When all places are
/// taken, a newcomer receives the place of the network that holds most, see
/// [`hallpass::fairness`]. Proxies that the operator trusts have no share, since
/// they bring the requests of many clients.
pub(super) struct Places<H> {
    limits: ShareLimits,
    trusted: Vec<IpNet>,
    state: Mutex<State<H>>,
}

struct State<H> {
    /// All places that are taken, those of trusted proxies too.
    taken: usize,
    /// Those that have a share.
    shared: FairQueue<Arc<Held<H>>>,
}

struct Held<H> {
    holder: Arc<H>,
    gone: Notify,
}

/// One place that is held. It is free again when this is dropped.
pub(super) struct Place<H: Holder> {
    places: Arc<Places<H>>,
    client: Client,
    is_trusted: bool,
    held: Arc<Held<H>>,
}

/// A holder that had to give its place up.
pub(super) struct Evicted<H>(Arc<Held<H>>);

impl<H: Holder> Places<H> {
    pub(super) fn new(total: usize, trusted: &[IpNet]) -> Arc<Self> {
        Arc::new(Self {
            limits: ShareLimits::of(total),
            trusted: trusted.to_vec(),
            state: Mutex::new(State {
                taken: 0,
                shared: FairQueue::default(),
            }),
        })
    }

    /// A place for a newcomer from this address, and the holder that gives way
    /// to it, if one does. `None` when the newcomer is the one to refuse.
    pub(super) fn take(
        self: &Arc<Self>,
        peer: IpAddr,
        holder: &Arc<H>,
    ) -> Option<(Place<H>, Option<Evicted<H>>)> {
        let peer = peer.to_canonical();
        let is_trusted = self.trusted.iter().any(|network| network.contains(&peer));
        let client = Client::new(peer);
        let mut state = self.state();
        let evicted = if state.has_free(&self.limits, client, is_trusted) {
            None
        } else {
            Some(state.evict(&self.limits, client, is_trusted)?)
        };
        let held = Arc::new(Held {
            holder: Arc::clone(holder),
            gone: Notify::new(),
        });
        state.taken += 1;
        if !is_trusted {
            state.shared.push(client, Arc::clone(&held));
        }
        let place = Place {
            places: Arc::clone(self),
            client,
            is_trusted,
            held,
        };
        Some((place, evicted.map(Evicted)))
    }

    fn state(&self) -> MutexGuard<'_, State<H>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Holder> State<H> {
    fn has_free(&self, limits: &ShareLimits, client: Client, is_trusted: bool) -> bool {
        let held = self.shared.lengths(client);
        self.taken < limits.total && (is_trusted || limits.allow(self.taken, held))
    }

    /// Takes a place away in favour of a newcomer.
    fn evict(
        &mut self,
        limits: &ShareLimits,
        client: Client,
        is_trusted: bool,
    ) -> Option<Arc<Held<H>>> {
        let [_, _, held] = self.shared.lengths(client);
        // Where its network has no place left, the heaviest client of that
        // network gives way.
        let has_share = is_trusted || held < limits.client;
        let evicted = has_share
            .then(|| self.shared.evict_for(client, |held| held.holder.rank()))
            .flatten()
            .or_else(|| self.replace_unused(client))?;
        self.taken = self.taken.saturating_sub(1);
        evicted.holder.evict();
        Some(evicted)
    }

    /// Removes what the client holds and uses least, and of several the oldest.
    fn replace_unused(&mut self, client: Client) -> Option<Arc<Held<H>>> {
        [2, 1].into_iter().find_map(|rank| {
            let mut is_found = false;
            let mut removed = self.shared.retain_of(client, |held| {
                let is_it = !is_found && held.holder.rank() == rank;
                is_found |= is_it;
                !is_it
            });
            removed.pop()
        })
    }
}

impl<H> Evicted<H> {
    /// Waits until the place is empty.
    pub(super) async fn gone(self) {
        drop(timeout(EVICTION, self.0.gone.notified()).await);
    }
}

impl<H: Holder> Drop for Place<H> {
    fn drop(&mut self) {
        let mut state = self.places.state();
        let is_own = |held: &Arc<Held<H>>| Arc::ptr_eq(held, &self.held);
        let removed = state.shared.retain_of(self.client, |held| !is_own(held));
        // An evicted holder's place is already another's.
        if self.is_trusted || !removed.is_empty() {
            state.taken = state.taken.saturating_sub(1);
        }
        self.held.gone.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::super::activity::Activity;
    use super::*;

    enum Outcome {
        Refused,
        Connected,
        /// And this connection gave way.
        Replaced(Arc<Activity>),
    }

    impl Outcome {
        fn is_refused(&self) -> bool {
            matches!(self, Self::Refused)
        }

        fn is_replaced(&self) -> bool {
            matches!(self, Self::Replaced(_))
        }

        fn replaces(&self, activity: &Arc<Activity>) -> bool {
            matches!(self, Self::Replaced(evicted) if Arc::ptr_eq(evicted, activity))
        }
    }

    struct Crowd {
        places: Arc<Places<Activity>>,
        connected: Vec<(Place<Activity>, Arc<Activity>)>,
    }

    impl Crowd {
        fn of(total: usize, trusted: &[&str]) -> Self {
            let trusted: Vec<_> = trusted.iter().map(|net| net.parse().unwrap()).collect();
            Self {
                places: Places::new(total, &trusted),
                connected: Vec::new(),
            }
        }

        fn connect(&mut self, peer: &str) -> Outcome {
            let activity = Activity::new();
            let Some((place, evicted)) = self.places.take(peer.parse().unwrap(), &activity) else {
                return Outcome::Refused;
            };
            self.connected.push((place, activity));
            evicted.map_or(Outcome::Connected, |evicted| {
                Outcome::Replaced(Arc::clone(&evicted.0.holder))
            })
        }

        fn connect_all(&mut self, peers: &[&str]) {
            for peer in peers {
                assert!(matches!(self.connect(peer), Outcome::Connected), "{peer}");
            }
        }

        fn activity(&self, index: usize) -> &Arc<Activity> {
            &self.connected[index].1
        }

        fn taken(&self) -> usize {
            self.places.state().taken
        }
    }

    #[test]
    fn client_has_its_share() {
        let mut crowd = Crowd::of(8, &[]);
        crowd.connect_all(&["192.0.2.1", "192.0.2.1"]);
        let busy: Vec<_> = (0..2).map(|index| crowd.activity(index).begin()).collect();
        assert!(crowd.connect("192.0.2.1").is_refused());
        assert!(crowd.connect("::ffff:192.0.2.1").is_refused());
        crowd.connect_all(&["192.0.2.2", "192.0.2.3", "198.51.100.1"]);
        assert!(crowd.connect("192.0.2.4").is_replaced(), "the /24 has half");
        drop(busy);
    }

    #[test]
    fn ipv6_network_has_its_share() {
        let mut crowd = Crowd::of(8, &[]);
        crowd.connect_all(&["2001:db8:0:1::1", "2001:db8:0:1::2"]);
        let busy: Vec<_> = (0..2).map(|index| crowd.activity(index).begin()).collect();
        assert!(crowd.connect("2001:db8:0:1::3").is_refused());
        crowd.connect_all(&["2001:db8:0:2::1", "2001:db8:0:3::1", "2001:db8:1::1"]);
        assert!(crowd.connect("2001:db8:0:4::1").is_replaced());
        assert_eq!(crowd.taken(), 5);
        drop(busy);
    }

    #[test]
    fn own_unused_connection_gives_way() {
        let mut crowd = Crowd::of(8, &[]);
        crowd.connect_all(&["192.0.2.1", "192.0.2.1"]);
        drop(crowd.activity(0).begin());
        let silent = Arc::clone(crowd.activity(1));
        assert!(crowd.connect("192.0.2.1").replaces(&silent));
        let idle = Arc::clone(crowd.activity(0));
        let busy = crowd.activity(2).begin();
        assert!(crowd.connect("192.0.2.1").replaces(&idle));
        assert_eq!(crowd.taken(), 2);
        drop(busy);
    }

    #[test]
    fn heaviest_network_gives_way() {
        let mut crowd = Crowd::of(4, &[]);
        crowd.connect_all(&["192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.2"]);
        let busy: Vec<_> = (0..4).map(|index| crowd.activity(index).begin()).collect();
        assert!(crowd.connect("203.0.113.1").is_replaced());
        let newcomer = crowd.activity(4).begin();
        assert!(crowd.connect("203.0.113.1").is_refused(), "two each");
        assert_eq!(crowd.taken(), 4);
        drop((busy, newcomer));
    }

    #[test]
    fn trusted_proxies_have_no_share() {
        let mut crowd = Crowd::of(4, &["192.0.2.0/24"]);
        crowd.connect_all(&["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"]);
        crowd.connect_all(&["198.51.100.1"]);
        assert!(crowd.connect("203.0.113.1").is_refused());
        let silent = Arc::clone(crowd.activity(3));
        let busy = silent.begin();
        assert!(
            crowd.connect("192.0.2.1").is_refused(),
            "the client has one"
        );
        drop(busy);
        crowd.connected.clear();
        assert_eq!(crowd.taken(), 0);
    }

    #[test]
    fn dropped_place_is_free_again() {
        let mut crowd = Crowd::of(4, &["127.0.0.1/32"]);
        for peer in ["192.0.2.1", "127.0.0.1", "2001:db8::1"] {
            for _ in 0..9 {
                crowd.connect_all(&[peer]);
                crowd.connected.clear();
                assert_eq!(crowd.taken(), 0, "{peer}");
            }
        }
    }

    #[test]
    fn evicted_place_is_counted_once() {
        let mut crowd = Crowd::of(4, &[]);
        for _ in 0..9 {
            assert!(!crowd.connect("192.0.2.1").is_refused());
        }
        assert_eq!(crowd.taken(), 1);
        crowd.connected.clear();
        assert_eq!(crowd.taken(), 0);
    }
}
