//! Who has the database of a folder open, and whether what is in it is one state.

use std::{
    fs::File,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    error::{Result, StoreError},
    unwritten::Unwritten,
};

/// What all connections to one database share. The folder is free again once nobody has it.
#[derive(Debug)]
pub(crate) struct Access {
    /// Locked as long as it is open.
    _lock: File,
    has_writer: AtomicBool,
    /// Whether the rows are on their way from one state to another.
    is_partial: AtomicBool,
    /// What waits to be written of the state tree: after the newest commit, or the one that comes now,
    /// and after the one before.
    unwritten: Mutex<[Arc<Unwritten>; 2]>,
}

impl Access {
    pub(crate) fn new(lock: File) -> Arc<Self> {
        Arc::new(Self {
            _lock: lock,
            has_writer: AtomicBool::new(false),
            is_partial: AtomicBool::new(false),
            unwritten: Mutex::default(),
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

    /// Says what waits after the commit that comes now. Before it comes: whoever sees it finds this.
    pub(crate) fn set_unwritten(&self, unwritten: Arc<Unwritten>) {
        let mut known = self.known();
        let [newest, before] = &mut *known;
        let last = std::mem::replace(before, std::mem::replace(newest, unwritten));
        // To free many pages takes long, and readers wait for the lock.
        drop(known);
        drop(last);
    }

    /// Nothing waits, and nobody needs to know what did.
    pub(crate) fn forget_unwritten(&self) {
        let last = std::mem::take(&mut *self.known());
        drop(last);
    }

    /// What waited after one of the last two commits, if it is the right one.
    pub(crate) fn unwritten(
        &self,
        is_right: impl Fn(&Unwritten) -> bool,
    ) -> Option<Arc<Unwritten>> {
        let known = self.known();
        known.iter().find(|known| is_right(known)).map(Arc::clone)
    }

    // No panic can happen while it is locked that would leave it inconsistent.
    fn known(&self) -> MutexGuard<'_, [Arc<Unwritten>; 2]> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
