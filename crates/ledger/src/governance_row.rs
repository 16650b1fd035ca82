//! Rows by which the network governs itself: validators, motions with their votes, parameters.

use idos_types::{Digest, NodeAddress, ValidatorKey};

/// A node that validates, or wants to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validator {
    /// The key it votes by.
    pub key: ValidatorKey,
    /// Caller text of who runs it, folded to lower case.
    pub operator: String,
    /// Where other nodes reach it.
    pub address: NodeAddress,
    /// How far it has come. Whether it validates in an epoch is in the set of the epoch.
    pub status: ValidatorStatus,
    /// When a request lapses: seconds since 1970; 0 once it is approved.
    pub expires_at: i64,
    /// Height of the block that gave it this status.
    pub height: u64,
}

/// How far a validator has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValidatorStatus {
    /// Its operator asked; the network has not agreed.
    Requested,
    /// The network agreed: it follows the chain, and does not vote.
    Observer,
    /// Its operator says that it follows: it is in every set that is fixed from now on.
    Ready,
    /// It is in no set that is fixed from now on.
    Leaving,
}

impl ValidatorStatus {
    const ALL: [Self; 4] = [Self::Requested, Self::Observer, Self::Ready, Self::Leaving];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Observer => "observer",
            Self::Ready => "ready",
            Self::Leaving => "leaving",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the network agreed to it and it has not left: it has a place that counts.
    pub(crate) fn is_approved(self) -> bool {
        matches!(self, Self::Observer | Self::Ready)
    }
}

/// A call of an owner's action that operators vote on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Motion {
    /// Digest of the action and its arguments.
    pub id: Digest,
    /// Name of the action.
    pub action: String,
    /// The arguments in their order, a JSON array.
    pub arguments: String,
    /// Operator who voted first.
    pub proposer: String,
    /// When it ends without effect: seconds since 1970.
    pub expires_at: i64,
    /// Height of the block that made it.
    pub height: u64,
}

/// An operator's vote for a motion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vote {
    /// What for.
    pub motion: Digest,
    /// Caller text of the operator, folded to lower case.
    pub operator: String,
}

/// What operators can set by vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterName {
    /// Seconds for which bodies of transactions are kept after their block.
    BodyRetentionSeconds,
    /// The version of the rules.
    ProtocolVersion,
}

impl ParameterName {
    pub(crate) const ALL: [Self; 2] = [Self::BodyRetentionSeconds, Self::ProtocolVersion];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::BodyRetentionSeconds => "body_retention_seconds",
            Self::ProtocolVersion => "protocol_version",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// A parameter that was set; what was never set has its default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Which one.
    pub name: ParameterName,
    /// Its value, until the next one counts.
    pub value: u64,
    /// The value that counts from a height on, if one was decided ahead.
    pub next: Option<NextValue>,
}

/// A value that counts from a height on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextValue {
    /// The value.
    pub value: u64,
    /// The first height at which it counts.
    pub from_height: u64,
}

impl Parameter {
    /// The value at a height.
    pub fn at(&self, height: u64) -> u64 {
        match self.next {
            Some(next) if height >= next.from_height => next.value,
            _ => self.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for status in ValidatorStatus::ALL {
            assert_eq!(ValidatorStatus::parse(status.name()), Some(status));
        }
        for name in ParameterName::ALL {
            assert_eq!(ParameterName::parse(name.name()), Some(name));
        }
        assert_eq!(ValidatorStatus::parse("active"), None);
        assert_eq!(ParameterName::parse("epoch_blocks"), None);
    }

    #[test]
    fn a_value_counts_from_its_height_on() {
        let parameter = Parameter {
            name: ParameterName::ProtocolVersion,
            value: 1,
            next: Some(NextValue {
                value: 2,
                from_height: 10,
            }),
        };
        assert_eq!([9, 10, 11].map(|height| parameter.at(height)), [1, 2, 2]);
    }
}
