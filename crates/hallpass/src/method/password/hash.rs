//! Argon2id and bcrypt, one password at a time: no threads and no I/O.
//!
//! A new hash follows the [`HashPolicy`]. A stored one is verified with its own
//! parameters, as long as they are sane, and is replaced when they are not the
//! policy's.

use std::fmt;
use std::hint::black_box;

use argon2::password_hash::phc::{self, Output, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use crate::secret::{Password, PasswordHash, RandomnessUnavailable, random_bytes};
use crate::settings::HashPolicy;

/// What a stored hash may ask for. A row that somebody planted must not buy
/// minutes or gigabytes: at these limits a verification takes seconds, and
/// imported hashes stay far below (RFC 9106, section 4: 64 MiB and 3 passes).
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
const MAX_BCRYPT_COST: u32 = 16;

/// bcrypt reads no further.
const BCRYPT_MAX_BYTES: usize = 72;

/// Salt and tag of a new Argon2id hash, in bytes (RFC 9106, sections 3.1 and 4).
const SALT_LENGTH: usize = 16;
const TAG_LENGTH: usize = 32;

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// bcrypt would drop a part of the password.
    #[error("bcrypt takes no more than {BCRYPT_MAX_BYTES} bytes and no NUL")]
    UnfitForBcrypt,
    /// The hash is malformed or asks for too much.
    #[error("the password hash cannot be verified: {0}")]
    Unusable(&'static str),
    /// No salt.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// No memory to hash in.
    #[error("no memory to hash a password in")]
    OutOfMemory,
    /// The Argon2 library refused.
    #[error("Argon2 failed")]
    Argon2(#[from] argon2::Error),
    /// The bcrypt library refused.
    #[error("bcrypt failed")]
    Bcrypt(#[from] bcrypt::BcryptError),
}

/// Hashes and verifies, and keeps the memory for the next time: to map it anew
/// costs nearly as much as to hash.
pub(crate) struct Hasher {
    policy: HashPolicy,
    /// A hash that the policy could have made.
    dummy: PasswordHash,
    /// The memory of one hash by the policy.
    usual_blocks: usize,
    memory: Memory,
}

impl Hasher {
    /// A hasher for this policy; its memory comes with the first password.
    ///
    /// A policy whose hashes would not be verified later is refused here.
    pub(crate) fn new(policy: HashPolicy) -> Result<Self, HashError> {
        let dummy = HashCost::of(policy).dummy();
        let usual_blocks = Stored::parse(dummy.expose())?.blocks();
        Ok(Self {
            policy,
            dummy,
            usual_blocks,
            memory: Memory::default(),
        })
    }

    /// Hashes a password with a fresh salt.
    pub(crate) fn hash(&mut self, password: &Password) -> Result<PasswordHash, HashError> {
        let salt = random_bytes::<SALT_LENGTH>()?;
        let encoded = match self.policy {
            HashPolicy::Argon2id { memory_kib, passes } => {
                let params = Params::new(memory_kib, passes, 1, Some(TAG_LENGTH))?;
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let mut tag = Zeroizing::new([0; TAG_LENGTH]);
                self.memory.argon2(&argon2, password, &salt, tag.as_mut())?;
                let salt = Salt::new(&salt).map_err(|_| argon2::Error::SaltTooShort)?;
                let tag = Output::new(tag.as_ref()).map_err(|_| argon2::Error::OutputTooShort)?;
                format!("{}{salt}${tag}", prefix(self.policy))
            }
            HashPolicy::Bcrypt { cost } => {
                if !fits_bcrypt(password) {
                    return Err(HashError::UnfitForBcrypt);
                }
                // Not the crate's `non_truncating_hash`: that one counts bcrypt's
                // closing NUL and refuses a password of 72 bytes too.
                bcrypt::hash_with_salt(password.expose(), cost, salt)?.to_string()
            }
        };
        Ok(PasswordHash::new(encoded))
    }

    /// Whether the password gives the stored hash.
    ///
    /// Without a usable one, because the address is unknown, the account has no
    /// password or its row is broken, the answer is no after the work that
    /// `otherwise` costs (ASVS 5.0, 6.3.8): the time does not tell which
    /// addresses have accounts.
    pub(crate) fn verify(
        &mut self,
        password: &Password,
        stored: Option<&PasswordHash>,
        otherwise: HashCost,
    ) -> Result<bool, HashError> {
        let Some(stored) = stored else {
            self.spend(password, otherwise)?;
            return Ok(false);
        };
        match Stored::parse(stored.expose()) {
            Ok(parsed) => self.compare(password, &parsed),
            Err(unusable) => {
                self.spend(password, otherwise)?;
                Err(unusable)
            }
        }
    }

    fn compare(&mut self, password: &Password, stored: &Stored<'_>) -> Result<bool, HashError> {
        let correct = stored.is_hash_of(password, &mut self.memory);
        // One outsized hash must not leave the thread outsized.
        self.memory.release_above(self.usual_blocks);
        correct
    }

    /// The work of a verification, and no result that could be a yes.
    fn spend(&mut self, password: &Password, cost: HashCost) -> Result<(), HashError> {
        let dummy = cost.dummy();
        black_box(self.compare(password, &Stored::parse(dummy.expose())?)?);
        Ok(())
    }

    /// Whether the stored hash is weaker or other than the policy's: anything
    /// but its salt and its tag differs from what [`Hasher::hash`] makes.
    ///
    /// A costlier one is replaced as well: hashes that all cost the same tell
    /// least of which addresses have accounts.
    pub(crate) fn needs_rehash(&self, stored: &PasswordHash) -> bool {
        let prefix = prefix(self.policy);
        let shape = |hash: &PasswordHash| {
            let rest = hash.expose().strip_prefix(&prefix)?;
            Some((rest.len(), rest.find('$')))
        };
        shape(stored) != shape(&self.dummy)
    }

    /// Gives the memory back to the system.
    pub(crate) fn release(&mut self) {
        self.memory.release_above(0);
    }
}

/// What every hash of the policy begins with, up to its salt.
fn prefix(policy: HashPolicy) -> String {
    HashCost::of(policy).to_string()
}

/// What a verification costs: all of a hash's parameters that its time depends
/// on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HashCost {
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    Bcrypt {
        cost: u32,
    },
}

impl HashCost {
    /// The cost of a hash that the policy makes.
    pub(crate) const fn of(policy: HashPolicy) -> Self {
        match policy {
            HashPolicy::Argon2id { memory_kib, passes } => Self::Argon2 {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                memory_kib,
                passes,
                lanes: 1,
            },
            HashPolicy::Bcrypt { cost } => Self::Bcrypt { cost },
        }
    }

    /// The cost of a stored hash; `None` where it cannot be verified.
    pub(crate) fn of_stored(hash: &PasswordHash) -> Option<Self> {
        Stored::parse(hash.expose())
            .ok()
            .map(|stored| stored.cost())
    }

    /// A well-formed hash of this cost that no password is known to give; salt
    /// and tag are all zeros in either alphabet.
    fn dummy(self) -> PasswordHash {
        PasswordHash::new(match self {
            Self::Argon2 { .. } => format!("{self}{:A<22}${:A<43}", "", ""),
            Self::Bcrypt { .. } => format!("{self}{:.<53}", ""),
        })
    }
}

/// What every hash of this cost begins with, up to its salt.
impl fmt::Display for HashCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2 {
                algorithm,
                version,
                memory_kib,
                passes,
                lanes,
            } => {
                let version = u32::from(*version);
                write!(
                    f,
                    "${algorithm}$v={version}$m={memory_kib},t={passes},p={lanes}$"
                )
            }
            Self::Bcrypt { cost } => write!(f, "$2b${cost:02}$"),
        }
    }
}

/// Whether bcrypt reads the whole password. It stops after 72 bytes, and to it
/// `a` and `a\0a` are the same, since it repeats the password with a closing NUL
/// until 72 bytes are full.
pub(super) fn fits_bcrypt(password: &Password) -> bool {
    let bytes = password.expose().as_bytes();
    bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0)
}

/// A stored hash that is well-formed and within the limits.
#[expect(clippy::large_enum_variant, reason = "there is one, on the stack")]
enum Stored<'a> {
    Argon2 {
        argon2: Argon2<'static>,
        cost: HashCost,
        salt: Salt,
        tag: Output,
    },
    Bcrypt {
        encoded: &'a str,
        cost: u32,
    },
}

impl<'a> Stored<'a> {
    fn parse(encoded: &'a str) -> Result<Self, HashError> {
        if encoded.starts_with("$argon2") {
            Self::parse_argon2(encoded)
        } else {
            Self::parse_bcrypt(encoded)
        }
    }

    fn parse_argon2(encoded: &str) -> Result<Self, HashError> {
        let phc = phc::PasswordHash::new(encoded)
            .map_err(|_| HashError::Unusable("it is not a PHC string"))?;
        let algorithm = Algorithm::new(phc.algorithm.as_str())
            .map_err(|_| HashError::Unusable("its algorithm is unknown"))?;
        // Argon2's first strings had no version field and mean version 16, as its
        // reference implementation reads them; the crate would take them for 19.
        let version = phc
            .version
            .map_or(Ok(Version::V0x10), Version::try_from)
            .map_err(|_| HashError::Unusable("its version is unknown"))?;
        let params = Params::try_from(&phc)
            .map_err(|_| HashError::Unusable("its parameters are malformed"))?;
        if params.m_cost() > MAX_MEMORY_KIB
            || params.t_cost() > MAX_PASSES
            || params.p_cost() > MAX_LANES
        {
            return Err(HashError::Unusable(
                "it costs more than 256 MiB, 16 passes or 16 lanes",
            ));
        }
        let (Some(salt), Some(tag)) = (phc.salt, phc.hash) else {
            return Err(HashError::Unusable("it has no salt or no tag"));
        };
        let cost = HashCost::Argon2 {
            algorithm,
            version,
            memory_kib: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
        };
        Ok(Self::Argon2 {
            argon2: Argon2::new(algorithm, version, params),
            cost,
            salt,
            tag,
        })
    }

    /// Takes `$2a$`, `$2b$` and `$2y$`, which are the same for passwords that
    /// [fit](fits_bcrypt), and `$2x$`, which is the same for those in ASCII.
    fn parse_bcrypt(encoded: &'a str) -> Result<Self, HashError> {
        let parts = encoded
            .parse::<bcrypt::HashParts>()
            .map_err(|_| HashError::Unusable("it is neither Argon2 nor bcrypt"))?;
        if !(4..=MAX_BCRYPT_COST).contains(&parts.get_cost()) {
            return Err(HashError::Unusable("its bcrypt cost is not 4 to 16"));
        }
        let cost = parts.get_cost();
        Ok(Self::Bcrypt { encoded, cost })
    }

    const fn cost(&self) -> HashCost {
        match self {
            Self::Argon2 { cost, .. } => *cost,
            Self::Bcrypt { cost, .. } => HashCost::Bcrypt { cost: *cost },
        }
    }

    /// The Argon2 memory it takes, in KiB.
    fn blocks(&self) -> usize {
        match self {
            Self::Argon2 { argon2, .. } => argon2.params().block_count(),
            Self::Bcrypt { .. } => 0,
        }
    }

    fn is_hash_of(&self, password: &Password, memory: &mut Memory) -> Result<bool, HashError> {
        match self {
            Self::Argon2 {
                argon2, salt, tag, ..
            } => {
                let mut computed = Zeroizing::new([0; Output::MAX_LENGTH]);
                let computed = computed
                    .get_mut(..tag.len())
                    .ok_or(argon2::Error::OutputTooLong)?;
                memory.argon2(argon2, password, salt, computed)?;
                Ok(verify_slices_are_equal(computed, tag.as_bytes()).is_ok())
            }
            Self::Bcrypt { encoded, .. } => {
                // A password that does not fit was never hashed here, so the
                // answer is no; the work is done first all the same.
                let equal = bcrypt::verify(password.expose(), encoded)?;
                Ok(equal && fits_bcrypt(password))
            }
        }
    }
}

/// An allocation that glibc always maps on its own and unmaps when it is freed:
/// one of more than 32 MiB, the ceiling of its adaptive `mmap` threshold
/// (mallopt(3)). 19 MiB would be kept in the heap after the first release. What
/// lies beyond the hash's blocks is never touched, so it is only address space.
const MAPPED_BLOCKS: usize = 33 * 1024;

/// The blocks that Argon2 fills.
///
/// They are not wiped between two hashes: the next one overwrites them, and
/// after two passes no guess can be tested on them without filling the memory.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn argon2(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &[u8],
        tag: &mut [u8],
    ) -> Result<(), HashError> {
        let blocks = self.blocks(argon2.params().block_count())?;
        let password = password.expose().as_bytes();
        Ok(argon2.hash_password_into_with_memory(password, salt, tag, blocks)?)
    }

    fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() < count {
            self.release_above(0);
            // Not `vec!`, which would abort the process when there is no memory.
            self.0
                .try_reserve_exact(count.max(MAPPED_BLOCKS))
                .map_err(|_| HashError::OutOfMemory)?;
            self.0.resize(count, Block::new());
        }
        self.0.get_mut(..count).ok_or(HashError::OutOfMemory)
    }

    fn release_above(&mut self, blocks: usize) {
        if self.0.len() > blocks {
            self.0 = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashPolicy = HashPolicy::Argon2id {
        memory_kib: 64,
        passes: 1,
    };
    const CHEAP_BCRYPT: HashPolicy = HashPolicy::Bcrypt { cost: 4 };
    const USUAL: HashCost = HashCost::of(CHEAP);

    fn hasher(policy: HashPolicy) -> Hasher {
        Hasher::new(policy).unwrap()
    }

    fn stored(encoded: &str) -> PasswordHash {
        PasswordHash::new(encoded.to_owned())
    }

    fn is_correct(password: &str, encoded: &str) -> bool {
        hasher(CHEAP)
            .verify(&Password::from(password), Some(&stored(encoded)), USUAL)
            .unwrap()
    }

    /// Made by argon2-cffi 25.1 and the Python package bcrypt 5.0.
    #[rustfmt::skip]
    const FOREIGN: &[(&str, &str)] = &[
        ("correct horse battery staple", "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNhbA$Ou8q9D8fc81MWF4Wv9OWkzbMYufBzWK+SmGieUKfWog"),
        ("correct horse battery staple", "$argon2id$v=19$m=256,t=3,p=4$c2l4dGVlbi1ieXRlLXNhbA$9r1mc/199NXHmGR52bSmaGOh+F6T+67wtpraLI8lspU"),
        ("correct horse battery staple", "$argon2i$v=19$m=64,t=2,p=1$c2l4dGVlbi1ieXRlLXNhbA$z87U6wJzf1choJ/khly4REWhjyUWufwdTSBfXHqEzAI"),
        ("correct horse battery staple", "$argon2d$v=19$m=64,t=2,p=2$OGJ5dGVzISE$mU/L2/I+eRCpN9PdrlFFig"),
        ("correct horse battery staple", "$argon2i$v=16$m=64,t=2,p=1$c2l4dGVlbi1ieXRlLXNhbA$RbbFm5dDADUVehGGcvZ+BwnW3t4a3ctrHCNUOtVr83I"),
        ("correct horse battery staple", "$argon2i$m=64,t=2,p=1$c2l4dGVlbi1ieXRlLXNhbA$RbbFm5dDADUVehGGcvZ+BwnW3t4a3ctrHCNUOtVr83I"),
        ("correct horse battery staple", "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbi1ieXRlLXNhbA$vskP7ISTLUex0P8kW6Kk/k3jEDcXxrjxLJQ17lUe4ak"),
        ("pässwörd 密码 🔑", "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNhbA$kG+tjvpYMnfgYuJewtA5EC/k6rP+ozAQr4H1lQGLBZP/nov7btYsYztFxjH9/loV0rAqpDUc5dTIHZecy2hPcw"),
        ("correct horse battery staple", "$2a$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"),
        ("correct horse battery staple", "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"),
        ("correct horse battery staple", "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"),
        ("correct horse battery staple", "$2x$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"),
        ("pässwörd 密码 🔑", "$2b$04$abcdefghijklmnopqrstuuIJF4sGwqRjG/nwP.oRmdU3lOYAOvcny"),
    ];

    #[test]
    fn hashes_of_other_implementations_are_verified() {
        for (password, encoded) in FOREIGN {
            assert!(is_correct(password, encoded), "{encoded}");
            let case = password.to_uppercase();
            for wrong in [
                "",
                "x",
                &format!("{password} "),
                &format!(" {password}"),
                &case,
            ] {
                assert!(
                    !is_correct(wrong, encoded),
                    "{wrong} is no password of {encoded}"
                );
            }
        }
    }

    #[test]
    fn a_tag_with_one_bit_changed_is_refused() {
        let (password, encoded) = FOREIGN[0];
        let (head, tag) = encoded.rsplit_once('$').unwrap();
        let middle = tag.strip_prefix('O').unwrap().strip_suffix('g').unwrap();
        for (first, last) in [('P', 'g'), ('O', 'k')] {
            let changed = format!("{head}${first}{middle}{last}");
            assert!(!is_correct(password, &changed), "{changed}");
        }
    }

    #[test]
    fn what_is_hashed_is_verified_and_salted_anew() {
        for policy in [CHEAP, CHEAP_BCRYPT] {
            let mut hasher = hasher(policy);
            let password = Password::from("correct horse battery staple");
            let (one, two) = (
                hasher.hash(&password).unwrap(),
                hasher.hash(&password).unwrap(),
            );
            assert_ne!(one.expose(), two.expose());
            assert!(
                one.expose().starts_with(&prefix(policy)),
                "{}",
                one.expose()
            );
            for hash in [&one, &two] {
                assert!(hasher.verify(&password, Some(hash), USUAL).unwrap());
                assert!(
                    !hasher
                        .verify(&Password::from("Correct horse"), Some(hash), USUAL)
                        .unwrap()
                );
                assert!(!hasher.needs_rehash(hash));
            }
        }
    }

    #[test]
    fn a_password_typed_with_combining_marks_is_the_same_password() {
        let mut hasher = hasher(CHEAP);
        let hash = hasher
            .hash(&Password::from("pa\u{308}sswo\u{308}rd"))
            .unwrap();
        assert!(
            hasher
                .verify(&Password::from("p\u{e4}ssw\u{f6}rd"), Some(&hash), USUAL)
                .unwrap()
        );
    }

    #[test]
    fn bcrypt_takes_72_bytes_and_never_cuts_the_73rd() {
        let mut hasher = hasher(CHEAP_BCRYPT);
        let longest = Password::from("x".repeat(72).as_str());
        let hash = hasher.hash(&longest).unwrap();
        assert!(hasher.verify(&longest, Some(&hash), USUAL).unwrap());
        for unfit in ["x".repeat(73), format!("{}\u{e4}", "x".repeat(71))] {
            let unfit = Password::from(unfit.as_str());
            assert!(matches!(
                hasher.hash(&unfit),
                Err(HashError::UnfitForBcrypt)
            ));
            assert!(!hasher.verify(&unfit, Some(&hash), USUAL).unwrap());
        }
    }

    #[test]
    fn bcrypt_does_not_take_a_password_with_nul_for_another() {
        let mut hasher = hasher(CHEAP_BCRYPT);
        let hash = hasher.hash(&Password::from("a")).unwrap();
        let twin = Password::from("a\0a");
        assert!(
            bcrypt::verify("a\0a", hash.expose()).unwrap(),
            "the trap is there"
        );
        assert!(!hasher.verify(&twin, Some(&hash), USUAL).unwrap());
        assert!(matches!(hasher.hash(&twin), Err(HashError::UnfitForBcrypt)));
    }

    #[test]
    fn hostile_and_malformed_hashes_are_refused_unhashed() {
        const SALT_AND_TAG: &str =
            "c2l4dGVlbi1ieXRlLXNhbA$Ou8q9D8fc81MWF4Wv9OWkzbMYufBzWK+SmGieUKfWog";
        let argon2 = |head: &str| format!("${head}${SALT_AND_TAG}");
        let bcrypt = "abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        let hostile = [
            String::new(),
            "plain text".to_owned(),
            "$".to_owned(),
            "$argon2".to_owned(),
            "$argon2id$v=19$m=64,t=1,p=1".to_owned(),
            "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNhbA".to_owned(),
            "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNhbA$".to_owned(),
            "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNhbA$AAAA".to_owned(),
            "$argon2id$v=19$m=64,t=1,p=1$c2l4$".to_owned()
                + "Ou8q9D8fc81MWF4Wv9OWkzbMYufBzWK+SmGieUKfWog",
            argon2("argon2xx$v=19$m=64,t=1,p=1"),
            argon2("argon2id$v=18$m=64,t=1,p=1"),
            argon2("argon2id$v=19$m=4294967295,t=1,p=1"),
            argon2("argon2id$v=19$m=262145,t=1,p=1"),
            argon2("argon2id$v=19$m=64,t=17,p=1"),
            argon2("argon2id$v=19$m=64,t=4294967295,p=1"),
            argon2("argon2id$v=19$m=64,t=0,p=1"),
            argon2("argon2id$v=19$m=1024,t=1,p=17"),
            argon2("argon2id$v=19$m=64,t=1,p=4294967295"),
            argon2("argon2id$v=19$m=64,t=1,p=0"),
            argon2("argon2id$v=19$m=7,t=1,p=1"),
            argon2("argon2id$v=19$m=-1,t=1,p=1"),
            argon2("argon2id$v=19$m,t,p"),
            argon2("argon2id$v=19$m=64,t=1,p=1,x=1"),
            argon2("argon2id$v=19$m=64,t=1,p=1$more"),
            format!("$2b$17${bcrypt}"),
            format!("$2b$31${bcrypt}"),
            format!("$2b$03${bcrypt}"),
            format!("$2b$99${bcrypt}"),
            format!("$2c$04${bcrypt}"),
            format!("$2b$04${bcrypt}A"),
            format!("$2b$04${}\u{e4}", bcrypt.split_at(51).0),
            "$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        ];
        let mut hasher = hasher(CHEAP);
        for encoded in hostile {
            let answer = hasher.verify(&Password::from("password"), Some(&stored(&encoded)), USUAL);
            assert!(
                matches!(answer, Err(HashError::Unusable(_))),
                "{encoded}: {answer:?}"
            );
            assert_eq!(
                hasher.memory.0.len(),
                64,
                "the usual work was done for {encoded}"
            );
        }
    }

    #[test]
    fn no_string_makes_the_parser_panic() {
        for (_, encoded) in FOREIGN {
            for at in 0..=encoded.len() {
                for piece in [
                    "",
                    "$",
                    "=",
                    ",",
                    "\0",
                    "\u{e4}",
                    "v=",
                    "$$",
                    "99999999999",
                    "-",
                ] {
                    let (head, tail) = encoded.split_at_checked(at).unwrap();
                    drop(Stored::parse(&format!("{head}{piece}{tail}")));
                    drop(Stored::parse(&format!("{head}{piece}")));
                    drop(Stored::parse(&format!("{piece}{tail}")));
                }
            }
        }
    }

    #[test]
    fn a_hash_is_replaced_when_it_is_other_than_the_policy_makes() {
        let rows = [
            ("$argon2id$v=19$m=19456,t=2,p=1$", 22, 43, false, true),
            ("$argon2id$v=19$m=4096,t=2,p=1$", 22, 43, true, true),
            ("$argon2id$v=19$m=65536,t=2,p=1$", 22, 43, true, true),
            ("$argon2id$v=19$m=19456,t=1,p=1$", 22, 43, true, true),
            ("$argon2id$v=19$m=19456,t=2,p=4$", 22, 43, true, true),
            ("$argon2id$v=16$m=19456,t=2,p=1$", 22, 43, true, true),
            ("$argon2i$v=19$m=19456,t=2,p=1$", 22, 43, true, true),
            ("$argon2id$v=19$m=19456,t=2,p=1$", 11, 43, true, true),
            ("$argon2id$v=19$m=19456,t=2,p=1$", 22, 22, true, true),
            ("$argon2id$v=19$m=19456,t=2,p=1$", 11, 54, true, true),
            ("$2b$12$abcdefghijklmnopqrstu$", 0, 30, true, true),
        ];
        let (argon2id, bcrypt) = (hasher(HashPolicy::ARGON2ID), hasher(HashPolicy::BCRYPT));
        for (head, salt, tag, for_argon2id, for_bcrypt) in rows {
            let hash = stored(&format!("{head}{}${}", "A".repeat(salt), "A".repeat(tag)));
            assert_eq!(
                argon2id.needs_rehash(&hash),
                for_argon2id,
                "{}",
                hash.expose()
            );
            assert_eq!(bcrypt.needs_rehash(&hash), for_bcrypt, "{}", hash.expose());
        }
        for (head, for_bcrypt) in [
            ("$2b$12$", false),
            ("$2b$10$", true),
            ("$2b$13$", true),
            ("$2a$12$", true),
        ] {
            let hash = stored(&format!("{head}{}", "A".repeat(53)));
            assert!(argon2id.needs_rehash(&hash), "{head}");
            assert_eq!(bcrypt.needs_rehash(&hash), for_bcrypt, "{head}");
        }
    }

    #[test]
    fn the_dummy_is_never_right() {
        for policy in [CHEAP, CHEAP_BCRYPT] {
            let (mut hasher, cost) = (hasher(policy), HashCost::of(policy));
            for password in ["", "correct horse battery staple"] {
                let password = Password::from(password);
                assert!(!hasher.verify(&password, None, cost).unwrap());
            }
        }
    }

    #[test]
    fn unknown_address_costs_what_is_asked() {
        let mut hasher = hasher(CHEAP);
        let password = Password::from("correct horse battery staple");
        let large = HashCost::Argon2 {
            algorithm: Algorithm::Argon2i,
            version: Version::V0x10,
            memory_kib: 128,
            passes: 3,
            lanes: 2,
        };
        let broken = stored("$argon2id$v=19$nonsense");
        for (cost, blocks) in [(USUAL, 64), (HashCost::Bcrypt { cost: 4 }, 0), (large, 0)] {
            hasher.release();
            assert!(!hasher.verify(&password, None, cost).unwrap());
            assert_eq!(hasher.memory.0.len(), blocks, "{cost}, like a stored hash");
            hasher.release();
            assert!(hasher.verify(&password, Some(&broken), cost).is_err());
            assert_eq!(hasher.memory.0.len(), blocks, "{cost}, like a stored hash");
        }
    }

    #[test]
    fn dummy_has_the_cost_of_each_hash() {
        for (_, encoded) in FOREIGN {
            let cost = HashCost::of_stored(&stored(encoded)).unwrap();
            assert_eq!(HashCost::of_stored(&cost.dummy()), Some(cost), "{encoded}");
        }
        assert_eq!(
            HashCost::of_stored(&stored("$argon2id$v=19$nonsense")),
            None
        );
    }

    #[test]
    fn the_dummy_is_what_the_policy_makes() {
        for policy in [
            HashPolicy::ARGON2ID,
            HashPolicy::BCRYPT,
            CHEAP,
            CHEAP_BCRYPT,
        ] {
            let hasher = hasher(policy);
            let cost = HashCost::of_stored(&hasher.dummy);
            assert_eq!(cost, Some(HashCost::of(policy)));
            assert!(!hasher.needs_rehash(&hasher.dummy));
        }
    }

    #[test]
    fn a_policy_that_would_lock_everybody_out_is_refused() {
        for policy in [
            HashPolicy::Argon2id {
                memory_kib: 0,
                passes: 2,
            },
            HashPolicy::Argon2id {
                memory_kib: 19_456,
                passes: 0,
            },
            HashPolicy::Argon2id {
                memory_kib: 512 * 1024,
                passes: 2,
            },
            HashPolicy::Argon2id {
                memory_kib: 19_456,
                passes: 17,
            },
            HashPolicy::Bcrypt { cost: 3 },
            HashPolicy::Bcrypt { cost: 17 },
            HashPolicy::Bcrypt { cost: 100 },
        ] {
            assert!(
                matches!(Hasher::new(policy), Err(HashError::Unusable(_))),
                "{policy:?}"
            );
        }
    }

    #[test]
    fn memory_grows_for_an_outsized_hash_and_does_not_stay_so() {
        let mut hasher = hasher(CHEAP);
        let (password, outsized) = FOREIGN[6];
        let password = Password::from(password);
        assert_eq!(
            hasher.memory.0.capacity(),
            0,
            "nothing before the first password"
        );
        assert!(
            hasher
                .verify(&password, Some(&stored(outsized)), USUAL)
                .unwrap()
        );
        assert_eq!(hasher.memory.0.capacity(), 0, "given back");
        hasher.hash(&password).unwrap();
        let blocks = hasher.memory.0.as_ptr();
        hasher.hash(&password).unwrap();
        assert_eq!(hasher.memory.0.as_ptr(), blocks, "used again");
        hasher.release();
        assert_eq!(hasher.memory.0.capacity(), 0, "given back");
    }
}
