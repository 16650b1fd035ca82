//! The ways to secure a credential.

use serde::{Deserialize, Serialize};

use crate::key::KeyKind;

/// A suite of Data Integrity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Suite {
    /// Ed25519 over canonical JSON: binds every value to its field whatever the contexts are. The
    /// default.
    #[serde(rename = "eddsa-jcs-2022")]
    EddsaJcs2022,
    /// Ed25519 over canonical RDF.
    #[serde(rename = "eddsa-rdfc-2022")]
    EddsaRdfc2022,
    /// ECDSA on P-256 or P-384 over canonical RDF.
    #[serde(rename = "ecdsa-rdfc-2019")]
    EcdsaRdfc2019,
    /// The older Ed25519 over canonical RDF, which the official SDK issues and reads.
    Ed25519Signature2020,
    /// BBS over every statement of the canonical RDF: the holder may show some of them.
    #[serde(rename = "bbs-2023")]
    Bbs2023,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 5] = [
        Self::EddsaJcs2022,
        Self::EddsaRdfc2022,
        Self::EcdsaRdfc2019,
        Self::Ed25519Signature2020,
        Self::Bbs2023,
    ];

    /// Its standard name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EddsaJcs2022 => "eddsa-jcs-2022",
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::Ed25519Signature2020 => "Ed25519Signature2020",
            Self::Bbs2023 => "bbs-2023",
        }
    }

    /// The suite of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// The suite that a proof of this `type` and `cryptosuite` is of.
    pub(crate) fn of_proof(r#type: &str, cryptosuite: Option<&str>) -> Option<Self> {
        match (r#type, cryptosuite) {
            ("Ed25519Signature2020", None) => Some(Self::Ed25519Signature2020),
            ("DataIntegrityProof", Some(name)) => {
                Self::of_name(name).filter(|suite| *suite != Self::Ed25519Signature2020)
            }
            _ => None,
        }
    }

    /// Whether keys of this kind sign by it.
    pub fn takes(self, kind: KeyKind) -> bool {
        match self {
            Self::EddsaJcs2022 | Self::EddsaRdfc2022 | Self::Ed25519Signature2020 => {
                kind == KeyKind::Ed25519
            }
            Self::EcdsaRdfc2019 => matches!(kind, KeyKind::P256 | KeyKind::P384),
            Self::Bbs2023 => kind == KeyKind::Bls12381G2,
        }
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
