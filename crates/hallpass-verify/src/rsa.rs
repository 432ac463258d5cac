//! Which RSA keys we take (RFC 7518 section 3.3, FIPS 186-5 section 5.4).

use std::ops::RangeInclusive;

/// Fewer can be factored; more cost too much for one signature.
const BITS: RangeInclusive<usize> = 2048..=8192;

const EXPONENTS: RangeInclusive<u64> = ROCA_GENERATOR..=(1 << 33) - 1;

/// 65537: also what the weak keys below are powers of.
const ROCA_GENERATOR: u64 = 65_537;

/// The odd primes that divide the modulus of the weak keys' group, at every size.
const ROCA_PRIMES: [u64; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Both big-endian and without leading zeros (RFC 7518 section 2).
pub(crate) fn is_sound(modulus: &[u8], exponent: &[u8]) -> bool {
    is_odd(modulus)
        && is_odd(exponent)
        && BITS.contains(&bits(modulus))
        && small_number(exponent).is_some_and(|value| EXPONENTS.contains(&value))
        && !is_of_weak_chip(modulus)
}

/// Odd, and without leading zeros.
fn is_odd(number: &[u8]) -> bool {
    number.first().is_some_and(|first| *first != 0)
        && number.last().is_some_and(|last| last % 2 == 1)
}

fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or_default())
}

fn small_number(number: &[u8]) -> Option<u64> {
    (number.len() <= size_of::<u64>()).then(|| {
        let digits = number.iter().map(|digit| u64::from(*digit));
        digits.fold(0, |value, digit| (value << 8) | digit)
    })
}

/// Whether a chip made this key whose primes can be computed from the modulus
/// (ROCA, CVE-2017-15361): modulo each of the small primes it is a power of 65537.
/// By chance that is so for fewer than one key in 2^100.
fn is_of_weak_chip(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let remainder = remainder(modulus, *prime);
        let mut power = 1;
        (1..*prime).any(|_| {
            power = power * ROCA_GENERATOR % prime;
            power == remainder
        })
    })
}

fn remainder(number: &[u8], divisor: u64) -> u64 {
    number
        .iter()
        .fold(0, |rest, digit| ((rest << 8) | u64::from(*digit)) % divisor)
}
