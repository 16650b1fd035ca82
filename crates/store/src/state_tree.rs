//! Table `tree`: the pages of the state tree.

use std::sync::Arc;

use idos_ledger::Table;
use idos_proof::{Leaf, LeafKey, PageBuilder, PageId, Pages, Prefix, Root, Tree, TreeError};
use rusqlite::Connection;
use thiserror::Error;
use tracing::info;

use crate::{
    blocks, derived,
    error::{Result, StoreError},
    leaf_changes::LeafChanges,
    leaf_rows,
    leaf_sum::LeafSum,
    migrate, rows, sql,
    unwritten::{self, Unwritten},
};

const TABLE: &str = "tree";

/// How many leaves are put at once while the tree of a whole database is built or read. Few in
/// tests, so that small databases take several rounds.
const AT_ONCE: usize = if cfg!(test) { 64 } else { 20_000 };

/// The pages as one transaction sees them: those that are written, and those that wait for it.
pub(crate) struct StoredPages<'c> {
    conn: &'c Connection,
    unwritten: Arc<Unwritten>,
}

impl<'c> StoredPages<'c> {
    pub(crate) fn new(conn: &'c Connection, unwritten: Arc<Unwritten>) -> Self {
        Self { conn, unwritten }
    }

    /// Those of a database of whatever version, by nothing but what is in it.
    pub(crate) fn of(conn: &'c Connection) -> Result<Self> {
        if migrate::has_tree_changes(conn)? {
            Ok(Self::new(conn, unwritten::of(conn, None)?))
        } else {
            Ok(Self::written(conn))
        }
    }

    /// Those that are written, if none waits.
    pub(crate) fn written(conn: &'c Connection) -> Self {
        Self::new(conn, Arc::default())
    }

    /// How many pages there are.
    fn count(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM tree";
        let written = sql::one(self.conn, TABLE, sql, [], |row| sql::uint(row, 0))?;
        let mut count = written.unwrap_or_default();
        for (id, body) in self.unwritten.pages() {
            match (written_page(self.conn, &id)?.is_some(), body.is_some()) {
                (false, true) => count += 1,
                (true, false) => count = count.saturating_sub(1),
                _ => {}
            }
        }
        Ok(count)
    }
}

impl Pages for StoredPages<'_> {
    type Error = StoreError;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>> {
        page(self.conn, &self.unwritten, id)
    }
}

/// The body of a page.
pub(crate) fn page(
    conn: &Connection,
    unwritten: &Unwritten,
    id: &PageId,
) -> Result<Option<Vec<u8>>> {
    match unwritten.page(id) {
        Some(body) => Ok(body.map(<[u8]>::to_vec)),
        None => written_page(conn, id),
    }
}

fn written_page(conn: &Connection, id: &PageId) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT body FROM tree WHERE page = ?1";
    sql::one(conn, TABLE, sql, [id.to_bytes()], |row| row.get(0))
}

/// Writes pages: their bodies, or that they go.
pub(crate) fn write(conn: &Connection, pages: &[(PageId, Option<impl AsRef<[u8]>>)]) -> Result<()> {
    let put = "INSERT INTO tree (page, body) VALUES (?1, ?2) \
               ON CONFLICT (page) DO UPDATE SET body = excluded.body";
    let stay = pages
        .iter()
        .filter_map(|(id, body)| Some((id.to_bytes(), body.as_ref()?.as_ref())));
    sql::run_each(conn, TABLE, put, stay)?;
    let go = pages.iter().filter(|(_, body)| body.is_none());
    let delete = "DELETE FROM tree WHERE page = ?1";
    sql::run_each(conn, TABLE, delete, go.map(|(id, _)| [id.to_bytes()]))
}

/// How the state tree contradicts itself, the newest block, or the rows.
#[derive(Debug, Error)]
pub enum TreeFault {
    /// A page cannot be read, or the root is not that of the newest block.
    #[error(transparent)]
    Tree(TreeError<std::convert::Infallible>),
    /// A page is not what its leaves make it.
    #[error("the page {0:?} of the state tree does not match its leaves")]
    Page(PageId),
    /// There are pages that belong to no leaf.
    #[error("the state tree has {found} pages instead of {expected}")]
    Pages {
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A row is not committed as it is.
    #[error("a row of {0} is not the one in the state tree")]
    Row(&'static str),
    /// What follows from rows and is in no leaf is something else.
    #[error("{0} does not hold what follows from the rows")]
    Derived(&'static str),
    /// The rows that leaves commit are not the rows there are.
    #[error("leaves are known of {found} rows instead of {expected}")]
    Rows {
        /// How many rows there are.
        expected: u64,
        /// How many are known.
        found: u64,
    },
    /// The row of a leaf is missing.
    #[error("the row of {0:?} is missing")]
    Leaf(LeafKey),
    /// Rows that the tree commits are missing.
    #[error("the rows have {found} leaves, the state tree has {expected}")]
    Leaves {
        /// How many leaves the tree has.
        expected: u64,
        /// How many the rows have.
        found: u64,
    },
}

impl From<TreeError<StoreError>> for StoreError {
    fn from(error: TreeError<StoreError>) -> Self {
        let fault = match error {
            TreeError::Load(error) => return error,
            TreeError::Damaged { id, source } => TreeError::Damaged { id, source },
            TreeError::Missing(id) => TreeError::Missing(id),
            TreeError::Count {
                id,
                expected,
                found,
            } => TreeError::Count {
                id,
                expected,
                found,
            },
            TreeError::OtherRoot { expected, found } => TreeError::OtherRoot { expected, found },
            TreeError::Order(error) => TreeError::Order(error),
        };
        TreeFault::Tree(fault).into()
    }
}

/// Changes the tree of this root, of which no page waits, and returns the root afterwards.
pub(crate) fn update(conn: &Connection, before: &Root, changes: LeafChanges) -> Result<Root> {
    let batch = changes.into_batch();
    if batch.is_empty() {
        return Ok(*before);
    }
    let pages = StoredPages::written(conn);
    let update = Tree::open_at(&pages, before)?.update(&batch)?;
    write(conn, &update.pages)?;
    Ok(update.root)
}

/// Builds the tree from the rows if the database was made before there was one.
pub(crate) fn build_if_missing(conn: &Connection) -> Result<()> {
    let Some(head) = blocks::head(conn)? else {
        return Ok(());
    };
    if head.root != blocks::UNKNOWN {
        return Ok(());
    }
    let transaction = conn.unchecked_transaction()?;
    let mut root = Root::empty();
    let mut changes = LeafChanges::default();
    for table in Table::ALL {
        rows::for_each(conn, table, |seq, stored| {
            let leaves = stored.row.leaves(stored.place, &stored.salt);
            if let Some(leaf) = leaves.first() {
                leaf_rows::put(conn, &leaf.key, table, seq)?;
            }
            leaves.into_iter().for_each(|leaf| changes.add(leaf));
            if changes.len() >= AT_ONCE {
                root = update(conn, &root, std::mem::take(&mut changes))?;
                info!(leaves = root.count, "building the state tree");
            }
            Ok(())
        })?;
    }
    root = update(conn, &root, changes)?;
    blocks::set_root(conn, head.height, &root)?;
    transaction.commit()?;
    info!(leaves = root.count, root = %root.hash, "the state tree is built");
    Ok(())
}

/// Checks every page against the leaves, and the root against the newest block. Takes seconds for a
/// million leaves.
pub(crate) fn check(conn: &Connection) -> Result<Root> {
    check_pages(conn, |_| {})
}

/// The same, and hands on each leaf.
fn check_pages(conn: &Connection, mut each: impl FnMut(&Leaf)) -> Result<Root> {
    let root = known_root(conn)?;
    let pages = StoredPages::of(conn)?;
    let tree = Tree::open_at(&pages, &root)?;
    let mut builder = PageBuilder::new();
    let (mut built, mut count) = (Vec::new(), 0_u64);
    let mut after: Option<LeafKey> = None;
    loop {
        let leaves = tree.leaves(&Prefix::EMPTY, after.as_ref(), AT_ONCE)?;
        for leaf in &leaves {
            builder.push(leaf, &mut built).map_err(TreeError::Order)?;
            each(leaf);
        }
        count += compare(&pages, &mut built)?;
        match leaves.last() {
            Some(last) => after = Some(last.key),
            None => break,
        }
    }
    let found = builder.finish(&mut built);
    count += compare(&pages, &mut built)?;
    if found != root {
        return Err(other_root(root, found));
    }
    let stored = pages.count()?;
    if stored != count {
        let fault = TreeFault::Pages {
            expected: count,
            found: stored,
        };
        return Err(fault.into());
    }
    Ok(root)
}

/// Compares pages with the stored ones, and returns how many they were.
fn compare(pages: &StoredPages<'_>, built: &mut Vec<(PageId, Vec<u8>)>) -> Result<u64> {
    let mut count = 0;
    for (id, body) in built.drain(..) {
        if pages.load(&id)? != Some(body) {
            return Err(TreeFault::Page(id).into());
        }
        count += 1;
    }
    Ok(count)
}

/// Checks that the tree is the one of the rows, that what follows from rows and is in no leaf does,
/// and all that [`check`] does. Takes as long as reading every row.
pub(crate) fn check_rows(conn: &Connection) -> Result<Root> {
    let mut committed = LeafSum::new(conn)?;
    let (mut found, mut rows) = (committed.clone(), 0);
    let root = check_pages(conn, |leaf| committed.add(leaf))?;
    for table in Table::ALL {
        rows::for_each(conn, table, |seq, stored| {
            let leaves = stored.row.leaves(stored.place, &stored.salt);
            leaves.iter().for_each(|leaf| found.add(leaf));
            rows += 1;
            let is_known = match leaves.first() {
                Some(leaf) => leaf_rows::contains(conn, &leaf.key, table, seq)?,
                None => false,
            };
            match is_known && stored.schema_version == table.schema_version() {
                true => Ok(()),
                false => Err(TreeFault::Row(table.name()).into()),
            }
        })?;
    }
    if !found.is_of_same(&committed) {
        check_leaves(conn, &root)?;
        let fault = TreeFault::Leaves {
            expected: root.count,
            found: found.count(),
        };
        return Err(fault.into());
    }
    let known = leaf_rows::count(conn)?;
    if known != rows {
        let fault = TreeFault::Rows {
            expected: rows,
            found: known,
        };
        return Err(fault.into());
    }
    derived::check(conn)?;
    Ok(root)
}

/// Fails if a leaf of a row is not in the tree, and says of which table. Looks each of them up.
fn check_leaves(conn: &Connection, root: &Root) -> Result<()> {
    let pages = StoredPages::of(conn)?;
    let tree = Tree::open_at(&pages, root)?;
    for table in Table::ALL {
        rows::for_each(conn, table, |_, stored| {
            for leaf in stored.row.leaves(stored.place, &stored.salt) {
                if tree.get(&leaf.key)? != Some(leaf.value) {
                    return Err(TreeFault::Row(table.name()).into());
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

pub(crate) fn known_root(conn: &Connection) -> Result<Root> {
    Ok(blocks::head(conn)?.map_or_else(Root::empty, |head| head.root))
}

fn other_root(expected: Root, found: Root) -> StoreError {
    let error: TreeError<StoreError> = TreeError::OtherRoot {
        expected: Box::new(expected),
        found: Box::new(found),
    };
    error.into()
}
