//! The tokens as services in other languages verify them: by `PyJWT`, `python-jose`
//! and `jose` for Node, each installed here as its users install it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::rig::{Database, Engine, Place, SECRET};

const ISSUER: &str = "https://auth.example.com";

/// A program that verifies, and the algorithms that its library knows.
struct Verifier {
    command: Vec<PathBuf>,
    algorithms: &'static [&'static str],
}

/// Where this test's programs and what they need to be installed are.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/interop")
}

/// Installs into the build's own folder; what is there already is kept.
async fn install() -> Vec<Verifier> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["package.json", "package-lock.json", "verify_jose.mjs"] {
        std::fs::copy(sources().join(file), folder.join(file)).unwrap();
    }
    let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").args(npm).current_dir(&folder)).await;
    let environment = folder.join("python");
    run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment))
    .await;
    let python = environment.join("bin/python");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ];
    run(Command::new(&python)
        .args(pip)
        .arg(sources().join("requirements.txt")))
    .await;
    vec![
        Verifier {
            command: vec![python.clone(), sources().join("verify_pyjwt.py")],
            algorithms: &["HS256", "EdDSA", "ES256"],
        },
        Verifier {
            command: vec![python, sources().join("verify_python_jose.py")],
            algorithms: &["HS256", "ES256"],
        },
        Verifier {
            command: vec!["node".into(), folder.join("verify_jose.mjs")],
            algorithms: &["HS256", "EdDSA", "ES256"],
        },
    ]
}

async fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().await;
    let done = done.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}\n{said}");
}

impl Verifier {
    fn name(&self) -> String {
        let names = self.command.iter().filter_map(|part| part.file_name());
        names
            .map(OsStr::to_string_lossy)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The claims, or what it says when it refuses.
    async fn verify(&self, asked: &Value) -> Result<Value, String> {
        let (program, arguments) = self.command.split_first().unwrap();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(asked.to_string().as_bytes()).await.unwrap();
        drop(input);
        let done = child.wait_with_output().await.unwrap();
        if done.status.success() {
            Ok(serde_json::from_slice(&done.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }
}

/// The token of another user, with the signature that it had: the first digit of
/// `sub` is another one, and all else as it was.
fn tampered(token: &str) -> String {
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let changed = claims.replacen("\"sub\":\"0", "\"sub\":\"1", 1);
    assert_ne!(claims, changed);
    format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(changed))
}

#[tokio::test]
async fn tokens_are_verified_by_the_libraries_of_other_languages() {
    let verifiers = install().await;
    for (setting, algorithm) in [("hs256", "HS256"), ("eddsa", "EdDSA"), ("es256", "ES256")] {
        let (place, database) = (Place::new(), Database::new(Engine::Sqlite).await);
        let launch = place.over(&database).set("BETTER_AUTH_URL", ISSUER);
        let server = launch.set("HALLPASS_SIGNING", setting).start().await;
        let session = server.api.register("ann@example.com").await;
        let (token, user) = (session.token(), session.json()["user"]["id"].clone());
        let good = json!({
            "token": token,
            "algorithm": algorithm,
            "secret": SECRET,
            "jwks_url": format!("http://127.0.0.1:{}/.well-known/jwks.json", server.port),
            "issuer": ISSUER,
        });
        let mut wrong = vec![good.clone(), good.clone()];
        wrong[0]["token"] = tampered(&token).into();
        wrong[1]["issuer"] = "https://other.example.com".into();
        for verifier in verifiers
            .iter()
            .filter(|one| one.algorithms.contains(&algorithm))
        {
            let name = verifier.name();
            let claims = verifier.verify(&good).await;
            let claims = claims.unwrap_or_else(|said| panic!("{name}, {algorithm}: {said}"));
            assert_eq!(
                (&claims["sub"], &claims["iss"]),
                (&user, &json!(ISSUER)),
                "{name}"
            );
            for asked in &wrong {
                let refused = verifier.verify(asked).await;
                assert!(refused.is_err(), "{name} took {asked}: {refused:?}");
            }
        }
        server.stop().await;
    }
}
