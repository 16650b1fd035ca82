//! Validators: asking to join, being approved, being ready, moving, leaving.

use idos_ledger::Change;
use idos_types::{
    Value,
    limits::{MOTION_SECONDS, VALIDATOR_ROWS, VALIDATORS, VALIDATORS_PER_OPERATOR},
};

use crate::{
    NOT_OWNER, refused, rows,
    support::{
        call::call,
        id,
        key::Key,
        network::{Network, START},
        signed::validator_call,
        validators::{add_operator, address, decide, first, operator, request, run_by, voting},
    },
    without_effect,
};

/// A network of one validator, with two operators that run none.
fn network() -> Network {
    let mut network = Network::with_validators(first(1));
    network.wait_until(START + 1);
    network.must(&Network::owner(), add_operator(1));
    network.must(&Network::owner(), add_operator(2));
    network
}

fn status(network: &Network, number: usize) -> Option<Value> {
    let rows = rows(network, call!("get_validators"));
    let key = Value::from(voting(number).text());
    let row = rows.into_iter().find(|row| row[0] == key)?;
    Some(row[3].clone())
}

fn approve(number: usize) -> idos_ledger::Call {
    call!("approve_validator_as_owner", voting(number).text())
}

fn ready(number: usize) -> idos_ledger::Call {
    call!("ready", voting(number).text())
}

fn leave(number: usize) -> idos_ledger::Call {
    call!("leave", voting(number).text())
}

fn remove(number: usize) -> idos_ledger::Call {
    call!("remove_validator_as_owner", voting(number).text())
}

fn join(network: &mut Network, number: usize) {
    let request = request(network, number);
    network.must(&operator(number), request);
}

#[test]
fn a_validator_joins_step_by_step() {
    let mut network = network();
    let owner = Network::owner();
    refused(
        &mut network,
        &owner,
        approve(1),
        "the validator does not exist",
    );
    refused(
        &mut network,
        &operator(1),
        ready(1),
        "the validator does not exist",
    );
    join(&mut network, 1);
    assert_eq!(status(&network, 1), Some("requested".into()));
    refused(&mut network, &operator(1), ready(1), "has not approved");
    refused(&mut network, &operator(1), approve(1), NOT_OWNER);
    network.must(&owner, approve(1));
    assert_eq!(status(&network, 1), Some("observer".into()));
    without_effect(&mut network, &owner, approve(1));
    for who in [operator(2), Network::owner(), Key::of("stranger")] {
        refused(
            &mut network,
            &who,
            ready(1),
            "only the operator of the validator",
        );
    }
    network.must(&operator(1), ready(1));
    assert_eq!(status(&network, 1), Some("ready".into()));
    without_effect(&mut network, &operator(1), ready(1));
    without_effect(&mut network, &owner, approve(1));
    let rows = rows(&network, call!("get_validators"));
    assert_eq!(rows[0][4], true.into(), "the first validator");
    assert_eq!(
        rows[1][1..],
        [
            operator(1).text().into(),
            address(1).into(),
            "ready".into(),
            false.into()
        ]
    );
    assert_eq!(network.next_due(), None, "an approved request lapses");
}

#[test]
fn only_operators_ask_to_join() {
    let mut network = network();
    let text = "only a party with the role operator";
    let call_of = |network: &Network, who: &Key| {
        let key = voting(7);
        validator_call(network, "request_join", (&key, &key), who, &address(7))
    };
    let issuer = Key::of("issuer");
    let party = call!(
        "add_party_as_owner",
        id("issuer"),
        issuer.text(),
        "issuer,consumer"
    );
    network.must(&Network::owner(), party);
    // The operator of a first validator is no party.
    for who in [issuer, Key::of("stranger"), operator(0)] {
        let request = call_of(&network, &who);
        refused(&mut network, &who, request, text);
    }
    let owners = call_of(&network, &Network::owner());
    network.must(&Network::owner(), owners);
    assert_eq!(status(&network, 7), Some("requested".into()));
}

#[test]
fn a_voting_key_is_registered_only_with_its_signature() {
    let mut network = network();
    let (key, thief) = (voting(1), Key::of("thief"));
    let who = operator(1);
    let wrong = "the signature by the voting key is wrong";
    let call_of = |network: &Network, signer: &Key, operator: &Key, at: &str| {
        validator_call(network, "request_join", (&key, signer), operator, at)
    };
    let others = [
        // Signed by another key, for another operator, for another address.
        call_of(&network, &thief, &who, &address(1)),
        call_of(&network, &key, &operator(2), &address(1)),
    ];
    for other in others {
        refused(&mut network, &who, other, wrong);
    }
    let mut moved = call_of(&network, &key, &who, &address(1));
    moved.arguments[1].1 = address(2).into();
    refused(&mut network, &who, moved, wrong);
    let mut garbage = call_of(&network, &key, &who, &address(1));
    for signature in ["", "zz", "00"] {
        garbage.arguments[2].1 = signature.into();
        refused(&mut network, &who, garbage.clone(), wrong);
    }
    // For another chain: the same text with another last line.
    let text = network.text(call!(
        "validator_message",
        key.text(),
        who.text(),
        address(1)
    ));
    let elsewhere = text.replace("chain id: idos-test", "chain id: idos-test-2");
    assert_ne!(text, elsewhere);
    let signature = key.sign_hex(&elsewhere);
    let elsewhere = call!("request_join", key.text(), address(1), signature);
    refused(&mut network, &who, elsewhere, wrong);
    // A key that no signature verifies by, and what is no key.
    for key in ["", "00", &"00".repeat(32), &"zz".repeat(32)] {
        let call = call!("request_join", key, address(1), "00");
        refused(&mut network, &who, call, "invalid key");
    }
    for at in ["", "localhost:1", "192.0.2.1", "0.0.0.0:1", "192.0.2.1:0"] {
        let call = call!("request_join", key.text(), at, "00");
        refused(
            &mut network,
            &who,
            call,
            "an address is the IP address and the port",
        );
    }
    join(&mut network, 1);
}

#[test]
fn keys_and_addresses_are_of_one_validator() {
    let mut network = network();
    join(&mut network, 1);
    let again = request(&network, 1);
    without_effect(&mut network, &operator(1), again);
    let call_of = |network: &Network, number: usize, who: usize, at: usize| {
        let key = voting(number);
        let (who, at) = (operator(who), address(at));
        validator_call(network, "request_join", (&key, &key), &who, &at)
    };
    let other_address = call_of(&network, 1, 1, 5);
    refused(&mut network, &operator(1), other_address, "validators_pkey");
    let other_operator = call_of(&network, 1, 2, 1);
    refused(
        &mut network,
        &operator(2),
        other_operator,
        "validators_pkey",
    );
    let same_address = call_of(&network, 2, 2, 1);
    refused(
        &mut network,
        &operator(2),
        same_address,
        "validators_address_key",
    );
    let of_the_first = call_of(&network, 2, 2, 0);
    refused(
        &mut network,
        &operator(2),
        of_the_first,
        "validators_address_key",
    );
}

#[test]
fn a_request_lapses() {
    let mut network = network();
    join(&mut network, 1);
    let end = network.now() + MOTION_SECONDS;
    assert_eq!(network.next_due(), Some(end));
    network.wait_until(end - 1);
    assert_eq!(status(&network, 1), Some("requested".into()));
    network.wait_until(end);
    assert_eq!(status(&network, 1), None);
    refused(
        &mut network,
        &Network::owner(),
        approve(1),
        "does not exist",
    );
    // It can be made again, and then lapses later.
    join(&mut network, 1);
    network.must(&operator(1), leave(1));
    assert_eq!((status(&network, 1), network.next_due()), (None, None));
    join(&mut network, 1);
    network.must(&Network::owner(), approve(1));
    network.wait_until(end + 2 * MOTION_SECONDS);
    assert_eq!(status(&network, 1), Some("observer".into()));
}

/// Votes were for the operator who asked: another one may have the same key.
#[test]
fn votes_for_a_request_end_with_it() {
    type End = fn(&mut Network);
    let ends: [End; 3] = [
        |network| network.must(&operator(4), leave(4)),
        |network| decide(network, 3, &remove(4)),
        |network| network.wait_until(network.now() + MOTION_SECONDS - 1),
    ];
    for end in ends {
        let mut network = Network::with_validators(first(4));
        network.wait_until(START + 1);
        decide(&mut network, 3, &add_operator(4));
        let request = request(&network, 4);
        network.must(&operator(4), request.clone());
        network.wait_until(START + 2);
        decide(&mut network, 2, &approve(4));
        end(&mut network);
        assert_eq!(status(&network, 4), None);
        let dump = network.dump();
        for table in ["motions", "votes", "due"] {
            assert!(dump.table(table).is_empty(), "{table} of no request");
        }
        network.must(&operator(4), request);
        network.must(&operator(2), approve(4));
        assert_eq!(status(&network, 4), Some("requested".into()));
        decide(&mut network, 2, &approve(4));
        assert_eq!(status(&network, 4), Some("observer".into()));
    }
}

/// As above: another operator may ask with the same key in the new chain.
#[test]
fn votes_for_a_request_end_with_the_chain() {
    let mut network = Network::with_validators(first(4));
    network.wait_until(START + 1);
    decide(&mut network, 3, &add_operator(4));
    network.must(&operator(4), request(&network, 4));
    decide(&mut network, 2, &approve(4));
    network.must(
        &operator(0),
        call!("add_inserter_as_owner", id("other"), "other"),
    );
    let changes = network.state(|state| idos_ledger::restart(state, &first(4), 100).unwrap());
    let gone = |is_one: fn(&idos_ledger::Key) -> bool| {
        let gone = changes.iter().filter(|change| match change {
            Change::Delete(key) => is_one(key),
            _ => false,
        });
        gone.count()
    };
    assert_eq!(gone(|key| matches!(key, idos_ledger::Key::Motion(_))), 1);
    assert_eq!(gone(|key| matches!(key, idos_ledger::Key::Vote(..))), 2);
    // The ends of the request and of its motion; that of the other motion stays.
    assert_eq!(gone(|key| matches!(key, idos_ledger::Key::Due(_))), 2);
}

#[test]
fn requests_of_one_operator_are_bounded() {
    let mut network = network();
    let who = operator(1);
    for number in 0..=VALIDATORS_PER_OPERATOR {
        let key = voting(100 + number);
        let at = address(100 + number);
        let call = validator_call(&network, "request_join", (&key, &key), &who, &at);
        if number < VALIDATORS_PER_OPERATOR {
            network.must(&who, call);
        } else {
            refused(
                &mut network,
                &who,
                call,
                "at most 16 validators of one operator",
            );
        }
    }
}

/// Those of an epoch, observers and requests together.
#[test]
fn validators_are_bounded() {
    let crowd = Key::of("crowd");
    let all = (0..VALIDATORS).map(|number| run_by(number, &crowd));
    let mut network = Network::with_validators(all.collect());
    let mut requests = VALIDATOR_ROWS - VALIDATORS;
    for number in 0..=requests / VALIDATORS_PER_OPERATOR {
        let who = operator(number);
        network.must(&crowd, add_operator(number));
        for at in 0..VALIDATORS_PER_OPERATOR {
            let key = Key::of(&format!("voting {number} {at}"));
            let place = format!("192.0.3.{}:{}", number + 1, at + 1);
            let call = validator_call(&network, "request_join", (&key, &key), &who, &place);
            if requests == 0 {
                refused(
                    &mut network,
                    &who,
                    call,
                    "at most 512 validators are allowed",
                );
                return;
            }
            network.must(&who, call);
            requests -= 1;
        }
    }
    panic!("nobody was refused");
}

/// The text is one line a field.
#[test]
fn the_text_of_a_voting_key_has_no_other_lines() {
    let network = network();
    let text = |operator: &str| {
        let key = voting(1);
        let asked = call!("validator_message", key.text(), operator, address(1));
        network.view(None, asked)
    };
    let rows = text(&operator(1).text().to_uppercase()).unwrap();
    let expected = format!(
        "operation: operateValidator\nkey: {}\noperator: {}\naddress: {}\nchain id: idos-test",
        voting(1).text(),
        operator(1).text(),
        address(1)
    );
    assert_eq!(rows, [[expected.into()]]);
    for operator in ["a\nb", "a\r"] {
        let error = text(operator).unwrap_err();
        assert!(error.contains("cannot contain a line break"), "{error}");
    }
}

#[test]
fn no_more_are_approved_than_a_set_has() {
    let crowd = Key::of("crowd");
    let all = (0..VALIDATORS).map(|number| run_by(number, &crowd));
    let mut network = Network::with_validators(all.collect());
    let (key, who) = (voting(200), Network::owner());
    let join = validator_call(&network, "request_join", (&key, &key), &who, &address(200));
    network.must(&who, join);
    let text = "at most 128 approved validators are allowed";
    refused(&mut network, &crowd, approve(200), text);
    network.must(&crowd, leave(0));
    network.must(&crowd, approve(200));
    network.must(&who, ready(200));
    network.end_epoch();
    let newest = network.state(|state| state.newest_validator_set().unwrap());
    let (_, set) = newest.unwrap();
    assert!(set.len() == VALIDATORS && set.contains(key.validator()));
}

#[test]
fn a_validator_moves_with_the_signature_of_its_key() {
    let mut network = network();
    join(&mut network, 1);
    let (key, who) = (voting(1), operator(1));
    let action = "set_validator_address";
    let to = |network: &Network, signer: &Key, at: &str| {
        validator_call(network, action, (&key, signer), &who, at)
    };
    let stolen = to(&network, &Key::of("thief"), "192.0.2.99:1");
    refused(
        &mut network,
        &who,
        stolen,
        "the signature by the voting key is wrong",
    );
    let moved = to(&network, &key, "[2001:DB8::1]:1");
    for other in [operator(2), Network::owner(), Key::of("stranger")] {
        let text = "only the operator of the validator";
        refused(&mut network, &other, moved.clone(), text);
    }
    let taken = to(&network, &key, &address(0));
    refused(&mut network, &who, taken, "validators_address_key");
    let unknown = call!(action, voting(9).text(), address(9), "00");
    refused(&mut network, &who, unknown, "the validator does not exist");
    network.must(&who, moved.clone());
    let rows = rows(&network, call!("get_validators"));
    assert_eq!(
        rows[1][2..4],
        ["[2001:db8::1]:1".into(), "requested".into()]
    );
    without_effect(&mut network, &who, moved);
}

#[test]
fn the_last_validator_stays() {
    let mut network = network();
    let text = "no validator would be left";
    refused(&mut network, &operator(0), leave(0), text);
    refused(&mut network, &Network::owner(), remove(0), text);
    // An observer is no validator.
    join(&mut network, 1);
    network.must(&Network::owner(), approve(1));
    refused(&mut network, &operator(0), leave(0), text);
    network.must(&operator(1), ready(1));
    network.must(&operator(0), leave(0));
    refused(&mut network, &operator(1), leave(1), text);
    without_effect(&mut network, &operator(0), leave(0));
}

#[test]
fn leaving_is_for_the_operator_and_removing_for_the_network() {
    let mut network = Network::with_validators(first(2));
    let text = "only the operator of the validator";
    for who in [operator(1), Network::owner(), Key::of("stranger")] {
        refused(&mut network, &who, leave(0), text);
    }
    refused(&mut network, &operator(0), remove(1), NOT_OWNER);
    refused(
        &mut network,
        &Network::owner(),
        remove(9),
        "the validator does not exist",
    );
    network.must(&Network::owner(), remove(0));
    assert_eq!(status(&network, 0), Some("leaving".into()));
    // Who was removed cannot undo it.
    let leaves = "the validator leaves";
    refused(&mut network, &operator(0), ready(0), leaves);
    refused(&mut network, &Network::owner(), approve(0), leaves);
    without_effect(&mut network, &Network::owner(), remove(0));
    network.must(&Network::owner(), add_operator(0));
    let again = request(&network, 0);
    refused(&mut network, &operator(0), again, leaves);
}

#[test]
fn who_is_in_no_set_goes_at_once() {
    let mut network = network();
    for number in [1, 2] {
        join(&mut network, number);
        network.must(&Network::owner(), approve(number));
    }
    network.must(&operator(2), ready(2));
    network.must(&operator(1), leave(1));
    network.must(&Network::owner(), remove(2));
    assert_eq!((status(&network, 1), status(&network, 2)), (None, None));
    // A request is refused by removing it.
    join(&mut network, 1);
    network.must(&Network::owner(), remove(1));
    assert_eq!((status(&network, 1), network.next_due()), (None, None));
}

#[test]
fn an_operator_stays_a_party_while_it_operates() {
    let (mut network, owner) = (network(), Network::owner());
    let party = id("party of operator 1");
    let text = "the party operates validators";
    let remove_party = || call!("remove_party_as_owner", party);
    let roles = |roles: &str| call!("set_party_roles_as_owner", party, roles);
    network.must(&owner, roles("issuer,operator"));
    join(&mut network, 1);
    refused(&mut network, &owner, remove_party(), text);
    refused(&mut network, &owner, roles("issuer"), text);
    network.must(&owner, roles("consumer,operator"));
    network.must(&operator(1), leave(1));
    network.must(&owner, roles("issuer"));
    let again = request(&network, 1);
    refused(
        &mut network,
        &operator(1),
        again,
        "only a party with the role operator",
    );
    network.must(&owner, remove_party());
}

#[test]
fn operators_are_known_to_the_network() {
    let network = Network::with_validators(first(1));
    assert!(network.knows(&operator(0)));
    assert!(!network.knows(&operator(1)) && !network.knows(&voting(0)));
}
