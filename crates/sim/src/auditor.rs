//! A person with a light client, who believes no node: honest ones must be able to convince it, and
//! liars never.

use std::{collections::BTreeMap, time::Duration};

use idos_ledger::{Answer, Call, Caller, ProvedAnswer, Question, State as _, verify};
use idos_node::simulation::Node;
use idos_proof::{ChainId, Freshness, LightClient, RootCertificate, ValidatorSet};
use idos_types::Value;

use crate::{clients::Clients, random::Random, support::call::call, truth::Truth, world::World};

/// How old an answer may be: an hour, as long as a world lasts.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// The person.
pub(crate) struct Auditor {
    random: Random,
    /// Answers that were true once, by who asked what.
    earlier: BTreeMap<(String, String), ProvedAnswer>,
    /// Answers that were believed, and lies that were not.
    pub(crate) believed: u64,
    pub(crate) lies: u64,
}

impl Auditor {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            earlier: BTreeMap::new(),
            believed: 0,
            lies: 0,
        }
    }

    /// Checks every certificate that nodes have and had not before.
    pub(crate) fn check_certificates(&mut self, world: &mut World) {
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
            check_certificates(node, &truth, &mut peer.checked);
        }
    }

    /// Asks a node something and checks the answer; hears the lies of those who lie.
    pub(crate) fn ask(&mut self, world: &mut World, clients: &Clients) {
        let Some((number, node)) = world.any_serving() else {
            return;
        };
        let key = clients.person(&mut self.random);
        let call = self.question();
        let question = Question::of(call.clone()).expect("it can be proved");
        let caller = Caller::new(key.text().to_owned());
        let now = world.now();
        let given = node.prove(&caller, &question, now);
        let Some(given) = given.expect("an honest node reads") else {
            // Not certified yet.
            return;
        };
        let client = client(&node, given.height);
        let freshness = Freshness {
            min_height: given.height,
            max_age: MAX_AGE,
            now,
        };
        let proved = verify(&client, &freshness, &question, &caller, &given);
        let proved = proved.unwrap_or_else(|error| {
            panic!(
                "proofs: node {number} can not prove {}: {error}",
                call.action
            )
        });
        world.truth.certified(&proved.statement);
        let rows = node.view(&caller, call.clone(), now).unwrap_or_default();
        let action = &call.action;
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
                let believed = verify(&client, &freshness, &question, &caller, &told);
                assert!(believed.is_err(), "proofs: {action} with {lie} is believed");
                self.lies += 1;
            }
        }
    }

    fn question(&mut self) -> Call {
        let null = || Value::Null;
        match self.random.below(7) {
            0 => call!("get_user"),
            1 => call!("get_wallets"),
            2 => call!("get_credentials"),
            3 => call!("get_attributes"),
            4 => call!("get_access_grants_owned"),
            5 => call!("get_access_grants_granted", null(), null(), null()),
            _ => call!("get_validator_set", 0),
        }
    }
}

/// Whom a client trusts that was shown the validators of the epoch of a height.
fn client(node: &Node, height: u64) -> LightClient {
    let epoch = node.network().epoch.epoch_of(height);
    let set = |epoch| {
        let set = node.read(|state| state.validator_set(epoch));
        let set = set.expect("an honest node reads").expect("it reads");
        ValidatorSet::of(set.expect("the set is fixed")).expect("a set")
    };
    let chain_id = ChainId::new(&node.network().chain_id).expect("a name");
    LightClient::checkpoint(chain_id, epoch, set(epoch), set(epoch + 1))
}

fn check_certificates(node: &Node, truth: &Truth, checked: &mut u64) {
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
        let certificate = RootCertificate::decode(&certificate).expect("it was checked");
        let epoch = node.network().epoch.epoch_of(height);
        let set = node.read(|state| state.validator_set(epoch));
        let set = set.expect("an honest node reads").expect("it reads");
        let set = ValidatorSet::of(set.expect("the set is fixed")).expect("a set");
        certificate.verify(&set).expect("the certificate holds");
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
        Answer::GrantsOwned(all) => all.len(),
        Answer::GrantsGranted(page) => page.grants.len(),
        Answer::ValidatorSet(set) => set.iter().flat_map(|set| set.members()).count(),
        _ => panic!("nobody asked"),
    }
}
