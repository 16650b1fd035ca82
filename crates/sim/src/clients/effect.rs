//! What a transaction does to rows, if it takes effect.

use idos_types::Uuid;
use idos_wire::TxCode;

/// A row that a client made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Row {
    Attribute(Uuid),
    Credential(Uuid),
}

/// A row as it is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Made {
    pub(crate) row: Row,
    /// The person who makes it for their own profile; an issuer may have another in mind.
    pub(crate) by: Option<usize>,
    /// What it is a copy of.
    pub(crate) original: Option<Row>,
    /// Who may read it besides, if it is a copy of an attribute for a consumer.
    pub(crate) share: Option<Share>,
}

/// For whom a copy of an attribute is, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Share {
    pub(crate) consumer: usize,
    pub(crate) value: String,
}

/// What a transaction does to rows, if it takes effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing that is looked for.
    Other,
    /// Nothing at all: who sends it may not do it, so that it takes no effect.
    Forbidden,
    /// A row is made.
    Makes(Made),
    /// A person erases a row; nothing happens if it is not theirs.
    Erases(Row, usize),
    /// A person erases everything.
    ErasesAll(usize),
}

/// A transaction that a client sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) action: String,
    pub(crate) effect: Effect,
    /// What the client was told, if it was told that it is in a block.
    pub(crate) acknowledged: Option<TxCode>,
}

impl Effect {
    /// A row that a person makes for their own profile, of which it is a copy or not.
    pub(crate) fn own(row: Row, by: usize, original: Option<Row>) -> Self {
        Self::Makes(Made {
            row,
            by: Some(by),
            original,
            share: None,
        })
    }

    /// A row that an issuer makes for a person.
    pub(crate) fn issued(row: Row) -> Self {
        Self::Makes(Made {
            row,
            by: None,
            original: None,
            share: None,
        })
    }

    /// The effect, unless it is one that nobody may have.
    pub(crate) fn unless(self, is_forbidden: bool) -> Self {
        match is_forbidden {
            true => Self::Forbidden,
            false => self,
        }
    }
}
