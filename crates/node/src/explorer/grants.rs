//! Access grants as anybody may see them: that they exist, to whom, for which data, and for how
//! long. Neither their owner nor the digest of the data: each would link the grants of a person.

use std::sync::Arc;

use idos_explorer::{Cursor, Grant, GrantList, GrantProof, GrantsBy};
use idos_ledger::{AccessGrant, State as _};
use idos_store::{GrantCursor, Snapshot};
use idos_types::{CredentialId, GrantId, Uuid};

use super::{Missing, Outcome};
use crate::{
    node::Node,
    rpc::prove::{Proved, not_certified},
};

const UNKNOWN: &str = "there is no access grant with this id in the state of this node";

/// Whether there is a grant with this id.
pub(super) fn exists(snapshot: &Snapshot<'_>, id: Uuid) -> Outcome<bool> {
    Ok(snapshot.grant(GrantId(id))?.is_some())
}

/// One grant.
pub(super) fn one(snapshot: &Snapshot<'_>, id: Uuid) -> Outcome<Grant> {
    let grant = snapshot.grant(GrantId(id))?;
    shown(snapshot, grant.ok_or(Missing::Unknown(UNKNOWN))?)
}

/// Grants to a grantee or on data, the newest first.
pub(super) fn list(
    snapshot: &Snapshot<'_>,
    by: &GrantsBy,
    before: Option<Cursor>,
    limit: usize,
) -> Outcome<GrantList> {
    let behind = before.map(|cursor| GrantCursor {
        height: cursor.height,
        id: cursor.id,
    });
    // One more than is shown tells whether there are more.
    let most = limit.saturating_add(1);
    let (mut found, total) = match by {
        GrantsBy::Grantee(grantee) => {
            let total = snapshot.count_grants_to(grantee, None)?;
            (snapshot.newest_grants_to(grantee, behind, most)?, total)
        }
        GrantsBy::Data(data) => {
            // As many as a credential may have, which are few.
            let mut all = snapshot.grants_on(CredentialId(*data))?;
            let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
            let place = |grant: &AccessGrant| (grant.height, grant.id.0);
            all.sort_by_key(|grant| std::cmp::Reverse(place(grant)));
            all.retain(|grant| {
                behind.is_none_or(|behind| place(grant) < (behind.height, behind.id))
            });
            all.truncate(most);
            (all, total)
        }
    };
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|grant| Cursor {
        height: grant.height,
        id: grant.id.0,
    });
    Ok(GrantList {
        total: u64::try_from(total).ok(),
        next: next.map(Cursor::to_text),
        grants: found
            .into_iter()
            .map(|grant| shown(snapshot, grant))
            .collect::<Outcome<_>>()?,
    })
}

fn shown(snapshot: &Snapshot<'_>, grant: AccessGrant) -> Outcome<Grant> {
    Ok(Grant {
        id: grant.id.0.to_string(),
        grantee_name: party_name(snapshot, &grant.grantee)?,
        grantee: grant.grantee,
        data_id: grant.data_id.0.to_string(),
        locked_until: grant.locked_until,
        expires_at: grant.expires_at,
        height: grant.height,
    })
}

/// The name that the party with this address published last.
pub(super) fn party_name(snapshot: &Snapshot<'_>, address: &str) -> Outcome<Option<String>> {
    let Some(party) = snapshot.party_at(address)? else {
        return Ok(None);
    };
    let keys = snapshot.party_keys(party.id, party.version)?;
    Ok(keys.map(|keys| keys.name))
}

impl Node {
    /// What proves a grant at the newest executed height, once that is certified.
    pub(super) async fn grant_proof(self: &Arc<Self>, id: Uuid) -> Outcome<GrantProof> {
        self.caught_up().await?;
        let (state, grant, proof) = self
            .explored(move |_, snapshot| {
                let grant = snapshot.grant(GrantId(id))?;
                let grant = grant.ok_or(Missing::Unknown(UNKNOWN))?;
                let proof = snapshot.prove_grant(&grant)?;
                let proof = proof.ok_or(Missing::Unknown(UNKNOWN))?;
                let head = snapshot.head()?.ok_or_else(not_certified)?;
                let state = Proved {
                    height: head.height,
                    root: head.root,
                    certificate: snapshot.certificate(head.height)?,
                };
                Ok((state, grant, proof))
            })
            .await?;
        let (height, certificate) = self.certificate_of(&state).await?;
        Ok(GrantProof {
            height,
            certificate: hex::encode(certificate),
            id: grant.id.0.to_string(),
            grantee: grant.grantee,
            data_id: grant.data_id.0.to_string(),
            leaf: proof.leaf.0.to_string(),
            grantee_proof: hex::encode(proof.to_grantee.encode()),
            entry: proof.entry.0.to_string(),
            data_proof: hex::encode(proof.on_data.encode()),
        })
    }
}
