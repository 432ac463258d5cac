//! What to do about a finding, in words that a script can apply too.
//!
//! Steps are separated by `; `, and an explanation follows after `  # `. A step
//! is one of `set NAME=value`, `unset NAME`, `rename NAME to OTHER`,
//! `set PARAMETER=value in NAME`, `set NAME to OTHER with host HOST`,
//! `remove item N of NAME`, or a command for a shell. docs/operations.md
//! describes them.

use std::fmt;
use std::path::Path;

use rustix::fs::stat;
use rustix::process::geteuid;

use crate::commands::output::harmless;

/// Steps that remove the cause of a finding.
#[derive(Clone, Debug)]
pub(super) struct Fix {
    steps: Vec<String>,
    remark: Option<String>,
}

impl Fix {
    /// A command for a shell.
    pub(super) fn run(command: impl Into<String>) -> Self {
        Self {
            steps: vec![command.into()],
            remark: None,
        }
    }

    /// A command that ends with a path.
    pub(super) fn run_on(command: &str, path: &Path) -> Self {
        Self::run(format!("{command} {}", quoted(&path.display().to_string())))
    }

    /// Lets the user who runs this read and write a file or folder.
    pub(super) fn own(path: &Path) -> Self {
        Self::own_with("chmod u+rwX", path)
    }

    /// Gives a file or folder to the user who runs this, with other rights.
    pub(super) fn own_with(access: &str, path: &Path) -> Self {
        let user = geteuid();
        let access = Self::run_on(access, path);
        if stat(path).is_ok_and(|status| status.st_uid == user.as_raw()) {
            return access;
        }
        let owner = Self::run_on(&format!("chown {}", user.as_raw()), path);
        owner.then(access).remark("as root")
    }

    /// Moves a file out of the way.
    pub(super) fn set_aside(path: &Path) -> Self {
        let shown = path.display().to_string();
        let command = format!("mv {} {}", quoted(&shown), quoted(&format!("{shown}.old")));
        Self::run(command)
    }

    pub(super) fn set(name: &str, value: impl fmt::Display) -> Self {
        Self::run(format!("set {name}={}", quoted(&value.to_string())))
    }

    /// A fresh secret, which nothing prints here.
    pub(super) fn set_fresh_secret(name: &str) -> Self {
        Self::run(format!("set {name}=$(hallpass secret)"))
    }

    pub(super) fn unset(name: &str) -> Self {
        Self::run(format!("unset {name}"))
    }

    /// Gives the value of one name to another, unseen.
    pub(super) fn rename(name: &str, other: &str) -> Self {
        Self::run(format!("rename {name} to {other}"))
    }

    /// Changes the query of a URL that may hold a password.
    pub(super) fn set_parameter(parameter: &str, name: &str) -> Self {
        Self::run(format!("set {parameter} in {name}"))
    }

    /// Takes a URL that may hold a password, with another host.
    pub(super) fn set_host(name: &str, of: &str, host: &str) -> Self {
        Self::run(format!("set {name} to {of} with host {host}"))
    }

    /// Removes an item of a list that may hold secrets; the first is 1.
    pub(super) fn remove_item(position: usize, name: &str) -> Self {
        Self::run(format!("remove item {position} of {name}"))
    }

    pub(super) fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self.remark = self.remark.or(other.remark);
        self
    }

    /// What a person should know before taking the steps.
    pub(super) fn remark(mut self, text: impl Into<String>) -> Self {
        self.remark = Some(text.into());
        self
    }
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps.join("; "))?;
        match &self.remark {
            Some(remark) => write!(f, "  # {remark}"),
            None => Ok(()),
        }
    }
}

impl From<Fix> for String {
    fn from(fix: Fix) -> Self {
        fix.to_string()
    }
}

/// A word as a shell reads it.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/,@%+=-[]#".contains(c);
    let text = harmless(text);
    if text.chars().all(plain) && !text.starts_with('#') {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_before_the_remark() {
        let fix = Fix::unset("A").then(Fix::set("B", "x")).remark("why");
        assert_eq!(String::from(fix), "unset A; set B=x  # why");
    }

    #[test]
    fn values_are_quoted_as_for_shells() {
        for (value, expected) in [
            ("https://[::1]:8000", "set A=https://[::1]:8000"),
            ("Example Inc.", "set A='Example Inc.'"),
            ("it's; me", r"set A='it'\''s; me'"),
            ("$(reboot)", "set A='$(reboot)'"),
            ("#1e6b52", "set A='#1e6b52'"),
        ] {
            assert_eq!(Fix::set("A", value).to_string(), expected);
        }
    }
}
