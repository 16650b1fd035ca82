//! Room for bytes of requests and answers: how many all of them hold, and how many those of one household.

use std::net::IpAddr;

use axum::body::Bytes;
use idos_connections::{Full, Households, Seat};

use super::{limits::Limits, refusal::Refusal};

/// A number of bytes that may be held at the same time, each household's share of which is bounded.
#[derive(Clone)]
pub(super) struct Budget {
    places: Households,
    total: usize,
}

/// Bytes of a budget; they return to it on drop.
pub(super) type Held = Option<Seat>;

impl Budget {
    /// A budget of `total` bytes, of which one household has at most `share`, or one holder of any size.
    pub(super) fn new(total: usize, share: usize) -> Self {
        Self {
            places: Households::new(total, share),
            total,
        }
    }

    /// Makes what is `held` of the household of `peer` so many bytes, at once or not at all.
    pub(super) fn hold(&self, held: &mut Held, peer: IpAddr, bytes: usize) -> Result<(), Refusal> {
        let made = match held {
            Some(held) => held.resize(bytes),
            None if bytes == 0 => Ok(()),
            None => self.places.seat(peer, bytes).map(|seat| *held = Some(seat)),
        };
        made.map_err(|full| match full {
            Full::Everybody => Refusal::Busy,
            Full::Household => Refusal::ManyBytes,
        })
    }
}

/// Room for the answer to one request, until the client has taken it. Nobody waits for room: whoever
/// waits would hold what it waits with.
pub(crate) struct Room {
    answers: Budget,
    peer: IpAddr,
    free_bytes: usize,
    held: Held,
}

impl Room {
    /// Room among `answers` for one to `peer`.
    pub(super) fn new(answers: &Budget, peer: IpAddr, limits: &Limits) -> Self {
        Self {
            answers: answers.clone(),
            peer,
            free_bytes: limits.free_bytes,
            held: None,
        }
    }

    /// Takes room for an answer of about so many bytes before it is made.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), Refusal> {
        // What is larger than the whole budget gets it alone.
        let counted = bytes.saturating_sub(self.free_bytes);
        let counted = counted.min(self.answers.total);
        self.answers.hold(&mut self.held, self.peer, counted)
    }

    /// The answer, with the room that it takes indeed.
    pub(crate) fn fill(mut self, bytes: Vec<u8>) -> Result<Bytes, Refusal> {
        self.reserve(bytes.len())?;
        // The share goes with the bytes, not with the body: the body is over when the last bytes are
        // queued, the bytes when they were sent or their client is gone.
        Ok(match self.held {
            Some(held) => Bytes::from_owner(HeldBytes { _held: held, bytes }),
            None => bytes.into(),
        })
    }
}

/// Bytes of an answer with their share of the budget.
struct HeldBytes {
    _held: Seat,
    bytes: Vec<u8>,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
impl Room {
    /// Room for one answer of any size.
    pub(crate) fn for_any() -> Self {
        Self::of_test(&Budget::new(usize::MAX, usize::MAX))
    }

    /// Room that another answer has taken, and that answer.
    pub(crate) fn taken() -> (Self, Bytes) {
        let answers = Budget::new(1, 1);
        let other = Self::of_test(&answers).fill(vec![7]).unwrap();
        (Self::of_test(&answers), other)
    }

    /// Room in which every byte counts.
    fn of_test(answers: &Budget) -> Self {
        let limits = Limits {
            free_bytes: 0,
            ..Limits::default()
        };
        Self::new(answers, [192, 0, 2, 1].into(), &limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(budget: &Budget, host: u8) -> Room {
        let limits = Limits {
            free_bytes: 10,
            ..Limits::default()
        };
        Room::new(budget, [192, 0, 2, host].into(), &limits)
    }

    fn filled(budget: &Budget, host: u8, bytes: usize) -> Result<Bytes, Refusal> {
        room(budget, host).fill(vec![7; bytes])
    }

    #[test]
    fn answers_have_room_until_they_were_taken_and_small_ones_always() {
        let budget = Budget::new(100, 100);
        let first = filled(&budget, 1, 100).unwrap();
        let part = first.slice(99..);
        drop(first);
        assert_eq!(filled(&budget, 2, 21), Err(Refusal::Busy));
        assert_eq!(filled(&budget, 2, 20).unwrap().len(), 20);
        assert_eq!(filled(&budget, 2, 10).unwrap().len(), 10);
        drop(part);
        // One that is larger than all together may be comes alone.
        let largest = filled(&budget, 2, 500).unwrap();
        assert_eq!(largest.len(), 500);
        assert_eq!(filled(&budget, 1, 11), Err(Refusal::Busy));
        drop(largest);
        assert!(budget.places.is_empty());
    }

    #[test]
    fn a_household_has_a_share_but_always_room_for_one_answer() {
        let budget = Budget::new(1_000, 100);
        let one = filled(&budget, 1, 500).unwrap();
        assert_eq!(filled(&budget, 1, 11), Err(Refusal::ManyBytes));
        let others = [2, 3].map(|host| filled(&budget, host, 60).unwrap());
        assert_eq!(filled(&budget, 2, 61), Err(Refusal::ManyBytes));
        assert!(filled(&budget, 2, 60).is_ok());
        drop((one, others));
        assert!(budget.places.is_empty());
    }

    #[test]
    fn what_is_reserved_is_there_and_what_was_too_much_returns() {
        let budget = Budget::new(100, 100);
        let mut reserved = room(&budget, 1);
        reserved.reserve(90).unwrap();
        assert_eq!(room(&budget, 2).reserve(31), Err(Refusal::Busy));
        let answer = reserved.fill(vec![7; 30]).unwrap();
        assert_eq!(room(&budget, 2).reserve(90), Ok(()));
        drop(answer);
        // What was thought to be smaller takes more, if there is more.
        let mut reserved = room(&budget, 1);
        reserved.reserve(20).unwrap();
        let _other = filled(&budget, 2, 60).unwrap();
        assert_eq!(reserved.fill(vec![7; 61]), Err(Refusal::Busy));
        let mut reserved = room(&budget, 1);
        reserved.reserve(20).unwrap();
        assert_eq!(reserved.fill(vec![7; 60]).unwrap().len(), 60);
    }
}
