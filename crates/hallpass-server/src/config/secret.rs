//! Where the signing secret is.

use hallpass::SigningSecret;
use secrecy::{ExposeSecret, SecretString};

use super::environment::Environment;
use super::faults::Faults;
use super::lists::without_quotes;
use super::read::Values;
use super::secret_file::SecretFile;
use super::warnings::Warning;
use super::{SecretSource, Secrets};

const SECRET: &str = "BETTER_AUTH_SECRET";
const SECRETS: &str = "BETTER_AUTH_SECRETS";

/// The signing secret: from its setting, or from the data folder, or to be
/// made there. `None` when there is a fault.
pub(super) fn secret(
    environment: &Environment,
    values: &Values,
    faults: &mut Faults,
    warnings: &mut Vec<Warning>,
) -> Option<SecretSource> {
    let mut get = |name| {
        let text = environment.get(name, warnings);
        let text = text.map_err(|fault| faults.push(fault)).ok()?;
        warnings.extend(text.as_ref().and_then(|text| quoted(name, text)));
        Some(text)
    };
    let (one, several) = (get(SECRET), get(SECRETS));
    match (one?, several?) {
        (None, None) => in_data_folder(values, faults, warnings),
        (Some(text), None) => {
            let parsed = SigningSecret::new(&text).map_err(|weak| faults.add(SECRET, weak));
            parsed
                .ok()
                .map(|secret| SecretSource::Setting(secret.into()))
        }
        (None, Some(texts)) => {
            let parsed = secrets(&texts).map_err(|rule| faults.add(SECRETS, rule));
            parsed.ok().map(SecretSource::Setting)
        }
        (Some(_), Some(_)) => {
            faults.add(SECRETS, format!("and {SECRET} are both set; remove one"));
            None
        }
    }
}

fn in_data_folder(
    values: &Values,
    faults: &mut Faults,
    warnings: &mut Vec<Warning>,
) -> Option<SecretSource> {
    if values.public_url.is_https() {
        // A server that people reach is one of several, or will be restarted
        // on a fresh disk: a secret of its own making would sign everybody out.
        faults.add(
            SECRET,
            "must be set when BETTER_AUTH_URL is https; `hallpass secret` prints a fresh one",
        );
        return None;
    }
    let path = values.data_dir.join("secret");
    match SecretFile::read(&path, warnings) {
        Ok(Some(secret)) => Some(SecretSource::File(path, secret)),
        Ok(None) => Some(SecretSource::ToBeMade(path)),
        Err(rule) => {
            faults.add(path.display().to_string(), rule);
            None
        }
    }
}

/// Several secrets, the one that signs first. A text before a colon is no
/// version here: what stands between two commas is the secret, but for white
/// space around it. One that holds a comma cannot be given so.
fn secrets(texts: &SecretString) -> Result<Secrets, String> {
    let parse = |(position, text): (usize, &str)| {
        let parsed = SigningSecret::new(&SecretString::from(text.trim()));
        parsed.map_err(|weak| format!("holds, in place {}, a secret that {weak}", position + 1))
    };
    let texts = texts.expose_secret().split(',').enumerate();
    let mut all = texts.map(parse).collect::<Result<Vec<_>, _>>()?;
    let current = all.remove(0);
    Ok(Secrets {
        current,
        previous: all,
    })
}

/// Another program that reads the same file without the quotes has another
/// secret.
fn quoted(name: &'static str, text: &SecretString) -> Option<Warning> {
    let text = text.expose_secret();
    let is_quoted = without_quotes(text).len() < text.len();
    is_quoted.then(|| {
        Warning::new(
            name,
            "stands in quotes, which are part of the secret",
            "remove them where they were not meant; Docker's --env-file keeps quotes",
        )
    })
}
