//! A statement with the signatures of enough validators.

use idos_types::{ReadError, Reader, limits::VALIDATORS};
use thiserror::Error;

use crate::{
    statement::{RootStatement, StatementError},
    validators::ValidatorSet,
};

/// A statement and who signed it.
///
/// Encoding: the statement; how many validators the epoch has (2 bytes, most significant first);
/// one bit for each of them (number 0 is the lowest bit of the first byte; bits of nobody are
/// zero); the signatures (64 bytes each) of those whose bit is set, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootCertificate {
    statement: RootStatement,
    validators: usize,
    signatures: Vec<(usize, [u8; 64])>,
}

/// Why something is no certificate of a set of validators. Whoever sent it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// It ends early, or goes on.
    #[error("the certificate cannot be read: {0}")]
    Read(#[from] ReadError),
    /// Its statement is none.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Nobody, or more than are allowed.
    #[error("{0} validators are not between 1 and {VALIDATORS}")]
    Size(usize),
    /// A signer's number is none of the set, or signers are out of order, or one comes twice.
    #[error("the signer with number {0} does not exist, is out of order or comes twice")]
    Signer(usize),
    /// It is made for a set of another size.
    #[error("it is signed by a set of {actual} validators, not of {expected}")]
    OtherSet {
        /// Validators of the epoch.
        expected: usize,
        /// Validators that the certificate counts.
        actual: usize,
    },
    /// Two thirds or fewer signed.
    #[error("{signers} of {validators} validators signed, which is not more than two thirds")]
    TooFew {
        /// How many signed.
        signers: usize,
        /// How many there are.
        validators: usize,
    },
    /// A third or fewer signed, where more than a third would do.
    #[error("{signers} of {validators} validators signed, which is not more than a third")]
    TooFewToVouch {
        /// How many signed.
        signers: usize,
        /// How many there are.
        validators: usize,
    },
    /// A signature is not that validator's over this statement.
    #[error("the signature of the validator with number {0} does not hold")]
    Signature(usize),
}

impl RootCertificate {
    /// A certificate of a set of so many validators. Signatures come with the numbers of their
    /// signers in the set, in order. Whether they hold is not checked here.
    pub fn new(
        statement: RootStatement,
        validators: usize,
        signatures: Vec<(usize, [u8; 64])>,
    ) -> Result<Self, CertificateError> {
        if !(1..=VALIDATORS).contains(&validators) {
            return Err(CertificateError::Size(validators));
        }
        let mut free = 0;
        for (number, _) in &signatures {
            if *number < free || *number >= validators {
                return Err(CertificateError::Signer(*number));
            }
            free = number + 1;
        }
        Ok(Self {
            statement,
            validators,
            signatures,
        })
    }

    /// What is signed. It is true only if [`RootCertificate::verify`] says so.
    pub fn statement(&self) -> &RootStatement {
        &self.statement
    }

    /// How many validators its epoch has, as it says.
    pub fn validators(&self) -> usize {
        self.validators
    }

    /// The numbers of those who signed, in order.
    pub fn signers(&self) -> impl Iterator<Item = usize> {
        self.signatures.iter().map(|(number, _)| *number)
    }

    /// Whether strictly more than two thirds of `set`, the validators of the statement's epoch,
    /// signed the statement, and everyone who is said to have signed did. Signatures are checked
    /// one by one, by the rules of ZIP 215: there are few, and nothing random is needed.
    pub fn verify(&self, set: &ValidatorSet) -> Result<(), CertificateError> {
        let (signers, validators) = (self.signatures.len(), self.validators);
        self.verify_signers(
            set,
            ValidatorSet::is_quorum,
            CertificateError::TooFew {
                signers,
                validators,
            },
        )
    }

    /// The same for strictly more than a third. Then one of them is honest, so that the statement is
    /// true; but it does not show that the network agreed, and no more than a third need to lie
    /// together to forge it: it is for a node that gets a state of which nobody has a certificate.
    pub fn verify_vouched(&self, set: &ValidatorSet) -> Result<(), CertificateError> {
        let (signers, validators) = (self.signatures.len(), self.validators);
        self.verify_signers(
            set,
            ValidatorSet::is_more_than_a_third,
            CertificateError::TooFewToVouch {
                signers,
                validators,
            },
        )
    }

    fn verify_signers(
        &self,
        set: &ValidatorSet,
        are_enough: impl Fn(&ValidatorSet, usize) -> bool,
        too_few: CertificateError,
    ) -> Result<(), CertificateError> {
        if self.validators != set.len() {
            return Err(CertificateError::OtherSet {
                expected: set.len(),
                actual: self.validators,
            });
        }
        if !are_enough(set, self.signatures.len()) {
            return Err(too_few);
        }
        let message = self.statement.signed_bytes();
        for (number, signature) in &self.signatures {
            if !set.has_signed(*number, &message, signature) {
                return Err(CertificateError::Signature(*number));
            }
        }
        Ok(())
    }

    /// Its one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.statement.encode();
        let validators = u16::try_from(self.validators).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&validators.to_be_bytes());
        let mut bits = vec![0_u8; self.validators.div_ceil(8)];
        for number in self.signers() {
            if let Some(byte) = bits.get_mut(number / 8) {
                *byte |= 1 << (number % 8);
            }
        }
        bytes.extend(bits);
        for (_, signature) in &self.signatures {
            bytes.extend_from_slice(signature);
        }
        bytes
    }

    /// Reads one certificate and nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut reader = Reader::new(bytes);
        let certificate = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(certificate)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CertificateError> {
        let statement = RootStatement::read(reader)?;
        let validators = usize::from(reader.u16_be()?);
        if validators > VALIDATORS {
            return Err(CertificateError::Size(validators));
        }
        let bits = reader.take(validators.div_ceil(8))?;
        let is_set = |number: &usize| {
            let byte = bits.get(number / 8).copied().unwrap_or_default();
            byte >> (number % 8) & 1 == 1
        };
        let mut signatures = Vec::new();
        for number in (0..8 * bits.len()).filter(is_set) {
            if number >= validators {
                return Err(CertificateError::Signer(number));
            }
            signatures.push((number, reader.array()?));
        }
        Self::new(statement, validators, signatures)
    }
}
