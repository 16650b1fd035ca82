//! Checkpoints of the write-ahead log.

use std::time::Duration;

use rusqlite::Connection;

use crate::{error::Result, open::BUSY};

/// How many pages the log may hold before they are moved to the database: 80 MB. Pages that many
/// blocks change are then written once; twenty times as few would halve the rate of writing.
const PAGES: i64 = 20_000;

/// What a checkpoint left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Whether no byte that was deleted or replaced before is left in any file of the database.
    pub is_erased: bool,
    /// Pages in the log that are not in the database yet.
    pub pending_pages: u64,
    /// Pages in the log, those that were moved included.
    pub log_pages: u64,
}

impl Checkpoint {
    /// Whether reads that are open keep what was erased in the log, or pages that should be moved.
    pub(crate) fn is_held_up(&self) -> bool {
        !self.is_erased || i64::try_from(self.pending_pages).is_ok_and(|pages| pages >= PAGES)
    }

    /// Whether nothing is left to do that an open read would hold up: all is erased, and the log is no
    /// longer than it may be.
    pub fn is_settled(&self) -> bool {
        self.is_erased && i64::try_from(self.log_pages).is_ok_and(|pages| pages < PAGES)
    }
}

/// Clears the log if `erasing`, else moves its pages once there are enough.
pub(crate) fn run(conn: &Connection, erasing: bool) -> Result<Checkpoint> {
    if erasing {
        // Without waiting for readers: blocks have to go on.
        conn.busy_timeout(Duration::ZERO)?;
        let answer = pragma(conn, "PRAGMA wal_checkpoint(TRUNCATE)");
        conn.busy_timeout(BUSY)?;
        let answer = answer?;
        // Only an emptied log is clean: its old frames stay in the file after they were moved.
        let is_erased = !answer.is_busy && answer.pages == 0;
        return Ok(Checkpoint {
            is_erased,
            pending_pages: answer.pending(),
            log_pages: answer.length(),
        });
    }
    let mut answer = pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?;
    if answer.is_long() {
        answer = pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(Checkpoint {
        is_erased: true,
        pending_pages: answer.pending(),
        log_pages: answer.length(),
    })
}

/// Moves the pages of the log to the database, however few: the next block writes the log from its
/// start again, so that the file of a quiet node does not grow.
pub(crate) fn move_pages(conn: &Connection) -> Result<()> {
    let answer = pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?;
    if answer.pending() > 0 {
        pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(())
}

/// Whether [`run`] moves pages, also if nothing has to be cleared.
pub(crate) fn is_long(conn: &Connection) -> Result<bool> {
    Ok(pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?.is_long())
}

/// How many pages were committed to the log since it began anew.
pub(crate) fn log_pages(conn: &Connection) -> Result<u64> {
    Ok(pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?.length())
}

struct Answer {
    is_busy: bool,
    pages: i64,
    moved: i64,
}

impl Answer {
    fn is_long(&self) -> bool {
        self.pages - self.moved >= PAGES
    }

    fn length(&self) -> u64 {
        u64::try_from(self.pages).unwrap_or_default()
    }

    fn pending(&self) -> u64 {
        u64::try_from(self.pages - self.moved).unwrap_or_default()
    }
}

fn pragma(conn: &Connection, sql: &str) -> Result<Answer> {
    let answer = conn.query_row(sql, [], |row| {
        Ok(Answer {
            is_busy: row.get(0)?,
            pages: row.get(1)?,
            moved: row.get(2)?,
        })
    })?;
    Ok(answer)
}
