//! The form of a token: its three parts, its header, and JSON that means one
//! thing only.

use std::borrow::Cow;

use base64::Engine as _;
// No padding and no left-over bits: each value has exactly one spelling.
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::Refused;
use crate::keys::{Chosen, Keys};

/// Far above what Hallpass issues, below the header limit of usual servers.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The longest signature that we take: RS256 with a key of 8192 bits.
const MAX_SIGNATURE_BYTES: usize = 1024;

/// A token in compact form, cut at its two dots and not yet decoded.
pub(crate) struct Parts<'a> {
    /// Header and payload with the dot between them: what the signature is over.
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(token: &'a str) -> Result<Self, Refused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused::Malformed)?;
        // Five parts are an encrypted token (RFC 7516), any other number is nothing.
        if payload.contains('.') {
            return Err(Refused::Malformed);
        }
        Ok(Self {
            signed,
            header,
            payload,
            signature,
        })
    }

    /// The keys that this token may be signed with, if its header is right.
    pub(crate) fn choose<'k>(&self, keys: &'k Keys, typ: Typ) -> Result<Chosen<'k>, Refused> {
        let bytes = decode(self.header)?;
        let header: Header<'_> = object(&bytes)?;
        header.check_types()?;
        header.check(keys, typ)?;
        keys.choose(&header)
    }

    pub(crate) fn check_signature(&self, keys: &Chosen<'_>) -> Result<(), Refused> {
        let mut buffer = [0; MAX_SIGNATURE_BYTES];
        let length = URL_SAFE_NO_PAD
            .decode_slice(self.signature, &mut buffer)
            .map_err(|e| match e {
                base64::DecodeSliceError::DecodeError(_) => Refused::Malformed,
                base64::DecodeSliceError::OutputSliceTooSmall => Refused::Signature,
            })?;
        let signature = buffer.get(..length).ok_or(Refused::Signature)?;
        keys.verify(self.signed.as_bytes(), signature)
    }

    /// The payload as bytes. Not to be looked at before the signature is right.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, Refused> {
        decode(self.payload)
    }
}

/// Whether a token must say that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// RFC 8725 section 3.11: `JWT`, as Hallpass writes it.
    Required,
    /// `JWT` or nothing at all.
    MayBeMissing,
}

/// The members of the header that RFC 7515 section 4.1 and RFC 7519 section 5
/// register. Each that is there has the type that they give it, or the token is
/// malformed. `jku`, `jwk` and the `x5` ones are data beyond that: keys come from
/// our configuration and never from a token.
#[derive(Deserialize)]
#[expect(dead_code, reason = "of some members only the type is checked")]
pub(crate) struct Header<'a> {
    // Absent is empty, which is no algorithm.
    #[serde(borrow, default)]
    alg: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    typ: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    kid: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    jku: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    jwk: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    x5u: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    x5c: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, deserialize_with = "present")]
    x5t: Option<Text<'a>>,
    #[serde(borrow, default, rename = "x5t#S256", deserialize_with = "present")]
    x5t_sha256: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    zip: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    cty: Option<IgnoredAny>,
}

/// A string that is copied only where it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Header<'_> {
    pub(crate) fn alg(&self) -> &str {
        &self.alg
    }

    /// The name of the key.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(|Text(kid)| kid.as_ref())
    }

    /// What serde did not check: a `jwk` is an object (RFC 7515 section 4.1.3).
    fn check_types(&self) -> Result<(), Refused> {
        match self.jwk {
            Some(jwk) if !jwk.get().starts_with('{') => Err(Refused::Malformed),
            _ => Ok(()),
        }
    }

    fn check(&self, keys: &Keys, typ: Typ) -> Result<(), Refused> {
        keys.accept_algorithm(&self.alg)?;
        let is_right = match &self.typ {
            Some(Text(theirs)) => theirs == "JWT",
            None => typ == Typ::MayBeMissing,
        };
        if !is_right {
            return Err(Refused::Type);
        }
        if self.crit.is_some() || self.b64.is_some() {
            return Err(Refused::Critical);
        }
        if self.zip.is_some() {
            return Err(Refused::Compressed);
        }
        if self.cty.is_some() {
            return Err(Refused::Nested);
        }
        Ok(())
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed)
}

/// Reads one JSON object and nothing before or after it.
///
/// Duplicates of the members of `T` are refused by what serde derives.
pub(crate) fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Refused> {
    // serde_json checks only the strings that it keeps; RFC 7519 section 7.2
    // wants all of it in UTF-8.
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::Malformed)?;
    // serde reads a struct from an array too, member by member.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Refused::Malformed);
    }
    serde_json::from_str(text).map_err(|_| Refused::Malformed)
}

/// For a member whose mere presence matters: serde reads `null` as if the
/// member were absent, and so would let a `"crit": null` pass.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
