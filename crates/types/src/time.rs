//! Block time, and the one form of date that signed messages use.

use thiserror::Error;
use time::{
    PrimitiveDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use crate::limits::LAST_MILLIS;

/// Time of a block in milliseconds since 1970, strictly increasing from block to block. It is the
/// only clock that rules know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct BlockTime(u64);

impl BlockTime {
    /// A time from milliseconds since 1970; far-future values stop at the year 9999, so that
    /// arithmetic on seconds cannot overflow.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis.min(LAST_MILLIS))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// `@block_timestamp`: whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        i64::try_from(self.0 / 1000).unwrap_or(i64::MAX)
    }

    /// As text of RFC 3339, in UTC, whole seconds.
    pub fn rfc3339(self) -> String {
        time::OffsetDateTime::from_unix_timestamp(self.seconds())
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}

/// A date is not of the form `yyyy-mm-ddThh:mm:ssZ`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid date, it has to be of the form yyyy-mm-ddThh:mm:ssZ")]
pub struct DateError;

const DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Seconds since 1970 of a date like `2026-02-11T13:35:57Z`; no fractions, no other zone.
pub fn parse_date(text: &str) -> Result<i64, DateError> {
    if text.len() != "yyyy-mm-ddThh:mm:ssZ".len() {
        return Err(DateError);
    }
    let date = PrimitiveDateTime::parse(text, DATE).map_err(|_| DateError)?;
    Ok(date.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_one_form_parse() {
        assert_eq!(parse_date("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(parse_date("2025-02-11T13:35:57Z"), Ok(1_739_280_957));
    }

    #[test]
    fn other_forms_do_not() {
        for text in [
            "",
            "2025-02-11T13:35:57.000Z",
            "2025-02-11T13:35:57+00:00",
            "2025-02-11 13:35:57Z",
            "2025-02-30T13:35:57Z",
            "2025-02-11T25:35:57Z",
            "+025-02-11T13:35:57Z",
            "+2025-02-11T13:35:57Z",
            "-0001-02-11T13:35:57Z",
        ] {
            assert_eq!(parse_date(text), Err(DateError), "{text}");
        }
    }

    #[test]
    fn block_time_floors_to_seconds() {
        assert_eq!(BlockTime::from_millis(1_999).seconds(), 1);
        assert_eq!(
            BlockTime::from_millis(1_739_280_957_400).rfc3339(),
            "2025-02-11T13:35:57Z"
        );
        assert!(
            BlockTime::from_millis(u64::MAX)
                .rfc3339()
                .starts_with("9999-")
        );
    }
}
