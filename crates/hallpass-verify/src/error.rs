//! Why a token was refused, and why a verifier or a set of keys could not be built.

use thiserror::Error;

/// The rule that a token broke.
///
/// This is for logs, metrics and tests. **Show only one distinction to the
/// outside**, [`is_expired`](Refused::is_expired) or not: somebody whose token
/// has run out must know to sign in again, and whoever forges one must learn
/// nothing. Hallpass itself answers 401 with one of these two:
///
/// | | `code` | `detail` |
/// |---|---|---|
/// | expired | `token_expired` | `Token expired. Please sign in again.` |
/// | everything else | `invalid_token` | `Could not validate credentials` |
///
/// The variants stand in the order in which the rules are checked. What comes
/// after [`Signature`](Refused::Signature) is only ever said of a token that
/// was made with our key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// The token is longer than 8 KiB. Checked before anything is parsed.
    #[error("the token is longer than 8 KiB")]
    TooLong,
    /// The token is not three parts of strict base64url, or its header or its
    /// payload is not a JSON object in UTF-8, or a member that we read is
    /// there twice, or a member of the header is of another type than its RFC
    /// gives it.
    #[error("the token is malformed")]
    Malformed,
    /// `alg` is not an algorithm of keys of our kind, or not that of the key
    /// which `kid` names, or it is missing.
    #[error("the token has a foreign algorithm")]
    Algorithm,
    /// `typ` is not exactly `JWT`, or it is missing where it
    /// [must be there](crate::Builder::accept_missing_typ).
    #[error("the token has a foreign type")]
    Type,
    /// The header has a `crit` or a `b64`: an extension that we must
    /// understand or refuse, and there is none that we understand.
    #[error("the token asks for a critical extension")]
    Critical,
    /// The header has a `zip`.
    #[error("the token is compressed")]
    Compressed,
    /// The header has a `cty`: there is a further token inside, or something
    /// else that is no set of claims.
    #[error("the token holds something other than claims")]
    Nested,
    /// There are no public keys: none could be fetched so far, or the issuer
    /// publishes none, as Hallpass does while it signs with its secret. This says
    /// nothing about the token; answer 503 and never 401.
    #[error("the issuer has no keys for us, or they are not there yet")]
    KeysUnavailable,
    /// `kid` names no key of the set; or there is no `kid`, and not exactly one
    /// key of the set is for the algorithm.
    #[error("the token names no key of the set")]
    UnknownKey,
    /// No key of ours made the signature.
    #[error("the signature is wrong")]
    Signature,
    /// `sub`, `email`, `iat`, `exp` or `iss` is missing or of the wrong type,
    /// `sub` is empty, or a time is not a whole number of seconds from 0 up.
    #[error("the claims are incomplete or of the wrong type")]
    Claims,
    /// `iss` is another one.
    #[error("the token is from another issuer")]
    Issuer,
    /// The token is for another audience, or for one where none is expected,
    /// or for none where one is expected.
    #[error("the token is for another audience")]
    Audience,
    /// `iat` lies more than 5 seconds ahead.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `exp - iat` is more than the longest life allowed, or not above zero.
    #[error("the token lives too long")]
    LifeTooLong,
    /// `nbf` is there and has not come yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The token has run out, and is authentic and right in all else.
    #[error("the token has expired")]
    Expired,
}

impl Refused {
    /// Whether the token is authentic and right in all but its age: the one
    /// distinction that may be shown to the outside.
    #[must_use]
    pub const fn is_expired(self) -> bool {
        matches!(self, Self::Expired)
    }

    /// A name for logs and metrics that stays the same between versions.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Critical => "critical",
            Self::Compressed => "compressed",
            Self::Nested => "nested",
            Self::KeysUnavailable => "keys_unavailable",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::IssuedInFuture => "issued_in_future",
            Self::LifeTooLong => "life_too_long",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }
}

/// Why a [`Verifier`](crate::Verifier) could not be built.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// A shared secret is shorter than 32 bytes, the size of the hash
    /// (RFC 7518 section 3.2): it could be guessed.
    #[error("a shared secret must have at least 32 bytes")]
    SecretTooShort,
    /// A shared secret was added to public keys. A verifier has one kind of
    /// key, so that a token cannot choose how it is checked.
    #[error("a shared secret cannot be added to public keys")]
    SecretBesideKeySet,
    /// Tokens without `typ` are to be taken, and the key is a shared secret.
    /// With the same secret other things are signed, and their `typ` is what
    /// tells them apart.
    #[error("tokens that are signed with a shared secret must have a typ")]
    TypRequired,
    /// The address of the keys is no URL with the scheme https and a host, or
    /// has a user name or a password in it.
    #[error("the address of the keys must be an https URL, without a user name or password")]
    KeysUrl,
    /// The address of the keys has the scheme http and leads to another machine.
    #[error("keys are fetched by https, or from the same machine, or with `allow_plain_http`")]
    KeysUrlInsecure,
    /// Plain HTTP is allowed, and there are no keys to fetch.
    #[error("`allow_plain_http` is for keys that are fetched")]
    NothingToFetch,
    /// Keys are to be fetched, and `build` was called outside of a tokio
    /// runtime, which has to do it.
    #[error("keys can be fetched only within a tokio runtime")]
    NoRuntime,
    /// No HTTPS client could be set up; most often, the machine has no
    /// certificates of authorities.
    #[error(
        "no HTTPS client could be set up: has this machine the certificates of the authorities?"
    )]
    HttpClient,
    /// No issuer was named, or an empty one.
    #[error("the issuer must be named")]
    IssuerMissing,
    /// The audience is empty. Leave it out where tokens have none.
    #[error("the audience must not be empty; leave it out where tokens have none")]
    AudienceEmpty,
    /// The longest life allowed is under one second: no token could pass.
    #[error("the longest life of a token must be at least one second")]
    NoLife,
}

/// The rule that a set of public keys broke.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is larger than 64 KiB. Checked before anything is parsed.
    #[error("a key set must not be larger than 64 KiB")]
    TooLarge,
    /// There are more than 100 keys, of whatever kind.
    #[error("a key set must not have more than 100 keys")]
    TooManyKeys,
    /// The text is not one JSON object with a list `keys` of objects, each with
    /// a string `kty`; or a member that we read is there twice or of the wrong
    /// type (RFC 7517 sections 4 and 5).
    #[error(
        "a key set must be one JSON object with a list `keys` of keys, each member there once and of its type"
    )]
    Malformed,
    /// A key has the member `d`, or one of the factors of an RSA key (RFC 7518
    /// section 6, RFC 8037 section 2).
    /// Whoever can read the set can issue tokens.
    #[error("a key set must not hold a private key: whoever reads it could issue tokens")]
    PrivateKey,
    /// The `alg` of a key is not for its `kty` and `crv` (RFC 8725 section 3.1).
    #[error("the alg of a key must be one for its kty and crv")]
    Contradiction,
    /// The `x` or `y` of a key is missing, is no strict base64url of 32 bytes,
    /// or they are no point of the curve, or one of small order, under which
    /// anybody can sign (RFC 7518 section 6.2.1, RFC 8037 section 2).
    ///
    /// An `x` that is no point of Ed25519 is found when a signature is checked:
    /// none is ever right.
    #[error("the x and y of a key must be a point of its curve, each in 32 bytes of base64url")]
    Point,
    /// The `n` or `e` of an RSA key is missing, is no strict base64url, begins
    /// with a zero byte or is even; or `n` has fewer than 2048 or more than 8192
    /// bits, or `e` is not from 65537 to 2^33 (RFC 7518 sections 3.3 and 6.3.1,
    /// FIPS 186-5 section 5.4). Or a chip made the key whose keys can be
    /// factored (ROCA, CVE-2017-15361).
    #[error(
        "an RSA key must have an odd n of 2048 to 8192 bits and an odd e from 65537 to 2^33, both in base64url without leading zeros"
    )]
    RsaKey,
    /// Two of the keys that we would take have one `kid` (RFC 7517 section 4.5).
    #[error("two keys must not have the same kid")]
    DuplicateId,
    /// No key is for `EdDSA` with Ed25519, for ES256 or for RS256, and meant for
    /// verifying.
    #[error(
        "a key set must hold a key for EdDSA with Ed25519, for ES256 or for RS256 that verifies signatures"
    )]
    NoUsableKey,
}
