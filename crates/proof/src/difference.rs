//! How two trees differ, found from the root down: what a node that syncs asks, and what it does
//! with the answer.
//!
//! The one that syncs knows a certified root. It asks for the children of a region (first of the
//! empty prefix), checks that the answer belongs to the root it knows for that region, compares it
//! with its own tree, and goes on with the regions that differ. Since every hash commits where its
//! subtree lies, nothing that passes the check is untrue.

use idos_types::{ReadError, Reader};
use thiserror::Error;

use crate::{
    leaf::Leaf,
    node::Node,
    page::{Child, Page, PageError, PageId},
    prefix::Prefix,
    root::Root,
    tree::{Pages, Tree, TreeError},
};

/// A part of somebody's tree. What is known of it is true if the root of the whole is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// This leaf and nothing else.
    Leaf(Leaf),
    /// Everything that begins with a prefix.
    Region {
        /// The prefix.
        prefix: Prefix,
        /// The root of what begins with it.
        root: Root,
    },
}

impl Part {
    fn prefix(&self) -> Prefix {
        match self {
            Self::Leaf(leaf) => leaf.key.into(),
            Self::Region { prefix, .. } => *prefix,
        }
    }

    fn root(&self) -> Root {
        match self {
            Self::Leaf(leaf) => Root::leaf(leaf),
            Self::Region { root, .. } => *root,
        }
    }
}

/// The answer to a request for the children of a region: the page that holds them.
///
/// Encoding: the length of the page's id in one byte, the id, the page's body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Children(Page);

/// Why an answer is none. The node that sent it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChildrenError {
    /// It ends early.
    #[error("the answer cannot be read: {0}")]
    Read(#[from] ReadError),
    /// It is longer than any.
    #[error("the answer is {0} bytes long, at most {max} are allowed", max = Children::MAX_BYTES)]
    TooLong(usize),
    /// There is no page of this name.
    #[error("the answer names no page")]
    Id,
    /// The page is none.
    #[error(transparent)]
    Page(#[from] PageError),
    /// It is not what the root of the region stands for.
    #[error("the answer has the root {} instead of {}", found.hash, expected.hash)]
    OtherRoot {
        /// The root of the region.
        expected: Root,
        /// The root of the answer.
        found: Root,
    },
    /// It names a child where children have to be: the asker would ask for the same again.
    #[error("the answer holds one further page only")]
    Single,
}

impl Children {
    /// Longest encoding in bytes.
    pub const MAX_BYTES: usize = 1 + PageId::MAX_BYTES + Page::MAX_BYTES;

    /// Its one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let id = self.0.id().to_bytes();
        let mut bytes = vec![u8::try_from(id.len()).unwrap_or(u8::MAX)];
        bytes.extend(id);
        bytes.extend(self.0.encode());
        bytes
    }

    /// Reads an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, ChildrenError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(ChildrenError::TooLong(bytes.len()));
        }
        let mut reader = Reader::new(bytes);
        let len = usize::from(reader.u8()?);
        let id = PageId::from_bytes(reader.take(len)?).ok_or(ChildrenError::Id)?;
        let (_, body) = bytes.split_at(bytes.len() - reader.left());
        Ok(Self(Page::decode(id, body)?))
    }

    /// The parts that the region with this root consists of, in order, if that is what this answer
    /// says. Each lies within the region.
    pub fn verify(&self, expected: &Root) -> Result<Vec<Part>, ChildrenError> {
        let found = self.0.root();
        if found != *expected {
            return Err(ChildrenError::OtherRoot {
                expected: *expected,
                found,
            });
        }
        let children: Vec<_> = self.0.children().collect();
        if let [Child::Page { .. }] = children.as_slice() {
            return Err(ChildrenError::Single);
        }
        let keys = || children.iter().map(|child| child.key());
        let mut common: Vec<_> = keys()
            .zip(keys().skip(1))
            .map(|(a, b)| a.common_bits(&b))
            .collect();
        common.push(0);
        let mut before = 0;
        let mut parts = Vec::new();
        for (child, after) in children.iter().zip(common) {
            parts.push(match child {
                Child::Leaf(leaf) => Part::Leaf(*leaf),
                // The hash commits no more of a child's prefix than where it branches off.
                Child::Page { id, root } => Part::Region {
                    prefix: id.prefix().truncated(before.max(after) + 1),
                    root: *root,
                },
            });
            before = after;
        }
        Ok(parts)
    }
}

/// What has to happen to a tree, within one region, to become another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Leaves to fetch the rows of, and to put.
    pub put: Vec<Leaf>,
    /// Regions to ask for, with their roots.
    pub ask: Vec<(Prefix, Root)>,
    /// Regions whose leaves go.
    pub remove: Vec<Prefix>,
}

impl Difference {
    fn add(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Leaf(leaf) => self.put.push(*leaf),
                Part::Region { prefix, root } => self.ask.push((*prefix, *root)),
            }
        }
    }
}

impl<P: Pages> Tree<'_, P> {
    /// What to answer to a request for the children of a region; `None` if there are none. Whoever
    /// asks from the root of this very state always gets an answer that holds.
    pub fn children(&self, region: &Prefix) -> Result<Option<Children>, TreeError<P::Error>> {
        Ok(match self.locate(region)?.found() {
            Some(Node::Branch(branch)) => Some(Children(branch.page().clone())),
            Some(Node::Leaf(_)) if self.root().count == 1 => self.top().cloned().map(Children),
            Some(Node::Leaf(_)) | None => None,
        })
    }

    /// What makes this tree, within `region`, the one that consists of `parts`, as
    /// [`Children::verify`] gives them.
    pub fn difference(
        &self,
        region: &Prefix,
        parts: &[Part],
    ) -> Result<Difference, TreeError<P::Error>> {
        let mut difference = Difference::default();
        self.compare(region, parts, &mut difference)?;
        Ok(difference)
    }

    fn compare(
        &self,
        region: &Prefix,
        parts: &[Part],
        difference: &mut Difference,
    ) -> Result<(), TreeError<P::Error>> {
        let Some(own) = self.locate(region)?.found() else {
            difference.add(parts);
            return Ok(());
        };
        let here = own.prefix();
        let (first, last) = match parts {
            [] => {
                difference.remove.push(here);
                return Ok(());
            }
            [part] if part.root() == own.root() => return Ok(()),
            [part] if part.prefix().covers(&here) => {
                difference.add(parts);
                return Ok(());
            }
            [first, ..] => (first.prefix(), parts.last().unwrap_or(first).prefix()),
        };
        let there = first.truncated(first.common_bits(&last));
        let bit = here.common_bits(&there);
        if bit < here.bits().min(there.bits()) {
            difference.remove.push(here);
            difference.add(parts);
            return Ok(());
        }
        // One of them branches in this bit, or both do.
        let is_left = |part: &Part| !part.prefix().first_key().bit(bit);
        let (left, right) = parts.split_at(parts.partition_point(is_left));
        for (side, parts) in [(false, left), (true, right)] {
            if let Some(region) = here.truncated(bit).child(side) {
                self.compare(&region, parts, difference)?;
            }
        }
        Ok(())
    }
}
