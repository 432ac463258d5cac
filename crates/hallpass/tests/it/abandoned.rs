//! An embedder that drops the future of an operation, as a timeout does.

use std::pin::pin;
use std::task::{Context, Waker};

use hallpass::{Client, Credentials, DisplayName, Error, ErrorCode, Registration, UserChanges};

use crate::rig::{PASSWORD, TestApp, on_both_engines};

fn client() -> Client {
    Client::new("192.0.2.1".parse().unwrap())
}

fn registration(app: &TestApp, email: &str) -> Registration {
    Registration::new(app.hallpass.settings(), email, &PASSWORD.into(), None).unwrap()
}

/// Lets it begin, and drops it.
fn abandon<T>(operation: impl Future<Output = T>) {
    let operation = pin!(operation);
    let mut context = Context::from_waker(Waker::noop());
    // An engine that is very fast may have ended it already.
    drop(operation.poll(&mut context));
}

async fn guess(app: &TestApp) -> Result<(), Error> {
    let wrong = Credentials::new("ann@example.com", &"not the password".into()).unwrap();
    app.hallpass.sign_in(wrong, client()).await.map(|_| ())
}

on_both_engines! {
    async fn abandoned_guesses_are_counted(app) {
        app.hallpass.create_user(registration(&app, "ann@example.com")).await.unwrap();
        for _ in 0..5 {
            abandon(guess(&app));
        }
        let mut heard = 0;
        loop {
            match guess(&app).await.unwrap_err().code() {
                ErrorCode::InvalidCredentials => heard += 1,
                code => {
                    assert_eq!(code, ErrorCode::RateLimited);
                    break;
                }
            }
        }
        assert!(heard < 5, "none of the abandoned ones was counted");
    }

    async fn abandoned_change_is_made(app) {
        let ann = app.hallpass.create_user(registration(&app, "ann@example.com")).await.unwrap();
        let name = DisplayName::parse("Ann II").unwrap().into();
        let changes = UserChanges { name, ..UserChanges::default() };
        abandon(app.hallpass.change_user(ann.id, &changes));
        loop {
            let now = app.hallpass.find_user(ann.id).await.unwrap().unwrap();
            if now.name.as_deref() == Some("Ann II") {
                break;
            }
        }
    }

    async fn abandoned_registration_makes_account(app) {
        abandon(app.hallpass.register(registration(&app, "ann@example.com"), client()));
        let ann = hallpass::EmailAddress::parse("ann@example.com").unwrap();
        while app.hallpass.find_user_by_email(&ann).await.unwrap().is_none() {}
    }
}
