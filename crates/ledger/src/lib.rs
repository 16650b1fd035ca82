//! The rules of the product. Given an action, a caller, a block and a view of the state, they
//! return row changes or a typed refusal. Pure: no clock, no disk, no network, no randomness.
//!
//! Each family of actions is one file, which declares its actions (name, typed parameters,
//! columns) and their rules side by side. [`actions`] lists them all, [`execute`] and [`view`] run
//! one, [`work_off`] does what is due, [`end_epoch`] what happens with the last block of an epoch.

mod access_grants;
mod attributes;
mod catalogue;
mod content;
mod context;
mod cost;
mod credentials;
mod delegated_access;
mod describe;
mod due;
mod electorate;
mod epochs;
mod erasure;
mod error;
mod evidence;
mod execute;
mod governance_row;
mod grants;
mod inserters;
mod issued;
mod leaves;
mod motions;
mod notes;
mod paging;
mod parameters;
mod parties;
mod party_text;
mod place;
mod proofs;
mod put_back;
mod removal;
mod row;
mod row_decoding;
mod row_encoding;
mod shares;
mod state;
mod table;
mod text;
mod tokens;
mod users;
mod validator_text;
mod validators;
mod wallets;
mod write_grants;

pub use catalogue::{
    Access, Action, ActionParameter, Column, NAMESPACE, actions, check_calls, find,
};
pub use content::Content;
pub use context::{Block, Caller, CallerWallet, Context, Effects, Network, Rows};
pub use cost::Cost;
pub use describe::{DESCRIPTION_COLUMNS, describe};
pub use due::work_off;
pub use epochs::{
    GenesisValidator, Membership, Pace, end_epoch, epoch_fixed_by, genesis, is_observer_waiting,
    membership, pace, restart,
};
pub use error::{CallError, Failure, Outcome, Refusal};
pub use evidence::{
    Answer, AnswerError, ClaimFault, Claimed, ClaimedRow, Contents, Evidence, Found, FoundRow,
    GrantPage, Grants, Kind, Proved, ProvedAnswer, Question, SharedCredential, answer, verify,
};
pub use execute::{Call, Standing, claim, execute, standing, view};
pub use governance_row::{
    Motion, NextValue, Parameter, ParameterName, Validator, ValidatorStatus, Vote,
};
pub use issued::MORE_TO_EDIT;
pub use leaves::{LeafKeys, List};
pub use parameters::{next_protocol_version, parameter, protocol_version};
pub use party_text::party_message;
pub use place::Place;
pub use proofs::{Claims, Proofs};
pub use row::{
    AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Change, Credential,
    CredentialCopy, CredentialHeader, Deadline, Delegate, Due, GrantOrigin, Inserter, Key,
    ListedCredential, Party, PartyKeys, PasswordStore, Roles, Row, User, Wallet,
};
pub use row_decoding::{RowError, decode_row};
pub use state::{HeldCredentials, Page, State, StateError, StateResult};
pub use table::Table;
pub use validator_text::validator_message;
pub use write_grants::USED_WRITE_GRANTS;
