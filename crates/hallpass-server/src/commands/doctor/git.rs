//! Secrets in a git work tree: the next commit may publish them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::fix::{Fix, quoted};
use super::report::Report;

/// Warns of a file or folder with secrets that git does not ignore.
pub(super) fn check(name: &str, path: &Path, report: &mut Report) {
    let Some(tree) = work_tree(path).filter(|tree| is_not_ignored(tree, path)) else {
        return;
    };
    let shown = path.display();
    let finding =
        format!("{shown} is for secrets, and git does not ignore it: a commit may publish them");
    report.warning(name, finding, ignore(&tree, path));
}

/// The next folder above it that git manages.
fn work_tree(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let mut above = absolute.ancestors().skip(1);
    let tree = above.find(|folder| folder.join(".git").exists())?;
    Some(tree.to_owned())
}

/// Asks git itself, which knows every place of its rules. Where there is no
/// git, no commit is made either.
fn is_not_ignored(tree: &Path, path: &Path) -> bool {
    let Ok(absolute) = std::path::absolute(path) else {
        return false;
    };
    let mut git = Command::new("git");
    git.arg("-C").arg(tree).args(["check-ignore", "-q", "--"]);
    git.arg(inside(&absolute));
    git.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // 0: ignored; 1: not; others: git cannot say.
    git.status().is_ok_and(|status| status.code() == Some(1))
}

/// A rule for a folder matches only what is one, so a file in it is asked for.
fn inside(path: &Path) -> PathBuf {
    if path.is_file() {
        path.to_owned()
    } else {
        path.join("secret")
    }
}

fn ignore(tree: &Path, path: &Path) -> Fix {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let relative = absolute.strip_prefix(tree).unwrap_or(path);
    let clean: PathBuf = relative.components().collect();
    let slash = if path.is_file() { "" } else { "/" };
    let rule = quoted(&format!("/{}{slash}", clean.display()));
    let is_here = std::path::absolute(".").is_ok_and(|here| here == tree);
    let folder = if is_here { Path::new("") } else { tree };
    let file = folder.join(".gitignore").display().to_string();
    Fix::run(format!("echo {rule} >> {}", quoted(&file)))
}
