//! States so large that every target ends long before all of it was looked at.

use std::{cell::RefCell, rc::Rc};

use idos_ledger::{
    AccessGrant, Credential, CredentialHeader, GrantOrigin, PasswordStore, Row, User,
};
use idos_types::{CredentialId, GrantId, UserId};

use super::*;

/// How many grants one person gave one grantee: three long lists.
const GRANTS: u32 = 2_000;
/// How many messages come while a target lasts.
const MESSAGES: usize = 30;
/// For longer than a target lasts, and the gap after it.
const PAUSE_MS: u64 = 20_000;

fn grants() -> Vec<Row> {
    let (owner, data) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let user = User {
        id: UserId(owner),
        recipient_encryption_public_key: "key".to_owned(),
        encryption_password_store: PasswordStore::User,
        inserter: "issuer".to_owned(),
        gas_allowance: 0,
        claimed: true,
        erased: false,
    };
    let credential = Credential {
        header: CredentialHeader {
            id: CredentialId(data),
            user_id: UserId(owner),
            verifiable_credential_id: None,
            public_notes: String::new(),
            encryptor_public_key: "encryptor".to_owned(),
            issuer_auth_public_key: "issuer".to_owned(),
            inserter: None,
        },
        content: "content".into(),
    };
    let grant = |number: u32| {
        Row::AccessGrant(AccessGrant {
            id: GrantId(Uuid::from_u128(1_000 + u128::from(number))),
            owner: UserId(owner),
            grantee: "grantee".to_owned(),
            data_id: CredentialId(data),
            locked_until: number.into(),
            expires_at: 0,
            content_hash: None,
            height: 0,
            origin: GrantOrigin::DelegatedAccessGrant,
            origin_id: String::new(),
        })
    };
    let rows = [Row::User(user), Row::Credential(credential)];
    rows.into_iter().chain((0..GRANTS).map(grant)).collect()
}

/// Fetches the state of three providers with those grants, each target for a few messages. Returns
/// how many targets it took.
fn targets(between: impl Fn(&mut History, &mut World)) -> usize {
    let rows = grants();
    let mut history = History::default();
    let providers = (0..OWN).map(|number| {
        let mut bench = Bench::beginning_with(VALIDATORS, &rows);
        if number == 0 {
            history.extend(&mut bench, 1, 0);
        } else {
            execute(&mut bench, &history.blocks[0]);
        }
        certify(&mut bench);
        Provider::of(number, bench)
    });
    let mut world = World::new(providers.collect());
    let mut own = Syncing::new(&[]);
    for count in 1..100 {
        world.left = MESSAGES;
        if world.run(&mut own) {
            assert_synced(&mut own, &mut world.providers[0]);
            return count;
        }
        world.now_ms += PAUSE_MS;
        between(&mut history, &mut world);
    }
    panic!("it does not end");
}

/// One more block with so many rows, on all of them.
fn go_on(history: &mut History, providers: &mut [Provider], rows: u64) {
    let (first, others) = providers.split_first_mut().unwrap();
    history.extend(&mut first.bench, rows, 0);
    certify(&mut first.bench);
    for provider in others {
        execute(&mut provider.bench, history.blocks.last().unwrap());
        certify(&mut provider.bench);
    }
}

#[test]
fn a_large_state_is_fetched_from_many_targets() {
    let count = targets(|_, _| {});
    assert!((3..20).contains(&count), "{count}");
}

#[test]
fn a_large_state_that_goes_on_is_fetched_from_many_targets() {
    let count = targets(|history, world| go_on(history, &mut world.providers, 20));
    assert!((3..40).contains(&count), "{count}");
}

/// Three providers, of which the last has the newest state: it holds on to that for as long as it likes,
/// and answers late, but in time. With the blocks of all.
fn held_up() -> (World, History) {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    history.extend(&mut bench, 100, 0);
    let mut providers = Vec::from([0, 1].map(|number| Provider::new(number, &history.blocks)));
    history.extend(&mut bench, 600, 0);
    let slow = 2;
    providers.push(Provider {
        pace: 100,
        ..Provider::new(slow, &history.blocks)
    });
    let mut world = World::new(providers);
    world.late = Some((slow, 14_000));
    world.lie = Box::new(move |from, message| match message {
        Message::Regions(number, mut answers) if from == slow => {
            answers.truncate(1);
            Some(Message::Regions(number, answers))
        }
        other => Some(other),
    });
    (world, history)
}

#[test]
fn who_always_has_the_newest_state_does_not_have_every_turn() {
    let (mut world, _) = held_up();
    let mut own = Syncing::new(&[]);
    world.steps = 6_000;
    assert!(world.run(&mut own), "it takes more than a minute");
    assert_eq!(own.executor().progress().root, world.providers[0].root());
}

#[test]
fn who_answers_at_the_last_moment_does_not_hold_up_the_rest() {
    let (mut world, mut history) = held_up();
    let mut own = Syncing::new(&[]);
    world.steps = 500;
    assert!(!world.run(&mut own));
    for provider in &mut world.providers[..2] {
        execute(&mut provider.bench, history.blocks.last().unwrap());
        certify(&mut provider.bench);
    }
    for _ in 0..10 {
        if world.run(&mut own) {
            let progress = own.executor().progress();
            let readers = &world.providers[0].bench.readers;
            let block = readers.read(|snapshot| snapshot.block(progress.tip.height));
            assert_eq!(block.unwrap().unwrap().unwrap().root, progress.root);
            return;
        }
        go_on(&mut history, &mut world.providers[..2], 5);
    }
    panic!("it takes more than 50 seconds");
}

/// It begins to hand out the next state while this node hears that the last one is gone.
#[test]
fn a_peer_whose_state_is_gone_may_hand_out_another_at_once() {
    let history = history(100, 0);
    let mut world = World::new(vec![Provider::new(0, &history.blocks)]);
    let target = Rc::<RefCell<Vec<u8>>>::default();
    let seen = Rc::clone(&target);
    world.lie = Box::new(move |_, message| {
        if let Message::Target(_) = message {
            seen.replace(message.encode());
        }
        Some(message)
    });
    let mut own = Syncing::new(&[]);
    world.left = 3;
    assert!(!world.run(&mut own));
    world.now_ms += PAUSE_MS;
    world.left = 1;
    world.steps = 200;
    assert!(!world.run(&mut own));
    let (fetch, now_ms) = (own.fetch.as_mut().unwrap(), world.now_ms);
    assert!(!asks_for_parts(fetch, now_ms), "it has no target");
    let now = at(now_ms + 1_000);
    sent(|outbox| fetch.received(peer(0), &target.borrow(), now, outbox));
    assert!(asks_for_parts(fetch, now_ms + 1_000));
}

/// Whether it asks for parts of a state in the second that begins now.
fn asks_for_parts(fetch: &mut Fetch, now_ms: u64) -> bool {
    let said = sent(|outbox| {
        for later_ms in (0..1_000).step_by(100) {
            fetch.tick(at(now_ms + later_ms), outbox);
        }
    });
    let is_of_parts = |bytes: &[u8]| {
        let ask = Message::decode(bytes).unwrap();
        matches!(ask, Message::AskRegions(..) | Message::AskRows(..))
    };
    said.iter().any(|(_, bytes)| is_of_parts(bytes))
}
