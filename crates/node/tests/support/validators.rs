//! Validators with their operators.

use idos_ledger::GenesisValidator;
use idos_types::Identity;

use super::{call::call, id, key::Key, network::Network, signed::validator_call};

/// The voting key of the validator with this number.
pub(crate) fn voting(number: usize) -> Key {
    Key::of(&format!("voting {number}"))
}

/// Who operates it.
pub(crate) fn operator(number: usize) -> Key {
    Key::of(&format!("operator {number}"))
}

/// Where it is.
pub(crate) fn address(number: usize) -> String {
    format!("192.0.2.{}:8485", number + 1)
}

/// The first validators of a network, so many of them, each with an operator of its own.
pub(crate) fn first(count: usize) -> Vec<GenesisValidator> {
    (0..count)
        .map(|number| run_by(number, &operator(number)))
        .collect()
}

/// A first validator of this operator.
pub(crate) fn run_by(number: usize, operator: &Key) -> GenesisValidator {
    GenesisValidator {
        key: voting(number).validator(),
        operator: Identity::of(operator.text()),
        address: address(number).parse().unwrap(),
    }
}

/// `request_join` for the validator with this number, by its operator.
pub(crate) fn request(network: &Network, number: usize) -> idos_ledger::Call {
    let key = voting(number);
    let operator = operator(number);
    validator_call(
        network,
        "request_join",
        (&key, &key),
        &operator,
        &address(number),
    )
}

/// `add_party_as_owner` for the operator with this number.
pub(crate) fn add_operator(number: usize) -> idos_ledger::Call {
    let key = operator(number);
    let party = id(&format!("party of operator {number}"));
    call!("add_party_as_owner", party, key.text(), "operator")
}

/// The owner lets more operators join, until there are validators up to this number; the next
/// sets have them all.
pub(crate) fn grow(network: &mut Network, numbers: std::ops::Range<usize>) {
    for number in numbers {
        network.must(&Network::owner(), add_operator(number));
        let request = request(network, number);
        network.must(&operator(number), request);
        let key = voting(number);
        network.must(
            &Network::owner(),
            call!("approve_validator_as_owner", key.text()),
        );
        network.must(&operator(number), call!("ready", key.text()));
    }
    network.end_epoch();
}

/// The first operators of so many make the same call: with enough of them it takes effect.
pub(crate) fn decide(network: &mut Network, operators: usize, call: &idos_ledger::Call) {
    for number in 0..operators {
        network.must(&operator(number), call.clone());
    }
}
