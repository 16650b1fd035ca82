//! Who has the database of a folder open, and whether what is in it is one state.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::error::{Result, StoreError};

/// What all connections to one database share. The folder is free again once nobody has it.
#[derive(Debug)]
pub(crate) struct Access {
    /// Locked as long as it is open.
    _lock: File,
    has_writer: AtomicBool,
    /// Whether the rows are on their way from one state to another.
    is_partial: AtomicBool,
}

impl Access {
    pub(crate) fn new(lock: File) -> Arc<Self> {
        Arc::new(Self {
            _lock: lock,
            has_writer: AtomicBool::new(false),
            is_partial: AtomicBool::new(false),
        })
    }

    /// The right to write, which only one connection has.
    pub(crate) fn writing(self: &Arc<Self>) -> Result<Writing> {
        if self.has_writer.swap(true, Ordering::AcqRel) {
            return Err(StoreError::SecondWriter);
        }
        Ok(Writing(Arc::clone(self)))
    }

    /// Says whether the rows are those of one state.
    pub(crate) fn set_partial(&self, is_partial: bool) {
        self.is_partial.store(is_partial, Ordering::Release);
    }

    /// Fails while the rows are those of no state. Whoever reads asks once more when done: what was
    /// read before the answer turns is of one state.
    pub(crate) fn check_whole(&self) -> Result<()> {
        match self.is_partial.load(Ordering::Acquire) {
            true => Err(StoreError::Syncing),
            false => Ok(()),
        }
    }
}

/// The right to write; ends when dropped.
#[derive(Debug)]
pub(crate) struct Writing(pub(crate) Arc<Access>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.has_writer.store(false, Ordering::Release);
    }
}
