//! Counts the views of an epoch since a block got final.
//!
//! Each leaves an open file in the engine's journal, which goes with the next block that gets final. A network in
//! which votes come together and yet nothing gets final, since states differ or clocks were set back, makes some
//! thousands of them an hour.

/// How many views are so many that somebody has to hear of it: an idle network has about fifty from one block to the
/// next.
const MANY: u64 = 1_000;

/// Of one epoch.
#[derive(Default)]
pub(crate) struct Standstill {
    /// The view from which is counted.
    since: Option<u64>,
    /// How many thousands were told of.
    told: u64,
}

impl Standstill {
    /// A block of this view got final.
    pub(crate) fn finalized(&mut self, view: u64) {
        self.since = self.since.max(Some(view));
        self.told = 0;
    }

    /// The network got to this view. The answer is the number of views since a block got final, or since this node
    /// looks, if another thousand of them is full.
    pub(crate) fn reached(&mut self, view: u64) -> Option<u64> {
        let since = *self.since.get_or_insert(view);
        let views = view.saturating_sub(since);
        let is_more = views / MANY > self.told;
        self.told = self.told.max(views / MANY);
        is_more.then_some(views)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thousand_views_without_a_final_block_are_told_once() {
        let mut standstill = Standstill::default();
        let told = |standstill: &mut Standstill, views: std::ops::Range<u64>| -> Vec<u64> {
            views.filter_map(|view| standstill.reached(view)).collect()
        };
        // From where this node looks, which may be far into an epoch.
        assert_eq!(told(&mut standstill, 70_000..72_500), [1_000, 2_000]);
        standstill.finalized(72_500);
        // What is told late is older.
        standstill.finalized(72_000);
        assert!(told(&mut standstill, 72_490..73_500).is_empty());
        assert_eq!(told(&mut standstill, 73_500..74_501), [1_000, 2_000]);
        // A network that has nothing to do is as it should be.
        for minute in 0..100 {
            let first = 80_000 + minute * 60;
            standstill.finalized(first);
            assert!(told(&mut standstill, first..first + 60).is_empty());
        }
    }
}
