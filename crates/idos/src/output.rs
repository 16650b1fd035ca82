//! What the commands print: results on standard output, errors on standard error.

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
};

use serde_json::Value;

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
    pub(crate) fn print(self, text: &str, json: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{json}")?;
        } else {
            writeln!(out, "{text}")?;
        }
        // Whoever waits for the line must not wait for a buffer.
        out.flush()
    }
}

/// Prints an error and what caused it.
pub(crate) fn print_error(error: &dyn Error) {
    // Without standard error there is nobody to tell; the exit code remains.
    let _ = io::stderr().lock().write_all(describe(error).as_bytes());
}

/// An error and what caused it, in one line for programs.
pub(crate) fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// A path for programs. JSON holds text only: what is none of a name is shown by a replacement
/// character, as people see it.
pub(crate) fn text_of(path: &Path) -> String {
    path.display().to_string()
}

/// Text of others for a terminal, which would obey characters of control.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let shown = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(shown)
        })
        .collect()
}

fn describe(error: &dyn Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        let lines = error.to_string().trim_end().replace('\n', "\n    ");
        text += &format!("  caused by: {lines}\n");
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
    fn a_terminal_obeys_nobody() {
        assert_eq!(plain("é\u{1b}[2J\r\u{9b}x"), "é\\u{1b}[2J\\r\\u{9b}x");
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
