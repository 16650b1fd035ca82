//! Which entries of the status lists are given out, to which credentials, and which are set.

use std::{
    fs::{OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use idos_credential::{IssueError, ListError, StatusList, StatusPurpose};
use idos_types::Uuid;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use thiserror::Error;

use crate::issuer::keys::CREDENTIAL_KEYS;

/// The file in the issuer's folder.
const FILE: &str = "status.sqlite";
/// Entries of a list: a million credentials. Its bits take 128 KiB, a few when packed.
const ENTRIES: u32 = 1 << 20;
/// How many random entries are tried: a list that is half full has none free by 2^-64.
const TRIES: usize = 64;
/// How many issuers may have a list of one kind: the `did:key`, and every `did:web` there ever was.
const MOST_ISSUERS: usize = 1000;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// An entry belongs to at most one credential for ever, a list to one issuer: verifiers want the list of
/// whoever issued the credential.
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
CREATE TABLE IF NOT EXISTS lists (
    name TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    purpose TEXT NOT NULL,
    UNIQUE (issuer, purpose)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
    url TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
";
/// Since when it is noted by which write grant a credential is issued.
const GRANT_COLUMN: &str = "ALTER TABLE entries ADD COLUMN for_grant TEXT";
/// A grant is for one credential, which has one entry.
const GRANT_INDEX: &str = "
CREATE UNIQUE INDEX IF NOT EXISTS entries_of_grant ON entries (list, for_grant, credential)
    WHERE for_grant IS NOT NULL;
";

/// Why a list cannot be used.
#[derive(Debug, Error)]
pub(crate) enum StatusListsError {
    /// The file.
    #[error("the status lists cannot be read or written")]
    Database(#[from] rusqlite::Error),
    /// The file cannot be made for its owner alone.
    #[error("{} cannot be made, or closed to other users; see to it, and try again", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The folder is somebody else's.
    #[error("{} is no folder of an issuer: name the one that `idos issuer keys` made", .0.display())]
    NoIssuer(PathBuf),
    /// No entry is free.
    #[error("the status list is full: the issuer must begin another folder")]
    Full,
    /// No further issuer can have lists.
    #[error(
        "this folder has the lists of {MOST_ISSUERS} issuers, which are the most: whoever runs it must \
         begin another folder for a further did:web"
    )]
    TooManyIssuers,
    /// No randomness.
    #[error("the operating system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    /// A list cannot be made.
    #[error(transparent)]
    List(#[from] ListError),
    /// A list cannot be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// No such credential.
    #[error("no credential of that id has such a status here")]
    Unknown,
    /// The entry is another credential's.
    #[error(
        "that entry was not given out for the credential {0:?}: name the credential alone, or the entry \
         of its credentialStatus"
    )]
    OtherCredential(String),
    /// A revocation is not taken back.
    #[error("a revoked credential stays revoked: issue a new one")]
    Final,
}

/// What tells whether anything changed: what other processes wrote, and what this one did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Version(i64, i64);

/// The status lists of an issuer. Several processes may use them at once. Where credentials will look for
/// them is noted with the first entry that is given out, if it is known.
pub(crate) struct StatusLists(Mutex<Connection>, Option<String>);

impl StatusLists {
    /// Opens those of an issuer's folder.
    pub(crate) fn open(home: &Path) -> Result<Self, StatusListsError> {
        if !CREDENTIAL_KEYS
            .iter()
            .all(|(name, ..)| home.join(name).exists())
        {
            return Err(StatusListsError::NoIssuer(home.to_owned()));
        }
        let path = home.join(FILE);
        close(&path).map_err(|source| StatusListsError::File {
            path: path.clone(),
            source,
        })?;
        Self::of(Connection::open(path)?)
    }

    fn of(mut connection: Connection) -> Result<Self, StatusListsError> {
        connection.busy_timeout(BUSY)?;
        // What was answered must survive a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        add_grant_column(&mut connection)?;
        connection.execute_batch(GRANT_INDEX)?;
        Ok(Self(Mutex::new(connection), None))
    }

    /// The same lists, at this address.
    pub(crate) fn at(self, url: &str) -> Self {
        Self(self.0, Some(url.to_owned()))
    }

    /// Notes the address before a credential is told it.
    fn note_place(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        if let Some(url) = &self.1 {
            let insert = "INSERT OR IGNORE INTO places (url) VALUES (?1)";
            connection.prepare_cached(insert)?.execute([url])?;
        }
        Ok(())
    }

    /// At which other addresses credentials look that were issued before.
    pub(crate) fn other_places(&self) -> Result<Vec<String>, StatusListsError> {
        let connection = self.connection();
        let mut find =
            connection.prepare_cached("SELECT url FROM places WHERE url IS NOT ?1 ORDER BY url")?;
        let found = find.query_map([&self.1], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A statement is done or not; a thread that ended within leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a list is this issuer's if entries of it were given out by write grants: before
    /// lists were noted, only commands did that, and always in the name of this issuer.
    pub(crate) fn adopt(
        &self,
        list: &str,
        purpose: StatusPurpose,
        issuer: &str,
    ) -> Result<(), StatusListsError> {
        self.connection().execute(
            "INSERT OR IGNORE INTO lists (name, issuer, purpose)
             SELECT ?1, ?2, ?3
             WHERE EXISTS (SELECT 1 FROM entries WHERE list = ?1 AND for_grant IS NOT NULL)",
            params![list, issuer, purpose.name()],
        )?;
        Ok(())
    }

    /// The name of the list of an issuer, who has it from now on: it begins with the `kind` of the key
    /// that signs it, and ends with the purpose.
    pub(crate) fn list_of(
        &self,
        issuer: &str,
        kind: &str,
        purpose: StatusPurpose,
    ) -> Result<String, StatusListsError> {
        let purpose = purpose.name();
        let connection = self.connection();
        let mut find = connection
            .prepare_cached("SELECT name FROM lists WHERE issuer = ?1 AND purpose = ?2")?;
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO lists (name, issuer, purpose) VALUES (?1, ?2, ?3)",
        )?;
        for number in 1..=MOST_ISSUERS {
            // Another process may be as far as this one.
            let found = find.query_row([issuer, purpose], |row| row.get(0));
            if let Some(name) = found.optional()? {
                return Ok(name);
            }
            let name = match number {
                1 => format!("{kind}-{purpose}"),
                _ => format!("{kind}-{number}-{purpose}"),
            };
            if insert.execute([&name, issuer, purpose])? == 1 {
                return Ok(name);
            }
        }
        Err(StatusListsError::TooManyIssuers)
    }

    /// Whose list that is, and what for.
    pub(crate) fn issuer_of(
        &self,
        list: &str,
    ) -> Result<Option<(String, StatusPurpose)>, StatusListsError> {
        let connection = self.connection();
        let mut find =
            connection.prepare_cached("SELECT issuer, purpose FROM lists WHERE name = ?1")?;
        let found = find.query_row([list], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        Ok(found
            .optional()?
            .and_then(|(issuer, purpose)| Some((issuer, StatusPurpose::of_name(&purpose)?))))
    }

    /// Gives out an entry of a list. At random, so that neighbours tell nothing.
    pub(crate) fn allocate(
        &self,
        list: &str,
        credential: Option<&str>,
    ) -> Result<u32, StatusListsError> {
        let connection = self.connection();
        self.note_place(&connection)?;
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

    /// The entry of a list for the credential that is issued under this id by a write grant; those of
    /// before are noted with the id of the grant. However often it is asked for, it is the same, so that
    /// whoever begins again after an interruption takes no second one. It stays for ever: of several
    /// processes that have it none knows whether another issues with it.
    pub(crate) fn allocate_for_grant(
        &self,
        list: &str,
        credential: &str,
        issued: Uuid,
    ) -> Result<u32, StatusListsError> {
        let issued = issued.to_string();
        let connection = self.connection();
        self.note_place(&connection)?;
        let mut find = connection.prepare_cached(
            "SELECT position FROM entries WHERE list = ?1 AND for_grant = ?2 AND credential = ?3",
        )?;
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO entries (list, position, credential, for_grant)
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        for _ in 0..TRIES {
            // Another process may be as far as this one.
            let found = find.query_row(params![list, issued, credential], |row| row.get(0));
            if let Some(position) = found.optional()? {
                return Ok(position);
            }
            let position = getrandom::u32()? % ENTRIES;
            if insert.execute(params![list, position, credential, issued])? == 1 {
                return Ok(position);
            }
        }
        Err(StatusListsError::Full)
    }

    /// Takes an entry back that was given out once, and whose credential was never issued.
    pub(crate) fn release(&self, list: &str, position: u32) -> Result<(), StatusListsError> {
        self.connection().execute(
            "DELETE FROM entries WHERE list = ?1 AND position = ?2 AND is_set = 0
             AND for_grant IS NULL",
            params![list, position],
        )?;
        Ok(())
    }

    /// Sets or clears one entry, or every entry of the credentials that have this id. With both given
    /// the entry has to be of such a credential: a mistake could not be taken back.
    pub(crate) fn set(
        &self,
        purpose: StatusPurpose,
        credential: Option<&str>,
        entry: Option<(&str, u32)>,
        value: bool,
    ) -> Result<(), StatusListsError> {
        let mut connection = self.connection();
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = match (entry, credential) {
            (Some((list, position)), of) => Found::at(&change, list, position, of)?,
            (None, Some(credential)) => Found::of_credential(&change, purpose, credential)?,
            (None, None) => Vec::new(),
        };
        if found.is_empty() {
            return Err(StatusListsError::Unknown);
        }
        if purpose == StatusPurpose::Revocation && !value && found.iter().any(|it| it.is_set) {
            return Err(StatusListsError::Final);
        }
        for Found { list, position, .. } in found {
            change.execute(
                "UPDATE entries SET is_set = ?3 WHERE list = ?1 AND position = ?2",
                params![list, position, value],
            )?;
        }
        Ok(change.commit()?)
    }

    /// Whether any entry of the credentials that have this id is set.
    pub(crate) fn is_set(
        &self,
        purpose: StatusPurpose,
        credential: &str,
    ) -> Result<bool, StatusListsError> {
        let found = Found::of_credential(&self.connection(), purpose, credential)?;
        Ok(found.iter().any(|it| it.is_set))
    }

    /// Whether any entry was given out to the credentials that have this id.
    pub(crate) fn has(
        &self,
        purpose: StatusPurpose,
        credential: &str,
    ) -> Result<bool, StatusListsError> {
        let found = Found::of_credential(&self.connection(), purpose, credential)?;
        Ok(!found.is_empty())
    }

    /// The entries of all lists as they are now.
    pub(crate) fn version(&self) -> Result<Version, StatusListsError> {
        let connection = self.connection();
        let of_others = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let mut own = connection.prepare_cached("SELECT total_changes()")?;
        Ok(Version(of_others, own.query_row([], |row| row.get(0))?))
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

/// An entry that is there.
struct Found {
    list: String,
    position: u32,
    is_set: bool,
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            list: row.get(0)?,
            position: row.get(1)?,
            is_set: row.get(2)?,
        })
    }

    /// The entry at a place, of `credential` if that is given.
    fn at(
        from: &Connection,
        list: &str,
        position: u32,
        credential: Option<&str>,
    ) -> Result<Vec<Self>, StatusListsError> {
        let mut find = from.prepare_cached(
            "SELECT list, position, is_set, credential FROM entries
             WHERE list = ?1 AND position = ?2",
        )?;
        let found = find
            .query_row(params![list, position], |row| {
                Ok((Self::read(row)?, row.get::<_, Option<String>>(3)?))
            })
            .optional()?;
        match (found, credential) {
            (Some((_, of)), Some(named)) if of.as_deref() != Some(named) => {
                Err(StatusListsError::OtherCredential(named.to_owned()))
            }
            (found, _) => Ok(found.into_iter().map(|(found, _)| found).collect()),
        }
    }

    fn of_credential(
        from: &Connection,
        purpose: StatusPurpose,
        credential: &str,
    ) -> Result<Vec<Self>, rusqlite::Error> {
        from.prepare_cached(
            "SELECT list, position, is_set FROM entries WHERE credential = ?1 AND list LIKE ?2",
        )?
        .query_map(
            params![credential, format!("%-{}", purpose.name())],
            Self::read,
        )?
        .collect()
    }
}

/// Makes the file for its owner alone, unless it is there, and closes one that is open to others: it
/// says which credentials were issued, and which are revoked.
fn close(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).truncate(false).mode(0o600);
    file.open(path)?
        .set_permissions(Permissions::from_mode(0o600))
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
mod tests;
