//! Where rows are in the state tree: the lists they are in, and the leaves they have there.
//!
//! Every row has one leaf that commits it, in the list of rows that it belongs to. Rows that are
//! looked for in other ways too have a leaf in a second list for each: an index entry, which
//! commits the row as well.

use idos_proof::{Element, Leaf, LeafKey, LeafValue, ListId};
use idos_types::{
    AttributeId, CredentialId, Digest, GrantId, Identity, PartyId, UserId, Uuid, ValidatorKey,
    WalletId, fold,
};

use crate::{
    governance_row::ParameterName,
    place::Place,
    row::{CredentialHeader, Due, Key, Row},
    table::Table,
};

/// A list of the state, complete in one subtree: a proof can tell its rows, that it has no more,
/// or that it has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List<'a> {
    /// All rows of a table whose rows have no narrower list.
    All(Table),
    /// The wallets of a person.
    Wallets(UserId),
    /// Index of wallets by who signs with them: the one wallet, or nobody's.
    WalletOf(&'a Identity),
    /// The credentials of a person, copies included.
    Credentials(UserId),
    /// The attributes of a person, copies included.
    Attributes(UserId),
    /// The grants of attributes to a grantee, ignoring case.
    AttributeGrantsTo(&'a str),
    /// The grants to a grantee, ignoring case.
    GrantsTo(&'a str),
    /// Index of grants by the person who gave them.
    GrantsOwned(UserId),
    /// Index of grants by what they let read.
    GrantsOn(CredentialId),
    /// Every version of a party's keys.
    PartyKeys(PartyId),
    /// The votes for a motion.
    Votes(&'a Digest),
}

impl List<'_> {
    /// Its name, of which the list's part of the keys is made together with the owner.
    pub fn name(&self) -> &'static str {
        match self {
            Self::All(table) => table.name(),
            Self::Wallets(_) => Table::Wallets.name(),
            Self::WalletOf(_) => "wallets/identity",
            Self::Credentials(_) => Table::Credentials.name(),
            Self::Attributes(_) => Table::Attributes.name(),
            Self::AttributeGrantsTo(_) => Table::AttributeGrants.name(),
            Self::GrantsTo(_) => Table::AccessGrants.name(),
            Self::GrantsOwned(_) => "access_grants/owner",
            Self::GrantsOn(_) => "access_grants/data",
            Self::PartyKeys(_) => Table::PartyKeys.name(),
            Self::Votes(_) => Table::Votes.name(),
        }
    }

    /// Its place in the tree.
    pub fn id(&self) -> ListId {
        let name = self.name();
        let of = |owner: Uuid| ListId::new(name, owner.as_bytes());
        match self {
            Self::All(_) => ListId::new(name, &[]),
            Self::Wallets(user)
            | Self::Credentials(user)
            | Self::Attributes(user)
            | Self::GrantsOwned(user) => of(user.0),
            Self::WalletOf(identity) => ListId::new(name, identity.as_str().as_bytes()),
            Self::AttributeGrantsTo(grantee) | Self::GrantsTo(grantee) => {
                ListId::new(name, fold(grantee).as_bytes())
            }
            Self::GrantsOn(data) => of(data.0),
            Self::PartyKeys(party) => of(party.0),
            Self::Votes(motion) => ListId::new(name, &motion.0),
        }
    }
}

/// The keys of a row's leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeafKeys {
    /// Of the leaf that commits the row.
    pub row: LeafKey,
    /// Of its index entries.
    pub index: Vec<LeafKey>,
}

impl LeafKeys {
    fn new(element: &[u8], list: &List<'_>, index: &[List<'_>]) -> Self {
        let element = Element::new(element);
        let key = |list: &List<'_>| LeafKey::new(&list.id(), &element);
        Self {
            row: key(list),
            index: index.iter().map(key).collect(),
        }
    }

    fn all(table: Table, element: &[u8]) -> Self {
        Self::new(element, &List::All(table), &[])
    }

    /// The leaves of a row with this value and salt: the one that commits it, then its index entries.
    pub fn leaves<'a>(&'a self, value: LeafValue, salt: &'a Digest) -> impl Iterator<Item = Leaf> {
        let row = Leaf {
            key: self.row,
            value,
        };
        let index = self.index.iter().map(move |key| Leaf {
            key: *key,
            value: LeafValue::index(&key.list(), &value, salt),
        });
        std::iter::once(row).chain(index)
    }

    /// Those of a row.
    pub fn of(row: &Row) -> Self {
        match row {
            Row::User(user) => Self::all(Table::Users, user.id.0.as_bytes()),
            Row::Wallet(wallet) => {
                Self::wallet(wallet.id, wallet.user_id, wallet.identity().as_ref())
            }
            Row::Credential(credential) => {
                Self::credential(credential.header.id, credential.header.user_id)
            }
            Row::CredentialCopy(copy) => {
                Self::all(Table::CredentialCopies, copy.copy_id.0.as_bytes())
            }
            Row::Attribute(attribute) => Self::attribute(attribute.id, attribute.user_id),
            Row::AttributeCopy(copy) => {
                Self::all(Table::AttributeCopies, copy.copy_id.0.as_bytes())
            }
            Row::AttributeGrant(grant) => Self::attribute_grant(grant.copy_id, &grant.grantee),
            Row::AccessGrant(grant) => {
                Self::access_grant(grant.id, grant.owner, &grant.grantee, grant.data_id)
            }
            Row::Inserter(inserter) => Self::all(Table::Inserters, inserter.id.0.as_bytes()),
            Row::Delegate(delegate) => Self::all(Table::Delegates, delegate.address.as_bytes()),
            Row::Party(party) => Self::all(Table::Parties, party.id.0.as_bytes()),
            Row::PartyKeys(keys) => Self::party_keys(keys.party_id, keys.version),
            Row::UsedWriteGrant(id) => Self::all(Table::UsedWriteGrants, id.0.as_bytes()),
            Row::SpentMessage(message) => Self::all(Table::SpentMessages, &message.0),
            Row::Validator(validator) => Self::validator(validator.key),
            Row::ValidatorSet(epoch, _) => Self::validator_set(*epoch),
            Row::Motion(motion) => Self::all(Table::Motions, &motion.id.0),
            Row::Vote(vote) => Self::vote(&vote.motion, &vote.operator),
            Row::Parameter(parameter) => Self::parameter(parameter.name),
            Row::Due(due) => Self::due(due),
            Row::Account(account) => Self::all(Table::Accounts, &account.digest.0),
        }
    }

    /// Those of the row with this key; `None` if they depend on more than the key.
    pub fn of_key(key: &Key) -> Option<Self> {
        Some(match key {
            Key::Wallet(_)
            | Key::Credential(_)
            | Key::Attribute(_)
            | Key::AttributeGrant(_)
            | Key::AccessGrant(_) => return None,
            Key::User(id) => Self::all(Table::Users, id.0.as_bytes()),
            Key::CredentialCopy(id) => Self::all(Table::CredentialCopies, id.0.as_bytes()),
            Key::AttributeCopy(id) => Self::all(Table::AttributeCopies, id.0.as_bytes()),
            Key::Inserter(id) => Self::all(Table::Inserters, id.0.as_bytes()),
            Key::Delegate(address) => Self::all(Table::Delegates, address.as_bytes()),
            Key::Party(id) => Self::all(Table::Parties, id.0.as_bytes()),
            Key::PartyKeys(id, version) => Self::party_keys(*id, *version),
            Key::UsedWriteGrant(id) => Self::all(Table::UsedWriteGrants, id.0.as_bytes()),
            Key::Validator(key) => Self::validator(*key),
            Key::ValidatorSet(epoch) => Self::validator_set(*epoch),
            Key::Motion(id) => Self::all(Table::Motions, &id.0),
            Key::Vote(motion, operator) => Self::vote(motion, operator),
            Key::Parameter(name) => Self::parameter(*name),
            Key::Due(due) => Self::due(due),
        })
    }

    /// Those of a wallet.
    pub fn wallet(id: WalletId, user: UserId, identity: Option<&Identity>) -> Self {
        let index = identity.map(List::WalletOf);
        Self::new(id.0.as_bytes(), &List::Wallets(user), index.as_slice())
    }

    /// Those of a credential.
    pub fn credential(id: CredentialId, user: UserId) -> Self {
        Self::new(id.0.as_bytes(), &List::Credentials(user), &[])
    }

    /// Those of an attribute.
    pub fn attribute(id: AttributeId, user: UserId) -> Self {
        Self::new(id.0.as_bytes(), &List::Attributes(user), &[])
    }

    /// Those of a grant on a copy of an attribute.
    pub fn attribute_grant(copy: AttributeId, grantee: &str) -> Self {
        Self::new(copy.0.as_bytes(), &List::AttributeGrantsTo(grantee), &[])
    }

    /// Those of an access grant.
    pub fn access_grant(id: GrantId, owner: UserId, grantee: &str, data: CredentialId) -> Self {
        let index = [List::GrantsOwned(owner), List::GrantsOn(data)];
        Self::new(id.0.as_bytes(), &List::GrantsTo(grantee), &index)
    }

    fn party_keys(party: PartyId, version: i64) -> Self {
        let element = [party.0.as_bytes().as_slice(), &version.to_be_bytes()].concat();
        Self::new(&element, &List::PartyKeys(party), &[])
    }

    fn validator(key: ValidatorKey) -> Self {
        Self::all(Table::Validators, &key.0)
    }

    fn validator_set(epoch: u64) -> Self {
        Self::all(Table::ValidatorSets, &epoch.to_be_bytes())
    }

    fn vote(motion: &Digest, operator: &str) -> Self {
        Self::new(operator.as_bytes(), &List::Votes(motion), &[])
    }

    fn parameter(name: ParameterName) -> Self {
        Self::all(Table::Parameters, name.name().as_bytes())
    }

    fn due(due: &Due) -> Self {
        Self::all(Table::Due, &due.encode())
    }
}

impl CredentialHeader {
    /// What the leaf that commits the credential holds, if its content has this digest: the same as
    /// [`Row::leaf_value`], without the content.
    pub fn leaf_value(&self, place: Place, salt: &Digest, content: &Digest) -> LeafValue {
        let table = Table::Credentials;
        LeafValue::row(
            table.name(),
            table.schema_version(),
            &self.encode(place, content),
            salt,
        )
    }
}

impl Row {
    /// What the leaf that commits it holds.
    pub fn leaf_value(&self, place: Place, salt: &Digest) -> LeafValue {
        let table = self.table();
        LeafValue::row(
            table.name(),
            table.schema_version(),
            &self.encode(place),
            salt,
        )
    }

    /// All its leaves: the one that commits it, then its index entries.
    pub fn leaves(&self, place: Place, salt: &Digest) -> Vec<Leaf> {
        let value = self.leaf_value(place, salt);
        LeafKeys::of(self).leaves(value, salt).collect()
    }
}
