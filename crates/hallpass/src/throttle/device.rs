//! Known devices: browsers that have signed in to an account before.
//!
//! A browser keeps one cookie with an entry for each account that was used in
//! it. An entry does not name its account: it is compared with the account that
//! a sign-in is tried at, so the cookie does not tell which people use a browser.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::Client;
use crate::clock::Timestamp;
use crate::secret::{PurposeKey, RandomnessUnavailable, random_bytes};
use crate::settings::Settings;
use crate::user::UserId;

/// For how long a device is known after its last sign-in.
pub(crate) const DEVICE_LIFE: Duration = Duration::from_hours(180 * 24);

/// How many accounts a browser is known for: a family shares a computer. The
/// one that was used least recently gives way.
const MOST_ACCOUNTS: usize = 8;

/// The clock of the server that issued an entry may be ahead of ours, as with
/// tokens.
const MAX_SKEW: Duration = Duration::from_secs(5);

const NONCE: usize = 16;
const TIME: usize = 8;
const TAG: usize = 32;

/// The keys that sign and verify entries: the newest signs, each verifies.
pub(crate) struct DeviceKeys {
    newest: PurposeKey,
    previous: Vec<PurposeKey>,
}

impl DeviceKeys {
    pub(crate) fn new(settings: &Settings) -> Self {
        let derive = |secret| PurposeKey::derive(secret, "hallpass/device/1");
        Self {
            newest: derive(&settings.signing_secret),
            previous: settings.previous_secrets.iter().map(derive).collect(),
        }
    }

    fn verify(&self, text: &str, tag: &[u8]) -> bool {
        let mut keys = std::iter::once(&self.newest).chain(&self.previous);
        keys.any(|key| key.is_digest_of(text, tag))
    }
}

/// A request's client, and what its browser keeps.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) devices: Devices,
}

/// A client that keeps no cookies, or sent none.
impl From<Client> for Caller {
    fn from(client: Client) -> Self {
        Self {
            client,
            devices: Devices::default(),
        }
    }
}

/// A device that is known for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownDevice {
    pub(crate) account: UserId,
    /// Stays the same for as long as the browser keeps its cookie.
    pub(crate) nonce: u128,
}

/// The account that an entry is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceOwner {
    pub(crate) account: UserId,
    /// Entries of before are forgotten.
    pub(crate) devices_after: Option<Timestamp>,
}

/// What the cookie holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices(Vec<Entry>);

/// That this browser has signed in to an account, for this account alone.
#[derive(Clone, Debug)]
struct Entry {
    nonce: u128,
    issued_at: Timestamp,
    tag: [u8; TAG],
}

impl Devices {
    /// Reads a cookie. What is no entry is passed over.
    pub(crate) fn parse(cookie: &[u8]) -> Self {
        let entries = cookie.split(|byte| *byte == b'.').filter_map(Entry::parse);
        Self(entries.take(MOST_ACCOUNTS).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the cookie.
    pub(crate) fn render(&self) -> String {
        let entries: Vec<_> = self.0.iter().map(Entry::render).collect();
        entries.join(".")
    }

    /// The device, if it is known for this account.
    pub(crate) fn known(
        &self,
        keys: &DeviceKeys,
        owner: DeviceOwner,
        now: Timestamp,
    ) -> Option<KnownDevice> {
        let DeviceOwner {
            account,
            devices_after,
        } = owner;
        let mut entries = self.0.iter().filter(|entry| entry.is_alive(now));
        let entry = entries.find(|entry| {
            devices_after.is_none_or(|after| entry.issued_at >= after)
                && entry.is_for(keys, account)
        })?;
        Some(KnownDevice {
            account,
            nonce: entry.nonce,
        })
    }

    /// The same browser after a sign-in to this account. A device that was known
    /// keeps its nonce, so that signing in often makes no further devices.
    pub(crate) fn with(
        &self,
        keys: &DeviceKeys,
        account: UserId,
        now: Timestamp,
    ) -> Result<Self, RandomnessUnavailable> {
        let (own, others): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .filter(|entry| entry.is_alive(now))
            .partition(|entry| entry.is_for(keys, account));
        let nonce = match own.first() {
            Some(entry) => entry.nonce,
            None => u128::from_be_bytes(random_bytes::<NONCE>()?),
        };
        let fresh = Entry::sign(keys, account, nonce, now);
        let others = others.into_iter().cloned();
        let entries = std::iter::once(fresh).chain(others).take(MOST_ACCOUNTS);
        Ok(Self(entries.collect()))
    }
}

impl Entry {
    fn sign(keys: &DeviceKeys, account: UserId, nonce: u128, now: Timestamp) -> Self {
        let digest = keys.newest.digest(&signed(account, nonce, now));
        let mut tag = [0; TAG];
        for (to, from) in tag.iter_mut().zip(digest) {
            *to = from;
        }
        Self {
            nonce,
            issued_at: now,
            tag,
        }
    }

    fn is_for(&self, keys: &DeviceKeys, account: UserId) -> bool {
        keys.verify(&signed(account, self.nonce, self.issued_at), &self.tag)
    }

    fn is_alive(&self, now: Timestamp) -> bool {
        now < self.issued_at.plus(DEVICE_LIFE) && self.issued_at <= now.plus(MAX_SKEW)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE>()?;
        let (micros, tag) = rest.split_first_chunk::<TIME>()?;
        Some(Self {
            nonce: u128::from_be_bytes(*nonce),
            issued_at: Timestamp::from_unix_micros(i64::from_be_bytes(*micros)),
            tag: tag.try_into().ok()?,
        })
    }

    fn render(&self) -> String {
        let micros = self.issued_at.unix_micros().to_be_bytes();
        let bytes = [&self.nonce.to_be_bytes()[..], &micros, &self.tag].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What an entry's tag is made of.
fn signed(account: UserId, nonce: u128, issued_at: Timestamp) -> String {
    format!("{account}/{nonce:032x}/{}", issued_at.unix_micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DatabaseUrl;
    use crate::secret::SigningSecret;
    use crate::settings::PublicUrl;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
    const OLD: &str = "an old secret of 32 bytes or more, for tests";
    const NEW: &str = "a new secret of 32 bytes or more, for tests";

    fn keys(secret: &str, previous: &[&str]) -> DeviceKeys {
        let parse = |text: &str| SigningSecret::new(&text.into()).unwrap();
        let url = PublicUrl::parse("http://localhost:8000").unwrap();
        let mut settings = Settings::new(url, parse(secret), DatabaseUrl::sqlite_file("x"));
        settings.previous_secrets = previous.iter().copied().map(parse).collect();
        DeviceKeys::new(&settings)
    }

    fn account() -> UserId {
        UserId::generate(NOW).unwrap()
    }

    fn known(devices: &Devices, keys: &DeviceKeys, account: UserId, now: Timestamp) -> bool {
        let owner = DeviceOwner {
            account,
            devices_after: None,
        };
        devices.known(keys, owner, now).is_some()
    }

    fn issued(keys: &DeviceKeys, account: UserId) -> Devices {
        let devices = Devices::default().with(keys, account, NOW).unwrap();
        Devices::parse(devices.render().as_bytes())
    }

    #[test]
    fn device_is_known_for_its_account_alone() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let devices = issued(&keys, ann);
        assert!(known(&devices, &keys, ann, NOW));
        assert!(!known(&devices, &keys, account(), NOW));
    }

    #[test]
    fn device_is_known_for_180_days() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let devices = issued(&keys, ann);
        let end = NOW.plus(Duration::from_hours(180 * 24));
        let moment = Duration::from_micros(1);
        assert!(known(&devices, &keys, ann, end.minus(moment)));
        assert!(!known(&devices, &keys, ann, end));
        assert!(known(&devices, &keys, ann, NOW.minus(MAX_SKEW)));
        assert!(!known(&devices, &keys, ann, NOW.minus(MAX_SKEW + moment)));
    }

    #[test]
    fn changed_bit_makes_device_unknown() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let cookie = issued(&keys, ann).render();
        let bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let cookie = URL_SAFE_NO_PAD.encode(changed);
            let devices = Devices::parse(cookie.as_bytes());
            assert!(!known(&devices, &keys, ann, NOW), "bit {at}");
        }
    }

    #[test]
    fn malformed_entries_are_passed_over() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let good = issued(&keys, ann).render();
        let shorter = good.strip_suffix(|_: char| true).unwrap();
        for bad in [
            "",
            ".",
            "..",
            "x",
            "=",
            "\u{e4}",
            shorter,
            &format!("{good}A"),
            &format!("{good}="),
        ] {
            assert!(Devices::parse(bad.as_bytes()).is_empty(), "{bad}");
            for both in [format!("{bad}.{good}"), format!("{good}.{bad}")] {
                let devices = Devices::parse(both.as_bytes());
                assert!(known(&devices, &keys, ann, NOW), "{both}");
            }
        }
    }

    #[test]
    fn several_accounts_share_one_browser() {
        let keys = keys(NEW, &[]);
        let family: Vec<_> = (0..=MOST_ACCOUNTS).map(|_| account()).collect();
        let devices = family.iter().fold(Devices::default(), |devices, account| {
            devices.with(&keys, *account, NOW).unwrap()
        });
        let cookie = devices.render();
        assert!(cookie.len() < 640, "{}", cookie.len());
        let devices = Devices::parse(cookie.as_bytes());
        assert!(
            !known(&devices, &keys, family[0], NOW),
            "the first gave way"
        );
        for account in &family[1..] {
            assert!(known(&devices, &keys, *account, NOW));
        }
    }

    #[test]
    fn known_device_keeps_its_nonce() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let first = issued(&keys, ann);
        let later = NOW.plus(Duration::from_hours(1));
        let again = first.with(&keys, ann, later).unwrap();
        assert_eq!(again.0.len(), 1);
        assert_eq!(again.0[0].nonce, first.0[0].nonce);
        assert_eq!(again.0[0].issued_at, later);
        assert_ne!(issued(&keys, ann).0[0].nonce, first.0[0].nonce);
    }

    #[test]
    fn previous_secret_verifies_and_newest_signs() {
        let ann = account();
        let (old, both, new) = (keys(OLD, &[]), keys(NEW, &[OLD]), keys(NEW, &[]));
        let devices = issued(&old, ann);
        assert!(known(&devices, &both, ann, NOW));
        assert!(!known(&devices, &new, ann, NOW));
        let again = devices.with(&both, ann, NOW).unwrap();
        assert!(known(&again, &new, ann, NOW));
        assert!(!known(&again, &old, ann, NOW));
        assert_eq!(again.0.len(), 1, "one entry for each account");
    }

    #[test]
    fn new_password_forgets_devices_of_before() {
        let (keys, ann) = (keys(NEW, &[]), account());
        let devices = issued(&keys, ann);
        let known_after = |after| {
            let owner = DeviceOwner {
                account: ann,
                devices_after: Some(after),
            };
            devices.known(&keys, owner, NOW).is_some()
        };
        assert!(known_after(NOW));
        assert!(!known_after(NOW.plus(Duration::from_micros(1))));
    }
}
