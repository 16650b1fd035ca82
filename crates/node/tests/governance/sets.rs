//! Sets of validators: fixed two epochs ahead, kept for ever, the same on every replica.

use idos_ledger::{Pace, is_observer_waiting, membership, pace};
use idos_types::{ValidatorKey, Value, limits::OBSERVERS};

use crate::{
    OPERATORS_VOTE, rows,
    support::{
        call::call,
        id,
        network::Network,
        signed::validator_call,
        validators::{add_operator, address, decide, first, grow, operator, request, voting},
    },
};

/// The numbers of the validators of an epoch; `None` if they are not fixed.
fn set(network: &Network, epoch: u64) -> Option<Vec<usize>> {
    let set = network.state(|state| state.validator_set(epoch).unwrap())?;
    let mut numbers: Vec<_> = set.members().iter().map(|one| number(one.key)).collect();
    numbers.sort_unstable();
    Some(numbers)
}

fn number(key: ValidatorKey) -> usize {
    (0..20).find(|at| voting(*at).validator() == key).unwrap()
}

/// Who votes and who follows in an epoch.
fn members(network: &Network, epoch: u64) -> (Vec<usize>, Vec<usize>) {
    let membership = network.state(|state| membership(state, epoch).unwrap().unwrap());
    let numbers = |members: &[idos_types::Member]| {
        let mut numbers: Vec<_> = members.iter().map(|one| number(one.key)).collect();
        numbers.sort_unstable();
        numbers
    };
    (
        numbers(membership.validators.members()),
        numbers(&membership.observers),
    )
}

fn pace_of(network: &Network) -> Pace {
    let epoch = network.epoch();
    network.state(|state| pace(state, epoch).unwrap())
}

fn is_pending(network: &Network) -> bool {
    pace_of(network) != Pace::Idle
}

#[test]
fn the_first_epochs_have_the_validators_of_the_genesis() {
    let mut network = Network::with_validators(first(2));
    assert_eq!(
        [0, 1, 2].map(|epoch| set(&network, epoch)),
        [Some(vec![0, 1]), Some(vec![0, 1]), None]
    );
    assert!(!is_pending(&network));
    for epoch in 0..4 {
        network.end_epoch();
        assert_eq!(network.epoch(), epoch);
        assert_eq!(
            set(&network, epoch + 2),
            Some(vec![0, 1]),
            "epoch {epoch} fixes one"
        );
        assert_eq!(set(&network, epoch + 3), None);
    }
    // What the genesis says happens once.
    let before = network.dump();
    assert_eq!(network.reopen().dump(), before);
}

#[test]
fn a_set_is_fixed_with_the_last_block_of_an_epoch_and_not_before() {
    let mut network = Network::with_validators(first(1));
    while network.progress().tip.height < 126 {
        network.block(Vec::new());
        assert_eq!(set(&network, 2), None);
    }
    network.block(Vec::new());
    assert_eq!(network.progress().tip.height, 127);
    assert_eq!(set(&network, 2), Some(vec![0]));
}

#[test]
fn one_grows_to_four_in_one_change() {
    let mut network = Network::with_validators(first(1));
    grow(&mut network, 1..4);
    assert_eq!(set(&network, 1), Some(vec![0]));
    assert_eq!(set(&network, 2), Some(vec![0, 1, 2, 3]));
    // The newest set decides, also before its epoch.
    let add = call!("add_inserter_as_owner", id("a"), "a");
    let sent = network.send(&Network::owner(), add.clone());
    assert!(sent.log.contains(OPERATORS_VOTE), "{}", sent.log);
    decide(&mut network, 3, &add);
    assert!(network.state(|state| state.inserter(id("a").into()).unwrap().is_some()));
    let current = |network: &Network| {
        let rows = rows(network, call!("get_validators"));
        rows.iter().filter(|row| row[4] == true.into()).count()
    };
    assert_eq!(current(&network), 1);
    network.end_epoch();
    network.block(Vec::new());
    assert_eq!((network.epoch(), current(&network)), (2, 4));
}

#[test]
fn who_comes_and_goes_is_followed_until_nobody_needs_it() {
    let mut network = Network::with_validators(first(3));
    assert_eq!(members(&network, 0), (vec![0, 1, 2], vec![]));
    network.must(&operator(0), call!("leave", voting(0).text()));
    assert!(is_pending(&network));
    // It votes until the sets that are fixed have ended.
    network.end_epoch();
    assert_eq!(set(&network, 1), Some(vec![0, 1, 2]));
    assert_eq!(set(&network, 2), Some(vec![1, 2]));
    assert_eq!(members(&network, 1), (vec![0, 1, 2], vec![]));
    assert!(is_pending(&network));
    network.block(Vec::new());
    let listed = rows(&network, call!("get_validators"));
    let leaving = listed.iter().find(|row| row[3] == "leaving".into());
    assert_eq!(
        leaving.unwrap()[4],
        true.into(),
        "it votes, and is not listed"
    );
    network.end_epoch();
    assert!(network.state(|state| state.validator(voting(0).validator()).unwrap().is_none()));
    assert_eq!(members(&network, 2), (vec![1, 2], vec![0]));
    network.block(Vec::new());
    assert!(!is_pending(&network), "the change is through in epoch 2");
    network.end_epoch();
    assert_eq!(members(&network, 3), (vec![1, 2], vec![0]));
    network.end_epoch();
    assert_eq!(members(&network, 4), (vec![1, 2], vec![]));
    assert_eq!(set(&network, 0), Some(vec![0, 1, 2]), "old sets are kept");
    let epoch = network.epoch();
    let unknown = network.state(|state| membership(state, epoch + 3).unwrap());
    assert_eq!(
        unknown, None,
        "nobody knows who votes in an epoch that is not fixed"
    );
}

#[test]
fn approved_nodes_are_followed_and_requests_are_not() {
    let mut network = Network::with_validators(first(1));
    network.must(&Network::owner(), add_operator(1));
    let request = request(&network, 1);
    network.must(&operator(1), request);
    assert_eq!(members(&network, 0), (vec![0], vec![]));
    assert!(!is_pending(&network));
    let key = voting(1);
    network.must(
        &Network::owner(),
        call!("approve_validator_as_owner", key.text()),
    );
    assert_eq!(members(&network, 0), (vec![0], vec![1]));
    assert!(!is_pending(&network), "an observer changes no set");
    // But it may connect when the next epoch begins only.
    let is_waiting = |first| network.state(|state| is_observer_waiting(state, first).unwrap());
    assert!(is_waiting(0) && !is_waiting(128));
    network.must(&operator(1), call!("ready", key.text()));
    assert!(is_pending(&network));
    network.end_epoch();
    assert_eq!(members(&network, 1), (vec![0], vec![1]));
    assert_eq!(members(&network, 2), (vec![0, 1], vec![]));
    network.end_epoch();
    network.block(Vec::new());
    assert!(!is_pending(&network));
}

#[test]
fn who_moved_is_reached_at_the_new_place() {
    let mut network = Network::with_validators(first(2));
    let (key, who) = (voting(0), operator(0));
    let action = "set_validator_address";
    let moved = validator_call(&network, action, (&key, &key), &who, "192.0.2.77:7");
    network.must(&who, moved);
    let at = |network: &Network, epoch| {
        let membership = network.state(|state| membership(state, epoch).unwrap().unwrap());
        let mut all = membership.validators.members().iter();
        let one = all.find(|one| one.key == key.validator()).unwrap();
        one.address.to_string()
    };
    assert_eq!(at(&network, 0), "192.0.2.77:7");
    assert!(is_pending(&network), "the next set has the new address");
    network.end_epoch();
    let places = |network: &Network, epoch: i64| -> Vec<Value> {
        let rows = rows(network, call!("get_validator_set", epoch));
        rows.into_iter().map(|mut row| row.remove(1)).collect()
    };
    assert!(
        places(&network, 0).contains(&address(0).into()),
        "a fixed set stays"
    );
    assert!(places(&network, 2).contains(&"192.0.2.77:7".into()));
    assert_eq!(
        [places(&network, 3), places(&network, -1)],
        [vec![], vec![]]
    );
}

/// Nobody votes on addresses, and each block leaves something on every disk for ever.
#[test]
fn who_moves_again_and_again_makes_no_haste() {
    let mut network = Network::with_validators(first(2));
    let (key, who) = (voting(0), operator(0));
    let moves = |network: &mut Network, port: u64| {
        let action = "set_validator_address";
        let address = format!("192.0.2.77:{port}");
        let moved = validator_call(network, action, (&key, &key), &who, &address);
        network.must(&who, moved);
    };
    let mut quick = Vec::new();
    for port in 1..=12 {
        moves(&mut network, port);
        if pace_of(&network) == Pace::Quick {
            quick.push(network.epoch());
        }
        network.end_epoch();
        network.block(Vec::new());
    }
    assert_eq!(quick, [0, 1]);
    // Others that come or go do not wait for it.
    network.must(&operator(1), call!("leave", voting(1).text()));
    assert_eq!(pace_of(&network), Pace::Quick);
    // After a while in which nobody moved, it is quick again.
    while is_pending(&network) {
        network.end_epoch();
        network.block(Vec::new());
    }
    for _ in 0..8 {
        network.end_epoch();
        network.block(Vec::new());
    }
    moves(&mut network, 99);
    assert_eq!(pace_of(&network), Pace::Quick);
}

#[test]
fn a_network_without_validators_gets_some() {
    let mut network = Network::new();
    assert_eq!(set(&network, 0), Some(vec![]));
    grow(&mut network, 0..1);
    assert_eq!(
        [1, 2].map(|epoch| set(&network, epoch)),
        [Some(vec![]), Some(vec![0])]
    );
}

/// Whoever leaves while others join: the order within an epoch does not matter, the last block
/// decides.
#[test]
fn transactions_of_the_last_block_count_for_its_set() {
    let mut network = Network::with_validators(first(5));
    while network.progress().tip.height < 126 {
        network.block(Vec::new());
    }
    network.must(&operator(4), call!("leave", voting(4).text()));
    assert_eq!(network.progress().tip.height, 127);
    assert_eq!(set(&network, 2), Some(vec![0, 1, 2, 3]));
}

/// Whoever was replaced is still followed for two epochs, and its place is given to another at once: that
/// makes more than there is room for, and must not stop the network.
#[test]
fn former_validators_make_room_for_approved_ones() {
    let mut network = Network::with_validators(first(1));
    let ready = |number| call!("ready", voting(number).text());
    let leave = |number| call!("leave", voting(number).text());
    let last = OBSERVERS + 1;
    (1..OBSERVERS).for_each(|number| approve(&mut network, number));
    network.end_epoch();
    for number in 1..3 {
        network.must(&operator(number), ready(number));
        network.must(&operator(number - 1), leave(number - 1));
        network.end_epoch();
        approve(&mut network, OBSERVERS - 1 + number);
    }
    let newest = network.epoch() + 1;
    assert_eq!(set(&network, newest - 2), Some(vec![0]));
    assert_eq!(set(&network, newest - 1), Some(vec![1]));
    assert_eq!(set(&network, newest), Some(vec![2]));
    let membership = network.state(|state| membership(state, newest).unwrap().unwrap());
    let keys: Vec<_> = membership.observers.iter().map(|one| one.key).collect();
    assert_eq!(keys.len(), OBSERVERS);
    assert!(keys.is_sorted());
    let is_listed = |number| keys.contains(&voting(number).validator());
    assert!((3..=last).all(is_listed), "all that are approved");
    // One of the two that were replaced fits.
    assert!(is_listed(0) != is_listed(1));
}

/// The network agrees that the node with this number may follow.
fn approve(network: &mut Network, number: usize) {
    network.must(&Network::owner(), add_operator(number));
    let request = request(network, number);
    network.must(&operator(number), request);
    let key = voting(number);
    let approve = call!("approve_validator_as_owner", key.text());
    network.must(&Network::owner(), approve);
}
