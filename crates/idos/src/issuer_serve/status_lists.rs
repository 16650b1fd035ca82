//! Which entries of the status lists are given out, to which credentials, and which are set.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use idos_credential::{IssueError, ListError, StatusList, StatusPurpose};
use rusqlite::{Connection, OptionalExtension as _, params};
use thiserror::Error;

/// The file in the issuer's folder.
const FILE: &str = "status.sqlite";
/// Entries of a list: a million credentials. Its bits take 128 KiB, a few when packed.
const ENTRIES: u32 = 1 << 20;
/// How many random entries are tried: a list that is half full has none free by 2^-64.
const TRIES: usize = 64;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// An entry belongs to at most one credential for ever.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS entries (
    list TEXT NOT NULL,
    position INTEGER NOT NULL,
    credential TEXT,
    is_set INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (list, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_of_credential ON entries (credential);
CREATE INDEX IF NOT EXISTS entries_set ON entries (list, position) WHERE is_set = 1;
";

/// Why a list can not be used.
#[derive(Debug, Error)]
pub(crate) enum StatusListsError {
    /// The file.
    #[error("the status lists can not be read or written")]
    Database(#[from] rusqlite::Error),
    /// No entry is free.
    #[error("the status list is full: the issuer must begin another folder")]
    Full,
    /// No randomness.
    #[error("the operating system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    /// A list can not be made.
    #[error(transparent)]
    List(#[from] ListError),
    /// A list can not be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// No such credential.
    #[error("no credential of that id has such a status here")]
    Unknown,
    /// Several such credentials.
    #[error("several credentials have that id: say which by statusListIndex")]
    Ambiguous,
    /// A revocation is not taken back.
    #[error("a revoked credential stays revoked: issue a new one")]
    Final,
}

/// The status lists of an issuer. Several processes may use them at once.
pub(crate) struct StatusLists(Mutex<Connection>);

impl StatusLists {
    /// Opens those of an issuer's folder.
    pub(crate) fn open(home: &Path) -> Result<Self, StatusListsError> {
        Self::of(Connection::open(home.join(FILE))?)
    }

    fn of(connection: Connection) -> Result<Self, StatusListsError> {
        connection.busy_timeout(BUSY)?;
        // What was answered must survive a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A statement is done or not; a thread that ended within leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives out an entry of a list. At random, so that neighbours tell nothing.
    pub(crate) fn allocate(
        &self,
        list: &str,
        credential: Option<&str>,
    ) -> Result<u32, StatusListsError> {
        let connection = self.connection();
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO entries (list, position, credential) VALUES (?1, ?2, ?3)",
        )?;
        for _ in 0..TRIES {
            let position = getrandom::u32()? % ENTRIES;
            if insert.execute(params![list, position, credential])? == 1 {
                return Ok(position);
            }
        }
        Err(StatusListsError::Full)
    }

    /// Takes an entry back whose credential was never issued.
    pub(crate) fn release(&self, list: &str, position: u32) -> Result<(), StatusListsError> {
        self.connection().execute(
            "DELETE FROM entries WHERE list = ?1 AND position = ?2 AND is_set = 0",
            params![list, position],
        )?;
        Ok(())
    }

    /// Sets or clears the entry of a credential, given by its id or its entry.
    pub(crate) fn set(
        &self,
        purpose: StatusPurpose,
        credential: Option<&str>,
        entry: Option<(&str, u32)>,
        value: bool,
    ) -> Result<(), StatusListsError> {
        let connection = self.connection();
        let (list, position): (String, u32) = match (entry, credential) {
            (Some((list, position)), _) => (list.to_owned(), position),
            (None, Some(credential)) => {
                let mut found = connection.prepare_cached(
                    "SELECT list, position FROM entries
                     WHERE credential = ?1 AND list LIKE ?2 LIMIT 2",
                )?;
                let ending = format!("%-{}", purpose.name());
                let mut rows = found.query(params![credential, ending])?;
                let row = rows.next()?.ok_or(StatusListsError::Unknown)?;
                let place = (row.get(0)?, row.get(1)?);
                if rows.next()?.is_some() {
                    return Err(StatusListsError::Ambiguous);
                }
                place
            }
            (None, None) => return Err(StatusListsError::Unknown),
        };
        let current: bool = connection
            .query_row(
                "SELECT is_set FROM entries WHERE list = ?1 AND position = ?2",
                params![list, position],
                |row| row.get(0),
            )
            .optional()?
            .ok_or(StatusListsError::Unknown)?;
        if purpose == StatusPurpose::Revocation && current && !value {
            return Err(StatusListsError::Final);
        }
        connection.execute(
            "UPDATE entries SET is_set = ?3 WHERE list = ?1 AND position = ?2",
            params![list, position, value],
        )?;
        Ok(())
    }

    /// The bits of a list.
    pub(crate) fn list(&self, list: &str) -> Result<StatusList, StatusListsError> {
        let mut bits = StatusList::new(ENTRIES as usize)?;
        let connection = self.connection();
        let mut set = connection
            .prepare_cached("SELECT position FROM entries WHERE list = ?1 AND is_set = 1")?;
        for position in set.query_map([list], |row| row.get::<_, u32>(0))? {
            bits.set(position? as usize, true)?;
        }
        Ok(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "ed25519-revocation";
    const PURPOSE: StatusPurpose = StatusPurpose::Revocation;

    fn lists() -> StatusLists {
        StatusLists::of(Connection::open_in_memory().unwrap()).unwrap()
    }

    #[test]
    fn an_entry_is_given_out_once_and_set_by_the_credentials_id() {
        let lists = lists();
        let first = lists.allocate(LIST, Some("urn:a")).unwrap();
        let second = lists.allocate(LIST, None).unwrap();
        assert_ne!(first, second);
        lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
        let bits = lists.list(LIST).unwrap();
        assert_eq!(bits.get(first as usize), Some(true));
        assert_eq!(bits.get(second as usize), Some(false));
        lists
            .set(PURPOSE, None, Some((LIST, second)), true)
            .unwrap();
        assert_eq!(lists.list(LIST).unwrap().get(second as usize), Some(true));
        assert_eq!(
            lists.list("p256-revocation").unwrap().get(first as usize),
            Some(false)
        );
    }

    #[test]
    fn only_what_is_known_and_not_final_is_changed() {
        let lists = lists();
        let set = |id, value| lists.set(PURPOSE, Some(id), None, value);
        assert!(matches!(set("urn:a", true), Err(StatusListsError::Unknown)));
        let entry = lists.allocate(LIST, Some("urn:a")).unwrap();
        lists.release(LIST, entry).unwrap();
        assert!(matches!(set("urn:a", true), Err(StatusListsError::Unknown)));
        lists.allocate(LIST, Some("urn:a")).unwrap();
        set("urn:a", false).unwrap();
        set("urn:a", true).unwrap();
        set("urn:a", true).unwrap();
        assert!(matches!(set("urn:a", false), Err(StatusListsError::Final)));
        lists.allocate(LIST, Some("urn:a")).unwrap();
        assert!(matches!(
            set("urn:a", true),
            Err(StatusListsError::Ambiguous)
        ));
        let suspension = StatusPurpose::Suspension;
        assert!(matches!(
            lists.set(suspension, Some("urn:a"), None, true),
            Err(StatusListsError::Unknown)
        ));
        lists.allocate("ed25519-suspension", Some("urn:a")).unwrap();
        lists.set(suspension, Some("urn:a"), None, true).unwrap();
        lists.set(suspension, Some("urn:a"), None, false).unwrap();
    }
}
