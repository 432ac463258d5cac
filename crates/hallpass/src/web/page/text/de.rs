//! German.

use super::Texts;
use crate::clock::CivilTime;
use crate::email::InvalidEmail;
use crate::error::{Broken, Error};
use crate::method::password::PasswordRefused;
use crate::secret::Password;
use crate::user::{InvalidImage, InvalidName};
use crate::web::error::minutes_to_wait;

pub(super) static TEXTS: Texts = Texts {
    lang: "de",
    skip_to_content: "Zum Inhalt",
    home_step_sign_in: "Melden Sie sich mit E-Mail-Adresse und Passwort an.",
    home_step_pass: "Sie bekommen einen Pass, den hier jeder Dienst annimmt.",
    home_step_expires: "Nach einer Stunde läuft er von selbst ab, und Sie werden wieder gefragt.",
    for_developers: "Für Entwickler:",
    api_documentation: "Dokumentation der API",
    sign_in: "Anmelden",
    sign_in_title: "Anmeldung",
    new_here: "Neu hier?",
    create_account: "Konto anlegen",
    sign_up_title: "Konto anlegen",
    have_an_account: "Sie haben schon ein Konto?",
    sign_out: "Abmelden",
    email_label: "E-Mail-Adresse",
    password_label: "Passwort",
    name_label: "Name",
    name_label_optional: "Name (freiwillig)",
    name_hint: "Wie wir Sie nennen dürfen.",
    show: "Zeigen",
    show_password: "Zeigen: Passwort",
    hide: "Verbergen",
    hide_password: "Verbergen: Passwort",
    summary_title: "Das hat nicht geklappt",
    invalid_credentials: "Die Anmeldedaten sind nicht richtig",
    registration_refused: "Das Konto kann nicht angelegt werden. Bitte nehmen Sie eine andere E-Mail-Adresse.",
    server_busy: "Der Server ist ausgelastet. Bitte versuchen Sie es gleich noch einmal.",
    session_expired: "Die Sitzung ist abgelaufen. Bitte melden Sie sich wieder an.",
    signed_out: "Sie sind abgemeldet.",
    name_saved: "Ihr Name ist gespeichert.",
    save_name: "Namen speichern",
    dashboard_title: "Ihr Pass",
    issued_to: "Ausgestellt für",
    member_since: "Mitglied seit",
    valid_until: "Gültig bis",
    time_left: "Noch gültig",
    expires_soon: "Ihr Pass läuft in weniger als zwei Minuten ab. Danach werden Sie gebeten, sich wieder anzumelden.",
    one_moment: "Einen Augenblick",
    go_on: "Weiter",
    back_to_start: "Zurück zum Anfang",
    request_id: "Falls Sie uns das melden, nennen Sie bitte die Nummer der Anfrage:",

    home_title: |brand| format!("Willkommen bei {brand}"),
    home_lead: |brand| format!("Eine Anmeldung für alles bei {brand}."),
    sign_in_lead: |brand| format!("Willkommen zurück bei {brand}."),
    sign_up_lead: |brand| format!("Es dauert eine Minute und öffnet alles bei {brand}."),
    password_hint: |fewest| {
        format!(
            "{fewest} bis {} Zeichen. Ein paar Wörter ohne Zusammenhang sind leicht zu merken und schwer \
             zu erraten. Kein verbreitetes Passwort und keines, das den Teil Ihrer E-Mail-Adresse vor \
             dem @ enthält.",
            Password::MAX_CODE_POINTS
        )
    },
    welcome: |name| {
        name.map_or("Willkommen!".to_owned(), |name| {
            format!("Willkommen, {name}!")
        })
    },
    too_many_tries: |minutes| {
        let unit = if minutes == 1 { "Minute" } else { "Minuten" };
        format!("Zu viele Versuche. Bitte versuchen Sie es in {minutes} {unit} wieder.")
    },
    date: |at| format!("{}. {} {}", at.day, month(at), at.year),
    time: |at| format!("{:02}:{:02} Uhr (UTC)", at.hour, at.minute),
    fault,
    error_title,
    error_text,
};

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn month(at: CivilTime) -> &'static str {
    super::month_of(&MONTHS, at)
}

fn fault(broken: Broken) -> String {
    match broken {
        Broken::NotAnObject | Broken::Repeated | Broken::NotText => {
            "Das Formular kam nicht so an, wie es abgeschickt wurde.".to_owned()
        }
        Broken::Missing => "Dieses Feld fehlt.".to_owned(),
        Broken::Email(invalid) => email(invalid).to_owned(),
        Broken::Name(invalid) => name(invalid).to_owned(),
        Broken::Image(invalid) => image(invalid).to_owned(),
        Broken::Password(refused) => password(refused),
    }
}

const fn email(invalid: InvalidEmail) -> &'static str {
    match invalid {
        InvalidEmail::TooLong => "Die E-Mail-Adresse darf höchstens 254 Zeichen haben.",
        InvalidEmail::TooManyBytes => {
            "Die E-Mail-Adresse darf höchstens 254 Bytes haben; Buchstaben außerhalb von ASCII zählen zwei bis vier."
        }
        InvalidEmail::LocalPartTooLong => {
            "Der Teil der E-Mail-Adresse vor dem @ darf höchstens 64 Bytes haben; Buchstaben außerhalb von ASCII zählen zwei bis vier."
        }
        InvalidEmail::Invisible => {
            "Die E-Mail-Adresse enthält ein unsichtbares Zeichen. Tippen Sie die Adresse, statt sie einzufügen."
        }
        InvalidEmail::Space => "Die E-Mail-Adresse darf keine Leerzeichen enthalten.",
        InvalidEmail::NotAlone => {
            "Geben Sie nur die E-Mail-Adresse ein, ohne Namen, Klammern oder „mailto:“, in der Form name@example.com."
        }
        InvalidEmail::Syntax => {
            "Das ist keine E-Mail-Adresse. Sie muss die Form name@example.com haben."
        }
    }
}

const fn image(invalid: InvalidImage) -> &'static str {
    match invalid {
        InvalidImage::TooLong => "Die Adresse des Bildes darf höchstens 2048 Bytes haben.",
        InvalidImage::Syntax => {
            "Das Bild muss eine URL mit https oder http sein, oder ein Pfad, der mit / beginnt."
        }
    }
}

const fn name(invalid: InvalidName) -> &'static str {
    match invalid {
        InvalidName::TooLong => "Der Name darf höchstens 255 Zeichen haben.",
        InvalidName::ControlCharacter => "Der Name darf keine Steuerzeichen enthalten.",
    }
}

fn password(refused: PasswordRefused) -> String {
    match refused {
        PasswordRefused::Empty => "Das Passwort fehlt.".to_owned(),
        PasswordRefused::TooShort(fewest) => {
            format!("Das Passwort muss mindestens {fewest} Zeichen haben.")
        }
        PasswordRefused::TooLong => {
            let most = Password::MAX_CODE_POINTS;
            format!("Das Passwort darf höchstens {most} Zeichen haben.")
        }
        PasswordRefused::UnfitForBcrypt => {
            "Das Passwort darf höchstens 72 Bytes haben, von denen Buchstaben außerhalb von ASCII \
             zwei bis vier brauchen, und kein NUL-Zeichen enthalten."
                .to_owned()
        }
        PasswordRefused::ContainsEmail => {
            "Das Passwort darf den Teil der E-Mail-Adresse vor dem @ nicht enthalten.".to_owned()
        }
        PasswordRefused::Common => {
            "Das Passwort ist zu verbreitet oder zu leicht zu erraten. Wählen Sie ein anderes, zum \
             Beispiel ein paar Wörter ohne Zusammenhang."
                .to_owned()
        }
    }
}

fn error_title(error: &Error) -> String {
    match error {
        Error::AccessDenied | Error::CrossSiteRequest => "Das ist nicht erlaubt",
        Error::NotFound => "Diese Seite gibt es nicht",
        Error::MethodNotAllowed => "So ist diese Seite nicht zu erreichen",
        Error::RateLimited { .. } => "Zu viele Versuche",
        Error::Overloaded { .. } => "Der Server ist ausgelastet",
        Error::DatabaseUnavailable(_) | Error::Stopping => "Wir sind gleich wieder da",
        Error::Internal(_) => "Bei uns ist etwas schiefgegangen",
        Error::AuthenticationRequired | Error::TokenExpired | Error::InvalidToken => {
            "Bitte melden Sie sich an"
        }
        _ => "Das war nicht zu lesen",
    }
    .to_owned()
}

fn error_text(error: &Error) -> String {
    match error {
        Error::AccessDenied => "Sie sind angemeldet, und dies gehört jemand anderem.",
        Error::CrossSiteRequest => {
            "Die Anfrage kam von einer fremden Seite und wurde abgewiesen. Es wurde nichts geändert. \
             Wenn Sie sich gerade anmelden wollten, fangen Sie hier noch einmal an."
        }
        Error::InvalidHost => {
            "Die Anfrage nennt nicht den Server, für den sie ist. Bitte rufen Sie die Adresse noch einmal auf."
        }
        Error::NotFound => "Die Adresse hat einen Tippfehler, oder was hier war, gibt es nicht mehr.",
        Error::MethodNotAllowed => "Sie ist die Antwort auf ein Formular. Fangen Sie hier noch einmal an.",
        Error::RateLimited { .. } => return (TEXTS.too_many_tries)(minutes_to_wait(error)),
        Error::Overloaded { .. } => {
            "Gerade melden sich mehr Menschen an, als wir bedienen können. Bitte versuchen Sie es gleich \
             noch einmal."
        }
        Error::DatabaseUnavailable(_) | Error::Stopping => {
            "Der Dienst ist vorübergehend nicht zu erreichen. Was gespeichert war, ist sicher. Bitte \
             versuchen Sie es gleich noch einmal."
        }
        Error::Internal(_) => {
            "Es liegt nicht an Ihnen und steht in unserem Protokoll. Bitte versuchen Sie es noch einmal."
        }
        Error::AuthenticationRequired | Error::TokenExpired | Error::InvalidToken => {
            "Diese Seite ist für angemeldete Benutzer."
        }
        _ => "Das Formular kam nicht so an, wie es abgeschickt wurde. Bitte gehen Sie zurück und versuchen Sie es noch einmal.",
    }
    .to_owned()
}
