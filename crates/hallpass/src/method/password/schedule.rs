//! How long a password would wait to be hashed, and which may wait at all.
//!
//! A plain data structure: the time comes in as a parameter, and the caller
//! answers what leaves without its turn.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::fairness::FairQueue;

/// What a job is assumed to take until the first one was measured: Argon2id with
/// 19 MiB and two passes on a fast core. A low value refuses nothing that could
/// have been served.
const FIRST_GUESS: Duration = Duration::from_millis(20);

/// The weights of the newest measurement in the moving averages. What a job takes
/// changes slowly; a burst of requests lengthens some jobs and must not refuse
/// what can be served. A client's pace changes as soon as other clients arrive.
const NEWEST_WORK: f64 = 0.02;
const NEWEST_INTERVAL: f64 = 0.1;

/// Jobs that wait for a thread, and the turns that are reserved for jobs which
/// are still to come.
///
/// A turn is reserved before a request asks the database for anything. So what
/// cannot be served in time is refused on arrival, and one client's requests are
/// bounded by its share of the threads.
pub(super) struct Schedule<J> {
    jobs: FairQueue<(Client, J)>,
    /// By number: jobs that wait or run, and turns without a job yet.
    reserved: FairQueue<u64>,
    next_number: u64,
    threads: u32,
    limits: Limits,
    /// Seconds that a thread works for one job.
    work: Average,
    /// How often each client with a reservation has its turn.
    paces: HashMap<Client, Pace>,
}

/// What may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most reservations at once.
    pub(super) length: usize,
    /// The longest that one may have to wait.
    pub(super) wait: Duration,
}

/// A reservation that was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    /// When another try would be admitted, as far as can be known now.
    pub(super) retry_after: Duration,
}

/// Why a job gets no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It would wait longer than the limit.
    Wait,
    /// There are too many reservations.
    Full,
    /// It gave way to a client with fewer reservations.
    Evicted,
}

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Full => "full",
            Self::Evicted => "evicted",
        }
    }
}

/// A reserved turn.
pub(super) struct Reserved<J> {
    pub(super) number: u64,
    /// The job that gave way for it.
    pub(super) evicted: Option<J>,
}

impl<J> Schedule<J> {
    pub(super) fn new(threads: u32, limits: Limits) -> Self {
        Self {
            jobs: FairQueue::default(),
            reserved: FairQueue::default(),
            next_number: 0,
            threads,
            limits,
            work: Average::of(FIRST_GUESS, NEWEST_WORK),
            paces: HashMap::new(),
        }
    }

    /// The number of jobs that wait for a thread.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.len()
    }

    /// Reserves a turn, unless the client would wait too long for it.
    pub(super) fn reserve(&mut self, client: Client) -> Result<Reserved<J>, Refused> {
        let wait = self.wait(client);
        if wait > self.limits.wait {
            return Err(Refused {
                reason: Reason::Wait,
                retry_after: wait.saturating_sub(self.limits.wait),
            });
        }
        let mut evicted = None;
        if self.reserved.len() >= self.limits.length {
            let gives_way = self.jobs.evict_for(client, |_| ());
            let (_, job) = gives_way.ok_or(Refused {
                reason: Reason::Full,
                retry_after: wait,
            })?;
            evicted = Some(job);
        }
        let number = self.next_number;
        self.next_number += 1;
        self.reserved.push(client, number);
        Ok(Reserved { number, evicted })
    }

    /// Ends a reservation, whether its job was done or not.
    pub(super) fn release(&mut self, client: Client, number: u64) {
        self.reserved.retain_of(client, |other| *other != number);
        if self.reserved.lengths(client)[2] == 0 {
            self.paces.remove(&client);
        }
    }

    /// Adds the job of a reservation.
    pub(super) fn push(&mut self, client: Client, job: J, now: Instant) {
        // Time without a waiting job says nothing about the client's pace.
        if self.jobs.lengths(client)[2] == 0 {
            self.paces.entry(client).or_default().last = Some(now);
        }
        self.jobs.push(client, (client, job));
    }

    /// The job whose turn it is.
    pub(super) fn pop(&mut self, now: Instant) -> Option<J> {
        let (client, job) = self.jobs.pop()?;
        if let Some(pace) = self.paces.get_mut(&client) {
            pace.had_turn(now);
        }
        Some(job)
    }

    /// Notes what a job took.
    pub(super) fn note_work(&mut self, took: Duration) {
        self.work.add(took.as_secs_f64());
    }

    /// How long a job of this client would wait: for the jobs before it at the
    /// threads' speed, or for the client's own jobs at the pace at which it has
    /// had its turns. The second is longer while other clients keep arriving,
    /// since each of them goes before the client's later jobs.
    fn wait(&self, client: Client) -> Duration {
        let before = count(self.reserved.turns_before(client));
        let by_threads = before * self.work.seconds / f64::from(self.threads);
        let own = count(self.reserved.lengths(client)[2]);
        let pace = self.paces.get(&client).and_then(Pace::seconds);
        let by_pace = own * pace.unwrap_or(0.0);
        Duration::try_from_secs_f64(by_threads.max(by_pace)).unwrap_or(Duration::MAX)
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// An exponentially weighted moving average.
#[derive(Clone, Copy, Debug)]
struct Average {
    seconds: f64,
    newest: f64,
}

impl Average {
    const fn of(first: Duration, newest: f64) -> Self {
        Self {
            seconds: first.as_secs_f64(),
            newest,
        }
    }

    fn add(&mut self, seconds: f64) {
        self.seconds += (seconds - self.seconds) * self.newest;
    }
}

/// How often a client has its turn while it has jobs waiting.
#[derive(Default)]
struct Pace {
    last: Option<Instant>,
    interval: Option<Average>,
}

impl Pace {
    fn had_turn(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let took = now.saturating_duration_since(last);
            let interval = self
                .interval
                .get_or_insert(Average::of(took, NEWEST_INTERVAL));
            interval.add(took.as_secs_f64());
        }
    }

    fn seconds(&self) -> Option<f64> {
        self.interval.map(|interval| interval.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    const LIMITS: Limits = Limits {
        length: 1000,
        wait: Duration::from_secs(10),
    };

    fn client(number: u8) -> Client {
        Client::new(std::net::Ipv4Addr::new(192, 0, number, 1).into())
    }

    /// A schedule with one thread that works for `work` on each job, and the time.
    struct Rig {
        schedule: Schedule<(Client, u64)>,
        now: Instant,
        work: Duration,
        since: HashMap<u64, Instant>,
    }

    impl Rig {
        fn new(limits: Limits, work: Duration) -> Self {
            let mut schedule = Schedule::new(1, limits);
            schedule.work = Average::of(work, NEWEST_WORK);
            let now = monotonic();
            Self {
                schedule,
                now,
                work,
                since: HashMap::new(),
            }
        }

        /// Reserves a turn and sends its job.
        fn send(&mut self, client: Client) -> Result<Option<(Client, u64)>, Refused> {
            let reserved = self.schedule.reserve(client)?;
            let job = (client, reserved.number);
            self.since.insert(reserved.number, self.now);
            self.schedule.push(client, job, self.now);
            Ok(reserved.evicted)
        }

        /// Sends until a job is refused.
        fn fill(&mut self, client: Client) -> (usize, Refused) {
            for sent in 0..5000 {
                if let Err(refused) = self.send(client) {
                    return (sent, refused);
                }
            }
            panic!("nothing is refused")
        }

        /// Lets the thread do the next job, and says how long it has waited.
        fn work(&mut self) -> Option<(Client, Duration)> {
            let (client, number) = self.schedule.pop(self.now)?;
            let waited = self.now - self.since[&number];
            self.now += self.work;
            self.schedule.note_work(self.work);
            self.schedule.release(client, number);
            Some((client, waited))
        }
    }

    #[test]
    fn wait_within_limit_is_admitted() {
        let mut rig = Rig::new(LIMITS, Duration::from_millis(20));
        let (sent, refused) = rig.fill(client(1));
        assert_eq!(sent, 501, "500 jobs of 20 ms take the limit of 10 s");
        assert_eq!(refused.reason, Reason::Wait);
    }

    #[test]
    fn retry_after_is_the_wait_beyond_limit() {
        let mut rig = Rig::new(LIMITS, Duration::from_secs(4));
        let (sent, refused) = rig.fill(client(1));
        assert_eq!((sent, refused.retry_after), (3, Duration::from_secs(2)));
        rig.work();
        assert!(rig.send(client(1)).is_ok());
    }

    #[test]
    fn greedy_client_refuses_itself_alone() {
        let mut rig = Rig::new(LIMITS, Duration::from_millis(100));
        let (_, refused) = rig.fill(client(1));
        assert_eq!(refused.reason, Reason::Wait);
        for other in 2..100 {
            assert!(rig.send(client(other)).is_ok(), "client {other}");
        }
        let (sent, _) = rig.fill(client(100));
        assert!(sent > 0, "one turn of each client is within the limit");
    }

    #[test]
    fn wait_counts_overtaking_clients() {
        let mut rig = Rig::new(LIMITS, Duration::from_millis(100));
        let greedy = client(1);
        rig.fill(greedy);
        for round in 0..300 {
            // Nine polite clients send a job each time the greedy one has its turn.
            for polite in 2..11 {
                rig.send(client(polite)).unwrap();
            }
            while rig.send(greedy).is_ok() {}
            let waited = loop {
                match rig.work().unwrap() {
                    (served, waited) if served == greedy => break waited,
                    _ => {}
                }
            };
            // The jobs of before the polite clients came could not foresee them.
            if round > 150 {
                assert!(
                    waited <= LIMITS.wait.mul_f64(1.1),
                    "{waited:?} in round {round}"
                );
            }
        }
    }

    #[test]
    fn full_schedule_evicts_the_heaviest() {
        let limits = Limits {
            length: 3,
            ..LIMITS
        };
        let mut rig = Rig::new(limits, Duration::from_millis(20));
        let (sent, refused) = rig.fill(client(1));
        assert_eq!((sent, refused.reason), (3, Reason::Full));
        assert_eq!(rig.send(client(2)), Ok(Some((client(1), 2))));
    }

    #[test]
    fn nothing_is_admitted_without_length() {
        let limits = Limits {
            length: 0,
            ..LIMITS
        };
        let mut rig = Rig::new(limits, Duration::from_millis(20));
        assert_eq!(rig.fill(client(1)).1.reason, Reason::Full);
    }

    #[test]
    fn released_schedule_holds_nothing() {
        let mut rig = Rig::new(LIMITS, Duration::from_millis(20));
        for number in 1..5 {
            rig.send(client(number)).unwrap();
        }
        while rig.work().is_some() {}
        assert_eq!(rig.schedule.waiting(), 0);
        assert!(rig.schedule.reserved.is_empty());
        assert!(rig.schedule.paces.is_empty());
    }
}
