//! Which entries of the status lists are given out, to which credentials, and which are set.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use idos_credential::{IssueError, ListError, StatusList, StatusPurpose};
use idos_types::Uuid;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
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
/// Since when it is noted by which write grant a credential is issued.
const GRANT_COLUMN: &str = "ALTER TABLE entries ADD COLUMN for_grant TEXT";
/// A grant is for one credential, which has one entry.
const GRANT_INDEX: &str = "
CREATE UNIQUE INDEX IF NOT EXISTS entries_of_grant ON entries (list, for_grant, credential)
    WHERE for_grant IS NOT NULL;
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

/// An entry for a credential that is issued by a write grant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Allocated {
    /// Where in the list it is.
    pub(crate) position: u32,
    /// Whether nobody had it before. Of one that was given out before, the credential may be issued.
    pub(crate) is_new: bool,
}

/// The status lists of an issuer. Several processes may use them at once.
pub(crate) struct StatusLists(Mutex<Connection>);

impl StatusLists {
    /// Opens those of an issuer's folder.
    pub(crate) fn open(home: &Path) -> Result<Self, StatusListsError> {
        Self::of(Connection::open(home.join(FILE))?)
    }

    fn of(mut connection: Connection) -> Result<Self, StatusListsError> {
        connection.busy_timeout(BUSY)?;
        // What was answered must survive a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        add_grant_column(&mut connection)?;
        connection.execute_batch(GRANT_INDEX)?;
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

    /// The entry of a list for the credential that is issued by a write grant: however often it is
    /// asked for, the same, so that whoever begins again after an interruption takes no second one.
    pub(crate) fn allocate_for_grant(
        &self,
        list: &str,
        credential: &str,
        grant: Uuid,
    ) -> Result<Allocated, StatusListsError> {
        let grant = grant.to_string();
        let connection = self.connection();
        let mut find = connection.prepare_cached(
            "SELECT position FROM entries WHERE list = ?1 AND for_grant = ?2 AND credential = ?3",
        )?;
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO entries (list, position, credential, for_grant)
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        for _ in 0..TRIES {
            // Another process may be as far as this one.
            let found = find.query_row(params![list, grant, credential], |row| row.get(0));
            if let Some(position) = found.optional()? {
                return Ok(Allocated {
                    position,
                    is_new: false,
                });
            }
            let position = getrandom::u32()? % ENTRIES;
            if insert.execute(params![list, position, credential, grant])? == 1 {
                return Ok(Allocated {
                    position,
                    is_new: true,
                });
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

/// Adds what older folders lack. Of several processes one does it.
fn add_grant_column(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let named = "SELECT 1 FROM pragma_table_info('entries') WHERE name = 'for_grant'";
    if change
        .query_row(named, [], |_| Ok(()))
        .optional()?
        .is_none()
    {
        change.execute(GRANT_COLUMN, [])?;
    }
    change.commit()
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
    fn a_grant_has_one_entry_of_a_list_for_one_credential() {
        let lists = lists();
        let (grant, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = lists.allocate_for_grant(LIST, "urn:a", grant).unwrap();
        assert!(first.is_new);
        for _ in 0..3 {
            let again = lists.allocate_for_grant(LIST, "urn:a", grant).unwrap();
            assert_eq!((again.position, again.is_new), (first.position, false));
        }
        lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
        // Another grant, another credential, another list.
        let mut positions = vec![first.position];
        for (list, credential, grant) in [
            (LIST, "urn:b", grant),
            (LIST, "urn:b", other),
            ("p256-revocation", "urn:a", grant),
        ] {
            let new = lists.allocate_for_grant(list, credential, grant).unwrap();
            assert!(new.is_new, "{list} {credential}");
            positions.push(new.position);
        }
        // What was taken back is given out anew.
        lists.release(LIST, positions[2]).unwrap();
        assert!(
            lists
                .allocate_for_grant(LIST, "urn:b", other)
                .unwrap()
                .is_new
        );
    }

    #[test]
    fn folders_of_before_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let older = Connection::open(folder.path().join(FILE)).unwrap();
        older.execute_batch(SCHEMA).unwrap();
        let row = "INSERT INTO entries (list, position, credential) VALUES (?1, 7, 'urn:a')";
        older.execute(row, [LIST]).unwrap();
        drop(older);
        for _ in 0..2 {
            let lists = StatusLists::open(folder.path()).unwrap();
            lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
            assert_eq!(lists.list(LIST).unwrap().get(7), Some(true));
            let grant = Uuid::from_u128(1);
            lists.allocate_for_grant(LIST, "urn:b", grant).unwrap();
        }
        let lists = StatusLists::open(folder.path()).unwrap();
        let again = lists.allocate_for_grant(LIST, "urn:b", Uuid::from_u128(1));
        assert!(!again.unwrap().is_new);
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
