//! Settings as types: whoever holds a [`Settings`] holds valid ones.
//!
//! Nothing here reads a file or the environment; the server's `config` does.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use ipnet::IpNet;

use crate::base_path::BasePath;
use crate::brand::Brand;
use crate::db::{DatabaseUrl, Use};
use crate::origin;
pub use crate::origin::Origin;
use crate::secret::SigningSecret;

/// How long a token lives: from issue to refusal.
pub const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// Everything that Hallpass must be told.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass::{DatabaseUrl, PublicUrl, Settings, SigningSecret};
///
/// let secret = SigningSecret::new(&std::fs::read_to_string("secret")?.trim().into())?;
/// let url = PublicUrl::parse("https://auth.example.com")?;
/// let mut settings = Settings::new(url, secret, DatabaseUrl::sqlite_file("hallpass.db"));
/// settings.cors_origins = vec!["https://app.example.com".parse()?];
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Where people reach this server: the tokens' issuer, and whether the
    /// cookie is `Secure`.
    pub public_url: PublicUrl,
    /// Signs and verifies tokens with HS256, and seals the private keys of the
    /// other algorithms.
    pub signing_secret: SigningSecret,
    /// Secrets before that one, while it takes over from them: they verify and
    /// open, and no longer sign or seal.
    pub previous_secrets: Vec<SigningSecret>,
    /// The algorithm that signs tokens.
    pub signing: Signing,
    /// Holds the accounts.
    pub database: DatabaseUrl,
    /// The same database by another way, which migrations take: straight to the
    /// server where [`Settings::database`] names a pooler.
    pub migrations_database: Option<DatabaseUrl>,
    /// The most connections to a database server; 20, or what the parameter
    /// `connection_limit` of its URL says, where this says nothing. Where both
    /// say something, the smaller number counts.
    pub database_connections: Option<DatabaseConnections>,
    /// The longest that one call to the database may take, the wait for a
    /// connection included: 2 seconds, unless this is changed.
    pub database_timeout: Duration,
    /// Other origins by which browsers reach this very server, such as
    /// `http://127.0.0.1:8000` and `http://localhost:8000`. Requests from its
    /// own pages come from them too.
    pub own_origins: Vec<Origin>,
    /// Front ends on other origins that may call the API with credentials.
    pub cors_origins: Vec<Origin>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How new passwords are hashed.
    pub password_hash: HashPolicy,
    /// The fewest code points a new password may have.
    pub password_min_length: PasswordMinLength,
    /// Threads of the hashing pool, each with its own memory.
    pub hash_threads: NonZeroUsize,
    /// How sign-ins wait for the hashing pool.
    pub hash_queue: HashQueue,
    /// Whether tries are counted and limited; off for load tests only.
    pub rate_limit: bool,
    /// What the cookie's name begins with.
    pub cookie_prefix: CookiePrefix,
    /// Which requests from other sites bring the session's cookie along.
    pub cookie_same_site: SameSite,
    /// For which hosts browsers are to use https only.
    pub hsts: Hsts,
    /// Name, colour and logo of the pages.
    pub brand: Brand,
}

impl Settings {
    /// The defaults, with what has none.
    #[must_use]
    pub fn new(
        public_url: PublicUrl,
        signing_secret: SigningSecret,
        database: DatabaseUrl,
    ) -> Self {
        Self {
            public_url,
            signing_secret,
            previous_secrets: Vec::new(),
            signing: Signing::default(),
            database,
            migrations_database: None,
            database_connections: None,
            database_timeout: Duration::from_secs(2),
            own_origins: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            password_hash: HashPolicy::ARGON2ID,
            password_min_length: PasswordMinLength::default(),
            hash_threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            hash_queue: HashQueue::default(),
            rate_limit: true,
            cookie_prefix: CookiePrefix::default(),
            cookie_same_site: SameSite::default(),
            hsts: Hsts::default(),
            brand: Brand::default(),
        }
    }

    pub(crate) fn database_use(&self) -> Use {
        Use {
            connections: self.database_connections,
            limit: self.database_timeout,
        }
    }

    /// Whether a browser that sent this `Origin` shows a page of this server.
    pub(crate) fn is_own_origin(&self, sent: &[u8]) -> bool {
        std::iter::once(self.public_url.origin())
            .chain(&self.own_origins)
            .any(|origin| origin.is_sent_as(sent))
    }

    /// Whether a browser that sent this `Origin` shows a listed front end.
    pub(crate) fn is_listed_origin(&self, sent: &[u8]) -> bool {
        self.cors_origins
            .iter()
            .any(|origin| origin.is_sent_as(sent))
    }
}

/// The most connections to a database server: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseConnections(u16);

impl DatabaseConnections {
    /// Takes 1 to 1000.
    ///
    /// # Errors
    /// [`InvalidSetting`] outside that range.
    pub fn new(connections: u16) -> Result<Self, InvalidSetting> {
        match connections {
            1..=1000 => Ok(Self(connections)),
            _ => Err(InvalidSetting("must be a whole number from 1 to 1000")),
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.into()
    }

    /// The smaller of what was set, or the default.
    pub(crate) fn of(setting: Option<Self>, url: Option<Self>) -> Self {
        setting.into_iter().chain(url).min().unwrap_or_default()
    }
}

/// Sign-ins are bounded by hashing long before they are bounded by this.
impl Default for DatabaseConnections {
    fn default() -> Self {
        Self(20)
    }
}

/// What browsers are asked to remember about https (RFC 6797). It is sent with
/// an https public URL only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hsts {
    /// The public URL's host uses https only, for two years (ASVS 5.0, 3.4.1).
    #[default]
    Host,
    /// So does every host below it, on other servers too.
    Subdomains,
    /// Browsers are to forget what they remember (RFC 6797, section 6.1.1).
    Clear,
    /// Nothing is sent: a proxy sends it, or browsers keep what they know.
    Off,
}

impl Hsts {
    /// The value of `Strict-Transport-Security`.
    pub(crate) const fn header(self) -> Option<&'static str> {
        match self {
            Self::Host => Some("max-age=63072000"),
            Self::Subdomains => Some("max-age=63072000; includeSubDomains"),
            Self::Clear => Some("max-age=0"),
            Self::Off => None,
        }
    }
}

/// The algorithm that signs tokens (RFC 7518, section 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signing {
    /// HMAC with SHA-256 and the shared secret: whoever verifies can also sign.
    #[default]
    Hs256,
    /// Ed25519. Verifiers need public keys alone, from `/.well-known/jwks.json`.
    EdDsa,
    /// ECDSA on the curve P-256 with SHA-256, likewise: for verifiers that do
    /// not know Ed25519.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and 3072 bits, likewise: for verifiers that
    /// know nothing else. Tokens are longer, and signing one takes longer.
    Rs256,
}

impl Signing {
    /// The name in a token's header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// Which requests from other sites bring the session's cookie along (RFC
/// 6265bis, section 4.1.2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// None.
    #[default]
    Strict,
    /// Following a link, so that whoever comes from a mail or a search is signed
    /// in on the first page. What changes something is refused from other sites
    /// either way.
    Lax,
}

impl SameSite {
    /// The value of the cookie's attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
        }
    }
}

/// The algorithm and the cost of new password hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashPolicy {
    /// Argon2id (RFC 9106) with one lane.
    Argon2id {
        /// Memory of one hash, in KiB.
        memory_kib: u32,
        /// Passes over that memory.
        passes: u32,
    },
    /// bcrypt; a password of more than 72 bytes cannot be hashed by it.
    Bcrypt {
        /// The base-2 logarithm of the number of rounds.
        cost: u32,
    },
}

impl HashPolicy {
    /// 19 MiB and two passes (OWASP Password Storage Cheat Sheet).
    pub const ARGON2ID: Self = Self::Argon2id {
        memory_kib: 19_456,
        passes: 2,
    };
    /// Cost 12.
    pub const BCRYPT: Self = Self::Bcrypt { cost: 12 };
}

/// How sign-ins and registrations wait for a free hashing thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashQueue {
    /// The most that wait at once.
    pub length: usize,
    /// The longest that one may have to wait. A request that would wait longer is
    /// refused when it arrives.
    pub deadline: Duration,
}

impl Default for HashQueue {
    /// 10 000 waiting, 10 seconds.
    fn default() -> Self {
        Self {
            length: 10_000,
            deadline: Duration::from_secs(10),
        }
    }
}

/// A setting's value that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(&'static str);

impl InvalidSetting {
    pub(crate) const fn new(rule: &'static str) -> Self {
        Self(rule)
    }
}

/// The URL by which people reach this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Origin,
    base: BasePath,
}

impl PublicUrl {
    /// Reads an `http` or `https` URL, with the path below which people reach
    /// the server, if it is not `/`. A path that ends in `/api/auth`, as Better
    /// Auth's `BETTER_AUTH_URL` may, is read without that end.
    ///
    /// # Errors
    /// [`InvalidSetting`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let url = origin::web_url(text, "must be a URL like https://auth.example.com")?;
        Ok(Self {
            base: BasePath::of(&url)?,
            origin: Origin(url.origin().ascii_serialization()),
        })
    }

    /// Scheme, host and port: the tokens' issuer.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path, without a slash at its end: empty, or like `/auth`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.base.as_str()
    }

    pub(crate) fn base(&self) -> &BasePath {
        &self.base
    }

    /// Whether it is https, so that cookies are `Secure` and HSTS is sent.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.origin.0.starts_with("https://")
    }
}

/// `http://localhost:8000`, where a server with no settings listens.
impl Default for PublicUrl {
    fn default() -> Self {
        Self {
            origin: Origin("http://localhost:8000".to_owned()),
            base: BasePath::default(),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path())
    }
}

/// The fewest code points a new password may have: 8 to 64.
///
/// NIST SP 800-63B-4 asks for 15 where the password is all there is; the
/// default of 8 follows ASVS 5.0, 6.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordMinLength(usize);

impl PasswordMinLength {
    /// Takes 8 to 64.
    ///
    /// # Errors
    /// [`InvalidSetting`] outside that range.
    pub fn new(code_points: usize) -> Result<Self, InvalidSetting> {
        match code_points {
            8..=64 => Ok(Self(code_points)),
            _ => Err(InvalidSetting("must be a whole number from 8 to 64")),
        }
    }

    /// The number of code points.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Default for PasswordMinLength {
    fn default() -> Self {
        Self(8)
    }
}

/// What the session cookie's name begins with: `hallpass.session_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePrefix(String);

impl CookiePrefix {
    /// Takes 1 to 64 letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// [`InvalidSetting`] for any other text.
    pub fn new(text: &str) -> Result<Self, InvalidSetting> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&text.len()) || !text.bytes().all(plain) {
            return Err(InvalidSetting("must be 1 to 64 letters, digits, - or _"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CookiePrefix {
    fn default() -> Self {
        Self("hallpass".to_owned())
    }
}
