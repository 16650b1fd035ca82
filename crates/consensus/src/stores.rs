//! What a node finds on its disk when it starts.

use std::num::{NonZeroU64, NonZeroUsize};

use commonware_consensus::{
    Epochable as _,
    marshal::{self, Start, core, standard::Standard},
    simplex::types::Finalization,
    types::FixedEpocher,
};
use commonware_cryptography::{Digested, Digestible as _, sha256};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Metrics, Spawner, Storage, buffer::paged::CacheRef};
use commonware_utils::{NZU16, NZU64, NZUsize};
use rand_core::CryptoRng;
use tracing::warn;

use crate::{
    Block, ConsensusError, Execution, Options, Wake,
    archives::{self, Bodies, Certificates},
    codec::Body,
    engine::{MAILBOX, VIEWS_KEPT, WRITE_BUFFER, namespace},
    executor::{epoch_of, execute, members, next_epoch},
    finalization,
    schemes::Schemes,
    shared::{Marshal, Scheme, now},
};

/// Blocks that may wait for execution in memory.
const DELIVERIES: NonZeroUsize = NZUsize!(8);
/// Final blocks that are fetched at once by who is behind.
const REPAIRS: NonZeroUsize = NZUsize!(32);
/// Blocks of one file of the engine's caches, which hold blocks that are not final yet.
const CACHED_PER_FILE: NonZeroU64 = NZU64!(16);

/// A certificate from which a node goes on.
type Floor = Finalization<Scheme, sha256::Digest>;

/// Stores that are open, for a state that has caught up with them.
pub(crate) struct Stores<E>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    pub(crate) marshal: core::Actor<
        E,
        Standard<Body>,
        Schemes,
        Certificates<E>,
        Bodies<E>,
        FixedEpocher,
        Sequential,
    >,
    pub(crate) mailbox: Marshal,
    pub(crate) schemes: Schemes,
    pub(crate) page_cache: CacheRef,
}

/// Opens the stores, and executes what is in them and not in the state.
pub(crate) async fn open<E>(
    context: &E,
    options: &Options,
    prefix: &str,
    execution: &mut dyn Execution,
    wake: &Wake,
) -> Result<Stores<E>, ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    let epocher = FixedEpocher::new(options.epoch_blocks);
    let page_cache = CacheRef::new(NZU16!(4_096), NZUsize!(2_048));
    let certificates =
        archives::certificates(context.child("certificates"), prefix, page_cache.clone()).await?;
    let bodies = archives::bodies(
        context.child("bodies"),
        prefix,
        page_cache.clone(),
        options.protocols,
    )
    .await?;
    replay(context, execution, &bodies, wake).await?;
    if wake.is_stopped() {
        // The rest would be done in vain. Whoever waits for this looks at the wake as well.
        std::future::pending::<()>().await;
    }
    // What was executed was in the archive before, unless that was lost.
    execution.archived_from(archives::unbroken_to(&bodies, execution.tip().height));
    let schemes = Schemes::new(namespace(&options.chain_id));
    let epoch = next_epoch(&epocher, execution.tip().height);
    // Blocks of the epoch before may be delivered again, and marshal may be one ahead.
    let oldest = epoch.saturating_sub(2);
    for epoch in oldest..=epoch.saturating_add(1) {
        if let Some(members) = members(execution, epoch)? {
            schemes.register(epoch, &members);
        }
    }

    let genesis = Body::genesis(options.genesis);
    let genesis_digest = genesis.digest();
    let floor = options.floor.as_deref().map(decode).transpose()?;
    // One of an epoch whose validators are not remembered. The state went on from it, and so did
    // the engine, unless it lost what it had.
    let (floor, passed) = match floor {
        Some(floor) if floor.epoch().get() < oldest => (None, Some(floor.epoch().get())),
        floor => (floor, None),
    };
    let start = match floor {
        None => Start::Genesis(Digested::precomputed(genesis, genesis_digest)),
        Some(floor) => Start::Floor(checked(&mut context.child("floor"), floor, &schemes)?),
    };
    let (marshal, mailbox, found) = core::Actor::<_, Standard<Body>, _, _, _, _, _>::init(
        context.child("marshal"),
        certificates,
        bodies,
        marshal::Config {
            provider: schemes.clone(),
            epocher: epocher.clone(),
            start,
            partition_prefix: format!("{prefix}marshal"),
            mailbox_size: MAILBOX,
            view_retention: VIEWS_KEPT,
            prunable_items_per_section: CACHED_PER_FILE,
            page_cache: page_cache.clone(),
            replay_buffer: WRITE_BUFFER,
            key_write_buffer: WRITE_BUFFER,
            value_write_buffer: WRITE_BUFFER,
            block_codec_config: options.protocols,
            max_repair: REPAIRS,
            max_pending_acks: DELIVERIES,
            strategy: Sequential,
        },
    )
    .await;
    let processed = found
        .processed()
        .map_or(0, |processed| processed.height().get());
    let executed = execution.tip().height;
    let is_before = passed.is_some_and(|passed| epoch_of(&epocher, processed) <= passed);
    if processed > executed || is_before {
        return Err(ConsensusError::Behind(executed.saturating_add(1)));
    }
    if options.floor.is_none() && executed > processed.saturating_add(DELIVERIES.get() as u64) {
        warn!(
            processed,
            executed, "the engine's folder is older than the state: blocks are fetched again"
        );
    }

    Ok(Stores {
        marshal,
        mailbox,
        schemes,
        page_cache,
    })
}

/// Executes the final blocks that are in the archive and not in the state, which is older than the
/// archive if it was restored from a copy. Between them it does what else has to be done, so that what they leave to
/// clear does not add up.
async fn replay<E>(
    clock: &impl Clock,
    execution: &mut dyn Execution,
    bodies: &Bodies<E>,
    wake: &Wake,
) -> Result<(), ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    while !wake.is_stopped() {
        let next = execution.tip().height.saturating_add(1);
        let Some(body) = archives::body(bodies, next).await? else {
            break;
        };
        execute(execution, Block::clone(body.block()))?;
        execution
            .tend(now(clock))
            .map_err(ConsensusError::Application)?;
    }
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<Floor, ConsensusError> {
    finalization::decode(bytes).ok_or(ConsensusError::Floor)
}

/// Checks the certificate that a state from elsewhere comes with.
fn checked<E: CryptoRng>(
    rng: &mut E,
    certificate: Floor,
    schemes: &Schemes,
) -> Result<Floor, ConsensusError> {
    let scheme = schemes
        .of(certificate.epoch())
        .ok_or(ConsensusError::Floor)?;
    if !certificate.verify(rng, scheme.as_ref(), &Sequential) {
        return Err(ConsensusError::Floor);
    }
    Ok(certificate)
}
