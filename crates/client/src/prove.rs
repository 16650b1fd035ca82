//! Answers that hold, whatever the node is that gave them.

use std::sync::Arc;

use idos_ledger::{
    Access, Call, Claimed, ClaimedRow, Kind, NAMESPACE, Proved, ProvedAnswer, Question, verify,
};
use idos_proof::{Freshness, LightClient, ListId};
use idos_types::Value;
use idos_wire::{ProveResult, ProvedClaim, ProvedRow, Request};

use crate::{
    action,
    client::Client,
    error::{Error, NodeFault},
    nodes::{Answered, Refusals},
};

impl Client {
    /// The proved answer of a view. The nodes are believed nothing: the validators of a set that the
    /// light client trusts, or that a trusted set leads to, have certified the state of which it is
    /// true. No answer is of an earlier epoch or height than any before it, or than those that some nodes,
    /// asked now and then, have. A node that cannot prove it, or refuses, is passed over; a refusal
    /// is told only if no node has proved an answer.
    pub async fn prove(
        &self,
        view: &str,
        arguments: Vec<Value>,
        freshness: Freshness,
    ) -> Result<Proved, Error> {
        let trust = self.trust.clone().ok_or(Error::NoTrust)?;
        let (action, call) = action::view(view, arguments.clone())?;
        let types = action.parameters.iter().map(|it| it.data_type);
        let question = Arc::new(Question::of(Call {
            namespace: NAMESPACE.to_owned(),
            action: action.name.to_owned(),
            arguments: types.zip(arguments).collect(),
        })?);
        self.look_around().await?;
        let newest = self.horizon.newest();
        let caller = Arc::new(self.caller());
        let request = Arc::new(Request::Prove(self.call_of(call)));
        let ask = |cookie: Option<Arc<str>>| {
            let (trust, question, caller) = (trust.clone(), Arc::clone(&question), caller.clone());
            let request = Arc::clone(&request);
            self.nodes.race(Refusals::AreOneNodes, move |nodes, node| {
                let (trust, question, caller) =
                    (trust.clone(), Arc::clone(&question), Arc::clone(&caller));
                let (request, cookie) = (Arc::clone(&request), cookie.clone());
                async move {
                    let cookie = cookie.as_deref();
                    let answered = nodes.ask::<ProveResult>(node, &request, cookie).await?;
                    let given = proved_answer(answered.value)?;
                    let check = |client: &LightClient| {
                        let proved = verify(client, &freshness, &question, &caller, &given)?;
                        newest.check(proved)
                    };
                    let value = trust.verified(&nodes, node, check).await?;
                    Ok(Answered {
                        node,
                        value,
                        cookie: None,
                    })
                }
            })
        };
        let is_needed = action.access == Access::Session;
        let proved: Proved = self.with_session(is_needed, ask).await?.value;
        self.horizon.saw(&proved.statement);
        Ok(proved)
    }

    /// The light client as far as it followed the network: a checkpoint to store.
    pub fn trusted(&self) -> Option<LightClient> {
        self.trust.as_ref().map(|trust| trust.snapshot())
    }
}

/// The result of `idos.prove` as what is verified. Refuses claims of a kind that does not exist.
pub fn proved_answer(result: ProveResult) -> Result<ProvedAnswer, NodeFault> {
    let claims = result.claims.into_iter().map(claimed);
    Ok(ProvedAnswer {
        height: result.height,
        certificate: result.certificate,
        claims: claims.collect::<Result<_, _>>()?,
    })
}

fn claimed(claim: ProvedClaim) -> Result<Claimed, NodeFault> {
    Ok(Claimed {
        kind: Kind::parse(&claim.kind).ok_or(NodeFault::Claim)?,
        list: ListId(claim.list),
        count: claim.count,
        rows: claim.rows.into_iter().map(row).collect(),
        proof: claim.proof,
    })
}

fn row(row: ProvedRow) -> ClaimedRow {
    ClaimedRow {
        table: row.table,
        schema_version: row.schema_version,
        bytes: row.row,
        content: row.content,
        salt: row.salt,
    }
}
