//! `hallpass serve`, as the test's own process, over a folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// The program that is tested.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_hallpass");

/// Far beyond what a start takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that is stopped, and its folder removed, when it is dropped.
pub(crate) struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// Starts one on the defaults, on a free port, and waits until it says
    /// where it listens.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        let log = File::create(folder.path().join("server.log")).unwrap();
        let mut process = program(&folder.path().join("work"))
            .arg("serve")
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let greeting = BufReader::new(process.stdout.take().unwrap());
        let (found, port) = mpsc::channel();
        // Reads on to the end, so that the server never waits for a reader.
        std::thread::spawn(move || {
            for line in greeting.lines().map_while(Result::ok) {
                if let Some(url) = line.split_once("listens on").map(|(_, url)| url) {
                    let port = url
                        .trim()
                        .rsplit(':')
                        .next()
                        .and_then(|port| port.parse().ok());
                    found.send(port.unwrap_or(0)).ok();
                }
            }
        });
        let Ok(port) = port.recv_timeout(PATIENCE) else {
            let log = std::fs::read_to_string(folder.path().join("server.log"));
            panic!("the server did not start:\n{}", log.unwrap_or_default());
        };
        Self {
            process,
            port,
            folder,
        }
    }

    /// The folder it was started in.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The program in a folder, with an environment that holds nothing of the
/// machine's.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}
