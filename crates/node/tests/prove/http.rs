//! The whole way: a node of one validator, asked over HTTP, and an answer that holds.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_client::proved_answer;
use idos_ledger::{Answer, Call, Caller, GenesisValidator, ProvedAnswer, Question, verify};
use idos_node::{
    NodeKey, StartOptions,
    config::Config,
    genesis::{FirstValidators, Genesis},
    note_new_key, start,
};
use idos_proof::{ChainId, Freshness, LightClient, ValidatorSet};
use idos_types::{BlockTime, Identity, Member};
use idos_wire::{
    Transaction,
    payload::{ActionCall, EncodedValue},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::support::{
    call::call,
    id,
    key::Key,
    network::{CHAIN, Network, transaction},
};

/// A node that runs until it is dropped.
struct Node {
    address: SocketAddr,
    member: Member,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

fn now() -> BlockTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    BlockTime::from_millis(u64::try_from(since.as_millis()).unwrap())
}

impl Node {
    fn start(home: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let p2p_listen = free.local_addr().unwrap();
        drop(free);
        let node_key = NodeKey::from_seed([7; 32].into());
        let member = Member {
            key: node_key.public(),
            address: p2p_listen.to_string().parse().unwrap(),
        };
        let owner = Network::owner();
        let validator = GenesisValidator {
            key: member.key,
            operator: Identity::of(owner.text()),
            address: member.address,
        };
        let genesis = Genesis {
            validators: FirstValidators::new(vec![validator]).unwrap(),
            ..Genesis::new(CHAIN, owner.text(), now().millis()).unwrap()
        };
        let mut config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            p2p_listen,
            ..Config::default()
        };
        config.peers.private_addresses = true;
        let options = StartOptions {
            home: home.to_owned(),
            config,
            genesis,
            node_key,
        };
        note_new_key(home, &options.node_key).unwrap();
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let running = start(options).await.unwrap();
                told.send(running.address).unwrap();
                let shutdown = async {
                    let _ = stopped.await;
                };
                running.stopped(shutdown).await.unwrap();
            });
        });
        Self {
            address: address.recv().unwrap(),
            member,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn rpc(&self, method: &str, params: &Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "POST /rpc/v1 HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
    }

    fn prove(&self, call: &Call) -> Value {
        let arguments = call.arguments.iter().cloned();
        let arguments =
            arguments.map(|(data_type, value)| EncodedValue::new(data_type, value).unwrap());
        let call = ActionCall::new("main", &call.action, arguments.collect()).unwrap();
        let payload = STANDARD.encode(call.encode());
        self.rpc("idos.prove", &json!({"body": {"payload": payload}}))
    }

    fn client(&self) -> LightClient {
        let set = idos_types::ValidatorSet::new(vec![self.member]).unwrap();
        let set = ValidatorSet::of(set).unwrap();
        LightClient::genesis(ChainId::new(CHAIN).unwrap(), set.clone(), set)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// The answer as a client reads it.
fn read(result: &Value) -> ProvedAnswer {
    proved_answer(serde_json::from_value(result.clone()).unwrap()).unwrap()
}

#[test]
fn a_node_proves_what_it_answers() {
    let home = TempDir::new().unwrap();
    let node = Node::start(home.path());
    // Before the first block there is nothing that anybody signed.
    let party = call!("get_party", id("party"));
    let early = node.prove(&party);
    let message = early["error"]["message"].as_str().unwrap();
    assert!(message.contains("not certified yet"), "{early}");

    let add = call!(
        "add_party_as_owner",
        id("party"),
        Key::of("party").text(),
        "issuer"
    );
    let item = transaction(&Network::owner(), add, 1, String::new());
    let json = Transaction::decode(&item.bytes).unwrap().to_json();
    let sent = node.rpc("user.broadcast", &json!({"tx": json, "sync": 1}));
    assert!(sent["result"].is_object(), "{sent}");

    let freshness = Freshness {
        min_height: 1,
        max_age: Duration::from_secs(60),
        now: now(),
    };
    let ask = |call: &Call| {
        let answer = node.prove(call);
        assert!(answer["result"].is_object(), "{answer}");
        let given = read(&answer["result"]);
        let question = Question::of(call.clone()).unwrap();
        let nobody = Caller::nobody();
        verify(&node.client(), &freshness, &question, &nobody, &given).unwrap()
    };
    let proved = ask(&party);
    let Answer::Party(Some((found, None))) = proved.answer else {
        panic!("a party without keys");
    };
    assert_eq!((found.id.0, found.roles.issuer), (id("party"), true));
    let Answer::ValidatorSet(Some(set)) = ask(&call!("get_validator_set", 1)).answer else {
        panic!("a set");
    };
    assert_eq!(set.members(), [node.member]);
    let absent = ask(&call!("get_party", id("nothing"))).answer;
    assert_eq!(absent, Answer::Party(None));

    // The first epoch has not ended: nothing is fixed beyond what the genesis says.
    for epoch in [0, 2, u64::MAX] {
        let changes = node.rpc("idos.set_changes", &json!({"from_epoch": epoch}));
        assert_eq!(changes["result"], json!({"changes": []}), "{changes}");
    }
    for epoch in [json!(-1), json!("2"), json!(null)] {
        let refused = node.rpc("idos.set_changes", &json!({"from_epoch": epoch}));
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }

    // What a view does not tell without a session is not proved without one, and what no proof
    // tells is said to be so.
    assert_eq!(node.prove(&call!("get_user"))["error"]["code"], -901);
    let refused = node.prove(&call!("has_profile", "0xabc"));
    assert_eq!(refused["error"]["code"], -300);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("cannot be proved"), "{message}");
    let wrong = node.prove(&call!("get_parties", "king", 1, 1));
    assert_eq!(wrong["error"]["code"], -300);
}
