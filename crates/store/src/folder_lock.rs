//! Who uses a folder: one at a time. The lock is a file of its own, since closing any handle of a database's file would
//! drop the locks that SQLite has on it.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::{
    error::{Result, StoreError},
    open::private,
};

const FILE: &str = "lock";

/// The right to use a folder, for as long as this is held. The system takes it from a process that ends.
#[derive(Debug)]
pub struct FolderLock {
    /// Locked until it is closed. Nothing is ever written to it.
    _file: File,
}

impl FolderLock {
    /// Takes it; fails with [`StoreError::Locked`] if another process, or another part of this one, has it.
    pub fn take(folder: &Path) -> Result<Self> {
        let file = private()
            .open(folder.join(FILE))
            .map_err(|source| unusable(folder, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
                folder: folder.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(unusable(folder, source)),
        }
    }

    /// Whether somebody has it. It makes no file.
    pub fn is_taken(folder: &Path) -> Result<bool> {
        let file = match File::open(folder.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(unusable(folder, source)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(unusable(folder, source)),
        }
    }
}

fn unusable(folder: &Path, source: io::Error) -> StoreError {
    StoreError::Folder {
        folder: folder.to_owned(),
        source,
    }
}
