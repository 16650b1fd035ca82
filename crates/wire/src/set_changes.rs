//! The result of `idos.set_changes`: along what light clients walk from epoch to epoch.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer, ser::SerializeSeq as _};

use crate::results::base64_len;

/// What proves who validates, epoch by epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SetChanges {
    /// Encoded set changes: the first establishes the validators of the epoch that was asked for,
    /// each other those of the epoch after the one before it. None if the epoch is not fixed yet,
    /// or not certified; fewer than there are if they are many.
    #[serde(serialize_with = "all_base64")]
    pub changes: Vec<Vec<u8>>,
}

impl SetChanges {
    /// About how many bytes it takes in JSON, by which an answer finds room at once.
    pub fn weight(&self) -> usize {
        let quoted = |change: &Vec<u8>| base64_len(change.len()) + "\"\",".len();
        "{\"changes\":[]}".len() + self.changes.iter().map(quoted).sum::<usize>()
    }
}

fn all_base64<S: Serializer>(all: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(all.len()))?;
    for bytes in all {
        sequence.serialize_element(&BASE64_STANDARD.encode(bytes))?;
    }
    sequence.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_base64() {
        let changes = SetChanges {
            changes: vec![vec![0, 1, 255], vec![2]],
        };
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(text, r#"{"changes":["AAH/","Ag=="]}"#);
        assert!(changes.weight() >= text.len());
    }
}
