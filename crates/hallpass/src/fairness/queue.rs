//! Entries of clients, served in turn.

use std::collections::VecDeque;

use crate::client::{Client, ClientNetwork};

/// Entries of clients in the order in which they are served: one of each network
/// in turn, within a network one of each smaller network, and for one client the
/// oldest first.
///
/// A plain data structure: it knows no time and no threads. Every operation walks
/// over the networks that hold entries, which for a thousand of them takes
/// microseconds.
///
/// ```
/// use hallpass::Client;
/// use hallpass::fairness::FairQueue;
///
/// let client = |text: &str| Client::new(text.parse().unwrap());
/// let mut queue = FairQueue::default();
/// queue.push(client("192.0.2.1"), "greedy 1");
/// queue.push(client("192.0.2.1"), "greedy 2");
/// queue.push(client("203.0.113.9"), "polite");
/// assert_eq!(queue.pop(), Some("greedy 1"));
/// assert_eq!(queue.pop(), Some("polite"));
/// assert_eq!(queue.pop(), Some("greedy 2"));
/// ```
#[derive(Debug)]
pub struct FairQueue<T>(Node<T>);

/// The entries within one network: in `entries` where it is a client's own
/// network, in `parts` where it is a wider one.
#[derive(Debug)]
struct Node<T> {
    length: usize,
    /// The next turn first. None is empty, and no network is here twice.
    parts: VecDeque<(ClientNetwork, Node<T>)>,
    /// The oldest first.
    entries: VecDeque<T>,
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self(Node::default())
    }
}

impl<T> FairQueue<T> {
    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.length
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries in each network that contains the client, in the
    /// order of [`Client::networks`].
    #[must_use]
    pub fn lengths(&self, client: Client) -> [usize; 3] {
        let mut node = Some(&self.0);
        client.networks().map(|network| {
            node = node.and_then(|node| node.part(network));
            node.map_or(0, |node| node.length)
        })
    }

    /// Adds an entry behind those that its client already has.
    pub fn push(&mut self, client: Client, entry: T) {
        self.0.push(&client.networks(), entry);
    }

    /// Removes the entry whose turn it is.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// The number of entries that [`pop`](Self::pop) returns before an entry of
    /// this client that is pushed now, if nothing else is pushed.
    #[must_use]
    pub fn turns_before(&self, client: Client) -> usize {
        self.0.turns_before(&client.networks())
    }

    /// Removes one entry in favour of a newcomer: from the network that holds
    /// most, if that is more than the newcomer's network would hold with it.
    /// `None` means that the newcomer is the one to refuse.
    ///
    /// Of the heaviest client's entries the one with the highest `rank` goes,
    /// and of equal ones the newest, which has waited least.
    pub fn evict_for<R: Ord>(&mut self, newcomer: Client, rank: impl Fn(&T) -> R) -> Option<T> {
        self.0.evict_for(&newcomer.networks(), &rank)
    }

    /// Removes the entries of one client for which `is_wanted` is false, and
    /// returns them.
    pub fn retain_of(&mut self, client: Client, mut is_wanted: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut removed = Vec::new();
        let networks = client.networks();
        self.0.retain(Some(&networks), &mut is_wanted, &mut removed);
        removed
    }

    /// Removes the entries of all clients for which `is_wanted` is false, and
    /// returns them.
    pub fn retain(&mut self, mut is_wanted: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut removed = Vec::new();
        self.0.retain(None, &mut is_wanted, &mut removed);
        removed
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            length: 0,
            parts: VecDeque::new(),
            entries: VecDeque::new(),
        }
    }
}

impl<T> Node<T> {
    fn part(&self, network: ClientNetwork) -> Option<&Self> {
        let mut parts = self.parts.iter();
        parts.find_map(|(of, part)| (*of == network).then_some(part))
    }

    fn push(&mut self, path: &[ClientNetwork], entry: T) {
        self.length += 1;
        let Some((network, rest)) = path.split_first() else {
            return self.entries.push_back(entry);
        };
        if let Some((_, part)) = self.parts.iter_mut().find(|(of, _)| of == network) {
            return part.push(rest, entry);
        }
        let mut part = Self::default();
        part.push(rest, entry);
        self.parts.push_back((*network, part));
    }

    fn pop(&mut self) -> Option<T> {
        let entry = match self.parts.pop_front() {
            None => self.entries.pop_front()?,
            Some((network, mut part)) => {
                let entry = part.pop()?;
                if part.length > 0 {
                    self.parts.push_back((network, part));
                }
                entry
            }
        };
        self.length -= 1;
        Some(entry)
    }

    fn turns_before(&self, path: &[ClientNetwork]) -> usize {
        let Some((network, rest)) = path.split_first() else {
            return self.length;
        };
        let own = self.part(*network);
        let rounds = own.map_or(0, |part| part.turns_before(rest));
        let mut is_ahead = true;
        let others = self.parts.iter().map(|(of, part)| {
            if of == network {
                is_ahead = false;
                return 0;
            }
            part.length.min(rounds + usize::from(is_ahead))
        });
        rounds + others.sum::<usize>()
    }

    fn evict_for<R: Ord>(&mut self, path: &[ClientNetwork], rank: &impl Fn(&T) -> R) -> Option<T> {
        let (network, rest) = path.split_first()?;
        let own = self.part(*network).map_or(0, |part| part.length);
        let heaviest = self.heaviest()?;
        let evicted = match self.parts.get_mut(heaviest) {
            Some((of, part)) if of != network && part.length > own + 1 => part.evict(rank),
            _ => {
                let mut parts = self.parts.iter_mut();
                let (_, part) = parts.find(|(of, _)| of == network)?;
                part.evict_for(rest, rank)
            }
        };
        self.lost(usize::from(evicted.is_some()));
        evicted
    }

    /// The entry that this network gives up: of its heaviest part.
    fn evict<R: Ord>(&mut self, rank: &impl Fn(&T) -> R) -> Option<T> {
        let evicted = if let Some(heaviest) = self.heaviest() {
            self.parts.get_mut(heaviest)?.1.evict(rank)
        } else {
            let entries = self.entries.iter().enumerate();
            // Of equal ones the last, which is the newest.
            let (index, _) = entries.max_by_key(|(_, entry)| rank(entry))?;
            self.entries.remove(index)
        };
        self.lost(usize::from(evicted.is_some()));
        evicted
    }

    fn heaviest(&self) -> Option<usize> {
        let parts = self.parts.iter().enumerate();
        let heaviest = parts.max_by_key(|(_, (_, part))| part.length);
        heaviest.map(|(index, _)| index)
    }

    /// Below `path`, or everywhere.
    fn retain(
        &mut self,
        path: Option<&[ClientNetwork]>,
        is_wanted: &mut impl FnMut(&T) -> bool,
        removed: &mut Vec<T>,
    ) {
        let before = removed.len();
        let split = path.and_then(|path| path.split_first());
        for (network, part) in &mut self.parts {
            if split.is_none_or(|(only, _)| only == network) {
                part.retain(split.map(|(_, rest)| rest), is_wanted, removed);
            }
        }
        for entry in std::mem::take(&mut self.entries) {
            if is_wanted(&entry) {
                self.entries.push_back(entry);
            } else {
                removed.push(entry);
            }
        }
        self.lost(removed.len() - before);
    }

    /// Keeps account of entries that left without their turn.
    fn lost(&mut self, entries: usize) {
        self.length -= entries;
        if entries > 0 {
            self.parts.retain(|(_, part)| part.length > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A client by a letter: `a`, `b` and `c` are strangers to each other.
    fn client(letter: char) -> Client {
        let address = match letter {
            'a' => "192.0.2.1",
            'b' => "198.51.100.1",
            'c' => "203.0.113.1",
            'd' => "203.0.113.2",
            'e' => "2001:db8:1::1",
            'f' => "2001:db8:1:1::1",
            'g' => "2001:db8:1:100::1",
            _ => "2001:db8:2::1",
        };
        Client::new(address.parse().unwrap())
    }

    /// An entry's client is its first letter.
    fn push(queue: &mut FairQueue<&'static str>, entries: &[&'static str]) {
        for entry in entries {
            queue.push(client(entry.chars().next().unwrap()), entry);
        }
    }

    fn queue(entries: &[&'static str]) -> FairQueue<&'static str> {
        let mut queue = FairQueue::default();
        push(&mut queue, entries);
        queue
    }

    fn drain<T>(queue: &mut FairQueue<T>) -> Vec<T> {
        let entries = std::iter::from_fn(|| queue.pop()).collect();
        assert!(queue.is_empty());
        assert!(queue.0.parts.is_empty());
        entries
    }

    fn evict(queue: &mut FairQueue<&'static str>, newcomer: char) -> Option<&'static str> {
        queue.evict_for(client(newcomer), |_| ())
    }

    #[test]
    fn clients_take_turns_oldest_first() {
        let mut queue = queue(&["a1", "a2", "a3", "a4", "b1", "c1", "b2"]);
        assert_eq!(queue.len(), 7);
        assert_eq!(
            drain(&mut queue),
            ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
        );
    }

    #[test]
    fn newcomer_waits_one_turn_of_each() {
        let mut queue = queue(&["a1", "a2", "a3", "a4"]);
        assert_eq!(queue.pop(), Some("a1"));
        push(&mut queue, &["b1"]);
        assert_eq!(queue.pop(), Some("a2"));
        assert_eq!(queue.pop(), Some("b1"));
        push(&mut queue, &["b2"]);
        assert_eq!(drain(&mut queue), ["a3", "b2", "a4"]);
    }

    #[test]
    fn networks_take_turns_before_clients() {
        // `c` and `d` share a /24; `e` and `f` a /56; these and `g` a /48.
        let mut queue = queue(&["c1", "d1", "a1", "a2", "a3"]);
        assert_eq!(drain(&mut queue), ["c1", "a1", "d1", "a2", "a3"]);
        push(
            &mut queue,
            &["e1", "f1", "g1", "g2", "h1", "h2", "h3", "h4"],
        );
        assert_eq!(
            drain(&mut queue),
            ["e1", "h1", "g1", "h2", "f1", "h3", "g2", "h4"]
        );
    }

    #[test]
    fn lengths_count_every_network() {
        let queue = queue(&["e1", "e2", "f1", "g1", "h1", "c1", "d1"]);
        assert_eq!(queue.lengths(client('e')), [4, 3, 2]);
        assert_eq!(queue.lengths(client('c')), [2, 2, 1]);
        assert_eq!(queue.lengths(client('a')), [0, 0, 0]);
    }

    #[test]
    fn heaviest_client_gives_up_its_newest() {
        let mut queue = queue(&["b1", "a1", "a2", "a3"]);
        assert_eq!(
            evict(&mut queue, 'a'),
            None,
            "its own newest is the newcomer"
        );
        assert_eq!(evict(&mut queue, 'c'), Some("a3"));
        push(&mut queue, &["c1"]);
        assert_eq!(evict(&mut queue, 'c'), None, "to swap would be no fairer");
        assert_eq!(drain(&mut queue), ["b1", "a1", "c1", "a2"]);
    }

    #[test]
    fn eviction_compares_networks_before_clients() {
        // Each of `e`, `f` and `g` has no more than `a`; their /48 has.
        let mut queue = queue(&["e1", "f1", "g1", "a1", "e2"]);
        assert_eq!(evict(&mut queue, 'a'), Some("e2"));
        // Within one network the heaviest client gives way.
        push(&mut queue, &["e3", "e4"]);
        assert_eq!(evict(&mut queue, 'g'), Some("e4"));
        assert_eq!(evict(&mut queue, 'f'), None, "both would have two");
    }

    #[test]
    fn highest_rank_is_evicted_first() {
        let mut queue = queue(&["a1", "a2 idle", "a3", "a4"]);
        let evicted = queue.evict_for(client('b'), |entry| entry.ends_with("idle"));
        assert_eq!(evicted, Some("a2 idle"));
        assert_eq!(drain(&mut queue), ["a1", "a3", "a4"]);
    }

    #[test]
    fn unwanted_entries_leave() {
        let mut queue = queue(&["a1", "b1", "a2", "c1", "d1", "c2"]);
        let is_wanted = |entry: &&str| !entry.ends_with('1');
        assert_eq!(queue.retain_of(client('c'), is_wanted), ["c1"]);
        assert_eq!(queue.len(), 5);
        assert_eq!(queue.retain(is_wanted), ["a1", "b1", "d1"]);
        assert_eq!(drain(&mut queue), ["a2", "c2"]);
    }

    proptest! {
        #[test]
        fn turns_before_foretells_pop(letters in "[a-h]{0,40}", newcomer in "[a-h]", pops in 0..10usize) {
            let mut queue = FairQueue::default();
            for letter in letters.chars() {
                queue.push(client(letter), ' ');
            }
            for _ in 0..pops {
                queue.pop();
            }
            let newcomer = client(newcomer.chars().next().unwrap());
            let foretold = queue.turns_before(newcomer);
            queue.push(newcomer, '!');
            prop_assert_eq!(drain(&mut queue).iter().position(|entry| *entry == '!'), Some(foretold));
        }

        #[test]
        fn lengths_add_up(steps in proptest::collection::vec((0..5u8, "[a-h]"), 0..80)) {
            let mut queue = FairQueue::default();
            let mut expected = 0;
            for (number, (step, letter)) in steps.into_iter().enumerate() {
                let from = client(letter.chars().next().unwrap());
                let left = match step {
                    0 => queue.pop().into_iter().count(),
                    1 => queue.evict_for(from, |_| ()).into_iter().count(),
                    2 => queue.retain_of(from, |number| number % 3 != 0).len(),
                    _ => {
                        queue.push(from, number);
                        expected += 1;
                        0
                    }
                };
                expected -= left;
                let each = "abcdefgh".chars().map(|letter| queue.lengths(client(letter))[2]);
                prop_assert_eq!(each.sum::<usize>(), expected);
                prop_assert_eq!(queue.len(), expected);
            }
            prop_assert_eq!(drain(&mut queue).len(), expected);
        }
    }
}
