//! What the explorer answers, as in the OpenAPI document. Digests and keys are lower-case
//! hexadecimal; times of blocks are milliseconds since 1970, ends of grants seconds since 1970.

use serde::{Deserialize, Serialize};

/// A block in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockSummary {
    /// Its height.
    pub height: u64,
    /// Digest of its header.
    pub hash: String,
    /// When it was made.
    pub time: u64,
    /// How many of its transactions changed something.
    pub transactions: u64,
    /// Whether more than two thirds of the validators signed the state after it.
    pub certified: bool,
}

/// Blocks, the highest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BlockList {
    /// The blocks.
    pub blocks: Vec<BlockSummary>,
    /// What `before` has to be to go on, if there are more.
    pub next: Option<u64>,
}

/// A block with everything that anybody may know of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Digest of its header.
    pub hash: String,
    /// The header itself.
    pub header: String,
    /// Hash of the block before; none before the first.
    pub parent: Option<String>,
    /// Key of the validator that proposed it; the genesis has none.
    pub proposer: Option<String>,
    /// When it was made.
    pub time: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Root hash of the state after it.
    pub root: String,
    /// How many leaves the state had then.
    pub leaves: u64,
    /// Its transactions that changed something.
    pub transactions: Vec<TransactionSummary>,
    /// What certifies the state after it, if this node has it.
    pub certificate: Option<Certified>,
    /// Whether a higher block exists.
    pub has_next: bool,
}

/// A certificate, and who signed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Certified {
    /// The certificate as `docs/state-tree.md` defines it.
    pub bytes: String,
    /// Keys of those who signed.
    pub signers: Vec<String>,
    /// How many validators the epoch had.
    pub validators: u64,
}

/// What became of a transaction. Who sent it and what it says is for its sender only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransactionSummary {
    /// Its hash.
    pub hash: String,
    /// Height of its block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub position: u32,
    /// The name of its action or of its payload.
    pub kind: String,
    /// Result code; 0 for success.
    pub code: u16,
}

/// A grant as anybody may see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Who may read.
    pub grantee: String,
    /// The name that a party with the grantee's address published for itself.
    pub grantee_name: Option<String>,
    /// What may be read.
    pub data_id: String,
    /// Until when the owner cannot revoke; 0 for no lock.
    pub locked_until: i64,
    /// When it ends by itself; 0 for never.
    pub expires_at: i64,
    /// Height of the block that made it.
    pub height: u64,
}

/// Grants, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GrantList {
    /// The grants.
    pub grants: Vec<Grant>,
    /// How many there are in all, if that is known.
    pub total: Option<u64>,
    /// What `before` has to be to go on, if there are more.
    pub next: Option<String>,
}

/// What proves that a grant is in the state, without the row that holds it: `docs/proofs.md`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GrantProof {
    /// The certified height.
    pub height: u64,
    /// Its certificate.
    pub certificate: String,
    /// The grant's id.
    pub id: String,
    /// Who may read, as in the list whose leaf is proved.
    pub grantee: String,
    /// What may be read, as in the index whose entry is proved.
    pub data_id: String,
    /// Value of the leaf in the list of the grantee.
    pub leaf: String,
    /// Proves that leaf.
    pub grantee_proof: String,
    /// Value of the entry in the index of what may be read.
    pub entry: String,
    /// Proves that entry.
    pub data_proof: String,
}

/// A validator, or a node on its way to be one or to leave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Validator {
    /// Its key.
    pub key: String,
    /// The identity of its operator.
    pub operator: String,
    /// The name that the operator published for itself as a party.
    pub operator_name: Option<String>,
    /// Where other nodes reach it.
    pub address: String,
    /// `requested`, `observer`, `ready` or `leaving`.
    pub status: String,
    /// Whether it votes in the running epoch.
    pub votes: bool,
    /// How many of the newest certificates carry its signature.
    pub signed: u64,
    /// The newest height whose certificate carries it, among these.
    pub last_signed: Option<u64>,
    /// When that block was made.
    pub last_signed_time: Option<u64>,
    /// When the request lapses, in seconds since 1970; 0 for never.
    pub expires_at: i64,
    /// Height of the block that last changed the row.
    pub height: u64,
}

/// Validators and the others, in the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ValidatorList {
    /// The running epoch.
    pub epoch: u64,
    /// Over how many of the newest certificates signatures are counted.
    pub counted: u64,
    /// The nodes.
    pub validators: Vec<Validator>,
}

/// Something that operators vote on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Motion {
    /// Its id.
    pub id: String,
    /// The action that is to be done.
    pub action: String,
    /// Its arguments as JSON.
    pub arguments: String,
    /// The identity of the operator who proposed it.
    pub proposer: String,
    /// When it lapses, in seconds since 1970.
    pub expires_at: i64,
    /// Height of the block that made it.
    pub height: u64,
    /// Identities of the operators who agreed.
    pub votes: Vec<String>,
}

/// What is open to be voted on, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MotionList {
    /// The motions.
    pub motions: Vec<Motion>,
    /// What `offset` has to be to go on, if there are more.
    pub next: Option<u64>,
}

/// A parameter of the network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// What it will be.
    pub next: Option<PlannedValue>,
}

/// A value that a parameter will have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlannedValue {
    /// The value.
    pub value: u64,
    /// From which height on.
    pub from_height: u64,
}

/// How large the network is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sizes {
    /// Persons with a profile.
    pub people: u64,
    /// Parties: issuers, consumers and operators that published keys or hold a role.
    pub parties: u64,
    /// Accounts that sent a transaction.
    pub accounts: u64,
    /// Leaves of the state.
    pub leaves: u64,
    /// Transactions that this node has receipts of.
    pub transactions: u64,
    /// Credentials, copies included; none if counting takes too long.
    pub credentials: Option<u64>,
    /// Access grants; none if counting takes too long.
    pub grants: Option<u64>,
}

/// What a light client trusts to start from. The format is that of the SDK.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The chain.
    #[serde(rename = "chainId")]
    pub chain_id: String,
    /// The epoch in decimal digits.
    pub epoch: String,
    /// The encoded sets of validators of this epoch and of the one after it.
    pub sets: [String; 2],
}

/// The network as this node sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Network {
    /// The chain.
    pub chain_id: String,
    /// Hash of the first header, which commits to the genesis.
    pub genesis: String,
    /// The validators of the first two epochs, from which others are proved; none if the network
    /// started without any.
    pub checkpoint: Option<Checkpoint>,
    /// Digest of the checkpoint, by which people compare it.
    pub fingerprint: Option<String>,
    /// The newest executed height.
    pub height: u64,
    /// When that block was made.
    pub block_time: u64,
    /// The newest certified height.
    pub certified_height: u64,
    /// The running epoch.
    pub epoch: u64,
    /// Blocks of an epoch.
    pub epoch_blocks: u64,
    /// Validators of the next block.
    pub validators: u64,
    /// How many of them have to sign: more than two thirds.
    pub quorum: u64,
    /// Whether this node can serve clients.
    pub healthy: bool,
    /// Key of the node that answers.
    pub node: String,
    /// How large the network is.
    pub sizes: Sizes,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// What happened within a minute of block time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MinuteSample {
    /// When the minute began, in milliseconds since 1970.
    pub time: u64,
    /// Blocks made in it.
    pub blocks: u64,
    /// Transactions in these that changed something.
    pub transactions: u64,
}

/// How long the certificate of a height took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CertificateSample {
    /// The height.
    pub height: u64,
    /// Milliseconds from the time in the block, by its proposer's clock, until this node had the
    /// certificate, by its own clock.
    pub millis: u64,
}

/// What the plots show.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stats {
    /// The last sixty minutes, the oldest first: from the headers and receipts of this node.
    pub minutes: Vec<MinuteSample>,
    /// The newest certificates, the oldest first: measured by this node since it started.
    pub certificates: Vec<CertificateSample>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// What is wrong, and who must do what.
    pub error: String,
}
