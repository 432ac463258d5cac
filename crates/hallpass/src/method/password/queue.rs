//! Who is hashed next: a bounded queue that takes one job from each client in
//! turn, so that a storm from one address delays that address.
//!
//! A plain data structure: it is told the time, knows no threads, and hands back
//! what it turns away for its owner to answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What waits in a [`FairQueue`].
pub(super) trait Waiting {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

/// Jobs in the order of their clients' turns. Among one client's jobs, the
/// oldest is first.
///
/// Every operation walks over the waiting clients. For a thousand of them that
/// is microseconds, where each job costs milliseconds.
pub(super) struct FairQueue<C, J> {
    /// Clients with a job, the next turn first; none is here twice or empty.
    lanes: VecDeque<Lane<C, J>>,
    length: usize,
    capacity: usize,
    patience: Duration,
}

struct Lane<C, J> {
    client: C,
    jobs: VecDeque<Entry<J>>,
}

struct Entry<J> {
    job: J,
    since: Instant,
}

/// A job that leaves the queue without its turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TurnedAway<J> {
    pub(super) job: J,
    pub(super) reason: Reason,
}

/// Why a job got no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// There was no room for it.
    Full,
    /// It made room for a client with fewer jobs.
    Evicted,
    /// It waited longer than the queue's patience.
    Late,
    /// Nobody waits for it any more.
    Abandoned,
}

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Evicted => "evicted",
            Self::Late => "late",
            Self::Abandoned => "abandoned",
        }
    }
}

impl<C: PartialEq, J: Waiting> FairQueue<C, J> {
    /// A queue for so many jobs, each of which waits no longer than `patience`.
    pub(super) fn new(capacity: usize, patience: Duration) -> Self {
        Self {
            lanes: VecDeque::new(),
            length: 0,
            capacity,
            patience,
        }
    }

    /// The number of waiting jobs.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Lets a job in, and says which jobs are turned away, maybe this one.
    ///
    /// In a full queue the newest job of the client with the most gives way,
    /// unless the newcomer's client would then have as many as that one had: to
    /// swap one for the other would be no fairer.
    pub(super) fn push(&mut self, client: C, job: J, now: Instant) -> Vec<TurnedAway<J>> {
        let mut turned_away = Vec::new();
        if self.length >= self.capacity {
            turned_away = self.clear_dead(now);
        }
        if self.length >= self.capacity {
            let own = self.lane(&client).map_or(0, |lane| lane.jobs.len());
            let Some(evicted) = self.evict_from_lane_longer_than(own + 1) else {
                turned_away.push(TurnedAway {
                    job,
                    reason: Reason::Full,
                });
                return turned_away;
            };
            turned_away.push(evicted);
        }
        self.length += 1;
        let entry = Entry { job, since: now };
        match self.lane(&client) {
            Some(lane) => lane.jobs.push_back(entry),
            None => self.lanes.push_back(Lane {
                client,
                jobs: VecDeque::from([entry]),
            }),
        }
        turned_away
    }

    /// The next job with the time it has waited, and the jobs that are turned
    /// away: neither the late nor the abandoned cost their client its turn.
    pub(super) fn pop(&mut self, now: Instant) -> (Option<(J, Duration)>, Vec<TurnedAway<J>>) {
        let turned_away = self.clear_dead(now);
        let next = self.lanes.pop_front().and_then(|mut lane| {
            let entry = lane.jobs.pop_front()?;
            self.length -= 1;
            if !lane.jobs.is_empty() {
                self.lanes.push_back(lane);
            }
            Some((entry.job, now.saturating_duration_since(entry.since)))
        });
        (next, turned_away)
    }

    fn lane(&mut self, client: &C) -> Option<&mut Lane<C, J>> {
        self.lanes.iter_mut().find(|lane| lane.client == *client)
    }

    /// Removes from the head of each lane what is not worth hashing. A lane is
    /// in order of arrival, so behind its head nothing is later than the head.
    fn clear_dead(&mut self, now: Instant) -> Vec<TurnedAway<J>> {
        let mut dead = Vec::new();
        for lane in &mut self.lanes {
            while let Some(entry) = lane.jobs.front() {
                let reason = if entry.job.is_abandoned() {
                    Reason::Abandoned
                } else if now.saturating_duration_since(entry.since) >= self.patience {
                    Reason::Late
                } else {
                    break;
                };
                dead.extend(lane.jobs.pop_front().map(|entry| TurnedAway {
                    job: entry.job,
                    reason,
                }));
            }
        }
        if !dead.is_empty() {
            self.length -= dead.len();
            self.lanes.retain(|lane| !lane.jobs.is_empty());
        }
        dead
    }

    fn evict_from_lane_longer_than(&mut self, jobs: usize) -> Option<TurnedAway<J>> {
        let longest = self.lanes.iter_mut().max_by_key(|lane| lane.jobs.len())?;
        if longest.jobs.len() <= jobs {
            return None;
        }
        let entry = longest.jobs.pop_back()?;
        self.length -= 1;
        Some(TurnedAway {
            job: entry.job,
            reason: Reason::Evicted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    /// A job that is its own name, in capitals when it is abandoned.
    type Name = &'static str;

    impl Waiting for Name {
        fn is_abandoned(&self) -> bool {
            self.starts_with(|first: char| first.is_ascii_uppercase())
        }
    }

    const PATIENCE: Duration = Duration::from_secs(2);

    /// A queue with a hand-moved time. A job's client is its first letter.
    struct Rig {
        queue: FairQueue<char, Name>,
        now: Instant,
    }

    impl Rig {
        fn new(capacity: usize) -> Self {
            Self {
                queue: FairQueue::new(capacity, PATIENCE),
                now: monotonic(),
            }
        }

        fn push(&mut self, job: Name) -> Vec<(Name, Reason)> {
            let client = job.chars().next().unwrap().to_ascii_lowercase();
            named(self.queue.push(client, job, self.now))
        }

        fn push_all(&mut self, jobs: &[Name]) {
            for job in jobs {
                assert_eq!(self.push(job), [], "{job} is let in");
            }
        }

        fn pop(&mut self) -> (Option<Name>, Vec<(Name, Reason)>) {
            let (next, turned_away) = self.queue.pop(self.now);
            (next.map(|(job, _)| job), named(turned_away))
        }

        /// Pops until nothing is left; nothing is turned away.
        fn drain(&mut self) -> Vec<Name> {
            let jobs = std::iter::from_fn(|| {
                let (next, turned_away) = self.pop();
                assert_eq!(turned_away, []);
                next
            });
            let jobs = jobs.collect();
            assert_eq!(self.queue.len(), 0);
            assert!(self.queue.lanes.is_empty());
            jobs
        }
    }

    fn named(turned_away: Vec<TurnedAway<Name>>) -> Vec<(Name, Reason)> {
        turned_away
            .into_iter()
            .map(|away| (away.job, away.reason))
            .collect()
    }

    #[test]
    fn clients_take_turns_and_each_is_served_in_order() {
        let mut rig = Rig::new(10);
        rig.push_all(&["a1", "a2", "a3", "a4", "b1", "c1", "b2"]);
        assert_eq!(rig.queue.len(), 7);
        assert_eq!(rig.drain(), ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
    }

    #[test]
    fn a_newcomer_waits_one_turn_of_each_and_not_for_the_storm() {
        let mut rig = Rig::new(10);
        rig.push_all(&["a1", "a2", "a3", "a4"]);
        assert_eq!(rig.pop().0, Some("a1"));
        rig.push_all(&["b1"]);
        assert_eq!(rig.pop().0, Some("a2"));
        assert_eq!(rig.pop().0, Some("b1"));
        rig.push_all(&["b2"]);
        assert_eq!(rig.drain(), ["a3", "b2", "a4"]);
    }

    #[test]
    fn a_client_that_comes_back_at_once_does_not_starve_another() {
        let mut rig = Rig::new(10);
        rig.push_all(&["a1", "a2", "b1", "c1"]);
        assert_eq!(rig.pop().0, Some("a1"));
        for _ in 0..3 {
            assert_eq!(rig.pop().0, Some("b1"));
            rig.push_all(&["b1"]);
            assert_eq!(rig.pop().0, Some("c1"));
            rig.push_all(&["c1"]);
            let next = rig.pop().0.unwrap();
            assert!(next.starts_with('a'), "{next}");
            rig.push_all(&["a3"]);
        }
    }

    #[test]
    fn the_storming_client_is_refused_when_the_queue_is_full() {
        let mut rig = Rig::new(3);
        rig.push_all(&["a1", "a2", "a3"]);
        assert_eq!(rig.push("a4"), [("a4", Reason::Full)]);
        assert_eq!(rig.drain(), ["a1", "a2", "a3"]);
    }

    #[test]
    fn the_storms_newest_gives_way_to_another_client() {
        let mut rig = Rig::new(4);
        rig.push_all(&["b1", "a1", "a2", "a3"]);
        assert_eq!(rig.push("c1"), [("a3", Reason::Evicted)]);
        assert_eq!(rig.queue.len(), 4);
        assert_eq!(
            rig.push("c2"),
            [("c2", Reason::Full)],
            "a and c would only swap"
        );
        assert_eq!(rig.push("a3"), [("a3", Reason::Full)]);
        assert_eq!(rig.push("d1"), [("a2", Reason::Evicted)]);
        assert_eq!(rig.push("e1"), [("e1", Reason::Full)], "all have one");
        assert_eq!(rig.drain(), ["b1", "a1", "c1", "d1"]);
    }

    #[test]
    fn a_storm_from_one_client_leaves_room_for_all_the_others() {
        let mut rig = Rig::new(4);
        for _ in 0..100 {
            rig.push("s0");
        }
        for job in ["a1", "b1", "c1"] {
            assert_eq!(rig.push(job), [("s0", Reason::Evicted)]);
        }
        for _ in 0..100 {
            assert_eq!(rig.push("s0"), [("s0", Reason::Full)]);
        }
        assert_eq!(rig.drain(), ["s0", "a1", "b1", "c1"]);
    }

    #[test]
    fn who_waited_too_long_is_turned_away_at_the_next_turn_of_anybody() {
        let mut rig = Rig::new(10);
        rig.push_all(&["a1", "a2", "b1"]);
        rig.now += PATIENCE / 2;
        rig.push_all(&["a3", "c1"]);
        rig.now += PATIENCE.mul_f64(0.49);
        assert_eq!(rig.pop(), (Some("a1"), vec![]), "just in time");
        rig.now += PATIENCE.mul_f64(0.01);
        let late = vec![("b1", Reason::Late), ("a2", Reason::Late)];
        assert_eq!(rig.pop(), (Some("c1"), late));
        rig.now += PATIENCE;
        assert_eq!(rig.pop(), (None, vec![("a3", Reason::Late)]));
        assert_eq!(rig.queue.len(), 0);
    }

    #[test]
    fn a_job_knows_how_long_it_waited() {
        let mut rig = Rig::new(1);
        rig.push_all(&["a1"]);
        rig.now += Duration::from_millis(30);
        let (next, _) = rig.queue.pop(rig.now);
        assert_eq!(next, Some(("a1", Duration::from_millis(30))));
    }

    #[test]
    fn late_jobs_make_room_before_anybody_is_evicted() {
        let mut rig = Rig::new(3);
        rig.push_all(&["b1"]);
        rig.now += PATIENCE / 2;
        rig.push_all(&["a1", "a2"]);
        rig.now += PATIENCE / 2;
        assert_eq!(rig.push("c1"), [("b1", Reason::Late)]);
        assert_eq!(rig.drain(), ["a1", "c1", "a2"]);
    }

    #[test]
    fn an_abandoned_job_costs_its_client_no_turn() {
        let mut rig = Rig::new(10);
        rig.push_all(&["A1", "A2", "a3", "b1", "C1"]);
        let abandoned = [
            ("A1", Reason::Abandoned),
            ("A2", Reason::Abandoned),
            ("C1", Reason::Abandoned),
        ];
        assert_eq!(rig.pop(), (Some("a3"), abandoned.to_vec()));
        assert_eq!(rig.drain(), ["b1"]);
    }

    #[test]
    fn a_queue_without_room_refuses_everybody() {
        let mut rig = Rig::new(0);
        assert_eq!(rig.push("a1"), [("a1", Reason::Full)]);
        assert_eq!(rig.drain(), [""; 0]);
    }
}
