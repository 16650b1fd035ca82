//! The files in which the engine keeps final blocks and their certificates.
//!
//! The numbers here are part of what is on disk and cannot be changed for an existing folder.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
};

use commonware_consensus::simplex::types::Finalization;
use commonware_cryptography::sha256;
use commonware_runtime::{Clock, Metrics, Spawner, Storage, buffer::paged::CacheRef};
use commonware_storage::{
    archive::{Archive as _, Identifier, immutable, prunable},
    translator::EightCap,
};
use commonware_utils::{NZU64, NZUsize};
use idos_types::limits::VALIDATORS;
use rand_core::CryptoRng;

use crate::{ConsensusError, Protocols, codec::Body, shared::Scheme};

/// Certificates, kept for ever.
pub(crate) type Certificates<E> =
    immutable::Archive<E, sha256::Digest, Finalization<Scheme, sha256::Digest>>;
/// Blocks with their items, kept until they are erased.
pub(crate) type Bodies<E> = prunable::Archive<EightCap, E, sha256::Digest, Arc<Body>>;

/// Blocks of one file of the engine. Erasing unlinks whole files, so this is by how many blocks erasure
/// may lag. But each is kept open, with one that says where in it the blocks are: who chooses what
/// [`crate::Execution::keep_from`] says has two open files for so many blocks.
pub const BLOCKS_PER_FILE: u64 = 16;
const BODIES_PER_FILE: NonZeroU64 = NZU64!(BLOCKS_PER_FILE);
const BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// Opens the archive of certificates.
pub(crate) async fn certificates<E>(
    context: E,
    prefix: &str,
    page_cache: CacheRef,
) -> Result<Certificates<E>, ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    let config = immutable::Config {
        metadata_partition: format!("{prefix}certificates-metadata"),
        freezer_table_partition: format!("{prefix}certificates-table"),
        freezer_table_initial_size: 65_536,
        freezer_table_resize_frequency: 4,
        freezer_table_resize_chunk_size: 16_384,
        freezer_key_partition: format!("{prefix}certificates-key"),
        freezer_key_page_cache: page_cache,
        freezer_value_partition: format!("{prefix}certificates-value"),
        freezer_value_target_size: 1 << 26,
        freezer_value_compression: None,
        ordinal_partition: format!("{prefix}certificates-ordinal"),
        items_per_section: NZU64!(65_536),
        codec_config: VALIDATORS,
        replay_buffer: BUFFER,
        freezer_key_write_buffer: BUFFER,
        freezer_value_write_buffer: BUFFER,
        ordinal_write_buffer: BUFFER,
    };
    immutable::Archive::init(context, config)
        .await
        .map_err(|error| ConsensusError::Storage(error.to_string()))
}

/// Opens the archive of blocks, which are of these versions.
pub(crate) async fn bodies<E>(
    context: E,
    prefix: &str,
    page_cache: CacheRef,
    protocols: Protocols,
) -> Result<Bodies<E>, ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    let config = prunable::Config {
        translator: EightCap,
        metadata_partition: format!("{prefix}blocks-metadata"),
        key_partition: format!("{prefix}blocks-key"),
        key_page_cache: page_cache,
        value_partition: format!("{prefix}blocks-value"),
        // Compressed, two blocks of the same length would tell by their files whether their
        // contents are alike.
        compression: None,
        codec_config: protocols,
        items_per_section: BODIES_PER_FILE,
        key_write_buffer: BUFFER,
        value_write_buffer: BUFFER,
        replay_buffer: BUFFER,
    };
    prunable::Archive::init(context, config)
        .await
        .map_err(|error| ConsensusError::Storage(error.to_string()))
}

/// The first height from which on no block is missing up to this one; the height after it if this one is.
pub(crate) fn unbroken_to<E>(bodies: &Bodies<E>, height: u64) -> u64
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    unbroken(bodies.ranges(), height)
}

/// The same in ranges of heights that are not missing, each with its first and its last.
fn unbroken(mut ranges: impl Iterator<Item = (u64, u64)>, height: u64) -> u64 {
    let range = ranges.find(|(first, last)| (*first..=*last).contains(&height));
    range.map_or(height.saturating_add(1), |(first, _)| first)
}

/// The final block of a height, if it is kept.
pub(crate) async fn body<E>(
    bodies: &Bodies<E>,
    height: u64,
) -> Result<Option<Arc<Body>>, ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    bodies
        .get(Identifier::Index(height))
        .await
        .map_err(|error| ConsensusError::Storage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_before_a_gap_are_not_counted() {
        let ranges = [(3, 5), (8, 9)];
        let found = [0, 2, 3, 5, 6, 7, 8, 9, 10].map(|height| unbroken(ranges.into_iter(), height));
        assert_eq!(found, [1, 3, 3, 3, 7, 8, 8, 8, 11]);
    }
}
