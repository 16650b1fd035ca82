//! The result of `idos.prove`: an answer as claims about a certified state.

use std::fmt;

use idos_types::Digest;
use serde::Serialize;

use crate::results::{base64, base64_len, text};

/// What proves the answer of a view.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProveResult {
    /// The height whose state is told.
    pub height: u64,
    /// The encoded certificate of that state.
    #[serde(serialize_with = "base64")]
    pub certificate: Vec<u8>,
    /// What is claimed of the state, in the order in which the question is answered.
    pub claims: Vec<ProvedClaim>,
}

/// One claim with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProvedClaim {
    /// What is claimed: `row`, `absent`, `list`, `index` or `count`.
    pub kind: &'static str,
    /// Of which list: its 32 bytes in the state tree.
    #[serde(serialize_with = "text")]
    pub list: Digest,
    /// How many elements the claim is about.
    pub count: u64,
    /// The rows of the claim.
    pub rows: Vec<ProvedRow>,
    /// The encoded proof.
    #[serde(serialize_with = "base64")]
    pub proof: Vec<u8>,
}

/// A row with what its leaf commits.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ProvedRow {
    /// The table.
    pub table: String,
    /// The version of the table's schema.
    pub schema_version: u32,
    /// The canonical bytes.
    #[serde(serialize_with = "base64")]
    pub row: Vec<u8>,
    /// The content of a credential, where the view shows it.
    pub content: Option<String>,
    /// The row's salt.
    #[serde(serialize_with = "text")]
    pub salt: Digest,
}

/// Rows are personal data: `{:?}` hides them.
impl fmt::Debug for ProvedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvedRow({})", self.table)
    }
}

impl ProveResult {
    /// About how many bytes it takes in JSON, by which an answer finds room at once.
    pub fn weight(&self) -> usize {
        /// Names of members, digests, numbers.
        const AROUND: usize = 256;
        let base64 = |bytes: &Vec<u8>| base64_len(bytes.len());
        let row = |row: &ProvedRow| {
            AROUND + base64(&row.row) + row.content.as_ref().map_or(0, String::len)
        };
        let claim = |claim: &ProvedClaim| {
            AROUND + base64(&claim.proof) + claim.rows.iter().map(row).sum::<usize>()
        };
        base64(&self.certificate) + self.claims.iter().map(claim).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_base64_and_digests_hexadecimal() {
        let result = ProveResult {
            height: 7,
            certificate: vec![0, 1, 255],
            claims: vec![ProvedClaim {
                kind: "row",
                list: Digest([1; 32]),
                count: 1,
                rows: vec![ProvedRow {
                    table: "users".to_owned(),
                    schema_version: 1,
                    row: vec![1],
                    content: None,
                    salt: Digest([2; 32]),
                }],
                proof: vec![2],
            }],
        };
        assert_eq!(
            serde_json::to_value(&result).unwrap(),
            json!({
                "height": 7,
                "certificate": "AAH/",
                "claims": [{
                    "kind": "row",
                    "list": "01".repeat(32),
                    "count": 1,
                    "rows": [{
                        "table": "users", "schema_version": 1, "row": "AQ==", "content": null,
                        "salt": "02".repeat(32),
                    }],
                    "proof": "Ag==",
                }],
            })
        );
        let text = serde_json::to_string(&result).unwrap();
        assert!(result.weight() >= text.len());
        assert!(!format!("{result:?}").contains("salt"));
    }
}
