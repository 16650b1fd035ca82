//! A batch of changes to the tree.

use std::collections::BTreeMap;

use crate::{
    key::LeafKey,
    leaf::{Leaf, LeafValue},
    page::{Child, Page, PageId, SLOTS},
    root::Root,
    root_builder::OutOfOrder,
    tree::{Pages, Tree, TreeError, load_child},
};

/// A key and its new value, or `None` if the leaf goes. Setting the value that is there, or
/// removing what is not, changes nothing.
pub type Change = (LeafKey, Option<LeafValue>);

/// What a batch does to the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// The root afterwards.
    pub root: Root,
    /// Every page that differs, in order: its body, or `None` if it goes.
    pub pages: Vec<(PageId, Option<Vec<u8>>)>,
}

impl<P: Pages> Tree<'_, P> {
    /// What `batch` does to the tree. Nothing is stored: that is for the caller to do. The batch
    /// has to be in order of its keys, each key once. Every page that it touches is loaded and
    /// hashed once.
    pub fn update(&self, batch: &[Change]) -> Result<Update, TreeError<P::Error>> {
        if !batch.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(TreeError::Order(OutOfOrder));
        }
        let mut run = Run {
            pages: self.pages(),
            changed: BTreeMap::new(),
        };
        let mut top = self
            .top()
            .cloned()
            .unwrap_or_else(|| Page::new(PageId::TOP));
        if !run.change_slots(&mut top, batch)? {
            return Ok(Update {
                root: *self.root(),
                pages: Vec::new(),
            });
        }
        let is_empty = top.children().next().is_none();
        run.changed
            .insert(PageId::TOP, (!is_empty).then(|| top.encode()));
        Ok(Update {
            root: top.root(),
            pages: run.changed.into_iter().collect(),
        })
    }
}

/// One update under way.
struct Run<'p, P> {
    pages: &'p P,
    changed: BTreeMap<PageId, Option<Vec<u8>>>,
}

impl<P: Pages> Run<'_, P> {
    /// Applies changes, all of which lie in `page`, slot by slot. Returns whether any changed it.
    fn change_slots(
        &mut self,
        page: &mut Page,
        mut changes: &[Change],
    ) -> Result<bool, TreeError<P::Error>> {
        let mut is_changed = false;
        while let Some((key, _)) = changes.first() {
            let slot = page.id().slot(key);
            let same = changes.partition_point(|(key, _)| page.id().slot(key) == slot);
            let (here, rest) = changes.split_at(same);
            let before = page.child(slot);
            let after = self.change(before, here)?;
            is_changed |= before != after;
            page.set(slot, after);
            changes = rest;
        }
        Ok(is_changed)
    }

    /// Applies changes to what lies in one slot.
    fn change(
        &mut self,
        child: Option<Child>,
        changes: &[Change],
    ) -> Result<Option<Child>, TreeError<P::Error>> {
        match child {
            None => Ok(self.build(&leaves(changes, None))),
            Some(Child::Leaf(leaf)) => Ok(self.build(&leaves(changes, Some(leaf)))),
            Some(Child::Page { id, root }) => self.change_page(id, root, changes),
        }
    }

    /// Applies changes to a page, or to a new one between it and its parent if a new leaf branches
    /// off before it.
    fn change_page(
        &mut self,
        id: PageId,
        root: Root,
        changes: &[Change],
    ) -> Result<Option<Child>, TreeError<P::Error>> {
        let first_key = id.prefix().first_key();
        let common = |(key, value): &Change| value.map(|_| key.common_bits(&first_key));
        let branches_off = changes.iter().filter_map(common).min();
        let branches_off = branches_off.filter(|bit| *bit < id.prefix().bits());
        let mut page = match branches_off {
            None => load_child(self.pages, &id, &root)?,
            Some(bit) => {
                let mut between = Page::new(PageId::spanning(&first_key, bit));
                between.put(Child::Page { id, root });
                between
            }
        };
        // What is removed elsewhere was never there.
        let page_id = *page.id();
        let is_before = |(key, _): &Change| !page_id.prefix().contains(key) && *key < first_key;
        let (_, changes) = changes.split_at(changes.partition_point(is_before));
        let is_within = |(key, _): &Change| page_id.prefix().contains(key);
        let (changes, _) = changes.split_at(changes.partition_point(is_within));

        if !self.change_slots(&mut page, changes)? {
            return Ok(Some(Child::Page { id, root }));
        }
        Ok(self.keep(&page, branches_off.is_none()))
    }

    /// Keeps a page that changed, unless fewer than two children are left in it: then what is left
    /// takes its place.
    fn keep(&mut self, page: &Page, is_stored: bool) -> Option<Child> {
        let mut children = page.children();
        if let (only, None) = (children.next(), children.next()) {
            if is_stored {
                self.changed.insert(*page.id(), None);
            }
            return only.copied();
        }
        self.changed.insert(*page.id(), Some(page.encode()));
        Some(Child::Page {
            id: *page.id(),
            root: page.root(),
        })
    }

    /// Builds what is not there yet.
    fn build(&mut self, leaves: &[Leaf]) -> Option<Child> {
        let (first, last) = match leaves {
            [] => return None,
            [leaf] => return Some(Child::Leaf(*leaf)),
            [first, .., last] => (first, last),
        };
        let bit = first.key.common_bits(&last.key);
        let mut page = Page::new(PageId::spanning(&first.key, bit));
        for slot in 0..SLOTS {
            let start = leaves.partition_point(|leaf| page.id().slot(&leaf.key) < slot);
            let (_, rest) = leaves.split_at(start);
            let end = rest.partition_point(|leaf| page.id().slot(&leaf.key) == slot);
            let child = self.build(rest.split_at(end).0);
            page.set(slot, child);
        }
        self.keep(&page, false)
    }
}

/// The leaves after the changes, where at most one was before.
fn leaves(changes: &[Change], before: Option<Leaf>) -> Vec<Leaf> {
    let set = |(key, value): &Change| value.map(|value| Leaf { key: *key, value });
    let mut leaves: Vec<_> = changes.iter().filter_map(set).collect();
    if let Some(leaf) = before
        && changes
            .binary_search_by_key(&leaf.key, |(key, _)| *key)
            .is_err()
    {
        let place = leaves.partition_point(|other| other.key < leaf.key);
        leaves.insert(place, leaf);
    }
    leaves
}
