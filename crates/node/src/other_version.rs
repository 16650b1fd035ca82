//! Nodes whose release speaks another version of what nodes say to each other: neither can read the
//! other, and somebody has to upgrade.

use std::{cmp::Ordering, collections::BTreeSet};

use idos_consensus::PeerKey;
use idos_types::limits::{OBSERVERS, VALIDATORS};
use tracing::warn;

/// Most nodes that are remembered to have been spoken of.
const PEERS: usize = VALIDATORS + OBSERVERS;

/// Of whom that was said already.
#[derive(Default)]
pub(crate) struct OtherVersions(BTreeSet<PeerKey>);

impl OtherVersions {
    /// Says of a message that cannot be read that its version is the reason, if it is, once of each
    /// peer. Returns what was said.
    pub(crate) fn note(
        &mut self,
        from: PeerKey,
        message: &[u8],
        own: u8,
        about: &'static str,
    ) -> Option<String> {
        let theirs = *message.first()?;
        let who = match theirs.cmp(&own) {
            Ordering::Equal => return None,
            Ordering::Greater => "this node has to be upgraded",
            Ordering::Less => "its operator has to upgrade it",
        };
        if self.0.len() >= PEERS || !self.0.insert(from) {
            return None;
        }
        let text = format!(
            "node {from} speaks version {theirs} of messages about {about} and this one version \
             {own}, so that neither understands the other: {who}"
        );
        warn!("{text}");
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_upgrade_is_said_once_of_each_node() {
        let mut others = OtherVersions::default();
        let [one, two] = [PeerKey([1; 32]), PeerKey([2; 32])];
        let mut note = |from, message: &[u8]| others.note(from, message, 2, "roots");
        assert_eq!(
            note(one, &[2, 9]),
            None,
            "it cannot be read for another reason"
        );
        assert_eq!(note(one, &[]), None);
        let said = note(one, &[3, 0]).unwrap();
        assert!(said.contains(&one.to_string()) && said.ends_with("this node has to be upgraded"));
        assert_eq!(note(one, &[3, 0]), None);
        let said = note(two, &[1, 0]).unwrap();
        assert!(said.ends_with("its operator has to upgrade it"));
    }

    #[test]
    fn keys_that_nobody_can_count_are_not_all_remembered() {
        let mut others = OtherVersions::default();
        for number in 0..2 * u16::try_from(PEERS).unwrap() {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_le_bytes());
            others.note(PeerKey(key), &[9], 1, "roots");
        }
        assert_eq!(others.0.len(), PEERS);
    }
}
