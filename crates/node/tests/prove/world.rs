//! People, what they share, and four validators that certify it.

use std::time::Duration;

use idos_ledger::{AnswerError, Call, Caller, Proved, ProvedAnswer, Question, State, verify};
use idos_proof::{ChainId, Freshness, LightClient, RootCertificate, RootStatement, ValidatorSet};
use idos_types::{BlockTime, Value};

use crate::support::{
    call::call,
    id,
    key::Key,
    network::{CHAIN, Network},
    signed::{Sealed, add_wallet, notes, publish_keys, upsert_wallet},
    validators::{self, first, voting},
};

/// Who shares.
pub(crate) fn person() -> Key {
    Key::of("person")
}

/// With whom.
pub(crate) fn grantee() -> Key {
    Key::of("grantee")
}

/// How old an answer may be.
const MAX_AGE: Duration = Duration::from_secs(3_600);

pub(crate) struct World {
    pub(crate) network: Network,
}

impl World {
    /// The person has two originals; a copy of the first for the grantee, one of the second for
    /// the grantee and one for another.
    pub(crate) fn new() -> Self {
        let mut network = Network::with_validators(first(4));
        let issuer = Key::of("issuer");
        let mut decide = |call: Call| validators::decide(&mut network, 3, &call);
        decide(call!("add_inserter_as_owner", id("issuer"), "issuer"));
        decide(call!("add_delegate_as_owner", issuer.text(), id("issuer")));
        let party = Key::of("party");
        decide(call!(
            "add_party_as_owner",
            id("party"),
            party.text(),
            "issuer"
        ));
        let silent = Key::of("silent party");
        decide(call!(
            "add_party_as_owner",
            id("silent party"),
            silent.text(),
            "consumer"
        ));
        for _ in 0..2 {
            let keys = publish_keys(&network, id("party"), &party);
            network.must(&party, keys);
        }
        for (name, key) in [("person", person()), ("grantee", grantee())] {
            let add = call!("add_user_as_inserter", id(name), "encryption key", "user");
            network.must(&issuer, add);
            let wallet = id(&format!("wallet of {name}"));
            network.must(&issuer, upsert_wallet(wallet, id(name), &key, "1"));
        }
        let second = add_wallet(id("second wallet"), &Key::of("second wallet"), "2");
        network.must(&person(), second);
        for name in ["name", "email"] {
            network.must(&person(), call!("add_attribute", id(name), name, "value"));
        }
        let copy = call!(
            "share_attribute",
            id("copy of name"),
            id("name"),
            "name",
            "sealed"
        );
        network.must(&person(), copy);
        for (copy, grantee) in [
            ("granted name", &grantee()),
            ("another's name", &Key::of("other grantee")),
        ] {
            let action = "share_attribute_with";
            let grantee = grantee.text();
            let share = call!(action, id(copy), id("name"), "name", "sealed", grantee);
            network.must(&person(), share);
        }
        for name in ["first original", "second original"] {
            let sealed = Sealed::new(&issuer, &notes(name), name);
            network.must(&person(), sealed.add(id(name)));
        }
        let other = Key::of("other grantee");
        for (copy, original, to) in [
            ("first copy", "first original", &grantee()),
            ("second copy", "second original", &grantee()),
            ("third copy", "second original", &other),
        ] {
            let shared = Sealed::copy(&person(), copy).share(id(copy), id(original), to.text(), 0);
            network.must(&person(), shared);
        }
        Self { network }
    }

    /// What the validators of epoch 0 state at the newest height.
    pub(crate) fn statement(&self) -> RootStatement {
        let header = self.network.header();
        RootStatement {
            chain_id: ChainId::new(CHAIN).unwrap(),
            epoch: self.network.epoch(),
            height: header.height,
            ends_epoch: false,
            header: header.hash(),
            root: self.network.progress().root,
            time: header.time,
        }
    }

    /// What an honest node answers.
    pub(crate) fn ask(&self, key: &Key, call: &Call) -> ProvedAnswer {
        let question = Question::of(call.clone()).unwrap();
        let now = self.network.now();
        let (_, claims) = self
            .network
            .read(|snapshot| snapshot.prove(&question, &caller(key), now).unwrap());
        let statement = self.statement();
        ProvedAnswer {
            height: statement.height,
            certificate: certificate(statement, 0..3).encode(),
            claims,
        }
    }

    /// Whom a client trusts that knows the genesis.
    pub(crate) fn client(&self) -> LightClient {
        let set = |epoch| {
            let set = self
                .network
                .read(|state| state.validator_set(epoch).unwrap());
            ValidatorSet::of(set.unwrap()).unwrap()
        };
        LightClient::genesis(ChainId::new(CHAIN).unwrap(), set(0), set(1))
    }

    pub(crate) fn verify(
        &self,
        key: &Key,
        call: &Call,
        given: &ProvedAnswer,
    ) -> Result<Proved, AnswerError> {
        self.verify_at(self.network.now(), key, call, given)
    }

    /// The same by a clock, in seconds since 1970.
    pub(crate) fn verify_at(
        &self,
        now: i64,
        key: &Key,
        call: &Call,
        given: &ProvedAnswer,
    ) -> Result<Proved, AnswerError> {
        let freshness = Freshness {
            min_height: 0,
            max_age: MAX_AGE,
            now: BlockTime::from_millis(u64::try_from(now).unwrap() * 1000 + 999),
        };
        let question = Question::of(call.clone()).unwrap();
        verify(&self.client(), &freshness, &question, &caller(key), given)
    }

    /// Some grants of the grantee, as the node is asked for them.
    pub(crate) fn granted() -> Call {
        call!(
            "get_access_grants_granted",
            Value::Null,
            Value::Null,
            Value::Null
        )
    }
}

pub(crate) fn caller(key: &Key) -> Caller {
    Caller::new(key.text().to_owned())
}

/// A certificate that these of the four validators signed.
pub(crate) fn certificate(
    statement: RootStatement,
    signers: impl IntoIterator<Item = usize>,
) -> RootCertificate {
    let mut keys: Vec<_> = (0..4).map(voting).collect();
    keys.sort_by_key(Key::validator);
    let message = statement.signed_bytes();
    let sign = |number: usize| {
        let signature = keys[number].sign(&message).try_into().unwrap();
        (number, signature)
    };
    RootCertificate::new(statement, 4, signers.into_iter().map(sign).collect()).unwrap()
}
