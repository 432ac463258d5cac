//! The secret that Hallpass makes for itself, in a file of the data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hallpass::SigningSecret;
use secrecy::{ExposeSecret, SecretString};

use super::environment::{MOST_OF_SECRET, MOUNT_IT_SAFELY, text_of};
use super::faults::Faults;
use super::file::{self, Links};
use super::ownership::{self, Standing};
use super::warnings::Warning;

/// The file `secret` of the data folder, readable by its owner alone.
pub(crate) struct SecretFile;

impl SecretFile {
    /// The secret in the file; `None` when there is no file; the broken rule
    /// when it cannot be used.
    pub(crate) fn read(
        path: &Path,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<SigningSecret>, String> {
        let content = match file::read(path, MOST_OF_SECRET, Links::Refuse) {
            Ok(content) => content,
            // Where a file stands in the folder's place, making the folder says so.
            Err(unread) if unread.is_absent() => return Ok(None),
            Err(unread) => return Err(format!("holds the secret and {unread}")),
        };
        match ownership::of_secret(path, &content) {
            Standing::Safe => {}
            Standing::Warn(finding) => {
                let name = path.display().to_string();
                warnings.push(Warning::new(name, finding, MOUNT_IT_SAFELY));
            }
            Standing::Refuse(rule) => return Err(rule),
        }
        let text = text_of(content)
            .ok_or_else(|| "holds the secret and cannot be read: invalid data".to_owned())?;
        let trimmed = SecretString::from(text.expose_secret().trim());
        SigningSecret::new(&trimmed)
            .map(Some)
            .map_err(|weak| weak.to_string())
    }

    /// Makes the file with a fresh secret. Of servers that start together one
    /// makes it and the others read it: linking a finished file into place
    /// succeeds once, and nobody ever sees half a secret.
    pub(crate) fn make(path: &Path) -> Result<SigningSecret, Faults> {
        let name = path.display().to_string();
        let fault = |error: io::Error| Faults::one(&name, format!("cannot be made: {error}"));
        let fresh = SigningSecret::generate().map_err(|error| Faults::one(&name, error))?;
        let draft = Draft::write(path, fresh.expose_secret()).map_err(fault)?;
        draft.put_in_place(path).map_err(fault)?;
        let secret = Self::read(path, &mut Vec::new()).map_err(|rule| Faults::one(&name, rule))?;
        secret.ok_or_else(|| Faults::one(&name, "vanished while it was made"))
    }
}

/// A finished file that is not in its place yet. It goes with its value.
struct Draft(PathBuf);

impl Draft {
    /// Its name is random: processes in containers share their number.
    fn write(path: &Path, text: &str) -> io::Result<Self> {
        let random = SigningSecret::generate().map_err(io::Error::other)?;
        let suffix: String = random.expose_secret().chars().take(16).collect();
        let draft = path.with_extension(format!("draft-{suffix}"));
        write_private(&draft, text).map(|()| Self(draft))
    }

    fn put_in_place(&self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder(path),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What stays behind is a secret that nobody uses.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes the data folder, readable by its owner alone, and says where if it was
/// not there.
pub(super) fn make_folder(path: &Path) -> Result<Option<PathBuf>, Faults> {
    if path.is_dir() {
        return Ok(None);
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Faults::one(
            "HALLPASS_DATA_DIR",
            format!("names a folder that cannot be made: {error}"),
        )
    })?;
    Ok(Some(absolute(path)))
}

/// The path from the root.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// The file's name is part of its folder: without this a power cut may leave
/// tokens signed by a secret that no longer exists.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(unix)]
pub(crate) fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn others_may_read(_: &Path) -> bool {
    false
}
