//! Every text of the pages, in one catalogue per language.
//!
//! A catalogue is a value of one type, so a text that is missing in a language
//! does not compile. To add one: a file like `de.rs`, and its line in
//! [`CATALOGUES`].

mod de;
mod en;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use super::negotiation::Preferences;
use crate::clock::CivilTime;
use crate::error::{Broken, Error};

macro_rules! catalogue {
    (
        plain { $($(#[$about:meta])* $plain:ident,)+ }
        made { $($(#[$aim:meta])* $made:ident: fn($($argument:ty),*),)+ }
    ) => {
        /// The texts of one language.
        pub(crate) struct Texts {
            $($(#[$about])* pub(crate) $plain: &'static str,)+
            $($(#[$aim])* pub(crate) $made: fn($($argument),*) -> String,)+
        }

        #[cfg(test)]
        impl Texts {
            fn plain(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($plain), self.$plain),)+]
            }
        }
    };
}

catalogue! {
    plain {
        /// BCP 47, for the `lang` attribute.
        lang,
        skip_to_content,
        home_step_sign_in,
        home_step_pass,
        home_step_expires,
        for_developers,
        api_documentation,
        sign_in,
        sign_in_title,
        new_here,
        create_account,
        sign_up_title,
        have_an_account,
        sign_out,
        email_label,
        password_label,
        name_label,
        name_label_optional,
        name_hint,
        /// On a button within the field; its name for a screen reader is below
        /// and begins alike (WCAG 2.2, 2.5.3).
        show,
        show_password,
        hide,
        hide_password,
        summary_title,
        invalid_credentials,
        registration_refused,
        server_busy,
        session_expired,
        signed_out,
        name_saved,
        save_name,
        dashboard_title,
        issued_to,
        member_since,
        valid_until,
        time_left,
        expires_soon,
        one_moment,
        go_on,
        back_to_start,
        request_id,
    }
    made {
        /// The brand's name.
        home_title: fn(&str),
        /// The brand's name.
        home_lead: fn(&str),
        /// The brand's name.
        sign_in_lead: fn(&str),
        /// The brand's name.
        sign_up_lead: fn(&str),
        /// The fewest characters.
        password_hint: fn(usize),
        /// What the person is called, if they said.
        welcome: fn(Option<&str>),
        /// Minutes.
        too_many_tries: fn(u64),
        date: fn(CivilTime),
        time: fn(CivilTime),
        /// Beside the field that is meant.
        fault: fn(Broken),
        /// The heading of a page that says so.
        error_title: fn(&Error),
        /// What to do then.
        error_text: fn(&Error),
    }
}

/// The first is what a browser gets that asks for none of them.
static CATALOGUES: [&Texts; 2] = [&en::TEXTS, &de::TEXTS];

impl Texts {
    /// The language that the browser likes best of those there are (RFC 9110,
    /// section 12.5.4).
    pub(crate) fn preferred(headers: &HeaderMap) -> &'static Self {
        let preferences = Preferences::of(headers, &ACCEPT_LANGUAGE);
        let mut liked = preferences.liked.iter();
        let best = liked.find_map(|range| {
            let mut catalogues = CATALOGUES.into_iter();
            catalogues.find(|texts| texts.is_meant_by(range, &preferences))
        });
        best.unwrap_or(CATALOGUES[0])
    }

    /// By the primary subtag: there is one catalogue for all of German.
    fn is_meant_by(&self, range: &str, preferences: &Preferences) -> bool {
        if range == "*" {
            return !preferences.refuses(self.lang);
        }
        range.split('-').next() == Some(self.lang)
    }
}

/// The name of a month, in a list that begins with January.
fn month_of(months: &[&'static str; 12], at: CivilTime) -> &'static str {
    let index = usize::from(at.month).saturating_sub(1);
    months.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept_language: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accept_language.parse().unwrap());
        Texts::preferred(&headers).lang
    }

    #[test]
    fn the_language_liked_best_is_chosen() {
        for (header, lang) in [
            ("de", "de"),
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("en-GB,en;q=0.9,de;q=0.8", "en"),
            ("zh-CN,zh;q=0.9,de;q=0.5,en;q=0.2", "de"),
            ("de;q=0.1,en;q=0.9", "en"),
            ("en;q=0, de;q=0.1", "de"),
            ("DE", "de"),
            ("fr, *;q=0.5", "en"),
            ("en;q=0, *", "de"),
            ("en;Q=0.2, de;Q=0.3", "de"),
            ("fr", "en"),
            ("den", "en"),
            ("", "en"),
            ("de;q=zwei", "en"),
            (";;;,,,=", "en"),
        ] {
            assert_eq!(chosen(header), lang, "{header:?}");
        }
        assert_eq!(Texts::preferred(&HeaderMap::new()).lang, "en");
    }

    /// A missing text does not compile; an empty or forgotten one is found here.
    #[test]
    fn every_text_is_there_in_every_language() {
        for texts in CATALOGUES {
            for (name, text) in texts.plain() {
                assert!(!text.trim().is_empty(), "{}: {name} is empty", texts.lang);
            }
        }
        let (en, de) = (en::TEXTS.plain(), de::TEXTS.plain());
        for ((name, english), (_, german)) in en.into_iter().zip(de) {
            // A German says "Name" too.
            let same = ["name_label"].contains(&name);
            assert_eq!(
                english == german,
                same,
                "{name}: {english:?} was not translated"
            );
        }
    }
}
