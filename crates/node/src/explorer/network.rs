//! The network as this node sees it.

use std::sync::{Arc, PoisonError};

use idos_explorer::{Checkpoint, Network, Parameter, PlannedValue, Sizes, Stats, fingerprint};
use idos_ledger::{List, ParameterName, State as _, Table, parameter};
use idos_store::Snapshot;

use super::Outcome;
use crate::node::Node;

/// How long what takes time to count is good for, in milliseconds.
const COUNT_MS: u64 = 60_000;

/// What was counted, when.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    millis: u64,
    /// None if it took too long.
    sizes: Option<idos_store::Sizes>,
}

impl Node {
    pub(super) async fn network(self: &Arc<Self>) -> Outcome<Network> {
        let counted = self.counted().await;
        self.explored(move |node, snapshot| node.network_shown(snapshot, counted))
            .await
    }

    fn network_shown(
        &self,
        snapshot: &Snapshot<'_>,
        counted: Option<idos_store::Sizes>,
    ) -> Outcome<Network> {
        let progress = *self.shared.progress.borrow();
        let head = snapshot.head()?;
        let height = head.as_ref().map_or(0, |head| head.height);
        // Rules count the blocks of the chains before this one, too; pages show heights of this one.
        let counted_height = self.network.counted(height);
        let checkpoint = self.checkpoint(snapshot)?;
        let validators = u64::try_from(progress.validators).unwrap_or(u64::MAX);
        let mut parameters = Vec::new();
        for name in [
            ParameterName::BodyRetentionSeconds,
            ParameterName::ProtocolVersion,
        ] {
            let next = snapshot.parameter(name)?.and_then(|set| set.next);
            parameters.push(Parameter {
                name: name.name().to_owned(),
                value: parameter(snapshot, &self.network, name, counted_height)?,
                next: next
                    .filter(|next| next.from_height > counted_height)
                    .map(|next| PlannedValue {
                        value: next.value,
                        from_height: next.from_height - (counted_height - height),
                    }),
            });
        }
        Ok(Network {
            chain_id: self.network.chain_id.clone(),
            genesis: self.genesis.to_string(),
            fingerprint: checkpoint.as_ref().map(fingerprint),
            checkpoint,
            height,
            block_time: head.as_ref().map_or(0, |head| head.time.millis()),
            certified_height: self.shared.certified().min(height),
            epoch: self.network.epoch.epoch_of(height),
            epoch_blocks: self.network.epoch.blocks(),
            validators,
            quorum: validators * 2 / 3 + u64::from(validators > 0),
            healthy: self.status().healthy,
            node: self.key.to_string(),
            sizes: Sizes {
                people: snapshot.length_of(&List::All(Table::Users))?,
                parties: snapshot.length_of(&List::All(Table::Parties))?,
                accounts: snapshot.account_count()?,
                leaves: head.map_or(0, |head| head.root.count),
                transactions: snapshot.receipt_count()?,
                credentials: counted.map(|sizes| sizes.credentials),
                grants: counted.map(|sizes| sizes.grants),
            },
            parameters,
        })
    }

    /// The validators that the network started with.
    fn checkpoint(&self, snapshot: &Snapshot<'_>) -> Outcome<Option<Checkpoint>> {
        let sets = [snapshot.validator_set(0)?, snapshot.validator_set(1)?];
        Ok(match sets {
            [Some(first), Some(second)] if !first.is_empty() && !second.is_empty() => {
                Some(Checkpoint {
                    chain_id: self.network.chain_id.clone(),
                    epoch: "0".to_owned(),
                    sets: [first, second].map(|set| hex::encode(set.encode())),
                })
            }
            _ => None,
        })
    }

    /// What takes time to count, once a minute and in a read of its own: the larger the network,
    /// the longer it takes, and the rest of the answer does not depend on it.
    async fn counted(self: &Arc<Self>) -> Option<idos_store::Sizes> {
        let explorer = self.explorer.as_ref()?;
        let now = self.now().millis();
        let known = *explorer
            .sizes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.filter(|known| now < known.millis.saturating_add(COUNT_MS)) {
            return known.sizes;
        }
        // While somebody counts, the others go on with what is known.
        let Ok(turn) = Arc::clone(&explorer.counting).try_lock_owned() else {
            return known.and_then(|known| known.sizes);
        };
        self.explored(move |node, snapshot| {
            let _turn = turn;
            let sizes = snapshot.sizes().ok();
            if let Some(explorer) = &node.explorer {
                *explorer
                    .sizes
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(Counted { millis: now, sizes });
            }
            Ok(sizes)
        })
        .await
        .ok()
        .flatten()
    }

    pub(super) async fn stats(self: &Arc<Self>) -> Outcome<Stats> {
        self.explored(|node, snapshot| {
            let Some(explorer) = &node.explorer else {
                return Ok(Stats {
                    minutes: Vec::new(),
                    certificates: Vec::new(),
                });
            };
            let mut history = explorer
                .history
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            history.follow(snapshot)?;
            Ok(Stats {
                minutes: history.minutes(node.now().millis()),
                certificates: explorer.news.samples(),
            })
        })
        .await
    }
}
