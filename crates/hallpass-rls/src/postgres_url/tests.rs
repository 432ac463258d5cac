//! What is read, and what is refused.

use super::*;

fn parse(rest: &str) -> Result<PostgresUrl, InvalidPostgresUrl> {
    PostgresUrl::parse(&format!("postgres://ann:pw@{rest}"))
}

fn is_pooled(rest: &str) -> Option<bool> {
    parse(rest).unwrap().is_pooled
}

#[test]
fn a_pooler_is_known_by_what_the_url_says() {
    assert_eq!(is_pooled("db.example.com/x"), None);
    assert_eq!(is_pooled("db.example.com/x?pgbouncer=true"), Some(true));
    assert_eq!(
        is_pooled("db.example.com/x?statement-cache-capacity=0"),
        Some(true)
    );
    assert_eq!(is_pooled("ep-a-1.eu.aws.neon.tech/x"), None);
    assert_eq!(is_pooled("ep-a-1-pooler.eu.aws.neon.tech/x"), Some(true));
    assert_eq!(
        is_pooled("ep-a-1-pooler.eu.aws.neon.tech/x?pgbouncer=false"),
        Some(false)
    );
}

#[test]
fn a_required_channel_binding_checks_the_certificate() {
    let mode = |parameters: &str| {
        let server = parse(&format!("db.example.com/x?{parameters}")).unwrap();
        format!("{:?}", server.options.get_ssl_mode())
    };
    assert_eq!(
        mode("sslmode=require&channel_binding=require"),
        "VerifyFull"
    );
    assert_eq!(
        mode("channel_binding=require&sslmode=disable"),
        "VerifyFull"
    );
    assert_eq!(mode("sslmode=require&sslrootcert=system"), "VerifyFull");
    assert_eq!(mode("sslmode=require&channel_binding=prefer"), "Require");
    assert_eq!(
        mode("sslmode=verify-ca&channel_binding=disable"),
        "VerifyCa"
    );
}

#[test]
fn what_has_no_meaning_here_is_a_fault() {
    let fault = |parameters: &str| parse(&format!("db.example.com/x?{parameters}")).err();
    assert_eq!(
        fault("channel_binding=Require"),
        Some(InvalidPostgresUrl::ChannelBinding)
    );
    assert_eq!(fault("pgbouncer=1"), Some(InvalidPostgresUrl::Pgbouncer));
    assert_eq!(fault("connect_timeout=10&connection_limit=1"), None);
}

#[test]
fn what_neon_asks_for_is_passed_on() {
    let url = "ep-a-1.neon.tech/x?options=endpoint%3Dep-a-1&options[search_path]=app";
    let options = parse(url).unwrap().options;
    assert_eq!(
        options.get_options(),
        Some("endpoint=ep-a-1 -c search_path=app")
    );
}

/// Where the driver connects to, and as whom.
fn place(url: &str) -> String {
    let url = PostgresUrl::parse(url).unwrap_or_else(|fault| panic!("{url}: {fault}"));
    let options = url.options();
    let socket = options.get_socket().map(|path| path.display().to_string());
    let host = socket.unwrap_or_else(|| options.get_host().to_owned());
    let database = options.get_database().unwrap_or("-");
    format!(
        "{} {host} {} {database}",
        options.get_username(),
        options.get_port()
    )
}

/// PostgreSQL documentation, section 34.1.1.2.
#[test]
fn libpq_forms_name_one_place() {
    for (url, expected) in [
        (
            "postgresql://ann@db.example.com/x",
            "ann db.example.com 5432 x",
        ),
        (
            "POSTGRES://ann@db.example.com/x",
            "ann db.example.com 5432 x",
        ),
        ("postgres://ann@db:5433/x", "ann db 5433 x"),
        ("postgres://ann@db:/x", "ann db 5432 x"),
        ("postgres://ann@db/x?port=", "ann db 5432 x"),
        ("postgres://ann:p:w@db/x", "ann db 5432 x"),
        ("postgres://a%40b:p%23w@db/x%2Fy", "a@b db 5432 x/y"),
        ("postgres://ann@[::1]/x", "ann ::1 5432 x"),
        (
            "postgres://ann@[2001:db8::1]:5433/x",
            "ann 2001:db8::1 5433 x",
        ),
        (
            "postgres://ann@/x?host=/run/postgresql&port=5433",
            "ann /run/postgresql 5433 x",
        ),
        (
            "postgres://ann@%2Frun%2Fpostgresql/x",
            "ann /run/postgresql 5432 x",
        ),
        (
            "postgres://ann@%2Frun%2Fpostgresql:5433/x",
            "ann /run/postgresql 5433 x",
        ),
        (
            "postgres:///x?user=ann&host=db&password=p@w",
            "ann db 5432 x",
        ),
        ("postgres://?user=ann&host=db&dbname=x", "ann db 5432 x"),
        ("postgres://db?user=a@b&dbname=x", "a@b db 5432 x"),
        (
            "postgres://ann@127.0.0.1/x?hostaddr=127.0.0.2",
            "ann 127.0.0.2 5432 x",
        ),
        ("postgres://ann@db/x?user=bob&port=1&dbname=y", "bob db 1 y"),
        ("postgres://ann@db/x?&&", "ann db 5432 x"),
    ] {
        assert_eq!(place(url), expected, "{url}");
    }
}

#[test]
fn other_programs_parameters_have_no_effect() {
    for parameters in [
        "schema=public",
        "currentSchema=public",
        "connect_timeout=10&pool_timeout=0&socket_timeout=5",
        "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3",
        "target_session_attrs=read-write&load_balance_hosts=disable",
        "gssencmode=disable&krbsrvname=postgres",
        "sslsni=1&sslnegotiation=postgres&sslcompression=0",
        "client_encoding=UTF8&application_name=x&fallback_application_name=y",
        "statement_cache_size=100&sslaccept=accept_invalid_certs",
    ] {
        let url = parse(&format!("db/x?{parameters}"));
        let url = url.unwrap_or_else(|fault| panic!("{parameters}: {fault}"));
        assert_eq!(url.is_pooled(), None, "{parameters}");
        assert_eq!(url.connections(), None, "{parameters}");
    }
    assert_eq!(is_pooled("db/x?statement_cache_size=0"), Some(true));
    assert_eq!(
        is_pooled("db/x?prepared_statement_cache_size=0"),
        Some(true)
    );
    assert_eq!(
        parse("db/x?connection_limit=5").unwrap().connections(),
        Some(5)
    );
    let strict = parse("db/x?sslmode=require&sslaccept=strict").unwrap();
    assert!(matches!(
        strict.options().get_ssl_mode(),
        PgSslMode::VerifyFull
    ));
}

/// A text, and what its fault says.
const FAULTS: &[(&str, &str)] = &[
    (
        "postgres://a:pw@db/x?sslmodus=canary",
        "sslmodus; did you mean sslmode?",
    ),
    (
        "postgres://a:pw@db/x?SSLMODE=require",
        "SSLMODE; did you mean sslmode?",
    ),
    (
        "postgres://a:pw@db/x?frobnicate=canary",
        "known here: frobnicate",
    ),
    (
        "postgres://a:pw@db/x?sslmode=verify",
        "sslmode that must be",
    ),
    (
        "postgres://a:pw@db/x?sslmode=verify",
        "did you mean verify-full?",
    ),
    ("postgres://a:pw@db/x?sslmode=true", "did you mean require?"),
    (
        "postgres://a:pw@db/x?sslmode=canary",
        "sslmode that must be",
    ),
    ("postgres://a:pw@db/x?ssl=true", "sslmode=require"),
    (
        "postgres://a:pw@db/x?schema=canary",
        "schema that may only be public",
    ),
    (
        "postgres://a:pw@db/x?search_path=canary",
        "options=-c%20search_path",
    ),
    (
        "postgres://a:pw@db/x?sslnegotiation=direct",
        "sslnegotiation",
    ),
    ("postgres://a:pw@db/x?gssencmode=require", "gssencmode"),
    (
        "postgres://a:pw@db/x?target_session_attrs=standby",
        "target_session_attrs",
    ),
    ("postgres://a:pw@db/x?service=canary", "service"),
    ("postgres://a:pw@db/x?passfile=canary", "PGPASSFILE"),
    ("postgres://a:pw@db/x?require_auth=canary", "require_auth"),
    ("postgres://a:pw@db/x?sslcrl=canary", "sslcrl"),
    (
        "postgres://a:pw@db/x?connection_limit=0",
        "connection_limit that must be",
    ),
    (
        "postgres://a:pw@db/x?connection_limit=1001",
        "from 1 to 1000",
    ),
    (
        "postgres://a:pw@db/x?connection_limit=canary",
        "from 1 to 1000",
    ),
    (
        "postgres://a:pw@db/x?statement_cache_size=canary",
        "statement_cache_size",
    ),
    ("postgres://a:pw@db/x?hostaddr=canary", "hostaddr"),
    ("postgres://a:pw@db/x?port=canary", "port"),
    ("postgres://a:pw@db:0/x", "port"),
    ("postgres://a:pw@db:70000/x", "port"),
    ("postgres://a:pw@db/x?canary", "NAME=value"),
    ("postgres://a:pw@one,two/x", "several hosts"),
    ("postgres://a:pw@one:1,two:2/x", "several hosts"),
    ("postgres://a:pw@/x?host=one,two", "several hosts"),
    ("postgres://a:pw@db/x?port=1,2", "several hosts"),
    ("postgres://a:pw@/x?host=db:5432", "host"),
    ("postgres://a:pw@[::1/x", "IPv6"),
    ("postgres://a:pw@::1/x", "port"),
    ("postgres://a:pw@a%20b/x", "host"),
    ("postgres://a:100%canary@db/x", "%25"),
    ("postgres://a:%ff@db/x", "%25"),
    ("postgres://a:canary%@db/x", "%25"),
    ("postgres://a:pw@db/x%0Ay", "special character"),
];

/// Each fault names the parameter or the part, and none repeats a value.
#[test]
fn fault_names_part_and_no_value() {
    for (url, named) in FAULTS {
        let fault = PostgresUrl::parse(url).unwrap_err();
        let said = format!("{fault} {fault:?}");
        assert!(said.contains(named), "{url}: {said}");
        for secret in ["canary", "pw"] {
            assert!(!said.contains(secret), "{url}: {said}");
        }
    }
}

/// Whatever stands unescaped in a password ends it early. What is left of it
/// must not be taken for a host or a parameter's name.
#[test]
fn unescaped_password_is_never_shown() {
    for password in [
        "Kai@Zug",
        "Kai#Zug",
        "Kai/Zug",
        "Kai?Zug",
        "Kai?Zug=1",
        "Kai?Zug=1&x",
        "c?an&Zug=1",
        "1234?KaiZug=1",
        "1234/KaiZug",
        "12/34?KaiZug=1",
        "Kai@Zug#x",
        "Kai@/Zug",
        "Kai@Zug?b=1",
        "Kai@x?Zug=1",
        "Kai@x:12?Zug=1",
        "Kai@x:Zug",
        "Kai:Zug@x",
        "Kai@[Zug",
        "p@ss#w0rd",
        "Kai@x?sslmode=Zug",
        "Kai%Zug",
        "Kai@x/y?Zug",
    ] {
        let url = format!("postgres://user:{password}@db.example.com/x");
        let fault = PostgresUrl::parse(&url).unwrap_err();
        let said = format!("{fault} {fault:?}");
        for secret in ["Kai", "Zug", "1234", "w0rd", "user:"] {
            assert!(!said.contains(secret), "{password}: {said}");
        }
        let helps = ["percent-encoded", "%40", "%25", "must be disable"];
        assert!(
            helps.iter().any(|help| said.contains(help)),
            "{password}: {said}"
        );
    }
}
