//! The tables of the state.

use crate::row::Row;

/// A table of the state. The order is that of references: a table refers only to earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(
    missing_docs,
    reason = "each variant is the table of the row of its name"
)]
pub enum Table {
    Users,
    Wallets,
    Credentials,
    CredentialCopies,
    Attributes,
    AttributeCopies,
    AttributeGrants,
    AccessGrants,
    Inserters,
    Delegates,
    Parties,
    PartyKeys,
    UsedWriteGrants,
    SpentMessages,
    Validators,
    ValidatorSets,
    Motions,
    Votes,
    Parameters,
    Due,
    Accounts,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 21] = [
        Self::Users,
        Self::Wallets,
        Self::Credentials,
        Self::CredentialCopies,
        Self::Attributes,
        Self::AttributeCopies,
        Self::AttributeGrants,
        Self::AccessGrants,
        Self::Inserters,
        Self::Delegates,
        Self::Parties,
        Self::PartyKeys,
        Self::UsedWriteGrants,
        Self::SpentMessages,
        Self::Validators,
        Self::ValidatorSets,
        Self::Motions,
        Self::Votes,
        Self::Parameters,
        Self::Due,
        Self::Accounts,
    ];

    /// Its name: in the database, in the leaves of the state tree and in the salts of rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Wallets => "wallets",
            Self::Credentials => "credentials",
            Self::CredentialCopies => "shared_credentials",
            Self::Attributes => "user_attributes",
            Self::AttributeCopies => "shared_user_attributes",
            Self::AttributeGrants => "attribute_grants",
            Self::AccessGrants => "access_grants",
            Self::Inserters => "inserters",
            Self::Delegates => "delegates",
            Self::Parties => "parties",
            Self::PartyKeys => "party_keys",
            Self::UsedWriteGrants => "consumed_write_grants",
            Self::SpentMessages => "spent_messages",
            Self::Validators => "validators",
            Self::ValidatorSets => "validator_sets",
            Self::Motions => "motions",
            Self::Votes => "votes",
            Self::Parameters => "params",
            Self::Due => "due",
            Self::Accounts => "accounts",
        }
    }

    /// The table of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The version of the form that its rows are encoded in. Whoever changes what
    /// [`Row::encode`] writes for a table raises its version, and [`crate::decode_row`] goes on
    /// reading the earlier ones.
    pub fn schema_version(self) -> u32 {
        match self {
            Self::Users
            | Self::Wallets
            | Self::Credentials
            | Self::CredentialCopies
            | Self::Attributes
            | Self::AttributeCopies
            | Self::AttributeGrants
            | Self::AccessGrants
            | Self::Inserters
            | Self::Delegates
            | Self::Parties
            | Self::PartyKeys
            | Self::UsedWriteGrants
            | Self::SpentMessages
            | Self::Validators
            | Self::ValidatorSets
            | Self::Motions
            | Self::Votes
            | Self::Parameters
            | Self::Due
            | Self::Accounts => 1,
        }
    }

    /// Whether lists of its rows come in the order in which they were first written. Then a row's
    /// [`crate::Place`] is part of what the network agrees on.
    pub fn is_ordered(self) -> bool {
        match self {
            Self::Wallets
            | Self::Credentials
            | Self::CredentialCopies
            | Self::Attributes
            | Self::AttributeCopies
            | Self::AttributeGrants
            | Self::AccessGrants
            | Self::Delegates
            | Self::Parties
            | Self::Validators
            | Self::Motions => true,
            Self::Users
            | Self::Inserters
            | Self::PartyKeys
            | Self::UsedWriteGrants
            | Self::SpentMessages
            | Self::ValidatorSets
            | Self::Votes
            | Self::Parameters
            | Self::Due
            | Self::Accounts => false,
        }
    }
}

impl Row {
    /// The table it is in.
    pub fn table(&self) -> Table {
        match self {
            Self::User(_) => Table::Users,
            Self::Wallet(_) => Table::Wallets,
            Self::Credential(_) => Table::Credentials,
            Self::CredentialCopy(_) => Table::CredentialCopies,
            Self::Attribute(_) => Table::Attributes,
            Self::AttributeCopy(_) => Table::AttributeCopies,
            Self::AttributeGrant(_) => Table::AttributeGrants,
            Self::AccessGrant(_) => Table::AccessGrants,
            Self::Inserter(_) => Table::Inserters,
            Self::Delegate(_) => Table::Delegates,
            Self::Party(_) => Table::Parties,
            Self::PartyKeys(_) => Table::PartyKeys,
            Self::UsedWriteGrant(_) => Table::UsedWriteGrants,
            Self::SpentMessage(_) => Table::SpentMessages,
            Self::Validator(_) => Table::Validators,
            Self::ValidatorSet(..) => Table::ValidatorSets,
            Self::Motion(_) => Table::Motions,
            Self::Vote(_) => Table::Votes,
            Self::Parameter(_) => Table::Parameters,
            Self::Due(_) => Table::Due,
            Self::Account(_) => Table::Accounts,
        }
    }
}
