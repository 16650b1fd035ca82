//! Chosen messages that get lost, or arrive as others than were sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use commonware_codec::{Copying, Decode as _};
use commonware_consensus::{
    Epochable as _, Viewable as _,
    simplex::types::{Certificate, Vote},
};
use commonware_cryptography::sha256;
use commonware_p2p::{Message as Received, Receiver, utils::mux};
use commonware_runtime::IoBuf;
use idos_types::{Digest, limits::VALIDATORS};

use crate::{
    Channel, PeerKey,
    shared::{EngineKey, Scheme},
};

/// A message that is about to arrive.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its channel.
    pub channel: Channel,
    /// Who sent it.
    pub from: PeerKey,
    /// Whom it would reach.
    pub to: PeerKey,
    /// Epoch and view of a vote or a certificate.
    pub round: Option<(u64, u64)>,
    /// What a vote is for, unless the message is none.
    pub vote: Option<Cast>,
    /// Whether it is a vote for, or a certificate of, a block that is final.
    pub finalizes: bool,
    /// As it was sent.
    pub bytes: &'a [u8],
}

/// What a vote is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cast {
    /// A block, to be built upon.
    Block(Digest),
    /// A block, to be final.
    Final(Digest),
    /// Leaving the view without one.
    Nothing,
}

/// What becomes of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It arrives as it was sent.
    Arrives,
    /// It gets lost.
    Lost,
    /// Its sender sent these bytes instead.
    Instead(Vec<u8>),
}

/// Says what becomes of messages.
pub type Rule = Box<dyn FnMut(&Message<'_>) -> Fate + Send>;

/// All rules of a network.
#[derive(Clone, Default)]
pub(super) struct Rules(Arc<Mutex<Lists>>);

#[derive(Default)]
struct Lists {
    /// Those of adversaries, which never end.
    lasting: Vec<Rule>,
    /// Those of faults.
    passing: Vec<Rule>,
}

impl Rules {
    pub(super) fn add(&self, rule: Rule) {
        self.lists().passing.push(rule);
    }

    pub(super) fn add_lasting(&self, rule: Rule) {
        self.lists().lasting.push(rule);
    }

    pub(super) fn clear(&self) {
        self.lists().passing.clear();
    }

    /// The message as it arrives, if it does.
    fn apply(
        &self,
        channel: Channel,
        from: &EngineKey,
        to: PeerKey,
        bytes: IoBuf,
    ) -> Option<IoBuf> {
        let mut lists = self.lists();
        let Lists { lasting, passing } = &mut *lists;
        if lasting.is_empty() && passing.is_empty() {
            return Some(bytes);
        }
        let seen = seen(channel, &bytes);
        let message = Message {
            channel,
            from: PeerKey::from(from),
            to,
            round: seen.map(|seen| seen.round),
            vote: seen.and_then(|seen| seen.vote),
            finalizes: seen.is_some_and(|seen| seen.finalizes),
            bytes: bytes.as_ref(),
        };
        // Every rule is asked, since a rule may count.
        let (mut lost, mut instead) = (false, None);
        for rule in lasting.iter_mut().chain(passing) {
            match rule(&message) {
                Fate::Arrives => {}
                Fate::Lost => lost = true,
                Fate::Instead(other) => instead = Some(IoBuf::from(other)),
            }
        }
        (!lost).then(|| instead.unwrap_or(bytes))
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a message of consensus is about.
#[derive(Clone, Copy)]
struct Seen {
    round: (u64, u64),
    vote: Option<Cast>,
    finalizes: bool,
}

/// What a vote or certificate is about.
fn seen(channel: Channel, bytes: &IoBuf) -> Option<Seen> {
    if !matches!(channel, Channel::Votes | Channel::Certificates) {
        return None;
    }
    let (_, bytes) = mux::parse(bytes.clone()).ok()?;
    let bytes = Copying(bytes.as_ref());
    if channel == Channel::Votes {
        let vote = Vote::<Scheme, sha256::Digest>::decode_cfg(bytes, &()).ok()?;
        let round = (vote.epoch().get(), vote.view().get());
        let cast = match &vote {
            Vote::Notarize(vote) => Cast::Block(Digest(vote.proposal.payload.0)),
            Vote::Finalize(vote) => Cast::Final(Digest(vote.proposal.payload.0)),
            Vote::Nullify(_) => Cast::Nothing,
        };
        return Some(Seen {
            round,
            vote: Some(cast),
            finalizes: matches!(cast, Cast::Final(_)),
        });
    }
    let certificate = Certificate::<Scheme, sha256::Digest>::decode_cfg(bytes, &VALIDATORS).ok()?;
    Some(Seen {
        round: (certificate.epoch().get(), certificate.view().get()),
        vote: None,
        finalizes: matches!(certificate, Certificate::Finalization(_)),
    })
}

/// A channel on which rules decide what arrives.
#[derive(Debug)]
pub(super) struct Filtered<R> {
    pub(super) inner: R,
    pub(super) channel: Channel,
    pub(super) to: PeerKey,
    pub(super) rules: Rules,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rules")
    }
}

impl<R: Receiver<PublicKey = EngineKey>> Receiver for Filtered<R> {
    type Error = R::Error;
    type PublicKey = EngineKey;

    async fn recv(&mut self) -> Result<Received<EngineKey>, R::Error> {
        loop {
            let (from, bytes) = self.inner.recv().await?;
            if let Some(bytes) = self.rules.apply(self.channel, &from, self.to, bytes) {
                return Ok((from, bytes));
            }
        }
    }

    fn capacity(&self) -> std::num::NonZeroUsize {
        self.inner.capacity()
    }
}
