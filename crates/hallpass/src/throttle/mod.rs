//! Limits on guessing: how often a client may try, and be wrong.
//!
//! Counts live in the database, so a restart or a second server changes
//! nothing, and each is one atomic statement. A window opens with its first
//! hit and is forgotten when it has passed.
//!
//! A sign-in is an [`Attempt`]. Before hashing it reads whether a limit is
//! reached, which spares the work. After hashing, a wrong password is counted,
//! and what the count says decides between "wrong" and "too many tries": of any
//! number of parallel guesses no more are called wrong than the limit allows. A
//! right password asks again too, since the limit may have been reached
//! meanwhile. What no count can see is the guesses on their way, so each server
//! lets only as many of one bucket in at once as may fail.
//!
//! Reserving a try before hashing would be stricter than the limit: five right
//! passwords at once would then use it up. Only where attempts are spaced is
//! the one that is free taken before hashing.

mod attempt;
mod bucket;
mod device;
mod gate;
mod store;

use std::time::Duration;

pub(crate) use self::attempt::{Attempt, Target};
use self::bucket::{Beyond, Bucket, Limit, Windows};
pub(crate) use self::device::{Caller, DEVICE_LIFE, DeviceKeys, DeviceOwner, Devices};
pub(crate) use self::gate::Gates;
use crate::client::Client;
use crate::clock::Timestamp;
use crate::email::EmailKey;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::secret::{PurposeKey, SigningSecret};
use crate::user::UserId;

const QUARTER_HOUR: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);

/// Failed sign-ins to one account from a device that is known for it.
const SIGN_IN_PER_DEVICE: Limit = refusing("sign_in_device", 5, QUARTER_HOUR);
/// Failed sign-ins for one address, with or without an account, from one client
/// network.
const SIGN_IN_PER_ACCOUNT_AND_CLIENT: Limit = refusing("sign_in_account_client", 5, QUARTER_HOUR);
/// Failed sign-ins for one address from all unknown devices since its last
/// success. Forgotten after a day without a failure: an attacker who waits that
/// long for a hundred guesses has fewer than one who does not.
const SIGN_IN_PER_ACCOUNT: Limit = Limit {
    name: "sign_in_account",
    hits: 100,
    window: Duration::from_hours(24),
    beyond: Beyond::Spaced,
};
/// Failed sign-ins from one client network.
const SIGN_IN_PER_CLIENT: Limit = refusing("sign_in_client", 50, QUARTER_HOUR);
/// Registrations from one client network, whether they succeed or not: each
/// tells whether an address is taken.
const REGISTER_PER_CLIENT: Limit = refusing("register_client", 20, HOUR);
/// Registrations from one client network with a password that is too common:
/// to estimate its strength takes as long as a share of a hash. Six for each
/// registration.
const COMMON_PER_CLIENT: Limit = refusing("register_common_client", 120, HOUR);
/// Changes of one account by its user.
const CHANGES_PER_ACCOUNT: Limit = refusing("change_account", 60, QUARTER_HOUR);

/// Resets of the counts of an address. Nothing is refused by this number: it is
/// part of what the address counts under, so that a reset begins all counts anew.
/// It is kept for as long as devices of before it would be known.
const RESETS: Limit = Limit {
    name: "reset_account",
    hits: i64::MAX,
    window: LONGEST_WINDOW,
    beyond: Beyond::Spaced,
};

/// The longest window there is.
const LONGEST_WINDOW: Duration = DEVICE_LIFE;

const fn refusing(name: &'static str, hits: i64, window: Duration) -> Limit {
    Limit {
        name,
        hits,
        window,
        beyond: Beyond::Refused,
    }
}

impl Limit {
    /// The limit of a network that contains the clients of this one.
    const fn times(self, multiple: i64) -> Self {
        Self {
            hits: self.hits.saturating_mul(multiple),
            ..self
        }
    }
}

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

    fn of(&self, limit: Limit, whom: &str) -> Bucket {
        Bucket {
            limit,
            subject: self.0.digest(&format!("{}/{whom}", limit.name)),
        }
    }

    /// The counts of the networks that contain a client.
    fn of_networks(&self, limit: Limit, client: Client) -> Vec<Bucket> {
        let networks = client.counted_networks();
        let bucket = |(network, multiple)| self.of(limit.times(multiple), &format!("{network}"));
        networks.map(bucket).collect()
    }
}

/// The gates of a server.
pub(crate) fn gates() -> Gates {
    let abreast = SIGN_IN_PER_ACCOUNT_AND_CLIENT.hits;
    Gates::new(usize::try_from(abreast).unwrap_or(1))
}

/// Refuses a client that has registered, or failed to, too often, and counts
/// nothing: for what comes before the work that a registration takes.
pub(crate) async fn check_registration(hallpass: &Hallpass, client: Client) -> Result<(), Error> {
    let subjects = hallpass.subjects();
    let limits = [REGISTER_PER_CLIENT, COMMON_PER_CLIENT];
    let buckets = limits.map(|limit| subjects.of_networks(limit, client));
    bucket::check(hallpass, &buckets.concat()).await.map(|_| ())
}

/// Counts a registration, and refuses it when there were too many.
pub(crate) async fn admit_registration(hallpass: &Hallpass, client: Client) -> Result<(), Error> {
    check_registration(hallpass, client).await?;
    let buckets = hallpass.subjects().of_networks(REGISTER_PER_CLIENT, client);
    bucket::count(hallpass, &buckets).await?
}

/// Counts a registration whose password is too common.
pub(crate) async fn count_common_password(
    hallpass: &Hallpass,
    client: Client,
) -> Result<(), Error> {
    let buckets = hallpass.subjects().of_networks(COMMON_PER_CLIENT, client);
    bucket::count(hallpass, &buckets).await?
}

/// Counts a change of an account, and refuses it when there were too many. What
/// is refused is read and not written.
pub(crate) async fn admit_change(hallpass: &Hallpass, account: UserId) -> Result<(), Error> {
    let buckets = [hallpass
        .subjects()
        .of(CHANGES_PER_ACCOUNT, &account.to_string())];
    bucket::check(hallpass, &buckets).await?;
    bucket::count(hallpass, &buckets).await?
}

/// How often an operator has reset the counts of an address, and when last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resets {
    pub(crate) count: i64,
    /// Devices of before are not known any more.
    pub(crate) last: Option<Timestamp>,
}

pub(crate) async fn resets(hallpass: &Hallpass, email: &EmailKey) -> Result<Resets, Error> {
    let bucket = hallpass.subjects().of(RESETS, email.as_str());
    let windows = Windows::read(hallpass, std::slice::from_ref(&bucket)).await?;
    let (count, ends_at) = windows.open(&bucket).unzip();
    Ok(Resets {
        count: count.unwrap_or(0),
        last: ends_at.map(|ends_at| ends_at.minus(RESETS.window)),
    })
}

/// Forgets the failures of an address, so that a password an operator has just
/// set can be used at once, and the devices that are known for its account.
pub(crate) async fn reset(hallpass: &Hallpass, email: &EmailKey) -> Result<(), Error> {
    let bucket = hallpass.subjects().of(RESETS, email.as_str());
    bucket::hit(hallpass, &[bucket]).await?
}
