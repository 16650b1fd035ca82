//! The way from the root down to a prefix.

use crate::{
    node::Node,
    prefix::Prefix,
    proof::Sibling,
    tree::{Pages, Tree, TreeError},
};

/// Where the way to a prefix ends.
#[derive(Debug)]
pub(crate) struct Located {
    /// What lies to the left of the way, from the root down.
    pub(crate) left: Vec<Sibling>,
    /// What lies to the right of the way, from the root down.
    pub(crate) right: Vec<Sibling>,
    /// The subtree of all leaves that begin with the prefix, or, if there are none, the first one
    /// on the way that does not; nothing if the tree is empty.
    pub(crate) node: Option<Node>,
    /// Whether leaves begin with the prefix.
    pub(crate) is_found: bool,
}

impl Located {
    /// The subtree of all leaves that begin with the prefix.
    pub(crate) fn found(self) -> Option<Node> {
        self.node.filter(|_| self.is_found)
    }
}

impl<P: Pages> Tree<'_, P> {
    /// Follows `prefix` from the root.
    pub(crate) fn locate(&self, prefix: &Prefix) -> Result<Located, TreeError<P::Error>> {
        let mut located = Located {
            left: Vec::new(),
            right: Vec::new(),
            node: self.whole()?,
            is_found: false,
        };
        while let Some(node) = &located.node {
            let here = node.prefix();
            if prefix.covers(&here) {
                located.is_found = true;
                break;
            }
            let Node::Branch(branch) = node else { break };
            if !here.covers(prefix) {
                break;
            }
            let bit = here.bits();
            let right = prefix.first_key().bit(bit);
            let sibling = Sibling {
                bit,
                root: *branch.side(!right),
            };
            let next = self.side(branch, right)?;
            if right {
                located.left.push(sibling);
            } else {
                located.right.push(sibling);
            }
            located.node = Some(next);
        }
        Ok(located)
    }
}
