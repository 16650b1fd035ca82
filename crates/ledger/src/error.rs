//! Why an action or a view did not happen. Texts are part of the protocol: applications show them.

use idos_types::{DataType, NodeAddressError};
use thiserror::Error;

use crate::state::StateError;

/// Why nothing happened.
#[derive(Debug, Error)]
pub enum Failure {
    /// The call itself is wrong: no rule was asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The state could not be read; says nothing about the action.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What a rule returns.
pub type Outcome<T> = Result<T, Failure>;

/// A call that does not fit the catalogue, or that this caller can never make. The fault of the
/// client's developer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// Only `main` exists.
    #[error("namespace \"{0}\" does not exist")]
    UnknownNamespace(String),
    /// No such action.
    #[error("unknown action: action \"{0}\" does not exist in namespace \"main\"")]
    UnknownAction(String),
    /// An action that only other actions use.
    #[error("action is private: action {0} is private")]
    Private(String),
    /// An action of the network's owner, called by somebody who is neither owner nor voter.
    #[error("action is owner-only: action {0} can only be executed by the owner")]
    OwnerOnly(&'static str),
    /// A writing action where only views are allowed.
    #[error(
        "connection is read-only and cannot mutate state: action \"{0}\" requires a writer connection"
    )]
    ReadOnly(&'static str),
    /// More than one call of an action that stands alone in its transaction.
    #[error("\"{0}\" is called once in a transaction: send one for each call")]
    Lone(&'static str),
    /// A view whose answer no proof tells.
    #[error("the answer of \"{0}\" cannot be proved: call it without proof, on several nodes")]
    NotProvable(&'static str),
    /// Too many or too few arguments.
    #[error(
        "action invocation error: action \"{action}\" expected {expected} arguments, but got {got}"
    )]
    ArgumentCount {
        /// The action.
        action: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// An argument of another type.
    #[error(
        "type error: action \"{action}\" expected argument {position} to be of type {expected}, but got {got}"
    )]
    ArgumentType {
        /// The action.
        action: &'static str,
        /// Which argument, from 1.
        position: usize,
        /// What it takes.
        expected: DataType,
        /// What came.
        got: DataType,
    },
}

/// A rule of the catalogue, or one of ours, refuses. The fault is the caller's, and the text tells
/// what to do where that is not plain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the text of each variant says what it means")]
pub enum Refusal {
    #[error("null value for parameter \"{0}\", which needs a value")]
    Null(&'static str),
    #[error("parameter \"{parameter}\" is {bytes} bytes long, at most {max} are allowed")]
    TooLong {
        parameter: &'static str,
        bytes: usize,
        max: usize,
    },
    #[error("parameter \"{0}\" cannot be empty")]
    Empty(&'static str),
    #[error("at most {max} {what} are allowed, remove some first")]
    Quota { what: &'static str, max: usize },

    #[error(
        "null value in column \"user_id\" of relation \"{0}\" violates not-null constraint (SQLSTATE 23502)"
    )]
    NoProfile(&'static str),
    #[error("duplicate key value violates unique constraint \"{0}\" (SQLSTATE 23505)")]
    Duplicate(&'static str),
    #[error(
        "insert or update on table \"{table}\" violates foreign key constraint \"{constraint}\" (SQLSTATE 23503)"
    )]
    ForeignKey {
        table: &'static str,
        constraint: &'static str,
    },
    #[error(
        "new row for relation \"{table}\" violates check constraint \"{constraint}\" (SQLSTATE 23514)"
    )]
    Check {
        table: &'static str,
        constraint: &'static str,
    },

    #[error("Unauthorized inserter")]
    UnauthorizedInserter,
    #[error(
        "the owner alone decides about this profile, another inserter created it or its owner has taken over: a delegated write grant by the owner is needed"
    )]
    OwnerDecides,
    #[error("only what the same inserter issued with the same key can be replaced")]
    NotIssuedByCaller,

    #[error("unsupported wallet type")]
    UnsupportedWalletType,
    #[error("wallet is invalid")]
    InvalidWallet,
    #[error("wallet require a public_key to be given")]
    PublicKeyRequired,
    #[error("wallet public key already exists in idos")]
    PublicKeyExists,
    #[error("wallet address already exists in idos")]
    AddressExists,
    #[error(
        "this signed message was used before, sign a new one with another text, for example with a nonce in it"
    )]
    MessageSpent,
    #[error(
        "You can not delete a wallet you are connected with. To delete this wallet you have to connect other wallet."
    )]
    ConnectedWallet,
    #[error("an inserter links one wallet of a person, the owner adds the others")]
    SecondWallet,
    #[error("the wallet is not linked to a profile")]
    NotLinked,
    #[error("this is the only wallet of the profile, erase the profile instead")]
    OnlyWallet,

    #[error("signature is wrong")]
    WrongSignature,
    #[error("can not edit shared credential")]
    SharedCredential,
    #[error("the credential does not belong to the caller")]
    NotOwnCredential,
    #[error("there are locked access grants for this credential")]
    LockedCredential,
    #[error("can not find the credential shared to you")]
    NotSharedToCaller,
    #[error("original credential does not belong to the caller")]
    NotOwnOriginal,
    #[error("a copy cannot be shared again, share the original")]
    CopyOfCopy,
    #[error("shared credentials cannot have public_notes, it must be an empty string")]
    NotesOnCopy,
    #[error("the credential does not exist")]
    NoCredential,
    #[error("the credential is not shared with the caller")]
    NotShared,

    #[error("Can not edit shared attribute")]
    SharedAttribute,
    #[error("original attribute does not belong to the caller")]
    NotOwnAttribute,

    #[error("a grant with the same grantee, copy_credential_id, and locked_until already exists")]
    GrantExists,
    #[error("locked_until has to be 0 or a time in seconds since 1970")]
    NegativeLock,
    #[error("locked_until can be at most ten years ahead")]
    LockTooLong,
    #[error("the access grant not found")]
    NoGrant,
    #[error("the grant is locked")]
    GrantLocked,
    #[error("a grant can end only in the future and not before its lock")]
    WrongExpiry,
    #[error("page has to be a positive integer")]
    WrongPage,
    #[error("size has to be a positive integer")]
    WrongSize,
    #[error("size can be at most {0}")]
    LargeSize(i64),

    #[error("credentials issuer must be an issuer of delegated write grant")]
    ForeignIssuer,
    #[error("dwg_owner not found")]
    NoWriteGrantOwner,
    #[error("{0}: invalid date, it has to be of the form yyyy-mm-ddThh:mm:ssZ")]
    Date(&'static str),
    #[error("dwg_not_before must be before dwg_not_after")]
    WriteGrantTimes,
    #[error("not_usable_before must be before not_usable_after")]
    MessageTimes,
    #[error("this write grant can only be used after dwg_not_before and before dwg_not_after")]
    WriteGrantWindow,
    #[error("verify owner failed")]
    WriteGrantSignature,
    #[error("an original credential signature is wrong")]
    OriginalSignature,
    #[error("a copy credential signature is wrong")]
    CopySignature,
    #[error("dag_owner not found")]
    NoAccessGrantOwner,
    #[error("the dag_signature is invalid")]
    AccessGrantSignature,
    #[error("the data_id does not belong to the owner")]
    ForeignData,
    #[error(
        "this delegated access grant ended, the same message cannot make it again: sign one with another dag_locked_until, or share the credential anew"
    )]
    AccessGrantSpent,
    #[error("parameter \"{0}\" cannot contain a line break")]
    LineBreak(&'static str),

    #[error("no wallet with balance found")]
    NoBalance,
    #[error("invalid token")]
    InvalidToken,
    #[error("credential not found")]
    CredentialNotFound,
    #[error("namespace \"{0}_token_bridge\" does not exist")]
    NoBridge(&'static str),

    #[error("unknown role, known are issuer, consumer and operator, each at most once")]
    UnknownRole,
    #[error("the party does not exist")]
    NoParty,
    #[error("only the party itself can publish its keys")]
    ForeignParty,
    #[error("invalid {0}")]
    InvalidKey(&'static str),
    #[error("the signature of the party's keys is wrong")]
    PartySignature,
    #[error(
        "the party operates validators, or has asked to: remove them and wait until get_validators no longer lists them"
    )]
    OperatesValidators,

    #[error("the operators of the validators decide this by vote now, the owner no longer does")]
    OperatorsVote,
    #[error("the caller has no vote for such a motion")]
    NoVote,

    #[error("only a party with the role operator, or the network's owner, can ask to join")]
    NoOperator,
    #[error(transparent)]
    NodeAddress(NodeAddressError),
    #[error("the signature by the voting key is wrong, it signs the text of validator_message")]
    ValidatorSignature,
    #[error("the validator does not exist")]
    NoValidator,
    #[error("only the operator of the validator can do this")]
    ForeignValidator,
    #[error("the network has not approved the validator yet")]
    NotApproved,
    #[error(
        "the validator leaves, it can ask to join again once get_validators no longer lists it"
    )]
    ValidatorLeaves,
    #[error("no validator would be left")]
    LastValidator,

    #[error("unknown parameter, known are body_retention_seconds and protocol_version")]
    UnknownParameter,
    #[error("{name} has to be from {least} to {most}")]
    ParameterRange {
        name: &'static str,
        least: u64,
        most: u64,
    },
    #[error("{name} can change at height {earliest} or later")]
    EarlyParameter { name: &'static str, earliest: u64 },
    #[error(
        "protocol_version changes with an epoch: at height {earliest}, or a multiple of {blocks} later"
    )]
    ProtocolHeight {
        /// The first height at which it can change.
        earliest: u64,
        /// How many heights an epoch has.
        blocks: u64,
    },
}
