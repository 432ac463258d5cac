//! `hallpass doctor` and the start agree: what the one calls serious, the other
//! logs as a warning.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use serde_json::Value;

use crate::rig::{Database, Ended, Engine, Launch, Place, SECRET, events, unprivileged_user};

const TARGET: &str = "hallpass::doctor";

/// Setting, finding and fix of each serious finding.
type Findings = Vec<[String; 3]>;

fn fields(value: &Value, names: [&str; 3]) -> [String; 3] {
    names.map(|name| value[name].as_str().unwrap_or_default().to_owned())
}

fn serious(ended: &Ended) -> Findings {
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let checks = report["checks"].as_array().unwrap().iter();
    let serious = checks.filter(|check| check["level"] == "serious");
    serious
        .map(|check| fields(check, ["name", "finding", "fix"]))
        .collect()
}

/// What a server has logged of its set-up so far.
fn warned(log: &str) -> Findings {
    let events = events(log);
    let ours = events.iter().filter(|event| event["target"] == TARGET);
    ours.map(|event| {
        assert_eq!(event["level"], "WARN");
        assert_eq!(event["severity"], "serious");
        let [setting, message, fix] = fields(event, ["setting", "message", "fix"]);
        let finding = message.strip_prefix(&format!("{setting} ")).unwrap();
        [setting, finding.to_owned(), fix]
    })
    .collect()
}

async fn doctor(launch: Launch) -> Ended {
    launch.argument("doctor").argument("--json").end().await
}

/// A set-up of production in which five things are wrong.
fn broken(place: &Place) -> Launch {
    place
        .launch()
        .set("BETTER_AUTH_URL", "https://auth.example.com.")
        .set("BETTER_AUTH_SECRET", SECRET)
        .set("CORS_ORIGINS", "http://app.example.com.")
        .set("HALLPASS_RATE_LIMIT", "off")
        .set("HALLPASS_SIGNINGS", "eddsa")
}

#[tokio::test]
async fn serious_findings_are_logged_at_start() {
    let place = Place::new();
    let expected = serious(&doctor(broken(&place)).await);
    let settings: Vec<_> = expected
        .iter()
        .map(|[setting, ..]| setting.as_str())
        .collect();
    assert_eq!(
        settings,
        [
            "HALLPASS_SIGNINGS",
            "BETTER_AUTH_URL",
            "TRUSTED_PROXIES",
            "CORS_ORIGINS",
            "HALLPASS_RATE_LIMIT"
        ]
    );
    let server = broken(&place).start().await;
    let ended = server.stop().await;
    assert_eq!(warned(&ended.err), expected);
}

#[tokio::test]
async fn content_doctor_leaves_log_alone() {
    let place = Place::new();
    let launch = || place.launch().set("HALLPASS_RATE_LIMIT", "off");
    let ended = doctor(launch()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = launch().start().await.stop().await;
    assert_eq!(warned(&ended.err), Findings::new());
}

/// The database is asked while the server answers already.
#[tokio::test]
async fn read_only_database_is_logged() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let launch = place.over(&database);
    launch.clone().argument("migrate").end().await;
    let url = database.url();
    let separator = if url.contains('?') {
        "%20"
    } else {
        "?options="
    };
    let standby = format!("{url}{separator}-cdefault_transaction_read_only%3Don");
    let launch = launch.set("DATABASE_URL", standby);
    let expected = serious(&doctor(launch.clone()).await);
    let [[setting, finding, _]] = &expected[..] else {
        panic!("{expected:?}");
    };
    assert_eq!(setting, "DATABASE_URL");
    assert!(finding.contains("takes no writes"), "{finding}");
    let server = launch.argument("serve").argument("--no-migrate");
    let server = server.start().await;
    let finds = |line: &str| line.contains("takes no writes");
    server.process.err.line(finds).await.unwrap();
    assert_eq!(warned(&server.stop().await.err), expected);
    database.remove().await;
}

/// As a user who is not root, since root may write anything.
#[tokio::test]
async fn unwritable_folder_is_fixed() {
    let (place, programs) = (Place::new(), Place::new());
    fs::set_permissions(programs.path("."), Permissions::from_mode(0o755)).unwrap();
    let launch = || match unprivileged_user() {
        Some(user) => place.launch().run_as(user, &programs.path("hallpass")),
        None => place.launch(),
    };
    let data = place.path("hallpass-data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o555)).unwrap();
    if let Some((user, group)) = unprivileged_user() {
        chown(place.path("."), Some(user), Some(group)).unwrap();
    }
    let found = serious(&doctor(launch()).await);
    let [[setting, finding, fix]] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(setting, "HALLPASS_DATA_DIR");
    assert_eq!(finding, "./hallpass-data cannot be written by this user");
    let steps = fix.split("  # ").next().unwrap();
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", steps]).current_dir(place.path("."));
    assert!(shell.status().unwrap().success(), "{fix}");
    assert_eq!(serious(&doctor(launch()).await), Findings::new());
    launch().start().await.stop().await;
}
