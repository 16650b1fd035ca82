//! Request bodies, arbitrary and recorded ones with edits. Parsing never panics; every refusal can
//! be answered; a transaction that is accepted in one form is accepted in every form and stays the
//! same.
#![no_main]

use std::sync::LazyLock;

use idos_fuzz_seed::{Fixtures, edit, split};
use idos_wire::{Request, Response, Transaction, parse};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

static RECORDED: LazyLock<Vec<String>> = LazyLock::new(|| Fixtures::load().requests());

fuzz_target!(|input: &[u8]| {
    match input {
        // No request begins with this byte: which recorded one, then the edits.
        [0, which, edits @ ..] => {
            let [edits, appended] = split(edits);
            let mut body = RECORDED[usize::from(*which) % RECORDED.len()]
                .clone()
                .into_bytes();
            edit(&mut body, edits);
            body.extend_from_slice(appended);
            check(&body);
        }
        body => check(body),
    }
});

/// The members of a request or an answer that are compared as they are spelt: a number may be
/// beyond what any type holds.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    error: Option<Value>,
}

fn check(body: &[u8]) {
    match parse(body) {
        Ok((id, request)) => {
            let sent: Envelope<'_> = serde_json::from_slice(body).expect("it was parsed");
            assert_eq!(
                serde_json::to_string(&id).expect("ids are JSON"),
                sent.id.get()
            );
            if let Request::Broadcast(params) = request {
                same_in_every_form(&params.transaction);
            }
        }
        Err((id, error)) => {
            let response = Response {
                id,
                outcome: Err(error),
            };
            let bytes = response.to_bytes();
            let answer: Envelope<'_> = serde_json::from_slice(&bytes).expect("answers are JSON");
            assert!(answer.error.is_some_and(|error| error["code"].is_i64()));
        }
    }
}

fn same_in_every_form(transaction: &Transaction) {
    assert_eq!(
        Transaction::decode(&transaction.encode()).as_ref(),
        Ok(transaction)
    );
    let json = transaction.to_json();
    assert_eq!(Transaction::try_from(json).as_ref(), Ok(transaction));
}
