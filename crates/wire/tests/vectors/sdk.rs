//! A recorded run of the SDK: all of its requests, and what it reads from the answers.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::{DataType, Digest, Value};
use idos_wire::{
    Account, BroadcastResult, CallResult, ChainInfo, Column, Done, Fee, Health, Method, Mode,
    Price, QueryResult, Reply, Request, Response, SignInText, Transaction, TxCode, TxResult, parse,
    payload::{ActionExecution, EXECUTE},
};
use serde_json::Value as Json;

use crate::recorded::{flipped, sdk, text};

/// The rows of a recorded answer, typed as far as JSON tells.
fn rows(recorded: &Json) -> QueryResult {
    let strings = |json: &Json| json.as_array().cloned().unwrap_or_default();
    QueryResult {
        columns: strings(&recorded["column_names"])
            .iter()
            .map(|name| Column {
                name: text(name).to_owned().into(),
                data_type: DataType::TEXT,
            })
            .collect(),
        rows: strings(&recorded["values"])
            .iter()
            .map(|row| {
                let cells = row.as_array().unwrap().iter().map(|cell| match cell {
                    Json::Null => Value::Null,
                    Json::Bool(truth) => (*truth).into(),
                    Json::String(text) => text.as_str().into(),
                    other => panic!("{other}"),
                });
                cells.collect()
            })
            .collect(),
    }
}

/// A result of ours with the content of a recorded one.
fn reply(method: Method, recorded: &Json) -> Reply {
    let chain = || ChainInfo {
        chain_id: "stub-chain".to_owned(),
        block_height: 1,
        block_hash: Digest::default(),
        gas: false,
    };
    match method {
        Method::ChainInfo => Reply::ChainInfo(chain()),
        Method::Health => Reply::Health(Health {
            chain: chain(),
            healthy: true,
            version: "0.0.0".into(),
            block_time: 0,
            block_age: 0,
            syncing: false,
            height: 1,
            app_hash: Digest::default(),
            peer_count: 0,
            mode: Mode::Open,
        }),
        Method::Account => Reply::Account(Account {
            id: None,
            balance: Fee(0),
            nonce: recorded["nonce"].as_u64().unwrap(),
        }),
        Method::EstimatePrice => Reply::EstimatePrice(Price { price: Fee(0) }),
        Method::Broadcast => Reply::Broadcast(BroadcastResult {
            tx_hash: Digest::default(),
            result: Some(TxResult {
                code: TxCode::Ok,
                gas: 0,
                log: "1. notice".to_owned(),
            }),
        }),
        Method::Call => Reply::Call(CallResult {
            query_result: rows(&recorded["query_result"]),
            logs: String::new(),
            error: None,
        }),
        Method::AuthnParam => {
            let field = |name: &str| text(&recorded[name]).to_owned();
            let sign_in = SignInText {
                domain: field("domain"),
                statement: field("statement"),
                uri: field("uri"),
                chain_id: field("chain_id"),
                nonce: field("nonce"),
                issue_at: field("issue_at"),
                expiration_time: field("expiration_time"),
            };
            Reply::AuthnParam(sign_in.param())
        }
        Method::Authn | Method::Logout => Reply::Done(Done {}),
        other => panic!("{other:?} was not recorded"),
    }
}

/// What clients of the SDK read from the results; the hash is theirs to decode only.
fn members_read(method: Method) -> &'static [&'static str] {
    match method {
        Method::ChainInfo => &["/chain_id", "/block_height", "/block_hash", "/gas"],
        Method::Health => &["/mode", "/healthy", "/version"],
        Method::Account => &["/nonce", "/balance"],
        Method::EstimatePrice => &["/price"],
        Method::Broadcast => &["/result/code", "/result/gas"],
        Method::Call => &[
            "/query_result/column_names",
            "/query_result/values",
            "/logs",
            "/error",
        ],
        Method::AuthnParam => &[
            "/nonce",
            "/statement",
            "/issue_at",
            "/expiration_time",
            "/chain_id",
            "/domain",
            "/version",
            "/uri",
        ],
        _ => &[],
    }
}

/// The signatures over this text: `crates/wallet`.
#[test]
fn the_text_for_the_signers_of_the_sdk_is_that_of_its_fields() {
    let recorded = &sdk()["transaction_signatures"]["tx"];
    let good = Transaction {
        signature: Vec::new(),
        scheme: String::new(),
        sender: Vec::new(),
        description: text(&recorded["description"]).to_owned(),
        payload_type: EXECUTE.to_owned(),
        payload: BASE64_STANDARD
            .decode(text(&recorded["payload_b64"]))
            .unwrap(),
        fee: text(&recorded["fee"]).parse().unwrap(),
        nonce: recorded["nonce"].as_u64().unwrap(),
        chain_id: text(&recorded["chain_id"]).to_owned(),
    };
    assert_eq!(good.signed_text(), text(&recorded["text"]));

    let mut others = Vec::new();
    for bit in 0..good.payload.len() * 8 {
        let payload = flipped(&good.payload, bit);
        others.push(Transaction {
            payload,
            ..good.clone()
        });
    }
    for bit in 0..64 {
        let (fee, nonce) = (Fee(good.fee.0 ^ (1 << bit)), good.nonce ^ (1 << bit));
        others.push(Transaction {
            fee,
            ..good.clone()
        });
        others.push(Transaction {
            nonce,
            ..good.clone()
        });
    }
    let texts: [fn(&mut Transaction) -> &mut String; 2] =
        [|tx| &mut tx.description, |tx| &mut tx.chain_id];
    for member in texts {
        let mut changed = good.clone();
        let len = member(&mut changed).len();
        for bit in (0..len * 8).filter(|bit| bit % 8 != 7) {
            let mut other = good.clone();
            let bytes = flipped(member(&mut other).as_bytes(), bit);
            *member(&mut other) = String::from_utf8(bytes).unwrap();
            others.push(other);
        }
    }
    for other in others {
        assert_ne!(other.signed_text(), good.signed_text());
    }
}

#[test]
fn everything_the_sdk_sends_parses_and_gets_what_it_reads() {
    let requests = sdk()["requests"].as_object().unwrap().clone();
    assert!(requests.len() > 30);
    for (name, exchange) in requests {
        let sent = exchange["request"].to_string();
        let (id, request) =
            parse(sent.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(request.method().name(), name.split('/').next().unwrap());
        match &request {
            Request::Call(call) => {
                assert!(name.ends_with(call.action.action()));
                let payload = &exchange["request"]["params"]["body"]["payload"];
                assert_eq!(BASE64_STANDARD.encode(call.action.encode()), text(payload));
            }
            Request::Broadcast(params) => {
                let payload = &params.transaction.payload;
                let execution = ActionExecution::decode(payload).unwrap();
                assert!(name.ends_with(execution.action()));
                assert_eq!(&execution.encode(), payload);
                let transaction = &params.transaction;
                let json = serde_json::to_value(transaction.to_json()).unwrap();
                assert_eq!(json, exchange["request"]["params"]["tx"]);
                let decoded = Transaction::decode(&transaction.encode());
                assert_eq!(decoded.as_ref(), Ok(transaction));
                // What the SDK was answered is no hash of a transaction: its stub hashed the payload.
                let stub = BASE64_STANDARD.encode(Digest::of(payload).0);
                assert_eq!(exchange["stub_answer"]["result"]["tx_hash"], stub);
                assert_ne!(transaction.hash(), Digest::of(payload));
            }
            _ => {}
        }

        let recorded = &exchange["stub_answer"];
        let response = Response {
            id,
            outcome: Ok(reply(request.method(), &recorded["result"])),
        };
        let ours: Json = serde_json::from_slice(&response.to_bytes()).unwrap();
        assert_eq!(ours["jsonrpc"], recorded["jsonrpc"]);
        assert_eq!(ours["id"], recorded["id"]);
        assert!(ours["result"].is_object());
        for member in members_read(request.method()) {
            let expected = recorded["result"].pointer(member);
            assert_eq!(ours["result"].pointer(member), expected, "{name} {member}");
        }
    }
}
