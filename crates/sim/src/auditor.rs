//! A person with a light client, who believes no node: honest ones must be able to convince it, and
//! liars never. It knows the validators of the genesis, and those of later epochs by the set changes
//! that nodes prove.

use std::{collections::BTreeMap, time::Duration};

use idos_ledger::{Answer, Call, Caller, ProvedAnswer, Question, verify};
use idos_node::simulation::Node;
use idos_proof::{ChainId, Freshness, LightClient, RootCertificate, SetChange, ValidatorSet};
use idos_types::{Member, Value};

use crate::{
    clients::Clients,
    random::Random,
    support::{call::call, key::Key},
    truth::Truth,
    world::World,
};

/// How old an answer may be: an hour, as long as a world lasts.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// The person.
pub(crate) struct Auditor {
    random: Random,
    /// The client as it was in each epoch, the first epoch first: nodes do not enter one at once.
    walked: Vec<LightClient>,
    /// Answers that were true once, by who asked what.
    earlier: BTreeMap<(String, String), ProvedAnswer>,
    /// Answers that were believed, and lies that were not.
    pub(crate) believed: u64,
    pub(crate) lies: u64,
}

impl Auditor {
    pub(crate) fn new(random: Random, world: &World) -> Self {
        Self {
            random,
            walked: vec![first_client(world)],
            earlier: BTreeMap::new(),
            believed: 0,
            lies: 0,
        }
    }

    /// Checks every certificate that nodes have and had not before.
    pub(crate) fn check_certificates(&mut self, world: &mut World) {
        self.walk(world);
        let truth = world.truth.clone();
        for peer in world.peers.iter_mut().filter(|peer| peer.is_honest()) {
            let Some(node) = &peer.node else {
                continue;
            };
            assert!(
                !node.has_diverged(),
                "agreement: node {} has diverged",
                peer.number
            );
            check_certificates(node, &truth, &self.walked, &mut peer.checked);
        }
    }

    /// Asks a node something and checks the answer; hears the lies of those who lie.
    pub(crate) fn ask(&mut self, world: &mut World, clients: &Clients) {
        let Some((number, node)) = world.any_serving() else {
            return;
        };
        let (key, call) = self.question(clients);
        let question = Question::of(call.clone()).expect("it can be proved");
        let caller = Caller::new(key.text().to_owned());
        let now = world.now();
        let given = node.prove(&caller, &question, now);
        let Some(given) = given.expect("an honest node reads") else {
            // Not certified yet.
            return;
        };
        let Some(client) = at(&self.walked, &node, given.height) else {
            // What ends the epoch before is not certified yet.
            return;
        };
        let freshness = Freshness {
            min_height: given.height,
            max_age: MAX_AGE,
            now,
        };
        let proved = verify(client, &freshness, &question, &caller, &given);
        let proved = proved.unwrap_or_else(|error| {
            panic!(
                "proofs: node {number} cannot prove {}: {error}",
                call.action
            )
        });
        world.truth.certified(&proved.statement);
        let action = &call.action;
        let rows = node.view(&caller, call.clone(), now);
        let rows = rows.unwrap_or_else(|error| {
            panic!("proofs: {action} of node {number} is proved and not answered: {error}")
        });
        assert_eq!(
            count(&proved.answer),
            rows.len(),
            "proofs: {action} of node {number}"
        );
        self.believed += 1;
        let name = (key.text().to_owned(), format!("{call:?}"));
        let earlier = self.earlier.insert(name, given.clone());
        for peer in &mut world.peers {
            let Some(treason) = &mut peer.treason else {
                continue;
            };
            let lies = treason
                .adversary
                .lies(&mut treason.traitor, &given, earlier.as_ref());
            for (lie, told) in lies {
                let believed = verify(client, &freshness, &question, &caller, &told);
                assert!(believed.is_err(), "proofs: {action} with {lie} is believed");
                self.lies += 1;
            }
        }
    }

    /// Follows the chain as far as nodes prove it, and hears the lies about it.
    fn walk(&mut self, world: &mut World) {
        for (_, node) in world.serving() {
            while let Some((change, next)) = next(self.newest(), &node) {
                for peer in &mut world.peers {
                    let Some(treason) = &mut peer.treason else {
                        continue;
                    };
                    let lies = treason.adversary.false_sets(&mut treason.traitor, &change);
                    for (lie, told) in lies {
                        let mut client = self.newest().clone();
                        let believed = client.advance(&told);
                        assert!(
                            believed.is_err(),
                            "proofs: validators with {lie} are believed"
                        );
                        self.lies += 1;
                    }
                }
                self.walked.push(next);
            }
        }
    }

    fn newest(&self) -> &LightClient {
        self.walked.last().expect("the first one")
    }

    /// Epochs in which others validate than in the one before.
    pub(crate) fn changes(&self) -> u64 {
        let changed = self.walked.iter().filter(|client| {
            let [set, next] = client.sets();
            set != next
        });
        u64::try_from(changed.count()).expect("a count")
    }

    /// Whether every honest node proves who validates, from the first epoch to its own; else who does
    /// not, and how far it does.
    pub(crate) fn prove_sets(&self, world: &World) -> Result<(), String> {
        let mut behind = Vec::new();
        for (number, node) in world.serving() {
            let mut client = self.walked[0].clone();
            while let Some((_, further)) = next(&client, &node) {
                client = further;
            }
            let epoch = node.network().epoch.epoch_of(node.certified());
            let proved = client.epoch();
            if proved < epoch {
                behind.push(format!(
                    "node {number} of epoch {epoch} proves no set after {proved}"
                ));
            }
        }
        match behind.is_empty() {
            true => Ok(()),
            false => Err(behind.join(", ")),
        }
    }

    /// Who voted is who validates.
    pub(crate) fn check_voters(&self, world: &World) {
        for (epoch, voter, number) in world.votes.voters() {
            let known = self.walked.iter().find_map(|client| {
                let [set, next] = client.sets();
                let sets = [(client.epoch(), set), (client.epoch() + 1, next)];
                sets.into_iter().find(|(of, _)| *of == epoch)
            });
            let Some((_, set)) = known else {
                continue;
            };
            assert!(
                set.position(&voter.0).is_some(),
                "votes: node {number} votes in epoch {epoch}, in which it is no validator"
            );
        }
    }

    /// Who asks, and what.
    fn question(&mut self, clients: &Clients) -> (Key, Call) {
        let null = || Value::Null;
        let random = &mut self.random;
        let call = match random.below(9) {
            0 => call!("get_user"),
            1 => call!("get_wallets"),
            2 => call!("get_credentials"),
            3 => call!("get_attributes"),
            4 => call!("get_access_grants_owned"),
            5 => call!("get_access_grants_granted", null(), null(), null()),
            6 => call!("get_validator_set", 0),
            _ => {
                // It is shared with this consumer, or with another one.
                let copy = clients.shared(random).unwrap_or_default();
                let consumer = random.of(clients.consumers()).expect("some");
                return (consumer.clone(), call!("get_attribute_shared", copy));
            }
        };
        (clients.person(random), call)
    }
}

/// Whom a client trusts that knows the genesis.
fn first_client(world: &World) -> LightClient {
    let members = world.genesis.validators.iter();
    let members = members.map(|validator| Member {
        key: validator.key,
        address: validator.address,
    });
    let set = idos_types::ValidatorSet::new(members.collect()).expect("a few");
    let set = ValidatorSet::of(set).expect("a set");
    let chain_id = ChainId::new(&world.genesis.chain_id).expect("a name");
    LightClient::genesis(chain_id, set.clone(), set)
}

/// The change by which a client goes one epoch further, and the client after it, if a node has proved
/// it by now.
fn next(client: &LightClient, node: &Node) -> Option<(SetChange, LightClient)> {
    let change = node.read(|state| state.set_change(client.unknown_epoch()));
    let change = change.expect("an honest node reads").expect("it reads")?;
    let change = SetChange::decode(&change).expect("an honest node can be read");
    let mut further = client.clone();
    further
        .advance(&change)
        .expect("an honest node is believed");
    Some((change, further))
}

/// The client that knew who validates at a height, if it has come as far.
fn at<'w>(walked: &'w [LightClient], node: &Node, height: u64) -> Option<&'w LightClient> {
    let epoch = node.network().epoch.epoch_of(height);
    walked.iter().find(|client| client.epoch() == epoch)
}

fn check_certificates(node: &Node, truth: &Truth, walked: &[LightClient], checked: &mut u64) {
    let tip = node.progress().tip.height;
    let read = node.read(|snapshot| {
        let first = *checked + 1;
        let heights = first..=tip.min(node.certified());
        let found = heights.map(|height| (height, snapshot.certificate(height)));
        found.collect::<Vec<_>>()
    });
    for (height, certificate) in read.expect("an honest node reads") {
        // Written with the next block: what is not there yet is looked for again.
        let Some(certificate) = certificate.expect("it reads") else {
            if height + 8 < tip {
                *checked = height;
                continue;
            }
            return;
        };
        let Some(client) = at(walked, node, height) else {
            return;
        };
        let certificate = RootCertificate::decode(&certificate).expect("it was checked");
        let [set, _] = client.sets();
        certificate.verify(set).expect("the certificate holds");
        truth.certified(certificate.statement());
        *checked = height;
    }
}

/// How many rows the view shows for an answer.
fn count(answer: &Answer) -> usize {
    match answer {
        Answer::Profile(one) => usize::from(one.is_some()),
        Answer::Wallets(all) => all.len(),
        Answer::Credentials(all) => all.len(),
        Answer::Attributes(all) => all.len(),
        Answer::AttributeShared(one) => usize::from(one.is_some()),
        Answer::GrantsOwned(all) => all.len(),
        Answer::GrantsGranted(page) => page.grants.len(),
        Answer::ValidatorSet(set) => set.iter().flat_map(|set| set.members()).count(),
        _ => panic!("nobody asked"),
    }
}
