//! Kinds of file systems, and what a database or a secret there comes to.

use std::path::Path;

use super::report::Level;

/// Folders that systems empty by themselves (file-hierarchy(7)).
const TEMPORARY: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

/// What makes a place unfit for a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A disk of another machine.
    Network,
    /// A file system that a program provides.
    UserSpace,
    /// Emptied at the next start, or before.
    Temporary,
    /// Shows the kernel's state, and keeps no files.
    NoFiles,
}

impl Kind {
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Network | Self::NoFiles => Level::Serious,
            Self::UserSpace | Self::Temporary => Level::Warning,
        }
    }

    /// What follows the name of the folder (for SQLite:
    /// <https://sqlite.org/useovernet.html>).
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::Network => {
                "is on a network file system, where SQLite's locks and write-ahead log fail"
            }
            Self::UserSpace => {
                "is on a file system of a program (FUSE); SQLite needs one that locks and syncs as a disk does"
            }
            Self::Temporary => "is a place for temporary files: the system deletes what is there",
            Self::NoFiles => "is no place for files",
        }
    }
}

/// What makes a folder unfit for what it holds: a place that keeps no files for
/// anything, the others for a database. To lose the accounts of a trial hurts
/// no user.
pub(super) fn unfit(folder: &Path, holds_database: bool, is_public: bool) -> Option<Kind> {
    kind(folder).filter(|kind| match kind {
        Kind::NoFiles => true,
        Kind::Network | Kind::UserSpace => holds_database,
        Kind::Temporary => holds_database && is_public,
    })
}

/// The kind of a folder, or of the next one above it that is there; `None` when
/// it is fit.
fn kind(folder: &Path) -> Option<Kind> {
    let absolute = std::path::absolute(folder).ok()?;
    let existing = absolute
        .ancestors()
        .find_map(|above| above.canonicalize().ok())?;
    let is_temporary = || TEMPORARY.iter().any(|place| existing.starts_with(place));
    file_system(&existing).or_else(|| is_temporary().then_some(Kind::Temporary))
}

/// By the numbers of statfs(2).
#[cfg(target_os = "linux")]
const KINDS: [(u64, Kind); 22] = [
    (0x6969, Kind::Network),        // NFS
    (0x517b, Kind::Network),        // SMB
    (0xff53_4d42, Kind::Network),   // CIFS
    (0xfe53_4d42, Kind::Network),   // SMB2
    (0x564c, Kind::Network),        // NCP
    (0x5346_414f, Kind::Network),   // AFS
    (0x6b41_4653, Kind::Network),   // AFS of the kernel
    (0x7375_7245, Kind::Network),   // Coda
    (0x0102_1997, Kind::Network),   // 9P
    (0x00c3_6400, Kind::Network),   // Ceph
    (0x0bd0_0bd0, Kind::Network),   // Lustre
    (0x4750_4653, Kind::Network),   // GPFS
    (0x0116_1970, Kind::Network),   // GFS2
    (0x7461_636f, Kind::Network),   // OCFS2
    (0x786f_4256, Kind::Network),   // VirtualBox
    (0x6573_5546, Kind::UserSpace), // FUSE
    (0x0102_1994, Kind::Temporary), // tmpfs
    (0x8584_58f6, Kind::Temporary), // ramfs
    (0x9fa0, Kind::NoFiles),        // proc
    (0x6265_6572, Kind::NoFiles),   // sysfs
    (0x1cd1, Kind::NoFiles),        // devpts
    (0x6367_7270, Kind::NoFiles),   // cgroup
];

#[cfg(target_os = "linux")]
fn file_system(folder: &Path) -> Option<Kind> {
    let number = rustix::fs::statfs(folder).ok()?.f_type;
    by_number(u64::try_from(number).ok()?)
}

#[cfg(target_os = "linux")]
fn by_number(number: u64) -> Option<Kind> {
    let found = KINDS.into_iter().find(|(known, _)| *known == number)?;
    Some(found.1)
}

#[cfg(not(target_os = "linux"))]
fn file_system(_: &Path) -> Option<Kind> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn file_systems_are_told_apart() {
        assert_eq!(by_number(0x6969), Some(Kind::Network));
        assert_eq!(by_number(0xff53_4d42), Some(Kind::Network));
        assert_eq!(by_number(0xef53), None, "ext4");
        assert_eq!(by_number(0x9123_683e), None, "btrfs");
        assert_eq!(by_number(0x794c_7630), None, "overlayfs");
    }

    #[test]
    fn folders_that_lose_data_are_found() {
        for (folder, expected) in [
            ("/proc", Some(Kind::NoFiles)),
            ("/proc/hallpass/data", Some(Kind::NoFiles)),
            ("/tmp/hallpass-data", Some(Kind::Temporary)),
            ("/dev/shm", Some(Kind::Temporary)),
            ("/usr", None),
        ] {
            assert_eq!(kind(Path::new(folder)), expected, "{folder}");
        }
    }

    #[test]
    fn folders_are_unfit_for_databases() {
        let unfit = |folder, database, public| unfit(Path::new(folder), database, public);
        assert_eq!(unfit("/proc", false, false), Some(Kind::NoFiles));
        assert_eq!(unfit("/tmp", true, true), Some(Kind::Temporary));
        assert_eq!(unfit("/tmp", true, false), None);
        assert_eq!(unfit("/tmp", false, true), None);
    }
}
