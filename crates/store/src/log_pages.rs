//! Which pages of the database the write-ahead log holds, by its
//! [format](https://www.sqlite.org/walformat.html#wal_file_format).

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
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
const FRAME_HEADER: usize = 24;

/// How many bytes of the log are read at once.
const READ_AT_ONCE: usize = 1 << 20;

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

    /// The numbers of pages that were committed to the log and not seen, and are wanted as they were written last, in
    /// order. `is_wanted` is told the number and the page. Only the one connection that writes may ask, between
    /// transactions.
    pub(crate) fn unseen(
        &self,
        conn: &Connection,
        is_wanted: impl Fn(u32, &[u8]) -> bool,
    ) -> Result<BTreeSet<u32>> {
        let pages = checkpoint::log_pages(conn)?;
        self.read_unseen(pages, is_wanted).map_err(StoreError::Log)
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

    /// Reads the first so many pages, but for those that were seen.
    fn read_unseen(
        &self,
        pages: u64,
        is_wanted: impl Fn(u32, &[u8]) -> bool,
    ) -> io::Result<BTreeSet<u32>> {
        let mut wanted = BTreeSet::new();
        if pages == 0 {
            return Ok(wanted);
        }
        // SQLite holds no lock of the system on this file, which would go when it is closed.
        let log = File::open(&self.file)?;
        let page_size = u32::from_be_bytes(array_at(&log, PAGE_SIZE_AT)?);
        let first = if array_at(&log, SALTS_AT)? == self.seen.salts {
            self.seen.pages
        } else {
            0
        };
        let frame = FRAME_HEADER as u64 + u64::from(page_size);
        let mut log = BufReader::with_capacity(READ_AT_ONCE, log);
        log.seek(SeekFrom::Start(HEADER + first * frame))?;
        let mut header = [0; FRAME_HEADER];
        let mut page = vec![0; page_size as usize];
        for _ in first..pages {
            log.read_exact(&mut header)?;
            log.read_exact(&mut page)?;
            let [a, b, c, d, ..] = header;
            let number = u32::from_be_bytes([a, b, c, d]);
            // As it was written before, no page stays in the database.
            if is_wanted(number, &page) {
                wanted.insert(number);
            } else {
                wanted.remove(&number);
            }
        }
        Ok(wanted)
    }
}

fn array_at<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}
