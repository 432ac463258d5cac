//! Who owns the files that hold settings, and who else may read or change them.
//!
//! Orchestrators mount and re-own files: what they dictate is warned of where it
//! is safe, so that a server does not end at each start. A file that an
//! unprivileged user can change is never used.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;
use rustix::process::{getegid, geteuid, getgroups};

use super::file::Content;

const ROOT: u32 = 0;
const ALL_BUT_OWNER: u32 = 0o077;
const OTHERS: u32 = 0o007;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_READ: u32 = 0o004;
const OTHERS_WRITE: u32 = 0o002;
const SETGID: u32 = 0o2000;

/// What the owner and the mode of a file mean for its use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Safe,
    /// It is used, and the operator is to know this.
    Warn(String),
    /// It is not used, for this reason.
    Refuse(String),
}

/// The file of the data folder that holds the secret: for us alone, unless an
/// orchestrator says otherwise.
pub(super) fn of_secret(path: &Path, content: &Content) -> Standing {
    let metadata = &content.metadata;
    let (us, shown) = (geteuid().as_raw(), path.display());
    let owner = metadata.uid();
    if owner != us && owner != ROOT {
        return Standing::Refuse(format!(
            "holds the secret and belongs to user {owner}, who may change it; fix it with: chown {us} {shown}"
        ));
    }
    let mode = metadata.mode();
    if mode & ALL_BUT_OWNER == 0 {
        return Standing::Safe;
    }
    let is_fixed =
        is_read_only(content) || owner != us && mode & (GROUP_WRITES | OTHERS_WRITE) == 0;
    if is_fixed {
        return Standing::Warn(
            "holds the secret and others may read it; mount it with mode 0400".to_owned(),
        );
    }
    if mode & OTHERS == 0 && is_shared_with_its_folder(path, metadata) {
        let group = metadata.gid();
        return Standing::Warn(format!(
            "holds the secret, and group {group}, which owns the folder, may change it"
        ));
    }
    Standing::Refuse(format!(
        "holds the secret and others may read it; mend it with: chmod 600 {shown}"
    ))
}

/// Kubernetes gives a volume's folders and files to `fsGroup`, and the folders
/// the bit that hands their group down.
fn is_shared_with_its_folder(path: &Path, metadata: &Metadata) -> bool {
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    folder.is_some_and(|folder| {
        folder.mode() & SETGID != 0
            && folder.gid() == metadata.gid()
            && folder.mode() & OTHERS_WRITE == 0
    })
}

/// A file that a setting names by its `_FILE` twin.
pub(super) fn of_named(path: &Path, content: &Content, is_secret: bool) -> Standing {
    let metadata = &content.metadata;
    let (us, shown) = (geteuid().as_raw(), path.display());
    let (owner, mode) = (metadata.uid(), metadata.mode());
    let is_foreign = owner != us && owner != ROOT;
    let is_mounted = is_mount_point(path, metadata);
    if is_foreign && !is_mounted {
        return Standing::Refuse(format!(
            "names a file of user {owner}, who may change it; fix it with: chown {us} {shown}"
        ));
    }
    let others_write = mode & OTHERS_WRITE != 0;
    let group_writes = mode & GROUP_WRITES != 0 && !is_our_group(metadata.gid());
    if (others_write || group_writes) && !is_read_only(content) {
        return Standing::Refuse(format!(
            "names a file that other users may change; fix it with: chmod go-w {shown}"
        ));
    }
    if is_foreign {
        return Standing::Warn(format!(
            "names a mounted file of user {owner}, who may change it"
        ));
    }
    if is_secret && mode & OTHERS_READ != 0 {
        return Standing::Warn("names a file that every user of this machine may read".to_owned());
    }
    Standing::Safe
}

/// The folder of the secret and of SQLite's database: `None` when no other user
/// may put files there.
pub(super) fn of_folder(folder: &Path) -> Option<String> {
    let metadata = fs::metadata(folder).ok()?;
    let owner = metadata.uid();
    let is_foreign = owner != geteuid().as_raw() && owner != ROOT;
    let group_writes = metadata.mode() & GROUP_WRITES != 0 && !is_our_group(metadata.gid());
    if is_foreign {
        Some(format!(
            "belongs to user {owner}, who may replace the files in it"
        ))
    } else if group_writes || metadata.mode() & OTHERS_WRITE != 0 {
        Some("may be changed by other users, who may replace the files in it".to_owned())
    } else {
        None
    }
}

fn is_our_group(group: u32) -> bool {
    let own = getgroups().unwrap_or_default();
    group == ROOT || group == getegid().as_raw() || own.iter().any(|one| one.as_raw() == group)
}

/// The superuser alone mounts single files.
fn is_mount_point(path: &Path, metadata: &Metadata) -> bool {
    let real = fs::canonicalize(path).ok();
    let folder = real.and_then(|real| fs::metadata(real.parent()?).ok());
    folder.is_some_and(|folder| folder.dev() != metadata.dev())
}

fn is_read_only(content: &Content) -> bool {
    rustix::fs::fstatvfs(&content.file)
        .is_ok_and(|volume| volume.f_flag.contains(StatVfsMountFlags::RDONLY))
}
