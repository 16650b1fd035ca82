//! Who uses a folder: one at a time. The lock is a file of its own, since closing any handle of a database's file would
//! drop the locks that SQLite has on it.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Result, StoreError},
    open::private,
};

const FILE: &str = "lock";

/// For how long and how often it is tried again to take it: whoever asks whether it is taken has it for a moment.
const PATIENCE: Duration = Duration::from_millis(400);
const AGAIN: Duration = Duration::from_millis(5);

/// The right to use a folder, for as long as this is held. The system takes it from a process that ends.
#[derive(Debug)]
pub struct FolderLock {
    /// Locked until it is closed. Nothing is ever written to it.
    _file: File,
}

impl FolderLock {
    /// Takes it; fails with [`StoreError::Locked`] if another process, or another part of this one, has it.
    pub fn take(folder: &Path) -> Result<Self> {
        Self::take_within(folder, PATIENCE)
    }

    fn take_within(folder: &Path, patience: Duration) -> Result<Self> {
        let file = private()
            .open(folder.join(FILE))
            .map_err(|source| unusable(folder, source))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    thread::sleep(AGAIN);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Locked {
                        folder: folder.to_owned(),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(unusable(folder, source)),
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The doctor asks at any time, from a timer for example.
    #[test]
    fn whoever_asks_keeps_nobody_from_taking_it() {
        let folder = tempfile::tempdir().unwrap();
        drop(FolderLock::take(folder.path()).unwrap());
        // What asking does, by somebody whom the system lets wait in the middle of it.
        let asking = File::open(folder.path().join(FILE)).unwrap();
        asking.lock_shared().unwrap();
        let taken = thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(50));
                drop(asking);
            });
            FolderLock::take_within(folder.path(), Duration::from_secs(60))
        });
        let taken = taken.unwrap();
        assert!(FolderLock::is_taken(folder.path()).unwrap());
        let second = FolderLock::take(folder.path());
        assert!(matches!(second, Err(StoreError::Locked { .. })));
        drop(taken);
        assert!(!FolderLock::is_taken(folder.path()).unwrap());
    }
}
