//! The log: who reads it can trust each line, and finds nothing in it that
//! should not be there.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Api, PASSWORD, Place, Raw, SECRET, events, on_both_engines};

const REGISTER: &str = "/api/v1/auth/register";
const SIGN_IN: &str = "/api/v1/auth/signin";
const SIGN_OUT: &str = "/api/v1/auth/signout";
const ME: &str = "/api/v1/auth/me";
const USER: &str = "/api/v1/users/{id}";

/// What the log must say of a request: method, route and status.
type Line = (&'static str, &'static str, u16);

/// A security event's name, and how it ended.
type Event = Option<(&'static str, &'static str)>;

/// Everything that a user can do and be refused.
struct Visit {
    seen: Vec<Seen>,
    token: String,
    user: String,
}

/// One request of it.
struct Seen {
    answer: Answer,
    line: Line,
    /// Whether the server knows who it was.
    known: bool,
    event: Event,
}

impl Visit {
    async fn of(api: &Api) -> Self {
        let ann = api.register("ann.canary@example.com").await;
        let user = ann.json()["user"]["id"].as_str().unwrap().to_owned();
        let mut visit = Self {
            seen: Vec::new(),
            token: ann.token(),
            user,
        };
        visit.saw(
            ann,
            ("POST", REGISTER, 201),
            true,
            Some(("sign_up", "success")),
        );
        visit.be_refused(api).await;
        visit.use_the_account(api).await;
        visit
    }

    async fn be_refused(&mut self, api: &Api) {
        let taken = api.register("ANN.CANARY@example.com").await;
        let event = Some(("sign_up", "registration_refused"));
        self.saw(taken, ("POST", REGISTER, 400), false, event);
        let invalid = api.register("no address").await;
        self.saw(invalid, ("POST", REGISTER, 422), false, None);
        let event = Some(("sign_in", "invalid_credentials"));
        let wrong = api
            .sign_in("ann.canary@example.com", "a wrong-canary password")
            .await;
        self.saw(wrong, ("POST", SIGN_IN, 401), false, event);
        let unknown = api.sign_in("canary.nobody@example.com", PASSWORD).await;
        self.saw(unknown, ("POST", SIGN_IN, 401), false, event);
        let nobody = api.get(ME).await;
        self.saw(nobody, ("GET", ME, 401), false, None);
        let forged = api.me("forged-canary-token").await;
        self.saw(
            forged,
            ("GET", ME, 401),
            false,
            Some(("refusal", "invalid_token")),
        );
        let nowhere = api.get("/canary@example.com/%0a%7b%22level%22").await;
        self.saw(nowhere, ("GET", "-", 404), false, None);
        let method = api.send(api.request(Method::DELETE, ME)).await;
        self.saw(method, ("DELETE", ME, 405), false, None);
    }

    async fn use_the_account(&mut self, api: &Api) {
        let signed_in = api.sign_in("Ann.Canary@example.com", PASSWORD).await;
        self.saw(
            signed_in,
            ("POST", SIGN_IN, 200),
            true,
            Some(("sign_in", "success")),
        );
        let me = api.me(&self.token).await;
        self.saw(me, ("GET", ME, 200), true, None);
        let cookie = format!("hallpass.session_token={}", self.token);
        let by_cookie = |method, path: &str| api.request(method, path).header("cookie", &cookie);
        let rename = by_cookie(Method::PATCH, &format!("/api/v1/users/{}", self.user));
        let renamed = api.send(rename.json(&json!({"name": "canary name"}))).await;
        self.saw(renamed, ("PATCH", USER, 200), true, None);
        let other = api
            .send(by_cookie(Method::GET, "/api/v1/users/canary@example.com"))
            .await;
        self.saw(
            other,
            ("GET", USER, 403),
            true,
            Some(("refusal", "access_denied")),
        );
        let foreign = by_cookie(Method::POST, SIGN_OUT).header("origin", "https://canary.example");
        let foreign = api.send(foreign).await;
        let event = Some(("refusal", "cross_site_request"));
        self.saw(foreign, ("POST", SIGN_OUT, 403), true, event);
        let signed_out = api.send(by_cookie(Method::POST, SIGN_OUT)).await;
        self.saw(
            signed_out,
            ("POST", SIGN_OUT, 200),
            true,
            Some(("sign_out", "success")),
        );
    }

    fn saw(&mut self, answer: Answer, line: Line, known: bool, event: Event) {
        assert_eq!(answer.status, line.2, "{line:?}: {answer:?}");
        self.seen.push(Seen {
            answer,
            line,
            known,
            event,
        });
    }

    /// Nothing of this may be found in a log, whatever its level.
    fn secrets(&self) -> Vec<String> {
        let typed = [
            PASSWORD,
            SECRET,
            "$argon2id$",
            "canary@",
            "CANARY@",
            "canary.nobody",
            "wrong-canary",
            "forged-canary-token",
            "canary name",
        ];
        let tokens = self.seen.iter().filter_map(|seen| {
            let token = seen.answer.json()["access_token"].take();
            // Its last part is the signature, which is what makes it good.
            Some(token.as_str()?.rsplit('.').next()?.to_owned())
        });
        typed.into_iter().map(str::to_owned).chain(tokens).collect()
    }
}

impl Seen {
    fn check_line(&self, line: &Value, user: &str) {
        let (method, route, status) = self.line;
        let span = &line["span"];
        assert_eq!(line["level"], "INFO");
        assert_eq!(
            (&span["method"], &span["route"]),
            (&json!(method), &json!(route)),
            "{line}"
        );
        assert_eq!(line["status"], status, "{line}");
        assert!(line["micros"].as_u64().unwrap() > 0, "{line}");
        self.check_request(line);
        let user = self.known.then_some(user);
        assert_eq!(line.get("user_id").and_then(Value::as_str), user, "{line}");
    }

    fn check_event(&self, line: &Value, user: &str) {
        let (event, outcome) = self.event.unwrap();
        assert_eq!(line["event"], event, "{line}");
        assert_eq!(line["client"], "127.0.0.1", "{line}");
        self.check_request(line);
        if outcome == "success" {
            assert_eq!(
                (&line["level"], &line["outcome"]),
                (&json!("INFO"), &json!("success"))
            );
            assert_eq!(line["user_id"], user, "{line}");
        } else {
            assert_eq!(
                (&line["level"], &line["outcome"]),
                (&json!("WARN"), &json!("failure"))
            );
            assert_eq!(line["reason"], outcome, "{line}");
        }
    }

    fn check_request(&self, line: &Value) {
        let id = line["span"]["request_id"].as_str();
        assert_eq!(id, self.answer.header("x-request-id"), "{line}");
    }
}

fn request_lines(log: &[Value]) -> Vec<&Value> {
    log.iter()
        .filter(|event| event["message"] == "answered")
        .collect()
}

#[tokio::test]
async fn each_request_has_one_line_and_each_security_event_one() {
    let place = Place::new();
    let server = place.launch().start().await;
    let visit = Visit::of(&server.api).await;
    let ended = server.stop().await;
    let log = events(&ended.err);

    let lines = request_lines(&log);
    assert_eq!(lines.len(), visit.seen.len(), "{}", ended.err);
    for (seen, line) in visit.seen.iter().zip(lines) {
        seen.check_line(line, &visit.user);
    }
    let security = log
        .iter()
        .filter(|event| event["target"] == "hallpass::security");
    let security: Vec<_> = security.collect();
    let expected = visit.seen.iter().filter(|seen| seen.event.is_some());
    let expected: Vec<_> = expected.collect();
    assert_eq!(security.len(), expected.len(), "{}", ended.err);
    for (seen, line) in expected.iter().zip(security) {
        seen.check_event(line, &visit.user);
    }
    let masked: Vec<_> = log.iter().filter_map(|event| event.get("email")).collect();
    assert_eq!(masked, ["a***@***.com", "a***@***.com", "c***@***.com"]);
    for secret in visit.secrets() {
        assert!(
            !ended.err.contains(&secret) && !ended.out.contains(&secret),
            "{secret}"
        );
    }
}

on_both_engines! {
    /// The libraries below write what they like at these levels.
    async fn at_the_finest_level_the_log_still_holds_no_secret(database) {
        for over_http2 in [false, true] {
            let place = Place::new();
            let server = place.over(database).set("RUST_LOG", "trace").start().await;
            let api = if over_http2 { Api::over_http2(server.port) } else { server.api.clone() };
            let visit = Visit::of(&api).await;
            let ended = server.stop().await;
            assert!(ended.err.contains("TRACE") || !over_http2, "HTTP/2 talks");
            events(&ended.err);
            for secret in visit.secrets() {
                let line = ended.err.lines().find(|line| line.contains(&secret));
                assert_eq!(line, None, "{secret}");
            }
            database.execute("delete from users").await;
        }
    }
}

const FORGED: &str = r#"{"level":"ERROR","message":"forged"}"#;

/// Requests with a line of the log wherever a client can put one.
fn forgeries() -> [String; 6] {
    let escaped = FORGED
        .replace('"', "%22")
        .replace('{', "%7b")
        .replace('}', "%7d");
    let get = |path: &str, headers: &[(&str, &str)]| {
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers: String = headers.collect();
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
    };
    let body = json!({
        "email": format!("\n{FORGED}\n@example.com"),
        "password": format!("{FORGED}\r\n"),
        "name": format!("\u{2028}\u{1b}[2J\n{FORGED}"),
    });
    let body = body.to_string();
    let register = format!(
        "POST {REGISTER} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    [
        get(&format!("/%0a{escaped}%0d%0a"), &[]),
        get(
            &format!("/api/v1/users/%0a{escaped}"),
            &[("authorization", FORGED)],
        ),
        get("/healthz", &[("user-agent", &format!("\u{9b}31m{FORGED}"))]),
        get(
            "/healthz",
            &[("x-request-id", FORGED), ("x-forwarded-for", FORGED)],
        ),
        get("/healthz", &[("referer", FORGED), ("origin", FORGED)]),
        register,
    ]
}

/// What a client sends is in no line, or cannot end one.
#[tokio::test]
async fn a_client_cannot_forge_a_line() {
    for format in ["json", "pretty"] {
        let place = Place::new();
        let server = place.launch().set("HALLPASS_LOG", format).start().await;
        for request in forgeries() {
            let mut client = Raw::connect(server.port).await;
            client.send(request);
            client.answer().await;
        }
        let log = server.stop().await.err;
        assert!(!log.contains("forged"), "{log}");
        assert!(!log.contains(['\u{1b}', '\u{9b}', '\u{2028}']), "{log}");
        let answered = log.lines().filter(|line| line.contains("answered"));
        assert_eq!(answered.count(), forgeries().len(), "{log}");
    }
}

async fn log_of_a_visit(settings: &[(&str, &str)]) -> String {
    let place = Place::new();
    let launch = settings
        .iter()
        .fold(place.launch(), |launch, (name, value)| {
            launch.set(name, *value)
        });
    let server = launch.start().await;
    assert_eq!(server.api.get("/healthz").await.status, 200);
    server.stop().await.err
}

#[tokio::test]
async fn its_form_and_its_level_are_settings() {
    let by_default = log_of_a_visit(&[]).await;
    assert_eq!(
        events(&by_default).len(),
        4,
        "JSON where nobody watches: {by_default}"
    );
    let json = log_of_a_visit(&[("HALLPASS_LOG", "json")]).await;
    assert_eq!(events(&json).len(), 4, "{json}");
    let pretty = log_of_a_visit(&[("HALLPASS_LOG", "pretty")]).await;
    assert_eq!(pretty.lines().count(), 4, "{pretty}");
    assert!(
        pretty.lines().all(|line| line.contains(" INFO ")),
        "{pretty}"
    );
    assert!(!pretty.contains("\"level\""), "{pretty}");
    let quiet = log_of_a_visit(&[("RUST_LOG", "error")]).await;
    assert_eq!(quiet, "");
    let chosen = log_of_a_visit(&[("RUST_LOG", "error,hallpass::web=info")]).await;
    assert_eq!(events(&chosen).len(), 1, "{chosen}");
}

/// A log that cannot be written, for want of a reader or of room on its disk,
/// is no reason to refuse anybody.
#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let place = Place::new();
    let server = place.launch().start().await;
    server.process.err.hang_up().await;
    server.process.out.hang_up().await;
    for _ in 0..3 {
        let registered = server.api.register("ann@example.com").await;
        assert!([201, 400].contains(&registered.status), "{registered:?}");
        assert_eq!(server.api.get("/healthz").await.status, 200);
    }
    assert_eq!(
        server.api.sign_in("ann@example.com", PASSWORD).await.status,
        200
    );
    server.stop().await;
}

/// Requests at once do not share a line.
#[tokio::test]
async fn lines_of_requests_at_once_do_not_mix() {
    let place = Place::new();
    let server = place.launch().start().await;
    let mut ids = BTreeMap::new();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..200 {
        let request = server.api.request(Method::GET, "/healthz");
        asking.spawn(Answer::of(
            request.header("x-request-id", format!("request-{number}")),
        ));
    }
    for answer in asking.join_all().await {
        assert_eq!(answer.unwrap().status, 200);
    }
    let ended = server.stop().await;
    for line in request_lines(&events(&ended.err)) {
        *ids.entry(line["span"]["request_id"].to_string())
            .or_insert(0) += 1;
    }
    assert_eq!(ids.len(), 200);
    assert!(ids.values().all(|times| *times == 1), "{ids:?}");
}
