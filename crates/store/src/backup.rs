//! Copies of a database, and databases from copies.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use idos_proof::Root;
use idos_types::Digest;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use sha2::{Digest as _, Sha256};

use crate::{
    blocks, certificates, contents,
    error::{Result, StoreError},
    folder_lock::FolderLock,
    meta, migrate,
    open::{self, DATABASE, Database, Options},
    receipts, scrub, set_changes, state_tree, sync,
};

/// What a copy holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copied {
    /// Height of the newest block in it; `None` before the first.
    pub height: Option<u64>,
    /// The root of its state.
    pub root: Root,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Database {
    /// Writes a copy of the database in `folder` into the new file `to`, as of one block, and checks
    /// it: the tree is that of the rows. The database may be in use meanwhile, also by another
    /// process; while the copy is made nothing is cleared from the write-ahead log. Nothing that was
    /// deleted before is in the copy, and no bodies of transactions, which hold what people erased since.
    pub fn copy(folder: &Path, to: &Path) -> Result<Copied> {
        Self::copy_with_certificate(folder, to, Duration::ZERO)
    }

    /// The same. Certificates reach the database a moment after their blocks, and a copy without that of its newest
    /// block proves less: while the database is in use, it is waited for so long.
    pub fn copy_with_certificate(
        folder: &Path,
        to: &Path,
        certificate_for: Duration,
    ) -> Result<Copied> {
        let unusable = |source| StoreError::Folder {
            folder: to.to_owned(),
            source,
        };
        let file = folder.join(DATABASE);
        // A database that is not there would be made.
        fs::metadata(&file).map_err(|source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = Connection::open_with_flags(&file, flags)?;
            migrate::check_owner(&conn)?;
            conn.busy_timeout(open::BUSY)?;
            // If a crash left a log, it is the node that scrubs it, and moves it then.
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            let name = to.to_str();
            let name = name.ok_or_else(|| unusable(io::ErrorKind::InvalidFilename.into()))?;
            // SQLite takes an empty file as it is: nobody else may read it at any time.
            let empty = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(to);
            drop(empty.map_err(unusable)?);
            conn.execute("VACUUM INTO ?1", [name])?;
            let started = Instant::now();
            // What was removed and waits to be cleared goes no further, and bodies of transactions neither: a
            // node gives them up after a while, a copy would keep them.
            let copy = Connection::open_with_flags(to, flags)?;
            // A journal would leave them on the disk, or take as much memory; a copy that failed is of no use anyway.
            open::set(&copy, "journal_mode", "off")?;
            open::set(&copy, "secure_delete", "1")?;
            contents::clear_all(&copy)?;
            receipts::remove_bodies(&copy)?;
            take_along_certificates(&conn, &copy, || {
                let is_used = FolderLock::is_taken(folder)?;
                Ok(is_used && started.elapsed() < certificate_for)
            })?;
            scrub::check(&copy)?;
            scrub::all(&copy)?;
        }
        let copy = File::open(to).map_err(unusable)?;
        copy.sync_all().map_err(unusable)?;
        Self::check_copy(to)
    }

    /// Checks a copy: the file is sound, the state tree is that of the rows, and so is everything
    /// else that follows from them.
    pub fn check_copy(copy: &Path) -> Result<Copied> {
        let unusable = |source| StoreError::Folder {
            folder: copy.to_owned(),
            source,
        };
        let digest = digest_of_file(copy).map_err(unusable)?;
        let bytes = fs::metadata(copy).map_err(unusable)?.len();
        let conn = open::open_reader(copy, CACHE_KIB)?;
        migrate::check_schema(&conn)?;
        check_whole(&conn)?;
        let root = state_tree::check_rows(&conn)?;
        let height = blocks::head(&conn)?.map(|head| head.height);
        Ok(Copied {
            height,
            root,
            digest,
            bytes,
        })
    }

    /// What was stored under a name in a copy.
    pub fn meta_of_copy(copy: &Path, key: &str) -> Result<Option<String>> {
        meta::meta(&open::open_reader(copy, CACHE_KIB)?, key)
    }

    /// Makes the database of the new folder `folder` from a copy, and checks it.
    pub fn restore(copy: &Path, folder: &Path) -> Result<Root> {
        let unusable = |source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        };
        open::make_folder(folder).map_err(unusable)?;
        let file = folder.join(DATABASE);
        fs::copy(copy, &file).map_err(unusable)?;
        File::open(&file)
            .and_then(|file| file.sync_all())
            .map_err(unusable)?;
        // Opened as a node does: permissions, schema, log.
        let (writer, readers) = Self::open(folder, &Options::default())?;
        drop(readers);
        check_whole(&writer.conn)?;
        writer.check_rows()
    }
}

/// Adds to a copy the certificates that prove what it holds and that its database got since: that of the newest block,
/// and those of blocks that fixed validators. Looks again for the first as long as `may_wait`.
fn take_along_certificates(
    from: &Connection,
    copy: &Connection,
    may_wait: impl Fn() -> Result<bool>,
) -> Result<()> {
    let Some(head) = blocks::head(copy)? else {
        return Ok(());
    };
    let mut lacking = set_changes::uncertified(copy)?;
    if certificates::certificate(copy, head.height)?.is_none() {
        while certificates::certificate(from, head.height)?.is_none() && may_wait()? {
            thread::sleep(LOOK_AGAIN);
        }
        lacking.push(head.height);
    }
    for height in lacking {
        if let Some(certificate) = certificates::certificate(from, height)? {
            certificates::put(copy, height, &certificate)?;
        }
    }
    Ok(())
}

/// Refuses a copy that is damaged, or of a state that was on its way: what it says of whom to trust
/// on the way is nobody's to hand on.
fn check_whole(conn: &Connection) -> Result<()> {
    if sync::mark(conn)?.is_some() {
        return Err(StoreError::Syncing);
    }
    open::check_file(conn)
}

/// SHA-256 of a file.
pub fn digest_of_file(file: &Path) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut reader = BufReader::with_capacity(CHUNK, File::open(file)?);
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        hasher.update(chunk);
        let len = chunk.len();
        reader.consume(len);
    }
    Ok(Digest(hasher.finalize().into()))
}

/// How often it is looked whether a certificate came.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Bytes of a file that are read at once.
const CHUNK: usize = 1024 * 1024;
/// Page cache of whoever checks, in KiB.
const CACHE_KIB: u64 = 32 * 1024;
