//! How people compare what they trust.

use idos_types::Digest;

use crate::answer::Checkpoint;

/// Digest of a checkpoint: of its domain, chain id, epoch and sets, each text preceded by its
/// length, as everywhere (`docs/state-tree.md`).
pub fn fingerprint(checkpoint: &Checkpoint) -> String {
    let [first, second] = &checkpoint.sets;
    let parts = [&checkpoint.chain_id, &checkpoint.epoch, first, second];
    Digest::of_parts("idos/checkpoint/v1", &parts.map(|part| part.as_bytes())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            chain_id: "idos-test".into(),
            epoch: "0".into(),
            sets: ["01".into(), "02".into()],
        }
    }

    #[test]
    fn every_part_is_in_the_fingerprint() {
        let one = fingerprint(&checkpoint());
        // The same in web/explorer/test/unit.
        assert_eq!(
            one,
            "c35f72e760ce6f2f87ebaadafa91fd455f2eefaad1b9d1a9c046b67d130e97c7"
        );
        let mut others = [checkpoint(), checkpoint(), checkpoint(), checkpoint()];
        let [chain, epoch, first, second] = &mut others;
        chain.chain_id.push('2');
        epoch.epoch.push('0');
        first.sets.swap(0, 1);
        second.sets = ["0102".into(), String::new()];
        for other in &others {
            assert_ne!(fingerprint(other), one);
        }
    }
}
