//! JSON that means one thing only.

use hallpass_verify::Refused;

use crate::forge::{Forge, USER, all_refused, quoted, sign_header, sign_payload, verdict};

/// Texts near this object that are not one JSON object.
fn broken(good: &str) -> Vec<String> {
    vec![
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "true".to_owned(),
        "7".to_owned(),
        "\"{}\"".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "}".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good},"),
        format!("{good}x"),
        format!("{good}\0"),
        format!("\u{feff}{good}"),
        format!("\u{c}{good}"),
        format!("\u{a0}{good}"),
        format!("// ours\n{good}"),
        good.replace('"', "'"),
        good.replace('}', ",}"),
        good.replace("{\"", "{"),
        good.replace(':', "="),
        good.replace(",\"", ",\"\n"),
        good.replace(",\"", ",\"\\q"),
        good.replace(",\"", ",,\""),
        good.replace('}', ""),
        good.replace('{', ""),
    ]
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    let payloads = broken(&Forge::good().payload_json());
    all_refused(Refused::Malformed, payloads.iter().map(sign_payload));
    let headers = broken(&Forge::good().header_json());
    all_refused(Refused::Malformed, headers.iter().map(sign_header));
}

#[test]
fn an_array_of_the_right_values_is_no_object() {
    // A struct can be read from an array by position; a token may not.
    let payload = r#"["u","e@example.com",1800000000,1800003600,"https://auth.example.com"]"#;
    let header = r#"["HS256","JWT"]"#;
    all_refused(
        Refused::Malformed,
        [
            sign_payload(payload),
            sign_payload(format!(" \n{payload}")),
            sign_header(header),
            sign_header(r#"["HS256","JWT",null,null,null,null]"#),
        ],
    );
}

#[test]
fn a_claim_that_we_read_is_refused_when_it_is_there_twice() {
    let twice = [
        ("sub", quoted(USER)),
        ("sub", quoted("somebody-else")),
        ("email", quoted("ada@example.com")),
        ("iat", "1800000000".to_owned()),
        ("exp", "1800003600".to_owned()),
        ("exp", "9999999999".to_owned()),
        ("iss", quoted("https://auth.example.com")),
        ("s\\u0075b", quoted("somebody-else")),
        ("\\u0065xp", "9999999999".to_owned()),
    ];
    all_refused(
        Refused::Malformed,
        twice
            .iter()
            .map(|(name, json)| Forge::good().claim_also(name, json).token()),
    );
    all_refused(
        Refused::Malformed,
        ["nbf", "aud"].map(|name| {
            Forge::good()
                .claim_also(name, "1800000000")
                .claim_also(name, "1800000000")
                .token()
        }),
    );
}

#[test]
fn a_claim_that_is_broken_and_there_twice_is_refused_in_either_order() {
    all_refused(
        Refused::Malformed,
        [
            Forge::good()
                .claim("sub", "null")
                .claim_also("sub", &quoted(USER))
                .token(),
            Forge::good().claim_also("sub", "null").token(),
        ],
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_refused_even_in_what_we_ignore() {
    let with_bytes = |name: &str, bytes: &[u8]| {
        let json = Forge::good().claim(name, "\"@@@\"").payload_json();
        let (start, end) = json.split_once("@@@").unwrap();
        sign_payload([start.as_bytes(), bytes, end.as_bytes()].concat())
    };
    let broken: [&[u8]; 7] = [
        b"\xff",
        b"\x80",
        b"\xc3",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9f\x98",
    ];
    for name in ["sub", "email", "iss", "anything"] {
        all_refused(
            Refused::Malformed,
            broken.map(|bytes| with_bytes(name, bytes)),
        );
    }
    let utf_16: Vec<u8> = Forge::good()
        .payload_json()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    all_refused(Refused::Malformed, [sign_payload(utf_16)]);
    all_refused(
        Refused::Malformed,
        [sign_header(
            b"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\xff\"}",
        )],
    );
}

#[test]
fn half_a_surrogate_pair_is_refused_in_what_we_read() {
    let halves = ["\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\u12", "\\u{41}"];
    all_refused(
        Refused::Malformed,
        halves.map(|half| Forge::good().claim("sub", &quoted(half)).token()),
    );
}

#[test]
fn every_script_is_read_as_it_stands() {
    for email in ["用户@例子.广告", "ада@пример.рф", "\u{1f600}@example.com"] {
        let token = Forge::good().claim("email", &quoted(email)).token();
        assert_eq!(verdict(&token).unwrap().email, email);
    }
    let escaped = Forge::good()
        .claim("email", "\"\\ud83d\\ude00@example.com\"")
        .token();
    assert_eq!(verdict(&escaped).unwrap().email, "\u{1f600}@example.com");
}

#[test]
fn deep_nesting_neither_overflows_nor_passes_for_a_claim() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let maps = format!("{}1{}", "{\"a\":".repeat(900), "}".repeat(900));
    for ignored in [deep(2500), maps.clone()] {
        let token = Forge::good().claim("anything", &ignored).token();
        assert!(verdict(&token).is_ok());
        let token = Forge::good().header("anything", &ignored).token();
        assert!(verdict(&token).is_ok());
    }
    all_refused(
        Refused::Malformed,
        [deep(2500), maps].iter().flat_map(|json| {
            ["sub", "exp", "nbf", "aud"].map(|name| Forge::good().claim(name, json).token())
        }),
    );
}

#[test]
fn unknown_claims_are_ignored() {
    let token = Forge::good()
        .claim("jti", &quoted("1"))
        .claim("role", &quoted("admin"))
        .claim("scope", "[\"a\",{\"b\":[1.5e3,null]}]")
        .claim("SUB", &quoted("somebody-else"))
        .claim("role ", "1")
        .claim_also("role", "2")
        .claim("__proto__", "{\"sub\":\"x\"}")
        .token();
    assert_eq!(verdict(&token).unwrap().sub, USER);
}

#[test]
fn the_order_and_the_white_space_of_the_payload_do_not_matter() {
    let payload = "\r\n{ \"iss\" : \"https://auth.example.com\",\t\"exp\":1800003600 ,\n\
        \"iat\":1800000000,\"email\":\"ada@example.com\",\"sub\":\"u\" } ";
    assert_eq!(verdict(&sign_payload(payload)).unwrap().sub, "u");
}
