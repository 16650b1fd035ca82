//! Which pages of the database the write-ahead log holds, by its
//! [format](https://www.sqlite.org/walformat.html#wal_file_format).

use std::{
    collections::BTreeSet,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    checkpoint,
    error::{Result, StoreError},
};

/// Where the header of the log says how large pages are, and which salts this log has; it ends after two checksums.
const PAGE_SIZE_AT: u64 = 8;
const SALTS_AT: u64 = 16;
const HEADER: u64 = 32;
/// What each page in the log begins with, in bytes; the first four are its number.
const FRAME_HEADER: u64 = 24;

/// How much of the log was looked at.
#[derive(Debug)]
pub(crate) struct LogPages {
    file: PathBuf,
    seen: Seen,
}

/// A part of the log, from its start.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    /// Others each time that the log begins anew.
    salts: [u8; 8],
    /// How many pages, each as often as it was written.
    pages: u64,
}

impl LogPages {
    /// Nothing of the log of this database was looked at.
    pub(crate) fn of(database: &Path) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Self {
            file: file.into(),
            seen: Seen::default(),
        }
    }

    /// The numbers of pages that were committed to the log and not seen, in order. Only the one connection that
    /// writes may ask, between transactions.
    pub(crate) fn unseen(&self, conn: &Connection) -> Result<BTreeSet<u32>> {
        let pages = checkpoint::log_pages(conn)?;
        self.read_unseen(pages).map_err(StoreError::Log)
    }

    /// Everything that is in the log now was seen.
    pub(crate) fn see_all(&mut self, conn: &Connection) -> Result<()> {
        let pages = checkpoint::log_pages(conn)?;
        let salts = match pages {
            0 => Ok(Default::default()),
            _ => File::open(&self.file).and_then(|log| array_at(&log, SALTS_AT)),
        };
        self.seen = Seen {
            salts: salts.map_err(StoreError::Log)?,
            pages,
        };
        Ok(())
    }

    /// Reads the numbers of the first so many pages, but for those that were seen.
    fn read_unseen(&self, pages: u64) -> io::Result<BTreeSet<u32>> {
        if pages == 0 {
            return Ok(BTreeSet::new());
        }
        // SQLite holds no lock of the system on this file, which would go when it is closed.
        let log = File::open(&self.file)?;
        let frame = FRAME_HEADER + u64::from(u32::from_be_bytes(array_at(&log, PAGE_SIZE_AT)?));
        let first = if array_at(&log, SALTS_AT)? == self.seen.salts {
            self.seen.pages
        } else {
            0
        };
        (first..pages)
            .map(|index| array_at(&log, HEADER + index * frame).map(u32::from_be_bytes))
            .collect()
    }
}

fn array_at<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}
