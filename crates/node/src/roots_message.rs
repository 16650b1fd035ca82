//! What nodes say to each other about states: a version, a kind, and then the bytes of a statement
//! with its signature, or those of a certificate.

use idos_proof::{CertificateError, RootCertificate, RootStatement, StatementError};
use idos_types::{ReadError, Reader};
use thiserror::Error;

/// Version of the messages, their first byte.
pub(crate) const VERSION: u8 = 1;
const VOTE: u8 = 0;
const CERTIFICATE: u8 = 1;
/// In place of a signature, of whoever only asks. No key has this signature.
const UNSIGNED: [u8; 64] = [0; 64];

/// A message.
pub(crate) enum Message {
    /// What the sender computed, signed by it.
    Vote(Box<RootStatement>, [u8; 64]),
    /// What the sender computed and does not stand for: it asks for the certificate.
    Ask(Box<RootStatement>),
    /// What more than two thirds computed.
    Certificate(Box<RootCertificate>),
}

/// Bytes are not a message.
#[derive(Debug, Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("unknown version {0} or kind {1} of a message")]
    Kind(u8, u8),
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Message {
    pub(crate) fn vote(statement: &RootStatement, signature: &[u8; 64]) -> Vec<u8> {
        let mut bytes = vec![VERSION, VOTE];
        bytes.extend(signature);
        bytes.extend(statement.encode());
        bytes
    }

    pub(crate) fn ask(statement: &RootStatement) -> Vec<u8> {
        Self::vote(statement, &UNSIGNED)
    }

    /// The message with a certificate of this encoding.
    pub(crate) fn certified(certificate: &[u8]) -> Vec<u8> {
        let mut bytes = vec![VERSION, CERTIFICATE];
        bytes.extend(certificate);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes);
        match (reader.u8()?, reader.u8()?) {
            (VERSION, VOTE) => {
                let signature = reader.array()?;
                let statement = RootStatement::decode(reader.take(reader.left())?)?;
                Ok(match signature {
                    UNSIGNED => Self::Ask(Box::new(statement)),
                    signature => Self::Vote(Box::new(statement), signature),
                })
            }
            (VERSION, CERTIFICATE) => {
                let certificate = RootCertificate::decode(reader.take(reader.left())?)?;
                Ok(Self::Certificate(Box::new(certificate)))
            }
            (version, kind) => Err(MessageError::Kind(version, kind)),
        }
    }
}
