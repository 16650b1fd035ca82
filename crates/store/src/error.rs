//! What can go wrong with the database.

use std::{error::Error, io, path::PathBuf};

use idos_ledger::StateError;
use rusqlite::ErrorCode;
use thiserror::Error;

use crate::state_tree::TreeFault;

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The database could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process, or another part of this one, has the data folder open.
    #[error("the data folder {} is in use by another node", folder.display())]
    Locked {
        /// The data folder.
        folder: PathBuf,
    },
    /// A file of the data folder could not be made or read.
    #[error("the data folder {} cannot be used", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database could not be opened.
    #[error("the database in {} cannot be opened", folder.display())]
    Open {
        /// The data folder.
        folder: PathBuf,
        /// Why.
        source: Box<StoreError>,
    },
    /// The file is a database of something else.
    #[error("this is not a database of an idOS node: its application id is {found:#010x}")]
    Foreign {
        /// The application id of the file.
        found: i32,
    },
    /// Somebody changed what the database is made of.
    #[error(
        "{name:?} in the database is not as this version makes it: use a copy that nobody changed"
    )]
    Schema {
        /// The table, index, view or trigger.
        name: String,
    },
    /// The file is damaged, or somebody changed it: its indexes do not hold what its tables do.
    #[error("the database file is damaged or was changed by hand ({0}): use another copy")]
    File(String),
    /// A newer version of the node has written the database.
    #[error("the database has schema {found}, this version of the node knows {known}: upgrade it")]
    Newer {
        /// Schema version of the file.
        found: i64,
        /// The newest version this binary knows.
        known: i64,
    },
    /// SQLite did not accept a setting that durability or erasure rests on.
    #[error("SQLite has {setting} at {found} instead of {wanted}")]
    Setting {
        /// The pragma.
        setting: &'static str,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// SQLite was built without access to its pages.
    #[error(
        "SQLite was built without ENABLE_DBPAGE_VTAB, so that not all could be erased that people delete: \
         build where .cargo/config.toml of idOS says so"
    )]
    NoPages,
    /// The write-ahead log could not be read.
    #[error("the write-ahead log of the database cannot be read")]
    Log(#[source] io::Error),
    /// A change contradicts the schema: an orphan, or a second row of something unique. The rules
    /// should have refused it.
    #[error("a change to {table} contradicts the schema")]
    Constraint {
        /// The table.
        table: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// A stored value is not what this node writes.
    #[error("a row of {table} is corrupt")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A number does not fit a column.
    #[error("{0} does not fit the database")]
    TooLarge(u64),
    /// A block is not the one after the last.
    #[error("the block has height {found}, the next one is {next}")]
    Height {
        /// Height of the block after the last.
        next: u64,
        /// Height of the block given.
        found: u64,
    },
    /// The transaction of the block is no more, one of its attempts never ended, or changes failed and
    /// were not undone: nothing of the block may be kept.
    #[error("the transaction of the block is broken")]
    BrokenBlock,
    /// The connection that writes is open already.
    #[error("the database is being written by another part of this node")]
    SecondWriter,
    /// The rows are on their way from one state to another.
    #[error("the state of this node is being fetched from others")]
    Syncing,
    /// A sync ended in rows that refer to others which are not there.
    #[error(
        "rows of {0} refer to rows that are not there: remove the database, it comes back by itself"
    )]
    Dangling(String),
    /// The state tree does not match itself, the newest block or the rows.
    #[error("the state of this node is damaged: restore a backup, or remove it and sync again")]
    DamagedTree(#[from] TreeFault),
    /// A read took too long.
    #[error("the read took longer than {limit_ms} ms")]
    TooSlow {
        /// How long it may take, in milliseconds.
        limit_ms: u64,
    },
    /// A statement was stopped because its read took too long.
    #[error("a read of {table} was stopped")]
    Stopped {
        /// The table.
        table: &'static str,
    },
    /// Every reader was taken for too long.
    #[error("no reader of the database became free within {limit_ms} ms")]
    NoReader {
        /// How long to wait for one, in milliseconds.
        limit_ms: u64,
    },
    /// SQLite failed.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// Tells what an error of SQLite, met in `table`, means.
    pub(crate) fn of(table: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType,
        };
        match &source {
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) => {
                Self::Corrupt {
                    table,
                    source: source.into(),
                }
            }
            error => match error.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => Self::Constraint { table, source },
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt {
                    table,
                    source: source.into(),
                },
                Some(ErrorCode::OperationInterrupted) => Self::Stopped { table },
                _ => Self::Sqlite(source),
            },
        }
    }
}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        Self(Box::new(error))
    }
}
