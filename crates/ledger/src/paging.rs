//! Pages of lists, as callers ask for them.

use idos_types::limits::PAGE_ROWS;

use crate::{
    error::{Outcome, Refusal},
    state::Page,
};

/// Page `number`, counted from 1, of pages of `size` rows.
pub(crate) fn page(number: i64, size: i64) -> Outcome<Page> {
    if number < 1 {
        return Err(Refusal::WrongPage.into());
    }
    if size < 1 {
        return Err(Refusal::WrongSize.into());
    }
    if size > PAGE_ROWS {
        return Err(Refusal::LargeSize(PAGE_ROWS).into());
    }
    Ok(Page {
        offset: (number - 1).saturating_mul(size),
        rows: size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_are_bounded() {
        assert_eq!(
            page(3, 10).unwrap(),
            Page {
                offset: 20,
                rows: 10
            }
        );
        assert_eq!(page(i64::MAX, PAGE_ROWS).unwrap().offset, i64::MAX);
        for (number, size) in [(0, 1), (-1, 1), (1, 0), (1, -1), (1, PAGE_ROWS + 1)] {
            assert!(page(number, size).is_err(), "{number}, {size}");
        }
    }
}
