//! What the commands print: results on standard output, errors on standard error.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write},
    path::Path,
};

use idos_node::WithCauses;
use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroizing;

/// A text of somebody else, for a line on a terminal, which it must not steer.
pub(crate) use idos_types::inert;

/// Standard output takes no result: nobody can be told.
#[derive(Debug, Error)]
#[error("the result cannot be printed")]
pub(crate) struct PrintError(#[from] io::Error);

/// Where and how results are printed.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Text for people, or one JSON object per line for programs.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result in the form that was asked for.
    pub(crate) fn print(self, text: &str, json: &Value) -> Result<(), PrintError> {
        Ok(self.write(text.as_bytes(), json)?)
    }

    /// The same of what somebody else wrote, and what may be no text: as it is, but at a terminal, which
    /// it must not steer.
    pub(crate) fn print_bytes(self, bytes: &[u8], json: &Value) -> Result<(), PrintError> {
        if !self.json && io::stdout().is_terminal() {
            let text = Zeroizing::new(inert_lines(&String::from_utf8_lossy(bytes)));
            return Ok(self.write(text.as_bytes(), json)?);
        }
        Ok(self.write(bytes, json)?)
    }

    fn write(self, bytes: &[u8], json: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{json}")?;
        } else {
            out.write_all(bytes)?;
            writeln!(out)?;
        }
        // Whoever waits for the line must not wait for a buffer.
        out.flush()
    }

    /// Tells whoever sits at the terminal what is about to be done, so that they may still end it.
    pub(crate) fn announce(self, text: &str) {
        let mut terminal = io::stderr().lock();
        if !self.json && terminal.is_terminal() {
            // Nothing hangs on it: what was done is told as the result.
            let _ = writeln!(terminal, "{text}");
        }
    }

    /// Tells people what belongs to the result without being a part of it.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            // Nothing hangs on it: the result has it for programs.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }
}

/// [`inert`] of a text of several lines, which stay lines.
pub(crate) fn inert_lines(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(inert).collect();
    lines.join("\n")
}

/// Prints an error and what caused it.
pub(crate) fn print_error(error: &dyn Error) {
    // Without standard error there is nobody to tell; the exit code remains.
    let _ = io::stderr().lock().write_all(describe(error).as_bytes());
}

/// An error and what caused it, in one line for programs.
pub(crate) fn reason(error: &(dyn Error + 'static)) -> String {
    WithCauses(error).to_string()
}

/// A path for programs. JSON holds text only: what is none of a name is shown by a replacement
/// character, as people see it.
pub(crate) fn text_of(path: &Path) -> String {
    path.display().to_string()
}

fn describe(error: &dyn Error) -> String {
    // Nodes have a part in these texts.
    let lines = |error: &dyn Error, indent: &str| {
        inert_lines(&error.to_string()).replace('\n', &format!("\n{indent}"))
    };
    let mut text = format!("error: {}\n", lines(error, ""));
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("  caused by: {}\n", lines(error, "    "));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn paths_that_are_no_text_are_printed() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

        let path = Path::new(OsStr::from_bytes(b"a/\xff"));
        assert_eq!(text_of(path), "a/\u{fffd}");
    }

    #[test]
    fn texts_of_others_do_not_steer_the_terminal() {
        assert_eq!(inert_lines("a\u{7}\nb\r\n"), "a\\u{7}\nb");
        let error = Outer(io::Error::other("\u{1b}[2J"));
        assert_eq!(describe(&error), "error: outer\n  caused by: \\u{1b}[2J\n");
    }

    #[test]
    fn causes_are_part_of_an_error() {
        let error = Outer(io::Error::other("inner\nwith a line\n"));
        assert_eq!(
            describe(&error),
            "error: outer\n  caused by: inner\n    with a line\n"
        );
        let error = Outer(io::Error::other("inner"));
        assert_eq!(reason(&error), "outer: inner");
    }
}
