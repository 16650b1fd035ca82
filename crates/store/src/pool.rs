//! Reading, beside the writer and without waiting for it, but where reads make way (`held_up`).

use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use idos_types::Digest;
use rusqlite::Connection;

use crate::{
    access::Access,
    accounts::{self, AccountDigest},
    blocks::{self, Head},
    certificates, counts,
    error::{Result, StoreError},
    meta, open,
    receipts::{self, Body, Receipt},
    sessions, set_changes, sql, sync,
    unwritten::{self, Unwritten, Waiting},
    write::Writer,
};

/// How many steps of SQLite's machine pass between two looks at the clock: some microseconds, as
/// long as no page has to come from the disk.
const STEPS: i32 = 100;

/// How long a brief read may take: little enough to do it on a thread that others wait for, and
/// ten times as much as a page of a list takes.
const BRIEF: Duration = Duration::from_millis(1);

/// Connections that read. Clones share them.
#[derive(Clone, Debug)]
pub struct Readers {
    pool: Arc<Pool>,
    limit: Duration,
}

#[derive(Debug)]
struct Pool {
    state: Mutex<State>,
    freed: Condvar,
    file: PathBuf,
    cache_kib: u64,
    /// Held until the last connection is closed: fields are dropped in order.
    access: Arc<Access>,
}

#[derive(Debug)]
struct State {
    /// Open connections that nobody uses.
    idle: Vec<Connection>,
    /// How many more reads may run.
    free: usize,
    /// How many wait for one to end. Telling nobody costs as much as telling somebody.
    waiting: usize,
}

impl Readers {
    pub(crate) fn new(
        file: PathBuf,
        cache_kib: u64,
        count: usize,
        limit: Duration,
        access: Arc<Access>,
    ) -> Self {
        let state = Mutex::new(State {
            idle: Vec::new(),
            free: count,
            waiting: 0,
        });
        let pool = Pool {
            state,
            freed: Condvar::new(),
            file,
            cache_kib,
            access,
        };
        Self {
            pool: Arc::new(pool),
            limit,
        }
    }

    /// Readers of the same database that wait for nobody else's: whoever keeps all others busy does
    /// not hold these up.
    pub fn apart(&self, count: usize) -> Self {
        let Pool {
            file,
            cache_kib,
            access,
            ..
        } = &*self.pool;
        let count = count.max(1);
        Self::new(
            file.clone(),
            *cache_kib,
            count,
            self.limit,
            Arc::clone(access),
        )
    }

    /// Opens the connection that writes again, for a part of the node that takes over from one that
    /// has ended: there is only one at a time.
    pub fn writer(&self) -> Result<Writer> {
        let cache_kib = self.pool.cache_kib;
        open::open_writer(&self.pool.file, cache_kib, &self.pool.access)
    }

    /// Holds on to what is committed now, on a connection of its own. As long as it is held, what is
    /// erased meanwhile stays in the write-ahead log: for seconds, not for longer.
    pub fn pin(&self) -> Result<Pin> {
        let pool = &*self.pool;
        pool.access.wait_for_way(self.limit);
        let whole = pool.access.check_whole()?;
        let conn = open::open_reader(&pool.file, pool.cache_kib)?;
        sql::control(&conn, "BEGIN")?;
        // It is the first read that fixes what is seen.
        let unwritten = unwritten::of(&conn, Some(&pool.access))?;
        pool.access.check_still_whole(whole)?;
        Ok(Pin {
            conn,
            unwritten,
            limit: self.limit,
            _access: Arc::clone(&pool.access),
        })
    }

    /// The same readers, for reads that may take as long as this: those of somebody for whom others need
    /// not wait.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self {
            limit,
            ..self.clone()
        }
    }

    /// Runs `f` on one committed height, whatever is written meanwhile. Blocks the thread while all
    /// readers are taken.
    ///
    /// A read has [`idos_types::limits::READ_MILLIS`], or what [`Readers::with_limit`] says: then its statements fail, and so does this,
    /// whatever `f` made of it. Reads that last would keep erased bytes in the write-ahead log: where they overlap
    /// for seconds, one that has to make way fails like that before its time.
    pub fn read<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> T) -> Result<T> {
        let mut slot = self.pool.slot(self.limit)?;
        let conn = match slot.idle.take() {
            Some(conn) => conn,
            None => open::open_reader(&self.pool.file, self.pool.cache_kib)?,
        };
        run(slot, conn, self.limit, f)?.ok_or(too_slow(self.limit))
    }

    /// [`Readers::read`] for a thread that must not block: `None` if no reader is at hand, or if the read
    /// took longer than a millisecond. It has then been stopped, and nothing it found counts.
    ///
    /// One step of SQLite is never stopped: a read of values of megabytes is not brief.
    pub fn read_briefly<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> T) -> Result<Option<T>> {
        self.read_at_hand(BRIEF, f)
    }

    /// [`Readers::read_briefly`], where a brief read takes at most so long.
    pub(crate) fn read_at_hand<T>(
        &self,
        most: Duration,
        f: impl FnOnce(&Snapshot<'_>) -> T,
    ) -> Result<Option<T>> {
        match self.pool.slot_at_hand() {
            Some((slot, conn)) => run(slot, conn, self.limit.min(most), f),
            None => Ok(None),
        }
    }
}

/// Runs `f` on one height; `None` if it was stopped because it took too long.
fn run<T>(
    mut slot: Slot<'_>,
    mut conn: Connection,
    limit: Duration,
    f: impl FnOnce(&Snapshot<'_>) -> T,
) -> Result<Option<T>> {
    let whole = slot.pool.access.check_whole()?;
    // Begun and ended without the handler, which would stop that too on a busy machine.
    sql::control(&conn, "BEGIN")?;
    let access = &slot.pool.access;
    let _open = access.open_read();
    let answer = within(&mut conn, Some(access), Waiting::known_to(access), limit, f)?;
    sql::control(&conn, "ROLLBACK")?;
    slot.pool.access.check_still_whole(whole)?;
    slot.idle = Some(conn);
    Ok(answer)
}

/// Runs `f` in the transaction of a connection; `None` if it was stopped because it took too long, or because reads
/// have to make way.
pub(crate) fn within<T>(
    conn: &mut Connection,
    access: Option<&Arc<Access>>,
    waiting: Waiting<'_>,
    limit: Duration,
    f: impl FnOnce(&Snapshot<'_>) -> T,
) -> Result<Option<T>> {
    let deadline = Instant::now() + limit;
    let stop = Arc::new(Stop {
        deadline,
        access: access.map(Arc::clone),
        is_stopped: AtomicBool::new(false),
    });
    let handler = Arc::clone(&stop);
    conn.progress_handler(STEPS, Some(move || handler.is_now()))?;
    let answer = f(&Snapshot {
        conn,
        waiting,
        stop: &stop,
        limit,
    });
    let is_late = stop.has_come();
    // If `f` panics or the transaction does not end, the connection is closed, which ends it.
    conn.progress_handler(0, None::<fn() -> bool>)?;
    Ok((!is_late).then_some(answer))
}

pub(crate) fn too_slow(limit: Duration) -> StoreError {
    StoreError::TooSlow {
        limit_ms: millis(limit),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Pool {
    // No panic can happen while it is locked that would leave it inconsistent.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to read, and for a connection if one is idle.
    fn slot(&self, wait: Duration) -> Result<Slot<'_>> {
        let end = Instant::now() + wait;
        let left = || end.saturating_duration_since(Instant::now());
        loop {
            self.access.wait_for_way(left());
            let mut state = self.state();
            state.waiting += 1;
            let (mut state, _) = self
                .freed
                .wait_timeout_while(state, left(), |state| state.free == 0)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            let Some(free) = state.free.checked_sub(1) else {
                return Err(StoreError::NoReader {
                    limit_ms: millis(wait),
                });
            };
            if self.access.are_reads_held() && Instant::now() < end {
                // Whoever waits for a place as well has to hear of it.
                self.freed.notify_one();
                continue;
            }
            state.free = free;
            let idle = state.idle.pop();
            return Ok(Slot { pool: self, idle });
        }
    }

    /// The right to read and a connection, if both can be had without waiting.
    fn slot_at_hand(&self) -> Option<(Slot<'_>, Connection)> {
        if self.access.are_reads_held() {
            return None;
        }
        let mut state = self.state();
        let free = state.free.checked_sub(1)?;
        let conn = state.idle.pop()?;
        state.free = free;
        let idle = None;
        Some((Slot { pool: self, idle }, conn))
    }
}

/// The right to read; ends when dropped.
struct Slot<'p> {
    pool: &'p Pool,
    /// A connection that nobody uses, if there is one: it goes back with the right.
    idle: Option<Connection>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.free += 1;
        state.idle.extend(self.idle.take());
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.pool.freed.notify_one();
        }
    }
}

/// What was committed at a moment, held on to.
#[derive(Debug)]
pub struct Pin {
    conn: Connection,
    unwritten: Arc<Unwritten>,
    limit: Duration,
    /// Held until the connection is closed: fields are dropped in order.
    _access: Arc<Access>,
}

impl Pin {
    /// Runs `f` on it, for as long as [`Readers::read`] may take.
    pub fn read<T>(&mut self, f: impl FnOnce(&Snapshot<'_>) -> T) -> Result<T> {
        let waiting = Waiting::from(Arc::clone(&self.unwritten));
        // To stop it would free nothing.
        within(&mut self.conn, None, waiting, self.limit, f)?.ok_or(too_slow(self.limit))
    }
}

/// When a read is over, whatever it still wants.
#[derive(Debug)]
struct Stop {
    deadline: Instant,
    /// By which reads are told to make way; none for one that need not.
    access: Option<Arc<Access>>,
    /// Whether it was stopped before its deadline: from then on, though reads may go on by now.
    is_stopped: AtomicBool,
}

impl Stop {
    /// Whether it is over now.
    fn is_now(&self) -> bool {
        let makes_way = |access: &Arc<Access>| access.are_reads_stopped();
        if self.access.as_ref().is_some_and(makes_way) {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        self.has_come()
    }

    /// Whether it was over at any time when somebody asked, or its time is.
    fn has_come(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }
}

/// One committed height. Answers [`idos_ledger::State`], and what the node asks beyond the rules.
#[derive(Debug)]
pub struct Snapshot<'c> {
    conn: &'c Connection,
    waiting: Waiting<'c>,
    stop: &'c Stop,
    limit: Duration,
}

impl Snapshot<'_> {
    // Statements too short for the progress handler to stop are stopped here.
    pub(crate) fn conn(&self) -> Result<&Connection> {
        if self.stop.is_now() {
            Err(too_slow(self.limit))
        } else {
            Ok(self.conn)
        }
    }

    /// What of the state tree waits to be written.
    pub(crate) fn unwritten(&self) -> Result<&Unwritten> {
        self.waiting.get(self.conn()?)
    }

    /// The latest block; `None` before the first.
    pub fn head(&self) -> Result<Option<Head>> {
        blocks::head(self.conn()?)
    }

    /// Whether a sync is under way: the rows are those of no state.
    pub fn is_partial(&self) -> Result<bool> {
        Ok(sync::mark(self.conn()?)?.is_some())
    }

    /// The block of this height, without its transactions.
    pub fn block(&self, height: u64) -> Result<Option<Head>> {
        blocks::block(self.conn()?, height)
    }

    /// The lowest height, at most `highest`, whose block has this time or a later one, in
    /// milliseconds since 1970; the height after `highest` if there is none.
    pub fn first_block_since(&self, time_ms: u64, highest: u64) -> Result<u64> {
        blocks::first_since(self.conn()?, time_ms, highest)
    }

    /// The certificate of the state after the block of this height, if it is there.
    pub fn certificate(&self, height: u64) -> Result<Option<Vec<u8>>> {
        certificates::certificate(self.conn()?, height)
    }

    /// The newest height with a certificate.
    pub fn newest_certificate(&self) -> Result<Option<u64>> {
        certificates::newest(self.conn()?)
    }

    /// The encoded [`idos_proof::SetChange`] that establishes the validators of an epoch; `None` if
    /// no block fixed them, or if this node does not have the certificate of that height.
    pub fn set_change(&self, epoch: u64) -> Result<Option<Vec<u8>>> {
        set_changes::set_change(self.conn()?, epoch)
    }

    /// The height whose block fixed the validators of an epoch; `None` if none did.
    pub fn set_fixed_at(&self, epoch: u64) -> Result<Option<u64>> {
        set_changes::fixed_at(self.conn()?, epoch)
    }

    /// Whether a proof of the validators of an epoch is one of this height.
    pub fn is_set_proved_at(&self, epoch: u64, height: u64) -> Result<bool> {
        set_changes::is_proved_at(self.conn()?, epoch, height)
    }

    /// The nonce of the account's last transaction; `None` if there was none.
    pub fn nonce(&self, account: &AccountDigest) -> Result<Option<u64>> {
        accounts::nonce(self.conn()?, account)
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> Result<u64> {
        counts::accounts(self.conn()?)
    }

    /// What became of the transaction with this hash.
    pub fn receipt(&self, hash: &Digest) -> Result<Option<Receipt>> {
        receipts::receipt(self.conn()?, hash)
    }

    /// What became of the transactions of a block, in their order.
    pub fn receipts(&self, height: u64) -> Result<Vec<Receipt>> {
        receipts::receipts(self.conn()?, height)
    }

    /// The transaction with this hash, while its body is kept.
    pub fn body(&self, hash: &Digest) -> Result<Option<Body>> {
        receipts::body(self.conn()?, hash)
    }

    /// Whether the session was ended by its owner before it ends by itself. Times are milliseconds
    /// since 1970.
    pub fn is_revoked(&self, session: &Digest, now_ms: u64) -> Result<bool> {
        sessions::is_revoked(self.conn()?, session, now_ms)
    }

    /// The sessions that were ended by their owners, the last `max` of them: each with when it ends by
    /// itself, in milliseconds since 1970.
    pub fn revocations(&self, max: usize) -> Result<Vec<(Digest, u64)>> {
        sessions::newest(self.conn()?, max)
    }

    /// What a writer stored under this name; `None` if there is nothing.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        meta::meta(self.conn()?, key)
    }
}
