//! What became of one entry, and how it is told.

use idos_types::limits::LOG_BYTES;
use idos_wire::{TxCode, refusal_log};

/// Result of one entry before it is written down.
pub(crate) struct Verdict {
    pub(crate) code: TxCode,
    pub(crate) notices: String,
    pub(crate) error: String,
}

impl Verdict {
    /// It did what it should, and has something to say.
    pub(crate) fn done(notices: &[String]) -> Self {
        let numbered: Vec<String> = notices
            .iter()
            .enumerate()
            .map(|(at, text)| format!("{}. {text}", at + 1))
            .collect();
        Self {
            code: TxCode::Ok,
            notices: bounded(numbered.join("\n")),
            error: String::new(),
        }
    }

    /// A rule or the catalogue refused it.
    pub(crate) fn failed(refusal: &str) -> Self {
        Self::refused(TxCode::Unknown, bounded(refusal_log(refusal)))
    }

    pub(crate) fn refused(code: TxCode, error: String) -> Self {
        Self {
            code,
            notices: String::new(),
            error,
        }
    }

    /// What the sender is told.
    pub(crate) fn log(&self) -> String {
        log(&self.notices, &self.error)
    }
}

/// The log of a receipt in the incumbent's form: notices, then the error.
pub(crate) fn log(notices: &str, error: &str) -> String {
    let parts: Vec<&str> = [notices, error]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n")
}

/// Cuts a log at its limit, at a character.
fn bounded(mut log: String) -> String {
    if log.len() > LOG_BYTES {
        let end = (0..=LOG_BYTES)
            .rev()
            .find(|end| log.is_char_boundary(*end))
            .unwrap_or(0);
        log.truncate(end);
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_number_their_notices_and_end_with_the_error() {
        let done = Verdict::done(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(done.log(), "1. a\n2. b");
        assert_eq!(Verdict::failed("no").log(), "ERROR: no");
        assert_eq!(log(&done.notices, "ERROR: no"), "1. a\n2. b\nERROR: no");
    }

    #[test]
    fn logs_are_cut_at_a_character() {
        let log = bounded("é".repeat(LOG_BYTES));
        assert!(log.len() <= LOG_BYTES && log.len() >= LOG_BYTES - 1);
    }
}
