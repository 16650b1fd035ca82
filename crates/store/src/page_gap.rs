//! The gap in a page: between its list of cells and the cells, where no cell is.
//!
//! `secure_delete` clears a cell that is removed, and pages that are freed. But when SQLite spreads cells over
//! neighbouring pages, it writes those of a page anew from its end (`rebuildPage` in its btree.c), and what
//! was in front of them stays where it was: in the gap. Nowhere else: free blocks and the fragments beside them were
//! cleared as cells, and pages that overflow were cleared when they were last freed.
//!
//! Offsets are those of the [file format](https://www.sqlite.org/fileformat2.html#b_tree_pages), section 1.6.

use std::ops::Range;

/// The page after the header of the file, which is in the first one.
const AFTER_FILE_HEADER: usize = 100;

/// The page with zeros in its gap, if anything else is there. `number` is its place in the file, from 1 on, and
/// `count` how many pages the file has.
pub(crate) fn cleared(page: &[u8], number: u32, count: u32) -> Option<Vec<u8>> {
    let rest = rest(page, number, count)?;
    let mut page = page.to_vec();
    page.get_mut(rest)?.fill(0);
    Some(page)
}

/// Whether [`cleared`] has anything to clear.
pub(crate) fn holds_rest(page: &[u8], number: u32, count: u32) -> bool {
    rest(page, number, count).is_some()
}

/// The gap, if it holds anything but zeros.
fn rest(page: &[u8], number: u32, count: u32) -> Option<Range<usize>> {
    let gap = gap(page, number, count)?;
    let is_clear = page.get(gap.clone())?.iter().all(|byte| *byte == 0);
    (!is_clear).then_some(gap)
}

/// Where the gap is. `None` if this may be no page with cells, or if it contradicts itself.
fn gap(page: &[u8], number: u32, count: u32) -> Option<Range<usize>> {
    let header = match number {
        1 => AFTER_FILE_HEADER,
        // Pages without cells have no type: they begin with the number of another page, or with 0. So what
        // could be such a number is none of a type, which the first byte is; the lowest type makes it 2^25.
        _ if u32::from_be_bytes(*page.first_chunk()?) <= count => return None,
        _ => 0,
    };
    let list = match *page.get(header)? {
        // Inner pages of indexes and tables, which end their header with the number of a page.
        2 | 5 => header + 12,
        // Leaves of indexes and tables.
        10 | 13 => header + 8,
        _ => return None,
    };
    let free_block = number_at(page, header + 1)?;
    let list_end = list + 2 * number_at(page, header + 3)?;
    let cells = match number_at(page, header + 5)? {
        0 => 65_536,
        start => start,
    };
    let is_cell = |at: usize| cells <= at && at < page.len();
    let mut list = page.get(list..list_end)?.chunks_exact(2);
    let is_sound = list_end <= cells
        && cells <= page.len()
        && (free_block == 0 || is_cell(free_block))
        && list.all(|at| number_at(at, 0).is_some_and(is_cell));
    is_sound.then_some(list_end..cells)
}

/// A number of two bytes.
fn number_at(page: &[u8], at: usize) -> Option<usize> {
    let bytes = page.get(at..)?.first_chunk()?;
    Some(usize::from(u16::from_be_bytes(*bytes)))
}
