//! See [`Liar`].

use std::{collections::BTreeMap, sync::Arc};

use idos_consensus::{Outbox, Parts, PeerKey, Service, Topic};
use idos_ledger::{Kind, ProvedAnswer};
use idos_node::{
    NodeKey,
    simulation::{root_vote, stated},
};
use idos_proof::{Proof, Root, RootCertificate, RootStatement, SetChange, ValidatorSet};
use idos_types::{BlockTime, Digest, Member};

use super::{Adversary, Traitor, lying_sync::LyingSync};
use crate::random::Random;

/// The proof of the one leaf of a tree: version 1, no witness, no siblings on either side.
const ALONE: [u8; 6] = [2, 0, 0, 0, 0, 0];

/// Lies about the state. To nodes: it vouches for roots that nobody computed, another to each, and
/// for old ones; to those that fetch a state it hands out wrong, old, exchanged, missing, endless and
/// no parts of it, and says wrongly what it keeps. To clients: wrong rows, rows that were true once,
/// rows left out, rows denied, certificates that only it signed, and validators of its own.
pub struct Liar;

impl Adversary for Liar {
    fn corrupt(&self, traitor: &mut Traitor, mut parts: Parts) -> Parts {
        for (topic, service) in &mut parts.services {
            let inner = std::mem::replace(service, Box::new(Silent));
            *service = match topic {
                Topic::Roots => Box::new(LyingRoots {
                    inner,
                    key: traitor.key.clone(),
                    random: traitor.random.fork(),
                    first: None,
                }),
                Topic::Sync => Box::new(LyingSync {
                    inner,
                    random: traitor.random.fork(),
                    first: BTreeMap::new(),
                    told: Arc::clone(&traitor.sync_lies),
                }),
                Topic::Transactions => inner,
            };
        }
        parts
    }

    fn lies(
        &self,
        traitor: &mut Traitor,
        honest: &ProvedAnswer,
        earlier: Option<&ProvedAnswer>,
    ) -> Vec<(&'static str, ProvedAnswer)> {
        let mut lies = Vec::new();
        let mut lie = |name, edit: &mut dyn FnMut(&mut ProvedAnswer) -> bool| {
            let mut given = honest.clone();
            if edit(&mut given) && given != *honest {
                lies.push((name, given));
            }
        };
        let random = &mut traitor.random;
        lie("a wrong row", &mut |given| {
            let rows = given.claims.iter_mut().flat_map(|claim| &mut claim.rows);
            let bytes = rows.last().map(|row| &mut row.bytes);
            bytes
                .and_then(|bytes| {
                    let at = random.at(bytes.len());
                    let byte = bytes.get_mut(at)?;
                    *byte ^= 1 << random.below(8);
                    Some(())
                })
                .is_some()
        });
        lie("a wrong salt", &mut |given| {
            let mut rows = given.claims.iter_mut().flat_map(|claim| &mut claim.rows);
            let row = rows.next();
            row.map(|row| row.salt = Digest([7; 32])).is_some()
        });
        lie("a hidden row", &mut |given| {
            let mut lists = given.claims.iter_mut();
            let list = lists.find(|claim| claim.kind == Kind::List && claim.count > 0);
            list.map(|claim| {
                claim.rows.pop();
                claim.count -= 1;
            })
            .is_some()
        });
        lie("a denied row", &mut |given| {
            let row = given
                .claims
                .iter_mut()
                .find(|claim| claim.kind == Kind::Row);
            row.map(|claim| {
                claim.kind = Kind::Absent;
                claim.rows.clear();
                claim.count = 0;
            })
            .is_some()
        });
        lie("a missing claim", &mut |given| given.claims.pop().is_some());
        lie("a proof of something else", &mut |given| {
            let claim = given.claims.last_mut();
            let proof = claim.map(|claim| &mut claim.proof);
            proof
                .and_then(|proof| {
                    let at = random.at(proof.len());
                    let byte = proof.get_mut(at)?;
                    *byte ^= 1 << random.below(8);
                    Some(())
                })
                .is_some()
        });
        lie("another height", &mut |given| {
            given.height += 1;
            true
        });
        lie("a state that only the liar signed", &mut |given| {
            let certificate = RootCertificate::decode(&given.certificate);
            let certificate = certificate.expect("an honest certificate");
            // All is right in it but who signed: it shows old rows as those of a newer state.
            let mut statement = certificate.statement().clone();
            statement.height += 1;
            given.height = statement.height;
            given.certificate = alone(&traitor.key, statement, certificate.validators());
            true
        });
        if let Some(earlier) = earlier.filter(|earlier| earlier.height < honest.height) {
            lies.push(("a state of the past", earlier.clone()));
            let mut mixed = honest.clone();
            mixed.claims.clone_from(&earlier.claims);
            let is_other = mixed.claims != honest.claims;
            lies.extend(is_other.then_some(("rows of the past", mixed)));
        }
        lies
    }

    fn false_sets(
        &self,
        traitor: &mut Traitor,
        honest: &SetChange,
    ) -> Vec<(&'static str, SetChange)> {
        let only_me = honest.set.members().iter().take(1).map(|member| Member {
            key: traitor.key.public(),
            ..*member
        });
        let only_me = idos_types::ValidatorSet::new(only_me.collect()).expect("one");
        let only_me = ValidatorSet::of(only_me).expect("a set");
        let statement = honest.certificate.statement();
        let mut lies = Vec::new();
        lies.push((
            "only the liar",
            SetChange {
                set: only_me.clone(),
                ..honest.clone()
            },
        ));
        lies.push((
            "another salt",
            SetChange {
                salt: Digest([7; 32]),
                ..honest.clone()
            },
        ));
        // A state in which it is alone, and which only it signed.
        let salt = Digest([7; 32]);
        let leaf = only_me.leaf(honest.epoch(), &salt);
        let mut forged = statement.clone();
        forged.root = Root::leaf(&leaf);
        let validators = honest.certificate.validators();
        let certificate = alone(&traitor.key, forged, validators);
        lies.push((
            "a state that only the liar signed",
            SetChange {
                certificate: RootCertificate::decode(&certificate).expect("its form is right"),
                set: only_me,
                salt,
                proof: Proof::decode(&ALONE).expect("its form is right"),
            },
        ));
        let mut early = statement.clone();
        early.ends_epoch = false;
        let certificate = alone(&traitor.key, early, validators);
        lies.push((
            "an epoch that goes on",
            SetChange {
                certificate: RootCertificate::decode(&certificate).expect("its form is right"),
                ..honest.clone()
            },
        ));
        lies
    }
}

/// A certificate in which one validator signs for all.
fn alone(key: &NodeKey, statement: RootStatement, validators: usize) -> Vec<u8> {
    // What a node sends as its vote has the signature in it: after version and kind.
    let vote = root_vote(key, &statement);
    let signature: [u8; 64] = vote[2..66].try_into().expect("a signature");
    let signatures = (0..validators).map(|signer| (signer, signature));
    let certificate = RootCertificate::new(statement, validators, signatures.collect());
    certificate.expect("the form is right").encode()
}

/// Stands in for a moment.
struct Silent;

impl Service for Silent {
    fn received(&mut self, _: PeerKey, _: &[u8], _: BlockTime, _: &mut Outbox) {}

    fn tick(&mut self, now: BlockTime, _: &mut Outbox) -> BlockTime {
        now
    }
}

struct LyingRoots {
    inner: Box<dyn Service>,
    key: NodeKey,
    random: Random,
    /// What it vouched for first, to be repeated for ever.
    first: Option<Vec<u8>>,
}

impl LyingRoots {
    fn lie(&mut self, honest: Outbox, outbox: &mut Outbox) {
        for (to, bytes) in honest.into_messages() {
            let Some(mut statement) = stated(&bytes) else {
                outbox.send(to, bytes);
                continue;
            };
            let first = self.first.get_or_insert_with(|| bytes.clone()).clone();
            match self.random.below(4) {
                0 => outbox.send(to, bytes),
                1 => outbox.send(to, first),
                2 => {
                    statement.root.hash = Digest::of(&self.random.next().to_le_bytes());
                    outbox.send(to, root_vote(&self.key, &statement));
                }
                _ => {
                    statement.header = Digest::of(&self.random.next().to_le_bytes());
                    outbox.send(to, root_vote(&self.key, &statement));
                }
            }
        }
    }
}

impl Service for LyingRoots {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        let mut honest = Outbox::default();
        self.inner.received(from, bytes, now, &mut honest);
        self.lie(honest, outbox);
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let mut honest = Outbox::default();
        let due = self.inner.tick(now, &mut honest);
        self.lie(honest, outbox);
        due
    }
}
