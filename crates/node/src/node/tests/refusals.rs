//! What a node says that cannot answer: with which code, and that nothing else happened.

use idos_consensus::Block;
use idos_types::Uuid;
use idos_wire::{AccountId, AccountParams, Authn, AuthnParam, CallProof, Logout};
use rusqlite::Connection;

use super::*;
use crate::{
    executor::Executed,
    quota::Quota,
    testing::{profile_of, wallet},
};

/// Somebody of whom the network knows nothing.
const STRANGER: u8 = 7;
/// Somebody whose profile another made.
const MEMBER: u8 = 3;

fn account(with_pending: bool) -> Request {
    Request::Account(AccountParams {
        id: AccountId {
            identifier: wallet(OWNER).0.to_vec(),
            key_type: "ed25519".to_owned(),
        },
        with_pending,
    })
}

fn assert_refused(answer: &Value, code: i64, text: &str) {
    let error = &answer["error"];
    assert_eq!(error["code"], code, "{answer}");
    assert!(
        error["message"].as_str().unwrap().contains(text),
        "{answer}"
    );
}

/// A transaction that is not taken, or whose outcome is not told.
fn assert_not_taken(answer: &Value, code: u16, text: &str) {
    assert_eq!(answer["error"]["code"], -201, "{answer}");
    let data = &answer["error"]["data"];
    assert_eq!(data["code"], code, "{answer}");
    assert!(data["message"].as_str().unwrap().contains(text), "{answer}");
}

impl Scene {
    /// Signs in as a wallet does. The answer, and the cookie that it sets.
    async fn sign_in(&self, seed: u8) -> (Value, Option<String>) {
        let given = self.ask(Request::AuthnParam).await;
        let given: AuthnParam = serde_json::from_value(given["result"].clone()).unwrap();
        let text = given.into_text().unwrap();
        let (public, secret) = wallet(seed);
        let authn = Authn {
            nonce: text.nonce.clone(),
            sender: public.to_vec(),
            signature: secret.sign(text.render().as_bytes()).to_bytes().to_vec(),
            scheme: "ed25519".to_owned(),
        };
        let reply = self.begin_with(Request::Authn(authn), facts()).await;
        let reply = reply.await.unwrap();
        let answer = serde_json::from_slice(&reply.body).unwrap();
        (answer, reply.set_cookie)
    }
}

#[tokio::test(start_paused = true)]
async fn reads_wait_for_what_is_certified_and_say_when_it_does_not_come() {
    let mut scene = Scene::new();
    let block = scene.bench.next(1, vec![transaction(OWNER, 1, CHAIN)]);
    let hash = block.items[0].hash;
    scene.bench.shared.certificates.certify(1);
    for request in [account(false), view(), Request::TxQuery { hash }] {
        let answer = scene.ask(request).await;
        assert_refused(&answer, -700, "this node is behind the network");
    }
    assert_waits_for(&mut scene, &block).await;
}

/// Ordering may be far ahead of the execution of every node: then there is no better one to ask.
#[tokio::test(start_paused = true)]
async fn reads_wait_a_moment_for_what_is_final() {
    let mut scene = Scene::new();
    let block = scene.bench.next(1, vec![transaction(OWNER, 1, CHAIN)]);
    scene.node.chain.pretend_final(1);
    assert_eq!(scene.ask(account(false)).await["result"]["nonce"], 0);
    assert_waits_for(&mut scene, &block).await;
}

/// A read that begins before the first block is executed sees it.
async fn assert_waits_for(scene: &mut Scene, block: &Block) {
    let waiting = scene.begin(account(false)).await;
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    scene.bench.execute(block);
    assert_eq!(waiting.await.unwrap()["result"]["nonce"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_block_counts_for_whoever_asks_for_it() {
    let scene = Scene::new();
    assert!(scene.ask(broadcast(1, false)).await["error"].is_null());
    assert_eq!(scene.ask(account(true)).await["result"]["nonce"], 1);
    assert_eq!(scene.ask(account(false)).await["result"]["nonce"], 0);
}

/// Its block is settled after the look at what waits, and the state that is read is of before.
#[tokio::test(start_paused = true)]
async fn a_transaction_is_found_while_it_leaves_the_queue() {
    let scene = Scene::new();
    let item = transaction(OWNER, 1, CHAIN);
    assert!(scene.ask(broadcast(1, false)).await["error"].is_null());
    let reads = &scene.node.reads;
    let places = [reads.next(PEER).await, reads.next(PEER).await];
    let looking = scene.begin(Request::TxQuery { hash: item.hash }).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let shared = &scene.bench.shared;
    shared.waiting.settle(1, &[item], Executed::default());
    drop(places);
    let answer = looking.await.unwrap();
    assert!(answer["error"].is_null(), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_the_outcome_of_another_state_than_the_network_has() {
    let mut scene = Scene::new();
    let item = transaction(OWNER, 1, CHAIN);
    let waiting = scene.begin(broadcast(1, true)).await;
    while scene.bench.shared.waiting.entry(&item.hash).is_none() {
        tokio::task::yield_now().await;
    }
    let block = scene.bench.next(1, vec![item]);
    scene.bench.execute(&block);
    scene.bench.shared.diverge();
    let text = "computed another state than the network";
    assert_not_taken(&waiting.await.unwrap(), 201, text);
    for request in [account(false), view()] {
        assert_refused(&scene.ask(request).await, -700, text);
    }
    let (answer, cookie) = scene.sign_in(STRANGER).await;
    assert_refused(&answer, -700, text);
    assert_eq!(cookie, None);
}

#[tokio::test(start_paused = true)]
async fn strangers_are_heard_a_few_times_a_minute() {
    let scene = Scene::new();
    let refused = scene.ask(broadcast_of(STRANGER, 1, false)).await;
    assert_not_taken(&refused, 65_535, "unknown action");
    let refused = scene.ask(broadcast_of(STRANGER, 1, false)).await;
    assert_not_taken(&refused, 11, "too many transactions of unknown senders");
    // Whom the network knows is heard all the same.
    assert!(scene.ask(broadcast(1, false)).await["error"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_first_sign_in_that_no_block_records_makes_no_session() {
    let mut bench = Bench::new(1);
    for (number, item) in profile_of(MEMBER).into_iter().enumerate() {
        let block = bench.next(number as u64 + 1, vec![item]);
        bench.execute(&block);
    }
    let scene = Scene::of(bench, Config::default());
    let (answer, cookie) = scene.sign_in(MEMBER).await;
    assert_refused(
        &answer,
        -900,
        "the sign-in could not be recorded: try again",
    );
    assert_eq!(cookie, None);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_end_is_not_durable_is_not_said_to_have_ended() {
    let scene = Scene::new();
    let (answer, cookie) = scene.sign_in(STRANGER).await;
    assert!(answer["error"].is_null(), "{answer}");
    let facts = RequestFacts {
        cookie: cookie.map(|cookie| cookie.split(';').next().unwrap().to_owned()),
        ..facts()
    };
    let logout = Request::Logout(Logout { account: None });
    let reply = scene.begin_with(logout, facts).await;
    let revocations = loop {
        let taken = scene.bench.shared.ended.take_revocations();
        if !taken.is_empty() {
            break taken;
        }
        tokio::task::yield_now().await;
    };
    // The disk fails.
    drop(revocations);
    let answer = serde_json::from_slice(&reply.await.unwrap().body).unwrap();
    assert_refused(&answer, -900, "the session could not be ended, try again");
}

/// Each end of a session is told to all nodes, and anybody can begin one.
#[tokio::test(start_paused = true)]
async fn whoever_ends_too_many_sessions_is_refused_before_others_hear_of_it() {
    let mut scene = Scene::new();
    Arc::get_mut(&mut scene.node).unwrap().sign_outs = Quota::new(0);
    let (_, cookie) = scene.sign_in(STRANGER).await;
    let facts = RequestFacts {
        cookie: cookie.map(|cookie| cookie.split(';').next().unwrap().to_owned()),
        ..facts()
    };
    let logout = Request::Logout(Logout { account: None });
    let reply = scene.begin_with(logout, facts).await.await.unwrap();
    let answer = serde_json::from_slice(&reply.body).unwrap();
    assert_refused(&answer, -905, "too many sign-outs from this address");
    assert!(reply.set_cookie.unwrap().starts_with("kgw_session=;"));
    assert!(scene.bench.shared.ended.take_revocations().is_empty());
}

#[tokio::test]
async fn an_answer_to_a_challenge_comes_in_time_and_once() {
    let config = Config {
        mode: crate::config::Mode::Private,
        ..Config::default()
    };
    let scene = Scene::of(Bench::new(1), config);
    let now = Instant::now();
    let call = |challenge| {
        let (public, secret) = wallet(STRANGER);
        let id = EncodedValue::new(DataType::UUID, Data::from(Uuid::from_bytes([1; 16])));
        let action = ActionCall::new("main", "get_credential_owned", vec![id.unwrap()]).unwrap();
        let proof = |signature| {
            Some(CallProof {
                challenge,
                signature,
            })
        };
        let unsigned = Call::new(
            action.clone(),
            "ed25519",
            public.to_vec(),
            proof(Vec::new()),
        );
        let text = unsigned.signed_text().unwrap();
        let signature = secret.sign(text.as_bytes()).to_bytes().to_vec();
        Request::Call(Call::new(
            action,
            "ed25519",
            public.to_vec(),
            proof(signature),
        ))
    };
    let challenges = &scene.node.challenges;
    let [early, first] = [(); 2].map(|()| challenges.give(now).unwrap());
    let answer = scene.ask(call(first)).await;
    assert!(answer["error"].is_null(), "{answer}");
    let again = scene.ask(call(first)).await;
    assert_refused(&again, -1001, "invalid challenge");
    // A minute later, as an answer to another one shows.
    let later = now + Duration::from_secs(61);
    let other = challenges.give(later).unwrap();
    challenges.answer(&other, later);
    let late = scene.ask(call(early)).await;
    assert_refused(&late, -1003, "challenge expired");
}

#[tokio::test]
async fn a_database_that_fails_is_said_to_fail_and_nothing_of_it_is_shown() {
    let scene = Scene::new();
    let file = scene.bench.folder.path().join("state.db");
    let conn = Connection::open(file).unwrap();
    conn.execute_batch("DROP TABLE accounts").unwrap();
    let answer = scene.ask(account(false)).await;
    assert_refused(&answer, -400, "the database of the node failed");
    assert!(!answer.to_string().contains("no such table"), "{answer}");
}

#[tokio::test]
async fn actions_are_found_in_their_namespace_only() {
    let scene = Scene::new();
    let action = ActionCall::new("other", "has_profile", Vec::new()).unwrap();
    let call = Request::Call(Call::new(action, "", Vec::new(), None));
    let answer = scene.ask(call).await;
    assert_refused(&answer, -301, "namespace \"other\" does not exist");
}
