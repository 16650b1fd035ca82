//! Blocks and transactions, as anybody may see them.

use idos_consensus::Header;
use idos_explorer::{Block, BlockList, BlockSummary, Certified, TransactionSummary};
use idos_ledger::State as _;
use idos_proof::RootCertificate;
use idos_store::{Listed, Receipt, Snapshot};
use idos_types::Digest;
use tracing::error;

use super::{Missing, Outcome};
use crate::node::Node;

/// A block in a list, by a node that knows heights up to `certified` to be certified.
pub(super) fn summary(listed: Listed, certified: u64) -> BlockSummary {
    BlockSummary {
        height: listed.height,
        hash: listed.hash.to_string(),
        time: listed.time.millis(),
        transactions: listed.transactions,
        certified: listed.height <= certified,
    }
}

/// What became of a transaction.
pub(super) fn transaction(snapshot: &Snapshot<'_>, hash: &Digest) -> Outcome<TransactionSummary> {
    let unknown = "this node has no receipt of a transaction with this hash: it may wait for a block, \
                   have changed nothing, or never been sent";
    let receipt = snapshot.receipt(hash)?.ok_or(Missing::Unknown(unknown))?;
    Ok(shown(receipt))
}

/// Neither its sender nor its log, which is for the sender.
fn shown(receipt: Receipt) -> TransactionSummary {
    TransactionSummary {
        hash: receipt.hash.to_string(),
        height: receipt.height,
        position: receipt.position,
        kind: receipt.kind,
        code: receipt.code,
    }
}

impl Node {
    pub(super) fn block_list(
        &self,
        snapshot: &Snapshot<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Outcome<BlockList> {
        let certified = self.shared.certified();
        let listed = snapshot.blocks_below(before.unwrap_or(u64::MAX), limit)?;
        let is_full = listed.len() == limit;
        let blocks: Vec<_> = listed
            .into_iter()
            .map(|listed| summary(listed, certified))
            .collect();
        let lowest = blocks.last().map(|block| block.height);
        Ok(BlockList {
            next: lowest.filter(|height| is_full && *height > 0),
            blocks,
        })
    }

    pub(super) fn block_shown(&self, snapshot: &Snapshot<'_>, height: u64) -> Outcome<Block> {
        let unknown = "this node has no block of this height";
        let block = snapshot.block(height)?.ok_or(Missing::Unknown(unknown))?;
        let Ok(header) = Header::decode(&block.header) else {
            error!(height, "the header of a block cannot be read");
            return Err(Missing::Unknown("this node cannot read this block"));
        };
        let is_first = height == 0;
        let receipts = snapshot.receipts(height)?.into_iter();
        Ok(Block {
            height,
            hash: block.hash.to_string(),
            header: hex::encode(&block.header),
            parent: (!is_first).then(|| header.parent.to_string()),
            proposer: (!is_first).then(|| hex::encode(header.turn.leader.0)),
            time: block.time.millis(),
            epoch: self.network.epoch.epoch_of(height),
            root: block.root.hash.to_string(),
            leaves: block.root.count,
            transactions: receipts.map(shown).collect(),
            certificate: self.certified_by(snapshot, height)?,
            has_next: height < snapshot.head()?.map_or(0, |head| head.height),
        })
    }

    /// The certificate of a height, from the database or on its way there.
    fn certified_by(&self, snapshot: &Snapshot<'_>, height: u64) -> Outcome<Option<Certified>> {
        let stored = snapshot.certificate(height)?;
        let bytes = stored.or_else(|| {
            let recent = self.shared.certificates.from(height).into_iter().next();
            recent
                .filter(|(of, _)| *of == height)
                .map(|(_, bytes)| bytes.to_vec())
        });
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let Ok(certificate) = RootCertificate::decode(&bytes) else {
            error!(height, "the certificate of a block cannot be read");
            return Ok(None);
        };
        let set = snapshot.validator_set(certificate.statement().epoch)?;
        let members = set.as_ref().map_or(&[][..], |set| set.members());
        Ok(Some(Certified {
            signers: certificate
                .signers()
                .filter_map(|number| members.get(number))
                .map(|member| member.key.to_string())
                .collect(),
            validators: u64::try_from(members.len()).unwrap_or(u64::MAX),
            bytes: hex::encode(bytes),
        }))
    }
}
