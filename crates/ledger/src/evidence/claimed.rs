//! Claims about the state as an answer states them.

use idos_proof::{Leaf, LeafValue, ListId};
use idos_types::Digest;

use crate::{
    leaves::LeafKeys,
    place::Place,
    row::{CredentialHeader, Row},
    row_decoding::{RowError, decode_header, decode_row},
    table::Table,
};

/// One claim with its proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claimed {
    /// What is claimed.
    pub kind: Kind,
    /// Of which list.
    pub list: ListId,
    /// How many elements the claim is about.
    pub count: u64,
    /// The rows of the claim.
    pub rows: Vec<ClaimedRow>,
    /// The encoded proof.
    pub proof: Vec<u8>,
}

/// What a claim says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The one row is in the list.
    Row,
    /// The row that is looked for is not in the list.
    Absent,
    /// The rows are all of the list.
    List,
    /// The list has `count` rows, too many to show them all.
    Count,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Row, Self::Absent, Self::List, Self::Count];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Absent => "absent",
            Self::List => "list",
            Self::Count => "count",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A row with what its leaf commits.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedRow {
    /// Name of the table.
    pub table: String,
    /// Version of the table's schema.
    pub schema_version: u32,
    /// The canonical bytes.
    pub bytes: Vec<u8>,
    /// The content of a credential, where the view shows it.
    pub content: Option<String>,
    /// The row's salt.
    pub salt: Digest,
}

/// Rows are personal data: `{:?}` hides them.
impl std::fmt::Debug for ClaimedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClaimedRow({})", self.table)
    }
}

/// Whether contents of credentials are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contents {
    /// With the row.
    Shown,
    /// Only by the digest in the row.
    Hidden,
}

/// A row that was found where it was looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The row.
    pub row: FoundRow,
    /// Its place in lists.
    pub place: Place,
}

/// A row, or what is shown of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoundRow {
    /// All of it.
    Whole(Box<Row>),
    /// A credential without its content.
    Header(CredentialHeader),
}

impl Found {
    /// A row of the state.
    pub fn new(row: Row, place: Place, contents: Contents) -> Self {
        let row = match (row, contents) {
            (Row::Credential(credential), Contents::Hidden) => FoundRow::Header(credential.header),
            (row, _) => FoundRow::Whole(Box::new(row)),
        };
        Self { row, place }
    }

    /// A credential without its content.
    pub fn hidden(header: CredentialHeader, place: Place) -> Self {
        let row = FoundRow::Header(header);
        Self { row, place }
    }

    /// Where its leaves are.
    pub(crate) fn keys(&self) -> LeafKeys {
        match &self.row {
            FoundRow::Whole(row) => LeafKeys::of(row),
            FoundRow::Header(header) => LeafKeys::credential(header.id, header.user_id),
        }
    }
}

impl ClaimedRow {
    /// States a row of the state.
    pub fn new(row: &Row, place: Place, salt: Digest, contents: Contents) -> Self {
        let content = match (row, contents) {
            (Row::Credential(credential), Contents::Shown) => Some(credential.content.to_string()),
            _ => None,
        };
        Self {
            table: row.table().name().to_owned(),
            schema_version: row.table().schema_version(),
            bytes: row.encode(place),
            content,
            salt,
        }
    }

    /// States a credential whose content is hidden and has this digest: the same as
    /// [`ClaimedRow::new`], without the content.
    pub fn hidden(header: &CredentialHeader, place: Place, salt: Digest, content: &Digest) -> Self {
        let table = Table::Credentials;
        Self {
            table: table.name().to_owned(),
            schema_version: table.schema_version(),
            bytes: header.encode(place, content),
            content: None,
            salt,
        }
    }

    /// Reads the row, if it is one of a table that exists.
    pub(crate) fn decode(&self, contents: Contents) -> Result<Found, RowError> {
        let table = Table::named(&self.table).ok_or(RowError::Unknown("table"))?;
        if table == Table::Credentials && contents == Contents::Hidden {
            if self.content.is_some() {
                return Err(RowError::Content);
            }
            let (header, place) = decode_header(self.schema_version, &self.bytes)?;
            return Ok(Found::hidden(header, place));
        }
        let content = self.content.clone();
        let (row, place) = decode_row(table, self.schema_version, &self.bytes, content)?;
        Ok(Found::new(row, place, Contents::Shown))
    }

    /// The leaves of the row, which has these keys: the one that commits it, then its index entries.
    pub(crate) fn leaves<'a>(&'a self, keys: &'a LeafKeys) -> impl Iterator<Item = Leaf> {
        let value = LeafValue::row(&self.table, self.schema_version, &self.bytes, &self.salt);
        keys.leaves(value, &self.salt)
    }
}
