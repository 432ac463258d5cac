//! A sign-in that is under way.

use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::bucket::{self, Bucket, Limit, Verdict, Windows};
use super::device::KnownDevice;
use super::{
    Resets, SIGN_IN_PER_ACCOUNT, SIGN_IN_PER_ACCOUNT_AND_CLIENT, SIGN_IN_PER_CLIENT,
    SIGN_IN_PER_DEVICE, Subjects,
};
use crate::client::Client;
use crate::email::EmailKey;
use crate::error::Error;
use crate::hallpass::Hallpass;

/// A sign-in that is under way, and holds its permit at the gate.
pub(crate) struct Attempt {
    /// What its account alone counts, which a success resets.
    of_account: Vec<Bucket>,
    /// What its networks count, whichever account is tried.
    of_networks: Vec<Bucket>,
    permit: Option<OwnedSemaphorePermit>,
}

/// What a sign-in is tried at, and from where.
pub(crate) struct Target {
    pub(crate) email: EmailKey,
    pub(crate) client: Client,
    pub(crate) device: Option<KnownDevice>,
    pub(crate) resets: Resets,
}

impl Target {
    /// What its account alone counts. A device that is known for the account is
    /// counted by itself, and failures elsewhere do not concern it.
    fn of_account(&self, subjects: &Subjects) -> Vec<Bucket> {
        if let Some(KnownDevice { account, nonce }) = self.device {
            let own = format!("{account}/{nonce:032x}");
            return vec![self.bucket(subjects, SIGN_IN_PER_DEVICE, &own)];
        }
        let networks = self.client.counted_networks();
        let with_account = networks.map(|(network, multiple)| {
            let limit = SIGN_IN_PER_ACCOUNT_AND_CLIENT.times(multiple);
            self.bucket(subjects, limit, &network.to_string())
        });
        with_account.chain([self.all_clients(subjects)]).collect()
    }

    /// What its networks count, whichever account is tried.
    fn of_networks(&self, subjects: &Subjects) -> Vec<Bucket> {
        match self.device {
            Some(_) => Vec::new(),
            None => subjects.of_networks(SIGN_IN_PER_CLIENT, self.client),
        }
    }

    fn all_clients(&self, subjects: &Subjects) -> Bucket {
        self.bucket(subjects, SIGN_IN_PER_ACCOUNT, "")
    }

    fn bucket(&self, subjects: &Subjects, limit: Limit, part: &str) -> Bucket {
        let (resets, email) = (self.resets.count, self.email.as_str());
        subjects.of(limit, &format!("{resets}/{part}/{email}"))
    }
}

impl Attempt {
    /// Refuses when there were too many failures.
    pub(crate) async fn begin(hallpass: &Hallpass, target: &Target) -> Result<Self, Error> {
        let subjects = hallpass.subjects();
        let mut attempt = Self {
            of_account: target.of_account(subjects),
            of_networks: target.of_networks(subjects),
            permit: None,
        };
        attempt.permit = attempt.enter(hallpass).await?;
        if let Verdict::Turn(bucket) = bucket::check(hallpass, &attempt.buckets()).await? {
            bucket.take_turn(hallpass).await?;
            // Counted already: it is neither asked nor counted again.
            let others = |one: &Bucket| one.subject != bucket.subject;
            attempt.of_account.retain(others);
        }
        Ok(attempt)
    }

    /// Waits at the gate no longer than for the hashing pool.
    async fn enter(&self, hallpass: &Hallpass) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let Some(own) = self.of_account.first() else {
            return Ok(None);
        };
        if !hallpass.settings().rate_limit {
            return Ok(None);
        }
        let patience = hallpass.settings().hash_queue.deadline;
        let entering = hallpass.gates().enter(&own.subject);
        let entered = tokio::time::timeout(patience, entering).await;
        entered.map_err(|_| Error::Overloaded {
            retry_after: patience,
        })
    }

    fn buckets(&self) -> Vec<Bucket> {
        [&self.of_account[..], &self.of_networks].concat()
    }

    /// The password was right: lets it pass unless a limit was reached meanwhile,
    /// and resets what the account counted of this client and of all clients.
    pub(crate) async fn succeed(self, hallpass: &Hallpass, target: &Target) -> Result<(), Error> {
        if !hallpass.settings().rate_limit {
            return Ok(());
        }
        let mut of_account = target.of_account(hallpass.subjects());
        if target.device.is_some() {
            of_account.push(target.all_clients(hallpass.subjects()));
        }
        let read = [&of_account[..], &self.of_networks].concat();
        let windows = Windows::read(hallpass, &read).await?;
        windows.check(&self.buckets())?;
        if windows.are_there(&of_account) {
            bucket::forget(hallpass, &of_account).await?;
        }
        Ok(())
    }

    /// The password was wrong: counts it, and refuses beyond a limit.
    ///
    /// In a task of its own: when the client hangs up, its request is dropped
    /// where it stands, and the guess would otherwise not be counted.
    pub(crate) async fn fail(self, hallpass: &Hallpass) -> Result<(), Error> {
        let counting = self.count(hallpass.clone()).in_current_span();
        tokio::spawn(counting).await.map_err(Error::internal)?
    }

    async fn count(self, hallpass: Hallpass) -> Result<(), Error> {
        let outcome = bucket::count(&hallpass, &self.buckets()).await?;
        drop(self.permit);
        outcome
    }
}
