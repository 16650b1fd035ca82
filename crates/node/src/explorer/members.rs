//! Validators, and what their operators vote on.

use std::collections::HashMap;

use idos_explorer::{Motion, MotionList, Validator, ValidatorList};
use idos_ledger::{Page, State as _};
use idos_proof::RootCertificate;
use idos_store::Snapshot;
use idos_types::{ValidatorKey, ValidatorSet};

use super::{Outcome, grants::party_name};
use crate::node::Node;

/// Over how many of the newest certificates signatures are counted.
const CERTIFICATES: usize = 100;

/// What the newest certificates say of a validator.
#[derive(Default)]
struct Signed {
    count: u64,
    last: Option<(u64, u64)>,
}

impl Node {
    pub(super) fn validator_list(&self, snapshot: &Snapshot<'_>) -> Outcome<ValidatorList> {
        let tip = snapshot.head()?.map_or(0, |head| head.height);
        let epoch = self.network.epoch.epoch_of(tip);
        let set = snapshot.validator_set(epoch)?.unwrap_or_default();
        let (counted, signed) = signatures(snapshot, tip)?;
        let mut validators = Vec::new();
        for one in snapshot.validators()? {
            let seen = signed.get(&one.key);
            let last = seen.and_then(|seen| seen.last);
            validators.push(Validator {
                key: one.key.to_string(),
                operator_name: party_name(snapshot, &one.operator)?,
                operator: one.operator,
                address: one.address.to_string(),
                status: one.status.name().to_owned(),
                votes: set.members().iter().any(|member| member.key == one.key),
                signed: seen.map_or(0, |seen| seen.count),
                last_signed: last.map(|(height, _)| height),
                last_signed_time: last.map(|(_, time)| time),
                expires_at: one.expires_at,
                height: one.height,
            });
        }
        Ok(ValidatorList {
            epoch,
            counted,
            validators,
        })
    }
}

/// Whose signatures the newest certificates carry, and how many certificates these are.
fn signatures(
    snapshot: &Snapshot<'_>,
    height: u64,
) -> Outcome<(u64, HashMap<ValidatorKey, Signed>)> {
    let mut sets: HashMap<u64, ValidatorSet> = HashMap::new();
    let (mut counted, mut signed) = (0, HashMap::<_, Signed>::new());
    for (height, bytes) in snapshot.certificates_to(height, CERTIFICATES)? {
        let Ok(certificate) = RootCertificate::decode(&bytes) else {
            continue;
        };
        let epoch = certificate.statement().epoch;
        let set = match sets.entry(epoch) {
            std::collections::hash_map::Entry::Occupied(set) => set.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(snapshot.validator_set(epoch)?.unwrap_or_default())
            }
        };
        counted += 1;
        let time = certificate.statement().time.millis();
        for member in certificate.signers().filter_map(|at| set.members().get(at)) {
            let seen = signed.entry(member.key).or_default();
            seen.count += 1;
            // They come from the newest on.
            seen.last.get_or_insert((height, time));
        }
    }
    Ok((counted, signed))
}

/// What is open to be voted on.
pub(super) fn motions(snapshot: &Snapshot<'_>, offset: u32, limit: usize) -> Outcome<MotionList> {
    let most = limit.saturating_add(1);
    let mut found = snapshot.motions(Page {
        offset: offset.into(),
        rows: i64::try_from(most).unwrap_or(i64::MAX),
    })?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let shown = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let mut motions = Vec::new();
    for motion in found {
        let votes = snapshot.votes(&motion.id)?;
        motions.push(Motion {
            id: motion.id.to_string(),
            action: motion.action,
            arguments: motion.arguments,
            proposer: motion.proposer,
            expires_at: motion.expires_at,
            height: motion.height,
            votes: votes.into_iter().map(|vote| vote.operator).collect(),
        });
    }
    Ok(MotionList {
        motions,
        next: has_more.then(|| u64::from(offset).saturating_add(shown)),
    })
}
