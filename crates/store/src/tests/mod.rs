//! Tests of the whole crate on databases in folders of their own, and the rows they share.

mod apply;
mod blocks;
mod contents;
mod copies;
mod corrupt;
mod counts;
mod derived;
mod erasure;
mod every_row;
mod look;
mod marks;
mod opening;
mod page_gap;
mod plans;
mod readers;
mod scrub;
mod state;
mod sync;
mod tree;
mod unwritten;

use std::path::PathBuf;

use idos_ledger::{
    AccessGrant, Attribute, AttributeCopy, AttributeGrant, Change, Credential, CredentialCopy,
    CredentialHeader, Delegate, GrantOrigin, Inserter, Motion, NextValue, Parameter, ParameterName,
    Party, PartyKeys, PasswordStore, Roles, Row, User, Validator, ValidatorStatus, Vote, Wallet,
};
use idos_proof::Root;
use idos_types::{BlockTime, Digest, Member, Uuid, ValidatorKey, ValidatorSet, WalletType};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    BlockWrite, Database, Head, NewBlock, Options, Readers, Receipt, SaltSeed, Snapshot, Writer,
};

/// Tables that are not counted by themselves.
const OF_OTHERS: [&str; 5] = [
    "tree",
    "tree_changes",
    "leaf_rows",
    "contents",
    "removed_contents",
];

const SEED: SaltSeed = SaltSeed::Private(Digest([7; 32]));

/// A database that disappears with the test.
struct Node {
    writer: Writer,
    readers: Readers,
    folder: TempDir,
}

impl Node {
    fn new() -> Self {
        Self::with(&Options {
            cache_mib: 4,
            readers: 2,
        })
    }

    fn with(options: &Options) -> Self {
        let folder = TempDir::new().unwrap();
        let (writer, readers) = Database::open(folder.path(), options).unwrap();
        Self {
            writer,
            readers,
            folder,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    /// A connection that knows nothing of this crate.
    fn raw(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    fn next_height(&self) -> u64 {
        self.writer
            .head()
            .unwrap()
            .map_or(1, |head| head.height + 1)
    }

    /// Commits what `write` does as the next block.
    fn block<T>(&mut self, write: impl FnOnce(&mut BlockWrite<'_>) -> T) -> T {
        let height = self.next_height();
        let mut block = self.writer.begin_block(height).unwrap();
        let answer = write(&mut block);
        block.commit(new_block(height)).unwrap();
        answer
    }

    /// Starts the next block.
    fn begin(&mut self) -> BlockWrite<'_> {
        let height = self.next_height();
        self.writer.begin_block(height).unwrap()
    }

    /// Checks that the tree is that of the rows, and returns its root.
    fn root(&self) -> Root {
        self.writer.check_rows().unwrap()
    }

    fn put(&mut self, rows: impl IntoIterator<Item = Row>) {
        let changes: Vec<_> = rows.into_iter().map(Change::Put).collect();
        self.block(|block| block.apply(&changes, &SEED)).unwrap();
    }

    fn read<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> T) -> T {
        self.readers.read(read).unwrap()
    }

    /// How many rows all tables have, pages of the tree and contents left out.
    fn row_count(&self) -> usize {
        let is_row = |row: &&String| !OF_OTHERS.iter().any(|table| row.starts_with(table));
        self.dump().iter().filter(is_row).count()
    }

    /// Every row of every table, as text, but for the numbers that contents have in this database.
    fn dump(&self) -> Vec<String> {
        let conn = self.raw();
        let mut names = conn
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap();
        let names: Vec<String> = names
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut dump = Vec::new();
        for name in names {
            let order = match name.as_str() {
                "contents" => "ORDER BY content",
                _ => "",
            };
            let sql = format!("SELECT * FROM {name} {order}");
            let mut statement = conn.prepare(&sql).unwrap();
            let is_own =
                |column: &&str| *column == "content_id" || name == "contents" && *column == "id";
            let names = statement.column_names().enumerate();
            let columns: Vec<_> = names
                .filter(|(_, column)| !is_own(column))
                .map(|(at, _)| at)
                .collect();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<_> = columns
                    .iter()
                    .map(|column| row.get_ref(*column).unwrap())
                    .collect();
                dump.push(format!("{name}: {values:?}"));
            }
        }
        dump
    }
}

fn new_block(height: u64) -> NewBlock {
    NewBlock {
        hash: Digest::of(&height.to_le_bytes()),
        time: BlockTime::from_millis(height * 1_000),
        header: vec![1, 2, 3],
    }
}

/// What is stored of [`new_block`].
fn head(height: u64, root: Root) -> Head {
    let NewBlock { hash, time, header } = new_block(height);
    Head {
        height,
        hash,
        time,
        header,
        root,
    }
}

/// Ids are numbers in tests.
fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn user(number: u128) -> User {
    User {
        id: id(number),
        recipient_encryption_public_key: "key".into(),
        encryption_password_store: PasswordStore::Mpc,
        inserter: "idos".into(),
        gas_allowance: u128::MAX,
        claimed: true,
        erased: false,
    }
}

fn wallet(number: u128, user: u128) -> Wallet {
    Wallet {
        id: id(number),
        user_id: id(user),
        address: format!("0xAbC{number}"),
        public_key: Some(format!("pk{number}")),
        wallet_type: WalletType::Evm,
        message: "message".into(),
        signature: "signature".into(),
        inserter: None,
    }
}

fn credential(number: u128, user: u128) -> Credential {
    Credential {
        header: CredentialHeader {
            id: id(number),
            user_id: id(user),
            verifiable_credential_id: Some(format!("vc{number}")),
            public_notes: "{}".into(),
            encryptor_public_key: "encryptor".into(),
            issuer_auth_public_key: "AbCd".into(),
            inserter: Some("idos".into()),
        },
        content: "content".into(),
    }
}

fn copy(copy: u128, original: Option<u128>) -> CredentialCopy {
    CredentialCopy {
        copy_id: id(copy),
        original_id: original.map(id),
        notes: String::new(),
    }
}

fn attribute(number: u128, user: u128) -> Attribute {
    Attribute {
        id: id(number),
        user_id: id(user),
        attribute_key: "name".into(),
        value: "value".into(),
        inserter: None,
    }
}

fn attribute_copy(copy: u128, original: u128) -> AttributeCopy {
    AttributeCopy {
        copy_id: id(copy),
        original_id: id(original),
    }
}

fn attribute_grant(copy: u128, owner: u128, grantee: &str) -> AttributeGrant {
    AttributeGrant {
        copy_id: id(copy),
        owner: id(owner),
        grantee: grantee.into(),
    }
}

fn grant(number: u128, owner: u128, grantee: &str, data: u128, height: u64) -> AccessGrant {
    AccessGrant {
        id: id(number),
        owner: id(owner),
        grantee: grantee.into(),
        data_id: id(data),
        locked_until: 5,
        expires_at: 6,
        content_hash: Some("hash".into()),
        height,
        origin: GrantOrigin::DelegatedAccessGrant,
        origin_id: "origin".into(),
    }
}

fn inserter(number: u128, name: &str) -> Inserter {
    Inserter {
        id: id(number),
        name: name.into(),
    }
}

fn delegate(address: &str, inserter: u128) -> Delegate {
    Delegate {
        address: address.into(),
        inserter_id: id(inserter),
    }
}

fn party(number: u128, roles: &str) -> Party {
    Party {
        id: id(number),
        address: format!("0x{number}"),
        roles: Roles::parse(roles).unwrap(),
        version: 2,
    }
}

fn party_keys(party: u128, version: i64) -> PartyKeys {
    PartyKeys {
        party_id: id(party),
        version,
        name: "Party".into(),
        did: Some("did:web:party".into()),
        signing_public_key: "signing".into(),
        encryption_public_key: "encryption".into(),
        signature: "signature".into(),
        height: 9,
    }
}

fn validator(number: u8, operator: &str) -> Validator {
    Validator {
        key: ValidatorKey([number; 32]),
        operator: operator.into(),
        address: format!("192.0.2.{number}:8485").parse().unwrap(),
        status: ValidatorStatus::Ready,
        expires_at: 7,
        height: 8,
    }
}

fn validator_set(numbers: &[u8]) -> ValidatorSet {
    let members = numbers.iter().map(|number| {
        let Validator { key, address, .. } = validator(*number, "");
        Member { key, address }
    });
    ValidatorSet::new(members.collect()).unwrap()
}

fn motion(name: &str, proposer: &str) -> Motion {
    Motion {
        id: Digest::of(name.as_bytes()),
        action: name.into(),
        arguments: "[]".into(),
        proposer: proposer.into(),
        expires_at: 5,
        height: 6,
    }
}

fn vote(motion: &str, operator: &str) -> Vote {
    Vote {
        motion: Digest::of(motion.as_bytes()),
        operator: operator.into(),
    }
}

fn retention(next: Option<NextValue>) -> Parameter {
    Parameter {
        name: ParameterName::BodyRetentionSeconds,
        value: 60,
        next,
    }
}

/// Sets the nonce of an account, whatever it was.
fn set_nonce(
    block: &mut BlockWrite<'_>,
    account: &crate::AccountDigest,
    nonce: u64,
    seed: &SaltSeed,
) -> Result<(), crate::StoreError> {
    let found = block.account(account)?;
    block.set_nonce(found, nonce, seed)
}

fn receipt(hash: Digest, height: u64, position: u32) -> Receipt {
    Receipt {
        hash,
        height,
        position,
        kind: "add_wallet".into(),
        code: u16::MAX,
        log: "log".into(),
        sender_proof: Digest::of(b"sender"),
    }
}
