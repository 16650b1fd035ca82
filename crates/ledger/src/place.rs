//! The order of rows in lists.

/// When a row was first written: the height of the block, and how many rows that block had first
/// written before. Lists of [ordered tables](crate::Table::is_ordered) come in this order, so that
/// it is the same on a node that executed every block and on one that fetched the rows.
///
/// Rows of other tables have the place 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place(pub u64);

impl Place {
    /// How many bits number the rows of one block: more than sixteen million, which no block of
    /// [`idos_types::limits::BLOCK_BYTES`] writes.
    const ROW_BITS: u32 = 24;
    /// Places are positive numbers of 63 bits, which every database has.
    const HEIGHT_BITS: u32 = 63 - Self::ROW_BITS;

    /// The highest height that a place can have.
    pub const MOST_HEIGHT: u64 = (1 << Self::HEIGHT_BITS) - 1;

    /// The place of the row that a block writes after `rows` others; `None` beyond the end.
    pub fn new(height: u64, rows: u32) -> Option<Self> {
        let fits = height <= Self::MOST_HEIGHT && rows >> Self::ROW_BITS == 0;
        fits.then(|| Self(height << Self::ROW_BITS | u64::from(rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ordered_by_block_then_row() {
        let places: Vec<_> = [(0, 0), (0, 1), (1, 0), (1, (1 << 24) - 1), (2, 0)]
            .into_iter()
            .map(|(height, rows)| Place::new(height, rows).unwrap())
            .collect();
        assert!(places.is_sorted_by(|one, next| one < next));
        assert!(Place::new((1 << 39) - 1, 0).unwrap().0 < 1 << 63);
        assert_eq!(Place::new(1 << 39, 0), None);
        assert_eq!(Place::new(1, 1 << 24), None);
    }
}
