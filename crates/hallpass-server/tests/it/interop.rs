//! The tokens as services in other languages verify them, by the libraries of the
//! table in docs/keys.md, each installed here as its users install it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::rig::{Database, Engine, Place, SECRET, Server};

const ISSUER: &str = "https://auth.example.com";

/// Every setting, and the algorithm that its tokens name.
const SETTINGS: [(&str, &str); 4] = [
    ("hs256", "HS256"),
    ("es256", "ES256"),
    ("eddsa", "EdDSA"),
    ("rs256", "RS256"),
];

/// The libraries by their programs, and the algorithms that each knows.
const LIBRARIES: [(&str, &str, &[&str]); 7] = [
    (
        "PyJWT",
        "verify_pyjwt.py",
        &["HS256", "ES256", "EdDSA", "RS256"],
    ),
    (
        "python-jose",
        "verify_python_jose.py",
        &["HS256", "ES256", "RS256"],
    ),
    (
        "joserfc",
        "verify_joserfc.py",
        &["HS256", "ES256", "EdDSA", "RS256"],
    ),
    (
        "Authlib",
        "verify_authlib.py",
        &["HS256", "ES256", "EdDSA", "RS256"],
    ),
    (
        "jose",
        "verify_jose.mjs",
        &["HS256", "ES256", "EdDSA", "RS256"],
    ),
    (
        "jsonwebtoken",
        "verify_jsonwebtoken.mjs",
        &["HS256", "ES256", "RS256"],
    ),
    (
        "fast-jwt",
        "verify_fast_jwt.mjs",
        &["HS256", "ES256", "EdDSA", "RS256"],
    ),
];

/// A program that verifies, and the algorithms that its library knows.
struct Verifier {
    command: Vec<PathBuf>,
    algorithms: &'static [&'static str],
}

/// Where this test's programs and what they need to be installed are.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/interop")
}

/// Installs into the build's own folder, once for all tests here.
async fn install() -> &'static Path {
    static INSTALLED: OnceCell<PathBuf> = OnceCell::const_new();
    INSTALLED
        .get_or_init(|| async {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
            std::fs::create_dir_all(&folder).unwrap();
            let node = LIBRARIES.map(|(_, program, _)| program);
            let node = node.into_iter().filter(|name| is_of_node(name));
            for file in node.chain(["package.json", "package-lock.json"]) {
                std::fs::copy(sources().join(file), folder.join(file)).unwrap();
            }
            let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            run(Command::new("npm").args(npm).current_dir(&folder)).await;
            let environment = folder.join("python");
            let venv = ["-m", "venv"];
            run(Command::new("python3").args(venv).arg(&environment)).await;
            let pip = "-m pip install --quiet --disable-pip-version-check --requirement";
            run(Command::new(python(&folder))
                .args(pip.split(' '))
                .arg(sources().join("requirements.txt")))
            .await;
            folder
        })
        .await
}

fn is_of_node(program: &str) -> bool {
    Path::new(program).extension() == Some(OsStr::new("mjs"))
}

fn python(folder: &Path) -> PathBuf {
    folder.join("python/bin/python")
}

async fn verifiers() -> Vec<Verifier> {
    let folder = install().await;
    let of = |(_, program, algorithms): (_, &str, _)| {
        let command = if is_of_node(program) {
            vec!["node".into(), folder.join(program)]
        } else {
            vec![python(folder), sources().join(program)]
        };
        Verifier {
            command,
            algorithms,
        }
    };
    LIBRARIES.into_iter().map(of).collect()
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

/// A server, and what a verifier is asked about a token of it.
async fn asked(setting: &str, algorithm: &str) -> (Server, Value) {
    let (place, database) = (Place::new(), Database::new(Engine::Sqlite).await);
    let launch = place.over(&database).set("BETTER_AUTH_URL", ISSUER);
    let server = launch.set("HALLPASS_SIGNING", setting).start().await;
    let session = server.api.register("ann@example.com").await;
    let asked = json!({
        "token": session.token(),
        "algorithm": algorithm,
        "secret": SECRET,
        "jwks_url": format!("http://127.0.0.1:{}/.well-known/jwks.json", server.port),
        "issuer": ISSUER,
    });
    (server, asked)
}

#[tokio::test]
async fn tokens_are_verified_by_the_libraries_of_other_languages() {
    let verifiers = verifiers().await;
    for (setting, algorithm) in SETTINGS {
        let (server, good) = asked(setting, algorithm).await;
        let token = good["token"].as_str().unwrap();
        let user = claims_of(token)["sub"].clone();
        let mut wrong = vec![good.clone(), good.clone()];
        wrong[0]["token"] = tampered(token).into();
        wrong[1]["issuer"] = "https://other.example.com".into();
        let keys = reqwest::get(good["jwks_url"].as_str().unwrap())
            .await
            .unwrap();
        assert_hallpass_verify_takes(token, algorithm, &keys.text().await.unwrap());
        for verifier in &verifiers {
            let name = verifier.name();
            let claims = verifier.verify(&good).await;
            if !verifier.algorithms.contains(&algorithm) {
                assert!(
                    claims.is_err(),
                    "{name} knows {algorithm} now: say so in keys.md"
                );
                continue;
            }
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

fn assert_hallpass_verify_takes(token: &str, algorithm: &str, keys: &str) {
    let verifier = if algorithm == "HS256" {
        hallpass_verify::Verifier::shared_secret(SECRET)
    } else {
        hallpass_verify::Verifier::key_set(hallpass_verify::KeySet::parse(keys).unwrap())
    };
    let verifier = verifier.issuer(ISSUER).build().unwrap();
    assert_eq!(verifier.verify(token).unwrap().iss, ISSUER, "{algorithm}");
    assert!(verifier.verify(&tampered(token)).is_err());
}

fn claims_of(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// A token by the secret, issued by a clock that is ahead of ours.
fn issued_ahead(seconds: u64) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the verifiers judge by this clock"
    )]
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    // A clock that is ahead by less than a second is in the next one at times.
    let issued = now.as_secs() + seconds;
    let claims = json!({
        "sub": "019a0000-0000-7000-8000-000000000000", "email": "ann@example.com",
        "iat": issued, "exp": issued + 3600, "iss": "http://localhost:8000",
    });
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

#[tokio::test]
async fn clocks_behind_by_seconds_verify_tokens() {
    for verifier in verifiers().await {
        for ahead in [1, 4] {
            let asked = json!({
                "token": issued_ahead(ahead), "algorithm": "HS256", "secret": SECRET,
                "jwks_url": "", "issuer": "http://localhost:8000",
            });
            let claims = verifier.verify(&asked).await;
            assert!(claims.is_ok(), "{}, {ahead} s: {claims:?}", verifier.name());
        }
    }
}

/// The function of the quickstart, as it stands there.
#[tokio::test]
async fn python_of_quickstart_verifies_tokens() {
    let folder = install().await;
    let page = document("docs/specs/1-auth-security/quickstart.md");
    let (_, rest) = page.split_once("```python\n").unwrap();
    let (snippet, _) = rest.split_once("```").unwrap();
    let program = format!("{snippet}\nimport sys\nprint(user_of(*sys.argv[1:]))");
    let user_of = async |token: &str| {
        let mut command = Command::new(python(folder));
        let bearer = format!("Bearer {token}");
        let done = command
            .args(["-c", &program, &bearer, SECRET])
            .output()
            .await;
        done.unwrap()
    };
    for ahead in [0, 1, 4] {
        let done = user_of(&issued_ahead(ahead)).await;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{ahead} s: {said}");
        assert_eq!(done.stdout, b"019a0000-0000-7000-8000-000000000000\n");
    }
    for refused in [issued_ahead(60), tampered(&issued_ahead(0))] {
        let done = user_of(&refused).await;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            said.contains("PermissionError: Could not validate credentials"),
            "{said}"
        );
    }
}

fn document(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    std::fs::read_to_string(path).unwrap()
}

/// The table says what the programs here do: which algorithms, and by which call.
#[test]
fn keys_page_shows_what_programs_do() {
    let page = document("docs/keys.md");
    for (library, program, algorithms) in LIBRARIES {
        let row = page
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {library} ")));
        let row = row.unwrap_or_else(|| panic!("no row for {library}"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let said = SETTINGS
            .iter()
            .zip(&cells[1..])
            .filter(|(_, cell)| **cell == "yes");
        let said: Vec<&str> = said.map(|((_, algorithm), _)| *algorithm).collect();
        assert_eq!(said, algorithms, "{library}");
        let without_space = |text: &str| text.split_whitespace().collect::<String>();
        let source = std::fs::read_to_string(sources().join(program)).unwrap();
        let source = without_space(&source).replace(",)", ")").replace(",}", "}");
        let call = without_space(cells[5].trim_matches('`'));
        assert!(source.contains(&call), "{library}: {call}");
    }
}
