//! What peers answer. What the certificate vouches for counts, whoever sent it; all else is asked for
//! again, before anybody is blamed.

use idos_consensus::PeerKey;
use idos_proof::{Children, Part, Prefix};
use idos_store::{StoreError, StoredRow};
use idos_types::BlockTime;

use super::Fetch;
use crate::sync::flights::{Asked, Wanted};

const OTHER: &str = "an answer to something else";

/// What an answer shows of whoever sent it.
#[derive(Default)]
struct Shown {
    /// What is not true of it.
    lie: Option<&'static str>,
    /// Whether something is left out that only the state of the sender may have.
    is_lacking: bool,
}

impl Fetch {
    pub(super) fn received_regions(
        &mut self,
        from: PeerKey,
        number: u32,
        answers: Vec<Option<Children>>,
        now: BlockTime,
    ) -> Result<(), StoreError> {
        let asked = match self.flights.landed(from, number) {
            Some(Asked::Regions(asked)) => asked,
            other => {
                self.is_other(from, other, now);
                return Ok(());
            }
        };
        let given = answers.iter().flatten().count();
        let mut shown = self.count(from, (given, answers.len()), asked.len());
        let mut answers = answers.into_iter();
        let mut seen = Vec::new();
        for mut wanted in asked {
            let (prefix, root) = wanted.what;
            let verify = |children: Children| children.verify(&root);
            match answers.next().map(|answer| answer.map(verify)) {
                Some(Some(Ok(parts))) => {
                    seen.push((prefix, parts));
                    continue;
                }
                Some(Some(Err(_))) => shown.lie = Some("a part of the state that is not certified"),
                Some(None) => {
                    wanted.is_new = true;
                    shown.is_lacking = true;
                }
                None => {}
            }
            self.regions.push(wanted);
        }
        self.judge(from, &shown, now);
        self.compare(&seen)
    }

    fn compare(&mut self, regions: &[(Prefix, Vec<Part>)]) -> Result<(), StoreError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let difference = writer.strip(regions)?;
        // Index entries come with their rows. What was seen of other targets waits for the next walk.
        let (walk, rows) = (&self.walk, difference.put.into_iter());
        let rows = rows.filter(|leaf| !leaf.value.is_index());
        let rows = rows.filter(|leaf| walk.meets(&leaf.key.into()));
        self.leaves.extend(rows.map(Wanted::new));
        let regions = difference.ask.into_iter();
        let regions = regions.filter(|(region, _)| walk.meets(region));
        self.regions.extend(regions.map(Wanted::new));
        Ok(())
    }

    pub(super) fn received_rows(
        &mut self,
        from: PeerKey,
        number: u32,
        rows: Vec<Option<StoredRow>>,
        now: BlockTime,
    ) {
        let asked = match self.flights.landed(from, number) {
            Some(Asked::Rows(asked)) => asked,
            other => {
                self.is_other(from, other, now);
                return;
            }
        };
        let given = rows.iter().flatten().count();
        let mut shown = self.count(from, (given, rows.len()), asked.len());
        let mut rows = rows.into_iter();
        for mut wanted in asked {
            match rows.next() {
                Some(Some(stored)) => {
                    let leaves = stored.row.leaves(stored.place, &stored.salt);
                    if leaves.first() == Some(&wanted.what) {
                        self.bytes = self.bytes.saturating_add(stored.row.weight());
                        self.rows.push(stored);
                        continue;
                    }
                    shown.lie = Some("a row that is not certified");
                }
                Some(None) => {
                    wanted.is_new = true;
                    shown.is_lacking = true;
                }
                None => {}
            }
            self.leaves.push(wanted);
        }
        self.judge(from, &shown, now);
    }

    /// An answer of one kind to a question of another; or to none, which is late.
    fn is_other(&mut self, from: PeerKey, asked: Option<Asked>, now: BlockTime) {
        if let Some(asked) = asked {
            self.want_again(asked);
            self.avoid(from, OTHER, now);
        }
    }

    /// Counts what was given among the answers to what was asked.
    fn count(&mut self, from: PeerKey, (given, answers): (usize, usize), asked: usize) -> Shown {
        let is_other = answers == 0 || answers > asked;
        if !is_other && is_short(given, answers, asked) {
            self.flights.was_short(from);
        }
        Shown {
            lie: is_other.then_some(OTHER),
            is_lacking: false,
        }
    }

    /// Only once all that is still wanted waits again: whoever is not asked any more may have been
    /// the target.
    fn judge(&mut self, from: PeerKey, shown: &Shown, now: BlockTime) {
        match shown.lie {
            Some(lie) => self.avoid(from, lie, now),
            None if shown.is_lacking && self.is_target(from) => self.leave(from),
            None => {}
        }
    }
}

/// Whether an answer ends early, or says of most of what was asked that it is not there: a peer that answers
/// nothing in no time must not come before those that give what they have.
fn is_short(given: usize, answers: usize, asked: usize) -> bool {
    answers < asked || 2 * given < asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_out_most_is_as_short_as_who_ends_early() {
        assert!(!is_short(32, 32, 32));
        assert!(is_short(31, 31, 32), "it ends early");
        assert!(!is_short(16, 32, 32), "its state is another");
        assert!(is_short(15, 32, 32));
        assert!(is_short(0, 1, 1));
    }
}
