//! The library as an embedder calls it, without HTTP.

use std::fmt::Write as _;

use hallpass::rls::{OwnedSql, UserRows};
use hallpass::{
    Client, Credentials, DatabaseUrl, DisplayName, EmailAddress, Error, ErrorCode, ImageUrl,
    Registration, SigningSecret, User, UserChanges, UserId,
};

use crate::rig::{PASSWORD, TestApp, on_both_engines};

/// Hallpass keeps ids as the rows of users do by default.
const OWN_ADDRESS: OwnedSql = OwnedSql::new("select email from users where id = $1");

fn registration(app: &TestApp, email: &str) -> Registration {
    Registration::new(
        app.hallpass.settings(),
        email,
        &PASSWORD.into(),
        Some("Somebody"),
    )
    .unwrap()
}

fn client() -> Client {
    Client::new("192.0.2.1".parse().unwrap())
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ErrorCode {
    outcome.unwrap_err().code()
}

on_both_engines! {
    async fn a_session_is_a_user_and_a_token_that_verifies(app) {
        let registered = app.hallpass.register(registration(&app, "ann@example.com"), client()).await.unwrap();
        let credentials = Credentials::new("ANN@example.com", &PASSWORD.into()).unwrap();
        let session = app.hallpass.sign_in(credentials, client()).await.unwrap();
        assert_eq!(session.user, registered.user);
        let bearer = app.hallpass.verify(session.token.expose()).unwrap();
        assert_eq!(bearer.user_id, session.user.id);
        assert_eq!(bearer.expires_at.unix_seconds(), app.now() + 3600);
        app.advance(3600);
        assert_eq!(code(app.hallpass.verify(session.token.expose())), ErrorCode::TokenExpired);
        assert_eq!(code(app.hallpass.verify("nonsense")), ErrorCode::InvalidToken);
    }

    async fn a_bearer_opens_their_own_rows(app) {
        let session = app.hallpass.register(registration(&app, "ann@example.com"), client()).await.unwrap();
        let bearer = app.hallpass.verify(session.token.expose()).unwrap();
        assert!(!format!("{bearer:?}").contains("ann@example.com"));
        let rows = UserRows::connect(&app.database.url_text()).unwrap();
        let mut scope = rows.begin(&bearer).await.unwrap();
        let (email,): (String,) = scope.query(OWN_ADDRESS).fetch_one().await.unwrap();
        assert_eq!(email, "ann@example.com");
        scope.commit().await.unwrap();
        rows.close().await;
    }

    async fn an_operator_makes_as_many_accounts_as_needed(app) {
        for at in 0..25 {
            let email = format!("a{at}@example.com");
            let user = app.hallpass.create_user(registration(&app, &email)).await.unwrap();
            assert_eq!(user.email, email);
        }
        assert_eq!(app.database.number("select count(*) from throttle").await, 0);
        let taken = app.hallpass.create_user(registration(&app, "A7@Example.com")).await;
        assert_eq!(code(taken), ErrorCode::RegistrationRefused);
    }

    async fn users_are_found_by_identity_and_by_any_spelling(app) {
        let ann = app.hallpass.create_user(registration(&app, "J\u{f6}rg@B\u{fc}cher.example")).await.unwrap();
        assert_eq!(app.hallpass.find_user(ann.id).await.unwrap(), Some(ann.clone()));
        for spelling in ["j\u{f6}rg@b\u{fc}cher.example", "JO\u{308}RG@xn--bcher-kva.example"] {
            let email = EmailAddress::parse(spelling).unwrap();
            assert_eq!(app.hallpass.find_user_by_email(&email).await.unwrap(), Some(ann.clone()));
        }
        let nobody = EmailAddress::parse("nobody@example.com").unwrap();
        assert_eq!(app.hallpass.find_user_by_email(&nobody).await.unwrap(), None);
        let unknown = UserId::parse("01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f").unwrap();
        assert_eq!(app.hallpass.find_user(unknown).await.unwrap(), None);
    }

    async fn users_are_listed_in_the_order_in_which_they_came(app) {
        let mut made = Vec::new();
        for at in 0..7 {
            made.push(app.hallpass.create_user(registration(&app, &format!("a{at}@example.com"))).await.unwrap());
            app.clock.advance(std::time::Duration::from_millis(1));
        }
        let first = app.hallpass.list_users(None, 3).await.unwrap();
        assert_eq!(first, made[..3]);
        let rest = app.hallpass.list_users(Some(first[2].id), 100).await.unwrap();
        assert_eq!(rest, made[3..]);
        assert_eq!(app.hallpass.list_users(Some(made[6].id), 100).await.unwrap(), []);
        assert_eq!(app.hallpass.list_users(None, 0).await.unwrap(), []);
    }

    async fn what_somebody_is_called_and_looks_like_is_changed_and_taken_away(app) {
        let ann = app.hallpass.create_user(registration(&app, "ann@example.com")).await.unwrap();
        app.advance(60);
        let name = |text: &str| UserChanges { name: DisplayName::parse(text).unwrap().into(), ..UserChanges::default() };
        let image = |text: &str| UserChanges { image: ImageUrl::parse(text).unwrap().into(), ..UserChanges::default() };
        let shown = |user: User| (user.name, user.image);
        let renamed = app.hallpass.change_user(ann.id, &name("Ann")).await.unwrap();
        assert_eq!((renamed.name.as_deref(), renamed.updated_at), (Some("Ann"), app.clock.now()));
        assert_eq!((renamed.id, renamed.created_at), (ann.id, ann.created_at));
        let pictured = app.hallpass.change_user(ann.id, &image("/ann.png")).await.unwrap();
        assert_eq!(shown(pictured), (Some("Ann".to_owned()), Some("/ann.png".to_owned())));
        let nameless = app.hallpass.change_user(ann.id, &name("")).await.unwrap();
        assert_eq!(shown(nameless), (None, Some("/ann.png".to_owned())));
        let bare = app.hallpass.change_user(ann.id, &image("")).await.unwrap();
        assert_eq!(shown(bare), (None, None));
        let untouched = app.hallpass.change_user(ann.id, &UserChanges::default()).await.unwrap();
        assert_eq!(shown(untouched), (None, None));
    }

    async fn a_new_password_follows_the_rules_and_takes_the_old_ones_place(app) {
        let ann = app.hallpass.create_user(registration(&app, "margarethe@example.com")).await.unwrap();
        for refused in ["short", "password", "xx-margarethe-7"] {
            assert_eq!(code(app.hallpass.set_password(&ann, refused.into()).await), ErrorCode::ValidationFailed, "{refused}");
        }
        app.hallpass.set_password(&ann, "another marble 7 otter".into()).await.unwrap();
        assert_eq!(app.sign_in("margarethe@example.com", PASSWORD).await.status, 401);
        assert_eq!(app.sign_in("margarethe@example.com", "another marble 7 otter").await.status, 200);
    }

    async fn a_deleted_account_is_gone(app) {
        let ann = app.hallpass.create_user(registration(&app, "ann@example.com")).await.unwrap();
        app.hallpass.delete_user(ann.id).await.unwrap();
        assert_eq!(app.database.users().await, 0);
        assert_eq!(code(app.hallpass.delete_user(ann.id).await), ErrorCode::NotFound);
        assert_eq!(code(app.hallpass.set_password(&ann, "another marble 7 otter".into()).await), ErrorCode::NotFound);
        assert_eq!(code(app.hallpass.change_user(ann.id, &UserChanges::default()).await), ErrorCode::NotFound);
        app.hallpass.create_user(registration(&app, "ann@example.com")).await.unwrap();
    }

    async fn what_is_closed_says_that_the_database_is_away(app) {
        let ann = app.account("ann@example.com").await;
        let server = app.another();
        assert_eq!(server.me(&ann.token).await.status, 200);
        server.hallpass.close().await;
        assert_eq!(server.me_may_fail(&ann.token).await.verdict(), (503, "database_unavailable".to_owned()));
        assert_eq!(app.me(&ann.token).await.status, 200);
    }

    async fn asvs_16_2_5_debug_output_holds_no_secret_and_no_personal_data(app) {
        let canary = "canary-7Qz";
        let secret = SigningSecret::new(&format!("{canary} is in this secret of 40 bytes").into()).unwrap();
        let url = DatabaseUrl::parse(&format!("postgres://user:{canary}@localhost/db"), std::path::Path::new("")).unwrap();
        let server = app.with(|settings| settings.signing_secret = secret);
        let typed = format!("{canary} marble");
        let registration = Registration::new(
            server.hallpass.settings(), &format!("{canary}@example.com"), &"marble otter 9 quilt".into(), None,
        ).unwrap();
        let credentials = Credentials::new("ann@example.com", &typed.as_str().into()).unwrap();
        let mut output = format!("{registration:?} {credentials:?} {url:?} {url} {:?}", server.hallpass);
        let session = server.hallpass.register(registration, client()).await.unwrap();
        write!(output, "{session:?} {:?} {:?}", session.token, session.user).unwrap();
        let lower = output.to_lowercase();
        assert!(!lower.contains(&canary.to_lowercase()), "{output}");
        assert!(!output.contains(session.token.expose()) && !output.contains("marble"), "{output}");
    }
}

#[test]
fn asvs_11_2_3_a_weak_secret_does_not_sign() {
    let weak = [
        String::new(),
        "short".to_owned(),
        "x".repeat(31),
        "x".repeat(64),
        "abababababababababababababababababab".to_owned(),
        "better-auth-secret-12345678901234567890".to_owned(),
        "a-string-secret-at-least-256-bits-long".to_owned(),
        "your-256-bit-secret-your-256-bit-secret".to_owned(),
    ];
    for secret in weak {
        assert!(
            SigningSecret::new(&secret.as_str().into()).is_err(),
            "{secret}"
        );
    }
    let fresh = SigningSecret::generate().unwrap();
    assert!(SigningSecret::new(&fresh).is_ok());
}

/// SQLite would let everybody read it.
#[cfg(unix)]
#[tokio::test]
async fn a_database_file_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::whose_database_is_not_asked().with(|settings| {
        settings.database = DatabaseUrl::sqlite_file(folder.path().join("app.db"));
    });
    app.hallpass.migrate().await.unwrap();
    app.account("ann@example.com").await;
    for name in ["app.db", "app.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    app.hallpass.close().await;
}
