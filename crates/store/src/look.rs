//! Looking into a database beside whoever has it open, for whoever looks for a fault.

use std::{fs, io, path::Path, time::Duration};

use idos_proof::Root;

use crate::{
    error::{Result, StoreError},
    migrate,
    open::{self, DATABASE, Database},
    pool::{self, Snapshot},
    sql, state_tree,
    unwritten::Waiting,
};

/// Page cache of whoever looks, in KiB.
const CACHE_KIB: u64 = 32 * 1024;
/// How long a look may take: longer than any on a sound disk.
const LOOK: Duration = Duration::from_secs(10);

impl Database {
    /// Runs `f` on what is committed in `folder`, also while another process has it open; `None` if
    /// there is no database. It changes nothing.
    pub fn look<T>(folder: &Path, f: impl FnOnce(&Snapshot<'_>) -> T) -> Result<Option<T>> {
        let file = folder.join(DATABASE);
        match fs::metadata(&file) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(StoreError::Folder {
                    folder: folder.to_owned(),
                    source,
                });
            }
        }
        let mut conn = open::open_reader(&file, CACHE_KIB)?;
        migrate::check_version(&conn)?;
        sql::control(&conn, "BEGIN")?;
        let seen = pool::within(&mut conn, None, Waiting::default(), LOOK, f)?;
        seen.map(Some).ok_or_else(|| pool::too_slow(LOOK))
    }

    /// Checks that the state tree in `folder` is that of its rows, reading every one. While it does,
    /// nothing is cleared from the write-ahead log.
    pub fn check(folder: &Path) -> Result<Root> {
        let conn = open::open_reader(&folder.join(DATABASE), CACHE_KIB)?;
        migrate::check_version(&conn)?;
        sql::control(&conn, "BEGIN")?;
        state_tree::check_rows(&conn)
    }
}
