//! What can go wrong in a flow of a person, an issuer or a consumer, and who has to do something.

use idos_credential::{IssueError, ListError, Seconds};
use idos_crypto::{
    KeyError, KeyRingError, OpenError, RandomError, SaltError, SealError, UnlockError,
};
use idos_ledger::{Failure, USED_WRITE_GRANTS};
use idos_types::{CredentialId, Digest, GrantId, PartyId, Uuid};
use idos_wallet::TextError;
use idos_wire::ErrorCode;
use thiserror::Error;

use crate::{
    error::{Error, Owner},
    execute::Executed,
    person::KEY_RING_ATTRIBUTE,
    wallet::SignError,
};

/// Why one credential or attribute of a person does not open. Whoever may add something to a profile
/// may seal it to any key, so that lists have this in the place of that one, and not as their own end.
#[derive(Debug, Error)]
#[error(
    "the {what} {id} does not open with the keys of this profile; whoever wrote it must explain"
)]
pub struct NotOpened {
    /// What it is.
    pub what: &'static str,
    /// Which.
    pub id: Uuid,
    /// Why not.
    #[source]
    pub source: Box<FlowError>,
}

/// Why a flow did not come to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FlowError {
    /// What was asked of the network.
    #[error(transparent)]
    Client(#[from] Error),
    /// A node said that a write was executed, and the state does not show it.
    #[error(
        "the node {node} says that transaction {hash} was executed, but no proof shows that: look \
         whether it was before it is repeated, and leave that node out"
    )]
    Unproved {
        /// The transaction.
        hash: Digest,
        /// The URL of the node.
        node: String,
        /// Why nothing could be proved, if it could not.
        #[source]
        source: Option<Box<FlowError>>,
    },
    /// A node said that a write was executed, and no node can prove what it changed.
    #[error(
        "transaction {hash} was executed, as a node says, and no node proves what it changed, as where a list is too \
         long: look whether it did before it is repeated"
    )]
    Unprovable {
        /// The transaction.
        hash: Digest,
        /// What the nodes said.
        #[source]
        source: Box<FlowError>,
    },
    /// The wallet has no profile.
    #[error("this wallet has no profile: an issuer has to create one for it")]
    NoProfile,
    /// There is nothing with this id, or not for this wallet.
    #[error("there is no {what} {id} for this wallet; the caller must look at the list again")]
    NotFound {
        /// Of what.
        what: &'static str,
        /// Which.
        id: Uuid,
    },
    /// No credential with this content is shared with the caller.
    #[error(
        "no credential with the content that the grant names is shared with this issuer: whoever has it \
         must submit the grant"
    )]
    NoSuchContent,
    /// The password is not the one of the profile's key.
    #[error("the password is wrong: the key it gives is not the one that the profile shows")]
    WrongPassword,
    /// The id of the person is no salt.
    #[error(transparent)]
    Salt(#[from] SaltError),
    /// The profile has no key ring.
    #[error("the profile has no key ring: its key comes from the password alone")]
    NoKeyRing,
    /// The key ring does not open.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The key ring cannot be read or changed.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// Somebody else changed the key ring meanwhile.
    #[error(
        "the key ring was changed meanwhile, on another device as a rule: unlock it again, and repeat \
         what you did"
    )]
    KeyRingChanged,
    /// The key of the ring was replaced, and the profile did not get the new one.
    #[error(
        "the key was replaced, and the key ring opens by what it was replaced with only; but the profile \
         may show the former key still: unlock the key ring again, which finishes that"
    )]
    KeyNotShown(#[source] Box<FlowError>),
    /// The profile shows a key that is none of the person's.
    #[error(
        "the profile shows an encryption key that is none of this person's: neither the profile \
         nor the key ring is to be used"
    )]
    ForeignKey,
    /// Keys were given whose public key the profile does not show.
    #[error(
        "nothing was stored: the keys that were given are not those of the profile, which shows another \
         encryption key"
    )]
    OtherKeys,
    /// A key cannot be read.
    #[error("the key of {whose} cannot be read")]
    Key {
        /// Whose it is.
        whose: &'static str,
        /// Why not.
        source: KeyError,
    },
    /// A text cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A text does not open.
    #[error("what was fetched does not open with the key of this party")]
    Open(#[from] OpenError),
    /// Something of the person does not open.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// An attribute was to be called as the key ring is.
    #[error(
        "nothing was stored: an attribute {KEY_RING_ATTRIBUTE} is taken for the key ring, without which \
         nothing opens; name another key"
    )]
    ReservedKey,
    /// A sealed attribute is in a form that this program does not know.
    #[error("the attribute is sealed in a form that is not known; update this program")]
    AttributeForm,
    /// The content is not what the grant says.
    #[error(
        "the content of credential {0} is not the one that its grant names: whoever shared it \
         put something else in its place"
    )]
    Swapped(CredentialId),
    /// What is shared cannot end then.
    #[error(
        "nothing was shared: an end at {} is in the past, or not after the lock; name a later one",
        .0.rfc3339()
    )]
    EndTooEarly(Seconds),
    /// Not all of a sharing could be done, and what was done is undone.
    #[error("nothing is shared: a part of it failed, and the copy was taken back; try again")]
    TakenBack(#[source] Box<FlowError>),
    /// Not all of a sharing could be done, and what was done could not be undone.
    #[error(
        "the copy {copy} was made and shared by the grant {grant}, but its end could not be set, and it \
         could not be taken back: revoke the grant, or set the end that it lacks; under a lock only that \
         is possible"
    )]
    HalfShared {
        /// The copy.
        copy: CredentialId,
        /// The grant on it.
        grant: GrantId,
        /// What failed.
        #[source]
        source: Box<FlowError>,
    },
    /// Nobody could tell whether a sharing that was to end was done.
    #[error(
        "it cannot be said whether the copy {copy} was made and shared: look for it in the list of grants, and \
         set the end that it lacks, or revoke the grant"
    )]
    PerhapsShared {
        /// The copy.
        copy: CredentialId,
        /// Why that cannot be said.
        #[source]
        source: Box<FlowError>,
    },
    /// A newer version was shared, and the grant on the older one did not end.
    #[error(
        "the newer version is shared as the copy {copy}, but the grant {older} on the older one may be \
         live still: revoke it, or renew again, which offers to end it"
    )]
    OlderStays {
        /// The copy of the newer version.
        copy: CredentialId,
        /// The grant on the older version.
        older: GrantId,
        /// Why it did not end.
        #[source]
        source: Box<FlowError>,
    },
    /// A recipient's key is not the one that it published.
    #[error(
        "the key that was given for {grantee} is not the one that it published on the network: \
         nothing was shared; whoever gave the key must explain"
    )]
    RecipientKey {
        /// The recipient.
        grantee: String,
    },
    /// The network admitted nobody of this name.
    #[error("the network admitted no party {0}: check the id, or name the recipient as unlisted")]
    NoParty(PartyId),
    /// A list that takes several pages changed whenever it was read.
    #[error("the list of {0} changed between its pages, again and again: try again")]
    ListMoved(&'static str),
    /// The network admitted nobody with this address.
    #[error("the network admitted no party with the address {0}")]
    UnknownRecipient(String),
    /// A party has no keys yet.
    #[error("the party {0} has published no keys; it must publish them first")]
    NoPartyKeys(PartyId),
    /// A party was not admitted for this.
    #[error("the party {party} was not admitted as {role}; the network decides that by vote")]
    Role {
        /// Which party.
        party: PartyId,
        /// As what.
        role: &'static str,
    },
    /// A grant that a person signed is for somebody else.
    #[error("the signed grant is for another {0}: ask the person for one that names this one")]
    OtherGrant(&'static str),
    /// A text cannot be signed.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The rules refuse the values of a text.
    #[error(transparent)]
    Rules(#[from] Failure),
    /// The wallet did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A credential cannot be issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// A status list cannot be changed or read.
    #[error(transparent)]
    StatusList(#[from] ListError),
    /// A revocation cannot be taken back.
    #[error("entry {0} is revoked, and a revocation is for good; issue a new credential")]
    Revoked(usize),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// There is no randomness for an id.
    #[error("the operating system gives no randomness")]
    Id(#[from] getrandom::Error),
    /// A proof answers another question. It cannot happen with answers that were verified.
    #[error("the proved answer is one to another question")]
    OtherAnswer,
}

impl FlowError {
    /// Whether the network refuses a write grant because something was issued by it before: perhaps
    /// what is to be issued now.
    pub fn is_used_write_grant(&self) -> bool {
        matches!(
            self,
            Self::Client(Error::Refused { message, .. }) if message.contains(USED_WRITE_GRANTS)
        )
    }

    /// Nobody is to blame if what was executed cannot be proved for this reason.
    pub(crate) fn unprovable(executed: &Executed, source: Self) -> Self {
        Self::Unprovable {
            hash: executed.hash,
            source: Box::new(source),
        }
    }

    /// Whether every node that answered refuses to prove what was asked: a list may have more rows than an answer shows.
    pub(crate) fn is_beyond_proof(&self) -> bool {
        matches!(
            self,
            Self::Client(Error::Refused {
                code: Some(ErrorCode::Engine),
                ..
            })
        )
    }

    /// Who has to do something about it.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Client(error) => error.owner(),
            Self::NotOpened(item) => item.source.owner(),
            Self::TakenBack(source)
            | Self::KeyNotShown(source)
            | Self::HalfShared { source, .. }
            | Self::PerhapsShared { source, .. }
            | Self::OlderStays { source, .. } => source.owner(),
            Self::Swapped(_) | Self::RecipientKey { .. } | Self::NoPartyKeys(_) => {
                Owner::Counterparty
            }
            Self::Key { .. } | Self::Open(_) | Self::OtherGrant(_) => Owner::Counterparty,
            Self::ForeignKey | Self::OtherAnswer | Self::Unproved { .. } => Owner::Node,
            Self::Unlock(UnlockError::Altered | UnlockError::Old { .. }) => Owner::Node,
            _ => Owner::Caller,
        }
    }
}
