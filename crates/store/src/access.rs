//! Who has the database of a folder open, and whether what is in it is one state.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    error::{Result, StoreError},
    folder_lock::FolderLock,
    unwritten::Unwritten,
};

/// What all connections to one database share. The folder is free again once nobody has it.
#[derive(Debug)]
pub(crate) struct Access {
    _lock: FolderLock,
    has_writer: AtomicBool,
    /// How often the rows began or ended to be on their way from one state to another: odd while they are.
    ways: AtomicU64,
    /// Whether reads make way for a log that is to be cleared: one of the states below.
    way: AtomicU8,
    /// Reads of this process that are open, but for those of a [`crate::Pin`].
    open_reads: AtomicUsize,
    /// Waited on until they need not.
    making_way: Mutex<()>,
    way_made: Condvar,
    /// What waits to be written of the state tree: after the newest commit, or the one that comes now,
    /// and after the one before.
    unwritten: Mutex<[Arc<Unwritten>; 2]>,
}

/// That the rows were those of one state, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole(u64);

/// Reads begin and go on.
const FREE: u8 = 0;
/// No read begins.
const HELD: u8 = 1;
/// No read begins, and those that run are stopped.
const STOPPED: u8 = 2;

impl Access {
    pub(crate) fn new(lock: FolderLock) -> Arc<Self> {
        Arc::new(Self {
            _lock: lock,
            has_writer: AtomicBool::new(false),
            ways: AtomicU64::new(0),
            way: AtomicU8::new(FREE),
            open_reads: AtomicUsize::new(0),
            making_way: Mutex::default(),
            way_made: Condvar::new(),
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

    /// Says whether the rows are those of one state. Only the one that writes does.
    pub(crate) fn set_partial(&self, is_partial: bool) {
        if is_odd(self.ways.load(Ordering::Acquire)) != is_partial {
            self.ways.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Fails while the rows are those of no state. Whoever reads asks what this returns once more when done.
    pub(crate) fn check_whole(&self) -> Result<Whole> {
        let ways = self.ways.load(Ordering::Acquire);
        match is_odd(ways) {
            true => Err(StoreError::Syncing),
            false => Ok(Whole(ways)),
        }
    }

    /// Fails unless the rows have been those of one state ever since: a way that began and ended meanwhile may
    /// have been seen in the middle.
    pub(crate) fn check_still_whole(&self, since: Whole) -> Result<()> {
        match self.ways.load(Ordering::Acquire) == since.0 {
            true => Ok(()),
            false => Err(StoreError::Syncing),
        }
    }

    /// Lets no read begin until this is dropped.
    pub(crate) fn hold_reads(&self) -> Way<'_> {
        self.way.store(HELD, Ordering::Release);
        Way(self)
    }

    /// Counts a read as open until this is dropped.
    pub(crate) fn open_read(&self) -> OpenRead<'_> {
        self.open_reads.fetch_add(1, Ordering::AcqRel);
        OpenRead(self)
    }

    /// Whether a read of this process is open that can be stopped.
    pub(crate) fn has_open_reads(&self) -> bool {
        self.open_reads.load(Ordering::Acquire) > 0
    }

    /// Whether no read may begin now.
    pub(crate) fn are_reads_held(&self) -> bool {
        self.way.load(Ordering::Acquire) != FREE
    }

    /// Whether reads that run have to end.
    pub(crate) fn are_reads_stopped(&self) -> bool {
        self.way.load(Ordering::Acquire) == STOPPED
    }

    /// Waits until reads may begin, but not for longer than this.
    pub(crate) fn wait_for_way(&self, most: Duration) {
        if !self.are_reads_held() {
            return;
        }
        let making_way = self.making_way.lock();
        let making_way = making_way.unwrap_or_else(PoisonError::into_inner);
        drop(
            self.way_made
                .wait_timeout_while(making_way, most, |()| self.are_reads_held()),
        );
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

fn is_odd(number: u64) -> bool {
    number % 2 == 1
}

/// A read that is open.
#[derive(Debug)]
pub(crate) struct OpenRead<'a>(&'a Access);

impl Drop for OpenRead<'_> {
    fn drop(&mut self) {
        self.0.open_reads.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Reads make way as long as this is there.
#[derive(Debug)]
pub(crate) struct Way<'a>(&'a Access);

impl Way<'_> {
    /// Stops the reads that run.
    pub(crate) fn stop_reads(&self) {
        self.0.way.store(STOPPED, Ordering::Release);
    }
}

impl Drop for Way<'_> {
    fn drop(&mut self) {
        self.0.way.store(FREE, Ordering::Release);
        // Whoever looked before has begun to wait by now.
        drop(self.0.making_way.lock());
        self.0.way_made.notify_all();
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
