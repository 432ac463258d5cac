//! Each setting's text, read into its type.

use std::fmt::Display;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hallpass::{
    Brand, BrandColor, BrandLogo, BrandName, CookiePrefix, DatabaseConnections, DatabaseUrl,
    HashPolicy, Hsts, InvalidSetting, Origin, PasswordMinLength, PublicUrl, SameSite, Settings,
    Signing,
};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

use super::address::default_url;
use super::environment::{Environment, read_bytes};
use super::faults::Faults;
use super::lists::{items, network, without_quotes};
use super::warnings::Warning;
use super::{Listen, Log, LogFormat, Secrets};

/// Every setting but the secret.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) public_url: PublicUrl,
    /// Whether `BETTER_AUTH_URL` says nothing, and the URL follows the listener.
    pub(crate) is_default_url: bool,
    pub(crate) hsts: Hsts,
    pub(crate) database: DatabaseUrl,
    pub(crate) migrations_database: Option<DatabaseUrl>,
    pub(crate) database_connections: Option<DatabaseConnections>,
    pub(crate) database_timeout: Option<Duration>,
    pub(crate) listen: Listen,
    pub(crate) cors_origins: Vec<Origin>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) data_dir: PathBuf,
    pub(crate) signing: Signing,
    pub(crate) password_hash: HashPolicy,
    pub(crate) password_min_length: PasswordMinLength,
    pub(crate) hash_threads: NonZeroUsize,
    pub(crate) rate_limit: bool,
    pub(crate) cookie_prefix: CookiePrefix,
    pub(crate) cookie_same_site: SameSite,
    pub(crate) brand: Brand,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) drain: Duration,
    pub(crate) log: Log,
}

const UNPOOLED: &str = "DATABASE_URL_UNPOOLED";

/// More threads than this wait for each other, and each holds 19 MiB.
const MOST_HASH_THREADS: usize = 256;

impl Values {
    /// Reads every setting. One with a fault is left at its default, so that
    /// the others are still checked; the caller looks at the faults.
    pub(super) fn read(
        environment: &Environment,
        faults: &mut Faults,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut reader = Reader {
            environment,
            faults,
            warnings,
        };
        let data_dir = reader.one(
            "HALLPASS_DATA_DIR",
            PathBuf::from("./hallpass-data"),
            |text| Ok::<_, InvalidSetting>(PathBuf::from(text)),
        );
        let database = reader.one(
            "DATABASE_URL",
            DatabaseUrl::sqlite_file(data_dir.join("hallpass.db")),
            |text| database(text, &data_dir),
        );
        let migrations_database = reader.maybe(UNPOOLED, |text| unpooled(text, &database));
        let given_url = reader.maybe("BETTER_AUTH_URL", PublicUrl::parse);
        let listen = reader.listen();
        let is_default_url = given_url.is_none();
        let public_url = given_url.unwrap_or_else(|| default_url(&listen));
        Self {
            migrations_database,
            database,
            database_connections: reader.maybe("HALLPASS_DATABASE_CONNECTIONS", connections),
            database_timeout: reader.maybe("HALLPASS_DATABASE_TIMEOUT", database_timeout),
            listen,
            cors_origins: reader.list("CORS_ORIGINS", default_front_ends(&public_url), str::parse),
            trusted_proxies: reader.list("TRUSTED_PROXIES", "", network),
            hsts: reader.one("HALLPASS_HSTS", Hsts::default(), hsts),
            public_url,
            is_default_url,
            signing: reader.one("HALLPASS_SIGNING", Signing::default(), signing),
            password_hash: reader.one(
                "HALLPASS_PASSWORD_HASH",
                HashPolicy::ARGON2ID,
                password_hash,
            ),
            password_min_length: reader.password_min_length(),
            hash_threads: reader.one("HALLPASS_HASH_THREADS", all_cores(), hash_threads),
            rate_limit: reader.one("HALLPASS_RATE_LIMIT", true, on_or_off),
            cookie_prefix: reader.one(
                "HALLPASS_COOKIE_PREFIX",
                CookiePrefix::default(),
                CookiePrefix::new,
            ),
            cookie_same_site: reader.one(
                "HALLPASS_COOKIE_SAMESITE",
                SameSite::default(),
                same_site,
            ),
            brand: reader.brand(),
            metrics: reader.maybe("HALLPASS_METRICS_ADDR", metrics_address),
            drain: reader.one("HALLPASS_DRAIN", default_drain(), drain),
            log: reader.log(),
            data_dir,
        }
    }

    /// What the library runs with.
    pub(crate) fn settings(&self, secrets: Secrets) -> Settings {
        let (url, database) = (self.public_url.clone(), self.database.clone());
        let mut settings = Settings::new(url, secrets.current, database);
        settings.previous_secrets = secrets.previous;
        settings.signing = self.signing;
        settings
            .migrations_database
            .clone_from(&self.migrations_database);
        settings.database_connections = self.database_connections;
        if let Some(timeout) = self.database_timeout {
            settings.database_timeout = timeout;
        }
        settings.cors_origins.clone_from(&self.cors_origins);
        settings.trusted_proxies.clone_from(&self.trusted_proxies);
        settings.password_hash = self.password_hash;
        settings.password_min_length = self.password_min_length;
        settings.hash_threads = self.hash_threads;
        settings.rate_limit = self.rate_limit;
        settings.cookie_prefix = self.cookie_prefix.clone();
        settings.cookie_same_site = self.cookie_same_site;
        settings.hsts = self.hsts;
        settings.brand = self.brand.clone();
        settings
    }
}

/// Docker's `--env-file` keeps them.
const REMOVE_QUOTES: &str = "; it stands in quotes, which are part of the value: remove them";

struct Reader<'a> {
    environment: &'a Environment,
    faults: &'a mut Faults,
    warnings: &'a mut Vec<Warning>,
}

impl Reader<'_> {
    fn get(&mut self, name: &'static str) -> Option<SecretString> {
        let text = self.environment.get(name, self.warnings);
        text.map_err(|fault| self.faults.push(fault)).ok().flatten()
    }

    /// The text of a setting; one that is set but empty was forgotten.
    fn text(&mut self, name: &'static str) -> Option<SecretString> {
        let text = self.get(name)?;
        if text.expose_secret().trim().is_empty() {
            self.faults
                .add(name, "is set but empty; give it a value or remove it");
            return None;
        }
        Some(text)
    }

    fn maybe<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let text = text.expose_secret().trim();
        let is_quoted = without_quotes(text).len() < text.len();
        let remove = if is_quoted { REMOVE_QUOTES } else { "" };
        parse(text)
            .map_err(|rule| self.faults.add(name, format!("{rule}{remove}")))
            .ok()
    }

    fn one<T, E: Display>(
        &mut self,
        name: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> T {
        self.maybe(name, parse).unwrap_or(default)
    }

    fn log(&mut self) -> Log {
        Log {
            filter: self.one("RUST_LOG", LOG_FILTER.to_owned(), log_filter),
            format: self.maybe("HALLPASS_LOG", log_format),
        }
    }

    fn brand(&mut self) -> Brand {
        let mut brand = Brand::default();
        brand.name = self.one("HALLPASS_BRAND_NAME", brand.name, BrandName::new);
        brand.color = self.one("HALLPASS_BRAND_COLOR", brand.color, BrandColor::parse);
        brand.logo = self.maybe("HALLPASS_BRAND_LOGO", logo);
        brand
    }

    fn listen(&mut self) -> Listen {
        Listen {
            host: self.one("HOST", IpAddr::V4(Ipv4Addr::LOCALHOST), host),
            port: self.one("PORT", 8000, |text| {
                text.parse().map_err(|_| "must be a number from 0 to 65535")
            }),
        }
    }

    fn password_min_length(&mut self) -> PasswordMinLength {
        let default = PasswordMinLength::default();
        self.one("HALLPASS_PASSWORD_MIN_LENGTH", default, |text| {
            PasswordMinLength::new(text.parse().unwrap_or(0))
        })
    }

    /// Several values, each once; empty means none.
    fn list<T: PartialEq, E: Display>(
        &mut self,
        name: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let text = self.get(name);
        let text = text.as_ref().map_or(default, |text| text.expose_secret());
        let mut read = Vec::new();
        for item in items(text) {
            match parse(item) {
                Ok(value) if read.contains(&value) => {}
                Ok(value) => read.push(value),
                Err(rule) => {
                    let fault = format!("holds {}, which {rule}", shown(item));
                    self.faults.add(name, fault);
                }
            }
        }
        read
    }
}

/// A page on a developer's machine calls a server there. One that users reach
/// over https would trust whatever runs on the machine of a user.
fn default_front_ends(public_url: &PublicUrl) -> &'static str {
    if public_url.is_https() {
        ""
    } else {
        "http://localhost:3000"
    }
}

fn logo(path: &str) -> Result<BrandLogo, String> {
    let bytes = read_bytes(path)?;
    BrandLogo::new(bytes).map_err(|invalid| format!("names a file that {invalid}"))
}

/// A SQLite file needs its folder; only the data folder is made for it.
fn database(text: &str, data_dir: &Path) -> Result<DatabaseUrl, String> {
    let url = DatabaseUrl::parse(text, data_dir).map_err(|invalid| invalid.to_string())?;
    match url.sqlite_path().and_then(Path::parent) {
        Some(folder) if folder != data_dir && !folder.is_dir() => {
            let folder = folder.display();
            Err(format!(
                "names a file in a folder that is not there: {folder}"
            ))
        }
        _ => Ok(url),
    }
}

/// An item of a list, unless it may hold a password.
fn shown(item: &str) -> String {
    if item.contains('@') {
        "a URL with a user name".to_owned()
    } else {
        format!("{item:?}")
    }
}

/// The server of `DATABASE_URL` by another way.
fn unpooled(text: &str, database: &DatabaseUrl) -> Result<DatabaseUrl, String> {
    let url = DatabaseUrl::parse(text, Path::new("")).map_err(|invalid| invalid.to_string())?;
    if url.sqlite_path().is_some() {
        Err("must begin with postgres://; a file has one way to it".to_owned())
    } else if database.sqlite_path().is_some() {
        Err("names a server, and DATABASE_URL does not".to_owned())
    } else {
        Ok(url)
    }
}

fn connections(text: &str) -> Result<DatabaseConnections, InvalidSetting> {
    DatabaseConnections::new(text.parse().unwrap_or(0))
}

fn metrics_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "must be an address with a port, like 127.0.0.1:9090")
}

fn database_timeout(text: &str) -> Result<Duration, &'static str> {
    match text.parse() {
        Ok(seconds @ 1..=60) => Ok(Duration::from_secs(seconds)),
        _ => Err("must be a whole number of seconds from 1 to 60"),
    }
}

fn host(text: &str) -> Result<IpAddr, &'static str> {
    match text {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => without_brackets(text)
            .parse()
            .map_err(|_| "must be an IP address, like 127.0.0.1 or 0.0.0.0"),
    }
}

/// An IPv6 address as URLs hold it.
fn without_brackets(text: &str) -> &str {
    let inside = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.filter(|inside| inside.contains(':')).unwrap_or(text)
}

fn hsts(text: &str) -> Result<Hsts, &'static str> {
    match text {
        "on" => Ok(Hsts::Host),
        "subdomains" => Ok(Hsts::Subdomains),
        "off" => Ok(Hsts::Off),
        "clear" => Ok(Hsts::Clear),
        _ => Err("must be on, subdomains, off or clear"),
    }
}

fn signing(text: &str) -> Result<Signing, &'static str> {
    match text {
        "hs256" => Ok(Signing::Hs256),
        "eddsa" => Ok(Signing::EdDsa),
        "es256" => Ok(Signing::Es256),
        _ => Err("must be hs256, eddsa or es256"),
    }
}

fn same_site(text: &str) -> Result<SameSite, &'static str> {
    match text {
        "strict" => Ok(SameSite::Strict),
        "lax" => Ok(SameSite::Lax),
        _ => Err("must be strict or lax"),
    }
}

fn password_hash(text: &str) -> Result<HashPolicy, &'static str> {
    match text {
        "argon2id" => Ok(HashPolicy::ARGON2ID),
        "bcrypt" => Ok(HashPolicy::BCRYPT),
        _ => Err("must be argon2id or bcrypt"),
    }
}

fn all_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn hash_threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    let threads = text
        .parse()
        .ok()
        .filter(|threads: &NonZeroUsize| threads.get() <= MOST_HASH_THREADS);
    threads.ok_or("must be a whole number from 1 to 256")
}

fn on_or_off(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off"),
    }
}

/// What is logged by default. PostgreSQL's notices are left out: it gives one
/// at each start, that the table of migrations exists.
const LOG_FILTER: &str = "info,sqlx::postgres::notice=warn";

fn log_filter(text: &str) -> Result<String, &'static str> {
    let filter = EnvFilter::try_new(text);
    filter
        .map(|_| text.to_owned())
        .map_err(|_| "must be a filter like info or hallpass=debug,info")
}

/// A load balancer needs a moment to notice that this server is not ready. At
/// a terminal there is none, and a person waits for the prompt.
fn default_drain() -> Duration {
    let seconds = if std::io::stderr().is_terminal() {
        0
    } else {
        3
    };
    Duration::from_secs(seconds)
}

/// More than this, and orchestrators kill the process meanwhile.
const LONGEST_DRAIN: u64 = 300;

fn drain(text: &str) -> Result<Duration, &'static str> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| *seconds <= LONGEST_DRAIN);
    seconds
        .map(Duration::from_secs)
        .ok_or("must be a number of seconds from 0 to 300")
}

fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be pretty or json"),
    }
}
