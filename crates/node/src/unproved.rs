//! A state from a copy whose newest block no certificate shows. Whoever made the copy may have changed its rows, so
//! this node signs no state that follows from it until others bear it out.

use idos_proof::RootCertificate;
use idos_store::{Snapshot, StoreError};

/// Name under which the database remembers it.
pub(crate) const UNPROVED: &str = "unproved";

/// What is not proved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unproved {
    /// The height of the copy's newest block: nothing shows that this state and those after it are true.
    pub(crate) height: u64,
    /// The last epoch whose validators are proved all the same: only their signatures bear it out.
    pub(crate) last_epoch: u64,
}

impl Unproved {
    /// What the database of this network remembers.
    pub(crate) fn note(self, genesis: &str) -> String {
        format!("{genesis} {} {}", self.height, self.last_epoch)
    }

    /// Reads a note. One of another network says nothing of this one, nor does an empty one.
    pub(crate) fn read(note: &str, genesis: &str) -> Option<Self> {
        let mut words = note.split(' ');
        if words.next()? != genesis {
            return None;
        }
        let mut number = || words.next()?.parse().ok();
        let (height, last_epoch) = (number()?, number()?);
        Some(Self { height, last_epoch })
    }

    /// Whether a certificate that is kept since shows this state, or one that this node computed from it.
    pub(crate) fn is_borne_out(self, snapshot: &Snapshot<'_>) -> Result<bool, StoreError> {
        let newest = snapshot.newest_certificate()?.unwrap_or(0);
        let head = snapshot.head()?.map_or(0, |head| head.height);
        for height in (self.height..=newest.min(head)).rev() {
            if let (Some(bytes), Some(block)) =
                (snapshot.certificate(height)?, snapshot.block(height)?)
            {
                let certificate = RootCertificate::decode(&bytes);
                return Ok(certificate.is_ok_and(|it| it.statement().root == block.root));
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_by_the_network_that_wrote_it() {
        let unproved = Unproved {
            height: 7,
            last_epoch: 3,
        };
        let note = unproved.note("own");
        assert_eq!(Unproved::read(&note, "own"), Some(unproved));
        assert_eq!(Unproved::read(&note, "other"), None);
        assert_eq!(Unproved::read("", "own"), None);
        assert_eq!(Unproved::read("", ""), None);
    }
}
