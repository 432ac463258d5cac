//! E-mail and password.

mod costs;
mod hash;
pub(crate) mod pages;
mod policy;
pub(crate) mod pool;
mod schedule;
mod store;
pub(crate) mod web;

use secrecy::SecretString;
use tokio::runtime::Handle;
use tracing::Instrument as _;

pub(crate) use self::costs::Costs;
use self::hash::HashCost;
pub(crate) use self::policy::PasswordRefused;
use self::pool::{HashingRefused, Reservation};
use crate::audit;
use crate::client::Client;
use crate::db::StoreError;
use crate::email::EmailAddress;
use crate::error::{Broken, Error, Faults, FieldFault};
use crate::hallpass::Hallpass;
use crate::method::{Method, Proof};
use crate::secret::{Password, PasswordHash};
use crate::session::Session;
use crate::settings::Settings;
use crate::sign_in;
use crate::throttle::{self, Attempt, Caller, DeviceOwner, Target};
use crate::user::{self, DisplayName, ImageUrl, NewUser, User, UserId};

/// What somebody types to make an account, checked.
#[derive(Debug)]
pub struct Registration {
    email: EmailAddress,
    password: Password,
    name: Option<DisplayName>,
    image: Option<ImageUrl>,
}

impl Registration {
    /// Checks an address, a password and a name against the rules.
    ///
    /// To weigh the password takes up to ten milliseconds: not for a thread that
    /// serves requests.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every broken rule.
    pub fn new(
        settings: &Settings,
        email: &str,
        password: &SecretString,
        name: Option<&str>,
    ) -> Result<Self, Error> {
        let typed = TypedRegistration {
            email: Some(email),
            password: Some(password),
            name,
            image: None,
        };
        Self::check(settings, &typed, Faults::default())
    }

    /// Runs a [`check`](Self::check) where nobody waits for the thread, unless
    /// the client has registered, or failed to, too often.
    pub(crate) async fn checked(
        hallpass: &Hallpass,
        client: Client,
        check: impl FnOnce(&Settings) -> Result<Self, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        throttle::check_registration(hallpass, client).await?;
        let weighing = {
            let (hallpass, runtime) = (hallpass.clone(), Handle::current());
            move || {
                let checked = check(hallpass.settings());
                // From here, since the request is dropped when its client hangs up.
                let counting = checked.as_ref().is_err_and(is_for_strength).then(|| {
                    let count =
                        async move { throttle::count_common_password(&hallpass, client).await };
                    runtime.spawn(count.in_current_span())
                });
                (checked, counting)
            }
        };
        let turn = hallpass.hashing().reserve(client)?;
        let (checked, counting) = turn.weigh(weighing).await?;
        if let Some(counting) = counting {
            counting.await.map_err(Error::internal)??;
        }
        checked
    }

    /// Checks what is there, and adds to the faults found so far.
    pub(crate) fn check(
        settings: &Settings,
        typed: &TypedRegistration<'_>,
        mut faults: Faults,
    ) -> Result<Self, Error> {
        let email = typed.email.and_then(|text| faults.keep(parse_email(text)));
        let password = typed.password.map(Password::new);
        for refused in password
            .iter()
            .flat_map(|password| policy::check(settings, email.as_ref(), password))
        {
            faults.push(refuse(refused));
        }
        let name = faults.keep(user::parse_name(typed.name));
        let image = faults.keep(user::parse_image(typed.image));
        let parsed = email.zip(password).zip(name).zip(image);
        faults.finish(parsed.map(|(((email, password), name), image)| Self {
            email,
            password,
            name,
            image,
        }))
    }
}

/// What was typed; a field that is missing has had its fault noted.
#[derive(Clone, Copy)]
pub(crate) struct TypedRegistration<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) password: Option<&'a SecretString>,
    pub(crate) name: Option<&'a str>,
    pub(crate) image: Option<&'a str>,
}

/// What somebody types to sign in, checked.
#[derive(Debug)]
pub struct Credentials {
    email: EmailAddress,
    password: Password,
}

impl Credentials {
    /// Takes an address and a password. A password is held to no rule here but
    /// the limit of length, which spares hashing what cannot be right.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every broken rule.
    pub fn new(email: &str, password: &SecretString) -> Result<Self, Error> {
        Self::check(Some(email), Some(password), Faults::default())
    }

    fn check(
        email: Option<&str>,
        password: Option<&SecretString>,
        mut faults: Faults,
    ) -> Result<Self, Error> {
        let email = email.and_then(|text| faults.keep(parse_email(text)));
        let password = password.map(Password::new);
        let password = password
            .and_then(|password| faults.keep(policy::check_typed(password).map_err(refuse)));
        faults.finish(
            email
                .zip(password)
                .map(|(email, password)| Self { email, password }),
        )
    }
}

fn parse_email(text: &str) -> Result<EmailAddress, FieldFault> {
    EmailAddress::parse(text).map_err(|invalid| FieldFault::new("email", invalid))
}

/// Whether a registration was refused for the strength of its password.
fn is_for_strength(error: &Error) -> bool {
    let Error::Invalid(faults) = error else {
        return false;
    };
    let common = Broken::Password(PasswordRefused::Common);
    faults.iter().any(|fault| fault.broken == common)
}

fn refuse(refused: PasswordRefused) -> FieldFault {
    FieldFault::new("password", refused)
}

/// Makes an account and signs its owner in.
pub(crate) async fn register(
    hallpass: &Hallpass,
    registration: Registration,
    caller: &Caller,
) -> Result<Session, Error> {
    let (email, client) = (registration.email.clone(), caller.client);
    let registered = async {
        let turn = hallpass.hashing().reserve(client)?;
        throttle::admit_registration(hallpass, client).await?;
        sign_in::prepare(hallpass).await?;
        let user = create(hallpass, registration, turn).await?;
        sign_in::admit(hallpass, Proof::new(user, Method::Registration), caller)
    };
    registered
        .await
        .inspect_err(|error| audit::failed("sign_up", &email, client, error))
}

/// As [`register`], for a form that a person may send twice by one press too
/// many: the second signs in, from the browser that the first answer has made
/// known for the account.
///
/// From every other browser a taken address is refused, however old its account
/// is, and no password is compared.
pub(crate) async fn register_once(
    hallpass: &Hallpass,
    registration: Registration,
    caller: &Caller,
) -> Result<Session, Error> {
    let again = Credentials {
        email: registration.email.clone(),
        password: registration.password.clone(),
    };
    let refused = match register(hallpass, registration, caller).await {
        Err(refused @ Error::RegistrationRefused) => refused,
        outcome => return outcome,
    };
    if target(hallpass, &again.email, caller)
        .await?
        .device
        .is_none()
    {
        return Err(refused);
    }
    let signed_in = sign_in(hallpass, again, caller).await;
    signed_in.map_err(|error| match error {
        Error::InvalidCredentials | Error::RateLimited { .. } => refused,
        other => other,
    })
}

/// What a sign-in to this address is counted as: of a device that is known for
/// its account, or of the client.
async fn target(
    hallpass: &Hallpass,
    email: &EmailAddress,
    caller: &Caller,
) -> Result<Target, Error> {
    let resets = throttle::resets(hallpass, email.key()).await?;
    let mut device = None;
    if !caller.devices.is_empty()
        && let Some(user) = user::find_by_email(hallpass, email).await?
    {
        let owner = DeviceOwner {
            account: user.id,
            devices_after: resets.last,
        };
        device = caller
            .devices
            .known(hallpass.device_keys(), owner, hallpass.now());
    }
    Ok(Target {
        email: email.key().clone(),
        client: caller.client,
        device,
        resets,
    })
}

/// Makes an account without signing in.
pub(crate) async fn create(
    hallpass: &Hallpass,
    registration: Registration,
    turn: Reservation,
) -> Result<User, Error> {
    let Registration {
        email,
        password,
        name,
        image,
    } = registration;
    let password_hash = turn.hash(password).await?;
    user::create(
        hallpass,
        NewUser {
            email,
            name,
            image,
            password_hash,
        },
    )
    .await
}

/// Signs in the owner of an account.
///
/// An unknown address, an account without a password and a wrong password take
/// the same path, ask the same of the database and cost a hash of the accounts'.
pub(crate) async fn sign_in(
    hallpass: &Hallpass,
    credentials: Credentials,
    caller: &Caller,
) -> Result<Session, Error> {
    let (email, client) = (credentials.email.clone(), caller.client);
    let signed_in = async {
        let turn = hallpass.hashing().reserve(client)?;
        let target = target(hallpass, &email, caller).await?;
        let attempt = Attempt::begin(hallpass, &target).await?;
        sign_in::prepare(hallpass).await?;
        let Some(user) = verify(hallpass, credentials, turn).await? else {
            attempt.fail(hallpass).await?;
            return Err(Error::InvalidCredentials);
        };
        attempt.succeed(hallpass, &target).await?;
        sign_in::admit(hallpass, Proof::new(user, Method::Password), caller)
    };
    signed_in
        .await
        .inspect_err(|error| audit::failed("sign_in", &email, client, error))
}

/// What a verification for this address costs.
pub(crate) async fn sign_in_cost(
    hallpass: &Hallpass,
    email: &EmailAddress,
) -> Result<String, Error> {
    let drawn = Costs::of(hallpass, email.key()).await;
    let found = store::by_email(hallpass.db(), email).await?;
    let stored = found.and_then(|row| row.password_hash);
    let cost = stored.as_ref().and_then(HashCost::of_stored);
    Ok(cost.unwrap_or(drawn).to_string())
}

/// The owner of the account, if the password is theirs.
async fn verify(
    hallpass: &Hallpass,
    credentials: Credentials,
    turn: Reservation,
) -> Result<Option<User>, Error> {
    let Credentials { email, password } = credentials;
    let otherwise = Costs::of(hallpass, email.key()).await;
    let found = store::by_email(hallpass.db(), &email).await?;
    let (user, stored) = found.map_or((None, None), |row| (Some(row.user), row.password_hash));
    let verdict = turn.verify(password, stored.clone(), otherwise).await?;
    let Some(user) = user.filter(|_| verdict.correct) else {
        return Ok(None);
    };
    if let (Some(old), Some(new)) = (stored, verdict.replacement)
        && let Err(error) = upgrade(hallpass, user.id, &old, &new).await
    {
        // The password was right: its hash is replaced another time.
        tracing::warn!(%error, user_id = %user.id, "a password hash could not be replaced");
    }
    Ok(Some(user))
}

/// Compares and sets: a password changed meanwhile is not put back.
async fn upgrade(
    hallpass: &Hallpass,
    id: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    let now = hallpass.now();
    let mut tx = hallpass.db().begin().await?;
    store::upgrade_hash(&mut tx, id, store::Upgrade { old, new, now }).await?;
    tx.commit().await
}

/// Gives an account a new password, and its address a clean slate.
pub(crate) async fn set_password(
    hallpass: &Hallpass,
    user: &User,
    password: Password,
    client: Client,
) -> Result<(), Error> {
    let email = EmailAddress::parse(&user.email).map_err(Error::internal)?;
    let weighing = {
        let (hallpass, email) = (hallpass.clone(), email.clone());
        move || {
            let refused = policy::check(hallpass.settings(), Some(&email), &password);
            if refused.is_empty() {
                Ok(password)
            } else {
                Err(Error::Invalid(refused.into_iter().map(refuse).collect()))
            }
        }
    };
    let hashing = hallpass.hashing();
    let password = hashing.reserve(client)?.weigh(weighing).await??;
    let hash = hashing.reserve(client)?.hash(password).await?;
    let mut tx = hallpass.db().begin().await?;
    let set = store::set_hash(&mut tx, user.id, &hash, hallpass.now()).await?;
    tx.commit().await?;
    let _: UserId = set.ok_or(Error::NotFound)?;
    throttle::reset(hallpass, email.key()).await
}

impl From<HashingRefused> for Error {
    fn from(refused: HashingRefused) -> Self {
        match refused {
            HashingRefused::Overloaded { retry_after } => Self::Overloaded { retry_after },
            other => Self::internal(other),
        }
    }
}
