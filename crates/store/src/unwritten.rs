//! Table `tree_changes`: changes of the state tree whose pages are not written yet.
//!
//! A block changes leaves all over the tree, and nearly each of them another page of the database. So
//! the pages of full blocks wait in memory, and are written together once there are enough. What
//! became of the leaves is kept in this table with the block itself: any connection can compute from
//! it the pages that wait, another process too, and so does whoever opens the database after a crash.

use std::{cell::OnceCell, collections::BTreeMap, sync::Arc};

use idos_proof::{Change, LeafKey, LeafValue, PageId, Root, Tree};
use idos_types::{Digest, ReadError, Reader};
use rusqlite::{Connection, Row, params};
use thiserror::Error;

use crate::{
    access::Access,
    error::{Result, StoreError},
    leaf_changes::LeafChanges,
    sql,
    state_tree::{self, StoredPages},
};

const TABLE: &str = "tree_changes";

/// A block that changes fewer leaves writes its pages, and all that wait: a network with little to
/// do has nothing to compute again.
///
/// This bound and the next two are low in tests, so that small databases come to them. They are no
/// options: a node that chose others would only be slower.
pub(crate) const FEW: usize = if cfg!(test) { 4 } else { 16 };
/// How many pages may wait: in a large tree each may be in a page of the database of its own, and
/// one block writes them.
const MOST: usize = if cfg!(test) { 40 } else { 16_000 };
/// Of how many blocks pages may wait: blocks that change the same leaves again and again add no pages,
/// but to what is read when these are computed.
pub(crate) const BLOCKS: u64 = if cfg!(test) { 12 } else { 64 };

/// More bytes than [`MOST`] pages and the nonces of [`BLOCKS`] blocks can come from.
const MOST_BYTES: u64 = 128 << 20;

/// Whether a leaf is there after a change.
const GONE: u8 = 0;
const PRESENT: u8 = 1;

/// The pages that wait after a block.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    /// The heights of the first and the last block whose pages wait.
    span: Option<Span>,
    /// Later layers count before earlier ones.
    layers: Vec<Arc<Layer>>,
}

/// Heights of the table's first and last row.
type Span = (u64, u64);
/// Pages that differ from those below, in order: their bodies, `None` for those that go.
type Layer = Vec<(PageId, Option<Arc<[u8]>>)>;

impl Unwritten {
    /// The body of a page that waits, or that it goes; `None` if it is as it was written.
    pub(crate) fn page(&self, id: &PageId) -> Option<Option<&[u8]>> {
        let mut newest_first = self.layers.iter().rev();
        let (_, body) = newest_first.find_map(|layer| {
            let place = layer.binary_search_by_key(id, |(id, _)| *id).ok()?;
            layer.get(place)
        })?;
        Some(body.as_deref())
    }

    /// Every page that waits, in order.
    pub(crate) fn pages(&self) -> Vec<(PageId, Option<Arc<[u8]>>)> {
        let layers = self.layers.iter();
        layers.fold(Layer::new(), |below, above| merge(&below, above))
    }

    /// With the pages that differ after the block of a height.
    fn with(&self, height: u64, pages: Vec<(PageId, Option<Vec<u8>>)>) -> Self {
        let pages = pages.into_iter();
        let mut layer: Layer = pages.map(|(id, body)| (id, body.map(Arc::from))).collect();
        let mut layers = self.layers.clone();
        // Each is more than twice as large as the next: few are looked into, and each page is moved a
        // few times.
        while let Some(below) = layers.pop_if(|below| below.len() <= 2 * layer.len()) {
            layer = merge(&below, &layer);
        }
        layers.push(Arc::new(layer));
        let first = self.span.map_or(height, |(first, _)| first);
        Self {
            span: Some((first, height)),
            layers,
        }
    }

    /// Whether no more should wait.
    fn is_full(&self) -> bool {
        // Some pages may be in several layers.
        let pages: usize = self.layers.iter().map(|layer| layer.len()).sum();
        let blocks = self.span.map_or(0, |(first, last)| last - first + 1);
        pages > MOST || blocks > BLOCKS
    }

    /// Writes every page that waits.
    fn write(&self, conn: &Connection) -> Result<()> {
        state_tree::write(conn, &self.pages())?;
        // Also of an empty table it would write a page.
        if span(conn)?.is_some() {
            sql::run(conn, TABLE, "DELETE FROM tree_changes", [])?;
        }
        Ok(())
    }
}

/// What two layers are together.
fn merge(below: &Layer, above: &Layer) -> Layer {
    let mut merged = Layer::with_capacity(below.len() + above.len());
    let mut below = below.iter().peekable();
    for page in above {
        while let Some(lower) = below.next_if(|lower| lower.0 < page.0) {
            merged.push(lower.clone());
        }
        below.next_if(|lower| lower.0 == page.0);
        merged.push(page.clone());
    }
    merged.extend(below.cloned());
    merged
}

/// The pages that wait as this connection sees the database: those that `access` remembers of one of
/// the last commits, else computed from the table.
pub(crate) fn of(conn: &Connection, access: Option<&Access>) -> Result<Arc<Unwritten>> {
    let Some(span) = span(conn)? else {
        return Ok(Arc::default());
    };
    match access.and_then(|access| access.unwritten(|known| known.span == Some(span))) {
        Some(known) => Ok(known),
        None => compute(conn, span).map(Arc::new),
    }
}

fn span(conn: &Connection) -> Result<Option<Span>> {
    let last = "SELECT height FROM tree_changes WHERE height >= 0 ORDER BY height DESC LIMIT 1";
    let first = "SELECT height FROM tree_changes WHERE height >= 0 ORDER BY height LIMIT 1";
    let height = |sql| sql::one(conn, TABLE, sql, [], |row| sql::uint(row, 0));
    match height(last)? {
        Some(last) => Ok(height(first)?.map(|first| (first, last))),
        None => Ok(None),
    }
}

/// What waits as one read sees the database, once it asks.
#[derive(Debug, Default)]
pub(crate) struct Waiting<'c> {
    access: Option<&'c Access>,
    found: OnceCell<Arc<Unwritten>>,
}

impl<'c> Waiting<'c> {
    /// For a read of the process that writes.
    pub(crate) fn known_to(access: &'c Access) -> Self {
        Self {
            access: Some(access),
            found: OnceCell::new(),
        }
    }

    pub(crate) fn get(&self, conn: &Connection) -> Result<&Unwritten> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let found = of(conn, self.access)?;
        Ok(self.found.get_or_init(|| found))
    }
}

impl From<Arc<Unwritten>> for Waiting<'_> {
    fn from(found: Arc<Unwritten>) -> Self {
        Self {
            access: None,
            found: found.into(),
        }
    }
}

/// Computes the pages that wait from what became of the leaves.
fn compute(conn: &Connection, span: Span) -> Result<Unwritten> {
    check_size(conn)?;
    let sql = "SELECT changes FROM tree_changes WHERE height >= 0 ORDER BY height";
    let mut latest = BTreeMap::new();
    let changes = |row: &Row<'_>| row.get::<_, Vec<u8>>(0);
    sql::each(conn, TABLE, sql, [], changes, |block| {
        latest.extend(decode(&block).map_err(corrupt)?);
        Ok(())
    })?;
    let batch: Vec<_> = latest.into_iter().collect();
    let written = StoredPages::written(conn);
    let update = Tree::open(&written)?.update(&batch)?;
    let computed = Unwritten::default().with(span.1, update.pages);
    Ok(Unwritten {
        span: Some(span),
        ..computed
    })
}

/// Fails if there is more than a node writes, before any of it is in memory: copies come from elsewhere.
fn check_size(conn: &Connection) -> Result<()> {
    let sql = "SELECT COUNT(*), SUM(LENGTH(changes)) FROM tree_changes WHERE height >= 0";
    let size = |row: &Row<'_>| Ok((sql::uint(row, 0)?, sql::uint(row, 1)?));
    match sql::one(conn, TABLE, sql, [], size)? {
        Some((blocks, bytes)) if blocks > BLOCKS || bytes > MOST_BYTES => {
            Err(corrupt(Unreadable::Size { blocks, bytes }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Changes the tree of this root, of which some pages may wait, by the block of a height. Its pages
/// wait too if they may and are enough. Returns the root, and what waits then.
pub(crate) fn change(
    conn: &Connection,
    waiting: Arc<Unwritten>,
    root: &Root,
    changes: LeafChanges,
    height: u64,
    may_wait: bool,
) -> Result<(Root, Arc<Unwritten>)> {
    let batch = changes.into_batch();
    if batch.is_empty() && waiting.span.is_none() {
        return Ok((*root, waiting));
    }
    let pages = StoredPages::new(conn, Arc::clone(&waiting));
    let update = Tree::open_at(&pages, root)?.update(&batch)?;
    let after = waiting.with(height, update.pages);
    if may_wait && batch.len() >= FEW && !after.is_full() {
        let sql = "INSERT INTO tree_changes (height, changes) VALUES (?1, ?2)";
        sql::run(conn, TABLE, sql, params![sql::int(height)?, encode(&batch)])?;
        return Ok((update.root, Arc::new(after)));
    }
    after.write(conn)?;
    Ok((update.root, Arc::default()))
}

/// Writes whatever waits, in a transaction of its own, if it is the tree of the newest block.
pub(crate) fn write_all(conn: &Connection, access: &Access) -> Result<()> {
    let transaction = conn.unchecked_transaction()?;
    let waiting = of(&transaction, Some(access))?;
    if waiting.span.is_some() {
        let pages = StoredPages::new(&transaction, Arc::clone(&waiting));
        Tree::open_at(&pages, &state_tree::known_root(&transaction)?)?;
        waiting.write(&transaction)?;
    }
    transaction.commit()?;
    access.forget_unwritten();
    Ok(())
}

fn encode(batch: &[Change]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(batch.len() * (LeafKey::BYTES + 1 + 32));
    for (key, value) in batch {
        bytes.extend(key.0);
        match value {
            None => bytes.push(GONE),
            Some(value) => {
                bytes.push(PRESENT);
                bytes.extend(value.0.0);
            }
        }
    }
    bytes
}

/// What this node never writes.
#[derive(Debug, Error)]
enum Unreadable {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("a leaf is neither there nor gone, but {0}")]
    Presence(u8),
    #[error("{bytes} bytes of {blocks} blocks wait")]
    Size { blocks: u64, bytes: u64 },
}

fn decode(bytes: &[u8]) -> std::result::Result<Vec<Change>, Unreadable> {
    let mut reader = Reader::new(bytes);
    let mut batch = Vec::new();
    while reader.left() > 0 {
        let key = LeafKey(reader.array()?);
        let value = match reader.u8()? {
            GONE => None,
            PRESENT => Some(LeafValue(Digest(reader.array()?))),
            other => return Err(Unreadable::Presence(other)),
        };
        batch.push((key, value));
    }
    Ok(batch)
}

fn corrupt(source: Unreadable) -> StoreError {
    StoreError::Corrupt {
        table: TABLE,
        source: source.into(),
    }
}
