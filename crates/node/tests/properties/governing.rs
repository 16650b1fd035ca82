//! Random acts of operators, the owner and strangers, beside a count of the votes.

use std::collections::{BTreeMap, BTreeSet};

use idos_ledger::{Call, ValidatorStatus};
use idos_types::{
    ValidatorKey,
    limits::{MOTION_SECONDS, VALIDATORS},
};
use proptest::{collection::vec, prelude::*};

use crate::support::{
    call::call,
    id,
    key::Key,
    network::{Network, START},
    signed::validator_call,
    validators::{address, operator, run_by, voting},
};

/// Validators that there can be.
const NUMBERS: usize = 10;
/// Operators: each runs two of them.
const OPERATORS: usize = NUMBERS / 2;

/// What can be decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matter {
    Approve(usize),
    Remove(usize),
    Admit(usize),
}

/// Something that happens. Whoever acts is an operator, the owner or a stranger.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Request(usize),
    Ready(usize),
    Leave(usize),
    Move(usize, u16),
    Decide(usize, Matter),
    Withdraw(usize, Matter),
    Wait(i64),
    EndEpoch,
}

/// A life of the network.
pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let number = || 0..NUMBERS;
    let who = || 0..OPERATORS + 2;
    let matter = || {
        prop_oneof![
            4 => number().prop_map(Matter::Approve),
            3 => number().prop_map(Matter::Remove),
            2 => (0..2usize).prop_map(Matter::Admit),
        ]
    };
    let act = prop_oneof![
        3 => number().prop_map(Act::Request),
        3 => number().prop_map(Act::Ready),
        3 => number().prop_map(Act::Leave),
        1 => (number(), 1..100u16).prop_map(|(number, port)| Act::Move(number, port)),
        20 => (who(), matter()).prop_map(|(who, matter)| Act::Decide(who, matter)),
        2 => (who(), matter()).prop_map(|(who, matter)| Act::Withdraw(who, matter)),
        1 => prop_oneof![1..100i64, Just(MOTION_SECONDS - 1), Just(MOTION_SECONDS)]
            .prop_map(Act::Wait),
        2 => Just(Act::EndEpoch),
    ];
    vec(act, 1..80)
}

fn runner(number: usize) -> Key {
    operator(number / 2)
}

fn actor(who: usize) -> Key {
    match who.checked_sub(OPERATORS) {
        None => operator(who),
        Some(0) => Network::owner(),
        Some(_) => Key::of("stranger"),
    }
}

fn call_of(matter: Matter) -> Call {
    match matter {
        Matter::Approve(number) => call!("approve_validator_as_owner", voting(number).text()),
        Matter::Remove(number) => call!("remove_validator_as_owner", voting(number).text()),
        Matter::Admit(at) => {
            let name = format!("inserter {at}");
            call!("add_inserter_as_owner", id(&name), name)
        }
    }
}

/// The votes for something, and when they end.
struct Votes {
    operators: BTreeSet<String>,
    expires_at: i64,
}

/// A network, and the votes that there should be.
pub(crate) struct Governing {
    network: Network,
    first: usize,
    votes: BTreeMap<String, Votes>,
}

impl Governing {
    /// A network of so many validators. Every operator may ask for more.
    pub(crate) fn new(first: usize) -> Self {
        let mut network = start(first);
        network.wait_until(START + 1);
        for at in 0..OPERATORS {
            let name = format!("party {at}");
            let admit = call!(
                "add_party_as_owner",
                id(&name),
                operator(at).text(),
                "operator"
            );
            for who in 0..=OPERATORS {
                network.send(&actor(who), admit.clone());
            }
        }
        assert_eq!(network.dump().table("parties").len(), OPERATORS);
        Self {
            network,
            first,
            votes: BTreeMap::new(),
        }
    }

    pub(crate) fn act(&mut self, act: &Act) {
        let requested = self.requested();
        self.act_once(act);
        // The votes for a request end with it, unless it was approved.
        for (number, key) in requested {
            let row = self.network.state(|state| state.validator(key).unwrap());
            if row.is_none() {
                self.votes.remove(&format!("{:?}", Matter::Approve(number)));
            }
        }
    }

    /// Who asked to join, and nobody has agreed.
    fn requested(&self) -> Vec<(usize, ValidatorKey)> {
        let is_requested = |(_, key): &(usize, ValidatorKey)| {
            let row = self.network.state(|state| state.validator(*key).unwrap());
            row.is_some_and(|row| row.status == ValidatorStatus::Requested)
        };
        let keys = (0..NUMBERS).map(|number| (number, voting(number).validator()));
        keys.filter(is_requested).collect()
    }

    fn act_once(&mut self, act: &Act) {
        let network = &mut self.network;
        match *act {
            Act::Request(number) => {
                let (key, who) = (voting(number), runner(number));
                let at = address(number);
                let call = validator_call(network, "request_join", (&key, &key), &who, &at);
                network.send(&who, call);
            }
            Act::Move(number, port) => {
                let (key, who) = (voting(number), runner(number));
                let (action, at) = ("set_validator_address", format!("192.0.2.1:{port}"));
                let call = validator_call(network, action, (&key, &key), &who, &at);
                network.send(&who, call);
            }
            Act::Ready(number) => {
                network.send(&runner(number), call!("ready", voting(number).text()));
            }
            Act::Leave(number) => {
                network.send(&runner(number), call!("leave", voting(number).text()));
            }
            Act::Decide(who, matter) => self.decide(who, matter),
            Act::Withdraw(who, matter) => self.withdraw(who, matter),
            Act::Wait(seconds) => {
                let now = network.now() + seconds;
                network.wait_until(now);
                self.votes.retain(|_, votes| votes.expires_at > now);
            }
            Act::EndEpoch => network.end_epoch(),
        }
    }

    /// How many validators of the newest set each operator runs, and how many there are.
    fn weights(&self) -> (BTreeMap<String, usize>, usize) {
        self.network.state(|state| {
            let (_, set) = state.newest_validator_set().unwrap().unwrap();
            let mut weights = BTreeMap::new();
            for member in set.members() {
                let row = state.validator(member.key).unwrap();
                let operator = row.expect("a member has its row").operator;
                *weights.entry(operator).or_default() += 1;
            }
            (weights, set.len())
        })
    }

    fn decide(&mut self, who: usize, matter: Matter) {
        let key = actor(who);
        let (weights, validators) = self.weights();
        let before = self.network.dump();
        let sent = self.network.send(&key, call_of(matter));
        let changed = self.network.dump().difference(&before);
        let of_votes = ["motions", "votes", "due"];
        // An approved request has no deadline any more, and so on: what counts are other tables.
        let is_done = changed
            .iter()
            .any(|(table, _)| !of_votes.contains(&table.as_str()));
        if validators < 4 {
            assert!(
                changed.is_empty() || key.text() == Network::owner().text(),
                "somebody else than the owner decided"
            );
            return;
        }
        if !weights.contains_key(key.text()) {
            assert!(!sent.ok && changed.is_empty(), "no operator, and a vote");
            return;
        }
        let votes = self.votes.get(&format!("{matter:?}"));
        let mut operators = votes.map_or_else(BTreeSet::new, |votes| votes.operators.clone());
        operators.insert(key.text().to_owned());
        let approving: usize = operators.iter().filter_map(|one| weights.get(one)).sum();
        let is_enough = approving * 3 > validators * 2;
        assert!(
            !is_done || is_enough,
            "{approving} of {validators} decided {matter:?}"
        );
        assert!(
            is_done || !is_enough || changed.is_empty(),
            "{approving} of {validators} did not decide {matter:?}"
        );
        if is_done {
            self.votes.remove(&format!("{matter:?}"));
        } else if !changed.is_empty() {
            let expires_at = self.network.now() + MOTION_SECONDS;
            let votes = self.votes.entry(format!("{matter:?}"));
            let votes = votes.or_insert_with(|| Votes {
                operators: BTreeSet::new(),
                expires_at,
            });
            votes.operators.insert(key.text().to_owned());
        }
    }

    fn withdraw(&mut self, who: usize, matter: Matter) {
        let key = actor(who);
        let name = format!("{matter:?}");
        let known = self.votes.get_mut(&name);
        let has_vote = known.is_some_and(|votes| votes.operators.remove(key.text()));
        let motion = self.motion(matter).unwrap_or_default();
        let sent = self.network.send(&key, call!("withdraw_vote", motion));
        assert_eq!(sent.ok, has_vote, "{}", sent.log);
        self.votes.retain(|_, votes| !votes.operators.is_empty());
    }

    /// The id of the motion on something.
    fn motion(&self, matter: Matter) -> Option<String> {
        let call = call_of(matter);
        let first = match &call.arguments[0].1 {
            idos_types::Value::Text(text) => text.clone(),
            idos_types::Value::Uuid(id) => id.to_string(),
            other => panic!("neither a key nor an id: {other:?}"),
        };
        let dump = self.network.dump();
        let is_meant = |row: &&crate::support::dump::Row| {
            row["action"] == call.action && row["arguments"].contains(&first)
        };
        let row = dump.table("motions").iter().find(is_meant)?;
        Some(row["id"].clone())
    }

    pub(crate) fn check(&self) {
        let (weights, validators) = self.weights();
        assert!((1..=VALIDATORS).contains(&validators));
        assert_eq!(weights.values().sum::<usize>(), validators);
        let dump = self.network.dump();
        assert_eq!(dump.dangling, [] as [String; 0]);
        let counted: usize = self.votes.values().map(|votes| votes.operators.len()).sum();
        assert_eq!(dump.table("votes").len(), counted, "votes");
        assert_eq!(dump.table("motions").len(), self.votes.len(), "motions");
        // Whatever waits for a deadline has one.
        let open = |row: &&crate::support::dump::Row| row["status"] == "requested";
        let requests = dump.table("validators").iter().filter(open).count();
        assert_eq!(
            dump.table("due").len(),
            requests + self.votes.len(),
            "deadlines"
        );
    }

    /// Another node that executes the same blocks has the same rows, sets of validators included.
    pub(crate) fn check_replica(&mut self) {
        self.network.end_epoch();
        let mut other = start(self.first);
        for block in &self.network.blocks {
            other.run(block.clone());
        }
        assert_eq!(self.network.dump(), other.dump());
        assert_eq!(self.network.progress(), other.progress());
    }
}

fn start(first: usize) -> Network {
    let validators = (0..first).map(|number| run_by(number, &runner(number)));
    Network::with_validators(validators.collect())
}
