//! What it costs to verify a password for an address that has no usable hash.
//!
//! Stored hashes may cost more or less than the policy's: imported ones, and
//! those of before the policy changed. If unknown addresses always cost what the
//! policy does, the time of a refusal would show which addresses have accounts
//! with other hashes (ASVS 5.0, 6.3.8). So an address without a usable hash
//! costs what some account's hash does: each cost is drawn as often as the
//! accounts have it, and always the same for the same address.
//!
//! The shares are counted in the background, in pieces, at first use and then
//! once an hour while sign-ins come. Until the first piece is read, a
//! sign-in waits for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tracing::Instrument;

use super::hash::HashCost;
use super::store;
use crate::clock::Timestamp;
use crate::db::StoreError;
use crate::email::EmailKey;
use crate::hallpass::Hallpass;
use crate::secret::{PasswordHash, PurposeKey};
use crate::settings::Settings;
use crate::user::UserId;

/// For how long shares are used before they are counted anew.
const FRESH: Duration = Duration::from_hours(1);

/// The costs of the accounts' hashes, as this server knows them.
pub(crate) struct Costs {
    key: PurposeKey,
    usual: HashCost,
    /// `None` before the first piece was read.
    shares: watch::Sender<Option<Shares>>,
    is_counting: AtomicBool,
}

/// How many accounts have each cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shares {
    accounts: BTreeMap<HashCost, u64>,
    /// When they are to be counted anew.
    stale_from: Option<Timestamp>,
}

impl Costs {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            key: PurposeKey::derive(&settings.signing_secret, "hallpass/password-cost/1"),
            usual: HashCost::of(settings.password_hash),
            shares: watch::Sender::new(None),
            is_counting: AtomicBool::new(false),
        }
    }

    /// The cost of this address, unless its account has a usable hash.
    pub(super) async fn of(hallpass: &Hallpass, email: &EmailKey) -> HashCost {
        let costs = hallpass.costs();
        let mut shares = costs.shares.subscribe();
        if costs.are_stale(hallpass.now()) {
            costs.count_in_background(hallpass);
        }
        let known = shares.wait_for(Option::is_some).await;
        let drawn = known.ok().and_then(|shares| {
            let digest = costs.key.digest(email.as_str());
            shares.as_ref()?.draw(&digest)
        });
        drawn.unwrap_or(costs.usual)
    }

    fn are_stale(&self, now: Timestamp) -> bool {
        let shares = self.shares.borrow();
        let stale_from = shares.as_ref().and_then(|shares| shares.stale_from);
        // Also when the clock was ahead and was corrected.
        stale_from.is_none_or(|from| from <= now || from > now.plus(FRESH))
    }

    fn count_in_background(&self, hallpass: &Hallpass) {
        if self.is_counting.swap(true, Ordering::AcqRel) {
            return;
        }
        let hallpass = hallpass.clone();
        let counting = async move {
            let costs = hallpass.costs();
            if let Err(error) = costs.count(&hallpass).await {
                tracing::warn!(%error, "the costs of the password hashes could not be counted");
                // What is known is used on, and the next sign-in tries again.
                costs.publish_first(&Shares::default());
            }
            costs.is_counting.store(false, Ordering::Release);
        };
        tokio::spawn(counting.in_current_span());
    }

    async fn count(&self, hallpass: &Hallpass) -> Result<(), StoreError> {
        let mut counted = Shares::default();
        let mut after = UserId::BEFORE_ALL;
        loop {
            let piece = store::hashes(hallpass.db(), after).await?;
            let is_last = piece.len() < store::PIECE;
            after = piece.last().map_or(after, |row| row.id);
            for hash in piece.into_iter().filter_map(store::HashRow::password_hash) {
                counted.add(&hash);
            }
            if is_last {
                break;
            }
            self.publish_first(&counted);
        }
        counted.stale_from = Some(hallpass.now().plus(FRESH));
        self.shares.send_replace(Some(counted));
        Ok(())
    }

    /// Until there is more, a sign-in makes do with the first piece.
    fn publish_first(&self, counted: &Shares) {
        self.shares.send_if_modified(|shares| {
            let is_first = shares.is_none();
            if is_first {
                *shares = Some(counted.clone());
            }
            is_first
        });
    }
}

impl Shares {
    fn add(&mut self, hash: &PasswordHash) {
        if let Some(cost) = HashCost::of_stored(hash) {
            let accounts = self.accounts.entry(cost).or_default();
            *accounts = accounts.saturating_add(1);
        }
    }

    /// One of the costs, each for as large a part of all digests as of the
    /// accounts; `None` without accounts.
    fn draw(&self, digest: &[u8]) -> Option<HashCost> {
        let total: u128 = self.accounts.values().copied().map(u128::from).sum();
        let (first, _) = digest.split_first_chunk::<8>()?;
        // The digest's part of the way from none of the accounts to all.
        let mut at = (u128::from(u64::from_be_bytes(*first)) * total) >> 64;
        let mut accounts = self.accounts.iter();
        let drawn = accounts.find(|(_, share)| match at.checked_sub(u128::from(**share)) {
            Some(rest) => {
                at = rest;
                false
            }
            None => true,
        });
        drawn.map(|(cost, _)| *cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SigningSecret;

    fn shares(accounts: &[(u32, u64)]) -> Shares {
        let cost = |(cost, accounts): &(u32, u64)| (HashCost::Bcrypt { cost: *cost }, *accounts);
        Shares {
            accounts: accounts.iter().map(cost).collect(),
            stale_from: None,
        }
    }

    fn drawn(shares: &Shares, address: &str) -> Option<HashCost> {
        let secret = SigningSecret::new(&"a secret of 32 bytes or more, for tests".into()).unwrap();
        let key = PurposeKey::derive(&secret, "hallpass/password-cost/1");
        shares.draw(&key.digest(address))
    }

    #[test]
    fn costs_are_drawn_in_their_shares() {
        let shares = shares(&[(4, 700), (10, 250), (12, 50)]);
        let mut counts = BTreeMap::<_, u32>::new();
        for at in 0..10_000 {
            let cost = drawn(&shares, &format!("a{at}@example.com")).unwrap();
            *counts.entry(cost).or_default() += 1;
        }
        let counts: Vec<_> = counts.into_values().collect();
        for (count, expected) in counts.iter().zip([7_000_u32, 2_500, 500]) {
            assert!(count.abs_diff(expected) < expected / 10, "{counts:?}");
        }
    }

    #[test]
    fn same_address_draws_the_same_cost() {
        let (one, doubled) = (shares(&[(4, 7), (12, 3)]), shares(&[(4, 14), (12, 6)]));
        for at in 0..1_000 {
            let address = format!("a{at}@example.com");
            assert_eq!(drawn(&one, &address), drawn(&doubled, &address));
        }
    }

    #[test]
    fn no_accounts_draw_nothing() {
        assert_eq!(drawn(&shares(&[]), "a@example.com"), None);
        assert_eq!(drawn(&shares(&[(4, 0)]), "a@example.com"), None);
    }

    #[test]
    fn lowest_and_highest_digests_draw_a_cost() {
        let shares = shares(&[(4, 1 << 40), (12, 1)]);
        let cost = |cost| Some(HashCost::Bcrypt { cost });
        assert_eq!(shares.draw(&[0; 32]), cost(4));
        assert_eq!(shares.draw(&[0xff; 32]), cost(12));
    }
}
