//! The hashing house: a fixed number of threads that do nothing else.
//!
//! Password hashing is slow and hungry on purpose. Here it can take neither the
//! memory (threads × one hash, whatever the load) nor the time of the rest of
//! the server, and who would wait too long is refused before any hashing is
//! spent on the request.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use thread_priority::{ThreadPriority, ThreadPriorityValue};
use tokio::sync::oneshot;

use super::hash::{HashError, Hasher};
use super::queue::{FairQueue, TurnedAway, Waiting};
use crate::clock::monotonic;
use crate::error::Cause;
use crate::secret::{Password, PasswordHash};
use crate::settings::HashPolicy;

/// Whose turn it is: a client's address, an IPv6 one cut to its /64.
pub(crate) type ClientKey = IpAddr;

/// How long a thread keeps its memory without work.
const IDLE: Duration = Duration::from_secs(10);

/// What the pool is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSettings {
    /// Threads, each with its own memory.
    pub(crate) threads: NonZeroUsize,
    /// The most jobs that wait at once.
    pub(crate) queue: usize,
    /// The longest that one waits.
    pub(crate) deadline: Duration,
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
    Overloaded,
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
        let queue = FairQueue::new(settings.queue, settings.deadline);
        let state = Mutex::new(State {
            queue,
            closed: false,
        });
        let pool = Self(Arc::new(Owner(Arc::new(Shared {
            state,
            arrived: Condvar::new(),
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

    /// Hashes a new password.
    pub(crate) async fn hash(
        &self,
        client: ClientKey,
        password: Password,
    ) -> Result<PasswordHash, HashingRefused> {
        let hashed = self
            .run(client, "hash", move |hasher| hasher.hash(&password))
            .await?;
        Ok(hashed?)
    }

    /// Does what is no hashing and yet takes as long as a share of it: to weigh
    /// a password can take ten milliseconds.
    pub(crate) async fn weigh<T: Send + 'static>(
        &self,
        client: ClientKey,
        weighing: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingRefused> {
        self.run(client, "weigh", move |_| weighing()).await
    }

    /// Verifies a password against the account's hash. Without one, and with one
    /// that is unusable, the answer is no after the same work.
    pub(crate) async fn verify(
        &self,
        client: ClientKey,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<Verdict, HashingRefused> {
        let work = move |hasher: &mut Hasher| verify(hasher, &password, stored.as_ref());
        match self.run(client, "verify", work).await? {
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

    /// Has a pool thread do some work. When the caller goes away before a thread
    /// takes it, it is not done.
    async fn run<T: Send + 'static>(
        &self,
        client: ClientKey,
        operation: &'static str,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, HashingRefused> {
        let (reply, answer) = oneshot::channel();
        self.0.0.submit(
            client,
            Box::new(Request {
                operation,
                work,
                reply,
            }),
        );
        answer
            .await
            .unwrap_or_else(|gone| Err(HashingRefused::Failed(gone.into())))
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
) -> Result<Verdict, HashError> {
    let correct = hasher.verify(password, stored)?;
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
    work: W,
    reply: oneshot::Sender<Result<T, HashingRefused>>,
}

/// A [`Request`], whatever its answer is.
trait Job: Send {
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>, hasher: &mut Hasher);
    fn refuse(self: Box<Self>);
}

impl<T: Send, W: FnOnce(&mut Hasher) -> T + Send> Job for Request<T, W> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, hasher: &mut Hasher) {
        let Self {
            operation,
            work,
            reply,
        } = *self;
        let began = monotonic();
        // A hasher holds nothing but memory to overwrite, so a panic cannot leave
        // it half changed.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(hasher)));
        let took = monotonic().saturating_duration_since(began);
        metrics::histogram!("hallpass_hash_seconds", "operation" => operation).record(took);
        // When the caller has gone away meanwhile, nobody misses the answer.
        drop(reply.send(outcome.map_err(|_| HashingRefused::Failed("hashing panicked".into()))));
    }

    fn refuse(self: Box<Self>) {
        drop(self.reply.send(Err(HashingRefused::Overloaded)));
    }
}

impl Waiting for Box<dyn Job> {
    fn is_abandoned(&self) -> bool {
        self.as_ref().is_abandoned()
    }
}

type Queue = FairQueue<ClientKey, Box<dyn Job>>;

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
}

struct State {
    queue: Queue,
    closed: bool,
}

impl State {
    fn change<R>(&mut self, change: impl FnOnce(&mut Queue) -> R) -> R {
        let result = change(&mut self.queue);
        let length = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        metrics::gauge!("hallpass_hash_queue_length").set(length);
        result
    }
}

impl Shared {
    /// The lock is held for the queue's own work alone: whoever holds it may be a
    /// thread of low priority, and the server's threads wait for it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, client: ClientKey, job: Box<dyn Job>) {
        let turned_away = self
            .lock()
            .change(|queue| queue.push(client, job, monotonic()));
        self.arrived.notify_one();
        refuse(turned_away);
    }

    fn next(&self) -> Next {
        let nothing_to_do = |state: &mut State| !state.closed && state.queue.len() == 0;
        let waited = self
            .arrived
            .wait_timeout_while(self.lock(), IDLE, nothing_to_do);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Next::Closed;
        }
        let (next, turned_away) = state.change(|queue| queue.pop(monotonic()));
        drop(state);
        refuse(turned_away);
        let Some((job, waited)) = next else {
            return Next::Idle;
        };
        metrics::histogram!("hallpass_hash_wait_seconds").record(waited);
        Next::Job(job)
    }
}

fn refuse(turned_away: Vec<TurnedAway<Box<dyn Job>>>) {
    for TurnedAway { job, reason } in turned_away {
        metrics::counter!("hallpass_hash_refused_total", "reason" => reason.as_str()).increment(1);
        job.refuse();
    }
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
    loop {
        match shared.next() {
            Next::Job(job) => job.run(&mut hasher),
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

    const ALICE: ClientKey = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const BOB: ClientKey = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    const CHEAP: PoolSettings = PoolSettings {
        threads: NonZeroUsize::MIN,
        queue: 8,
        deadline: Duration::from_mins(1),
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

    fn password() -> Password {
        Password::from("correct horse battery staple")
    }

    /// Occupies the only thread until the sender is used or dropped.
    async fn occupy(pool: &HashingPool) -> mpsc::Sender<()> {
        let (open, gate) = mpsc::channel();
        let (started, has_started) = oneshot::channel();
        let pool = pool.clone();
        tokio::spawn(async move {
            let work = move |_: &mut Hasher| {
                started.send(()).unwrap();
                gate.recv().ok();
            };
            pool.run(ALICE, "occupy", work).await.unwrap();
        });
        has_started.await.unwrap();
        open
    }

    #[tokio::test]
    async fn what_is_hashed_is_verified() {
        let pool = pool(PoolSettings {
            threads: NonZeroUsize::new(2).unwrap(),
            ..CHEAP
        });
        let hash = pool.hash(ALICE, password()).await.unwrap();
        let right = pool
            .verify(ALICE, password(), Some(hash.clone()))
            .await
            .unwrap();
        assert!(right.correct && right.replacement.is_none(), "{right:?}");
        let wrong = pool
            .verify(ALICE, "wrong".into(), Some(hash))
            .await
            .unwrap();
        assert!(!wrong.correct && wrong.replacement.is_none(), "{wrong:?}");
        let unknown = pool.verify(ALICE, password(), None).await.unwrap();
        assert!(
            !unknown.correct && unknown.replacement.is_none(),
            "{unknown:?}"
        );
    }

    #[tokio::test]
    async fn the_other_algorithm_is_accepted_and_replaced() {
        for (old, new) in [(CHEAP, CHEAP_BCRYPT), (CHEAP_BCRYPT, CHEAP)] {
            let (old, new) = (pool(old), pool(new));
            let hash = old.hash(ALICE, password()).await.unwrap();
            let wrong = new
                .verify(ALICE, "wrong".into(), Some(hash.clone()))
                .await
                .unwrap();
            assert!(!wrong.correct && wrong.replacement.is_none(), "{wrong:?}");
            let right = new.verify(ALICE, password(), Some(hash)).await.unwrap();
            assert!(right.correct, "{right:?}");
            let again = new
                .verify(ALICE, password(), right.replacement)
                .await
                .unwrap();
            assert!(again.correct && again.replacement.is_none(), "{again:?}");
        }
    }

    #[tokio::test]
    async fn bcrypt_refuses_a_long_password_and_leaves_its_argon2_hash() {
        let long = || Password::from("x".repeat(73).as_str());
        let hash = pool(CHEAP).hash(ALICE, long()).await.unwrap();
        let pool = pool(CHEAP_BCRYPT);
        let refused = pool.hash(ALICE, long()).await;
        assert!(
            matches!(refused, Err(HashingRefused::UnfitForBcrypt)),
            "{refused:?}"
        );
        let verdict = pool.verify(ALICE, long(), Some(hash)).await.unwrap();
        assert!(
            verdict.correct && verdict.replacement.is_none(),
            "{verdict:?}"
        );
    }

    #[tokio::test]
    async fn a_broken_row_is_no_match_and_no_fault() {
        let broken = PasswordHash::new("$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA".to_owned());
        let verdict = pool(CHEAP)
            .verify(ALICE, password(), Some(broken))
            .await
            .unwrap();
        assert!(
            !verdict.correct && verdict.replacement.is_none(),
            "{verdict:?}"
        );
    }

    #[tokio::test]
    async fn a_full_queue_refuses_its_client_and_lets_another_in() {
        let pool = pool(PoolSettings { queue: 2, ..CHEAP });
        let open = occupy(&pool).await;
        let (first, evicted, refused, other, ()) = tokio::join!(
            biased;
            pool.hash(ALICE, password()),
            pool.hash(ALICE, password()),
            pool.hash(ALICE, password()),
            pool.hash(BOB, password()),
            async { drop(open) },
        );
        assert!(
            matches!(evicted, Err(HashingRefused::Overloaded)),
            "{evicted:?}"
        );
        assert!(
            matches!(refused, Err(HashingRefused::Overloaded)),
            "{refused:?}"
        );
        assert!(first.is_ok() && other.is_ok(), "{first:?}, {other:?}");
    }

    #[tokio::test]
    async fn whoever_waited_too_long_is_refused_unhashed() {
        let pool = pool(PoolSettings {
            deadline: Duration::ZERO,
            ..CHEAP
        });
        let refused = pool.run(ALICE, "hash", |_| panic!("not to be run")).await;
        let Err::<(), _>(HashingRefused::Overloaded) = refused else {
            panic!("{refused:?}")
        };
    }

    #[tokio::test]
    async fn nothing_is_hashed_for_who_has_gone_away() {
        let pool = pool(CHEAP);
        let open = occupy(&pool).await;
        let (ran, has_run) = mpsc::channel();
        tokio::select! {
            biased;
            _ = pool.run(ALICE, "hash", move |_| ran.send(())) => panic!("the thread is occupied"),
            () = ready(()) => {}
        }
        drop(open);
        pool.hash(ALICE, password()).await.unwrap();
        assert_eq!(
            has_run.try_recv(),
            Err(mpsc::TryRecvError::Disconnected),
            "dropped unused"
        );
    }

    #[tokio::test]
    async fn a_panic_fails_its_job_and_not_the_thread() {
        let pool = pool(CHEAP);
        let failed = pool.run(ALICE, "hash", |_| panic!("a test's panic")).await;
        let Err::<(), _>(HashingRefused::Failed(_)) = failed else {
            panic!("{failed:?}")
        };
        assert!(pool.hash(ALICE, password()).await.is_ok());
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
        assert!(clone.hash(ALICE, password()).await.is_ok());
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
