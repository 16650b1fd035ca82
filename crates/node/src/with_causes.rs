//! Errors as a log or a report tells them.

use std::{error::Error, fmt};

/// An error with all its causes, on one line.
#[derive(Clone, Copy, Debug)]
pub struct WithCauses<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        let mut next = Some(self.0);
        while let Some(error) = next {
            let text = error.to_string().replace('\n', " ");
            // Some errors repeat their cause.
            if !said.contains(&text) {
                if !said.is_empty() {
                    said += ": ";
                }
                said += &text;
            }
            next = error.source();
        }
        f.write_str(&said)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("the node cannot go on")]
    struct Outer(#[source] Inner);

    #[derive(Debug, Error)]
    #[error("a file\ncannot be written: {0}")]
    struct Inner(#[source] io::Error);

    #[test]
    fn every_cause_is_told_once_on_one_line() {
        let error = Outer(Inner(io::Error::other("no space")));
        let text = "the node cannot go on: a file cannot be written: no space";
        assert_eq!(WithCauses(&error).to_string(), text);
    }
}
