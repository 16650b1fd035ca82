//! What every other crate talks about: typed ids, wallet identities, SQL values, block time,
//! limits, bounded decoding, and what is shown of texts of others. No input, no output, no rules.

mod digest;
mod epoch;
mod id;
mod identity;
pub mod limits;
mod reader;
mod time;
mod unseen;
mod validator;
mod value;

pub use digest::Digest;
pub use epoch::EpochLength;
pub use id::{
    AttributeId, CredentialId, GrantId, InserterId, PartyId, UserId, WalletId, WriteGrantId,
};
pub use identity::{Identity, WalletType, fold};
pub use reader::{ReadError, Reader};
pub use time::{BlockTime, DateError, parse_date};
pub use unseen::{inert, is_unseen, shown_name};
pub use uuid::Uuid;
pub use validator::{
    Member, NodeAddress, NodeAddressError, ValidatorKey, ValidatorSet, ValidatorSetError,
};
pub use value::{DataType, Scalar, Value};
