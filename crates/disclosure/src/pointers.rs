//! What JSON pointers may select: for each of them the library copies what it points to, several times.

use std::iter;

use idos_types::limits::DISCLOSURE_POINTERS;
use serde_json::Value;
use thiserror::Error;

/// Members that every disclosure has, and that no statement is made of.
const NO_STATEMENTS: [&str; 2] = ["@context", "proof"];

/// Why nothing is selected. Pointers are told by where they are in their list, from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PointersError {
    /// Too many.
    #[error("of {0} JSON pointers at most {DISCLOSURE_POINTERS} are allowed")]
    TooMany(usize),
    /// Not of the form of RFC 6901, section 3.
    #[error("pointer {0} is no JSON pointer: it begins with `/`, and `~` is written `~0`")]
    Form(usize),
    /// Into the contexts or the proof.
    #[error("pointer {0} is into the contexts or the proof, which are no statements")]
    NoStatement(usize),
    /// To nothing.
    #[error("the document has nothing at pointer {0}")]
    Nothing(usize),
    /// To what another one selects, too.
    #[error("what pointer {0} selects is selected by another one, too")]
    Twice(usize),
}

/// Checks the JSON pointers of one list: not many of them, each to something that is there and that no
/// other one selects. So they copy the document once at most. That they find something the specification
/// wants as well (`selectPaths` of Data Integrity ECDSA Cryptosuites 1.0).
pub(crate) fn check(document: &Value, pointers: &[&str]) -> Result<(), PointersError> {
    if pointers.len() > DISCLOSURE_POINTERS {
        return Err(PointersError::TooMany(pointers.len()));
    }
    let mut places = Vec::with_capacity(pointers.len());
    for (number, pointer) in iter::zip(1_usize.., pointers) {
        let place = place(pointer).ok_or(PointersError::Form(number))?;
        if place.first().is_some_and(|it| NO_STATEMENTS.contains(it)) {
            return Err(PointersError::NoStatement(number));
        }
        if document.pointer(pointer).is_none() {
            return Err(PointersError::Nothing(number));
        }
        places.push((place, number));
    }
    // In this order a place is followed by what is within it.
    places.sort_unstable();
    for ((outer, _), (place, number)) in iter::zip(&places, places.iter().skip(1)) {
        if place.starts_with(outer) {
            return Err(PointersError::Twice(*number));
        }
    }
    Ok(())
}

/// The names and positions that a pointer goes through, as it writes them; none if it is no pointer.
fn place(pointer: &str) -> Option<Vec<&str>> {
    let is_escape = |rest: &str| rest.starts_with(['0', '1']);
    let place = pointer.strip_prefix('/')?;
    let is_written_right = place.split('~').skip(1).all(is_escape);
    is_written_right.then(|| place.split('/').collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(pointers: &[&str]) -> Result<(), PointersError> {
        let document = json!({
            "@context": ["urn:c"], "proof": {"proofValue": "u"}, "name": "x",
            "list": [{"a": 1, "b": 2}, 2], "list2": 3, "a~b/c": 4, "~tilde": 5,
        });
        check(&document, pointers)
    }

    #[test]
    fn what_is_there_is_selected_once() {
        for right in [
            &[][..],
            &["/name"],
            &["/list", "/list2", "/name"],
            &["/list/0/b", "/list/1", "/list/0/a", "/list2"],
            &["/a~0b~1c"],
        ] {
            assert_eq!(checked(right), Ok(()), "{right:?}");
        }
    }

    #[test]
    fn nothing_is_selected_twice() {
        for (twice, number) in [
            (&["/name", "/list", "/name"][..], 3),
            (&["/list", "/list2", "/list/0"], 3),
            (&["/list/0/a", "/list2", "/list"], 1),
        ] {
            let refused = checked(twice);
            assert_eq!(refused, Err(PointersError::Twice(number)), "{twice:?}");
        }
    }

    /// A reader that takes `00` for an index, or `~t` for text, finds one thing by several pointers.
    #[test]
    fn a_place_has_one_spelling() {
        for other in ["/list/00", "/list/+0", "/list/-", "/", "/list/", "/list/2"] {
            assert_eq!(checked(&[other]), Err(PointersError::Nothing(1)), "{other}");
        }
        let both = checked(&["/~0tilde", "/~tilde"]);
        assert_eq!(both, Err(PointersError::Form(2)));
    }

    #[test]
    fn contexts_and_proof_are_not_selected() {
        for other in ["/@context", "/@context/0", "/proof", "/proof/proofValue"] {
            let refused = checked(&["/name", other]);
            assert_eq!(refused, Err(PointersError::NoStatement(2)), "{other}");
        }
    }

    #[test]
    fn they_are_pointers_and_not_many() {
        for other in ["", "name", "#/name"] {
            assert_eq!(checked(&[other]), Err(PointersError::Form(1)), "{other}");
        }
        let many = checked(&["/name"; DISCLOSURE_POINTERS + 1]);
        assert_eq!(many, Err(PointersError::TooMany(129)));
    }
}
