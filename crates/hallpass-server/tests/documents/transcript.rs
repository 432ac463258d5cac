//! The commands of a page, run in one shell, and their output compared with
//! what the page shows.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::markdown::Block;
use crate::server::{PROGRAM, Server};

/// Why a block may be left out. Few, and none of them "it fails".
pub(crate) const REASONS: [&str; 5] = [
    "builds and starts a server",
    "needs PostgreSQL",
    "needs Python",
    "needs a network",
    "sets up a shell",
];

pub(crate) const NOT_RUN: &str = "<!-- not run: ";

/// Seconds for all commands of a page.
const PATIENCE: &str = "300";

/// One thing to run, and what the page says comes of it.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    script: String,
    expected: Expected,
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// These lines, and no failure.
    Output(Vec<String>),
    /// No failure of any command.
    Success,
}

/// Whether a block is to be run, or says why not.
pub(crate) fn is_run(block: &Block<'_>) -> bool {
    let reason = block
        .above
        .strip_prefix(NOT_RUN)
        .and_then(|rest| rest.strip_suffix(" -->"));
    if let Some(reason) = reason {
        assert!(
            REASONS.contains(&reason),
            "line {}: {reason:?} is no reason not to run a block",
            block.line
        );
    }
    reason.is_none()
}

/// Whether the commands of a page are run for the first time on their server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    First,
    /// As by a user who comes back: an account that a block of commands registers
    /// is there already, and all else is as it was.
    Again,
}

/// Runs blocks against a fresh server, in one shell, and then once more on what
/// they have left behind. Fails with everything that comes out otherwise than the
/// page says.
pub(crate) fn check(page: &str, blocks: &[Block<'_>]) {
    let steps: Vec<Step> = blocks.iter().flat_map(steps).collect();
    let server = Server::start();
    for pass in [Pass::First, Pass::Again] {
        check_pass(page, &steps, &server, pass);
    }
}

fn check_pass(page: &str, steps: &[Step], server: &Server, pass: Pass) {
    let outputs = run(steps, server, pass);
    let mut differences = String::new();
    for (number, step) in steps.iter().enumerate() {
        let asked_for_status = steps
            .get(number + 1)
            .is_some_and(|next| next.script == "echo $?");
        let Some((output, status)) = outputs.get(number) else {
            writeln!(
                differences,
                "\n{page}:{}: the shell ended before\n{}",
                step.line, step.script
            )
            .unwrap();
            break;
        };
        if *status != 0 && !asked_for_status {
            writeln!(differences, "\n{page}:{}: failed with {status}", step.line).unwrap();
        } else if step.expected.is_met_by(output) {
            continue;
        }
        writeln!(
            differences,
            "{}\n--- the page says\n{}\n--- it came out",
            step.script,
            step.expected.shown()
        )
        .unwrap();
        writeln!(differences, "{output}\n({page}:{})", step.line).unwrap();
    }
    assert!(differences.is_empty(), "{pass:?} run\n{differences}");
}

impl Pass {
    fn strict_curl(self) -> &'static str {
        match self {
            Self::First => "set -e; curl() { command curl --fail \"$@\"; }\n",
            Self::Again => {
                "set -e; curl() { command curl --fail \"$@\" || [[ \"$*\" == *auth/register* ]]; }\n"
            }
        }
    }
}

fn steps(block: &Block<'_>) -> Vec<Step> {
    match block.language {
        "sh" => vec![Step {
            line: block.line,
            script: block.lines.join("\n"),
            expected: Expected::Success,
        }],
        "console" => session(block),
        other => panic!("line {}: a block of {other} cannot be run", block.line),
    }
}

fn session(block: &Block<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut continued = false;
    for (line, text) in block
        .lines
        .iter()
        .enumerate()
        .map(|(offset, text)| (block.line + offset, *text))
    {
        if let Some(script) = text.strip_prefix("$ ") {
            continued = script.ends_with('\\');
            let expected = Expected::Output(Vec::new());
            steps.push(Step {
                line,
                script: script.to_owned(),
                expected,
            });
            continue;
        }
        let Some(step) = steps.last_mut() else {
            panic!("line {line}: a session begins with a command");
        };
        let Expected::Output(output) = &mut step.expected else {
            unreachable!("sessions have output");
        };
        let more = text.strip_prefix("> ").filter(|_| output.is_empty());
        if let Some(more) = more.or(continued.then_some(text)) {
            continued = more.ends_with('\\');
            step.script.push('\n');
            step.script.push_str(more);
        } else {
            output.push(text.to_owned());
        }
    }
    steps
}

impl Expected {
    fn is_met_by(&self, output: &str) -> bool {
        match self {
            Self::Success => true,
            Self::Output(lines) => {
                let actual: Vec<&str> = output.lines().map(str::trim_end).collect();
                lines_match(lines, &actual)
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Success => "(success)".to_owned(),
            Self::Output(lines) => lines.join("\n"),
        }
    }
}

fn lines_match(expected: &[String], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((first, rest)) if first == "…" => {
            let mut tails = (0..=actual.len()).filter_map(|skip| actual.get(skip..));
            tails.any(|tail| lines_match(rest, tail))
        }
        Some((first, rest)) => actual
            .split_first()
            .is_some_and(|(line, others)| line_matches(first, line) && lines_match(rest, others)),
    }
}

/// `…` stands for one character or more.
fn line_matches(expected: &str, actual: &str) -> bool {
    let Some((before, after)) = expected.split_once('…') else {
        return expected == actual;
    };
    let Some(rest) = actual.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain((!rest.is_empty()).then_some(rest.len()))
        .any(|at| rest.get(at..).is_some_and(|tail| line_matches(after, tail)))
}

/// What each step put out, and how it ended; fewer when the shell ended early.
fn run(steps: &[Step], server: &Server, pass: Pass) -> Vec<(String, i32)> {
    const MARK: &str = "=== end of step";
    let (ours, theirs) = (format!("localhost:{}", server.port()), "localhost:8000");
    // Without a path it is no address but the issuer, which stays what it is.
    let (our_address, their_address) = (format!("{ours}/"), format!("{theirs}/"));
    let mut script = "exec 2>&1\n".to_owned();
    for step in steps {
        let (before, after) = match step.expected {
            // Without `--fail` it succeeds whatever it is answered.
            Expected::Success => (pass.strict_curl(), "\nunset -f curl; set +e"),
            Expected::Output(_) => ("", ""),
        };
        let command = step.script.replace(&their_address, &our_address);
        // In its own function, so that the step after it sees its status as `$?`.
        writeln!(script, "{before}{command}{after}\nend_of_step").unwrap();
    }
    let prelude = format!(
        "end_of_step() {{ local status=$?; printf '\\n{MARK} %d\\n' $status; return $status; }}\n"
    );
    let output = shell(&server.work(), &(prelude + &script)).replace(&ours, theirs);
    let mut outputs = Vec::new();
    let mut current: Vec<&str> = Vec::new();
    for line in output.lines() {
        if let Some(status) = line.strip_prefix(MARK) {
            outputs.push((
                current.join("\n").trim_end().to_owned(),
                status.trim().parse().unwrap(),
            ));
            current.clear();
        } else {
            current.push(line);
        }
    }
    outputs
}

/// The output of a bash script, which has the program in its path and nothing
/// of the machine's settings in its environment.
fn shell(folder: &Path, script: &str) -> String {
    let programs = Path::new(PROGRAM).parent().unwrap().display();
    #[expect(
        clippy::disallowed_methods,
        reason = "where the machine's curl and bash are"
    )]
    let path = std::env::var("PATH").unwrap();
    let file = folder.with_file_name("script");
    std::fs::write(&file, script).unwrap();
    let output = Command::new("timeout")
        .args([PATIENCE, "bash"])
        .arg(&file)
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{programs}:{path}"))
        .env("HOME", folder)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_session_is_cut_into_commands_and_their_output() {
    let lines = vec![
        "$ one \\", "    two", "out", "> out", "$ for", "> done", "$ last",
    ];
    let block = Block {
        language: "console",
        line: 10,
        lines,
        above: "",
    };
    let output =
        |lines: &[&str]| Expected::Output(lines.iter().map(|line| (*line).to_owned()).collect());
    let step = |line, script: &str, expected| Step {
        line,
        script: script.to_owned(),
        expected,
    };
    assert_eq!(
        steps(&block),
        [
            step(10, "one \\\n    two", output(&["out", "> out"])),
            step(14, "for\ndone", output(&[])),
            step(16, "last", output(&[])),
        ]
    );
}

#[test]
fn an_ellipsis_stands_for_text_and_nothing_else_does() {
    assert!(line_matches("id …, at …Z", "id 1…2, at 5Z"));
    assert!(!line_matches("id …, at …Z", "id , at 5Z"));
    assert!(!line_matches("…Z", "Z"));
    assert!(!line_matches("a.c", "abc"));
    let expected = ["a".to_owned(), "…".to_owned(), "z".to_owned()];
    for actual in [&["a", "z"][..], &["a", "b", "z", "z"]] {
        assert!(lines_match(&expected, actual), "{actual:?}");
    }
    for actual in [&["a"][..], &["a", "z", "b"], &["b", "z"]] {
        assert!(!lines_match(&expected, actual), "{actual:?}");
    }
}

/// The test of the test: a page that lies is found out, whatever the lie.
#[test]
fn what_a_page_says_wrongly_is_found() {
    for (language, lies) in [
        ("console", vec!["$ echo one", "two"]),
        ("console", vec!["$ echo one"]),
        ("console", vec!["$ true", "one"]),
        ("console", vec!["$ false"]),
        ("console", vec!["$ exit 0", "$ echo one", "one"]),
        ("sh", vec!["false", "true"]),
        ("sh", vec!["curl -s http://localhost:8000/no-such-route"]),
        // The first time it works.
        ("sh", vec!["mkdir once"]),
        ("console", vec!["$ echo x >> kept; cat kept", "x"]),
    ] {
        let block = Block {
            language,
            line: 1,
            lines: lies.clone(),
            above: "",
        };
        let caught = std::panic::catch_unwind(|| check("page", &[block]));
        assert!(caught.is_err(), "{lies:?}");
    }
    let lines = vec![
        "$ false",
        "$ echo $?",
        "1",
        "$ echo a; echo b; echo c",
        "…",
        "c",
    ];
    check(
        "page",
        &[Block {
            language: "console",
            line: 1,
            lines,
            above: "",
        }],
    );
}
