//! What became of one entry, and how it is told.

use idos_types::limits::LOG_BYTES;
use idos_wire::TxCode;

/// Result of one entry before it is written down.
pub(crate) struct Verdict {
    pub(crate) code: TxCode,
    pub(crate) notices: Vec<String>,
    pub(crate) error: String,
}

impl Verdict {
    /// It did what it should.
    pub(crate) fn done(notices: Vec<String>) -> Self {
        Self {
            code: TxCode::Ok,
            notices,
            error: String::new(),
        }
    }

    /// A rule or the catalogue refused it.
    pub(crate) fn failed(refusal: &str) -> Self {
        Self::refused(TxCode::Unknown, format!("ERROR: {refusal}"))
    }

    pub(crate) fn refused(code: TxCode, error: String) -> Self {
        Self {
            code,
            notices: Vec::new(),
            error,
        }
    }

    /// The log of a receipt in the incumbent's form.
    pub(crate) fn log(&self) -> String {
        let mut lines: Vec<String> = self
            .notices
            .iter()
            .enumerate()
            .map(|(at, text)| format!("{}. {text}", at + 1))
            .collect();
        if !self.error.is_empty() {
            lines.push(self.error.clone());
        }
        bounded(lines.join("\n"))
    }
}

/// Cuts a log at its limit, at a character.
pub(crate) fn bounded(mut log: String) -> String {
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
        let notices = vec!["a".to_owned(), "b".to_owned()];
        let verdict = Verdict {
            notices,
            ..Verdict::failed("no")
        };
        assert_eq!(verdict.log(), "1. a\n2. b\nERROR: no");
    }

    #[test]
    fn logs_are_cut_at_a_character() {
        let log = bounded("é".repeat(LOG_BYTES));
        assert!(log.len() <= LOG_BYTES && log.len() >= LOG_BYTES - 1);
    }
}
