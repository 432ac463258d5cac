//! A PostgreSQL of a test's own, which may be stopped and started.

use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What `make test` has put into the environment.
pub(super) fn from_make_test(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("run the tests through `make test`, which starts PostgreSQL"))
}

/// User and group of somebody without privileges, when root runs the tests.
pub(crate) fn unprivileged_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let name = std::env::var("HALLPASS_TEST_POSTGRES_USER");
    let name = name.unwrap_or_else(|_| "nobody".to_owned());
    let ask = |option: &str| {
        let said = Command::new("id").args([option, &name]).output().unwrap();
        let id = String::from_utf8(said.stdout).unwrap();
        id.trim().parse().unwrap()
    };
    Some((ask("-u"), ask("-g")))
}

pub(crate) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let mut cluster = Self {
            folder: TempDir::new().unwrap(),
            programs: PathBuf::from(from_make_test("HALLPASS_TEST_POSTGRES_BIN")),
            port: 0,
        };
        if let Some((user, group)) = unprivileged_user() {
            chown(cluster.folder.path(), Some(user), Some(group)).unwrap();
        }
        cluster.must(
            "initdb",
            &["--username=hallpass", "--auth=trust", "--no-sync"],
        );
        // PostgreSQL itself finds out whether a port is free. Outgoing
        // connections are given none of these, so it stays so.
        for _ in 0..10 {
            cluster.port =
                10_240 + u16::try_from(RandomState::new().hash_one(()) % 22_000).unwrap();
            if cluster.starts() {
                return cluster;
            }
        }
        panic!("PostgreSQL does not start: {}", cluster.log());
    }

    /// Kills it, as a crash does.
    pub(crate) fn crash(&self) {
        self.must("pg_ctl", &["-m", "immediate", "stop"]);
    }

    pub(crate) fn start_again(&self) {
        assert!(
            self.starts(),
            "PostgreSQL does not start again: {}",
            self.log()
        );
    }

    /// What to set `DATABASE_URL` to.
    pub(crate) fn url(&self) -> String {
        format!("postgres://hallpass@127.0.0.1:{}/postgres", self.port)
    }

    fn starts(&self) -> bool {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off",
            self.port
        );
        let log = self.folder.path().join("log");
        self.run(
            "pg_ctl",
            &["-o", &options, "-l", log.to_str().unwrap(), "-w", "start"],
        )
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn must(&self, program: &str, arguments: &[&str]) {
        assert!(
            self.run(program, arguments),
            "{program} {arguments:?} fails"
        );
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(self.programs.join(program));
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(arguments);
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some((user, group)) = unprivileged_user() {
            command.uid(user).gid(group);
        }
        command.status().unwrap().success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-m", "immediate", "stop"]);
    }
}
