//! Why a token was refused, and why a verifier could not be built.

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
    /// there twice.
    #[error("the token is malformed")]
    Malformed,
    /// `alg` is not the algorithm that belongs to our key, or it is missing.
    #[error("the token has a foreign algorithm")]
    Algorithm,
    /// `typ` is not exactly `JWT`, or it is missing.
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
