//! Opening the database of a data folder.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use idos_types::limits;
use rusqlite::{Connection, OpenFlags, config::DbConfig, types::Value};

use crate::{
    access::Access,
    error::{Result, StoreError},
    folder_lock::FolderLock,
    log_pages::LogPages,
    migrate,
    pool::Readers,
    scrub, state_tree, sync, unwritten,
    write::Writer,
};

pub(crate) const DATABASE: &str = "state.db";

/// How long a connection waits for another one of this process that starts or stops. Nobody waits
/// for a whole transaction: readers and the writer do not block each other.
pub(crate) const BUSY: Duration = Duration::from_secs(1);

/// Statements that a connection keeps prepared: every one this crate has fits.
const STATEMENTS: usize = 200;

/// How much of the machine the database may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Page caches of all connections together, in MiB: one half is the writer's, the readers
    /// share the other. With the default, 128, and one transaction's copies on top, a node with a
    /// million credentials stays well under 400 MiB, whatever the size of its database.
    pub cache_mib: u32,
    /// How many reads run at the same time; at least one.
    pub readers: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_mib: 128,
            readers: 4,
        }
    }
}

/// The database of one data folder.
#[derive(Debug)]
pub struct Database;

impl Database {
    /// Opens the database in `folder`, making both if they do not exist, and brings its schema up
    /// to date. The folder stays locked until the writer and all readers are dropped.
    pub fn open(folder: &Path, options: &Options) -> Result<(Writer, Readers)> {
        let unusable = |source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        };
        make_folder(folder).map_err(unusable)?;
        // From here on by its full path, which no change of the working directory affects and
        // which SQLite cannot take for a URI.
        let folder = folder.canonicalize().map_err(unusable)?;
        let access = Access::new(FolderLock::take(&folder)?);
        let file = folder.join(DATABASE);
        make_private_file(&folder, &file).map_err(|source| StoreError::Folder {
            folder: folder.clone(),
            source,
        })?;

        let readers = options.readers.max(1);
        let cache_kib = u64::from(options.cache_mib) * 1024 / 2;
        let mut writer =
            open_writer(&file, cache_kib, &access).map_err(|source| StoreError::Open {
                folder: folder.clone(),
                source: source.into(),
            })?;
        // Nobody reads yet, so that whatever an earlier process deleted and could not clear from
        // the log is gone before this one serves.
        writer.checkpoint()?;
        let readers = Readers::new(
            file,
            cache_kib / u64::from(readers),
            readers as usize,
            Duration::from_millis(limits::READ_MILLIS),
            access,
        );
        Ok((writer, readers))
    }
}

/// Opens the connection that writes; there is one at a time.
pub(crate) fn open_writer(file: &Path, cache_kib: u64, access: &Arc<Access>) -> Result<Writer> {
    let writing = access.writing()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(file, flags)?;
    migrate::check_owner(&conn)?;
    harden(&conn, cache_kib)?;
    set(&conn, "journal_mode", "wal")?;
    // The commit of a block is a promise to whoever sent its transactions.
    set(&conn, "synchronous", "2")?;
    // Deleting means every byte: freed space is overwritten with zeros.
    set(&conn, "secure_delete", "1")?;
    set(&conn, "foreign_keys", "1")?;
    // Checkpoints run between blocks, never within the commit of one, and not before the log is scrubbed.
    set(&conn, "wal_autocheckpoint", "0")?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    scrub::check(&conn)?;
    migrate::migrate(&mut conn)?;
    migrate::check_schema(&conn)?;
    unwritten::write_all(&conn, access)?;
    state_tree::build_if_missing(&conn)?;
    access.set_partial(sync::mark(&conn)?.is_some());
    scrub::all_if_due(&conn)?;
    Writer::new(
        conn,
        Arc::new(AtomicBool::new(true)),
        LogPages::of(file),
        writing,
    )
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(file: &Path, cache_kib: u64) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    harden(&conn, cache_kib)?;
    set(&conn, "query_only", "1")?;
    Ok(conn)
}

fn harden(conn: &Connection, cache_kib: u64) -> Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A tampered file must not make SQL run functions with effects, nor pass for a sound one.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Otherwise a misspelt "column" is a text.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // A plan depends on the statement only: statements are not planned again for other values.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Journals of statements would spill personal data into files outside the data folder.
    set(conn, "temp_store", "2")?;
    conn.execute_batch(&format!("PRAGMA cache_size = -{cache_kib}"))?;
    Ok(())
}

/// Refuses a file whose pages or indexes contradict its tables: an index may hide rows that are
/// there. Reads the whole file.
pub(crate) fn check_file(conn: &Connection) -> Result<()> {
    let found: String = conn.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(StoreError::File(found))
    }
}

/// Sets a pragma and checks that it holds: SQLite ignores what it does not accept.
pub(crate) fn set(conn: &Connection, setting: &'static str, wanted: &'static str) -> Result<()> {
    conn.execute_batch(&format!("PRAGMA {setting} = {wanted}"))?;
    let found = match conn.pragma_query_value(None, setting, |row| row.get(0))? {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    if found == wanted {
        Ok(())
    } else {
        Err(StoreError::Setting {
            setting,
            wanted,
            found,
        })
    }
}

pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the database file for its owner only; the files that SQLite puts beside it inherit that.
fn make_private_file(folder: &Path, file: &PathBuf) -> io::Result<()> {
    let is_new = !file.try_exists()?;
    let handle = private().open(file)?;
    #[cfg(unix)]
    handle.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    handle.sync_all()?;
    if is_new {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
