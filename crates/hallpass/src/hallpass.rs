//! The one handle to everything.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hallpass_rls::{Finding, RoleName, TableName};

use crate::client::Client;
use crate::clock::{Clock, Timestamp};
use crate::db::{DatabaseServer, Db, MigrationState, MigrationStatus, SchemaError};
use crate::email::EmailAddress;
use crate::error::Error;
use crate::fairness::Shares;
use crate::method::password::pool::{HashingPool, PoolSettings};
use crate::method::password::{self, Costs, Credentials, Registration};
use crate::secret::Password;
use crate::session::Session;
use crate::settings::Settings;
use crate::throttle::{self, DeviceKeys, Gates, Subjects};
use crate::to_end::Operation;
use crate::token::{self, Keys, SigningKey, SigningKeyError, TokenBearer};
use crate::user::{self, Lookup, User, UserChanges, UserId};
use crate::web::Description;
use crate::web::in_flight;
use crate::web::page::Assets;

/// Hallpass: cheap to clone, shared by every request.
///
/// See the [crate's documentation](crate) for how to embed it.
///
/// Whatever changes something runs to its end once it has begun: to drop the
/// future of [`Hallpass::sign_in`] does not take back the attempt, and does not
/// stop it.
#[derive(Clone)]
pub struct Hallpass(Arc<Parts>);

struct Parts {
    settings: Settings,
    clock: Clock,
    db: Db,
    lookup: Lookup,
    keys: Keys,
    subjects: Subjects,
    device_keys: DeviceKeys,
    gates: Gates,
    costs: Costs,
    hashing: HashingPool,
    requests: Shares,
    assets: Assets,
    draining: AtomicBool,
    description: Description,
}

/// Hallpass could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The hashing threads could not be started.
    #[error("the hashing threads could not be started")]
    Threads(#[from] std::io::Error),
    /// The signing key cannot be used.
    #[error("the signing key cannot be used")]
    Keys(#[from] hallpass_verify::ConfigError),
}

impl Hallpass {
    /// Puts Hallpass together on the system's clock. The database is connected
    /// at first use, from within a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the hashing threads cannot be started.
    pub fn new(settings: Settings) -> Result<Self, StartError> {
        Self::with_clock(settings, Clock::system())
    }

    /// As [`Hallpass::new`], on a clock of your own: see [`ManualClock`](crate::ManualClock).
    ///
    /// # Errors
    /// As [`Hallpass::new`].
    pub fn with_clock(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let hashing = HashingPool::start(&PoolSettings {
            threads: settings.hash_threads,
            queue: settings.hash_queue,
            policy: settings.password_hash,
        })?;
        let db = Db::new(&settings.database, settings.database_use());
        Ok(Self(Arc::new(Parts {
            lookup: Lookup::new(db.clone()),
            db,
            keys: Keys::new(&settings)?,
            subjects: Subjects::new(&settings.signing_secret),
            device_keys: DeviceKeys::new(&settings),
            gates: throttle::gates(),
            costs: Costs::new(&settings),
            hashing,
            requests: Shares::new(in_flight::REQUESTS),
            assets: Assets::of(&settings.brand),
            description: Description::of(settings.public_url.base()),
            clock,
            settings,
            draining: AtomicBool::new(false),
        })))
    }

    /// Brings the database's schema up to date, under a lock: of servers that
    /// start together one does it and the others wait. By way of
    /// [`Settings::migrations_database`], if there is one.
    ///
    /// # Errors
    /// [`SchemaError`] when the database is away, or newer than this version.
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        let Some(direct) = &self.settings().migrations_database else {
            self.settings().database.make_file()?;
            return self.db().migrate().await;
        };
        direct.make_file()?;
        let direct = Db::new(direct, self.settings().database_use());
        let outcome = direct.migrate().await;
        direct.close().await;
        outcome
    }

    /// Each migration of this version, and whether the database has it.
    ///
    /// # Errors
    /// [`SchemaError`] when the database is away, or newer than this version.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, SchemaError> {
        self.db().migrations().await
    }

    /// Says that this server is about to stop: from now on `/readyz` answers
    /// 503, so that a load balancer sends new requests to other servers. All
    /// else is served as before. Stop when the load balancer has noticed.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn stop(hallpass: hallpass::Hallpass) {
    /// hallpass.drain();
    /// tokio::time::sleep(Duration::from_secs(3)).await;
    /// // Now let the server that runs `hallpass.router()` shut down.
    /// # }
    /// ```
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Whether requests can be served: the database answers and has every
    /// migration.
    ///
    /// # Errors
    /// As [`Hallpass::migrations`].
    pub async fn is_ready(&self) -> Result<bool, SchemaError> {
        let migrations = self.migrations().await?;
        Ok(migrations
            .iter()
            .all(|migration| migration.state == MigrationState::Applied))
    }

    /// What the database server says of itself; `None` where there is none, as
    /// with SQLite.
    ///
    /// # Errors
    /// [`SchemaError`] with the very reason when it cannot be reached.
    pub async fn database_server(&self) -> Result<Option<DatabaseServer>, SchemaError> {
        Ok(self.db().server().await?)
    }

    /// The known holes in the row-level security of these tables, for `role` or
    /// else for the role that the settings log in as; `None` where there is no
    /// such thing, as with SQLite. See [`rls::inspect`](crate::rls::inspect()).
    ///
    /// # Errors
    /// [`SchemaError`] with the very reason when it cannot be looked at.
    pub async fn inspect_rows(
        &self,
        tables: &[TableName],
        role: Option<&RoleName>,
    ) -> Result<Option<Vec<Finding>>, SchemaError> {
        Ok(self.db().inspect_rows(tables, role).await?)
    }

    /// The whole server: the API and its description, the pages, and an answer
    /// for what is not found.
    ///
    /// It answers with the path of [`Settings::public_url`](crate::Settings) and
    /// without it: behind a proxy that passes it on or takes it away, and nested
    /// below it in a router of yours.
    ///
    /// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so
    /// that tries can be counted by client.
    pub fn router(&self) -> axum::Router {
        crate::web::router(self.clone())
    }

    /// As [`Hallpass::router`], for a program that serves it straight to a socket
    /// and has not looked at that itself: a request that names no host, or more
    /// than one, is answered 400 (RFC 9112, section 3.2).
    pub fn server_router(&self) -> axum::Router {
        crate::web::server_router(self.clone())
    }

    /// The routes of the API alone, to be merged into your own router: those
    /// below `/api/v1`, `/api/auth` and `/.well-known`. What is no route there is
    /// yours to answer. Where the public URL has a path, nest them below it.
    ///
    /// Serve it like [`Hallpass::router`].
    pub fn routes(&self) -> axum::Router {
        crate::web::api_routes(self.clone())
    }

    /// The pages alone, likewise: `/signup`, `/signin`, `/dashboard`, `/signout`
    /// and `/assets/…`. They lead back to `/`, which is yours.
    ///
    /// Serve it like [`Hallpass::router`].
    pub fn pages(&self) -> axum::Router {
        crate::web::page_routes(self.clone())
    }

    /// Makes an account and signs its owner in.
    ///
    /// # Errors
    /// [`Error::RegistrationRefused`] when the address is taken,
    /// [`Error::RateLimited`] when `client` has registered too often.
    pub async fn register(
        &self,
        registration: Registration,
        client: Client,
    ) -> Result<Session, Error> {
        let (hallpass, caller) = (self.clone(), client.into());
        Operation::of(async move { password::register(&hallpass, registration, &caller).await })
            .await
    }

    /// Signs in the owner of an account, by a client that keeps no cookies: only
    /// the routes know a browser that has signed in before.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] for an unknown address or a wrong
    /// password, [`Error::RateLimited`] after too many of them.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        client: Client,
    ) -> Result<Session, Error> {
        let (hallpass, caller) = (self.clone(), client.into());
        Operation::of(async move { password::sign_in(&hallpass, credentials, &caller).await }).await
    }

    /// Verifies a token by the keys that are at hand, asking nobody.
    ///
    /// # Errors
    /// [`Error::TokenExpired`], or [`Error::InvalidToken`] for any other fault;
    /// [`Error::DatabaseUnavailable`] before signing keys were read for the first
    /// time, where they sign.
    pub fn verify(&self, token: &str) -> Result<TokenBearer, Error> {
        token::verify(self, token)
    }

    /// As [`Hallpass::verify`], for a server whose signing keys are in the
    /// database: asks it for a key that is not at hand, at most once a second.
    /// The extractors do this.
    ///
    /// # Errors
    /// As [`Hallpass::verify`], or [`Error::DatabaseUnavailable`].
    pub async fn authenticate(&self, token: &str) -> Result<TokenBearer, Error> {
        token::authenticate(self, token).await
    }

    /// What a token says, or the very rule that refuses it: for an operator who
    /// asks why, and never for an answer to whoever sent the token, who may
    /// learn of [`Refused`](hallpass_verify::Refused) only whether it expired.
    ///
    /// # Errors
    /// [`Error::DatabaseUnavailable`] when the signing keys cannot be read.
    pub async fn explain(
        &self,
        token: &str,
    ) -> Result<Result<hallpass_verify::Claims, hallpass_verify::Refused>, Error> {
        token::explain(self, token).await
    }

    /// What a server does when it starts: notes in the database whether it signs
    /// by keys or by the secret, so that servers which are switched one after
    /// the other take each other's tokens, and makes the first signing key where
    /// there is none. It also tells early when something is wrong with them.
    ///
    /// # Errors
    /// [`SigningKeyError`], as when the secret does not open the signing key.
    pub async fn prepare_signing(&self) -> Result<(), SigningKeyError> {
        let hallpass = self.clone();
        Operation::of(async move { token::start(&hallpass).await }).await
    }

    /// Every live signing key, newest first; none where the shared secret has
    /// always signed.
    ///
    /// # Errors
    /// [`SigningKeyError::Store`].
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, SigningKeyError> {
        token::list(self).await
    }

    /// Makes a signing key that is published at once and signs `after` from
    /// now, but not within two seconds, so that other servers can follow.
    /// [`ROTATION_LEAD`](crate::ROTATION_LEAD) is long enough for every
    /// verifier too.
    ///
    /// # Errors
    /// [`SigningKeyError::SharedSecret`] where there are no keys to rotate.
    pub async fn rotate_signing_key(&self, after: Duration) -> Result<SigningKey, SigningKeyError> {
        let hallpass = self.clone();
        Operation::of(async move { token::rotate(&hallpass, after).await }).await
    }

    /// Ends a signing key at once: whoever has a token that it signed must sign
    /// in again. Where it signs, the one made after it does from now on. Other
    /// servers follow within a minute of requests, and verifiers elsewhere when
    /// they fetch the keys anew.
    ///
    /// # Errors
    /// [`SigningKeyError::LastOne`] when nothing would sign in its place,
    /// [`SigningKeyError::Unknown`] for one that is not live.
    pub async fn retire_signing_key(&self, id: &str) -> Result<(), SigningKeyError> {
        let (hallpass, id) = (self.clone(), id.to_owned());
        Operation::of(async move { token::retire(&hallpass, &id).await }).await
    }

    /// Makes an account for somebody else: not counted, and nobody is signed in.
    ///
    /// # Errors
    /// [`Error::RegistrationRefused`] when the address is taken.
    pub async fn create_user(&self, registration: Registration) -> Result<User, Error> {
        let hallpass = self.clone();
        let create = async move {
            let turn = hallpass
                .hashing()
                .reserve(Client::OPERATOR)
                .map_err(Error::from)?;
            password::create(&hallpass, registration, turn).await
        };
        Operation::of(create).await
    }

    /// The account of this identity.
    ///
    /// # Errors
    /// [`Error::DatabaseUnavailable`] or [`Error::Internal`].
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, Error> {
        user::find(self, id).await
    }

    /// The account of this address, in any spelling.
    ///
    /// # Errors
    /// [`Error::DatabaseUnavailable`] or [`Error::Internal`].
    pub async fn find_user_by_email(&self, email: &EmailAddress) -> Result<Option<User>, Error> {
        user::find_by_email(self, email).await
    }

    /// Up to `limit` accounts made after `after`, oldest first.
    ///
    /// # Errors
    /// [`Error::DatabaseUnavailable`] or [`Error::Internal`].
    pub async fn list_users(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, Error> {
        user::list(self, after, limit).await
    }

    /// Changes what a user is called or how they look, or takes it away.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user is gone.
    pub async fn change_user(&self, id: UserId, changes: &UserChanges) -> Result<User, Error> {
        let (hallpass, changes) = (self.clone(), changes.clone());
        Operation::of(async move { user::change(&hallpass, id, &changes).await }).await
    }

    /// What it costs to verify a password for this address: the parameters of its
    /// account's hash, as `$argon2id$v=19$m=19456,t=2,p=1$`. An address without
    /// a usable hash costs what the hash of some account does, always the same
    /// one while the accounts stay as they are.
    ///
    /// # Errors
    /// [`Error::DatabaseUnavailable`] or [`Error::Internal`].
    pub async fn sign_in_cost(&self, email: &EmailAddress) -> Result<String, Error> {
        password::sign_in_cost(self, email).await
    }

    /// Gives an account a new password, and forgets its failed sign-ins and its
    /// known devices.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the password breaks a rule, [`Error::NotFound`]
    /// when the account is gone.
    pub async fn set_password(&self, user: &User, password: Password) -> Result<(), Error> {
        let (hallpass, user) = (self.clone(), user.clone());
        let set = async move {
            password::set_password(&hallpass, &user, password, Client::OPERATOR).await
        };
        Operation::of(set).await
    }

    /// Deletes an account for good.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is gone already.
    pub async fn delete_user(&self, id: UserId) -> Result<(), Error> {
        let hallpass = self.clone();
        Operation::of(async move { user::delete(&hallpass, id).await }).await
    }

    /// Closes the database's connections, after what runs on them has finished.
    pub async fn close(&self) {
        self.db().close().await;
    }

    /// The settings it runs with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time by its clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn lookup(&self) -> &Lookup {
        &self.0.lookup
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn subjects(&self) -> &Subjects {
        &self.0.subjects
    }

    pub(crate) fn device_keys(&self) -> &DeviceKeys {
        &self.0.device_keys
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.0.gates
    }

    pub(crate) fn costs(&self) -> &Costs {
        &self.0.costs
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn requests(&self) -> &Shares {
        &self.0.requests
    }

    pub(crate) fn description(&self) -> &Description {
        &self.0.description
    }

    pub(crate) fn hashing(&self) -> &HashingPool {
        &self.0.hashing
    }
}

impl fmt::Debug for Hallpass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hallpass")
            .field("settings", self.settings())
            .finish_non_exhaustive()
    }
}
