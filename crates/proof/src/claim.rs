//! Claims about the tree, and whether a proof proves one.
//!
//! All proofs are checked in one way: what the claim says lies at the end of the way (leaves, or
//! the proof's witness) and the siblings beside the way are a whole tree again, and its root has to
//! be the expected one. What differs is where the claim allows siblings to be.

use thiserror::Error;

use crate::{
    key::{Element, LeafKey, ListId},
    leaf::{Leaf, LeafValue},
    prefix::Prefix,
    proof::{Proof, Sibling, Witness},
    root::Root,
    root_builder::{OutOfOrder, RootBuilder},
};

/// Something that is true of a tree, or not.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'a> {
    /// This leaf is in the tree.
    Leaf(&'a Leaf),
    /// No leaf has this key.
    Absent(&'a LeafKey),
    /// These, in order, are all elements of the list, with their values.
    List {
        /// Which list.
        list: &'a ListId,
        /// Its elements.
        elements: &'a [(Element, LeafValue)],
    },
    /// The list has so many elements.
    Count {
        /// Which list.
        list: &'a ListId,
        /// How many elements.
        count: u64,
    },
    /// These are the elements of one page of the list: in order, none left out, as many as fit the
    /// page.
    Page {
        /// Which list.
        list: &'a ListId,
        /// How many elements of the list come before the page.
        offset: u64,
        /// How many elements fit the page.
        limit: u64,
        /// How many elements the list has.
        total: u64,
        /// The elements of the page.
        elements: &'a [(Element, LeafValue)],
    },
}

/// Why a proof does not prove a claim. In every case the node that sent both is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// Claim and proof belong to another tree: something is missing, added or changed.
    #[error("claim and proof give another root: something is missing, added or changed")]
    OtherRoot,
    /// The proof of such a claim has no witness.
    #[error("the proof has a witness, which a proof of this claim does not have")]
    Superfluous,
    /// The proof of such a claim has a witness.
    #[error("the proof has no witness, which this claim needs")]
    NoWitness,
    /// The witness does not show what is claimed: it lies elsewhere, or is shown as if it did.
    #[error("the witness lies elsewhere")]
    Elsewhere,
    /// Elements are out of order, or one comes twice.
    #[error("the elements are out of order, or one comes twice")]
    Order,
    /// A sibling is on the side where the way itself goes.
    #[error("the sibling at bit {0} is on the wrong side")]
    Side(u16),
    /// A sibling holds elements that should have been sent.
    #[error("the sibling at bit {0} hides elements of the list")]
    Hidden(u16),
    /// The list has another number of elements.
    #[error("the list has {actual} elements, not {claimed}")]
    Count {
        /// How many are claimed.
        claimed: u64,
        /// How many there are.
        actual: u64,
    },
    /// The page begins elsewhere.
    #[error("the page begins behind {actual} elements, not behind {claimed}")]
    Offset {
        /// How many are claimed to come before.
        claimed: u64,
        /// How many come before.
        actual: u64,
    },
    /// The page is longer or shorter than it has to be.
    #[error("the page has {actual} elements instead of {expected}")]
    Length {
        /// How many have to be there.
        expected: u64,
        /// How many are there.
        actual: u64,
    },
}

impl From<OutOfOrder> for ClaimError {
    fn from(_: OutOfOrder) -> Self {
        Self::Order
    }
}

impl Proof {
    /// Whether `claim` is true of the tree with this root.
    pub fn verify(&self, root: &Root, claim: &Claim<'_>) -> Result<(), ClaimError> {
        match *claim {
            Claim::Leaf(leaf) => self.verify_leaves(root, &[*leaf]),
            Claim::Absent(key) => self.verify_absent(root, &key.list(), &(*key).into()),
            Claim::List { list, elements: [] } => self.verify_absent(root, list, &list.prefix()),
            Claim::List { list, elements } => {
                self.verify_no_sibling_within()?;
                self.verify_leaves(root, &leaves(list, elements))
            }
            Claim::Count { list, count } => self.verify_count(root, list, count),
            Claim::Page {
                list,
                offset,
                limit,
                total,
                elements,
            } => {
                let expected = limit.min(total.saturating_sub(offset));
                let actual = as_u64(elements.len());
                if actual != expected {
                    return Err(ClaimError::Length { expected, actual });
                }
                if elements.is_empty() {
                    return self.verify_count(root, list, total);
                }
                self.verify_position(offset, total, actual)?;
                self.verify_leaves(root, &leaves(list, elements))
            }
        }
    }

    /// The leaves and the siblings are the whole tree.
    fn verify_leaves(&self, root: &Root, leaves: &[Leaf]) -> Result<(), ClaimError> {
        if self.witness.is_some() {
            return Err(ClaimError::Superfluous);
        }
        let leaves = leaves.iter().map(|leaf| (leaf.key, Root::leaf(leaf)));
        self.verify_tree(root, leaves)
    }

    /// No leaf's key begins with `prefix`, which is the list or lies in it. The witness is the first
    /// node on the way that does not lie on it: there the first leaf that began with `prefix` would
    /// branch off, after the last sibling and before the witness itself branches or ends.
    fn verify_absent(&self, root: &Root, list: &ListId, prefix: &Prefix) -> Result<(), ClaimError> {
        let Some(witness) = &self.witness else {
            let is_empty = *root == Root::empty();
            let is_bare = self.siblings().next().is_none();
            return if is_empty && is_bare {
                Ok(())
            } else {
                Err(ClaimError::NoWitness)
            };
        };
        let here = witness.prefix();
        let branches_off = here.common_bits(prefix);
        let is_after = self.siblings().all(|it| it.bit < branches_off);
        if !is_after || branches_off == here.bits() || branches_off == prefix.bits() {
            return Err(ClaimError::Elsewhere);
        }
        self.verify_witness(root, list, witness)
    }

    /// The witness is the list, and says how long it is.
    fn verify_count(&self, root: &Root, list: &ListId, claimed: u64) -> Result<(), ClaimError> {
        let prefix = list.prefix();
        if claimed == 0 {
            return self.verify_absent(root, list, &prefix);
        }
        let witness = self.witness.as_ref().ok_or(ClaimError::NoWitness)?;
        if !prefix.covers(&witness.prefix()) {
            return Err(ClaimError::Elsewhere);
        }
        self.verify_no_sibling_within()?;
        let actual = witness.root().count;
        if actual != claimed {
            return Err(ClaimError::Count { claimed, actual });
        }
        self.verify_witness(root, list, witness)
    }

    /// No sibling is part of the list: those lie at bits behind the list's.
    fn verify_no_sibling_within(&self) -> Result<(), ClaimError> {
        match self.siblings().find(|it| is_within(it)) {
            Some(sibling) => Err(ClaimError::Hidden(sibling.bit)),
            None => Ok(()),
        }
    }

    /// The siblings within the list hold what comes before the page and what comes after it.
    fn verify_position(&self, offset: u64, total: u64, len: u64) -> Result<(), ClaimError> {
        let within = |siblings: &[Sibling]| {
            let counts = siblings.iter().filter(|it| is_within(it));
            counts.fold(0, |sum: u64, it| sum.saturating_add(it.root.count))
        };
        let before = within(&self.left);
        if before != offset {
            return Err(ClaimError::Offset {
                claimed: offset,
                actual: before,
            });
        }
        let after = within(&self.right);
        let actual = before.saturating_add(len).saturating_add(after);
        if actual != total {
            return Err(ClaimError::Count {
                claimed: total,
                actual,
            });
        }
        Ok(())
    }

    /// The witness of a claim about this list stands where it says. Of a leaf it shows what belongs to
    /// the list, and of that everything, so that there is one proof only.
    fn verify_witness(
        &self,
        root: &Root,
        list: &ListId,
        witness: &Witness,
    ) -> Result<(), ClaimError> {
        let is_in_its_form = match witness {
            Witness::Leaf(leaf) => leaf.key.list() == *list,
            Witness::OtherList { list: other, .. } => other != list,
            Witness::Branch { .. } => true,
        };
        if !is_in_its_form {
            return Err(ClaimError::Elsewhere);
        }
        let item = (witness.prefix().first_key(), witness.root());
        self.verify_tree(root, std::iter::once(item))
    }

    /// The items, in order, between the siblings to their left and those to their right are a tree
    /// with this root. For a sibling stands the smallest key that it could hold.
    fn verify_tree(
        &self,
        root: &Root,
        items: impl Iterator<Item = (LeafKey, Root)>,
    ) -> Result<(), ClaimError> {
        let mut items = items.peekable();
        let mut builder = RootBuilder::new();
        if let Some((first, _)) = items.peek() {
            for sibling in &self.left {
                let (key, root) = beside(first, sibling, false)?;
                builder.push_subtree(key, root)?;
            }
        }
        let mut last = None;
        for (key, root) in items {
            builder.push_subtree(key, root)?;
            last = Some(key);
        }
        if let Some(last) = last {
            for sibling in self.right.iter().rev() {
                let (key, root) = beside(&last, sibling, true)?;
                builder.push_subtree(key, root)?;
            }
        }
        if builder.finish() == *root {
            Ok(())
        } else {
            Err(ClaimError::OtherRoot)
        }
    }

    fn siblings(&self) -> impl Iterator<Item = &Sibling> {
        self.left.iter().chain(&self.right)
    }
}

/// Whether a sibling of something in a list is in that list too.
fn is_within(sibling: &Sibling) -> bool {
    sibling.bit >= Prefix::LIST_BITS
}

fn leaves(list: &ListId, elements: &[(Element, LeafValue)]) -> Vec<Leaf> {
    let leaf = |(element, value): &(Element, LeafValue)| Leaf {
        key: LeafKey::new(list, element),
        value: *value,
    };
    elements.iter().map(leaf).collect()
}

fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// The smallest key that a sibling of `key` could hold, and its root.
fn beside(key: &LeafKey, sibling: &Sibling, right: bool) -> Result<(LeafKey, Root), ClaimError> {
    let place = key.prefix(sibling.bit).child(right);
    let place = place.filter(|_| key.bit(sibling.bit) != right);
    let place = place.ok_or(ClaimError::Side(sibling.bit))?;
    Ok((place.first_key(), sibling.root))
}
