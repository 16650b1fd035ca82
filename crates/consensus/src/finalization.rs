//! Certificates of final blocks, as others send them.

use commonware_codec::{Copying, Decode as _};
use commonware_consensus::{Epochable as _, simplex::types::Finalization};
use commonware_cryptography::sha256;
use commonware_parallel::Sequential;
use commonware_utils::ordered::Set;
use getrandom::SysRng;
use idos_types::limits::VALIDATORS;
use rand_core::UnwrapErr;

use crate::{Header, PeerKey, codec::engine_digest, engine::namespace, shared::Scheme};

/// The engine's certificate in these bytes.
pub(crate) fn decode(bytes: &[u8]) -> Option<Finalization<Scheme, sha256::Digest>> {
    Finalization::decode_cfg(Copying(bytes), &VALIDATORS).ok()
}

/// Whether a finalization certificate, see [`crate::Chain::finalization`], is of the block with this
/// header, and of more than two thirds of these validators of its epoch.
pub fn is_final(
    chain_id: &str,
    epoch: u64,
    validators: impl IntoIterator<Item = PeerKey>,
    header: &Header,
    certificate: &[u8],
) -> bool {
    let keys = validators.into_iter().map(|key| key.engine());
    let (Some(keys), Some(certificate)) = (keys.collect::<Option<Vec<_>>>(), decode(certificate))
    else {
        return false;
    };
    let scheme = Scheme::verifier(&namespace(chain_id), Set::from_iter_dedup(keys));
    certificate.epoch().get() == epoch
        && certificate.proposal.payload == engine_digest(header.hash())
        // What is random only makes it impossible to choose signatures that pass together.
        && certificate.verify(&mut UnwrapErr(SysRng), &scheme, &Sequential)
}
