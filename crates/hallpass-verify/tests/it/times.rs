//! When a token is good, to the second.

use std::time::Duration;

use hallpass_verify::Refused;

use crate::forge::{Forge, NOW, all_refused, builder, sign_payload, verdict, verifier};

#[test]
fn asvs_v9_2_1_a_token_is_good_for_3600_seconds_and_not_one_more() {
    let verifier = verifier();
    let token = Forge::good().token();
    for age in [0, 1, 3598, 3599] {
        assert!(verifier.verify_at(&token, NOW + age).is_ok(), "{age}");
    }
    for age in [3600, 3601, 7200, 1_000_000_000] {
        assert_eq!(
            verifier.verify_at(&token, NOW + age),
            Err(Refused::Expired),
            "{age}"
        );
    }
}

#[test]
fn leeway_moves_the_end_by_as_much_and_no_more() {
    let verifier = builder().leeway(Duration::from_secs(30)).build().unwrap();
    let token = Forge::good().token();
    assert!(verifier.verify_at(&token, NOW + 3629).is_ok());
    assert_eq!(
        verifier.verify_at(&token, NOW + 3630),
        Err(Refused::Expired)
    );
}

#[test]
fn leeway_makes_no_longer_life_and_no_later_issue_acceptable() {
    let verifier = builder().leeway(Duration::from_mins(10)).build().unwrap();
    let token = Forge::good().times(NOW, NOW + 3601).token();
    assert_eq!(verifier.verify_at(&token, NOW), Err(Refused::LifeTooLong));
    let token = Forge::good().times(NOW + 6, NOW + 3600).token();
    assert_eq!(
        verifier.verify_at(&token, NOW),
        Err(Refused::IssuedInFuture)
    );
}

#[test]
fn a_fraction_of_a_second_of_leeway_is_dropped() {
    let verifier = builder()
        .leeway(Duration::from_millis(1999))
        .build()
        .unwrap();
    let token = Forge::good().token();
    assert!(verifier.verify_at(&token, NOW + 3600).is_ok());
    assert_eq!(
        verifier.verify_at(&token, NOW + 3601),
        Err(Refused::Expired)
    );
}

#[test]
fn a_token_may_be_issued_5_seconds_ahead_of_our_clock_but_not_6() {
    let at = |ahead: i64| Forge::good().times(NOW + ahead, NOW + ahead + 3600).token();
    assert!(verdict(&at(5)).is_ok());
    all_refused(Refused::IssuedInFuture, [6, 7, 3600, 1_000_000_000].map(at));
}

#[test]
fn a_token_issued_in_the_past_is_good_while_it_lasts() {
    let token = Forge::good().times(NOW - 3599, NOW + 1).token();
    assert!(verdict(&token).is_ok());
}

#[test]
fn a_life_above_the_longest_is_refused() {
    let life = |seconds: i64| Forge::good().times(NOW, NOW + seconds).token();
    assert!(verdict(&life(3600)).is_ok());
    assert!(verdict(&life(1)).is_ok());
    all_refused(
        Refused::LifeTooLong,
        [3601, 86_400, i64::MAX - NOW].map(life),
    );
    all_refused(
        Refused::LifeTooLong,
        [Forge::good().times(0, NOW + 3600).token()],
    );
}

#[test]
fn a_life_of_nothing_or_less_is_refused() {
    all_refused(
        Refused::LifeTooLong,
        [0, -1, -3600].map(|life| Forge::good().times(NOW, NOW + life).token()),
    );
}

#[test]
fn the_longest_life_is_a_setting() {
    let short = builder().max_life(Duration::from_mins(1)).build().unwrap();
    let minute = Forge::good().times(NOW, NOW + 60).token();
    assert!(short.verify_at(&minute, NOW).is_ok());
    let longer = Forge::good().times(NOW, NOW + 61).token();
    assert_eq!(short.verify_at(&longer, NOW), Err(Refused::LifeTooLong));
    let long = builder().max_life(Duration::MAX).build().unwrap();
    let endless = Forge::good().times(NOW, i64::MAX).token();
    assert!(long.verify_at(&endless, NOW).is_ok());
}

/// JSON that is sound and no whole number of seconds from 0 up.
const NO_TIMES: [&str; 26] = [
    "null",
    "true",
    "\"\"",
    "\"1800000000\"",
    "\"1800003600\"",
    "\"never\"",
    "[]",
    "[1800000000]",
    "{}",
    "{\"$numberLong\":\"1800000000\"}",
    "1800000000.0",
    "1800003600.0",
    "1800000000.5",
    "1.8e9",
    "18e8",
    "1800000000e0",
    "1e3",
    "1e30",
    "1e308",
    "-1",
    "-1800000000",
    "-0.5",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
];

#[test]
fn asvs_v9_2_1_a_time_that_is_no_whole_number_is_refused() {
    for name in ["iat", "exp", "nbf"] {
        all_refused(
            Refused::Claims,
            NO_TIMES.map(|json| Forge::good().claim(name, json).token()),
        );
    }
}

#[test]
fn a_number_that_json_does_not_know_is_refused() {
    let numbers = [
        "01800000000",
        "+1800000000",
        "0x6b49d200",
        "1_800_000_000",
        "1800000000.",
        ".5",
        "1e",
        "NaN",
        "Infinity",
        "-Infinity",
        "--1",
        "1 800",
        "-",
        "undefined",
    ];
    for name in ["iat", "exp", "nbf"] {
        all_refused(
            Refused::Malformed,
            numbers.map(|json| Forge::good().claim(name, json).token()),
        );
    }
}

#[test]
fn a_number_beyond_every_range_is_refused() {
    // As broken JSON, or as no whole number with `arbitrary_precision` of
    // serde_json, which any crate of a build can turn on for all.
    for name in ["iat", "exp", "nbf"] {
        let refused = verdict(&Forge::good().claim(name, "1e999").token()).unwrap_err();
        assert!(matches!(refused, Refused::Malformed | Refused::Claims));
    }
}

#[test]
fn the_largest_times_and_clocks_do_not_overflow() {
    let largest = i64::MAX;
    all_refused(
        Refused::IssuedInFuture,
        [
            Forge::good().times(largest, largest).token(),
            Forge::good().times(largest, 0).token(),
            Forge::good().times(largest - 1, largest).token(),
        ],
    );
    let patient = builder()
        .leeway(Duration::MAX)
        .max_life(Duration::MAX)
        .build()
        .unwrap();
    let tokens = [
        Forge::good().times(0, largest),
        Forge::good().times(largest - 1, largest),
        Forge::good().times(0, 1),
        Forge::good().claim("nbf", &largest.to_string()),
    ];
    for token in tokens.map(|forge| forge.token()) {
        for now in [i64::MIN, -1, 0, 1, NOW, largest - 1, largest] {
            let _ = patient.verify_at(&token, now);
            let _ = verifier().verify_at(&token, now);
        }
    }
    let token = Forge::good().token();
    assert_eq!(
        verifier().verify_at(&token, i64::MIN),
        Err(Refused::IssuedInFuture)
    );
    assert_eq!(
        verifier().verify_at(&token, 0),
        Err(Refused::IssuedInFuture)
    );
    assert_eq!(
        verifier().verify_at(&token, i64::MAX),
        Err(Refused::Expired)
    );
}

#[test]
fn asvs_v9_2_1_a_token_is_not_good_before_nbf() {
    let from = |start: i64| Forge::good().claim("nbf", &start.to_string()).token();
    for start in [0, NOW - 1, NOW] {
        assert!(verdict(&from(start)).is_ok(), "{start}");
    }
    all_refused(
        Refused::NotYetValid,
        [NOW + 1, NOW + 3600, i64::MAX].map(from),
    );
    let patient = builder().leeway(Duration::from_secs(30)).build().unwrap();
    assert!(patient.verify_at(&from(NOW + 30), NOW).is_ok());
    assert_eq!(
        patient.verify_at(&from(NOW + 31), NOW),
        Err(Refused::NotYetValid)
    );
}

#[test]
fn expired_is_said_last() {
    let verifier = verifier();
    let later = NOW + 100_000;
    let wrong = [
        (
            Forge::good().claim("iss", "\"https://evil.example\""),
            Refused::Issuer,
        ),
        (Forge::good().claim("aud", "\"x\""), Refused::Audience),
        (Forge::good().claim("sub", "7"), Refused::Claims),
        (Forge::good().claim("sub", "\"\""), Refused::Claims),
        (Forge::good().claim("nbf", "\"0\""), Refused::Claims),
        (
            Forge::good().claim("nbf", "9999999999"),
            Refused::NotYetValid,
        ),
        (Forge::good().times(NOW, NOW + 3601), Refused::LifeTooLong),
        (Forge::good().times(NOW, NOW - 1), Refused::LifeTooLong),
        (Forge::good().header("typ", "\"at+jwt\""), Refused::Type),
        (Forge::good().signed_with("x"), Refused::Signature),
    ];
    for (forge, why) in wrong {
        assert_eq!(verifier.verify_at(&forge.token(), later), Err(why));
    }
    assert_eq!(
        verifier.verify_at(&Forge::good().token(), later),
        Err(Refused::Expired)
    );
}

#[test]
fn the_clock_of_the_machine_is_used_when_none_is_given() {
    // Far enough from any day on which this may run.
    let (past, future) = (1_000_000_000, 20_000_000_000_i64);
    let verifier = verifier();
    let old = Forge::good().times(past, past + 3600).token();
    assert_eq!(verifier.verify(&old), Err(Refused::Expired));
    let coming = Forge::good().times(future, future + 3600).token();
    assert_eq!(verifier.verify(&coming), Err(Refused::IssuedInFuture));
    let patient = builder().max_life(Duration::MAX).build().unwrap();
    let lasting = Forge::good().times(past, future).token();
    assert!(patient.verify(&lasting).is_ok());
}

#[test]
fn milliseconds_are_not_taken_for_seconds() {
    let token = Forge::good()
        .times(NOW * 1000, NOW * 1000 + 3_600_000)
        .token();
    all_refused(Refused::IssuedInFuture, [token]);
}

#[test]
fn a_deeply_zeroed_number_is_read_as_what_it_is() {
    let zeros = "0".repeat(400);
    let payload = Forge::good().payload_json();
    all_refused(
        Refused::Claims,
        [sign_payload(payload.replace(
            "\"exp\":1800003600",
            &format!("\"exp\":1800003600.{zeros}"),
        ))],
    );
}
