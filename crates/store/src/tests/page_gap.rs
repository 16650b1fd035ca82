//! The gap of a page, in pages of every kind and in what is none.

use proptest::{collection, prelude::*};

use crate::page_gap::cleared;

const SIZE: usize = 512;
/// How many pages the file has, where it does not matter.
const COUNT: u32 = 9;
/// What is in each byte that the header and the list do not name.
const REST: u8 = 0xaa;

/// A page of this kind with a list of these cells, the first of which is the lowest.
fn page(header: usize, kind: u8, cells: &[u16]) -> Vec<u8> {
    let mut page = vec![REST; SIZE];
    let mut at = header;
    let mut put = |bytes: &[u8]| {
        page[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&[kind, 0, 0]);
    put(&u16::try_from(cells.len()).unwrap().to_be_bytes());
    put(&cells
        .first()
        .map_or(u16::try_from(SIZE).unwrap(), |lowest| *lowest)
        .to_be_bytes());
    put(&[0]);
    if kind < 8 {
        put(&7_u32.to_be_bytes());
    }
    for cell in cells {
        put(&cell.to_be_bytes());
    }
    page
}

fn set(mut page: Vec<u8>, at: usize, number: u16) -> Vec<u8> {
    page[at..at + 2].copy_from_slice(&number.to_be_bytes());
    page
}

#[test]
fn of_every_kind_of_page_with_cells_the_gap_is_cleared_and_nothing_else() {
    for (header, number) in [(0, 2), (100, 1)] {
        for (kind, list) in [(2, 12), (5, 12), (10, 8), (13, 8)] {
            let page = page(header, kind, &[400, 450]);
            let gap = header + list + 4..400;
            let mut expected = page.clone();
            expected[gap].fill(0);
            assert_eq!(
                cleared(&page, number, COUNT),
                Some(expected.clone()),
                "{kind}"
            );
            assert_eq!(cleared(&expected, number, COUNT), None, "clean: {kind}");
        }
    }
}

#[test]
fn a_page_may_have_free_blocks_no_cells_or_no_gap() {
    let free_block = set(page(0, 13, &[400]), 1, 404);
    assert!(cleared(&free_block, 2, COUNT).is_some());
    let empty = page(0, 13, &[]);
    let expected = [&empty[..8], &[0; SIZE - 8]].concat();
    assert_eq!(cleared(&empty, 2, COUNT), Some(expected));
    let full = page(0, 10, &[10]);
    assert_eq!(cleared(&full, 2, COUNT), None);
}

#[test]
fn cells_of_the_largest_page_may_start_at_its_end() {
    let mut large = set(page(0, 13, &[]), 5, 0);
    assert_eq!(cleared(&large, 2, COUNT), None, "65536 is after its end");
    large.resize(65_536, REST);
    let expected = [&large[..8], &[0; 65_528]].concat();
    assert_eq!(cleared(&large, 2, COUNT), Some(expected));
}

#[test]
fn what_is_no_page_with_cells_stays() {
    let sound = page(0, 13, &[400, 450]);
    for (strange, what) in [
        (vec![], "no byte"),
        (sound[..7].to_vec(), "half a header"),
        (sound[..11].to_vec(), "half a list"),
        (page(0, 0, &[400]), "no kind"),
        (page(0, 1, &[400]), "an unknown kind"),
        (page(0, 0xff, &[400]), "another one"),
        (set(sound.clone(), 3, 300), "a list into the cells"),
        (set(sound.clone(), 3, u16::MAX), "a list beyond the page"),
        (set(sound.clone(), 5, 11), "cells within the list"),
        (set(sound.clone(), 5, 513), "cells beyond the page"),
        (set(sound.clone(), 5, 401), "a cell in the gap"),
        (set(sound.clone(), 8, 512), "a cell after the page"),
        (set(sound.clone(), 1, 399), "a free block in the gap"),
        (set(sound.clone(), 1, 512), "a free block after the page"),
        (vec![0; SIZE], "a page that is free"),
    ] {
        assert_eq!(cleared(&strange, 2, COUNT), None, "{what}");
    }
    assert!(cleared(&sound, 2, COUNT).is_some(), "the page itself");
    assert_eq!(cleared(&sound, 1, COUNT), None, "not as the first one");
}

/// A page of a large value begins with the number of the next one, which may look like a kind.
#[test]
fn what_may_belong_to_a_large_value_stays() {
    let page = page(0, 2, &[400]);
    let next = u32::from_be_bytes([2, 0, 0, 0]);
    assert!(cleared(&page, 2, next - 1).is_some());
    assert_eq!(cleared(&page, 2, next), None);
}

/// Bytes that are often those of a header.
fn header_like() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![0, 2, 5, 10, 13, 200]);
    (
        kind,
        collection::vec(0..4_u8, 0..40),
        collection::vec(any::<u8>(), 0..600),
    )
        .prop_map(|(kind, header, rest)| [vec![kind], header, rest].concat())
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        page in prop_oneof![header_like(), collection::vec(any::<u8>(), 0..600)],
        number in 0..3_u32,
        count in any::<u32>(),
    ) {
        if let Some(cleared) = cleared(&page, number, count) {
            prop_assert_eq!(cleared.len(), page.len());
            let header = if number == 1 { 100 } else { 0 };
            prop_assert_eq!(&cleared[..header + 8], &page[..header + 8]);
            let changed: Vec<_> = (0..page.len()).filter(|at| cleared[*at] != page[*at]).collect();
            prop_assert!(!changed.is_empty() && changed.iter().all(|at| cleared[*at] == 0));
            prop_assert_eq!(crate::page_gap::cleared(&cleared, number, count), None);
        }
    }
}
