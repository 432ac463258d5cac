//! A PostgreSQL of a test's own, which may be stopped and started.

use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
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
    encrypted: bool,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::start_with(false)
    }

    /// One that offers TLS, by a certificate for `127.0.0.1` of the authority
    /// [`Cluster::authority`].
    pub(crate) fn start_encrypted() -> Self {
        Self::start_with(true)
    }

    fn start_with(encrypted: bool) -> Self {
        let mut cluster = Self {
            folder: TempDir::new().unwrap(),
            programs: PathBuf::from(from_make_test("HALLPASS_TEST_POSTGRES_BIN")),
            port: 0,
            encrypted,
        };
        if encrypted {
            cluster.certify();
        }
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
        self.url_of("hallpass", "postgres")
    }

    /// As [`Cluster::url`], of another role and its database.
    pub(crate) fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement as the superuser.
    pub(crate) async fn execute(&self, sql: &str) {
        self.execute_by(&self.url(), sql).await;
    }

    /// As [`Cluster::execute`], in the database `app`.
    pub(crate) async fn execute_in_app(&self, sql: &str) {
        self.execute_by(&self.url_of("hallpass", "app"), sql).await;
    }

    async fn execute_by(&self, url: &str, sql: &str) {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection);
        done.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.unwrap();
    }

    /// The one number of a query.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let number = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection);
        let number = number
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.unwrap();
        number
    }

    /// What signs the server's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.crt")
    }

    fn certify(&self) {
        let file = |name: &str| self.folder.path().join(name);
        let (authority, its_key) = (self.authority(), file("authority.key"));
        let (certificate, key) = (file("server.crt"), file("server.key"));
        request(&authority, &its_key, &["-subj", "/CN=Authority"]);
        let signed_by = [
            "-CA",
            authority.to_str().unwrap(),
            "-CAkey",
            its_key.to_str().unwrap(),
        ];
        let name = ["-subj", "/CN=db", "-addext", "subjectAltName=IP:127.0.0.1"];
        let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
        request(&certificate, &key, &[&signed_by[..], &name, &leaf].concat());
        if let Some((user, group)) = unprivileged_user() {
            chown(key, Some(user), Some(group)).unwrap();
            chown(certificate, Some(user), Some(group)).unwrap();
        }
    }

    fn starts(&self) -> bool {
        let place = self.folder.path().display();
        let tls = if self.encrypted {
            format!(
                " -c ssl=on -c ssl_cert_file={place}/server.crt -c ssl_key_file={place}/server.key"
            )
        } else {
            String::new()
        };
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off{tls}",
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

/// Has openssl make a key and a certificate for two days.
fn request(certificate: &Path, key: &Path, more: &[&str]) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
    openssl.args(["ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
    openssl.arg("-keyout").arg(key).arg("-out").arg(certificate);
    let made = openssl.args(more).output().unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "openssl: {said}");
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-m", "immediate", "stop"]);
    }
}
