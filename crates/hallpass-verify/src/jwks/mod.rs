//! The public keys of the issuer, fetched in the background.
//!
//! One task fetches: at the start, when the set has grown old, after a failure,
//! and when a token names a key that nobody knows. What it found is what
//! `verify` reads; nobody waits for the network but who asks for that.

mod address;
mod fetch;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

pub(crate) use address::Address;

use crate::clock;
use crate::error::ConfigError;
use crate::key_set::KeySet;
use fetch::{FETCH_LIMIT, Fetcher};

/// How long one unknown name of a key is answered for all. Whoever makes up
/// names makes us ask the issuer once in this time, and no more often.
const ASK_PAUSE: Duration = Duration::from_mins(1);

/// Longer than a fetch can take, so that this ends a wait only when the runtime
/// of the task has been shut down.
const WAIT_LIMIT: Duration = FETCH_LIMIT.saturating_add(Duration::from_secs(1));

/// Keys that are kept up to date for as long as this lives.
#[derive(Debug)]
pub(crate) struct Source {
    state: Arc<watch::Sender<State>>,
    task: AbortHandle,
}

#[derive(Debug)]
struct State {
    /// The last good set. An issuer that is away, or answers nonsense, takes
    /// nothing from it.
    keys: Option<KeySet>,
    /// How many sets have come.
    generation: u64,
    /// Whether a fetch is under way or will begin at once. The task waits for
    /// this to become true, and all who wait for keys wait for its end.
    fetching: bool,
    /// When an unknown name last started a fetch.
    asked: Option<Instant>,
}

impl Source {
    /// Begins to fetch. Returns at once.
    pub(crate) fn start(address: &Address) -> Result<Self, ConfigError> {
        let fetcher = Fetcher::new(address.url()?)?;
        let runtime = Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let state = Arc::new(watch::Sender::new(State {
            keys: None,
            generation: 0,
            fetching: true,
            asked: None,
        }));
        let task = runtime.spawn(keep_fetching(fetcher, Arc::clone(&state)));
        Ok(Self {
            state,
            task: task.abort_handle(),
        })
    }

    /// The last good set, if any came so far that has a key. Without one nothing
    /// can be said of a token.
    pub(crate) fn keys(&self) -> Option<KeySet> {
        let keys = self.state.borrow().keys.clone();
        keys.filter(|keys| !keys.is_empty())
    }

    pub(crate) fn has_empty_set(&self) -> bool {
        is_empty(&self.state)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.state.borrow().generation
    }

    /// Asks for a fetch, since a token names a key that is not in the set. Does
    /// nothing while one is under way, or when the last one that was asked for
    /// is less than a minute ago.
    pub(crate) fn ask(&self) {
        let now = clock::monotonic();
        self.state.send_if_modified(|state| {
            let too_soon = |asked| now.saturating_duration_since(asked) < ASK_PAUSE;
            if state.fetching || state.asked.is_some_and(too_soon) {
                return false;
            }
            state.asked = Some(now);
            state.fetching = true;
            true
        });
    }

    /// Waits for the end of the fetch that is under way, if there is one. All
    /// who wait share it. Where nothing can measure how long, nobody waits.
    pub(crate) async fn settled(&self) {
        if Handle::try_current().is_err() {
            return;
        }
        let mut state = self.state.subscribe();
        // Neither way out needs an answer: the caller looks at the keys.
        drop(timeout(WAIT_LIMIT, state.wait_for(|state| !state.fetching)).await);
    }
}

/// The last clone of the verifier takes the task along.
impl Drop for Source {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_empty(state: &watch::Sender<State>) -> bool {
    state.borrow().keys.as_ref().is_some_and(KeySet::is_empty)
}

async fn keep_fetching(fetcher: Fetcher, state: Arc<watch::Sender<State>>) {
    let mut asked = state.subscribe();
    let mut failures = 0;
    loop {
        let pause = match fetcher.fetch().await {
            Ok(answer) => {
                failures = 0;
                let was_empty = is_empty(&state);
                if answer.keys.is_empty() && !was_empty {
                    fetcher.report_no_keys();
                }
                state.send_modify(|state| {
                    state.keys = Some(answer.keys);
                    state.generation += 1;
                    state.fetching = false;
                });
                answer.fresh_for
            }
            Err(fault) => {
                failures += 1;
                let pause = schedule::back_off(failures);
                fetcher.report(&fault, pause);
                state.send_modify(|state| state.fetching = false);
                pause
            }
        };
        // Whether the time has passed or somebody asked: now it is to be done.
        drop(timeout(pause, asked.wait_for(|state| state.fetching)).await);
        state.send_modify(|state| state.fetching = true);
    }
}
