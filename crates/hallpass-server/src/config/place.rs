//! Where the data is, and whether anything is there.

use std::path::Path;

use super::ownership;
use super::read::Values;
use super::secret_file::absolute;
use super::warnings::Warning;
use super::{Missing, SecretSource};

impl Values {
    /// Whether the database is a file of the data folder.
    pub(super) fn database_is_in_folder(&self) -> bool {
        let path = self.database.sqlite_path();
        path.is_some_and(|path| path.starts_with(&self.data_dir))
    }

    /// What is not there of folder and database file. A place that
    /// this user may not look into counts as there: opening it names the reason.
    pub(super) fn missing(&self) -> Option<Missing> {
        let is_absent = |path: &Path| !path.try_exists().unwrap_or(true);
        let database = self.database.sqlite_path().filter(|path| is_absent(path))?;
        if self.database_is_in_folder() && is_absent(&self.data_dir) {
            Some(Missing::DataFolder(absolute(&self.data_dir)))
        } else {
            Some(Missing::Database(absolute(database)))
        }
    }

    /// Another user who may write in the folder may replace the database.
    pub(super) fn folder_warning(&self) -> Option<Warning> {
        let folder = self.database_is_in_folder().then_some(&self.data_dir)?;
        let finding = ownership::of_folder(folder)?;
        let shown = folder.display();
        Some(Warning::new(
            "HALLPASS_DATA_DIR",
            format!("names {shown}, which {finding}"),
            format!("let the user who runs hallpass own it: chmod 700 {shown}"),
        ))
    }
}

impl SecretSource {
    /// Why there is no secret, for a command that makes none.
    pub(crate) fn why_missing(&self) -> Option<String> {
        let Self::ToBeMade(path) = self else {
            return None;
        };
        Some(format!(
            "there is no secret yet, neither in BETTER_AUTH_SECRET nor in {}; set it, or set \
             HALLPASS_DATA_DIR to the folder that holds it",
            absolute(path).display()
        ))
    }
}
