//! Who knows the validators of one epoch can follow the chain by set changes, and check answers.

use std::time::Duration;

use idos_types::{
    BlockTime, Digest, ReadError, Reader,
    limits::{CERTIFICATE_AHEAD_MILLIS, EPOCHS_AHEAD},
};
use thiserror::Error;

use crate::{
    certificate::{CertificateError, RootCertificate},
    chain_id::ChainId,
    claim::{Claim, ClaimError},
    proof::{DecodeError, Proof},
    statement::RootStatement,
    validators::{ValidatorSet, ValidatorSetError},
};

/// The validators of the epoch after the next one, as the last height of an epoch fixes them.
///
/// The certificate is that of this height, or of another one before the next epoch ends: whoever
/// validates then is known, the set stays in the state, and validators who hold back one signature
/// are not to end the chain of sets for ever.
///
/// Encoding: the certificate, the set, the salt, the proof, one behind the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetChange {
    /// Certifies the last height of the epoch, or one of the next epoch but its last.
    pub certificate: RootCertificate,
    /// The validators of the epoch after the next one.
    pub set: ValidatorSet,
    /// The salt of the set's row.
    pub salt: Digest,
    /// Proves that the set's leaf is in the certified state.
    pub proof: Proof,
}

/// How recent an answer has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freshness {
    /// The least height: that of the caller's last write, for instance.
    pub min_height: u64,
    /// How long ago the block may have been.
    pub max_age: Duration,
    /// The time by the caller's own clock.
    pub now: BlockTime,
}

/// Why an answer is not believed. Unless another is named, the node that answered is at fault:
/// ask a different one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LightClientError {
    /// The node answers for another chain.
    #[error("the node answers for the chain {got}, not for {expected}")]
    OtherChain {
        /// The chain that is asked.
        expected: ChainId,
        /// The chain of the answer.
        got: ChainId,
    },
    /// The node's answer is of an epoch whose validators no longer decide.
    #[error("the node answers from epoch {got}, which epoch {known} has long replaced")]
    EpochPassed {
        /// The first epoch whose validators are known.
        known: u64,
        /// The epoch of the answer.
        got: u64,
    },
    /// The node's answer is of an epoch whose validators it has not proved.
    #[error("the node answers from epoch {got} without the set changes from epoch {known} on")]
    EpochUnknown {
        /// The first epoch whose validators are known.
        known: u64,
        /// The epoch of the answer.
        got: u64,
    },
    /// The node's set change is not of the last height of its epoch.
    #[error("the node's set change is of height {height}, which does not end epoch {epoch}")]
    EpochGoesOn {
        /// The epoch.
        epoch: u64,
        /// The height.
        height: u64,
    },
    /// The node's certificate does not hold.
    #[error("the node's certificate of height {height} does not hold: {source}")]
    Certificate {
        /// The height that it is said to certify.
        height: u64,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// The node's next validators are not those of the certified state.
    #[error("the node's validators of epoch {epoch} are not proved: {source}")]
    Set {
        /// Whose epoch's validators.
        epoch: u64,
        /// What is wrong with the proof.
        source: ClaimError,
    },
    /// The node is behind: it answers from a state before one that the caller knows of.
    #[error("the node answers from height {height}, at least {min_height} is needed")]
    TooLow {
        /// The height of the answer.
        height: u64,
        /// The least height.
        min_height: u64,
    },
    /// The node is cut off, or hides what came later; or the caller's clock is fast.
    #[error(
        "the node answers from {age:?} ago, at most {max_age:?} are allowed: if every node does, look \
         whether this clock is fast"
    )]
    TooOld {
        /// How long ago the block was.
        age: Duration,
        /// How long ago it may have been.
        max_age: Duration,
    },
    /// The validators are ahead of the caller's clock. Since more than two thirds of them signed
    /// the time, the caller's clock is the first to look at.
    #[error("the block is {ahead:?} ahead of this clock: set the clock")]
    Ahead {
        /// How far ahead the block is.
        ahead: Duration,
    },
}

/// Why bytes are not a set change. Whoever sent them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetChangeError {
    /// The certificate is none.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The set is none.
    #[error("the validator set cannot be read: {0}")]
    Set(#[from] idos_types::ValidatorSetError),
    /// The set is none whose signatures count.
    #[error(transparent)]
    Validators(#[from] ValidatorSetError),
    /// The salt is cut off.
    #[error("the salt cannot be read: {0}")]
    Salt(#[from] ReadError),
    /// The proof is none.
    #[error(transparent)]
    Proof(#[from] DecodeError),
}

impl SetChange {
    /// The epoch whose validators it establishes.
    pub fn epoch(&self) -> u64 {
        self.certificate.statement().newest_set()
    }

    /// Whether it is certified at the very height that ends this epoch.
    pub fn ends(&self, epoch: u64) -> bool {
        let statement = self.certificate.statement();
        statement.ends_epoch && statement.epoch == epoch
    }

    /// Its one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.certificate.encode();
        bytes.extend(self.set.row().encode());
        bytes.extend(self.salt.0);
        bytes.extend(self.proof.encode());
        bytes
    }

    /// Reads one set change and nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, SetChangeError> {
        let mut reader = Reader::new(bytes);
        let certificate = RootCertificate::read(&mut reader)?;
        let set = ValidatorSet::of(idos_types::ValidatorSet::read(&mut reader)?)?;
        let salt = Digest(reader.array()?);
        let (_, rest) = bytes.split_at(bytes.len() - reader.left());
        let proof = Proof::decode(rest)?;
        Ok(Self {
            certificate,
            set,
            salt,
            proof,
        })
    }
}

/// What a client trusts: a chain, and the validators of an epoch and of the one after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LightClient {
    chain_id: ChainId,
    epoch: u64,
    set: ValidatorSet,
    next: ValidatorSet,
}

impl LightClient {
    /// Trusts the genesis of a chain, which fixes the validators of epochs 0 and 1.
    pub fn genesis(chain_id: ChainId, first: ValidatorSet, second: ValidatorSet) -> Self {
        Self::checkpoint(chain_id, 0, first, second)
    }

    /// Trusts that `set` are the validators of `epoch`, and `next` those of the one after it.
    pub fn checkpoint(
        chain_id: ChainId,
        epoch: u64,
        set: ValidatorSet,
        next: ValidatorSet,
    ) -> Self {
        Self {
            chain_id,
            epoch,
            set,
            next,
        }
    }

    /// The chain.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// The first epoch whose validators are known; they are known of the one after it too.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The validators of [`LightClient::epoch`] and of the one after it: with chain and epoch a
    /// checkpoint to store.
    pub fn sets(&self) -> [&ValidatorSet; 2] {
        [&self.set, &self.next]
    }

    /// The first epoch whose validators are not known: the next set change establishes them.
    pub fn unknown_epoch(&self) -> u64 {
        self.epoch.saturating_add(EPOCHS_AHEAD)
    }

    /// Goes one epoch further. Validators of the epoch that is left are not trusted any longer:
    /// their keys may be sold or stolen later. On an error nothing changes.
    pub fn advance(&mut self, change: &SetChange) -> Result<(), LightClientError> {
        let statement = change.certificate.statement();
        self.authenticate(&change.certificate)?;
        let epoch = self.unknown_epoch();
        if change.epoch() < epoch {
            return Err(LightClientError::EpochGoesOn {
                epoch: statement.epoch,
                height: statement.height,
            });
        }
        if change.epoch() > epoch {
            return Err(LightClientError::EpochUnknown {
                known: self.epoch,
                got: statement.epoch,
            });
        }
        let leaf = change.set.leaf(epoch, &change.salt);
        let proved = change.proof.verify(&statement.root, &Claim::Leaf(&leaf));
        proved.map_err(|source| LightClientError::Set { epoch, source })?;
        self.epoch = self.epoch.saturating_add(1);
        self.set = std::mem::replace(&mut self.next, change.set.clone());
        Ok(())
    }

    /// What `certificate` certifies, if it holds and is recent enough.
    pub fn certified<'c>(
        &self,
        certificate: &'c RootCertificate,
        freshness: &Freshness,
    ) -> Result<&'c RootStatement, LightClientError> {
        self.authenticate(certificate)?;
        recent(certificate.statement(), freshness)
    }

    /// The same of what too few signed for a certificate, but so many that one of them is honest: see
    /// [`RootCertificate::verify_vouched`].
    pub fn vouched<'c>(
        &self,
        certificate: &'c RootCertificate,
        freshness: &Freshness,
    ) -> Result<&'c RootStatement, LightClientError> {
        let set = self.validators_of(certificate)?;
        verified(certificate, certificate.verify_vouched(set))?;
        recent(certificate.statement(), freshness)
    }

    /// Whether a certificate is of this chain, of an epoch whose validators are known, and signed
    /// by enough of them.
    fn authenticate(&self, certificate: &RootCertificate) -> Result<(), LightClientError> {
        let set = self.validators_of(certificate)?;
        verified(certificate, certificate.verify(set))
    }

    /// Whose signatures count in a certificate.
    fn validators_of(
        &self,
        certificate: &RootCertificate,
    ) -> Result<&ValidatorSet, LightClientError> {
        let statement = certificate.statement();
        if statement.chain_id != self.chain_id {
            return Err(LightClientError::OtherChain {
                expected: self.chain_id.clone(),
                got: statement.chain_id.clone(),
            });
        }
        let (known, got) = (self.epoch, statement.epoch);
        match got.checked_sub(known) {
            None => Err(LightClientError::EpochPassed { known, got }),
            Some(0) => Ok(&self.set),
            Some(1) => Ok(&self.next),
            Some(_) => Err(LightClientError::EpochUnknown { known, got }),
        }
    }
}

fn verified(
    certificate: &RootCertificate,
    verified: Result<(), CertificateError>,
) -> Result<(), LightClientError> {
    let height = certificate.statement().height;
    verified.map_err(|source| LightClientError::Certificate { height, source })
}

/// A statement, if it is recent enough.
fn recent<'s>(
    statement: &'s RootStatement,
    freshness: &Freshness,
) -> Result<&'s RootStatement, LightClientError> {
    if statement.height < freshness.min_height {
        return Err(LightClientError::TooLow {
            height: statement.height,
            min_height: freshness.min_height,
        });
    }
    let (time, now) = (statement.time.millis(), freshness.now.millis());
    let age = Duration::from_millis(now.saturating_sub(time));
    if age > freshness.max_age {
        let max_age = freshness.max_age;
        return Err(LightClientError::TooOld { age, max_age });
    }
    let ahead = time.saturating_sub(now);
    if ahead > CERTIFICATE_AHEAD_MILLIS {
        let ahead = Duration::from_millis(ahead);
        return Err(LightClientError::Ahead { ahead });
    }
    Ok(statement)
}
