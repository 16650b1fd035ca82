//! Votes: who has one, what it does, and when it ends.

use idos_ledger::Call;
use idos_types::{
    Value,
    limits::{MOTION_SECONDS, MOTIONS_PER_OPERATOR},
};

use crate::{
    NOT_OWNER, OPERATORS_VOTE, refused, rows,
    support::{
        call::call,
        id,
        key::Key,
        network::{Network, START},
        validators::{decide, first, operator, run_by, voting},
    },
    without_effect,
};

fn four() -> Network {
    let mut network = Network::with_validators(first(4));
    network.wait_until(START + 1);
    network
}

fn add(name: &str) -> Call {
    call!("add_inserter_as_owner", id(name), name)
}

fn exists(network: &Network, name: &str) -> bool {
    network.state(|state| state.inserter(id(name).into()).unwrap().is_some())
}

fn motions(network: &Network) -> Vec<Vec<Value>> {
    rows(network, call!("get_motions", 1, 100))
}

/// Approvals of the only motion, and how many are needed.
fn tally(network: &Network) -> (Value, Value) {
    let motions = motions(network);
    assert_eq!(motions.len(), 1);
    (motions[0][5].clone(), motions[0][6].clone())
}

#[test]
fn with_few_validators_the_owner_decides_alone() {
    for count in 0..4 {
        let mut network = Network::with_validators(first(count));
        network.must(&Network::owner(), add("a"));
        assert!(exists(&network, "a"));
        for who in [operator(0), Key::of("stranger")] {
            refused(&mut network, &who, add("b"), NOT_OWNER);
        }
        assert_eq!(motions(&network), Vec::<Vec<Value>>::new());
    }
}

#[test]
fn with_four_validators_more_than_two_thirds_decide() {
    let mut network = four();
    refused(&mut network, &Network::owner(), add("a"), OPERATORS_VOTE);
    refused(&mut network, &Key::of("stranger"), add("a"), NOT_OWNER);
    for (number, approvals) in [(2, 1), (0, 2)] {
        let sent = network.send(&operator(number), add("a"));
        let text = format!("{approvals} of 4 validators approve, 3 are needed");
        assert!(sent.ok && sent.log.contains(&text), "{}", sent.log);
        assert!(!exists(&network, "a"));
        assert_eq!(tally(&network), (Value::Int(approvals), Value::Int(3)));
    }
    network.must(&operator(3), add("a"));
    assert!(exists(&network, "a"));
    let dump = network.dump();
    for table in ["motions", "votes", "due"] {
        assert!(dump.table(table).is_empty(), "{table} of what is decided");
    }
}

#[test]
fn motions_show_what_can_be_sent_again() {
    let mut network = four();
    network.must(&operator(1), add("a"));
    let row = motions(&network).remove(0);
    let arguments = format!(r#"["{}","a"]"#, id("a"));
    assert_eq!(
        row[1..5],
        [
            Value::from("add_inserter_as_owner"),
            arguments.into(),
            operator(1).text().into(),
            (network.now() + MOTION_SECONDS).into(),
        ]
    );
    network.must(&operator(1), add("b"));
    let page = |page| rows(&network, call!("get_motions", page, 1));
    assert_eq!(
        [page(1), page(2), page(3)].map(|page| page.len()),
        [1, 1, 0]
    );
    assert_eq!(page(1)[0], row, "oldest first");
    assert!(network.view(None, call!("get_motions", 0, 1)).is_err());
}

#[test]
fn only_the_same_call_is_the_same_motion() {
    let mut network = four();
    decide(&mut network, 2, &add("a"));
    network.must(&operator(2), call!("add_inserter_as_owner", id("a"), "A"));
    network.must(&operator(3), call!("add_inserter_as_owner", id("A"), "a"));
    assert!(!exists(&network, "a"));
    assert_eq!(motions(&network).len(), 3);
    network.must(&operator(3), add("a"));
    let name = network.state(|state| state.inserter(id("a").into()).unwrap().unwrap().name);
    assert_eq!(name, "a");
    // What was decided otherwise meanwhile cannot take effect any more.
    refused(
        &mut network,
        &operator(0),
        call!("add_inserter_as_owner", id("A"), "a"),
        "inserters_name_key",
    );
}

#[test]
fn a_repeated_vote_counts_once() {
    let mut network = four();
    network.must(&operator(0), add("a"));
    without_effect(&mut network, &operator(0), add("a"));
    assert_eq!(tally(&network).0, Value::Int(1));
    decide(&mut network, 3, &add("a"));
    assert!(exists(&network, "a"));
    without_effect(&mut network, &operator(0), add("a"));
    assert!(motions(&network).is_empty(), "what is done is not voted on");
}

#[test]
fn what_could_not_take_effect_is_not_voted_on() {
    let mut network = four();
    decide(&mut network, 3, &add("a"));
    let taken = call!("add_inserter_as_owner", id("b"), "a");
    refused(&mut network, &operator(0), taken, "inserters_name_key");
    let nobodys = call!("add_delegate_as_owner", "0xaa", id("none"));
    refused(&mut network, &operator(0), nobodys, "foreign key");
    let withdrawal = call!("request_balance_withdrawal", "IDOS", "0xaa");
    refused(&mut network, &operator(0), withdrawal, "does not exist");
}

#[test]
fn an_operator_counts_for_each_of_its_validators() {
    let (big, small) = (Key::of("big"), Key::of("small"));
    let of = |count: usize| {
        let validators = (0..5).map(|number| {
            let operator = if number < count { &big } else { &small };
            run_by(number, operator)
        });
        Network::with_validators(validators.collect())
    };
    let mut network = of(4);
    network.must(&big, add("a"));
    assert!(exists(&network, "a"), "four of five are enough");
    assert!(motions(&network).is_empty());
    let mut network = of(3);
    network.must(&big, add("a"));
    assert!(!exists(&network, "a"), "three of five are not");
    assert_eq!(tally(&network), (Value::Int(3), Value::Int(4)));
    network.must(&small, add("a"));
    assert!(exists(&network, "a"));
}

#[test]
fn two_thirds_are_not_enough() {
    let mut network = Network::with_validators(first(6));
    decide(&mut network, 4, &add("a"));
    assert!(!exists(&network, "a"));
    network.must(&operator(4), add("a"));
    assert!(exists(&network, "a"));
}

#[test]
fn a_vote_can_be_withdrawn() {
    let mut network = four();
    decide(&mut network, 2, &add("a"));
    let motion = match &motions(&network)[0][0] {
        Value::Text(motion) => motion.clone(),
        other => panic!("not a text: {other:?}"),
    };
    let withdraw = || call!("withdraw_vote", motion.as_str());
    let no_vote = "the caller has no vote";
    for who in [operator(2), Network::owner(), Key::of("stranger")] {
        refused(&mut network, &who, withdraw(), no_vote);
    }
    for other in ["", "00", &"00".repeat(32)] {
        refused(
            &mut network,
            &operator(0),
            call!("withdraw_vote", other),
            no_vote,
        );
    }
    network.must(&operator(0), withdraw());
    assert_eq!(tally(&network).0, Value::Int(1));
    refused(&mut network, &operator(0), withdraw(), no_vote);
    network.must(&operator(2), add("a"));
    assert!(!exists(&network, "a"), "a withdrawn vote counted");
    network.must(&operator(2), withdraw());
    network.must(&operator(1), withdraw());
    let dump = network.dump();
    for table in ["motions", "votes", "due"] {
        assert!(
            dump.table(table).is_empty(),
            "{table} of a motion without votes"
        );
    }
}

#[test]
fn a_motion_ends_with_its_votes() {
    let mut network = four();
    decide(&mut network, 2, &add("a"));
    let end = network.next_due().unwrap();
    // The first vote began it.
    assert_eq!(end, START + 1 + MOTION_SECONDS);
    network.wait_until(end - 1);
    assert_eq!(motions(&network).len(), 1);
    network.wait_until(end);
    let dump = network.dump();
    for table in ["motions", "votes", "due"] {
        assert!(
            dump.table(table).is_empty(),
            "{table} of a motion that ended"
        );
    }
    network.must(&operator(2), add("a"));
    assert!(
        !exists(&network, "a"),
        "votes of a motion that ended counted"
    );
    assert_eq!(tally(&network).0, Value::Int(1));
    assert_eq!(network.next_due(), Some(network.now() + MOTION_SECONDS));
}

#[test]
fn open_motions_of_one_operator_are_bounded() {
    let mut network = four();
    for at in 0..MOTIONS_PER_OPERATOR {
        network.must(&operator(0), add(&format!("{at}")));
    }
    refused(
        &mut network,
        &operator(0),
        add("more"),
        "at most 16 open motions",
    );
    // It can vote for motions of others all the same, and they can make some.
    network.must(&operator(1), add("more"));
    network.must(&operator(0), add("more"));
    decide(&mut network, 3, &add("0"));
    network.must(&operator(0), add("and more"));
}

#[test]
fn votes_of_operators_that_left_do_not_count() {
    let mut network = Network::with_validators(first(5));
    decide(&mut network, 2, &add("a"));
    network.must(&operator(0), call!("leave", voting(0).text()));
    assert_eq!(tally(&network), (Value::Int(2), Value::Int(4)), "not yet");
    network.end_epoch();
    assert_eq!(tally(&network), (Value::Int(1), Value::Int(3)));
    network.must(&operator(2), add("a"));
    assert!(!exists(&network, "a"), "a vote of one who left counted");
    refused(&mut network, &operator(0), add("a"), NOT_OWNER);
    network.must(&operator(3), add("a"));
    assert!(exists(&network, "a"));
}

/// Votes that were too few are enough once there are fewer validators; then it takes any voter to
/// say it again.
#[test]
fn votes_are_counted_by_the_newest_set() {
    let mut network = Network::with_validators(first(5));
    decide(&mut network, 3, &add("a"));
    network.must(&operator(4), call!("leave", voting(4).text()));
    network.end_epoch();
    assert!(!exists(&network, "a"));
    assert_eq!(tally(&network), (Value::Int(3), Value::Int(3)));
    network.must(&operator(0), add("a"));
    assert!(exists(&network, "a"));
    assert!(motions(&network).is_empty());
}

#[test]
fn every_action_of_the_owner_is_voted_on() {
    let mut network = four();
    let party = id("party");
    for decided in [
        add("a"),
        call!("add_delegate_as_owner", "0xAA", id("a")),
        call!("delete_delegate_as_owner", "0xAA"),
        call!("delete_inserter_as_owner", id("a")),
        call!("add_party_as_owner", party, "0xBB", "issuer"),
        call!("set_party_roles_as_owner", party, "consumer"),
        call!("remove_party_as_owner", party),
        call!(
            "set_parameter_as_owner",
            "body_retention_seconds",
            7,
            Value::Null
        ),
        call!("remove_validator_as_owner", voting(3).text()),
    ] {
        let voted_on = ["motions", "votes", "due"];
        let before = network.dump();
        decide(&mut network, 2, &decided);
        let changed = network.dump().difference(&before);
        assert!(
            changed
                .iter()
                .all(|(table, _)| voted_on.contains(&table.as_str())),
            "two votes did {}",
            decided.action
        );
        network.must(&operator(2), decided.clone());
        let changed = network.dump().difference(&before);
        assert!(
            changed
                .iter()
                .any(|(table, _)| !voted_on.contains(&table.as_str())),
            "three votes did not do {}",
            decided.action
        );
    }
}
