//! Views over HTTP, by people who are signed in.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::{DataType, Value as Argument};
use idos_wire::{
    SignInText,
    payload::{ActionCall, EncodedValue},
};
use serde_json::{Value, json};

use crate::{
    http::Request,
    machine,
    people::Person,
    server_process::ServerProcess,
    timing::{self, Rate},
};

/// How many connections ask at the same time.
const CONNECTIONS: usize = 8;
/// How long one round takes, and how many there are.
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

/// A call that answers a constant: what the server can do at most.
pub fn ping() -> Vec<Request> {
    vec![Request::new("user.ping", &json!({}), None)]
}

/// `get_credentials` of some people, each signed in.
pub fn credentials(node: &ServerProcess, people: &[Person]) -> Vec<Request> {
    people
        .iter()
        .map(|person| {
            call(
                person,
                &sign_in(node, person),
                "get_credentials",
                Vec::new(),
            )
        })
        .collect()
}

/// Pages of `get_access_grants_granted` of one person, who is signed in.
pub fn grants(
    node: &ServerProcess,
    person: &Person,
    pages: impl IntoIterator<Item = i64>,
) -> Vec<Request> {
    let cookie = sign_in(node, person);
    pages
        .into_iter()
        .map(|page| {
            let null = EncodedValue::new(DataType::UUID, Argument::Null).expect("a value");
            let int = |number| EncodedValue::new(DataType::INT8, Argument::Int(number));
            let arguments = vec![null, int(page).expect("a page"), int(20).expect("a size")];
            call(person, &cookie, "get_access_grants_granted", arguments)
        })
        .collect()
}

/// How often the node answers these requests, asked again and again over kept connections. Each
/// answer to a view has to have `rows` rows.
pub fn per_second(node: &ServerProcess, requests: &[Request], rows: Option<usize>) -> Rate {
    let mut client = node.client();
    for request in requests {
        let result = client.send(request).result();
        let found = result["query_result"]["values"].as_array().map(Vec::len);
        assert_eq!(found, rows, "{result}");
    }
    answers_per_second(node, requests)
}

/// How many bytes the answer to the first of these requests has: the others differ by little.
pub fn answer_bytes(node: &ServerProcess, requests: &[Request]) -> usize {
    let request = requests.first().expect("a request");
    node.client().send(request).body.len()
}

/// How often a server answers these requests, whatever it answers.
pub(crate) fn answers_per_second(server: &ServerProcess, requests: &[Request]) -> Rate {
    let cpu = machine::cpu_seconds(server.id());
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round(server, requests)).collect();
    let cpu = machine::cpu_seconds(server.id()) - cpu;
    let count: f64 = rounds.iter().map(|(count, _)| count).sum();
    Rate {
        per_second: timing::median(
            rounds
                .iter()
                .map(|(count, seconds)| count / seconds)
                .collect(),
        ),
        per_cpu_second: count / cpu,
    }
}

/// How many answers came, in how many seconds.
fn round(node: &ServerProcess, requests: &[Request]) -> (f64, f64) {
    let over = AtomicBool::new(false);
    let start = Instant::now();
    let count: usize = thread::scope(|scope| {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let (mut client, over) = (node.client(), &over);
                // Every connection begins elsewhere, so that they do not ask for the same.
                let skipped = requests.len() * number / CONNECTIONS;
                scope.spawn(move || {
                    let mut count = 0;
                    for request in requests.iter().cycle().skip(skipped) {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        client.send(request);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        thread::sleep(ROUND);
        over.store(true, Ordering::Relaxed);
        connections
            .into_iter()
            .map(|connection| connection.join().expect("a client"))
            .sum()
    });
    (count as f64, start.elapsed().as_secs_f64())
}

/// Signs a person in as clients do. Returns the cookie.
pub fn sign_in(node: &ServerProcess, person: &Person) -> String {
    let mut client = node.client();
    let (given, _) = client.call("kgw.authn_param", &json!({}));
    let field = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let text = SignInText {
        domain: field("domain"),
        statement: field("statement"),
        uri: field("uri"),
        chain_id: field("chain_id"),
        nonce: field("nonce"),
        issue_at: field("issue_at"),
        expiration_time: field("expiration_time"),
    };
    let signature = person.sign(&text.render());
    let (_, cookie) = client.call(
        "kgw.authn",
        &json!({
            "nonce": text.nonce,
            "sender": hex::encode(person.sender.bytes()),
            "signature": {"sig": STANDARD.encode(signature), "type": "secp256k1_ep"},
        }),
    );
    let cookie = cookie.expect("a cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

fn call(person: &Person, cookie: &str, action: &str, arguments: Vec<EncodedValue>) -> Request {
    asked("user.call", person, cookie, action, arguments)
}

/// A call of a view, by the method that answers it or by the one that proves it.
pub fn asked(
    method: &str,
    person: &Person,
    cookie: &str,
    action: &str,
    arguments: Vec<EncodedValue>,
) -> Request {
    let payload = ActionCall::new("main", action, arguments)
        .expect("a call")
        .encode();
    let params: Value = json!({
        "body": {"payload": STANDARD.encode(payload), "challenge": ""},
        "auth_type": "secp256k1_ep",
        "sender": hex::encode(person.sender.bytes()),
        "signature": "",
    });
    Request::new(method, &params, Some(cookie))
}
