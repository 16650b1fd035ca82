//! Dates of credentials: RFC 3339 with a time zone (`xsd:dateTimeStamp`).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use time::{format_description::BorrowedFormatItem, macros::format_description};

/// A point in time in seconds since 1970.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seconds(pub i64);

/// A text is no date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no date of RFC 3339 with a time zone")]
pub struct DateError(pub String);

impl Seconds {
    /// Reads a date like `2026-02-11T13:35:57Z`; fractions of seconds are cut off.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|date| Self(date.unix_timestamp()))
            .map_err(|_| DateError(text.chars().take(64).collect()))
    }

    /// As text, in UTC, whole seconds.
    pub fn rfc3339(self) -> String {
        self.utc()
            .and_then(|date| date.format(&Rfc3339).ok())
            .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
    }

    /// As the official SDK writes it: in UTC, with milliseconds.
    pub fn with_millis(self) -> String {
        self.rfc3339().replace('Z', ".000Z")
    }

    /// The day in UTC.
    pub(crate) fn day(self) -> Option<Date> {
        self.utc().map(OffsetDateTime::date)
    }

    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .map(|date| date.to_offset(UtcOffset::UTC))
    }
}

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Reads a day like `1990-04-30`.
pub(crate) fn parse_day(text: &str) -> Result<Date, DateError> {
    let error = || DateError(text.chars().take(64).collect());
    if text.len() != "yyyy-mm-dd".len() {
        return Err(error());
    }
    Date::parse(text, DAY).map_err(|_| error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_any_zone_are_read() {
        for text in [
            "2026-02-11T13:35:57Z",
            "2026-02-11T13:35:57.999Z",
            "2026-02-11T14:35:57+01:00",
        ] {
            assert_eq!(Seconds::parse(text), Ok(Seconds(1_770_816_957)), "{text}");
        }
        assert_eq!(Seconds(1_770_816_957).rfc3339(), "2026-02-11T13:35:57Z");
        assert_eq!(
            Seconds(1_770_816_957).with_millis(),
            "2026-02-11T13:35:57.000Z"
        );
    }

    #[test]
    fn others_are_not() {
        for text in [
            "",
            "2026-02-11",
            "2026-02-30T00:00:00Z",
            "2026-02-11T13:35:57",
        ] {
            assert!(Seconds::parse(text).is_err(), "{text}");
        }
        assert!(parse_day("1990-02-30").is_err());
        assert!(parse_day("+990-02-03").is_err());
        assert!(parse_day("1990-02-03").is_ok());
    }
}
