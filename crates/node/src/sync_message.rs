//! What nodes say to each other so that one of them gets the state of the others: a version, a kind,
//! and then what the kind says, numbers with their most significant byte first.
//!
//! | Kind | Contents |
//! |---|---|
//! | 0 ask for status | |
//! | 1 ask for a target | |
//! | 2 ask for set changes | the first epoch whose set is not known (8) |
//! | 3 ask for regions | number of the request (4); each: bits (2), prefix, hash (32), leaves (8) |
//! | 4 ask for rows | number of the request (4); each: key (64), value (32) |
//! | 16 status | first height whose block is kept (8), root certificate or nothing |
//! | 17 target | length (4) and root certificate, length (4) and header, the same of the header before the epoch or length 0, finalization certificate |
//! | 18 set changes | each: length (4), set change |
//! | 19 regions | number of the request (4); each: length (4), children, or length 0 |
//! | 20 rows | number of the request (4); each: 0, or 1 and the row |
//!
//! A row is the length (1) and name of its table, its schema version (4), length (4) and canonical
//! bytes, its salt (32), and of a credential length (4) and content. Answers are in the order of what
//! was asked and may end early.

use idos_consensus::{Header, HeaderError};
use idos_ledger::{Row, RowError, Table, decode_row};
use idos_proof::{
    CertificateError, Children, ChildrenError, Leaf, LeafKey, LeafValue, Prefix, Root,
    RootCertificate, SetChange, SetChangeError,
};
use idos_store::StoredRow;
use idos_types::{
    Digest, ReadError, Reader,
    limits::{NAME_BYTES, SYNC_REGIONS, SYNC_ROWS, SYNC_SETS, TRANSACTION_BYTES},
};
use thiserror::Error;

/// Version of the messages, their first byte.
pub(crate) const VERSION: u8 = 1;
const ASK_STATUS: u8 = 0;
const ASK_TARGET: u8 = 1;
const ASK_SETS: u8 = 2;
const ASK_REGIONS: u8 = 3;
const ASK_ROWS: u8 = 4;
const STATUS: u8 = 16;
const TARGET: u8 = 17;
const SETS: u8 = 18;
const REGIONS: u8 = 19;
const ROWS: u8 = 20;

/// A region of the state tree with its root.
pub(crate) type Region = (Prefix, Root);

/// A state that can be fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// Vouches for the state.
    pub(crate) certificate: RootCertificate,
    /// Header of its block.
    pub(crate) header: Header,
    /// Header of the last block of the epoch before, unless there is none.
    pub(crate) before: Option<Header>,
    /// The engine's certificate of its block.
    pub(crate) floor: Vec<u8>,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Message {
    /// How far has the other come, and which blocks does it keep?
    AskStatus,
    /// Which state does it hand out?
    AskTarget,
    /// Who validates from an epoch on?
    AskSets(u64),
    /// What do these regions consist of?
    AskRegions(u32, Vec<Region>),
    /// Which rows do these leaves commit?
    AskRows(u32, Vec<Leaf>),
    /// The first height whose block is kept, and the newest certificate.
    Status(u64, Option<Box<RootCertificate>>),
    /// The state that is handed out.
    Target(Box<Target>),
    /// Changes of validators, from the epoch asked for on.
    Sets(Vec<SetChange>),
    /// What regions consist of; nothing where the sender has others.
    Regions(u32, Vec<Option<Children>>),
    /// Rows; nothing where the sender has others.
    Rows(u32, Vec<Option<StoredRow>>),
}

/// Bytes are not a message. Whoever sent them is at fault.
#[derive(Debug, Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("unknown version {0} or kind {1} of a message")]
    Kind(u8, u8),
    #[error("more than {0} things in a message")]
    TooMany(usize),
    #[error("bits that are no prefix")]
    Prefix,
    #[error("{0} is neither 0 nor 1")]
    Flag(u8),
    #[error("a row of an unknown table")]
    Table,
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    SetChange(#[from] SetChangeError),
    #[error(transparent)]
    Children(#[from] ChildrenError),
    #[error(transparent)]
    Row(#[from] RowError),
}

type Result<T> = std::result::Result<T, MessageError>;

impl Message {
    /// Its one encoding.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::AskStatus => vec![VERSION, ASK_STATUS],
            Self::AskTarget => vec![VERSION, ASK_TARGET],
            Self::AskSets(epoch) => {
                let mut bytes = vec![VERSION, ASK_SETS];
                bytes.extend(epoch.to_be_bytes());
                bytes
            }
            Self::AskRegions(number, regions) => {
                let mut bytes = numbered(ASK_REGIONS, *number);
                for (prefix, root) in regions {
                    bytes.extend(prefix.bits().to_be_bytes());
                    bytes.extend(prefix.bytes());
                    bytes.extend(root.hash.0);
                    bytes.extend(root.count.to_be_bytes());
                }
                bytes
            }
            Self::AskRows(number, leaves) => {
                let mut bytes = numbered(ASK_ROWS, *number);
                for leaf in leaves {
                    bytes.extend(leaf.key.0);
                    bytes.extend(leaf.value.0.0);
                }
                bytes
            }
            Self::Status(kept_from, certificate) => {
                let mut bytes = vec![VERSION, STATUS];
                bytes.extend(kept_from.to_be_bytes());
                if let Some(certificate) = certificate {
                    bytes.extend(certificate.encode());
                }
                bytes
            }
            Self::Target(target) => {
                let mut bytes = vec![VERSION, TARGET];
                put(&mut bytes, &target.certificate.encode());
                put(&mut bytes, &target.header.encode());
                put(
                    &mut bytes,
                    &target.before.map(|it| it.encode()).unwrap_or_default(),
                );
                bytes.extend(&target.floor);
                bytes
            }
            Self::Sets(changes) => {
                let mut bytes = vec![VERSION, SETS];
                changes
                    .iter()
                    .for_each(|change| put(&mut bytes, &change.encode()));
                bytes
            }
            Self::Regions(number, answers) => {
                let mut bytes = numbered(REGIONS, *number);
                for children in answers {
                    let children = children.as_ref().map(Children::encode);
                    put(&mut bytes, &children.unwrap_or_default());
                }
                bytes
            }
            Self::Rows(number, rows) => {
                let mut bytes = numbered(ROWS, *number);
                for row in rows {
                    bytes.push(row.is_some().into());
                    if let Some(row) = row {
                        put_row(&mut bytes, row);
                    }
                }
                bytes
            }
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let message = match (reader.u8()?, reader.u8()?) {
            (VERSION, ASK_STATUS) => Self::AskStatus,
            (VERSION, ASK_TARGET) => Self::AskTarget,
            (VERSION, ASK_SETS) => Self::AskSets(reader.u64_be()?),
            (VERSION, ASK_REGIONS) => {
                let number = reader.u32_be()?;
                Self::AskRegions(number, all(&mut reader, SYNC_REGIONS, region)?)
            }
            (VERSION, ASK_ROWS) => {
                let number = reader.u32_be()?;
                Self::AskRows(number, all(&mut reader, SYNC_ROWS, leaf)?)
            }
            (VERSION, STATUS) => {
                let kept_from = reader.u64_be()?;
                let rest = reader.take(reader.left())?;
                let certificate = match rest {
                    [] => None,
                    bytes => Some(Box::new(RootCertificate::decode(bytes)?)),
                };
                Self::Status(kept_from, certificate)
            }
            (VERSION, TARGET) => Self::Target(Box::new(Target {
                certificate: RootCertificate::decode(taken(&mut reader)?)?,
                header: Header::decode(taken(&mut reader)?)?,
                before: match taken(&mut reader)? {
                    [] => None,
                    bytes => Some(Header::decode(bytes)?),
                },
                floor: reader.take(reader.left())?.to_vec(),
            })),
            (VERSION, SETS) => Self::Sets(all(&mut reader, SYNC_SETS, |reader| {
                Ok(SetChange::decode(taken(reader)?)?)
            })?),
            (VERSION, REGIONS) => {
                let number = reader.u32_be()?;
                let children = |reader: &mut Reader<'_>| {
                    Ok(match taken(reader)? {
                        [] => None,
                        bytes => Some(Children::decode(bytes)?),
                    })
                };
                Self::Regions(number, all(&mut reader, SYNC_REGIONS, children)?)
            }
            (VERSION, ROWS) => {
                let number = reader.u32_be()?;
                Self::Rows(number, all(&mut reader, SYNC_ROWS, row)?)
            }
            (version, kind) => return Err(MessageError::Kind(version, kind)),
        };
        reader.finish()?;
        Ok(message)
    }
}

fn numbered(kind: u8, number: u32) -> Vec<u8> {
    let mut bytes = vec![VERSION, kind];
    bytes.extend(number.to_be_bytes());
    bytes
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    // Nothing here is longer than a message.
    let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend(len.to_be_bytes());
    bytes.extend(part);
}

fn put_row(bytes: &mut Vec<u8>, stored: &StoredRow) {
    let name = stored.row.table().name().as_bytes();
    bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.extend(name);
    bytes.extend(stored.schema_version.to_be_bytes());
    put(bytes, &stored.row.encode(stored.place));
    bytes.extend(stored.salt.0);
    if let Row::Credential(credential) = &stored.row {
        put(bytes, credential.content.as_bytes());
    }
}

/// Reads things until the end, which must come after so many.
fn all<T>(
    reader: &mut Reader<'_>,
    most: usize,
    mut read: impl FnMut(&mut Reader<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut things = Vec::new();
    while reader.left() > 0 {
        if things.len() == most {
            return Err(MessageError::TooMany(most));
        }
        things.push(read(reader)?);
    }
    Ok(things)
}

/// Bytes behind their length.
fn taken<'b>(reader: &mut Reader<'b>) -> Result<&'b [u8]> {
    let len = usize::try_from(reader.u32_be()?).unwrap_or(usize::MAX);
    Ok(reader.take(len)?)
}

fn region(reader: &mut Reader<'_>) -> Result<Region> {
    let bits = reader.u16_be()?;
    let bytes = reader.take(usize::from(bits.div_ceil(8)))?;
    let prefix = Prefix::from_bytes(bytes, bits).ok_or(MessageError::Prefix)?;
    let hash = Digest(reader.array()?);
    let count = reader.u64_be()?;
    Ok((prefix, Root { hash, count }))
}

fn leaf(reader: &mut Reader<'_>) -> Result<Leaf> {
    Ok(Leaf {
        key: LeafKey(reader.array()?),
        value: LeafValue(Digest(reader.array()?)),
    })
}

fn row(reader: &mut Reader<'_>) -> Result<Option<StoredRow>> {
    match reader.u8()? {
        0 => return Ok(None),
        1 => {}
        other => return Err(MessageError::Flag(other)),
    }
    let len = u32::from(reader.u8()?);
    let name = reader.text("name of a table", len, NAME_BYTES)?;
    let table = Table::named(name).ok_or(MessageError::Table)?;
    let schema_version = reader.u32_be()?;
    let bytes = taken(reader)?;
    let salt = Digest(reader.array()?);
    let content = match table {
        Table::Credentials => {
            let len = reader.u32_be()?;
            let text = reader.text("content", len, TRANSACTION_BYTES)?;
            Some(text.to_owned())
        }
        _ => None,
    };
    let (row, place) = decode_row(table, schema_version, bytes, content)?;
    Ok(Some(StoredRow {
        row,
        place,
        salt,
        schema_version,
    }))
}

#[cfg(test)]
mod tests {
    use idos_ledger::{Credential, CredentialHeader, Place, Row};
    use idos_types::{
        Uuid,
        limits::{SYNC_ANSWER_BYTES, VALIDATORS},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{certificate, statement};

    fn credential(content: &str) -> StoredRow {
        let id = Uuid::from_bytes([7; 16]);
        StoredRow {
            row: Row::Credential(Credential {
                header: CredentialHeader {
                    id: id.into(),
                    user_id: id.into(),
                    verifiable_credential_id: None,
                    public_notes: "notes".into(),
                    encryptor_public_key: "key".into(),
                    issuer_auth_public_key: "issuer".into(),
                    inserter: None,
                },
                content: content.into(),
            }),
            place: Place(9),
            salt: Digest([1; 32]),
            schema_version: Table::Credentials.schema_version(),
        }
    }

    fn messages() -> Vec<Message> {
        let leaf = Leaf {
            key: LeafKey([3; 64]),
            value: LeafValue(Digest([4; 32])),
        };
        let root = Root::leaf(&leaf);
        let certificate = certificate(&statement(7), &[0, 1, 2]);
        let header = Header::genesis(crate::testing::at(5), Digest([5; 32]));
        vec![
            Message::AskStatus,
            Message::AskTarget,
            Message::AskSets(3),
            Message::AskRegions(1, vec![(Prefix::EMPTY, root), (leaf.key.prefix(9), root)]),
            Message::AskRows(2, vec![leaf, leaf]),
            Message::Status(5, None),
            Message::Status(5, Some(Box::new(certificate.clone()))),
            Message::Target(Box::new(Target {
                certificate: certificate.clone(),
                header,
                before: None,
                floor: vec![1, 2],
            })),
            Message::Target(Box::new(Target {
                certificate,
                header,
                before: Some(header),
                floor: Vec::new(),
            })),
            Message::Sets(Vec::new()),
            Message::Regions(9, vec![None, None]),
            Message::Rows(4, vec![None, Some(credential("content")), None]),
        ]
    }

    #[test]
    fn messages_have_one_encoding() {
        for message in messages() {
            let bytes = message.encode();
            assert_eq!(Message::decode(&bytes).unwrap(), message);
            for end in 0..bytes.len() {
                // Whatever a shorter message is, it is not the same.
                assert_ne!(Message::decode(&bytes[..end]).ok(), Some(message.clone()));
            }
        }
    }

    #[test]
    fn there_are_no_more_things_than_a_request_may_have() {
        let leaf = Leaf {
            key: LeafKey([3; 64]),
            value: LeafValue(Digest([4; 32])),
        };
        let ask = |count| Message::AskRows(1, vec![leaf; count]).encode();
        assert!(Message::decode(&ask(SYNC_ROWS)).is_ok());
        let refused = Message::decode(&ask(SYNC_ROWS + 1));
        assert!(matches!(refused, Err(MessageError::TooMany(SYNC_ROWS))));
        let region = (Prefix::EMPTY, Root::empty());
        let ask = Message::AskRegions(1, vec![region; SYNC_REGIONS + 1]).encode();
        assert!(matches!(
            Message::decode(&ask),
            Err(MessageError::TooMany(SYNC_REGIONS))
        ));
    }

    #[test]
    fn unknown_kinds_and_tables_are_refused() {
        assert!(matches!(
            Message::decode(&[1, 99]),
            Err(MessageError::Kind(1, 99))
        ));
        assert!(matches!(
            Message::decode(&[2, 0]),
            Err(MessageError::Kind(2, 0))
        ));
        let mut bytes = Message::Rows(4, vec![Some(credential("content"))]).encode();
        bytes[8] = b'x';
        assert!(matches!(Message::decode(&bytes), Err(MessageError::Table)));
    }

    #[test]
    fn a_content_is_the_one_that_its_row_names() {
        let bytes = Message::Rows(4, vec![Some(credential("content"))]).encode();
        let mut other = bytes.clone();
        *other.last_mut().unwrap() = b'x';
        assert!(matches!(
            Message::decode(&other),
            Err(MessageError::Row(RowError::Content))
        ));
    }

    /// Every message that a node sends fits.
    #[test]
    fn the_longest_answers_fit_a_message() {
        let certificate = 9_000 + VALIDATORS * 64;
        let set = certificate + VALIDATORS * 64 + idos_types::limits::PROOF_BYTES;
        assert!(SYNC_SETS * set < idos_consensus::MESSAGE_BYTES);
        const { assert!(SYNC_REGIONS * (4 + Children::MAX_BYTES) < idos_consensus::MESSAGE_BYTES) };
        // One row may come behind others.
        const {
            assert!(
                SYNC_ANSWER_BYTES + TRANSACTION_BYTES + 1_000_000 < idos_consensus::MESSAGE_BYTES
            )
        };
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_alike(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..21_u8) {
            let bytes = [&[VERSION, kind], bytes.as_slice()].concat();
            if let Ok(message) = Message::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
