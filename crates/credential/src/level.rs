//! How well a person is identified.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// How much of a person's data was checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum BaseLevel {
    /// An identity document.
    Basic,
    /// Also a proof of the residential address.
    Plus,
}

/// What was checked besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AddOn {
    /// The person was there: a selfie.
    Liveness,
    /// An address of electronic mail.
    Email,
    /// A telephone number.
    PhoneNumber,
}

impl AddOn {
    const ALL: [Self; 3] = [Self::Liveness, Self::Email, Self::PhoneNumber];

    fn name(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Email => "email",
            Self::PhoneNumber => "phoneNumber",
        }
    }
}

/// A level with its add-ons, such as `plus+liveness+email`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Level {
    /// The base.
    pub base: BaseLevel,
    /// What was checked besides.
    pub add_ons: BTreeSet<AddOn>,
}

/// A text names no level.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no level: write basic or plus, then +liveness, +email, +phoneNumber")]
pub struct LevelError(String);

impl Level {
    /// Whether this is as high as `required` and has all its add-ons.
    pub fn satisfies(&self, required: &Self) -> bool {
        self.base >= required.base && self.add_ons.is_superset(&required.add_ons)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.base {
            BaseLevel::Basic => "basic",
            BaseLevel::Plus => "plus",
        })?;
        self.add_ons
            .iter()
            .try_for_each(|add_on| write!(f, "+{}", add_on.name()))
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        let error = || LevelError(text.chars().take(64).collect());
        let mut parts = text.split('+');
        let base = match parts.next() {
            Some("basic") => BaseLevel::Basic,
            Some("plus") => BaseLevel::Plus,
            _ => return Err(error()),
        };
        let mut add_ons = BTreeSet::new();
        for part in parts {
            let add_on = AddOn::ALL.into_iter().find(|add_on| add_on.name() == part);
            if !add_ons.insert(add_on.ok_or_else(error)?) {
                return Err(error());
            }
        }
        Ok(Self { base, add_ons })
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(text: &str) -> Level {
        text.parse().unwrap()
    }

    #[test]
    fn levels_survive_their_text() {
        for text in [
            "basic",
            "plus",
            "plus+liveness+email+phoneNumber",
            "basic+email",
        ] {
            assert_eq!(level(text).to_string(), text);
        }
        for text in [
            "",
            "gold",
            "basic+",
            "basic+email+email",
            "Basic",
            "basic+passport",
        ] {
            assert!(text.parse::<Level>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_higher_level_satisfies_a_lower_one_but_add_ons_are_needed() {
        assert!(level("plus+liveness").satisfies(&level("basic+liveness")));
        assert!(level("plus+liveness+email").satisfies(&level("plus+email")));
        assert!(!level("basic+liveness").satisfies(&level("plus")));
        assert!(!level("plus").satisfies(&level("basic+liveness")));
    }
}
