//! Writing, one block per transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use idos_ledger::{Account, Change, Row};
use idos_proof::Root;
use idos_types::{BlockTime, Digest};
use rusqlite::{Connection, config::DbConfig, hooks::Action};

use crate::{
    access::{Access, Writing},
    accounts::{self, AccountDigest, FoundAccount},
    apply::{self, Changed},
    blocks::{self, Head, NewBlock},
    certificates,
    checkpoint::{self, Checkpoint},
    contents, due,
    error::{Result, StoreError},
    held_up::{self, HeldUp},
    history,
    log_pages::LogPages,
    meta,
    receipts::{self, Receipt},
    salt::SaltSeed,
    scrub, sessions, set_changes, sql,
    state_tree::{self, StoredPages},
    table::RowKey,
    unwritten,
};

/// How many revocations of ended sessions are forgotten whenever some are added, and one more for
/// each of those.
const FORGOTTEN_AT_ONCE: usize = 64;

/// Tables whose old values tell nothing about anybody, so that a change needs no clearing of the
/// write-ahead log.
const IMPERSONAL: [&str; 4] = ["accounts", "account_count", "later_set_proofs", "meta"];

/// Forgets what belongs to one chain and is no state.
const OF_ONE_CHAIN: [&str; 6] = [
    "DELETE FROM later_set_proofs",
    "DELETE FROM set_changes",
    "DELETE FROM certificates",
    "DELETE FROM receipts",
    "DELETE FROM bodies",
    "DELETE FROM blocks",
];

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    pub(crate) conn: Connection,
    /// Whether the write-ahead log may hold bytes that were deleted or replaced.
    erasing: Arc<AtomicBool>,
    /// See [`Writer::count_from`].
    earlier_blocks: u64,
    held_up: HeldUp,
    log: LogPages,
    /// Held until the connection is closed: fields are dropped in order.
    pub(crate) writing: Writing,
}

impl Writer {
    pub(crate) fn new(
        mut conn: Connection,
        erasing: Arc<AtomicBool>,
        log: LogPages,
        writing: Writing,
    ) -> Result<Self> {
        let flag = Arc::clone(&erasing);
        conn.update_hook(Some(move |action, _: &str, table: &str, _| {
            if action != Action::SQLITE_INSERT && !IMPERSONAL.contains(&table) {
                flag.store(true, Ordering::Relaxed);
            }
        }))?;
        Ok(Self {
            conn,
            erasing,
            earlier_blocks: 0,
            held_up: HeldUp::default(),
            log,
            writing,
        })
    }

    /// Starts the transaction of the block of this height: the one after the last, or any if there
    /// is none yet.
    pub fn begin_block(&mut self, height: u64) -> Result<BlockWrite<'_>> {
        let last = blocks::head(&self.conn)?;
        if let Some(last) = &last {
            let next = last.height.saturating_add(1);
            if height != next {
                return Err(StoreError::Height {
                    next,
                    found: height,
                });
            }
        }
        self.begin(height, last)
    }

    /// Starts the transaction of the block of this height, over the state after the block `last`.
    fn begin(&self, height: u64, last: Option<Head>) -> Result<BlockWrite<'_>> {
        sql::control(&self.conn, "BEGIN IMMEDIATE")?;
        Ok(BlockWrite {
            conn: &self.conn,
            erasing: &self.erasing,
            access: &self.writing.0,
            attempts: 0,
            is_half_done: false,
            height,
            root: last.map_or_else(Root::empty, |last| last.root),
            changed: Changed::new(height.saturating_add(self.earlier_blocks)),
            fixed: None,
        })
    }

    pub(crate) fn conn(&self) -> Result<&Connection> {
        Ok(&self.conn)
    }

    /// How many blocks were before the first one of this chain, in chains whose state it goes on
    /// with: rows are placed after those that they wrote.
    pub fn count_from(&mut self, earlier_blocks: u64) {
        self.earlier_blocks = earlier_blocks;
    }

    /// Starts the state of an empty database as that of height 0, with a text under a name beside
    /// it: the chain it belongs to, for example. Everything is kept or nothing.
    pub fn start(
        &mut self,
        changes: &[Change],
        block: NewBlock,
        key: &str,
        value: &str,
    ) -> Result<()> {
        let mut write = self.begin_block(0)?;
        write.apply(changes, &SaltSeed::System { height: 0 })?;
        meta::put(write.conn()?, key, value)?;
        write.commit(block)?;
        Ok(())
    }

    /// Makes the state that is there, with these changes, that of height 0 of another chain, which
    /// `earlier_blocks` were before, with a text under a name beside it. Blocks, certificates,
    /// receipts and bodies of the chain before are forgotten, and what `forgotten` names. Everything is
    /// kept or nothing.
    pub fn start_again(
        &mut self,
        changes: &[Change],
        block: NewBlock,
        earlier_blocks: u64,
        (key, value): (&str, &str),
        forgotten: &str,
    ) -> Result<Root> {
        self.count_from(earlier_blocks);
        let mut write = self.begin(0, blocks::head(&self.conn)?)?;
        for statement in OF_ONE_CHAIN {
            sql::control(write.conn()?, statement)?;
        }
        let salt = SaltSeed::System {
            height: earlier_blocks,
        };
        write.apply(changes, &salt)?;
        meta::delete(write.conn()?, forgotten)?;
        meta::put(write.conn()?, key, value)?;
        write.commit(block)
    }

    /// Checks that the pages of the state tree are those of its leaves, and its root the one of the
    /// newest block. A node must not start on a database that fails this.
    pub fn check_tree(&self) -> Result<Root> {
        state_tree::check(&self.conn)
    }

    /// The same, and that the leaves are those of the rows. Reads every row.
    pub fn check_rows(&self) -> Result<Root> {
        state_tree::check_rows(&self.conn)
    }

    /// Forgets the roots of blocks before the newest of which there is no certificate, for a database
    /// that came from somebody else: nothing shows that they are true. Returns how many.
    pub fn forget_unproved_roots(&mut self) -> Result<usize> {
        history::forget_unproved_roots(&self.conn)
    }

    /// Forgets the certificates of heights whose block is not here, unless they prove who validates. Returns how
    /// many.
    pub fn forget_certificates_of_no_block(&mut self) -> Result<usize> {
        certificates::forget_those_of_no_block(&self.conn)
    }

    /// The latest block; `None` before the first.
    pub fn head(&self) -> Result<Option<Head>> {
        blocks::head(&self.conn)
    }

    /// The block of this height, without its transactions.
    pub fn block(&self, height: u64) -> Result<Option<Head>> {
        blocks::block(&self.conn, height)
    }

    /// The lowest height, at most `highest`, whose block has this time or a later one; see
    /// [`crate::Snapshot::first_block_since`].
    pub fn first_block_since(&self, time_ms: u64, highest: u64) -> Result<u64> {
        blocks::first_since(&self.conn, time_ms, highest)
    }

    /// When the earliest deadline is due, in seconds since 1970.
    pub fn next_due(&self) -> Result<Option<i64>> {
        due::next_due(&self.conn)
    }

    /// The heights that fixed validators and have no certificate, the lowest first.
    pub fn uncertified_set_changes(&self) -> Result<Vec<u64>> {
        set_changes::uncertified(&self.conn)
    }

    /// What was stored under this name.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        meta::meta(&self.conn, key)
    }

    /// Stores a text under a name, beside the state.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        meta::put(&self.conn, key, value)
    }

    /// Ends sessions, each before it ends by itself, durably and together. Times are milliseconds
    /// since 1970.
    pub fn revoke_sessions<'s>(
        &mut self,
        sessions: impl IntoIterator<Item = (&'s Digest, u64)>,
        now_ms: u64,
    ) -> Result<()> {
        let transaction = self.conn.transaction()?;
        let mut forgotten = FORGOTTEN_AT_ONCE;
        for (session, expires_ms) in sessions {
            sessions::revoke(&transaction, session, expires_ms)?;
            // However many come together, the table does not outgrow those that are of use.
            forgotten += 1;
        }
        sessions::forget_ended(&transaction, now_ms, forgotten)?;
        Ok(transaction.commit()?)
    }

    /// Forgets the ends of sessions that have ended by themselves since, the oldest first and at most `max`.
    /// Returns how many.
    pub fn forget_ended_sessions(&mut self, now_ms: u64, max: usize) -> Result<usize> {
        sessions::forget_ended(&self.conn, now_ms, max)
    }

    /// Keeps certificates of states by height, durably and together.
    pub fn put_certificates<'c>(
        &mut self,
        certificates: impl IntoIterator<Item = (u64, &'c [u8])>,
    ) -> Result<()> {
        let transaction = self.conn.transaction()?;
        for (height, certificate) in certificates {
            certificates::put(&transaction, height, certificate)?;
        }
        Ok(transaction.commit()?)
    }

    /// Removes bodies of transactions while no block is written, durably and together; see
    /// [`BlockWrite::prune_bodies`].
    pub fn prune_bodies(&mut self, older_than_ms: u64, max: usize) -> Result<usize> {
        let transaction = self.conn.transaction()?;
        let count = receipts::prune_bodies(&transaction, older_than_ms, max)?;
        transaction.commit()?;
        Ok(count)
    }

    /// Clears contents of credentials that were removed or replaced, some megabytes at a time. Moves
    /// what was written from the write-ahead log to the database, if that is worth it, and clears the
    /// log of whatever was deleted or replaced; before either, pages in it of what SQLite left there. To
    /// be called between blocks, and again soon while the answer says that bytes are left: there was
    /// more, or reads that were open hold them.
    pub fn checkpoint(&mut self) -> Result<Checkpoint> {
        let transaction = self.conn.transaction()?;
        let is_more = contents::clear(&transaction)?;
        transaction.commit()?;
        if self.erasing.load(Ordering::Relaxed) || checkpoint::is_long(&self.conn)? {
            self.scrub()?;
        }
        let mut checkpoint = self.clear_log()?;
        if self.held_up.note(checkpoint.is_held_up(), Instant::now()) {
            checkpoint = self.clear_log_before_reads()?;
        }
        checkpoint.is_erased &= !is_more;
        self.erasing.store(!checkpoint.is_erased, Ordering::Relaxed);
        Ok(checkpoint)
    }

    fn clear_log(&self) -> Result<Checkpoint> {
        checkpoint::run(&self.conn, self.erasing.load(Ordering::Relaxed))
    }

    /// The same while no read begins, and those that last are stopped.
    fn clear_log_before_reads(&self) -> Result<Checkpoint> {
        let way = self.writing.0.hold_reads();
        let start = Instant::now();
        loop {
            let checkpoint = self.clear_log()?;
            let elapsed = start.elapsed();
            // What holds it up without them ends by itself: a pin, or another process.
            let is_of_others = !self.writing.0.has_open_reads();
            if !checkpoint.is_held_up() || is_of_others || elapsed >= held_up::MOST {
                return Ok(checkpoint);
            }
            if elapsed >= held_up::GRACE {
                way.stop_reads();
            }
            thread::sleep(held_up::PAUSE);
        }
    }

    /// Moves all that was written from the write-ahead log to the database, as far as no open read needs
    /// the log. Now and then, so that the log of a quiet node stays short.
    pub fn move_log(&mut self) -> Result<()> {
        self.scrub()?;
        checkpoint::move_pages(&self.conn)
    }

    /// Before each move of the log, so that no page of the database holds more than its rows.
    fn scrub(&mut self) -> Result<()> {
        scrub::log(&self.conn, &mut self.log)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SQLite moves the log when the last connection is closed, unless this failed: then the next start does.
        if self.scrub().is_ok() {
            let moves = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            let _ = self.conn.set_db_config(moves, false);
        }
    }
}

/// The transaction of one block: reads see what it has written. Dropped without
/// [`BlockWrite::commit`], it leaves nothing.
#[derive(Debug)]
pub struct BlockWrite<'w> {
    conn: &'w Connection,
    erasing: &'w AtomicBool,
    access: &'w Access,
    /// How many attempts have begun and not ended.
    attempts: u32,
    /// Whether changes failed of which some may have been made, and were not undone.
    is_half_done: bool,
    height: u64,
    /// Root of the state tree before the block.
    root: Root,
    changed: Changed,
    /// The epoch whose validators the block fixes.
    fixed: Option<u64>,
}

impl BlockWrite<'_> {
    // Some failures (a full disk) make SQLite end the transaction. Whatever came after would be
    // kept, statement by statement.
    pub(crate) fn conn(&self) -> Result<&Connection> {
        if self.conn.is_autocommit() {
            Err(StoreError::BrokenBlock)
        } else {
            Ok(self.conn)
        }
    }

    /// Makes these changes as one: their order does not matter, unless they concern the same row;
    /// then the last counts.
    ///
    /// Rows that nothing refers to are deleted first, then rows are put, those referred to before
    /// those that refer to them, then the other rows are deleted, those that refer first. A
    /// reference that dangles after that is [`StoreError::Constraint`]; so is a second wallet of
    /// one identity. To undo what was made before such an error, wrap this in
    /// [`BlockWrite::attempt`]; else the block cannot be committed any more.
    pub fn apply(&mut self, changes: &[Change], seed: &SaltSeed) -> Result<()> {
        self.conn()?;
        let applied = apply::apply(self.conn, &mut self.changed, changes, seed);
        self.is_half_done |= applied.is_err();
        self.settle();
        applied
    }

    /// Outside of attempts nothing is undone but the whole block.
    fn settle(&mut self) {
        if self.attempts == 0 {
            self.changed.settle();
        }
    }

    /// Runs `f` and undoes everything it wrote if it fails. Attempts nest.
    pub fn attempt<T, E>(
        &mut self,
        f: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> Result<std::result::Result<T, E>> {
        sql::control(self.conn()?, "SAVEPOINT attempt")?;
        // Stays counted if `f` panics: what it wrote until then must never be committed.
        self.attempts += 1;
        let (mark, was_half_done) = (self.changed.mark(), self.is_half_done);
        let outcome = f(self);
        self.conn()?;
        if outcome.is_err() {
            // What was undone may have overflowed into the log before.
            self.erasing.store(true, Ordering::Relaxed);
            sql::control(self.conn, "ROLLBACK TO attempt")?;
            self.changed.undo_to(mark);
            self.is_half_done = was_half_done;
        }
        sql::control(self.conn, "RELEASE attempt")?;
        self.attempts -= 1;
        self.settle();
        Ok(outcome)
    }

    /// The account of a sender.
    pub fn account(&self, account: &AccountDigest) -> Result<FoundAccount> {
        accounts::find(self.conn()?, account)
    }

    /// Sets the nonce of an account, making the account if there was none when it was looked for,
    /// since when nothing has set it.
    pub fn set_nonce(&mut self, account: FoundAccount, nonce: u64, seed: &SaltSeed) -> Result<()> {
        let FoundAccount { digest, before, .. } = account;
        let row = Row::Account(Account {
            digest: digest.0,
            nonce,
        });
        self.conn()?;
        let key = RowKey::from(&row);
        apply::put_over(self.conn, &mut self.changed, &row, &key, before, seed)?;
        self.settle();
        Ok(())
    }

    /// Keeps what became of a transaction, instead of what was kept of it before. A second receipt
    /// of one place in a block is refused.
    pub fn put_receipt(&mut self, receipt: &Receipt) -> Result<()> {
        receipts::put(self.conn()?, receipt)
    }

    /// Keeps the bytes of a transaction of the block of this height and time, for a while from then.
    pub fn put_body(
        &mut self,
        hash: &Digest,
        height: u64,
        time: BlockTime,
        bytes: &[u8],
        notices: &str,
    ) -> Result<()> {
        receipts::put_body(self.conn()?, hash, height, time, bytes, notices)
    }

    /// Keeps the certificate of the state after the block of a height.
    pub fn put_certificate(&mut self, height: u64, certificate: &[u8]) -> Result<()> {
        certificates::put(self.conn()?, height, certificate)
    }

    /// Keeps what proves the validators of an epoch as of this block, which fixes them.
    pub fn prove_set(&mut self, epoch: u64) {
        self.fixed = Some(epoch);
    }

    /// Removes bodies of blocks before `older_than_ms` (milliseconds since 1970), the oldest first
    /// and at most `max`, so that no block waits long for it. Returns how many were removed.
    pub fn prune_bodies(&mut self, older_than_ms: u64, max: usize) -> Result<usize> {
        receipts::prune_bodies(self.conn()?, older_than_ms, max)
    }

    /// Makes everything durable, with `block` as the latest block, and returns the root of the state
    /// tree after it.
    pub fn commit(mut self, block: NewBlock) -> Result<Root> {
        if self.attempts > 0 || self.is_half_done {
            return Err(StoreError::BrokenBlock);
        }
        self.conn()?;
        std::mem::take(&mut self.changed.leaf_rows).write(self.conn)?;
        let leaves = std::mem::take(&mut self.changed.leaves);
        let waiting = unwritten::of(self.conn, Some(self.access))?;
        // What this block removed must not be in a page of the database any longer than in its row. A state that
        // begins waits for nothing, so that no heights of another chain are taken for its own.
        let may_wait = self.height > 0 && !self.changed.is_removing;
        let (root, waiting) = unwritten::change(
            self.conn,
            waiting,
            &self.root,
            leaves,
            self.height,
            may_wait,
        )?;
        let pages = StoredPages::new(self.conn, Arc::clone(&waiting));
        match self.fixed {
            Some(epoch) => set_changes::cut(self.conn, &pages, &root, self.height, epoch)?,
            None => set_changes::cut_later(self.conn, &pages, &root, self.height)?,
        }
        let head = Head {
            height: self.height,
            hash: block.hash,
            time: block.time,
            header: block.header,
            root,
        };
        blocks::put(self.conn, &head)?;
        self.access.set_unwritten(waiting);
        sql::control(self.conn, "COMMIT")?;
        Ok(root)
    }
}

impl Drop for BlockWrite<'_> {
    fn drop(&mut self) {
        if !self.conn.is_autocommit() {
            self.erasing.store(true, Ordering::Relaxed);
            // Should it fail, the next block cannot begin, and says so.
            let _ = sql::control(self.conn, "ROLLBACK");
        }
    }
}
