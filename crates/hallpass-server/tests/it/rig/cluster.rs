//! A PostgreSQL of a test's own, which may be stopped and started.

use std::net::TcpListener;
use std::os::unix::fs::chown;
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
    let name = std::env::var("HALLPASS_TEST_POSTGRES_USER").ok()?;
    let ask = |option: &str| {
        let said = Command::new("id")
            .args([option, &name])
            .output()
            .unwrap()
            .stdout;
        String::from_utf8(said).unwrap().trim().parse().unwrap()
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
        let cluster = Self {
            folder: TempDir::new().unwrap(),
            programs: PathBuf::from(from_make_test("HALLPASS_TEST_POSTGRES_BIN")),
            // Free a moment ago; should somebody have taken it since, the test
            // says so.
            port: TcpListener::bind(("127.0.0.1", 0))
                .unwrap()
                .local_addr()
                .unwrap()
                .port(),
        };
        if let Some((user, group)) = unprivileged_user() {
            chown(cluster.folder.path(), Some(user), Some(group)).unwrap();
        }
        let options = [
            "--username=hallpass",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        ];
        cluster.run("initdb", &[&options[..], &["--no-sync"]].concat());
        cluster.start_again();
        cluster
    }

    /// Kills it, as a crash does.
    pub(crate) fn crash(&self) {
        self.run("pg_ctl", &["-m", "immediate", "stop"]);
    }

    pub(crate) fn start_again(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off",
            self.port
        );
        let log = self.folder.path().join("log");
        self.run(
            "pg_ctl",
            &["-o", &options, "-l", log.to_str().unwrap(), "-w", "start"],
        );
    }

    /// What to set `DATABASE_URL` to.
    pub(crate) fn url(&self) -> String {
        format!("postgres://hallpass@127.0.0.1:{}/postgres", self.port)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        use std::os::unix::process::CommandExt as _;

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
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(
            self.command("pg_ctl", &["-m", "immediate", "stop"])
                .status(),
        );
    }
}
