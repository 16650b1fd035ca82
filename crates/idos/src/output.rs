//! What the commands print: results on standard output, errors on standard error.

use std::{
    error::Error,
    io::{self, Write},
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
    fn causes_are_part_of_an_error() {
        let error = Outer(io::Error::other("inner\nwith a line\n"));
        assert_eq!(
            describe(&error),
            "error: outer\n  caused by: inner\n    with a line\n"
        );
    }
}
