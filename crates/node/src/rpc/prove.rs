//! Answers with proof.

use std::{sync::Arc, time::Duration};

use idos_ledger::{Claimed, ClaimedRow, Failure, Question};
use idos_proof::{Root, RootCertificate};
use idos_store::{EvidenceError, Snapshot};
use idos_types::limits::CERTIFICATE_MILLIS;
use idos_wire::{Call, ErrorCode, ProveResult, ProvedClaim, ProvedRow, Reply, RpcError};
use tokio::time::timeout;

use crate::{
    node::{Node, database, state},
    rpc::{
        read::{asked, misfit},
        site::Visit,
    },
};

/// The state that one read saw.
pub(crate) struct Proved {
    pub(crate) height: u64,
    pub(crate) root: Root,
    /// The certificate of the height, if it was in the database.
    pub(crate) certificate: Option<Vec<u8>>,
}

impl Node {
    /// Proves what a view answers: to whom the view itself answers, at the newest executed height,
    /// once that is certified.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        visit: Visit,
        call: Call,
    ) -> Result<Reply, RpcError> {
        self.caught_up().await?;
        // Rows and proofs are of one height, and the read is over before anybody waits: a long one
        // would hold up erasure.
        let (seen, claims) = self
            .read(visit.peer, move |node, snapshot| {
                node.evidence(snapshot, &visit, &call)
            })
            .await?;
        let (height, certificate) = self.certificate_of(&seen).await?;
        Ok(Reply::Prove(ProveResult {
            height,
            certificate,
            claims: claims.into_iter().map(claim).collect(),
        }))
    }

    fn evidence(
        &self,
        snapshot: &Snapshot<'_>,
        visit: &Visit,
        call: &Call,
    ) -> Result<(Proved, Vec<Claimed>), RpcError> {
        let caller = self.admitted(snapshot, visit, call)?;
        let question = Question::of(asked(call)).map_err(refused)?;
        let head = snapshot.head().map_err(database)?;
        let head = head.ok_or_else(not_certified)?;
        let now = self.block().time.seconds();
        let (_, claims) = snapshot.prove(&question, &caller, now).map_err(unproved)?;
        let seen = Proved {
            height: head.height,
            root: head.root,
            certificate: snapshot.certificate(head.height).map_err(database)?,
        };
        Ok((seen, claims))
    }

    /// The certificate of what was seen, or a later one of the same state, as soon as there is one.
    pub(crate) async fn certificate_of(&self, seen: &Proved) -> Result<(u64, Vec<u8>), RpcError> {
        if let Some(certificate) = &seen.certificate {
            return Ok((seen.height, certificate.clone()));
        }
        // Subscribed before the first look, so that none comes unnoticed in between.
        let mut newest = self.shared.certificates.newest.subscribe();
        let found = async {
            loop {
                if let Some(found) = self.certificate_at_hand(seen) {
                    return Some(found);
                }
                newest.changed().await.ok()?;
            }
        };
        let found = timeout(Duration::from_millis(CERTIFICATE_MILLIS), found).await;
        found.ok().flatten().ok_or_else(not_certified)
    }

    fn certificate_at_hand(&self, seen: &Proved) -> Option<(u64, Vec<u8>)> {
        let certificates = self.shared.certificates.from(seen.height).into_iter();
        let mut of_the_state = certificates.filter(|(_, bytes)| {
            let certificate = RootCertificate::decode(bytes);
            certificate.is_ok_and(|certificate| certificate.statement().root == seen.root)
        });
        let (height, bytes) = of_the_state.next()?;
        Some((height, bytes.to_vec()))
    }
}

pub(crate) fn not_certified() -> RpcError {
    let text = "the newest state is not certified yet, try again or use another node";
    RpcError::new(ErrorCode::Node, text)
}

/// A view that refuses has no answer that could be proved.
fn refused(failure: Failure) -> RpcError {
    match failure {
        Failure::Call(error) => misfit(error),
        Failure::Refused(refusal) => RpcError::new(ErrorCode::Engine, refusal.to_string()),
        Failure::State(failure) => state(failure),
    }
}

fn unproved(error: EvidenceError) -> RpcError {
    match error {
        EvidenceError::Store(failure) => database(failure),
        EvidenceError::State(failure) => state(failure),
        EvidenceError::TooMany(_) => RpcError::new(ErrorCode::Engine, error.to_string()),
    }
}

fn claim(claimed: Claimed) -> ProvedClaim {
    ProvedClaim {
        kind: claimed.kind.name().into(),
        list: claimed.list.0,
        count: claimed.count,
        rows: claimed.rows.into_iter().map(row).collect(),
        proof: claimed.proof,
    }
}

fn row(row: ClaimedRow) -> ProvedRow {
    ProvedRow {
        table: row.table,
        schema_version: row.schema_version,
        row: row.bytes,
        content: row.content,
        salt: row.salt,
    }
}
