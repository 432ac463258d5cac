//! Each setting's text, read into its type.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hallpass::{
    Brand, BrandColor, BrandLogo, BrandName, CookiePrefix, DatabaseUrl, HashPolicy, InvalidSetting,
    Origin, PasswordMinLength, PublicUrl, SameSite, Settings, Signing, SigningSecret,
};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

use super::environment::{Environment, read_bytes};
use super::faults::Faults;
use super::secret_file::SecretFile;
use super::{Listen, Log, LogFormat, SecretSource, Secrets};

/// Every setting but the secret.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) public_url: PublicUrl,
    pub(crate) database: DatabaseUrl,
    pub(crate) migrations_database: Option<DatabaseUrl>,
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
    pub(crate) log: Log,
}

const SECRET: &str = "BETTER_AUTH_SECRET";
const SECRETS: &str = "BETTER_AUTH_SECRETS";
const UNPOOLED: &str = "DATABASE_URL_UNPOOLED";

/// More threads than this wait for each other, and each holds 19 MiB.
const MOST_HASH_THREADS: usize = 256;

impl Values {
    /// Reads every setting. One with a fault is left at its default, so that
    /// the others are still checked; the caller looks at the faults.
    pub(super) fn read(environment: &Environment, faults: &mut Faults) -> Self {
        let mut reader = Reader {
            environment,
            faults,
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
        Self {
            migrations_database: reader.maybe(UNPOOLED, |text| unpooled(text, &database)),
            database,
            public_url: reader.one("BETTER_AUTH_URL", PublicUrl::default(), PublicUrl::parse),
            listen: Listen {
                host: reader.one("HOST", IpAddr::V4(Ipv4Addr::LOCALHOST), host),
                port: reader.one("PORT", 8000, |text| {
                    text.parse().map_err(|_| "must be a number from 0 to 65535")
                }),
            },
            cors_origins: reader.list("CORS_ORIGINS", "http://localhost:3000", str::parse),
            trusted_proxies: reader.list("TRUSTED_PROXIES", "", network),
            signing: reader.one("HALLPASS_SIGNING", Signing::default(), signing),
            password_hash: reader.one(
                "HALLPASS_PASSWORD_HASH",
                HashPolicy::ARGON2ID,
                password_hash,
            ),
            password_min_length: reader.one(
                "HALLPASS_PASSWORD_MIN_LENGTH",
                PasswordMinLength::default(),
                |text| PasswordMinLength::new(text.parse().unwrap_or(0)),
            ),
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
            metrics: reader.maybe("HALLPASS_METRICS_ADDR", |text| {
                text.parse()
                    .map_err(|_| "must be an address with a port, like 127.0.0.1:9090")
            }),
            log: Log {
                filter: reader.one("RUST_LOG", LOG_FILTER.to_owned(), log_filter),
                format: reader.maybe("HALLPASS_LOG", log_format),
            },
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
        settings.cors_origins.clone_from(&self.cors_origins);
        settings.trusted_proxies.clone_from(&self.trusted_proxies);
        settings.password_hash = self.password_hash;
        settings.password_min_length = self.password_min_length;
        settings.hash_threads = self.hash_threads;
        settings.rate_limit = self.rate_limit;
        settings.cookie_prefix = self.cookie_prefix.clone();
        settings.cookie_same_site = self.cookie_same_site;
        settings.brand = self.brand.clone();
        settings
    }
}

/// The signing secret: from its setting, or from the data folder, or to be
/// made there. `None` when there is a fault.
pub(super) fn secret(
    environment: &Environment,
    values: &Values,
    faults: &mut Faults,
) -> Option<SecretSource> {
    let mut get = |name| environment.get(name).map_err(|fault| faults.push(fault));
    let (one, several) = (get(SECRET), get(SECRETS));
    match (one.ok()?, several.ok()?) {
        (None, None) => {}
        (Some(text), None) => {
            let parsed = SigningSecret::new(&text).map_err(|weak| faults.add(SECRET, weak));
            return parsed
                .ok()
                .map(|secret| SecretSource::Setting(secret.into()));
        }
        (None, Some(texts)) => {
            let parsed = secrets(&texts).map_err(|rule| faults.add(SECRETS, rule));
            return parsed.ok().map(SecretSource::Setting);
        }
        (Some(_), Some(_)) => {
            faults.add(SECRETS, format!("and {SECRET} are both set; remove one"));
            return None;
        }
    }
    if values.public_url.is_https() {
        // A server that people reach is one of several, or will be restarted
        // on a fresh disk: a secret of its own making would sign everybody out.
        faults.add(
            SECRET,
            "must be set when BETTER_AUTH_URL is https; `hallpass secret` prints a fresh one",
        );
        return None;
    }
    let path = values.data_dir.join("secret");
    match SecretFile::read(&path) {
        Ok(Some(secret)) => Some(SecretSource::File(path, secret)),
        Ok(None) => Some(SecretSource::ToBeMade(path)),
        Err(rule) => {
            faults.add(path.display().to_string(), rule);
            None
        }
    }
}

/// Several secrets, the one that signs first. A text before a colon is no
/// version here: what stands between two commas is the secret, but for white
/// space around it. One that holds a comma cannot be given so.
fn secrets(texts: &SecretString) -> Result<Secrets, String> {
    let parse = |(position, text): (usize, &str)| {
        let parsed = SigningSecret::new(&SecretString::from(text.trim()));
        parsed.map_err(|weak| format!("holds, in place {}, a secret that {weak}", position + 1))
    };
    let texts = texts.expose_secret().split(',').enumerate();
    let mut all = texts.map(parse).collect::<Result<Vec<_>, _>>()?;
    let current = all.remove(0);
    Ok(Secrets {
        current,
        previous: all,
    })
}

struct Reader<'a> {
    environment: &'a Environment,
    faults: &'a mut Faults,
}

impl Reader<'_> {
    fn get(&mut self, name: &'static str) -> Option<SecretString> {
        let text = self.environment.get(name);
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
        parse(text.expose_secret().trim())
            .map_err(|rule| self.faults.add(name, rule))
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

    fn brand(&mut self) -> Brand {
        let mut brand = Brand::default();
        brand.name = self.one("HALLPASS_BRAND_NAME", brand.name, BrandName::new);
        brand.color = self.one("HALLPASS_BRAND_COLOR", brand.color, BrandColor::parse);
        brand.logo = self.maybe("HALLPASS_BRAND_LOGO", logo);
        brand
    }

    /// Comma-separated values; empty means none.
    fn list<T, E: Display>(
        &mut self,
        name: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let text = self.get(name);
        let text = text.as_ref().map_or(default, |text| text.expose_secret());
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        let faults = &mut *self.faults;
        items
            .filter_map(|item| {
                parse(item)
                    .map_err(|rule| {
                        faults.add(name, format!("holds {}, which {rule}", shown(item)));
                    })
                    .ok()
            })
            .collect()
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

fn host(text: &str) -> Result<IpAddr, &'static str> {
    match text {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => text
            .parse()
            .map_err(|_| "must be an IP address, like 127.0.0.1 or 0.0.0.0"),
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address
        .or_else(|_| text.parse())
        .map_err(|_| "must be an address or a network, like 10.0.0.0/8")
}

fn signing(text: &str) -> Result<Signing, &'static str> {
    match text {
        "hs256" => Ok(Signing::Hs256),
        "eddsa" => Ok(Signing::EdDsa),
        "es256" => Ok(Signing::Es256),
        "rs256" => Ok(Signing::Rs256),
        _ => Err("must be hs256, eddsa, es256 or rs256"),
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

fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be pretty or json"),
    }
}
