//! The tree as what it is, a binary one: pages taken apart.

use std::rc::Rc;

use crate::{
    leaf::Leaf,
    page::{Child, Page, SLOTS},
    prefix::Prefix,
    root::Root,
    tree::{Pages, Tree, TreeError, load_child},
};

/// A node of the binary tree.
#[derive(Debug)]
pub(crate) enum Node {
    Leaf(Leaf),
    Branch(Branch),
}

/// A node with two subtrees.
#[derive(Debug)]
pub(crate) struct Branch {
    page: Rc<Page>,
    /// Its leaves are those in `2 * half` slots from here on.
    start: usize,
    half: usize,
    prefix: Prefix,
    left: Root,
    right: Root,
}

impl Node {
    pub(crate) fn root(&self) -> Root {
        match self {
            Self::Leaf(leaf) => Root::leaf(leaf),
            Self::Branch(branch) => Root::branch(&branch.prefix, &branch.left, &branch.right),
        }
    }

    /// What the keys of all its leaves begin with.
    pub(crate) fn prefix(&self) -> Prefix {
        match self {
            Self::Leaf(leaf) => leaf.key.into(),
            Self::Branch(branch) => branch.prefix,
        }
    }
}

impl Branch {
    /// What the keys of all its leaves begin with; in the bit behind it they differ.
    pub(crate) fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The page that it lies in.
    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    /// The root of one side.
    pub(crate) fn side(&self, right: bool) -> &Root {
        if right { &self.right } else { &self.left }
    }
}

impl<P: Pages> Tree<'_, P> {
    /// The whole tree; `None` if it is empty.
    pub(crate) fn whole(&self) -> Result<Option<Node>, TreeError<P::Error>> {
        let top = self.top().cloned();
        top.map(|top| self.narrow(Rc::new(top), 0, SLOTS))
            .transpose()
    }

    /// Opens one side of a branch.
    pub(crate) fn side(&self, branch: &Branch, right: bool) -> Result<Node, TreeError<P::Error>> {
        let start = branch.start + if right { branch.half } else { 0 };
        self.narrow(Rc::clone(&branch.page), start, branch.half)
    }

    /// The node that spans everything in `width` slots of a page from `start` on.
    fn narrow(
        &self,
        mut page: Rc<Page>,
        mut start: usize,
        mut width: usize,
    ) -> Result<Node, TreeError<P::Error>> {
        loop {
            let half = width / 2;
            if half == 0 {
                match page.child(start) {
                    Some(Child::Leaf(leaf)) => return Ok(Node::Leaf(leaf)),
                    Some(Child::Page { id, root }) => {
                        page = Rc::new(load_child(self.pages(), &id, &root)?);
                        (start, width) = (0, SLOTS);
                        continue;
                    }
                    None => return Err(TreeError::Missing(*page.id())),
                }
            }
            let parts = (page.part(start, half), page.part(start + half, half));
            if let (Some(left), Some(right)) = parts {
                return Ok(Node::Branch(Branch {
                    prefix: page.branch_prefix(start, width),
                    page,
                    start,
                    half,
                    left,
                    right,
                }));
            }
            if parts.0.is_none() {
                start += half;
            }
            width = half;
        }
    }
}
