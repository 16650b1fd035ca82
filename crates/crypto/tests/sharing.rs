//! For random parties: only the owner and those with a live grant can open what is stored.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use std::collections::BTreeMap;

use idos_crypto::{HybridSecretKey, Sealed, SecretKey, content_hash};
use proptest::prelude::*;

const CONTEXT: &[u8] = b"credential";

struct Party {
    key: SecretKey,
    hybrid: HybridSecretKey,
}

/// What the network stores for one party, in both suites.
struct Copy {
    sealed: Sealed,
    envelope: Vec<u8>,
}

fn copy_for(party: &Party, text: &[u8]) -> Copy {
    Copy {
        sealed: party.key.public_key().seal(text).unwrap(),
        envelope: party.hybrid.public_key().seal(CONTEXT, text).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Party 0 owns; each step grants to a party or takes it back. A copy goes with its grant.
    #[test]
    fn only_the_owner_and_live_grantees_open_what_is_stored(
        keys in proptest::collection::vec(any::<[u8; 32]>(), 2..5),
        steps in proptest::collection::vec((any::<proptest::sample::Index>(), any::<bool>()), 0..8),
        text in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let parties: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(at, bytes)| {
                let mut bytes = *bytes;
                bytes[0] = u8::try_from(at).unwrap() << 3;
                Party {
                    key: SecretKey::from_bytes(bytes.into()),
                    hybrid: HybridSecretKey::from_bytes(bytes.into()),
                }
            })
            .collect();
        let mut stored = BTreeMap::from([(0, copy_for(&parties[0], &text))]);
        for (party, grants) in steps {
            let party = 1 + party.index(parties.len() - 1);
            if grants {
                // As an owner shares: open the original, seal it again.
                let original = parties[0].key.open(&stored[&0].sealed).unwrap();
                stored.insert(party, copy_for(&parties[party], &original));
            } else {
                stored.remove(&party);
            }
        }
        for (reader, party) in parties.iter().enumerate() {
            for (of, copy) in &stored {
                let opened = party.key.open(&copy.sealed);
                prop_assert_eq!(opened.is_ok(), reader == *of);
                if let Ok(opened) = opened {
                    prop_assert_eq!(content_hash(&opened), content_hash(&text));
                }
                let opened = party.hybrid.open(CONTEXT, &copy.envelope);
                prop_assert_eq!(opened.is_ok(), reader == *of);
                if let Ok(opened) = opened {
                    prop_assert_eq!(opened.as_bytes(), text.as_slice());
                }
            }
        }
    }
}
