//! Bounds on guessing: how often somebody may try, and be wrong.
//!
//! Counts live in the database, so a restart or a second server changes
//! nothing, and each is one atomic statement. A window opens with its first
//! hit and is forgotten when it has passed.
//!
//! A sign-in is an [`Attempt`]. Before hashing it reads whether the door is
//! shut, which spares the work. After hashing, a wrong password is counted, and
//! what the count says decides between "wrong" and "too many tries": of any
//! number of parallel guesses no more are called wrong than the limit allows. A
//! right password asks again too, since the limit may have been reached
//! meanwhile. What no count can see is the guesses on their way, so each server
//! lets only as many of one address in at once as may fail.
//!
//! Reserving a try before hashing would be stricter than the limit: five right
//! passwords at once would then shut the door.

mod gate;
mod store;

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

pub(crate) use self::gate::Gates;
use crate::client::Client;
use crate::clock::Timestamp;
use crate::email::EmailKey;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::secret::{PurposeKey, SigningSecret};

/// A limit: so many hits in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    name: &'static str,
    hits: i64,
    window: Duration,
}

const QUARTER_HOUR: Duration = Duration::from_mins(15);

/// Failed sign-ins for one address, whether it has an account or not.
const SIGN_IN_PER_ADDRESS: Limit = Limit {
    name: "sign_in_address",
    hits: 5,
    window: QUARTER_HOUR,
};
/// Failed sign-ins from one client.
const SIGN_IN_PER_CLIENT: Limit = Limit {
    name: "sign_in_client",
    hits: 50,
    window: QUARTER_HOUR,
};
/// Registrations from one client, whether they succeed or not: each tells
/// whether an address is taken.
const REGISTER_PER_CLIENT: Limit = Limit {
    name: "register_client",
    hits: 20,
    window: Duration::from_hours(1),
};

/// Makes the subjects under which tries are counted.
///
/// A subject is a keyed digest: people type passwords into the address field,
/// and the table must not keep them.
#[derive(Clone)]
pub(crate) struct Subjects(PurposeKey);

impl Subjects {
    pub(crate) fn new(secret: &SigningSecret) -> Self {
        Self(PurposeKey::derive(secret, "hallpass/throttle/1"))
    }

    fn of(&self, limit: Limit, who: &str) -> Vec<u8> {
        self.0.digest(&format!("{}/{who}", limit.name))
    }
}

/// A sign-in that is under way, and holds its place at the gate.
pub(crate) struct Attempt {
    subjects: [(Limit, Vec<u8>); 2],
    place: Option<OwnedSemaphorePermit>,
}

impl Attempt {
    /// Refuses when the address or the client has failed too often.
    pub(crate) async fn begin(
        hallpass: &Hallpass,
        email: &EmailKey,
        client: Client,
    ) -> Result<Self, Error> {
        let subjects = sign_in_subjects(hallpass, email, client);
        let place = enter(hallpass, &subjects[0].1).await?;
        let attempt = Self { subjects, place };
        attempt.check(hallpass).await.map(|()| attempt)
    }

    /// The password was right: lets it pass unless the limit was reached
    /// meanwhile.
    pub(crate) async fn succeed(self, hallpass: &Hallpass) -> Result<(), Error> {
        self.check(hallpass).await
    }

    /// The password was wrong: counts it, and refuses beyond the limit.
    ///
    /// In a task of its own: who hangs up has the request dropped where it
    /// stands, and would otherwise guess without being counted.
    pub(crate) async fn fail(self, hallpass: &Hallpass) -> Result<(), Error> {
        let counting = self.count(hallpass.clone()).in_current_span();
        tokio::spawn(counting).await.map_err(Error::internal)?
    }

    async fn count(self, hallpass: Hallpass) -> Result<(), Error> {
        let mut outcome = Ok(());
        for (limit, subject) in &self.subjects {
            if let Err(refused) = record(&hallpass, *limit, subject).await? {
                outcome = Err(refused);
            }
        }
        drop(self.place);
        outcome
    }

    async fn check(&self, hallpass: &Hallpass) -> Result<(), Error> {
        if !hallpass.settings().rate_limit {
            return Ok(());
        }
        let now = hallpass.now();
        let [(_, address), (_, client)] = &self.subjects;
        let rows = store::open_windows(hallpass.db(), address, client, now).await?;
        let is_shut = |row: &&store::OpenWindow| {
            let mut limits = self.subjects.iter();
            limits.any(|(limit, subject)| *subject == row.subject && row.hits >= limit.hits)
        };
        match rows.iter().filter(is_shut).map(|row| row.ends_at).max() {
            Some(ends_at) => Err(limited(now, ends_at)),
            None => Ok(()),
        }
    }
}

/// Waits at the gate no longer than for the hashing pool.
async fn enter(hallpass: &Hallpass, subject: &[u8]) -> Result<Option<OwnedSemaphorePermit>, Error> {
    if !hallpass.settings().rate_limit {
        return Ok(None);
    }
    let patience = hallpass.settings().hash_queue.deadline;
    let entered = tokio::time::timeout(patience, hallpass.gates().enter(subject)).await;
    entered.map_err(|_| Error::Overloaded {
        retry_after: patience,
    })
}

/// The gates of a server.
pub(crate) fn gates() -> Gates {
    Gates::new(usize::try_from(SIGN_IN_PER_ADDRESS.hits).unwrap_or(1))
}

/// Counts a registration, and refuses it when there were too many.
pub(crate) async fn admit_registration(hallpass: &Hallpass, client: Client) -> Result<(), Error> {
    let subject = hallpass
        .subjects()
        .of(REGISTER_PER_CLIENT, &client.address().to_string());
    record(hallpass, REGISTER_PER_CLIENT, &subject).await?
}

/// Forgets the failures of an address, so that a password an operator has just
/// set can be used at once.
pub(crate) async fn forgive(hallpass: &Hallpass, email: &EmailKey) -> Result<(), Error> {
    let subject = hallpass.subjects().of(SIGN_IN_PER_ADDRESS, email.as_str());
    let mut tx = hallpass.db().begin().await?;
    store::forget(&mut tx, &subject).await?;
    Ok(tx.commit().await?)
}

fn sign_in_subjects(
    hallpass: &Hallpass,
    email: &EmailKey,
    client: Client,
) -> [(Limit, Vec<u8>); 2] {
    let subjects = hallpass.subjects();
    [
        (
            SIGN_IN_PER_ADDRESS,
            subjects.of(SIGN_IN_PER_ADDRESS, email.as_str()),
        ),
        (
            SIGN_IN_PER_CLIENT,
            subjects.of(SIGN_IN_PER_CLIENT, &client.address().to_string()),
        ),
    ]
}

/// The outer error is the database's, the inner one the limit's.
///
/// Each count is a transaction of its own, so that none waits for a row while
/// it holds another.
async fn record(
    hallpass: &Hallpass,
    limit: Limit,
    subject: &[u8],
) -> Result<Result<(), Error>, Error> {
    if !hallpass.settings().rate_limit {
        return Ok(Ok(()));
    }
    let now = hallpass.now();
    let mut tx = hallpass.db().begin().await?;
    let window = store::hit(&mut tx, subject, now, now.plus(limit.window)).await?;
    tx.commit().await?;
    if window.hits == 1 {
        sweep(hallpass, now).await;
    }
    Ok(if window.hits > limit.hits {
        Err(limited(now, window.ends_at))
    } else {
        Ok(())
    })
}

/// A new row sweeps away a few dead ones, so the table cannot grow for ever.
/// That it fails is no reason to refuse anybody.
async fn sweep(hallpass: &Hallpass, now: Timestamp) {
    let swept = async {
        let mut tx = hallpass.db().begin().await?;
        store::sweep(&mut tx, now).await?;
        tx.commit().await
    };
    if let Err(error) = swept.await {
        tracing::warn!(%error, "could not sweep old rows of the throttle table");
    }
}

fn limited(now: Timestamp, ends_at: Timestamp) -> Error {
    Error::RateLimited {
        retry_after: ends_at.since(now),
    }
}
