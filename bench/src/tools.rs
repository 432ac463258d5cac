//! What a run needs besides this program: `wrk`, and the server's binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::progress::Progress;

/// Makes sure that `wrk` is there, and installs Debian's package if that needs
/// no password.
pub(crate) fn ensure_wrk(progress: &Progress) -> Result<()> {
    if is_there("wrk", "-v") {
        return Ok(());
    }
    if is_there("apt-get", "--version") {
        let root: &[&str] = if succeeds(Command::new("test").args(["-w", "/etc/apt"])) {
            &["env"]
        } else {
            &["sudo", "-n"]
        };
        progress.say("installing the package wrk");
        let apt = |args: &[&str]| {
            let (program, rest) = root.split_first().unwrap_or((&"env", &[]));
            succeeds(Command::new(program).args(rest).args(args))
        };
        let install = "apt-get install -y -qq --no-install-recommends wrk";
        let words: Vec<&str> = install.split(' ').collect();
        if apt(&words) || (apt(&["apt-get", "update", "-qq"]) && apt(&words)) {
            return Ok(());
        }
    }
    bail!(
        "the load is made by wrk, and it is not on this machine. Install it:\n\n    \
         sudo apt-get install wrk        Debian, Ubuntu\n    \
         sudo dnf install wrk            Fedora\n    \
         sudo pacman -S wrk              Arch\n    \
         apk add wrk                     Alpine\n"
    )
}

/// Whether a program can be run at all; some of them exit with 1 for `-v`.
fn is_there(program: &str, flag: &str) -> bool {
    quiet(Command::new(program).arg(flag)).status().is_ok()
}

fn succeeds(command: &mut Command) -> bool {
    quiet(command).status().is_ok_and(|status| status.success())
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// Builds the server and says where its binary is: beside this program, in the
/// same target folder.
pub(crate) fn build_server(cargo: &Path, progress: &Progress) -> Result<PathBuf> {
    ensure!(
        !cfg!(debug_assertions),
        "a debug build measures the compiler: cargo run --release -p hallpass-bench"
    );
    let own = std::env::current_exe().context("where this program is")?;
    let folder = own.parent().context("this program is in no folder")?;
    let target = folder
        .parent()
        .context("this program is in no target folder")?;
    progress.say("building the server");
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--bin",
            "hallpass",
        ])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not run {}", cargo.display()))?;
    ensure!(
        output.status.success(),
        "the server does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(folder.join("hallpass"))
}

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().unwrap_or(bench).to_owned()
}
