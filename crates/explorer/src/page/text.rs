//! How pages spell numbers, times and digests.

use idos_types::{inert, shown_name};
use maud::{Markup, html};
use time::{OffsetDateTime, format_description::FormatItem, macros::format_description};

const DATE: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
const MACHINE: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in seconds since 1970.
pub(super) fn seconds(seconds: i64) -> Markup {
    let Ok(date) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return html! { (seconds) " seconds since 1970" };
    };
    let (Ok(text), Ok(machine)) = (date.format(DATE), date.format(MACHINE)) else {
        return html! { (seconds) " seconds since 1970" };
    };
    html! { time datetime=(machine) { (text) } }
}

/// A time in milliseconds since 1970.
pub(super) fn millis(millis: u64) -> Markup {
    seconds(i64::try_from(millis / 1000).unwrap_or(i64::MAX))
}

/// A digest, a key or an id in full: it may break anywhere. Some are whatever somebody wrote, as a
/// grantee is; then the script compares what stands here.
pub(super) fn full(text: &str) -> Markup {
    html! { code class="digest" { (inert(text)) } }
}

/// The beginning and the end of a digest, with all of it for whoever points at it.
pub(super) fn short(text: &str) -> Markup {
    let text = inert(text);
    let (head, tail) = (text.get(..8), text.get(text.len().saturating_sub(6)..));
    match (head, tail) {
        (Some(head), Some(tail)) if text.len() > 20 => {
            html! { code title=(text) { (head) "…" (tail) } }
        }
        _ => html! { code { (text) } },
    }
}

/// The name that a party gave itself, which looks like no other and leaves the texts around it as
/// they are; `None` if nothing of it would be seen.
pub(super) fn name(name: Option<&String>) -> Option<Markup> {
    let name = shown_name(name?)?;
    Some(html! { bdi { (name) } })
}

/// One or many.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}
