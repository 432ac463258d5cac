//! Runs the binary in a folder of its own, with nothing of the environment in
//! which the tests run.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[expect(clippy::disallowed_types, reason = "names of schemas cannot be bound")]
use sqlx::AssertSqlSafe;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use url::Url;

const HALLPASS: &str = env!("CARGO_BIN_EXE_hallpass");

/// Set where this test runs itself again.
const AGAIN: &str = "EXAMPLES_IN_A_CLEARED_ENVIRONMENT";

/// The examples in the `.trycmd` files. They run in a process of their own,
/// since that is the only way to take its environment away.
#[test]
fn documented_commands_do_what_is_written() {
    if environment(AGAIN).is_some() {
        return run_examples();
    }
    let bin = Path::new(HALLPASS).parent().unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([
        "rig::documented_commands_do_what_is_written",
        "--exact",
        "--nocapture",
    ]);
    // A filter: `cargo test --test cli documented -- trycmd=user`
    again.args(std::env::args().filter(|argument| argument.starts_with("trycmd=")));
    again
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env(AGAIN, "yes");
    again.envs(environment("TRYCMD").map(|mode| ("TRYCMD", mode)));
    assert!(again.stdin(Stdio::null()).status().unwrap().success());
}

fn run_examples() {
    let cases = trycmd::TestCases::new();
    cases.register_bin("hallpass", PathBuf::from(HALLPASS));
    // Of a name that is not registered, trycmd skips the step without a word.
    cases.register_bin("sh", PathBuf::from("/bin/sh"));
    cases.case("tests/cli/*.trycmd").run();
}

#[expect(
    clippy::disallowed_methods,
    reason = "how this test and trycmd are told what to do"
)]
fn environment(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// A folder that is empty at first, and goes at the end.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs statements on the database that the commands have made here.
    pub(crate) async fn sqlite(&self, sql: &'static str) {
        let path = self.path().join("hallpass-data/hallpass.db");
        let mut database = SqliteConnection::connect(&format!("sqlite://{}", path.display()))
            .await
            .unwrap();
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    }

    /// Every file, with its folders.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.push(
                    path.strip_prefix(self.path())
                        .unwrap()
                        .display()
                        .to_string(),
                );
            }
        }
        found.sort();
        found
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[], "")
    }

    pub(crate) fn run_with(&self, args: &[&str], environment: &[(&str, &str)], input: &str) -> Ran {
        let mut command = Command::new(HALLPASS);
        command.args(args).current_dir(self.path());
        command.env_clear().envs(environment.iter().copied());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        // A command that does not read has closed it.
        let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
        Ran(running.wait_with_output().unwrap())
    }
}

/// What came of a command.
pub(crate) struct Ran(Output);

impl Ran {
    /// Data and talk of a command that did what it was asked to; of one that
    /// prints JSON, the data alone.
    pub(crate) fn succeeds(&self) -> String {
        self.exits(0)
    }

    pub(crate) fn fails(&self, code: i32) -> String {
        self.exits(code)
    }

    fn exits(&self, code: i32) -> String {
        let data = String::from_utf8(self.0.stdout.clone()).unwrap();
        let talk = String::from_utf8(self.0.stderr.clone()).unwrap();
        assert_eq!(self.0.status.code(), Some(code), "{data}{talk}");
        if data.starts_with(['{', '[']) {
            data
        } else {
            format!("{data}{talk}")
        }
    }
}

/// An empty schema of this name on the tests' PostgreSQL, and the URL of a
/// database that has nothing else.
#[expect(clippy::disallowed_methods, reason = "where the tests' PostgreSQL is")]
pub(crate) async fn postgres_schema(name: &str) -> String {
    let admin = std::env::var("HALLPASS_TEST_POSTGRES")
        .unwrap_or_else(|_| panic!("run the tests through `make test`, which starts PostgreSQL"));
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    let fresh = format!("drop schema if exists {name} cascade; create schema {name}");
    sqlx::raw_sql(AssertSqlSafe(fresh))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut url = Url::parse(&admin).unwrap();
    url.set_query(Some(&format!("options=-csearch_path%3D{name}")));
    url.into()
}
