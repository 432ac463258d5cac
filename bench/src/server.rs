//! Processes under measurement: started with nothing but what they are given,
//! on a port of their own, and gone when they are dropped.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::{NamedTempFile, TempDir};

use crate::clock::Moment;
use crate::http::{Connection, Request};
use crate::machine::proc_field;

/// Signs the tokens of every server here.
pub(crate) const SECRET: &str = "k3Vq9-benchmarks-sign-with-this-7Zt1Lw";

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to start.
#[derive(Clone, Debug)]
pub(crate) struct Launch<'a> {
    program: &'a Path,
    args: Vec<String>,
    settings: Vec<(&'static str, String)>,
    cpus: Option<String>,
    ready: &'static str,
}

impl<'a> Launch<'a> {
    /// The real server, on SQLite unless a database is named.
    pub(crate) fn hallpass(program: &'a Path, database: Option<&str>) -> Self {
        let mut settings = vec![
            ("BETTER_AUTH_SECRET", SECRET.to_owned()),
            ("HALLPASS_RATE_LIMIT", "off".to_owned()),
        ];
        settings.extend(database.map(|url| ("DATABASE_URL", url.to_owned())));
        Self {
            program,
            args: vec!["serve".to_owned()],
            settings,
            cpus: None,
            ready: "/readyz",
        }
    }

    /// A mode of this program.
    pub(crate) fn child(program: &'a Path, mode: &str) -> Self {
        Self {
            program,
            args: vec!["child".to_owned(), mode.to_owned()],
            settings: Vec::new(),
            cpus: None,
            ready: "/bare",
        }
    }

    /// With a setting more.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Only on these processors.
    pub(crate) fn on(mut self, cpus: Option<&str>) -> Self {
        self.cpus = cpus.map(ToOwned::to_owned);
        self
    }

    /// Starts it with a folder of its own, and waits until it answers.
    pub(crate) fn start(&self) -> Result<Server> {
        let home = tempfile::tempdir()?;
        let mut server = self.spawn(home.path())?;
        server.home = Some(home);
        server.wait_for(self.ready)?;
        Ok(server)
    }

    /// Starts it in a folder that outlives it, and does not wait.
    pub(crate) fn spawn(&self, home: &Path) -> Result<Server> {
        // Somebody else could take the port before the server does. It would
        // then not start, and the run end with what it says.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let log = log_file()?;
        let child = self
            .command()
            .args(&self.args)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("PORT", port.to_string())
            .env("HALLPASS_DATA_DIR", home)
            // Where there is no `.env`.
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // As in production, where the log is a file or a pipe.
            .stderr(log.reopen()?)
            .spawn()
            .with_context(|| format!("could not start {}", self.program.display()))?;
        Ok(Server {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            log,
            home: None,
        })
    }

    fn command(&self) -> Command {
        let Some(cpus) = &self.cpus else {
            return Command::new(self.program);
        };
        // `taskset` becomes the program, so the process id stays.
        let mut command = Command::new("taskset");
        command.args([OsStr::new("-c"), OsStr::new(cpus), self.program.as_os_str()]);
        command
    }
}

/// A running process that answers HTTP.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: NamedTempFile,
    /// Removed when the server has gone.
    home: Option<TempDir>,
}

impl Server {
    /// Waits for the first 200 from `path`, and says how long it took.
    pub(crate) fn wait_for(&mut self, path: &str) -> Result<Duration> {
        let began = Moment::now();
        let request = Request::get(path, None);
        loop {
            if let Ok(mut connection) = Connection::open(self.address)
                && let Ok(answer) = connection.send(&request)
                && answer.status == 200
            {
                return Ok(began.elapsed());
            }
            if self.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("the server did not start:\n{}", self.log_end());
            }
            thread::sleep(Duration::from_micros(500));
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let kill = Command::new("sh")
            .args([
                "-c",
                "kill -TERM \"$1\"",
                "sh",
                &self.child.id().to_string(),
            ])
            .status()?;
        let ended = self.child.wait()?;
        ensure!(
            kill.success() && ended.success(),
            "the server did not stop well"
        );
        Ok(())
    }

    /// A line of `/proc/PID/status`, in MiB.
    fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Ok(proc_field(&status, field)? / 1024.0)
    }

    /// The memory it holds now, in MiB.
    pub(crate) fn memory_now(&self) -> Result<f64> {
        self.memory("VmRSS")
    }

    /// The most memory it has ever held, in MiB.
    pub(crate) fn memory_peak(&self) -> Result<f64> {
        self.memory("VmHWM")
    }

    fn log_end(&self) -> String {
        let log = fs::read_to_string(self.log.path()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let from = lines.len().saturating_sub(10);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

/// In memory, where there is a place for it: how the disk keeps up with the log
/// is not what is measured.
fn log_file() -> io::Result<NamedTempFile> {
    NamedTempFile::new_in("/dev/shm").or_else(|_| NamedTempFile::new())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; what it leaves behind is temporary.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
