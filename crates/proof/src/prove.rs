//! Proofs about the tree as it is.

use std::ops::Range;

use crate::{
    key::{Element, LeafKey, ListId},
    leaf::{Leaf, LeafValue},
    locate::Located,
    node::Node,
    proof::{Proof, Sibling, Witness},
    tree::{Pages, Tree, TreeError},
};

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListPage {
    /// How many elements the list has.
    pub total: u64,
    /// The elements of the page, in order.
    pub elements: Vec<(Element, LeafValue)>,
    /// Proves both, as [`Claim::Page`](crate::Claim::Page).
    pub proof: Proof,
}

impl<P: Pages> Tree<'_, P> {
    /// The value under `key` with a proof of [`Claim::Leaf`](crate::Claim::Leaf), or `None` with a
    /// proof of [`Claim::Absent`](crate::Claim::Absent).
    pub fn prove_leaf(
        &self,
        key: &LeafKey,
    ) -> Result<(Option<LeafValue>, Proof), TreeError<P::Error>> {
        let located = self.locate(&(*key).into())?;
        let value = match &located.node {
            Some(Node::Leaf(leaf)) if located.is_found => Some(leaf.value),
            _ => None,
        };
        let witness = witness(&located, &key.list()).filter(|_| !located.is_found);
        Ok((value, proof(located, witness)))
    }

    /// How many elements a list has, with a proof of [`Claim::List`](crate::Claim::List). It holds
    /// none of the elements: whoever checks it needs them all.
    pub fn prove_list(&self, list: &ListId) -> Result<(u64, Proof), TreeError<P::Error>> {
        let located = self.locate(&list.prefix())?;
        let witness = witness(&located, list).filter(|_| !located.is_found);
        Ok((count(&located), proof(located, witness)))
    }

    /// How many elements a list has, with a proof of [`Claim::Count`](crate::Claim::Count).
    pub fn prove_count(&self, list: &ListId) -> Result<(u64, Proof), TreeError<P::Error>> {
        let located = self.locate(&list.prefix())?;
        let witness = witness(&located, list);
        Ok((count(&located), proof(located, witness)))
    }

    /// At most `limit` elements of a list, from the one with number `offset` on (the first has
    /// number 0), with a proof of [`Claim::Page`](crate::Claim::Page). All of them are loaded, so
    /// the caller bounds `limit`.
    pub fn prove_page(
        &self,
        list: &ListId,
        offset: u64,
        limit: u64,
    ) -> Result<ListPage, TreeError<P::Error>> {
        let located = self.locate(&list.prefix())?;
        let total = count(&located);
        let end = offset.saturating_add(limit).min(total);
        if offset >= end {
            let witness = witness(&located, list);
            return Ok(ListPage {
                total,
                elements: Vec::new(),
                proof: proof(located, witness),
            });
        }
        let mut cut = Cut {
            left: located.left,
            right: located.right,
            leaves: Vec::new(),
        };
        if let Some(node) = located.node {
            self.cut(&mut cut, node, offset..end)?;
        }
        let element = |leaf: &Leaf| (leaf.key.element(), leaf.value);
        Ok(ListPage {
            total,
            elements: cut.leaves.iter().map(element).collect(),
            proof: Proof {
                witness: None,
                left: cut.left,
                right: cut.right,
            },
        })
    }

    /// Cuts the leaves with numbers in `range` out of `node`. The range is not empty, and within
    /// what the node holds.
    fn cut(&self, cut: &mut Cut, node: Node, range: Range<u64>) -> Result<(), TreeError<P::Error>> {
        let branch = match node {
            Node::Leaf(leaf) => {
                cut.leaves.push(leaf);
                return Ok(());
            }
            Node::Branch(branch) => branch,
        };
        let sibling = |right| Sibling {
            bit: branch.prefix().bits(),
            root: *branch.side(right),
        };
        // A sibling before what lies below it: bits increase.
        let middle = branch.side(false).count;
        if range.start >= middle {
            cut.left.push(sibling(false));
        }
        if range.end <= middle {
            cut.right.push(sibling(true));
        }
        if range.start < middle {
            let left = range.start..range.end.min(middle);
            self.cut(cut, self.side(&branch, false)?, left)?;
        }
        if range.end > middle {
            let right = range.start.saturating_sub(middle)..range.end - middle;
            self.cut(cut, self.side(&branch, true)?, right)?;
        }
        Ok(())
    }
}

/// What a page leaves of the tree.
struct Cut {
    left: Vec<Sibling>,
    right: Vec<Sibling>,
    leaves: Vec<Leaf>,
}

fn count(located: &Located) -> u64 {
    let node = located.node.as_ref().filter(|_| located.is_found);
    node.map_or(0, |node| node.root().count)
}

fn proof(located: Located, witness: Option<Witness>) -> Proof {
    Proof {
        witness,
        left: located.left,
        right: located.right,
    }
}

/// What is shown of the node at the end of the way to something in this list.
fn witness(located: &Located, list: &ListId) -> Option<Witness> {
    Some(match located.node.as_ref()? {
        Node::Leaf(leaf) if leaf.key.list() == *list => Witness::Leaf(*leaf),
        Node::Leaf(leaf) => Witness::OtherList {
            list: leaf.key.list(),
            entry: leaf.entry(),
        },
        Node::Branch(branch) => Witness::Branch {
            prefix: *branch.prefix(),
            left: *branch.side(false),
            right: *branch.side(true),
        },
    })
}
