//! Files that hold settings: regular ones of a bounded size, and nothing that
//! blocks or never ends.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Whether a symbolic link at the end of the path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// As orchestrators mount secrets: Kubernetes puts `..data/…` behind a link.
    Follow,
    Refuse,
}

/// The content of a file, and the open file that it was read from.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) file: File,
    pub(super) metadata: Metadata,
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Unread {
    Io(io::Error),
    /// It is something else than a regular file.
    Kind(&'static str),
    /// It has more bytes than this.
    TooLong(u64),
}

impl Unread {
    pub(super) fn is_absent(&self) -> bool {
        let kinds = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        matches!(self, Self::Io(error) if kinds.contains(&error.kind()))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {}", error.kind()),
            Self::Kind(kind) => write!(f, "cannot be read: is {kind}"),
            Self::TooLong(most) => write!(f, "cannot be read: has more than {most} bytes"),
        }
    }
}

/// Reads a regular file of at most `most` bytes. Opening a pipe or a device
/// does not wait for its other side.
pub(super) fn read(path: &Path, most: u64, links: Links) -> Result<Content, Unread> {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = opened.map_err(|error| why_unopened(path, error))?;
    let metadata = file.metadata().map_err(Unread::Io)?;
    if let Some(kind) = other_kind(&metadata) {
        return Err(Unread::Kind(kind));
    }
    let mut bytes = Vec::new();
    let mut start = (&file).take(most.saturating_add(1));
    start.read_to_end(&mut bytes).map_err(Unread::Io)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(Unread::TooLong(most));
    }
    Ok(Content {
        bytes,
        file,
        metadata,
    })
}

/// Sockets cannot be opened, and links were not to be followed.
fn why_unopened(path: &Path, error: io::Error) -> Unread {
    let is_link = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
    let metadata = fs::symlink_metadata(path);
    let kind = metadata.ok().and_then(|metadata| {
        let is_other = is_link || metadata.file_type().is_socket();
        is_other.then(|| other_kind(&metadata)).flatten()
    });
    kind.map_or(Unread::Io(error), Unread::Kind)
}

fn other_kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a directory")
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}
