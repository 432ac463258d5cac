//! The hashing pool: a fixed number of threads that do nothing else.
//!
//! Password hashing is slow and uses much memory on purpose. The pool bounds the
//! memory (threads × one hash, whatever the load) and leaves the processor to the
//! rest of the server. A request reserves its turn on arrival; one that would
//! wait too long is refused before anything is spent on it.

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use thread_priority::{ThreadPriority, ThreadPriorityValue};
use tokio::sync::oneshot;

use super::hash::{HashCost, HashError, Hasher};
use super::schedule::{Limits, Reason, Refused, Schedule};
use crate::client::Client;
use crate::clock::monotonic;
use crate::error::Cause;
use crate::secret::{Password, PasswordHash};
use crate::settings::{HashPolicy, HashQueue};

/// How long a thread keeps its memory without work.
const IDLE: Duration = Duration::from_secs(10);

/// What the pool is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSettings {
    /// Threads, each with its own memory.
    pub(crate) threads: NonZeroUsize,
    /// How many turns may be reserved, and how long one may have to wait.
    pub(crate) queue: HashQueue,
    /// How new passwords are hashed.
    pub(crate) policy: HashPolicy,
}

/// What a verification found.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Whether the password is the account's.
    pub(crate) correct: bool,
    /// A hash to store in place of the present one, which is not the policy's.
    pub(crate) replacement: Option<PasswordHash>,
}

/// Why the pool gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashingRefused {
    /// More passwords wait than can be hashed in time.
    #[error("too many passwords wait to be hashed")]
    Overloaded {
        /// When another try would be admitted.
        retry_after: Duration,
    },
    /// bcrypt would drop a part of the password: it has over 72 bytes, or a NUL.
    #[error("bcrypt cannot take the whole password")]
    UnfitForBcrypt,
    /// A fault of the server.
    #[error("a password could not be hashed")]
    Failed(#[source] Cause),
}

/// The threads and their queue. Clones share them; when the last one is dropped,
/// each thread ends after the job it has.
#[derive(Clone)]
pub(crate) struct HashingPool(Arc<Owner>);

impl HashingPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the policy is out of bounds or the system gives no threads.
    pub(crate) fn start(settings: &PoolSettings) -> io::Result<Self> {
        let threads = u32::try_from(settings.threads.get()).unwrap_or(u32::MAX);
        let limits = Limits {
            length: settings.queue.length,
            wait: settings.queue.deadline,
        };
        let state = Mutex::new(State {
            schedule: Schedule::new(threads, limits),
            closed: false,
        });
        let pool = Self(Arc::new(Owner(Arc::new(Shared {
            state,
            arrived: Condvar::new(),
            patience: settings.queue.deadline * 3 / 2,
        }))));
        for number in 0..settings.threads.get() {
            let hasher = Hasher::new(settings.policy)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            let shared = Arc::clone(&pool.0.0);
            thread::Builder::new()
                .name(format!("hallpass-hash-{number}"))
                .spawn(move || work(&shared, hasher))?;
        }
        Ok(pool)
    }

    /// Reserves a turn, before anything else is done for a request.
    ///
    /// # Errors
    /// [`HashingRefused::Overloaded`] when the client would wait too long for it.
    pub(crate) fn reserve(&self, client: Client) -> Result<Reservation, HashingRefused> {
        let number = self.0.0.reserve(client)?;
        Ok(Reservation {
            pool: self.clone(),
            client,
            number,
        })
    }
}

/// A client's turn on a hashing thread, which one job uses up. Dropped without
/// one, it goes to the next.
pub(crate) struct Reservation {
    pool: HashingPool,
    client: Client,
    number: u64,
}

impl Reservation {
    /// Hashes a new password.
    pub(crate) async fn hash(self, password: Password) -> Result<PasswordHash, HashingRefused> {
        let hashed = self.run("hash", move |hasher| hasher.hash(&password));
        Ok(hashed.await??)
    }

    /// Estimates the strength of a password, which takes as long as a share of
    /// hashing it.
    pub(crate) async fn weigh<T: Send + 'static>(
        self,
        weighing: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingRefused> {
        self.run("weigh", move |_| weighing()).await
    }

    /// Verifies a password against the account's hash. Without one, and with one
    /// that is unusable, the answer is no after the work that is to be done
    /// otherwise.
    pub(crate) async fn verify(
        self,
        password: Password,
        stored: Option<PasswordHash>,
        otherwise: HashCost,
    ) -> Result<Verdict, HashingRefused> {
        let work = move |hasher: &mut Hasher| verify(hasher, &password, stored.as_ref(), otherwise);
        match self.run("verify", work).await? {
            Err(HashError::Unusable(reason)) => {
                tracing::error!(reason, "a stored password hash cannot be verified");
                Ok(Verdict {
                    correct: false,
                    replacement: None,
                })
            }
            verdict => Ok(verdict?),
        }
    }

    /// Has a pool thread do some work. A caller that is gone before a thread
    /// takes the job has nothing done, and one for which no thread is free in
    /// time is refused.
    async fn run<T: Send + 'static>(
        self,
        operation: &'static str,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, HashingRefused> {
        let shared = &self.pool.0.0;
        let (reply, answer) = oneshot::channel();
        let job = Request {
            operation,
            since: monotonic(),
            work,
            reply,
        };
        shared.submit(self.client, Box::new(job));
        let Ok(answer) = tokio::time::timeout(shared.patience, answer).await else {
            count_refusal("late");
            return Err(HashingRefused::Overloaded {
                retry_after: shared.patience,
            });
        };
        answer.unwrap_or_else(|gone| Err(HashingRefused::Failed(gone.into())))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.pool.0.0.lock();
        state.schedule.release(self.client, self.number);
    }
}

impl fmt::Debug for HashingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashingPool").finish_non_exhaustive()
    }
}

impl From<HashError> for HashingRefused {
    fn from(error: HashError) -> Self {
        match error {
            HashError::UnfitForBcrypt => Self::UnfitForBcrypt,
            fault => Self::Failed(fault.into()),
        }
    }
}

fn verify(
    hasher: &mut Hasher,
    password: &Password,
    stored: Option<&PasswordHash>,
    otherwise: HashCost,
) -> Result<Verdict, HashError> {
    let correct = hasher.verify(password, stored, otherwise)?;
    let outdated = stored.is_some_and(|stored| correct && hasher.needs_rehash(stored));
    let replacement = if outdated {
        // The sign-in has succeeded, and does not fail for want of a better hash.
        let logged = |error: &HashError| tracing::debug!(%error, "a password hash stays as it is");
        hasher.hash(password).inspect_err(logged).ok()
    } else {
        None
    };
    Ok(Verdict {
        correct,
        replacement,
    })
}

/// Work for a pool thread, and who waits for it.
struct Request<T, W> {
    operation: &'static str,
    since: Instant,
    work: W,
    reply: oneshot::Sender<Result<T, HashingRefused>>,
}

/// A [`Request`], whatever its answer is.
trait Job: Send {
    /// Whether the caller has gone away.
    fn is_abandoned(&self) -> bool;
    /// Does the work, and returns what it took.
    fn run(self: Box<Self>, hasher: &mut Hasher) -> Duration;
    fn refuse(self: Box<Self>, retry_after: Duration);
}

impl<T: Send, W: FnOnce(&mut Hasher) -> T + Send> Job for Request<T, W> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, hasher: &mut Hasher) -> Duration {
        let Self {
            operation,
            since,
            work,
            reply,
        } = *self;
        let began = monotonic();
        let waited = began.saturating_duration_since(since);
        metrics::histogram!("hallpass_hash_wait_seconds").record(waited);
        // A hasher holds nothing but memory to overwrite, so a panic cannot leave
        // it half changed.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(hasher)));
        let took = monotonic().saturating_duration_since(began);
        metrics::histogram!("hallpass_hash_seconds", "operation" => operation).record(took);
        // When the caller has gone away meanwhile, nobody misses the answer.
        drop(reply.send(outcome.map_err(|_| HashingRefused::Failed("hashing panicked".into()))));
        took
    }

    fn refuse(self: Box<Self>, retry_after: Duration) {
        drop(
            self.reply
                .send(Err(HashingRefused::Overloaded { retry_after })),
        );
    }
}

/// What a thread does next.
enum Next {
    Job(Box<dyn Job>),
    /// There was no work for a while.
    Idle,
    /// The pool is gone.
    Closed,
}

/// What the threads and their pool share.
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    /// The longest that a caller waits for its answer. Longer than the wait that
    /// a reservation is admitted for, since that one is an estimate.
    patience: Duration,
}

struct State {
    schedule: Schedule<Box<dyn Job>>,
    closed: bool,
}

impl Shared {
    /// The lock is held for the schedule's own work alone: its holder may be a
    /// thread of low priority, and the server's threads wait for it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self, client: Client) -> Result<u64, HashingRefused> {
        let reserved = self.lock().schedule.reserve(client);
        let reserved = reserved.map_err(|refused| {
            let Refused {
                reason,
                retry_after,
            } = refused;
            count_refusal(reason.as_str());
            HashingRefused::Overloaded { retry_after }
        })?;
        if let Some(job) = reserved.evicted {
            count_refusal(Reason::Evicted.as_str());
            job.refuse(self.patience);
        }
        Ok(reserved.number)
    }

    fn submit(&self, client: Client, job: Box<dyn Job>) {
        let mut state = self.lock();
        state.schedule.push(client, job, monotonic());
        let waiting = state.schedule.waiting();
        drop(state);
        self.arrived.notify_one();
        show_length(waiting);
    }

    /// Waits for a job, and notes what the thread's last one took.
    fn next(&self, took: Option<Duration>) -> Next {
        let mut state = self.lock();
        if let Some(took) = took {
            state.schedule.note_work(took);
        }
        let nothing_to_do = |state: &mut State| !state.closed && state.schedule.waiting() == 0;
        let waited = self.arrived.wait_timeout_while(state, IDLE, nothing_to_do);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Next::Closed;
        }
        let job = state.schedule.pop(monotonic());
        let waiting = state.schedule.waiting();
        drop(state);
        show_length(waiting);
        job.map_or(Next::Idle, Next::Job)
    }
}

fn show_length(waiting: usize) {
    let length = u32::try_from(waiting).unwrap_or(u32::MAX);
    metrics::gauge!("hallpass_hash_queue_length").set(length);
}

fn count_refusal(reason: &'static str) {
    metrics::counter!("hallpass_hash_refused_total", "reason" => reason).increment(1);
}

/// Closes the queue when the last clone of the pool is dropped.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.arrived.notify_all();
    }
}

fn work(shared: &Shared, mut hasher: Hasher) {
    if let Err(error) = lower_priority() {
        tracing::debug!(%error, "a hashing thread keeps its normal priority");
    }
    let mut took = None;
    loop {
        match shared.next(took.take()) {
            Next::Job(job) if job.is_abandoned() => {}
            Next::Job(job) => took = Some(job.run(&mut hasher)),
            Next::Idle => hasher.release(),
            Next::Closed => return,
        }
    }
}

/// Linux's nice 10 for this thread alone, Windows's "below normal"; needs no
/// privilege.
///
/// Chosen by measurement on two cores. In a storm of sign-ins, a token is
/// verified as fast as without one at nice 10, 19 and under `SCHED_IDLE`, while
/// at normal priority one in a hundred waits for milliseconds. And when other
/// threads keep both cores busy, a sign-in takes five times as long as at normal
/// priority at nice 10, twenty times at 19 and hundreds of times under
/// `SCHED_IDLE`: with those, busy verification would starve sign-in.
fn lower_priority() -> Result<(), String> {
    let priority = ThreadPriority::Crossplatform(ThreadPriorityValue::try_from(22_u8)?);
    priority
        .set_for_current()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::net::Ipv4Addr;
    use std::sync::mpsc;

    use super::*;

    const QUEUE: HashQueue = HashQueue {
        length: 8,
        deadline: Duration::from_mins(1),
    };
    const USUAL: HashCost = HashCost::of(HashPolicy::ARGON2ID);

    const CHEAP: PoolSettings = PoolSettings {
        threads: NonZeroUsize::MIN,
        queue: QUEUE,
        policy: HashPolicy::Argon2id {
            memory_kib: 64,
            passes: 1,
        },
    };
    const CHEAP_BCRYPT: PoolSettings = PoolSettings {
        policy: HashPolicy::Bcrypt { cost: 4 },
        ..CHEAP
    };

    fn pool(settings: PoolSettings) -> HashingPool {
        HashingPool::start(&settings).unwrap()
    }

    fn client(number: u8) -> Client {
        Client::new(Ipv4Addr::new(192, 0, number, 1).into())
    }

    fn reserve(pool: &HashingPool) -> Reservation {
        pool.reserve(client(1)).unwrap()
    }

    fn password() -> Password {
        Password::from("correct horse battery staple")
    }

    /// Occupies the only thread until the value is dropped.
    struct Occupied {
        _open: mpsc::Sender<()>,
        _answer: oneshot::Receiver<Result<(), HashingRefused>>,
        _turn: Reservation,
    }

    async fn occupy(pool: &HashingPool) -> Occupied {
        let (open, gate) = mpsc::channel();
        let (started, has_started) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let turn = reserve(pool);
        let job = Request {
            operation: "occupy",
            since: monotonic(),
            work: move |_: &mut Hasher| {
                started.send(()).unwrap();
                gate.recv().ok();
            },
            reply,
        };
        pool.0.0.submit(turn.client, Box::new(job));
        has_started.await.unwrap();
        Occupied {
            _open: open,
            _answer: answer,
            _turn: turn,
        }
    }

    #[tokio::test]
    async fn what_is_hashed_is_verified() {
        let pool = pool(PoolSettings {
            threads: NonZeroUsize::new(2).unwrap(),
            ..CHEAP
        });
        let hash = reserve(&pool).hash(password()).await.unwrap();
        let right = reserve(&pool)
            .verify(password(), Some(hash.clone()), USUAL)
            .await
            .unwrap();
        assert!(right.correct && right.replacement.is_none(), "{right:?}");
        let wrong = reserve(&pool)
            .verify("wrong".into(), Some(hash), USUAL)
            .await
            .unwrap();
        assert!(!wrong.correct && wrong.replacement.is_none(), "{wrong:?}");
        let unknown = reserve(&pool)
            .verify(password(), None, USUAL)
            .await
            .unwrap();
        assert!(
            !unknown.correct && unknown.replacement.is_none(),
            "{unknown:?}"
        );
    }

    #[tokio::test]
    async fn the_other_algorithm_is_accepted_and_replaced() {
        for (old, new) in [(CHEAP, CHEAP_BCRYPT), (CHEAP_BCRYPT, CHEAP)] {
            let (old, new) = (pool(old), pool(new));
            let hash = reserve(&old).hash(password()).await.unwrap();
            let wrong = reserve(&new)
                .verify("wrong".into(), Some(hash.clone()), USUAL)
                .await
                .unwrap();
            assert!(!wrong.correct && wrong.replacement.is_none(), "{wrong:?}");
            let right = reserve(&new)
                .verify(password(), Some(hash), USUAL)
                .await
                .unwrap();
            assert!(right.correct, "{right:?}");
            let again = reserve(&new)
                .verify(password(), right.replacement, USUAL)
                .await
                .unwrap();
            assert!(again.correct && again.replacement.is_none(), "{again:?}");
        }
    }

    #[tokio::test]
    async fn bcrypt_refuses_a_long_password_and_leaves_its_argon2_hash() {
        let long = || Password::from("x".repeat(73).as_str());
        let hash = reserve(&pool(CHEAP)).hash(long()).await.unwrap();
        let pool = pool(CHEAP_BCRYPT);
        let refused = reserve(&pool).hash(long()).await;
        assert!(
            matches!(refused, Err(HashingRefused::UnfitForBcrypt)),
            "{refused:?}"
        );
        let verdict = reserve(&pool)
            .verify(long(), Some(hash), USUAL)
            .await
            .unwrap();
        assert!(
            verdict.correct && verdict.replacement.is_none(),
            "{verdict:?}"
        );
    }

    #[tokio::test]
    async fn a_broken_row_is_no_match_and_no_fault() {
        let broken = PasswordHash::new("$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA".to_owned());
        let verdict = reserve(&pool(CHEAP))
            .verify(password(), Some(broken), USUAL)
            .await
            .unwrap();
        assert!(
            !verdict.correct && verdict.replacement.is_none(),
            "{verdict:?}"
        );
    }

    fn overloaded<T>(outcome: &Result<T, HashingRefused>) -> bool {
        matches!(outcome, Err(HashingRefused::Overloaded { .. }))
    }

    #[tokio::test]
    async fn full_queue_evicts_the_heaviest() {
        let queue = HashQueue { length: 3, ..QUEUE };
        let pool = pool(PoolSettings { queue, ..CHEAP });
        let open = occupy(&pool).await;
        let (first, evicted, other, ()) = tokio::join!(
            biased;
            reserve(&pool).hash(password()),
            reserve(&pool).hash(password()),
            async {
                assert!(overloaded(&pool.reserve(client(1))), "the heaviest asks again");
                pool.reserve(client(2)).unwrap().hash(password()).await
            },
            async { drop(open) },
        );
        assert!(overloaded(&evicted), "{evicted:?}");
        assert!(first.is_ok() && other.is_ok(), "{first:?}, {other:?}");
    }

    #[tokio::test]
    async fn unused_reservation_is_free_again() {
        let queue = HashQueue { length: 1, ..QUEUE };
        let pool = pool(PoolSettings { queue, ..CHEAP });
        let reservation = reserve(&pool);
        assert!(overloaded(&pool.reserve(client(1))));
        drop(reservation);
        reserve(&pool).hash(password()).await.unwrap();
        reserve(&pool).hash(password()).await.unwrap();
    }

    #[tokio::test]
    async fn late_job_is_refused_unhashed() {
        let queue = HashQueue {
            deadline: Duration::from_millis(30),
            ..QUEUE
        };
        let pool = pool(PoolSettings { queue, ..CHEAP });
        let open = occupy(&pool).await;
        let refused = reserve(&pool)
            .run("hash", |_| panic!("not to be run"))
            .await;
        drop(open);
        assert!(overloaded::<()>(&refused), "{refused:?}");
    }

    #[tokio::test]
    async fn nothing_is_hashed_for_who_has_gone_away() {
        let pool = pool(CHEAP);
        let open = occupy(&pool).await;
        let (ran, has_run) = mpsc::channel();
        tokio::select! {
            biased;
            _ = reserve(&pool).run("hash", move |_| ran.send(())) => panic!("the thread is occupied"),
            () = ready(()) => {}
        }
        drop(open);
        reserve(&pool).hash(password()).await.unwrap();
        assert_eq!(
            has_run.try_recv(),
            Err(mpsc::TryRecvError::Disconnected),
            "dropped unused"
        );
    }

    #[tokio::test]
    async fn a_panic_fails_its_job_and_not_the_thread() {
        let pool = pool(CHEAP);
        let failed = reserve(&pool)
            .run("hash", |_| panic!("a test's panic"))
            .await;
        let Err::<(), _>(HashingRefused::Failed(_)) = failed else {
            panic!("{failed:?}")
        };
        assert!(reserve(&pool).hash(password()).await.is_ok());
    }

    #[tokio::test]
    async fn a_policy_out_of_bounds_does_not_start() {
        let policy = HashPolicy::Argon2id {
            memory_kib: 1_000_000,
            passes: 2,
        };
        let refused = HashingPool::start(&PoolSettings { policy, ..CHEAP }).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_clone() {
        let pool = pool(CHEAP);
        let shared = Arc::downgrade(&pool.0.0);
        let clone = pool.clone();
        drop(pool);
        assert!(reserve(&clone).hash(password()).await.is_ok());
        drop(clone);
        while shared.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn debug_output_names_the_pool_and_nothing_in_it() {
        assert_eq!(format!("{:?}", pool(CHEAP)), "HashingPool { .. }");
    }
}
