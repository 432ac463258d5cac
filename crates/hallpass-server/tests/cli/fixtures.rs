//! Broken set-ups: what `hallpass doctor` says of each, and that the text by
//! which it says how to fix it does so when it is applied word by word.
//!
//! The file `doctor.fixtures` holds them. After a line `## title` stand
//!
//! * `NAME=value`: a setting; `-NAME` removes one;
//! * `@https`: the settings of a good server that people reach;
//! * `online`: the database and the machine are asked too;
//! * `$ command`: what a shell does first; `sql` statements on the database;
//! * `= level name: finding`: what the doctor must say;
//! * `~ steps  # remark`: what it must give as the fix.
//!
//! `{free}` stands for a port that is free, `{cores}` for the machine's cores.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use url::Url;

use crate::rig::Folder;

const FIXTURES: &str = include_str!("doctor.fixtures");

/// A good set-up for https, to break one thing of.
const HTTPS: [(&str, &str); 4] = [
    ("BETTER_AUTH_URL", "https://auth.example.com"),
    ("BETTER_AUTH_SECRET", "0f9d2c7b41e86a35d0c2f7981b3e6a54"),
    ("CORS_ORIGINS", ""),
    ("TRUSTED_PROXIES", "127.0.0.1"),
];

#[derive(Default)]
struct Fixture {
    title: String,
    settings: BTreeMap<String, String>,
    commands: Vec<String>,
    sql: Option<&'static str>,
    online: bool,
    level: String,
    name: String,
    finding: String,
    fix: String,
}

impl Fixture {
    fn all() -> Vec<Self> {
        let blocks = FIXTURES.split("\n## ").skip(1);
        blocks.map(Self::parse).collect()
    }

    fn parse(block: &'static str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let free = free.local_addr().unwrap().port().to_string();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = cores.to_string();
        let mut lines = block.lines();
        let mut fixture = Self {
            title: lines.next().unwrap().to_owned(),
            ..Self::default()
        };
        let is_content = |line: &&str| !line.is_empty() && !line.starts_with("# ");
        for line in lines.filter(is_content) {
            match line.strip_prefix("sql ") {
                Some(sql) => fixture.sql = Some(sql),
                None => fixture.read(&line.replace("{free}", &free).replace("{cores}", &cores)),
            }
        }
        assert!(!fixture.fix.is_empty(), "{} has no fix", fixture.title);
        fixture
    }

    fn read(&mut self, line: &str) {
        if line == "@https" {
            let https = HTTPS.map(|(name, value)| (name.to_owned(), value.to_owned()));
            self.settings.extend(https);
        } else if line == "online" {
            self.online = true;
        } else if let Some(command) = line.strip_prefix("$ ") {
            self.commands.push(command.to_owned());
        } else if let Some(expected) = line.strip_prefix("= ") {
            let (level, rest) = expected.split_once(' ').unwrap();
            let (name, finding) = rest.split_once(": ").unwrap();
            (self.level, self.name, self.finding) =
                (level.to_owned(), name.to_owned(), finding.to_owned());
        } else if let Some(fix) = line.strip_prefix("~ ") {
            fix.clone_into(&mut self.fix);
        } else if let Some(name) = line.strip_prefix('-') {
            self.settings.remove(name);
        } else {
            let (name, value) = line.split_once('=').unwrap();
            self.settings.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The two lines that the doctor must print.
    fn expected(&self) -> String {
        format!(
            "{:<7}  {:<28}  {}\n         to mend it: {}\n",
            self.level, self.name, self.finding, self.fix
        )
    }

    /// What is not as it should be: before the fix, or after it.
    async fn check(self) -> Option<String> {
        let mut patient = Patient::of(&self).await;
        let sick = patient.see_doctor();
        let Self { title, finding, .. } = &self;
        if !format!("\n{sick}").contains(&format!("\n{}", self.expected())) {
            return Some(format!("{title}: expected\n{}got\n{sick}", self.expected()));
        }
        if has_serious(&sick) != sick.contains("\nerror:") {
            return Some(format!("{title}: a wrong exit code\n{sick}"));
        }
        patient.apply(&self.fix);
        let well = patient.see_doctor();
        let mut complaints = complaints(&well);
        let is_new = |complaint: &&str| !sick.contains(complaint) || complaint.ends_with(finding);
        if has_serious(&well) || well.contains("error:") || complaints.any(|line| is_new(&line)) {
            return Some(format!("{title}: after the fix\n{well}"));
        }
        None
    }
}

fn has_serious(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("serious "))
}

/// All but one that is true of every test: its folder is a temporary one.
fn complaints(said: &str) -> impl Iterator<Item = &str> {
    said.lines()
        .filter(|line| line.starts_with("serious ") || line.starts_with("warning "))
        .filter(|line| !line.contains("is a place for temporary files"))
}

/// A set-up that the doctor looks at, and that fixes are applied to.
struct Patient {
    folder: Folder,
    settings: BTreeMap<String, String>,
    /// What the shell that starts the doctor does first.
    limits: String,
    online: bool,
}

impl Patient {
    async fn of(fixture: &Fixture) -> Self {
        let mut patient = Self {
            folder: Folder::new(),
            settings: BTreeMap::new(),
            limits: String::new(),
            online: fixture.online,
        };
        for command in &fixture.commands {
            patient.run(command);
        }
        if let Some(sql) = fixture.sql {
            patient.folder.sqlite(sql).await;
        }
        patient.settings.clone_from(&fixture.settings);
        patient
    }

    fn see_doctor(&self) -> String {
        let command = if self.online {
            "hallpass doctor"
        } else {
            "hallpass doctor --offline"
        };
        self.shell(&format!("{}\n{command} 2>&1", self.limits))
    }

    /// What a shell prints that has the settings.
    fn shell(&self, script: &str) -> String {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(script).current_dir(self.folder.path());
        let bin = Path::new(env!("CARGO_BIN_EXE_hallpass")).parent().unwrap();
        shell.env_clear().envs(&self.settings);
        shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    }

    /// Takes the steps of a fix, one after the other.
    fn apply(&mut self, fix: &str) {
        let steps = fix.split_once("  # ").map_or(fix, |(steps, _)| steps);
        for step in steps.split("; ") {
            self.take(step);
        }
    }

    fn take(&mut self, step: &str) {
        let words: Vec<&str> = step.split(' ').collect();
        match words[..] {
            ["unset", name] => self.unset(name),
            ["rename", name, "to", other] => {
                if let Some(value) = self.settings.remove(name) {
                    self.settings.insert(other.to_owned(), value);
                }
                self.in_dot_env(name, |value| Some(format!("{other}={value}")));
            }
            ["set", parameter, "in", name] => {
                let url = with_parameter(&self.settings[name], parameter);
                self.settings.insert(name.to_owned(), url);
            }
            ["set", name, "to", other, "with", "host", host] => {
                let mut url = Url::parse(&self.settings[other]).unwrap();
                url.set_host(Some(host)).unwrap();
                self.settings.insert(name.to_owned(), url.into());
            }
            ["remove", "item", position, "of", name] => self.edit(name, |items| {
                items.remove(position.parse::<usize>().unwrap() - 1);
            }),
            ["move", "item", "1", "of", name, "to", "the", "end"] => {
                self.edit(name, |items| items.rotate_left(1));
            }
            ["remove", version, "from", "item", position, "of", name] => self.edit(name, |items| {
                let item = &mut items[position.parse::<usize>().unwrap() - 1];
                *item = item.strip_prefix(version).unwrap().to_owned();
            }),
            ["set", ..] => self.set(step.strip_prefix("set ").unwrap()),
            _ => self.run(step),
        }
    }

    /// A value is what a shell makes of it.
    fn set(&mut self, assignment: &str) {
        let (name, value) = assignment.split_once('=').unwrap();
        let value = self.shell(&format!("printf %s {value}"));
        self.unset(name);
        self.settings.insert(name.to_owned(), value);
    }

    fn unset(&mut self, name: &str) {
        self.settings.remove(name);
        self.in_dot_env(name, |_| None);
    }

    /// What becomes of the line that assigns a name.
    fn in_dot_env(&self, name: &str, change: impl Fn(&str) -> Option<String>) {
        let path = self.folder.path().join(".env");
        let Ok(text) = std::fs::read_to_string(&path) else {
            return;
        };
        let begin = format!("{name}=");
        let lines = text
            .lines()
            .filter_map(|line| match line.strip_prefix(&begin) {
                Some(value) => change(value),
                None => Some(line.to_owned()),
            });
        std::fs::write(path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    }

    fn edit(&mut self, name: &str, change: impl FnOnce(&mut Vec<String>)) {
        let list = self.settings.get_mut(name).unwrap();
        let mut items = list.split(',').map(str::to_owned).collect();
        change(&mut items);
        *list = items.join(",");
    }

    /// Limits last for what the same shell starts, and no longer.
    fn run(&mut self, command: &str) {
        if command.starts_with("ulimit ") {
            command.clone_into(&mut self.limits);
        } else {
            self.shell(command);
        }
    }
}

fn with_parameter(url: &str, parameter: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    let (name, value) = parameter.split_once('=').unwrap();
    let others = url.query_pairs().into_owned();
    let others: Vec<_> = others.filter(|(other, _)| other != name).collect();
    let mut query = url.query_pairs_mut();
    query.clear().extend_pairs(others).append_pair(name, value);
    drop(query);
    url.into()
}

/// As many at a time as there are cores, since each is a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_fixes_every_broken_fixture() {
    let fixtures = Fixture::all();
    assert!(fixtures.len() >= 60, "{} fixtures", fixtures.len());
    let checks: Vec<_> = fixtures
        .into_iter()
        .map(|fixture| tokio::spawn(fixture.check()))
        .collect();
    let mut failures = Vec::new();
    for check in checks {
        failures.extend(check.await.unwrap());
    }
    assert!(
        failures.is_empty(),
        "{} fail: {}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn occupied_ports_are_replaced_by_free() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let port = address.port().to_string();
    let url = format!("http://localhost:{port}");
    let settings = |patient: &mut Patient, pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        patient.settings = pairs.collect();
    };
    let mut patient = Patient::of(&Fixture {
        online: true,
        ..Fixture::default()
    })
    .await;
    for (name, pairs) in [
        ("PORT", &[("PORT", &*port), ("BETTER_AUTH_URL", &*url)][..]),
        (
            "HALLPASS_METRICS_ADDR",
            &[("HALLPASS_METRICS_ADDR", &*address.to_string())],
        ),
    ] {
        settings(&mut patient, pairs);
        let said = patient.see_doctor();
        let finding = format!("serious  {name:<28}  another program listens on {address}\n");
        let (_, after) = said
            .split_once(&finding)
            .unwrap_or_else(|| panic!("{said}"));
        let (_, fix) = after
            .lines()
            .next()
            .unwrap()
            .split_once("to mend it: ")
            .unwrap();
        patient.apply(fix);
        let said = patient.see_doctor();
        assert!(!said.contains("another program listens"), "{said}");
    }
    drop(other);
}
