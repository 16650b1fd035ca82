//! How far the look at a whole state has come, so that the next target is looked at from there.
//!
//! A state is looked at from its root down, and its end is reached after many targets if it is large:
//! each is handed out for some seconds. What is named by hash of one of them may not be in the next;
//! where in the tree nobody has looked yet holds for all of them.

use idos_proof::{Prefix, Root};

/// A look at the tree, from one end to the other.
#[derive(Default)]
pub(super) struct Walk {
    /// The state that is looked at now.
    root: Option<Root>,
    /// Where there is still something to see: regions of which none covers another, in order.
    left: Vec<Prefix>,
    /// Where there was, when it was interrupted.
    open: Vec<Prefix>,
}

impl Walk {
    /// Whether this is the state that it looks at.
    pub(super) fn is_of(&self, root: &Root) -> bool {
        self.root.as_ref() == Some(root)
    }

    /// Whether there is something to see in a region.
    pub(super) fn meets(&self, region: &Prefix) -> bool {
        let at = self.left.partition_point(|left| left <= region);
        let (before, after) = self.left.split_at(at);
        let is_covered = before.last().is_some_and(|left| left.covers(region));
        is_covered || after.first().is_some_and(|left| region.covers(left))
    }

    /// Leaves a state for another one. These regions of it were not seen to the end.
    pub(super) fn interrupt(&mut self, regions: impl IntoIterator<Item = Prefix>) {
        self.root = None;
        for region in regions {
            let at = self.left.partition_point(|left| *left <= region);
            let (before, after) = self.left.split_at(at);
            if before.last().is_some_and(|left| left.covers(&region)) {
                self.open.push(region);
            } else {
                let within = after.iter().take_while(|left| region.covers(left));
                self.open.extend(within);
            }
        }
    }

    /// Looks at a state: where the last look was interrupted, or at all of it.
    pub(super) fn begin(&mut self, root: Root) {
        self.root = Some(root);
        self.left = std::mem::take(&mut self.open);
        self.left.sort_unstable();
        self.left.dedup_by(|later, earlier| earlier.covers(later));
        if self.left.is_empty() {
            self.left.push(Prefix::EMPTY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(byte: u8, bits: u16) -> Prefix {
        Prefix::from_bytes(&[byte], 8).unwrap().truncated(bits)
    }

    #[test]
    fn it_goes_on_where_it_was_interrupted_and_begins_again_after_the_end() {
        let mut walk = Walk::default();
        walk.begin(Root::empty());
        assert!(walk.is_of(&Root::empty()));
        assert!(walk.meets(&Prefix::EMPTY) && walk.meets(&prefix(0xff, 8)));
        walk.interrupt([prefix(0xc1, 8), prefix(0x20, 4), prefix(0xc0, 2)]);
        assert!(!walk.is_of(&Root::empty()));
        walk.begin(Root::empty());
        let meets = |walk: &Walk, wanted: [bool; 5]| {
            let regions = [
                prefix(0, 0),
                prefix(0xc1, 8),
                prefix(0x20, 3),
                prefix(0x2f, 8),
                prefix(0x30, 4),
            ];
            assert_eq!(regions.map(|region| walk.meets(&region)), wanted);
        };
        meets(&walk, [true, true, true, true, false]);
        assert_eq!(walk.left, [prefix(0x20, 4), prefix(0xc0, 2)]);
        // Interrupted on the way back down, it does not look again at what was seen.
        walk.interrupt([Prefix::EMPTY]);
        walk.begin(Root::empty());
        meets(&walk, [true, true, true, true, false]);
        walk.interrupt([prefix(0x28, 5)]);
        walk.begin(Root::empty());
        meets(&walk, [true, false, true, true, false]);
        walk.interrupt([]);
        walk.begin(Root::empty());
        meets(&walk, [true; 5]);
    }
}
