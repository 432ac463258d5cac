//! Verifies the short-lived tokens that [Hallpass] issues: strictly, in about
//! two microseconds, asking nobody.
//!
//! This is what a service adds that takes requests from people who signed in
//! at Hallpass, or at a Better Auth server with its JWT plugin. A [`Verifier`] is
//! built once and cheap to clone. Without features there is no I/O and no
//! runtime.
//!
//! ```
//! use hallpass_verify::Verifier;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "the same 32 bytes or more as the issuer has";
//! let verifier = Verifier::shared_secret(secret) // BETTER_AUTH_SECRET of the issuer
//!     .issuer("https://auth.example.com") // its public URL: scheme, host, port; no slash at the end
//!     .build()?;
//!
//! # let token = "";
//! match verifier.verify(token) {
//!     Ok(claims) => println!("this is {}", claims.sub),
//!     Err(refused) if refused.is_expired() => println!("401: sign in again"),
//!     Err(_) => println!("401: could not validate credentials"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Which keys
//!
//! | | for | I/O |
//! |---|---|---|
//! | [`Verifier::shared_secret`] | HS256 | none |
//! | [`Verifier::key_set`] | `EdDSA` with Ed25519, ES256 and RS256, with public keys that you have | none |
//! | `Verifier::jwks`, feature `jwks` | the same, with public keys that are fetched from a URL | one small GET in minutes, in the background |
//!
//! Whoever has the secret can issue tokens. Give it to services that you trust
//! that far, and public keys to all others.
//!
//! The feature `axum` brings [`CurrentUser`] as an extractor and the layer
//! `RequireUser`; see the module `axum`.
//!
//! # What you get
//!
//! [`Claims`] of a token that was made with a key of yours, for you, and that is
//! valid now; or a [`Refused`]. There is no way to read a token without
//! verifying it. Every query that follows should be limited to `claims.sub`.
//!
//! Put a [`Refused::code`] into the log and show to the outside only
//! [`Refused::is_expired`] or not; see [`Refused`] for the two texts.
//!
//! A token stays valid until it expires, whatever becomes of the user: that is
//! the price of asking nobody, and why tokens live for an hour.
//!
//! # Tests with a clock by hand
//!
//! [`Verifier::verify_at`] takes the time as an argument:
//!
//! ```
//! use hallpass_verify::{Refused, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::shared_secret("an example secret, 32 bytes or more")
//!     .issuer("https://auth.example.com")
//!     .build()?;
//! // Issued at 1 800 000 000 for one hour.
//! let token = "\
//!     eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwYTZmNC03YzNlLTdkMDA\
//!     tOGEwMC0wMDAwMDAwMDAwMDEiLCJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsImlhdCI6MTg\
//!     wMDAwMDAwMCwiZXhwIjoxODAwMDAzNjAwLCJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5\
//!     jb20ifQ.sFEvDJP4oyes1x4YxvC4khhyS2qOADQk4VG4YsEfK3E";
//!
//! let claims = verifier.verify_at(token, 1_800_003_599)?;
//! assert_eq!(claims.email, "ada@example.com");
//! assert_eq!(verifier.verify_at(token, 1_800_003_600), Err(Refused::Expired));
//! # Ok(())
//! # }
//! ```
//!
//! # The rules
//!
//! In this order; each refusal has its variant of [`Refused`]. The right-hand
//! column names the source; V… are requirements of OWASP ASVS 5.0.
//!
//! | rule | source |
//! |---|---|
//! | at most 8 KiB, before any parsing | denial of service |
//! | exactly three parts, each base64url without padding, white space or left-over bits: one spelling for one token | RFC 7515 §2, §5.2, §7.1; RFC 4648 §3.2, §3.5 |
//! | the header is one JSON object in UTF-8, with no member twice that we read | RFC 7515 §4; RFC 8725 §3.7 |
//! | with keys that are fetched: the set that came last is not empty | |
//! | `alg` is one of our kind of key: `HS256` with a secret; `EdDSA`, `Ed25519`, `ES256` or `RS256` with public keys; never `none` | RFC 8725 §3.1, §3.2; V9.1.1, V9.1.2 |
//! | `typ` is there and exactly `JWT`; it may be missing only where [`accept_missing_typ`](Builder::accept_missing_typ) says so | RFC 8725 §3.11; V9.2.2 |
//! | no `crit`, no `b64`, whatever they hold | RFC 7515 §4.1.11; RFC 7797 §6 |
//! | no `zip` | RFC 8725 §3.6 |
//! | no `cty`: no token within a token | RFC 7519 §5.2; RFC 8725 §3.3 |
//! | `kid`, `jku`, `x5u`, `x5t`, `x5t#S256` are strings, `x5c` is an array of strings, `jwk` an object, where they are there | RFC 7515 §4.1.2 to §4.1.8 |
//! | apart from that `jku`, `jwk`, `x5u`, `x5c` are ignored, and with a secret `kid` too: keys come from your configuration only | RFC 8725 §3.10; V9.1.3 |
//! | with keys that are fetched: some set has come, and it has a key | |
//! | with public keys: `kid` is the name of one, byte for byte, and `alg` is that key's; without a `kid` exactly one key is for `alg` | RFC 7515 §4.1.4; RFC 8725 §3.1, §3.10; V9.1.2 |
//! | a secret of 32 bytes or more, when the verifier is built | RFC 7518 §3.2; RFC 8725 §3.5; V11.2.3 |
//! | a set of public keys without a broken, private, ambiguous or too small key, when it is parsed: [`KeySet::parse`] | RFC 7517 §4, §5; RFC 7518 §3.3; RFC 8725 §3.1, §3.4 |
//! | the whole signature, compared in constant time where it is a secret's | RFC 7515 §5.2; RFC 7518 §3.2; V9.1.1, V11.2.4 |
//! | the payload is one JSON object in UTF-8, with no claim twice that we read; not looked at before the signature is right | RFC 7519 §4, §7.2 |
//! | `sub`, `email`, `iss` are strings, `sub` not empty; `iat`, `exp` and, where it is there, `nbf` are whole seconds from 0 up | RFC 7519 §4.1; V9.2.1 |
//! | `iss` is the issuer, byte for byte | RFC 8725 §3.8 |
//! | `aud` is or contains the audience, byte for byte; without an audience no `aud` at all | RFC 8725 §3.9; V9.2.3 |
//! | `iat` at most 5 seconds ahead | RFC 7519 §4.1.6 |
//! | `exp - iat` above zero and at most the longest life | V9.2.1 |
//! | not before `nbf`, where it is there | RFC 7519 §4.1.5; V9.2.1 |
//! | before `exp`; last, so that "expired" is said of authentic tokens only | RFC 7519 §4.1.4; V9.2.1 |
//!
//! Other claims and other members of the header are ignored.
//!
//! [Hallpass]: https://crates.io/crates/hallpass

#[cfg(feature = "axum")]
pub mod axum;
mod builder;
mod claims;
mod clock;
mod error;
#[cfg(any(feature = "axum", feature = "jwks"))]
mod hints;
#[cfg(feature = "jwks")]
mod jwks;
mod key_set;
mod keys;
mod public_key;
mod rsa;
mod strict;
mod user;
#[cfg(test)]
mod vectors;

use std::sync::Arc;

pub use builder::Builder;
pub use claims::Claims;
pub use error::{ConfigError, KeySetError, Refused};
pub use key_set::KeySet;
pub use user::CurrentUser;

use builder::Origin;
use claims::Rules;
use keys::Keys;
use strict::{Parts, Typ};

/// Verifies tokens. Build one at the start and clone it to where it is needed:
/// a clone shares everything.
///
/// `Debug` shows the settings and never a secret.
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Keys,
    typ: Typ,
    rules: Rules,
    #[cfg(any(feature = "axum", feature = "jwks"))]
    hints: hints::Hints,
}

impl Inner {
    fn judge(&self, token: &str, now_unix_seconds: i64) -> Result<Claims, Refused> {
        let Self {
            keys, typ, rules, ..
        } = self;
        let parts = Parts::of(token)?;
        let chosen = parts.choose(keys, *typ)?;
        parts.check_signature(&chosen)?;
        rules.admit(&parts.payload()?, now_unix_seconds)
    }
}

impl Verifier {
    /// Starts a verifier for tokens that are signed with HS256 and this
    /// secret, the issuer's `BETTER_AUTH_SECRET`. Its bytes are used as they
    /// are; nothing is decoded or trimmed.
    ///
    /// Whoever has the secret can issue tokens, not only verify them.
    pub fn shared_secret(secret: impl AsRef<[u8]>) -> Builder {
        Builder::new(Origin::shared(secret.as_ref()))
    }

    /// Starts a verifier for tokens that are signed with one of these public
    /// keys: `EdDSA` with Ed25519, ES256 or RS256.
    ///
    /// Whoever has the set can verify tokens and issue none.
    pub fn key_set(keys: KeySet) -> Builder {
        Builder::new(Ok(Origin::Set(keys)))
    }

    /// Starts a verifier for tokens that are signed with a public key of the
    /// set at this URL, which is fetched and kept up to date in the background.
    ///
    /// ```no_run
    /// use hallpass_verify::Verifier;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Verifier::jwks("https://app.example.com/api/auth/jwks")
    ///     .issuer("https://app.example.com")
    ///     .audience("https://app.example.com")
    ///     .accept_missing_typ() // a Better Auth server writes none
    ///     .build()?;
    ///
    /// # let token = "";
    /// let user = verifier.current_user_fresh(token).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `build` does not wait for the first set; it needs a tokio runtime, which
    /// must live as long as the verifier. The task ends with the last clone.
    ///
    /// | | |
    /// |---|---|
    /// | fetched | at the start; then after `max-age` of `Cache-Control`, at least a minute and at most an hour, five minutes where nothing is said; and when a token names a key that is not in the set, at most once a minute for all such tokens |
    /// | by | https, or plain HTTP on the same machine ([`allow_plain_http`](Builder::allow_plain_http) elsewhere), with the authorities that the machine trusts; no redirect is followed; whole within 5 seconds |
    /// | taken | status 200 and a set that [`KeySet::parse`] takes, at most 64 KiB |
    /// | anything else | is logged by `tracing` and tried again after 1, 2, 4 … 60 seconds; the last good set stays in use, for as long as that takes |
    /// | no set so far, or one without keys | [`Refused::KeysUnavailable`]: a 503, never a 401; the log says once what to set |
    /// | a token of another issuer, or by a secret | is refused, and the log says once what to set |
    ///
    /// What a token says of where its key is (`jku`, `x5u`) is never followed.
    #[cfg(feature = "jwks")]
    pub fn jwks(url: impl Into<String>) -> Builder {
        Builder::new(Ok(Origin::Fetched(jwks::Address {
            text: url.into(),
            plain_http: false,
        })))
    }

    /// The claims of this token, if it is authentic, for us, and valid now.
    ///
    /// The token is the bare one, without the word `Bearer`.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks.
    pub fn verify(&self, token: &str) -> Result<Claims, Refused> {
        self.verify_at(token, clock::unix_seconds())
    }

    /// As [`verify`](Verifier::verify), for a proof that it was verified: what
    /// opens the rows of a user asks for that.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks.
    pub fn current_user(&self, token: &str) -> Result<CurrentUser, Refused> {
        self.verify(token).map(CurrentUser::new)
    }

    /// As [`current_user`](Verifier::current_user), at a given time in seconds
    /// since 1970.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks.
    pub fn current_user_at(
        &self,
        token: &str,
        now_unix_seconds: i64,
    ) -> Result<CurrentUser, Refused> {
        self.verify_at(token, now_unix_seconds)
            .map(CurrentUser::new)
    }

    /// As [`verify`](Verifier::verify), at a given time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks.
    pub fn verify_at(&self, token: &str, now_unix_seconds: i64) -> Result<Claims, Refused> {
        let verdict = self.0.judge(token, now_unix_seconds);
        #[cfg(feature = "jwks")]
        if let (Err(refused), Keys::Fetched(source)) = (&verdict, &self.0.keys)
            && source.keys().is_some()
        {
            self.0.hints.give_for_keys(*refused, &self.0.rules.issuer);
        }
        verdict
    }

    /// Tells the operator once what settings may be the reason, where the shared
    /// secret verifies.
    #[cfg(feature = "axum")]
    pub(crate) fn hint_for_secret(&self, refused: Refused) {
        if let Keys::Shared(_) = self.0.keys {
            self.0.hints.give_for_secret(refused, &self.0.rules.issuer);
        }
    }

    /// As [`verify`](Verifier::verify), and where keys are fetched: waits for
    /// the first set, and when the token names a key that is not there yet, for
    /// the newest one. Waits at most 6 seconds, and once; outside of a tokio
    /// runtime it does not wait.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks; [`Refused::KeysUnavailable`] when no
    /// set of keys came.
    #[cfg(feature = "jwks")]
    pub async fn verify_fresh(&self, token: &str) -> Result<Claims, Refused> {
        let Keys::Fetched(source) = &self.0.keys else {
            return self.verify(token);
        };
        let before = source.generation();
        let first = self.verify(token);
        let may_change = match first {
            Err(Refused::UnknownKey | Refused::KeysUnavailable) => true,
            // The first set may be an empty one.
            Err(Refused::Algorithm) => before == 0,
            _ => false,
        };
        if !may_change {
            return first;
        }
        source.settled().await;
        if source.generation() == before {
            return first;
        }
        self.verify(token)
    }

    /// As [`verify_fresh`](Verifier::verify_fresh), for a proof that the token
    /// was verified.
    ///
    /// # Errors
    ///
    /// As [`verify_fresh`](Verifier::verify_fresh).
    #[cfg(feature = "jwks")]
    pub async fn current_user_fresh(&self, token: &str) -> Result<CurrentUser, Refused> {
        self.verify_fresh(token).await.map(CurrentUser::new)
    }
}

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
