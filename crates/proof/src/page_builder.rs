//! All pages of a tree from a stream of its leaves, in bounded memory.

use crate::{
    key::LeafKey,
    leaf::Leaf,
    page::{Child, Page, PageId},
    root::Root,
    root_builder::OutOfOrder,
};

/// Builds the pages from leaves in order of their keys. It holds at most one unfinished page for
/// each four bits of a key: 128. The pages are those of a [`Tree`](crate::Tree) of the same leaves.
#[derive(Debug)]
pub struct PageBuilder {
    top: Page,
    /// Unfinished pages below the top one, each within the one before.
    open: Vec<Page>,
    last: Option<LeafKey>,
    /// What the last leaf has become, not yet in a page.
    pending: Option<Child>,
}

impl Default for PageBuilder {
    fn default() -> Self {
        Self {
            top: Page::new(PageId::TOP),
            open: Vec::new(),
            last: None,
            pending: None,
        }
    }
}

impl PageBuilder {
    /// A builder that has seen no leaf.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next leaf; pages that are finished by it are appended to `pages`, each with its
    /// encoded body.
    pub fn push(
        &mut self,
        leaf: &Leaf,
        pages: &mut Vec<(PageId, Vec<u8>)>,
    ) -> Result<(), OutOfOrder> {
        if let Some(last) = self.last {
            if last >= leaf.key {
                return Err(OutOfOrder);
            }
            let common = PageId::spanning(&leaf.key, last.common_bits(&leaf.key));
            self.close_below(&common, pages);
            let innermost = self.open.last().unwrap_or(&self.top);
            if innermost.id() != &common {
                self.open.push(Page::new(common));
            }
            self.settle();
        }
        self.last = Some(leaf.key);
        self.pending = Some(Child::Leaf(*leaf));
        Ok(())
    }

    /// Finishes all pages, appends them to `pages`, and returns the root.
    pub fn finish(mut self, pages: &mut Vec<(PageId, Vec<u8>)>) -> Root {
        self.close_below(&PageId::TOP, pages);
        self.settle();
        if self.last.is_some() {
            pages.push((PageId::TOP, self.top.encode()));
        }
        self.top.root()
    }

    /// Puts what is pending in the innermost unfinished page.
    fn settle(&mut self) {
        if let Some(child) = self.pending.take() {
            self.open.last_mut().unwrap_or(&mut self.top).put(child);
        }
    }

    /// Finishes the pages that are longer than `id`: no further leaf is in them.
    fn close_below(&mut self, id: &PageId, pages: &mut Vec<(PageId, Vec<u8>)>) {
        let is_below = |page: &mut Page| page.id().prefix().bits() > id.prefix().bits();
        while let Some(mut page) = self.open.pop_if(is_below) {
            if let Some(child) = self.pending.take() {
                page.put(child);
            }
            pages.push((*page.id(), page.encode()));
            self.pending = Some(Child::Page {
                id: *page.id(),
                root: page.root(),
            });
        }
    }
}
