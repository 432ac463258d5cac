//! `hallpass user`

use std::fmt::Display;

use hallpass::{EmailAddress, Error, Hallpass, Password, Registration, Timestamp, User, UserId};
use serde::Serialize;

use super::library::Secret;
use super::{input, library, output};
use crate::cli::{JsonArgs, UserCommand};
use crate::exit::Failure;
use crate::paint::{BOLD, DIM, paint};

/// Accounts are read this many at a time.
const PAGE: u32 = 500;

pub(super) fn run(command: UserCommand) -> Result<(), Failure> {
    // The counts of tries that a new password resets are kept under it.
    let secret = match &command {
        UserCommand::SetPassword { .. } => Secret::Needed,
        _ => Secret::AnyWillDo,
    };
    library::ready(secret, async |hallpass| match command {
        UserCommand::Create {
            email,
            name,
            output,
        } => create(hallpass, &email, name.as_deref(), output).await,
        UserCommand::List { output } => list(hallpass, output).await,
        UserCommand::Show { user, output } => show(&find(hallpass, &user).await?, output),
        UserCommand::SetPassword { user } => set_password(hallpass, &user).await,
        UserCommand::Delete { user, yes } => delete(hallpass, &user, yes).await,
    })
}

async fn create(
    hallpass: &Hallpass,
    email: &str,
    name: Option<&str>,
    output: JsonArgs,
) -> Result<(), Failure> {
    // What can be known is said before somebody types a password for nothing.
    match EmailAddress::parse(email) {
        Ok(address) if hallpass.find_user_by_email(&address).await?.is_some() => {
            return Err(taken());
        }
        Err(invalid) if input::is_terminal() => return Err(Failure::refused(invalid)),
        _ => {}
    }
    let password = input::new_password()?;
    let registration = Registration::new(hallpass.settings(), email, &password, name);
    let registration = registration.map_err(|error| explain("no account was made", error))?;
    let user = hallpass
        .create_user(registration)
        .await
        .map_err(|error| match error {
            Error::RegistrationRefused => taken(),
            other => other.into(),
        })?;
    output::say("The account is made.");
    show(&user, output)
}

fn taken() -> Failure {
    Failure::refused(
        "no account was made: there is one with this address; `hallpass user show` shows it",
    )
}

/// Every broken rule on a line of its own.
fn explain(outcome: impl Display, error: Error) -> Failure {
    let Error::Invalid(faults) = error else {
        return error.into();
    };
    let lines = faults
        .iter()
        .map(|fault| format!("\n  {}: {}", fault.field.unwrap_or("input"), fault.message));
    Failure::refused(format!("{outcome}:{}", lines.collect::<String>()))
}

async fn set_password(hallpass: &Hallpass, user: &str) -> Result<(), Failure> {
    let user = find(hallpass, user).await?;
    let password = input::new_password()?;
    let set = hallpass.set_password(&user, Password::new(&password)).await;
    set.map_err(|error| match error {
        Error::NotFound => gone(),
        other => explain("the password was not changed", other),
    })?;
    output::say(format!(
        "The password of {} is set. A token issued before stays valid until it expires, an hour at most.",
        output::harmless(&user.email)
    ));
    Ok(())
}

async fn delete(hallpass: &Hallpass, user: &str, yes: bool) -> Result<(), Failure> {
    let user = find(hallpass, user).await?;
    let email = output::harmless(&user.email);
    if !yes {
        if !input::is_terminal() {
            return Err(Failure::refused(format!(
                "{email} was not deleted: without a terminal, confirm it by --yes"
            )));
        }
        output::say(format!("This deletes the account of {email} for good."));
        confirm(&user)?;
    }
    hallpass
        .delete_user(user.id)
        .await
        .map_err(|error| match error {
            Error::NotFound => gone(),
            other => other.into(),
        })?;
    output::say(format!("The account of {email} is deleted."));
    Ok(())
}

fn confirm(user: &User) -> Result<(), Failure> {
    let typed = input::visible("Type the address to confirm")?;
    let same = match (
        EmailAddress::parse(&typed),
        EmailAddress::parse(&user.email),
    ) {
        (Ok(typed), Ok(theirs)) => typed.key() == theirs.key(),
        // An address of an older, laxer time.
        _ => typed == user.email,
    };
    if same {
        Ok(())
    } else {
        Err(Failure::refused(
            "nothing was deleted: that is not the address of the account",
        ))
    }
}

fn gone() -> Failure {
    Failure::refused("the account was deleted meanwhile")
}

async fn find(hallpass: &Hallpass, user: &str) -> Result<User, Failure> {
    let (found, by) = if let Some(id) = UserId::parse(user) {
        (hallpass.find_user(id).await?, "id")
    } else if let Ok(email) = EmailAddress::parse(user) {
        (hallpass.find_user_by_email(&email).await?, "address")
    } else {
        return Err(Failure::refused(format!(
            "{user:?} is neither an address nor the id of an account"
        )));
    };
    found.ok_or_else(|| {
        Failure::refused(format!(
            "there is no account with this {by}; `hallpass user list` lists all"
        ))
    })
}

/// An account as the API shows it.
#[derive(Serialize)]
struct UserJson<'a> {
    id: String,
    email: &'a str,
    name: Option<&'a str>,
    created_at: Timestamp,
}

impl<'a> From<&'a User> for UserJson<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id.to_string(),
            email: &user.email,
            name: user.name.as_deref(),
            created_at: user.created_at,
        }
    }
}

fn show(user: &User, output: JsonArgs) -> Result<(), Failure> {
    if output.json {
        return output::print_json(&UserJson::from(user));
    }
    output::print_row("id", user.id)?;
    output::print_row("email", paint(BOLD, output::harmless(&user.email)))?;
    output::print_row(
        "name",
        user.name
            .as_deref()
            .map_or_else(|| "(none)".to_owned(), output::harmless),
    )?;

    output::print_row("created", user.created_at)?;
    output::print_row("changed", user.updated_at)
}

async fn list(hallpass: &Hallpass, output: JsonArgs) -> Result<(), Failure> {
    let mut listing = Listing::new(output);
    let mut after = None;
    loop {
        let page = hallpass.list_users(after, PAGE).await?;
        listing.print(&page)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
    }
    listing.finish()
}

/// Prints accounts page by page: there may be more than fit into memory.
struct Listing {
    output: JsonArgs,
    printed: bool,
    /// The last object, which gets a comma if there is another one.
    held: Option<String>,
    email_width: usize,
}

impl Listing {
    fn new(output: JsonArgs) -> Self {
        Self {
            output,
            printed: false,
            held: None,
            email_width: "EMAIL".len(),
        }
    }

    fn print(&mut self, page: &[User]) -> Result<(), Failure> {
        if self.output.json {
            return self.print_json(page);
        }
        let widest = page
            .iter()
            .map(|user| user.email.chars().count())
            .max()
            .unwrap_or(0);
        self.email_width = self.email_width.max(widest);
        if !self.printed && !page.is_empty() {
            let header = format!(
                "{:<36}  {:<10}  {:<width$}  NAME",
                "ID",
                "CREATED",
                "EMAIL",
                width = self.email_width
            );
            output::print(paint(DIM, header))?;
            self.printed = true;
        }
        for user in page {
            let created: String = user
                .created_at
                .to_string()
                .chars()
                .take("2026-01-15".len())
                .collect();
            let email = format!(
                "{:<width$}",
                output::harmless(&user.email),
                width = self.email_width
            );
            let name = output::harmless(user.name.as_deref().unwrap_or_default());
            output::print(format!("{}  {created}  {email}  {name}", user.id).trim_end())?;
        }
        Ok(())
    }

    /// One array with an account on each line.
    fn print_json(&mut self, page: &[User]) -> Result<(), Failure> {
        for user in page {
            let user = serde_json::to_string(&UserJson::from(user)).map_err(Failure::refused)?;
            match self.held.replace(user) {
                Some(previous) => output::print(format!("  {previous},"))?,
                None => output::print("[")?,
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some(last) = self.held {
            return output::print(format!("  {last}\n]"));
        }
        if self.output.json {
            return output::print("[]");
        }
        if !self.printed {
            output::say("There are no accounts yet; `hallpass user create` makes one.");
        }
        Ok(())
    }
}
