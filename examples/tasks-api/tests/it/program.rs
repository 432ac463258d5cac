//! The service as its own process, with settings that do not fit.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SECRET: &str = "a secret of thirty-two bytes or more, for this test";

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasks-api"));
    command.env_clear().env("NO_COLOR", "1").current_dir(folder);
    command.env("TASKS_ADDR", "127.0.0.1:0");
    command.env("DATABASE_URL", "sqlite://tasks.db");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What it says when it does not start.
fn refusal(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(!done.status.success());
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn unusable_secret_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&mut program(folder.path()));
    assert!(said.contains("no secret in hallpass-data/secret"), "{said}");
    assert!(said.contains("BETTER_AUTH_SECRET_FILE"), "{said}");
    for text in ["", "\n", "short"] {
        std::fs::write(folder.path().join("kept"), text).unwrap();
        let said = refusal(program(folder.path()).env("BETTER_AUTH_SECRET_FILE", "kept"));
        assert!(said.contains("at least 32 bytes"), "{said}");
        assert!(said.contains("HALLPASS_JWKS_URL"), "{said}");
    }
    let said = refusal(program(folder.path()).env("BETTER_AUTH_SECRET", "short"));
    assert!(said.contains("at least 32 bytes"), "{said}");
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The status line of an answer to a request with this token.
fn ask(address: &str, token: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET /api/v1/tasks HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

fn signed(secret: &str, issuer: &str) -> String {
    let claims = serde_json::json!({
        "sub": "u", "email": "ann@example.com", "iat": 1_800_000_000, "exp": 1_800_003_600,
        "iss": issuer,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

#[test]
fn unfitting_settings_are_logged_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("hallpass-data")).unwrap();
    std::fs::write(
        folder.path().join("hallpass-data/secret"),
        format!("{SECRET}\n"),
    )
    .unwrap();
    let mut running = Running(program(folder.path()).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let greeting = lines.next().unwrap().unwrap();
    let (_, rest) = greeting.split_once("http://").unwrap();
    let address = rest.split('/').next().unwrap();
    let by_key = format!(
        "{}.e30.AA",
        base64_of(r#"{"alg":"ES256","typ":"JWT","kid":"k"}"#)
    );
    let tokens = [
        by_key,
        signed(
            "the secret of another Hallpass, quite long",
            "http://localhost:8000",
        ),
        signed(SECRET, "https://auth.example.com"),
    ];
    for _ in 0..3 {
        for token in &tokens {
            assert!(ask(address, token).contains(" 401"));
        }
    }
    running.0.kill().unwrap();
    let log: Vec<String> = lines.map_while(Result::ok).collect();
    for hint in [
        "verify by its /.well-known/jwks.json",
        "not Hallpass's BETTER_AUTH_SECRET",
        "must be the origin of Hallpass's BETTER_AUTH_URL",
    ] {
        let times = log.iter().filter(|line| line.contains(hint)).count();
        assert_eq!(times, 1, "{hint}: {log:?}");
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
}
