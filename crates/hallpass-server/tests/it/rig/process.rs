//! The binary as a process: how it is started, what it says, how it ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{Api, Database, PATIENCE, SECRET, database_timeout, within};

/// A working folder, empty at first, that vanishes with the test.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Everything in it, as paths from it.
    pub(crate) fn entries(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let inside = path.strip_prefix(self.0.path()).unwrap();
                found.push(inside.to_str().unwrap().to_owned());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// A server that is yet to be started here, on a port that the system
    /// chooses. It waits long for the database, and stops without waiting for a
    /// load balancer to notice.
    pub(crate) fn launch(&self) -> Launch {
        Launch {
            folder: self.0.path().to_owned(),
            program: PathBuf::from(env!("CARGO_BIN_EXE_hallpass")),
            arguments: Vec::new(),
            settings: BTreeMap::new(),
            prelude: None,
            user: None,
        }
        .set("PORT", "0")
        // A test machine under load is no reason to answer 503.
        .set("HALLPASS_DATABASE_TIMEOUT", database_timeout())
        .set("HALLPASS_DRAIN", "0")
    }

    /// As [`Place::launch`], over this database, with a secret, and without the
    /// limits that a test of anything else would run into.
    pub(crate) fn over(&self, database: &Database) -> Launch {
        self.launch()
            .set("DATABASE_URL", database.url())
            .set("BETTER_AUTH_SECRET", SECRET)
            .set("HALLPASS_RATE_LIMIT", "off")
    }
}

/// A process that is yet to be started.
#[derive(Clone)]
#[must_use = "nothing runs before `start`, `spawn` or `end`"]
pub(crate) struct Launch {
    folder: PathBuf,
    program: PathBuf,
    arguments: Vec<String>,
    settings: BTreeMap<String, OsString>,
    prelude: Option<&'static str>,
    user: Option<(u32, u32)>,
}

impl Launch {
    pub(crate) fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.settings.remove(name);
        self
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Has a shell do something first, for what a process hands down to the
    /// one that takes its place: `umask`, `ulimit`, `trap`.
    pub(crate) fn after(mut self, prelude: &'static str) -> Self {
        self.prelude = Some(prelude);
        self
    }

    /// Runs a copy of the program, as this user.
    pub(crate) fn run_as(mut self, (user, group): (u32, u32), copy: &Path) -> Self {
        fs::copy(&self.program, copy).unwrap();
        copy.clone_into(&mut self.program);
        self.user = Some((user, group));
        self
    }

    /// Starts it and waits until it listens.
    pub(crate) async fn start(self) -> Server {
        self.spawn().listening().await
    }

    /// Starts it.
    pub(crate) fn spawn(self) -> Process {
        let mut command = match self.prelude {
            None => Command::new(&self.program),
            Some(prelude) => {
                let mut shell = Command::new("/bin/sh");
                shell
                    .arg("-c")
                    .arg(format!("{prelude}\nexec \"$0\" \"$@\""));
                shell.arg(&self.program);
                shell
            }
        };
        command.args(&self.arguments);
        command
            .env_clear()
            .envs(&self.settings)
            .current_dir(&self.folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        Process {
            out: Output::of(child.stdout.take().unwrap()),
            err: Output::of(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Starts it and waits for its end.
    pub(crate) async fn end(self) -> Ended {
        self.spawn().end().await
    }
}

/// A process that runs, and dies with the test.
pub(crate) struct Process {
    child: Child,
    pub(crate) out: Output,
    pub(crate) err: Output,
}

impl Process {
    pub(crate) fn pid(&self) -> Pid {
        let id = self.child.id().unwrap();
        Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until it listens.
    pub(crate) async fn listening(self) -> Server {
        let says = |line: &str| line.trim_start().starts_with("listens on");
        let Some(line) = self.out.line(says).await else {
            panic!("it ended instead of listening: {}", self.err.text());
        };
        let (_, port) = line.rsplit_once(':').unwrap();
        let port = port.parse().unwrap();
        Server {
            process: self,
            port,
            api: Api::new(port),
        }
    }

    /// Waits for its end, and takes what it has said.
    pub(crate) async fn end(mut self) -> Ended {
        let status = within(PATIENCE, "the process ends", self.child.wait()).await;
        let status = status.unwrap();
        Ended {
            code: status.code(),
            signal: status.signal(),
            out: self.out.whole().await,
            err: self.err.whole().await,
        }
    }
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A process that listens.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) port: u16,
    pub(crate) api: Api,
}

impl Server {
    /// Ends it as a power cut does: it gets no chance to do anything.
    pub(crate) async fn kill(self) -> Ended {
        self.process.signal(Signal::KILL);
        self.process.end().await
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(self) -> Ended {
        self.process.signal(Signal::TERM);
        let ended = self.process.end().await;
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended
    }
}

/// What a process writes to one of its streams, line by line.
pub(crate) struct Output {
    lines: watch::Receiver<Vec<String>>,
    reader: AbortHandle,
}

impl Output {
    fn of(stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (gathered, lines) = watch::channel(Vec::new());
        let reader = tokio::spawn(async move {
            let mut read = BufReader::new(stream).split(b'\n');
            while let Ok(Some(line)) = read.next_segment().await {
                let line = String::from_utf8_lossy(&line).into_owned();
                gathered.send_modify(|lines| lines.push(line));
            }
        });
        Self {
            lines,
            reader: reader.abort_handle(),
        }
    }

    /// Reads no more, so that the process has nobody to write to.
    pub(crate) async fn hang_up(&self) {
        self.reader.abort();
        self.whole().await;
    }

    /// The first line of which this holds, once it is there; `None` when the
    /// process closes the stream without it.
    pub(crate) async fn line(&self, holds: impl Fn(&str) -> bool) -> Option<String> {
        let mut lines = self.lines.clone();
        let found = |lines: &Vec<String>| lines.iter().any(|line| holds(line));
        let waited = within(PATIENCE, "the line is written", lines.wait_for(found)).await;
        let lines = waited.ok()?;
        lines.iter().find(|line| holds(line)).cloned()
    }

    /// What has been written by now.
    pub(crate) fn text(&self) -> String {
        self.lines.borrow().join("\n")
    }

    /// Everything, once the stream is closed.
    async fn whole(&self) -> String {
        let mut lines = self.lines.clone();
        let closed = lines.wait_for(|_| false);
        drop(within(PATIENCE, "the process closes its output", closed).await);
        self.text()
    }
}

/// The events of a log whose every line is JSON.
pub(crate) fn events(log: &str) -> Vec<Value> {
    let parse = |line: &str| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in this line: {line}"))
    };
    log.lines().map(parse).collect()
}
