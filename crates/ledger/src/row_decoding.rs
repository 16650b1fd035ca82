//! Reading rows that another node sent. What [`crate::Row::encode`] does not write is refused.

use idos_types::{
    Digest, NodeAddress, ReadError, Reader, Uuid, ValidatorKey, ValidatorSet, WalletType,
    limits::TRANSACTION_BYTES,
};
use thiserror::Error;

use crate::{
    content::Content,
    governance_row::{
        Motion, NextValue, Parameter, ParameterName, Validator, ValidatorStatus, Vote,
    },
    place::Place,
    row::{
        AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
        CredentialHeader, Deadline, Delegate, Due, GrantOrigin, Inserter, Party, PartyKeys,
        PasswordStore, Roles, Row, User, Wallet,
    },
    table::Table,
};

/// Why bytes are not a row. Whoever sent them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// They end early, go on too long, or hold a text that is none.
    #[error("the row cannot be read: {0}")]
    Read(#[from] ReadError),
    /// Rows of this table are not known in this version.
    #[error("rows of {table} in version {found} are not known: upgrade this node")]
    Version {
        /// The table.
        table: &'static str,
        /// The version.
        found: u32,
    },
    /// A byte that says yes or no says neither.
    #[error("{0} is neither 0 nor 1")]
    Flag(u8),
    /// A name or a kind that does not exist.
    #[error("the row has an unknown {0}")]
    Unknown(&'static str),
    /// The content of a credential is missing, is not the one that the row names, or came with a
    /// row that has none.
    #[error("the content does not belong to the row")]
    Content,
}

type Result<T> = std::result::Result<T, RowError>;

/// Reads the row that [`Row::encode`] wrote in this schema version. `content` is the content of a
/// credential, of which the bytes hold the digest only; rows of other tables have none.
pub fn decode_row(
    table: Table,
    schema_version: u32,
    bytes: &[u8],
    content: Option<String>,
) -> Result<(Row, Place)> {
    check_version(table, schema_version)?;
    if content.is_some() != (table == Table::Credentials) {
        return Err(RowError::Content);
    }
    let mut input = Input(Reader::new(bytes));
    let place = if table.is_ordered() {
        Place(input.u64()?)
    } else {
        Place::default()
    };
    let row = match table {
        Table::Users => Row::User(input.user()?),
        Table::Wallets => Row::Wallet(input.wallet()?),
        Table::Credentials => Row::Credential(input.credential(content.unwrap_or_default())?),
        Table::CredentialCopies => Row::CredentialCopy(input.credential_copy()?),
        Table::Attributes => Row::Attribute(input.attribute()?),
        Table::AttributeCopies => Row::AttributeCopy(input.attribute_copy()?),
        Table::AttributeGrants => Row::AttributeGrant(input.attribute_grant()?),
        Table::AccessGrants => Row::AccessGrant(input.access_grant()?),
        Table::Inserters => Row::Inserter(input.inserter()?),
        Table::Delegates => Row::Delegate(input.delegate()?),
        Table::Parties => Row::Party(input.party()?),
        Table::PartyKeys => Row::PartyKeys(input.party_keys()?),
        Table::UsedWriteGrants => Row::UsedWriteGrant(input.id()?),
        Table::SpentMessages => Row::SpentMessage(input.digest()?),
        Table::Validators => Row::Validator(input.validator()?),
        Table::ValidatorSets => Row::ValidatorSet(input.u64()?, input.validator_set()?),
        Table::Motions => Row::Motion(input.motion()?),
        Table::Votes => Row::Vote(input.vote()?),
        Table::Parameters => Row::Parameter(input.parameter()?),
        Table::Due => Row::Due(input.due()?),
        Table::Accounts => Row::Account(input.account()?),
    };
    input.0.finish()?;
    Ok((row, place))
}

/// Reads a credential of which the content is not shown: only its digest is in the bytes.
pub(crate) fn decode_header(
    schema_version: u32,
    bytes: &[u8],
) -> Result<(CredentialHeader, Place)> {
    check_version(Table::Credentials, schema_version)?;
    let mut input = Input(Reader::new(bytes));
    let place = Place(input.u64()?);
    let header = input.credential_header()?;
    input.digest()?;
    input.0.finish()?;
    Ok((header, place))
}

fn check_version(table: Table, schema_version: u32) -> Result<()> {
    if schema_version != table.schema_version() {
        return Err(RowError::Version {
            table: table.name(),
            found: schema_version,
        });
    }
    Ok(())
}

/// An address in its one spelling.
fn parse_address(text: &str) -> Option<NodeAddress> {
    let address: NodeAddress = text.parse().ok()?;
    (address.to_string() == text).then_some(address)
}

/// Bytes being read. Fields are read in the order in which they are written, which struct
/// expressions keep.
struct Input<'a>(Reader<'a>);

impl Input<'_> {
    fn user(&mut self) -> Result<User> {
        Ok(User {
            id: self.id()?,
            recipient_encryption_public_key: self.text()?,
            encryption_password_store: self.named("password store", PasswordStore::parse)?,
            inserter: self.text()?,
            gas_allowance: u128::from_be_bytes(self.0.array()?),
            claimed: self.flag()?,
            erased: self.flag()?,
        })
    }

    fn wallet(&mut self) -> Result<Wallet> {
        Ok(Wallet {
            id: self.id()?,
            user_id: self.id()?,
            address: self.text()?,
            public_key: self.optional_text()?,
            wallet_type: self.named("kind of wallet", WalletType::parse)?,
            message: self.text()?,
            signature: self.text()?,
            inserter: self.optional_text()?,
        })
    }

    fn credential_header(&mut self) -> Result<CredentialHeader> {
        Ok(CredentialHeader {
            id: self.id()?,
            user_id: self.id()?,
            verifiable_credential_id: self.optional_text()?,
            public_notes: self.text()?,
            encryptor_public_key: self.text()?,
            issuer_auth_public_key: self.text()?,
            inserter: self.optional_text()?,
        })
    }

    fn credential(&mut self, content: String) -> Result<Credential> {
        let header = self.credential_header()?;
        let content = Content::from(content);
        if self.digest()? != *content.digest() {
            return Err(RowError::Content);
        }
        Ok(Credential { header, content })
    }

    fn credential_copy(&mut self) -> Result<CredentialCopy> {
        Ok(CredentialCopy {
            copy_id: self.id()?,
            original_id: match self.flag()? {
                true => Some(self.id()?),
                false => None,
            },
            notes: self.text()?,
        })
    }

    fn attribute(&mut self) -> Result<Attribute> {
        Ok(Attribute {
            id: self.id()?,
            user_id: self.id()?,
            attribute_key: self.text()?,
            value: self.text()?,
            inserter: self.optional_text()?,
        })
    }

    fn attribute_copy(&mut self) -> Result<AttributeCopy> {
        Ok(AttributeCopy {
            copy_id: self.id()?,
            original_id: self.id()?,
        })
    }

    fn attribute_grant(&mut self) -> Result<AttributeGrant> {
        Ok(AttributeGrant {
            copy_id: self.id()?,
            owner: self.id()?,
            grantee: self.text()?,
        })
    }

    fn access_grant(&mut self) -> Result<AccessGrant> {
        Ok(AccessGrant {
            id: self.id()?,
            owner: self.id()?,
            grantee: self.text()?,
            data_id: self.id()?,
            locked_until: self.i64()?,
            expires_at: self.i64()?,
            content_hash: self.optional_text()?,
            height: self.u64()?,
            origin: self.named("origin of a grant", GrantOrigin::parse)?,
            origin_id: self.text()?,
        })
    }

    fn inserter(&mut self) -> Result<Inserter> {
        Ok(Inserter {
            id: self.id()?,
            name: self.text()?,
        })
    }

    fn delegate(&mut self) -> Result<Delegate> {
        Ok(Delegate {
            address: self.text()?,
            inserter_id: self.id()?,
        })
    }

    fn party(&mut self) -> Result<Party> {
        Ok(Party {
            id: self.id()?,
            address: self.text()?,
            roles: Roles {
                issuer: self.flag()?,
                consumer: self.flag()?,
                operator: self.flag()?,
            },
            version: self.i64()?,
        })
    }

    fn party_keys(&mut self) -> Result<PartyKeys> {
        Ok(PartyKeys {
            party_id: self.id()?,
            version: self.i64()?,
            name: self.text()?,
            did: self.optional_text()?,
            signing_public_key: self.text()?,
            encryption_public_key: self.text()?,
            signature: self.text()?,
            height: self.u64()?,
        })
    }

    fn validator(&mut self) -> Result<Validator> {
        Ok(Validator {
            key: ValidatorKey(self.0.array()?),
            operator: self.text()?,
            address: self.named("address of a node", parse_address)?,
            status: self.named("status of a validator", ValidatorStatus::parse)?,
            expires_at: self.i64()?,
            height: self.u64()?,
        })
    }

    fn validator_set(&mut self) -> Result<ValidatorSet> {
        ValidatorSet::read(&mut self.0).map_err(|_| RowError::Unknown("set of validators"))
    }

    fn motion(&mut self) -> Result<Motion> {
        Ok(Motion {
            id: self.digest()?,
            action: self.text()?,
            arguments: self.text()?,
            proposer: self.text()?,
            expires_at: self.i64()?,
            height: self.u64()?,
        })
    }

    fn vote(&mut self) -> Result<Vote> {
        Ok(Vote {
            motion: self.digest()?,
            operator: self.text()?,
        })
    }

    fn parameter(&mut self) -> Result<Parameter> {
        Ok(Parameter {
            name: self.named("parameter", ParameterName::parse)?,
            value: self.u64()?,
            next: match self.flag()? {
                true => Some(NextValue {
                    value: self.u64()?,
                    from_height: self.u64()?,
                }),
                false => None,
            },
        })
    }

    fn due(&mut self) -> Result<Due> {
        Ok(Due {
            at: self.i64()?,
            what: match self.0.u8()? {
                Deadline::END_GRANT => Deadline::EndGrant(self.id()?),
                Deadline::RELEASE_CREDENTIAL => Deadline::ReleaseCredential(self.id()?),
                Deadline::FORGET_WRITE_GRANT => Deadline::ForgetWriteGrant(self.id()?),
                Deadline::END_MOTION => Deadline::EndMotion(self.digest()?),
                Deadline::END_REQUEST => Deadline::EndRequest(ValidatorKey(self.0.array()?)),
                _ => return Err(RowError::Unknown("kind of deadline")),
            },
        })
    }

    fn account(&mut self) -> Result<Account> {
        Ok(Account {
            digest: self.digest()?,
            nonce: self.u64()?,
        })
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.0.array()?))
    }

    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.0.array()?))
    }

    fn flag(&mut self) -> Result<bool> {
        match self.0.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(RowError::Flag(other)),
        }
    }

    fn id<T: From<Uuid>>(&mut self) -> Result<T> {
        Ok(Uuid::from_bytes(self.0.array()?).into())
    }

    fn digest(&mut self) -> Result<Digest> {
        Ok(Digest(self.0.array()?))
    }

    // Whether a row is one that the rules made, its place in the tree tells; the limit only keeps
    // nonsense out.
    fn text(&mut self) -> Result<String> {
        let length = self.0.u32_be()?;
        Ok(self.0.text("text", length, TRANSACTION_BYTES)?.to_owned())
    }

    fn optional_text(&mut self) -> Result<Option<String>> {
        match self.flag()? {
            true => self.text().map(Some),
            false => Ok(None),
        }
    }

    fn named<T>(&mut self, what: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        parse(&self.text()?).ok_or(RowError::Unknown(what))
    }
}
