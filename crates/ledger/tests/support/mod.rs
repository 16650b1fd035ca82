//! Rows of every table.

mod any_row;
mod examples;

use idos_ledger::{Place, Row};
use idos_types::Uuid;

pub(crate) use any_row::row;
pub(crate) use examples::examples;

/// Ids are numbers in tests.
pub(crate) fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// What a row's encoding holds only the digest of.
pub(crate) fn content(row: &Row) -> Option<String> {
    match row {
        Row::Credential(credential) => Some(credential.content.to_string()),
        _ => None,
    }
}

/// The place as it counts for the row.
pub(crate) fn place_of(row: &Row, place: u64) -> Place {
    Place(if row.table().is_ordered() { place } else { 0 })
}
