//! Who validates from the first block on.

use std::{collections::BTreeSet, ops::Deref, path::Path};

use idos_ledger::GenesisValidator;
use idos_types::{Identity, NodeAddress, ValidatorKey, limits::VALIDATORS};
use idos_wallet::{AuthType, Sender};
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use thiserror::Error;

use super::values::{operator, parse_owner};
use crate::config::{self, SettingsError};

/// The validators of a genesis, each key and each address once, in the order of their keys: the
/// order in a file means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirstValidators(Vec<GenesisValidator>);

/// Why validators cannot be those of a genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValidatorsError {
    /// More than a set has.
    #[error("at most {VALIDATORS} validators are allowed")]
    TooMany,
    /// Two with one key.
    #[error("the key {0} is there twice, each node has its own")]
    Key(ValidatorKey),
    /// Two at one address.
    #[error("the address {0} is there twice, each node has its own")]
    Address(NodeAddress),
}

impl FirstValidators {
    /// These validators, in whatever order they come.
    pub fn new(mut validators: Vec<GenesisValidator>) -> Result<Self, ValidatorsError> {
        if validators.len() > VALIDATORS {
            return Err(ValidatorsError::TooMany);
        }
        let (mut keys, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for validator in &validators {
            if !keys.insert(validator.key) {
                return Err(ValidatorsError::Key(validator.key));
            }
            if !addresses.insert(validator.address) {
                return Err(ValidatorsError::Address(validator.address));
            }
        }
        validators.sort_unstable_by_key(|validator| validator.key);
        Ok(Self(validators))
    }

    /// Reads the text of a file that has nothing but validators, as a genesis has them; `path` is for
    /// errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let Tables { validators } = config::parse(text, path)?;
        validators.check_operators(path)?;
        Ok(validators)
    }

    /// Refuses operators that were folded to lower case: a mistyped one could not be told any more.
    pub(super) fn check_operators(&self, path: &Path) -> Result<(), SettingsError> {
        let is_exact =
            |validator: &GenesisValidator| parse_owner(validator.operator.as_str()).is_ok();
        if self.0.iter().all(is_exact) {
            return Ok(());
        }
        Err(SettingsError::Conflict {
            path: path.to_owned(),
            key: "validators.operator",
            reason: "is in lower case, as only the state of an earlier chain has it",
        })
    }

    /// The tables of the file. No text needs escaping: identities consist of letters, digits and
    /// a colon.
    pub(super) fn to_toml(&self) -> String {
        let table = |validator: &GenesisValidator| {
            let GenesisValidator {
                key,
                operator,
                address,
            } = validator;
            format!(
                "[[validators]]\nkey = \"{key}\"\noperator = \"{operator}\"\naddress = \"{address}\"\n"
            )
        };
        let tables: Vec<_> = self.0.iter().map(table).collect();
        tables.join("\n")
    }
}

impl Deref for FirstValidators {
    type Target = [GenesisValidator];

    fn deref(&self) -> &[GenesisValidator] {
        &self.0
    }
}

/// A file of validators.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    validators: FirstValidators,
}

/// A validator as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(deserialize_with = "key")]
    key: ValidatorKey,
    #[serde(deserialize_with = "operator")]
    operator: Identity,
    #[serde(deserialize_with = "address")]
    address: NodeAddress,
}

impl<'de> Deserialize<'de> for FirstValidators {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TableVisitor)
    }
}

struct TableVisitor;

impl<'de> Visitor<'de> for TableVisitor {
    type Value = FirstValidators;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a table [[validators]] for each validator")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tables: A) -> Result<Self::Value, A::Error> {
        let mut validators = Vec::new();
        while let Some(table) = tables.next_element::<Table>()? {
            validators.push(GenesisValidator {
                key: table.key,
                operator: table.operator,
                address: table.address,
            });
        }
        FirstValidators::new(validators).map_err(de::Error::custom)
    }
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ValidatorKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    ValidatorKey::from_hex(&text)
        // Not every 32 bytes can verify a vote.
        .filter(|key| Sender::parse(AuthType::Ed25519, &key.0).is_ok())
        .ok_or_else(|| {
            de::Error::custom("a voting key is an ed25519 key of 64 lower-case hexadecimal digits")
        })
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NodeAddress, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::genesis::Genesis;

    const OWNER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    const XRPL: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
    const KEYS: [&str; 2] = [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ];

    fn table(key: &str, operator: &str, address: &str) -> String {
        format!("[[validators]]\nkey = '{key}'\noperator = '{operator}'\naddress = '{address}'\n")
    }

    fn genesis(tables: &str) -> Result<Genesis, SettingsError> {
        let base = Genesis::new("idos-1", OWNER, 1).unwrap().to_file();
        Genesis::parse(&format!("{base}{tables}"), Path::new("genesis.toml"))
    }

    fn two() -> [String; 2] {
        [
            table(KEYS[0], OWNER, "192.0.2.1:8485"),
            table(KEYS[1], XRPL, "[2001:DB8::1]:8485"),
        ]
    }

    #[test]
    fn the_order_in_the_file_means_nothing() {
        let [one, other] = two();
        let read = genesis(&format!("{one}{other}")).unwrap();
        assert_eq!(read.validators.len(), 2);
        assert_eq!(read, genesis(&format!("{other}{one}")).unwrap());
        assert_eq!(
            read.hash(),
            genesis(&format!("{other}{one}")).unwrap().hash()
        );
        assert_ne!(read.hash(), genesis(&one).unwrap().hash());
        // And what is written is what was read.
        let again = Genesis::parse(&read.to_file(), Path::new("genesis.toml")).unwrap();
        assert_eq!(again, read);
        assert_eq!(again.validators[0].operator, Identity::of(XRPL));
    }

    /// Its checksum is lost, which a mistyped one would not have.
    #[test]
    fn an_operator_in_lower_case_is_one_of_a_restarted_network_alone() {
        let lower = table(KEYS[1], &XRPL.to_lowercase(), "192.0.2.1:8485");
        let error = genesis(&lower).unwrap_err();
        assert!(matches!(error, SettingsError::Conflict { .. }), "{error}");
    }

    #[test]
    fn there_may_be_none_and_not_too_many() {
        assert!(genesis("").unwrap().validators.is_empty());
        let many = |count: usize| {
            let validators = (0..count).map(|at| GenesisValidator {
                key: ValidatorKey([u8::try_from(at).unwrap(); 32]),
                operator: Identity::of(OWNER),
                address: format!("192.0.2.1:{}", at + 1).parse().unwrap(),
            });
            FirstValidators::new(validators.collect())
        };
        assert_eq!(many(VALIDATORS).unwrap().len(), VALIDATORS);
        assert_eq!(many(VALIDATORS + 1), Err(ValidatorsError::TooMany));
    }

    #[test]
    fn errors_name_the_file_and_the_key() {
        let [one, other] = two();
        let both = |other: String| format!("{one}{other}");
        for (tables, key, cause) in [
            (both(one.clone()), "validators", "twice"),
            (
                both(other.replace(KEYS[1], KEYS[0])),
                "validators",
                "the key d75a",
            ),
            (
                both(other.replace("[2001:DB8::1]", "192.0.2.1")),
                "validators",
                "the address 192",
            ),
            (
                one.replace("d75a", "d75"),
                "validators[0].key",
                "voting key",
            ),
            (
                one.replace(KEYS[0], &KEYS[0].to_uppercase()),
                "validators[0].key",
                "lower-case",
            ),
            (
                one.replace(KEYS[0], &"0".repeat(64)),
                "validators[0].key",
                "voting key",
            ),
            (
                both(other.replace(XRPL, "alice")),
                "validators[1].operator",
                "the owner is none of",
            ),
            (
                both(other.replace("]:8485", "]:0")),
                "validators[1].address",
                "IP address",
            ),
            (
                one.replace("192.0.2.1", "localhost"),
                "validators[0].address",
                "IP address",
            ),
            (
                both(other.replace("address", "adress")),
                "validators[1].adress",
                "unknown field",
            ),
            ("validators = 1".to_owned(), "validators", "integer"),
            ("validators = [1]".to_owned(), "validators[0]", "integer"),
        ] {
            let error = genesis(&tables).unwrap_err();
            let SettingsError::Key { key: named, .. } = &error else {
                panic!("{tables}: {error}");
            };
            assert!(error.to_string().contains("genesis.toml"));
            let source = error.source().unwrap().to_string();
            assert!(source.contains(cause), "{tables}: {source}");
            assert_eq!(named, key, "{tables}: {source}");
        }
        // What is missing is told by its name and its line.
        let error = genesis(&one.replace("address", "# address")).unwrap_err();
        let source = error.source().unwrap().to_string();
        assert!(source.contains("missing field `address`"), "{source}");
    }
}
