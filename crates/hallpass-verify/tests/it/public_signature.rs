//! Signatures by private keys: exactly what the algorithm makes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_verify::{Refused, Verifier};

use crate::forge::{Forge, NOW, base64url, quoted};
use crate::issuer::{IssuerKey, verifier_of};

/// The order of the group of Ed25519, little-endian (RFC 8032 section 5.1).
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The order of the group of P-256, big-endian (FIPS 186-5).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// A good token with its verifier, cut before the signature.
struct Signed {
    verifier: Verifier,
    before: String,
    signature: Vec<u8>,
}

impl Signed {
    fn by(key: &IssuerKey) -> Self {
        let token = Forge::by(key).token();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        Self {
            verifier: verifier_of(&[key]),
            before: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
        }
    }

    fn verdict(&self, signature: &[u8]) -> Result<(), Refused> {
        let token = format!("{}.{}", self.before, base64url(signature));
        self.verifier.verify_at(&token, NOW).map(|_| ())
    }

    /// All these are refused, and the good one passes still.
    fn refuses<T: AsRef<[u8]>>(&self, signatures: impl IntoIterator<Item = T>) {
        for signature in signatures {
            let signature = signature.as_ref();
            assert_eq!(
                self.verdict(signature),
                Err(Refused::Signature),
                "{signature:x?}"
            );
        }
        assert_eq!(self.verdict(&self.signature), Ok(()));
    }

    fn halves(&self) -> (&[u8], &[u8]) {
        self.signature.split_at(32)
    }
}

fn each_kind() -> [Signed; 3] {
    IssuerKey::of_each_kind("k").map(|key| Signed::by(&key))
}

#[test]
fn asvs_v9_1_1_a_shortened_or_extended_signature_is_refused() {
    for good in each_kind() {
        let whole = good.signature.len();
        good.refuses((0..whole).flat_map(|length| {
            [
                good.signature[..length].to_vec(),
                good.signature[whole - length..].to_vec(),
            ]
        }));
        good.refuses(
            [&[0; 1][..], &[0; 32], &[0xff; 64], &[0; 1000]]
                .map(|more| [&good.signature, more].concat()),
        );
    }
}

#[test]
fn asvs_v9_1_1_a_bit_flip_in_the_signature_is_refused() {
    for good in each_kind() {
        good.refuses((0..good.signature.len() * 8).map(|bit| {
            let mut signature = good.signature.clone();
            signature[bit / 8] ^= 1 << (bit % 8);
            signature
        }));
    }
}

#[test]
fn degenerate_signatures_are_refused() {
    for good in each_kind() {
        let half = good.signature.len() / 2;
        let (first, second) = good.signature.split_at(half);
        let (zero, ones) = (vec![0; half], vec![0xff; half]);
        good.refuses([
            [&zero[..], &zero].concat(),
            [&ones[..], &ones].concat(),
            [first, &zero].concat(),
            [&zero, second].concat(),
            [first, &ones].concat(),
            [&ones, second].concat(),
            [second, first].concat(),
            [first, first].concat(),
        ]);
    }
}

/// RFC 8032 section 5.1.7: S in the range 0 to L - 1, or one signature would
/// have many spellings.
#[test]
fn ed25519_with_s_plus_the_order_is_refused() {
    let good = Signed::by(&IssuerKey::ed25519("k"));
    let (r, s) = good.halves();
    let mut sum = [0; 32];
    let mut carry = 0;
    for (sum, (ours, order)) in sum.iter_mut().zip(s.iter().zip(ED25519_ORDER)) {
        let digit = u16::from(*ours) + u16::from(order) + carry;
        *sum = u8::try_from(digit & 0xff).unwrap();
        carry = digit >> 8;
    }
    assert_eq!(carry, 0, "S + L fits into 32 bytes");
    good.refuses([[r, &sum].concat()]);
}

/// `minuend - subtrahend`, both big-endian, the first one larger.
fn difference(minuend: &[u8], subtrahend: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = minuend
        .iter()
        .zip(subtrahend)
        .rev()
        .map(|(from, take)| {
            let (digit, first) = from.overflowing_sub(*take);
            let (digit, second) = digit.overflowing_sub(borrow);
            borrow = u8::from(first || second);
            digit
        })
        .collect();
    digits.reverse();
    digits
}

/// RFC 7518 section 3.4 asks for no lower half of s, so that the other one is
/// as right. Who has a token has gained nothing by it: it says the same, and
/// nothing here is keyed by the text of a token.
#[test]
fn es256_with_the_other_s_is_the_same_signature() {
    let good = Signed::by(&IssuerKey::es256("k"));
    let (r, s) = good.halves();
    let other = [r, &difference(&P256_ORDER, s)].concat();
    assert_ne!(other, good.signature);
    assert_eq!(good.verdict(&other), Ok(()));
}

#[test]
fn es256_with_r_or_s_out_of_range_is_refused() {
    let good = Signed::by(&IssuerKey::es256("k"));
    let (r, s) = good.halves();
    good.refuses([
        [&P256_ORDER, s].concat(),
        [r, &P256_ORDER].concat(),
        [&P256_ORDER[..], &P256_ORDER].concat(),
        [r, &difference(&P256_ORDER, r)].concat(),
    ]);
}

/// SEQUENCE of two INTEGERs, as X.509 and most libraries have it.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |value: &[u8]| {
        let mut bytes: Vec<u8> = value
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect();
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        [&[2, u8::try_from(bytes.len()).unwrap()], &*bytes].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &*body].concat()
}

#[test]
fn es256_in_der_is_refused() {
    let good = Signed::by(&IssuerKey::es256("k"));
    let (r, s) = good.halves();
    good.refuses([der(r, s)]);
}

#[test]
fn asvs_v7_2_1_a_bit_flip_at_any_byte_of_the_token_is_refused() {
    for key in IssuerKey::of_each_kind("k") {
        let verifier = verifier_of(&[&key]);
        let token = Forge::by(&key).token();
        for position in 0..token.len() {
            for bit in 0..7 {
                let mut bytes = token.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                let flipped = String::from_utf8(bytes).unwrap();
                assert!(verifier.verify_at(&flipped, NOW).is_err(), "{flipped}");
            }
        }
        assert!(verifier.verify_at(&token, NOW).is_ok());
    }
}

#[test]
fn the_rules_for_claims_are_the_same_as_with_a_secret() {
    let key = IssuerKey::es256("k");
    let verifier = verifier_of(&[&key]);
    let cases = [
        (Forge::by(&key).claim_without("sub"), Refused::Claims),
        (
            Forge::by(&key).claim("iss", &quoted("https://evil.example")),
            Refused::Issuer,
        ),
        (
            Forge::by(&key).claim("aud", &quoted("us")),
            Refused::Audience,
        ),
        (Forge::by(&key).times(NOW, NOW + 3601), Refused::LifeTooLong),
        (Forge::by(&key).header("crit", "[]"), Refused::Critical),
        (Forge::by(&key).header("b64", "false"), Refused::Critical),
        (
            Forge::by(&key).header("zip", "\"DEF\""),
            Refused::Compressed,
        ),
        (Forge::by(&key).header("cty", "\"JWT\""), Refused::Nested),
        (Forge::by(&key).times(NOW - 3600, NOW), Refused::Expired),
    ];
    for (forge, why) in cases {
        assert_eq!(verifier.verify_at(&forge.token(), NOW), Err(why));
    }
}
