//! Lines of our own, lines of others, and every other kind of line.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

const OURS: [&str; 4] = [
    "PORT",
    "BETTER_AUTH_SECRET",
    "HALLPASS_LOG",
    "BETTER_AUTH_SECRET_FILE",
];

fn read(content: &[u8]) -> DotEnv {
    let names = Names {
        is_ours: &|name| OURS.contains(&name),
        outside: &|name| (name == "OUTSIDE").then(|| "from outside".to_owned()),
    };
    parse(content, names)
}

/// The value of PORT in a file that has no broken line.
fn port(content: impl AsRef<[u8]>) -> Option<String> {
    let content = content.as_ref();
    let read = read(content);
    let shown = String::from_utf8_lossy(content).into_owned();
    assert_eq!(read.broken, [], "{shown}");
    let value = read.values.get("PORT");
    value.map(|value| value.expose_secret().to_owned())
}

/// The lines that are broken, with the names that they assign.
fn broken(content: impl AsRef<[u8]>) -> Vec<(usize, String)> {
    let broken = read(content.as_ref()).broken;
    broken.into_iter().map(|one| (one.line, one.name)).collect()
}

#[test]
fn values_are_read_as_written() {
    for (line, value) in [
        ("PORT=8000", "8000"),
        ("PORT=8000\r", "8000"),
        ("\u{feff}PORT=8000", "8000"),
        ("  PORT = 8000  ", "8000"),
        ("\tPORT\t=\t8000\t", "8000"),
        ("export PORT=8000", "8000"),
        ("export\tPORT=8000", "8000"),
        ("PORT=", ""),
        ("PORT=   ", ""),
        ("PORT=8000 # web", "8000"),
        ("PORT=8000\t# web", "8000"),
        ("PORT=8000# web", "8000# web"),
        ("PORT=#value", "#value"),
        ("PORT=#1e6b52 # green", "#1e6b52"),
        ("PORT= # nothing", ""),
        ("PORT=a#b", "a#b"),
        ("PORT=My Great App", "My Great App"),
        ("PORT=it's me", "it's me"),
        ("PORT=say \"hi\"", "say \"hi\""),
        ("PORT=a=b==", "a=b=="),
        ("PORT={\"a\": \"x\"}", "{\"a\": \"x\"}"),
        ("PORT=caf\u{e9}", "caf\u{e9}"),
        ("PORT='a b # c $D \\n'", "a b # c $D \\n"),
        ("PORT='a' # comment", "a"),
        ("PORT=\"a b # c\"", "a b # c"),
        ("PORT=\"a\\nb\\tc\\\"d\\\\e\\$f\\'g\"", "a\nb\tc\"d\\e$f'g"),
        ("PORT=\"a\\xb\"", "a\\xb"),
        ("PORT=\"it's me\"", "it's me"),
        ("PORT='say \"hi\"'", "say \"hi\""),
        ("PORT=''", ""),
        ("PORT=\"\"", ""),
        ("PORT=s\\ ix", "s ix"),
        ("PORT=a\\\\b", "a\\b"),
        ("PORT=C:\\data\\new", "C:\\data\\new"),
        ("PORT=a\\", "a\\"),
        ("PORT=a\\#b", "a#b"),
        ("PORT=`date`", "`date`"),
    ] {
        assert_eq!(port(line).as_deref(), Some(value), "{line:?}");
    }
}

#[test]
fn names_are_replaced_by_values() {
    for (text, value) in [
        ("A=x\nPORT=$A", "x"),
        ("A=x\nPORT=${A}y", "xy"),
        ("A=x\nPORT=\"$A-$A\"", "x-x"),
        ("A_B=x\nPORT=$A_B", "x"),
        ("A=x\nPORT='$A'", "$A"),
        ("A=x\nPORT=\\$A", "$A"),
        ("A=x\nPORT=\"\\$A\"", "$A"),
        ("A='$B'\nPORT=$A", "$B"),
        ("A=1\nA=2\nPORT=$A", "2"),
        ("OUTSIDE=inside\nPORT=$OUTSIDE", "from outside"),
        ("PORT=$", "$"),
        ("PORT=5$ each", "5$ each"),
        ("PORT=$1", "$1"),
        ("PORT=$(date)", "$(date)"),
        ("PORT=${NONE:-8000}", "8000"),
        ("PORT=${NONE-8000}", "8000"),
        ("PORT=${NONE:-}", ""),
        ("A=\nPORT=${A:-8000}", "8000"),
        ("A=\nPORT=${A-8000}", ""),
        ("A=x\nPORT=${A:-8000}", "x"),
    ] {
        assert_eq!(port(text).as_deref(), Some(value), "{text:?}");
    }
}

#[test]
fn unknown_references_are_broken() {
    for text in [
        "PORT=$NONE",
        "PORT=\"${NONE}\"",
        "PORT=pa$$word",
        "PORT=${A",
        "PORT=${}",
        "PORT=${1}",
        "PORT=${A:?must}",
        "PORT=$PORT",
        "A=\"x\nPORT=$A",
    ] {
        let line = text.lines().count();
        assert_eq!(broken(text), [(line, "PORT".to_owned())], "{text:?}");
    }
}

#[test]
fn quoted_values_span_lines() {
    let key = "-----BEGIN KEY-----\nMIIB+/aa==\n-----END KEY-----\n";
    for quote in ["'", "\""] {
        let text = format!("PORT={quote}{key}{quote} # a key\nHALLPASS_LOG=json");
        assert_eq!(port(&text).as_deref(), Some(key), "{text}");
        let others = format!("KEY={quote}{key}PORT=1\n{quote}\nPORT=2");
        assert_eq!(port(&others).as_deref(), Some("2"), "{others}");
        let windows = format!("KEY={quote}{key}{quote}\nPORT=2\n").replace('\n', "\r\n");
        assert_eq!(port(&windows).as_deref(), Some("2"), "{windows}");
    }
    let inside = "SCRIPT=\"\nPORT=1\necho \\\"x\\\"\n\"\nHALLPASS_LOG=json";
    assert_eq!(port(inside), None);
}

/// Lines that no parser of ours can read, or that other programs read otherwise.
const OTHERS: [&str; 40] = [
    "NEXT_PUBLIC_SITE_NAME=My Great App",
    "FIREBASE_CONFIG={\"apiKey\": \"x\"}",
    "FIREBASE_CONFIG={\n  \"apiKey\": \"x\",\n  \"PORT\": 1\n}",
    "FIREBASE_CONFIG='{\"motto\": \"it's\"}'",
    "GREETING=it's me",
    "GREETING='tis me",
    "GREETING=\"hello",
    "GREETING='hello",
    "GREETING=\"a\" and \"b\"",
    "GREETING='a''b'",
    "GREETING=\"a\\\"",
    "GREETING=`multi",
    "GREETING=$NONE",
    "GREETING=${NONE",
    "GREETING=${NONE:?must be set}",
    "GREETING=$(cat <<END)",
    "GREETING=a\\",
    "GREETING",
    "export GREETING",
    "GREETING: hello",
    "GREETING hello",
    "=value",
    "=",
    "'",
    "\"",
    "\"PORT\": 1,",
    "[section]",
    "---",
    "; comment",
    "// comment",
    "# PORT=1",
    "#PORT=1",
    "PORTS=1",
    "port=1",
    "MY PORT=1",
    "PORT.A=1",
    "set -a",
    "if true; then",
    "A=\0",
    "\0",
];

#[test]
fn lines_of_others_change_nothing() {
    for other in OTHERS {
        for end in ["\n", "\r\n"] {
            let text = format!("{other}\nPORT=8000\nTITLE='My App'\nNAME=\"\"\nKEY=\"\nx\n\"\n");
            let text = text.replace('\n', end);
            assert_eq!(port(&text).as_deref(), Some("8000"), "{text}");
        }
    }
    let all = OTHERS.join("\n");
    assert_eq!(port(format!("{all}\nPORT=8000")).as_deref(), Some("8000"));
    assert_eq!(port(format!("PORT=8000\n{all}")).as_deref(), Some("8000"));
    let noise = b"A=\xff\xfe\n\xff\nB=\"\xff\nPORT=8000";
    assert_eq!(port(noise).as_deref(), Some("8000"));
    let long = format!("A={}\nPORT=8000", "x".repeat(1_000_000));
    assert_eq!(port(long).as_deref(), Some("8000"));
}

#[test]
fn broken_lines_of_ours_are_named() {
    for line in [
        "PORT",
        "export PORT",
        "PORT 8000",
        "PORT: 8000",
        "PORT:=8000",
        "PORT 8000=",
        "PORT=\"8000",
        "PORT='8000",
        "PORT='",
        "PORT=\"80\"00",
        "PORT='80''00'",
        "PORT='80'#comment",
        "PORT=80\x0000",
        "PORT\0=8000",
    ] {
        let expected = [(3, "PORT".to_owned())];
        let text = format!("# ours\nA=b\n{line}\nHALLPASS_LOG=json\n");
        assert_eq!(broken(&text), expected, "{line:?}");
        let log = read(text.as_bytes()).values.remove("HALLPASS_LOG");
        assert_eq!(log.unwrap().expose_secret(), "json", "{line:?}");
    }
    assert_eq!(broken(b"PORT=80\xff0"), [(1, "PORT".to_owned())]);
    let after_a_key = "KEY='\nx\n'\nPORT\nBETTER_AUTH_SECRET=\"x\n";
    let expected = [(4, "PORT".to_owned()), (5, "BETTER_AUTH_SECRET".to_owned())];
    assert_eq!(broken(after_a_key), expected);
    let forgotten = "BETTER_AUTH_SECRET=\"x\nHALLPASS_LOG=json\nHEIGHT=5\"\n";
    let expected = [(1, "BETTER_AUTH_SECRET".to_owned())];
    assert_eq!(broken(forgotten), expected);
}

#[test]
fn the_last_of_several_values_counts() {
    assert_eq!(port("PORT=1\nPORT=2\n").as_deref(), Some("2"));
    assert_eq!(port("PORT=1\nPORT=\n").as_deref(), Some(""));
    assert_eq!(port(""), None);
    assert_eq!(port("\n\n"), None);
    assert_eq!(port("\u{feff}"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read(content in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&content);
    }

    #[test]
    fn any_lines_are_read(lines in prop::collection::vec("(export )?[A-Z]{0,5}[ =]{0,3}[ -~]{0,12}", 0..20)) {
        read(lines.join("\n").as_bytes());
    }

    /// Without a quote, no other line reaches beyond its end.
    #[test]
    fn unquoted_lines_swallow_nothing(lines in prop::collection::vec("[^\"'\n\r]{0,30}", 0..10)) {
        let lines: Vec<_> = lines.iter().map(|line| format!("X{line}")).collect();
        let text = format!("{}\nPORT=8000", lines.join("\n"));
        prop_assert_eq!(port(text), Some("8000".to_owned()));
    }

    /// One unclosed quote swallows nothing.
    #[test]
    fn unclosed_quotes_swallow_nothing(quote in "[\"']", rest in "[^\"'\n\r]{0,30}") {
        let text = format!("X={quote}{rest}\nPORT=8000\nHALLPASS_LOG=json\n");
        prop_assert_eq!(port(text), Some("8000".to_owned()));
    }

    #[test]
    fn single_quotes_keep_everything(value in "[^'\r\0]{0,60}") {
        prop_assert_eq!(port(format!("PORT='{value}'\nHALLPASS_LOG=json")), Some(value));
    }

    #[test]
    fn double_quotes_keep_what_is_escaped(value in "[^\r\0]{0,60}") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        prop_assert_eq!(port(format!("PORT=\"{escaped}\"\nHALLPASS_LOG=json")), Some(value));
    }
}
