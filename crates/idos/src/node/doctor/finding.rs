//! What a check found.

use serde_json::{Value as Json, json};

use crate::command::output::inert_lines;

/// How it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// As it should be.
    Sound,
    /// Nothing is wrong; the operator should know, and decide.
    Noted,
    /// Not as it should be.
    Wrong,
    /// It could not be looked at.
    Unseen,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    /// The check.
    pub(super) check: &'static str,
    pub(super) state: State,
    /// How it is, in words.
    pub(super) text: String,
    /// What to do about it, if anything.
    pub(super) advice: String,
}

impl Finding {
    pub(super) fn sound(check: &'static str, text: impl Into<String>) -> Self {
        Self::new(check, State::Sound, text, "")
    }

    pub(super) fn noted(
        check: &'static str,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Noted, text, advice)
    }

    pub(super) fn wrong(
        check: &'static str,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Wrong, text, advice)
    }

    pub(super) fn unseen(
        check: &'static str,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Unseen, text, advice)
    }

    fn new(
        check: &'static str,
        state: State,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state,
            text: text.into(),
            advice: advice.into(),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let word = match self.state {
            State::Sound => "ok",
            State::Noted => "note",
            State::Wrong => "WRONG",
            State::Unseen => "?",
        };
        // Nodes have a part in these texts.
        let mut text = format!("{word:<6} {:<10} {}", self.check, inert_lines(&self.text));
        if !self.advice.is_empty() {
            text += &format!("\n                  -> {}", inert_lines(&self.advice));
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Json {
        let state = match self.state {
            State::Sound => "sound",
            State::Noted => "noted",
            State::Wrong => "wrong",
            State::Unseen => "unseen",
        };
        json!({
            "check": self.check,
            "state": state,
            "text": self.text,
            "advice": (!self.advice.is_empty()).then_some(&self.advice),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_steers_no_terminal() {
        let finding = Finding::wrong("node", "of \u{1b}[2J", "name\u{7}");
        let text = finding.text();
        assert!(
            text.contains("of \\u{1b}[2J") && text.ends_with("name\\u{7}"),
            "{text}"
        );
    }
}
