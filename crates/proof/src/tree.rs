//! The tree in its pages.

use thiserror::Error;

use crate::{
    key::LeafKey,
    leaf::{Leaf, LeafValue},
    node::Node,
    page::{Page, PageError, PageId},
    prefix::Prefix,
    root::Root,
    root_builder::OutOfOrder,
};

/// Where pages are kept.
///
/// If you implement this trait, you promise that all loads during the life of a [`Tree`] see the
/// pages of one and the same state: one transaction, one snapshot.
pub trait Pages {
    /// Why a page could not be loaded, other than that it does not exist.
    type Error: std::error::Error + 'static;

    /// The encoded body of a page; `None` if there is no such page.
    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// Why the tree could not be read or changed.
#[derive(Debug, Error)]
pub enum TreeError<E: std::error::Error + 'static> {
    /// The store failed.
    #[error("a page of the state tree cannot be loaded")]
    Load(#[source] E),
    /// The store is damaged: these bytes are no page.
    #[error("the page {id:?} of the state tree is damaged; the tree has to be built again")]
    Damaged {
        /// Which page.
        id: PageId,
        /// What is wrong with it.
        #[source]
        source: PageError,
    },
    /// The store is damaged: another page refers to this one.
    #[error("the page {0:?} of the state tree is missing; the tree has to be built again")]
    Missing(PageId),
    /// The store is damaged, or its pages are of several states: a page has another number of
    /// leaves than the page that refers to it says.
    #[error("the page {id:?} has {found} leaves instead of {expected}; build the tree again")]
    Count {
        /// Which page.
        id: PageId,
        /// What its parent says.
        expected: u64,
        /// What it holds.
        found: u64,
    },
    /// The pages are those of another state than the caller believes.
    #[error("the tree has the root {} instead of {}", found.hash, expected.hash)]
    OtherRoot {
        /// What the caller expects.
        expected: Box<Root>,
        /// What the pages give.
        found: Box<Root>,
    },
    /// The caller did not sort a batch, or named a key twice.
    #[error(transparent)]
    Order(#[from] OutOfOrder),
}

/// The state tree at one state.
pub struct Tree<'p, P> {
    pages: &'p P,
    top: Option<Page>,
    root: Root,
}

impl<'p, P: Pages> Tree<'p, P> {
    /// Opens the tree that is in `pages`. Without a top page it is the empty tree, so whoever
    /// knows what the root should be uses [`Tree::open_at`].
    pub fn open(pages: &'p P) -> Result<Self, TreeError<P::Error>> {
        let top = load(pages, &PageId::TOP)?;
        let root = top.as_ref().map_or_else(Root::empty, Page::root);
        Ok(Self { pages, top, root })
    }

    /// Opens the tree that is in `pages`, which has to have this root.
    pub fn open_at(pages: &'p P, root: &Root) -> Result<Self, TreeError<P::Error>> {
        let tree = Self::open(pages)?;
        if tree.root != *root {
            return Err(TreeError::OtherRoot {
                expected: Box::new(*root),
                found: Box::new(tree.root),
            });
        }
        Ok(tree)
    }

    /// Its root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The value under `key`.
    pub fn get(&self, key: &LeafKey) -> Result<Option<LeafValue>, TreeError<P::Error>> {
        let found = self.locate(&(*key).into())?.found();
        Ok(found.and_then(|node| match node {
            Node::Leaf(leaf) => Some(leaf.value),
            Node::Branch(_) => None,
        }))
    }

    /// The leaves whose keys begin with `prefix`, in order, those with keys up to `after` left out,
    /// and no more than `limit`.
    pub fn leaves(
        &self,
        prefix: &Prefix,
        after: Option<&LeafKey>,
        limit: usize,
    ) -> Result<Vec<Leaf>, TreeError<P::Error>> {
        let mut found = Vec::new();
        let mut open: Vec<_> = self.locate(prefix)?.found().into_iter().collect();
        while let Some(node) = open.pop() {
            if found.len() >= limit {
                break;
            }
            match node {
                Node::Leaf(leaf) if after.is_none_or(|after| leaf.key > *after) => found.push(leaf),
                Node::Leaf(_) => {}
                Node::Branch(branch) => {
                    // Nothing under a branch is larger than all keys that begin like it.
                    let is_behind = |key: &LeafKey| {
                        branch.prefix().contains(key) || branch.prefix().first_key() > *key
                    };
                    if after.is_none_or(is_behind) {
                        open.push(self.side(&branch, true)?);
                        open.push(self.side(&branch, false)?);
                    }
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn pages(&self) -> &'p P {
        self.pages
    }

    pub(crate) fn top(&self) -> Option<&Page> {
        self.top.as_ref()
    }
}

/// Loads a page that may be missing.
fn load<P: Pages>(pages: &P, id: &PageId) -> Result<Option<Page>, TreeError<P::Error>> {
    let Some(bytes) = pages.load(id).map_err(TreeError::Load)? else {
        return Ok(None);
    };
    match Page::decode(*id, &bytes) {
        Ok(page) => Ok(Some(page)),
        Err(source) => Err(TreeError::Damaged { id: *id, source }),
    }
}

/// Loads a page that another one refers to. Its number of leaves is compared, its hash is not: that
/// costs as much as the update itself, and a wrong hash gives a wrong root, which is noticed.
pub(crate) fn load_child<P: Pages>(
    pages: &P,
    id: &PageId,
    root: &Root,
) -> Result<Page, TreeError<P::Error>> {
    let page = load(pages, id)?.ok_or(TreeError::Missing(*id))?;
    let counts = page.children().map(|child| child.count());
    let found = counts.fold(0, u64::saturating_add);
    if found != root.count {
        return Err(TreeError::Count {
            id: *id,
            expected: root.count,
            found,
        });
    }
    Ok(page)
}
