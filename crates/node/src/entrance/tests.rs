use std::{cell::RefCell, net::Ipv4Addr};

use idos_consensus::Item;
use idos_types::limits::CLAIM_SECONDS;

use super::*;
use crate::{
    sign_in_nonce::SignInNonce,
    sign_in_proof::{SignInProof, sign_in_text},
    testing::{
        Bench, CHAIN, OWNER, START_MS, at, call, next_profile_of, node_key, peer, profile_of,
        sender, sign_in, transaction, wallet,
    },
};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn entry(item: &Item) -> Entry {
    Entry::parse(item, CHAIN).unwrap()
}

fn code(error: AdmissionError) -> TxCode {
    match error {
        AdmissionError::Rejected(rejection) | AdmissionError::Early(rejection) => rejection.code,
        other => panic!("{other}"),
    }
}

fn from_client(entrance: &Entrance, item: &Item) -> Result<(), TxCode> {
    let Entry::Transaction(transaction) = entry(item) else {
        panic!("no transaction");
    };
    let entered = entrance.enter(&transaction, Some(ADDRESS), at(0));
    entered.map(drop).map_err(code)
}

fn from_peer(entrance: &Entrance, item: &Item) -> Result<(), TxCode> {
    match from_peers(entrance, [item]).as_slice() {
        [] => Ok(()),
        [code] => Err(*code),
        many => panic!("{many:?}"),
    }
}

/// Why entries that come together are refused.
fn from_peers<'i>(entrance: &Entrance, items: impl IntoIterator<Item = &'i Item>) -> Vec<TxCode> {
    let codes = RefCell::new(Vec::new());
    let refused = |_, error| RefCell::borrow_mut(&codes).push(code(error));
    let passed_on = items.into_iter().map(|item| PassedOn {
        from: peer(1),
        now: at(0),
        entry: entry(item),
    });
    entrance.enter_from_peers(passed_on.collect(), refused);
    codes.into_inner()
}

#[test]
fn what_waits_or_is_in_a_block_or_came_before_is_no_news() {
    let mut bench = Bench::new(4);
    let entrance = bench.entrance(1);
    let [executed, waiting, new] = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let block = bench.next(1, vec![executed.clone()]);
    bench.execute(&block);
    from_client(&entrance, &waiting).unwrap();
    let items = [executed, new.clone(), waiting, new.clone()];
    assert_eq!(entrance.news(&items, |item| item), [&new]);
}

#[test]
fn of_entries_that_come_together_each_is_judged_by_itself() {
    let bench = Bench::new(4);
    let entrance = bench.entrance(1);
    let [first, second] = [1, 2].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let stranger = transaction(7, 1, CHAIN);
    // More than are held against one state.
    let many = std::iter::repeat_n(&stranger, 2 * AT_ONCE);
    let items = [&first].into_iter().chain(many).chain([&first, &second]);
    let refused = from_peers(&entrance, items);
    assert_eq!(refused, [TxCode::Unknown; 2 * AT_ONCE + 1]);
    let waiting = bench
        .shared
        .waiting
        .select(&std::collections::HashSet::new(), at(1));
    assert_eq!(waiting, [first, second]);
}

/// Enters briefly if that can be done, else as whoever may block; which of both does not matter.
fn enter_somehow(
    entrance: &Entrance,
    item: &Item,
    mut visitor: Option<IpAddr>,
) -> Result<(), AdmissionError> {
    let Entry::Transaction(transaction) = entry(item) else {
        panic!("no transaction");
    };
    let entered = entrance.enter_briefly(&transaction, &mut visitor, at(0));
    // Only who is refused for being counted too often is still to be counted.
    let is_full =
        matches!(&entered, Err(AdmissionError::Rejected(it)) if it.code == TxCode::MempoolFull);
    assert!(
        matches!(entered, Ok(None)) || visitor.is_some() == is_full,
        "counted"
    );
    match entered? {
        Some(_) => Ok(()),
        None => entrance.enter(&transaction, visitor, at(0)).map(drop),
    }
}

#[test]
fn a_visitor_is_counted_once_whether_briefly_or_not() {
    let bench = Bench::new(4);
    let entrance = bench.entrance(3);
    let stranger = transaction(7, 1, CHAIN);
    let Entry::Transaction(entering) = entry(&stranger) else {
        panic!("no transaction");
    };
    // Nobody has read yet, so that no reader is at hand: opening one is for others.
    let mut visitor = Some(ADDRESS);
    let entered = entrance.enter_briefly(&entering, &mut visitor, at(0));
    assert!(entered.unwrap().is_none());
    assert_eq!(visitor, Some(ADDRESS));
    bench.readers.read(|_| ()).unwrap();
    let codes: Vec<_> = (0..4)
        .map(|_| enter_somehow(&entrance, &stranger, Some(ADDRESS)).map_err(code))
        .collect();
    let (unknown, full) = (Err(TxCode::Unknown), Err(TxCode::MempoolFull));
    assert_eq!(codes, [unknown, unknown, unknown, full]);
}

#[test]
fn what_is_briefly_admitted_waits_for_a_block() {
    let mut bench = Bench::new(4);
    let entrance = bench.entrance(1);
    bench.readers.read(|_| ()).unwrap();
    let [first, second] = [1, 2].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let early = enter_somehow(&entrance, &second, None);
    assert!(matches!(early, Err(AdmissionError::Early(_))));
    enter_somehow(&entrance, &first, None).unwrap();
    assert_eq!(
        bench.shared.waiting.take_submitted(),
        std::slice::from_ref(&first)
    );
    // A block is in the database and does not show yet: that is waited for by whoever may block.
    let block = bench.next(1, vec![first]);
    bench.executor.execute(&block).unwrap();
    let Entry::Transaction(entering) = entry(&second) else {
        panic!("no transaction");
    };
    let entered = entrance.enter_briefly(&entering, &mut None, at(0));
    assert!(entered.unwrap().is_none());
    bench
        .shared
        .progress
        .send_replace(bench.executor.progress());
    enter_somehow(&entrance, &second, None).unwrap();
}

#[test]
fn what_a_client_gives_is_passed_on_and_what_a_peer_gives_is_not() {
    let bench = Bench::new(4);
    let entrance = bench.entrance(1);
    let [first, second] = [1, 2].map(|nonce| transaction(OWNER, nonce, CHAIN));
    from_client(&entrance, &first).unwrap();
    from_peer(&entrance, &second).unwrap();
    let submitted = bench.shared.waiting.take_submitted();
    assert_eq!(submitted, std::slice::from_ref(&first));
    let waiting = bench
        .shared
        .waiting
        .select(&std::collections::HashSet::new(), at(1));
    assert_eq!(waiting, [first, second]);
}

#[test]
fn entries_of_peers_are_held_against_the_state_like_those_of_clients() {
    let mut bench = Bench::new(4);
    let done = transaction(OWNER, 1, CHAIN);
    let block = bench.next(1, vec![done.clone()]);
    bench.execute(&block);
    let entrance = bench.entrance(10);
    let waits = transaction(OWNER, 2, CHAIN);
    from_peer(&entrance, &waits).unwrap();
    // A stranger's whose action would fail; a used nonce; a gap; one that waits.
    let stranger = transaction(7, 1, CHAIN);
    let used = done;
    let gap = transaction(OWNER, 4, CHAIN);
    for (item, refused) in [
        (&stranger, TxCode::Unknown),
        (&used, TxCode::Unknown),
        (&gap, TxCode::InvalidNonce),
        (&waits, TxCode::Unknown),
    ] {
        assert_eq!(from_peer(&entrance, item), Err(refused));
        assert_eq!(from_client(&entrance, item), Err(refused));
    }
}

#[test]
fn what_peers_pass_on_costs_no_quota_of_a_client() {
    let bench = Bench::new(4);
    let entrance = bench.entrance(1);
    let stranger = transaction(7, 1, CHAIN);
    for _ in 0..10 {
        assert_eq!(from_peer(&entrance, &stranger), Err(TxCode::Unknown));
    }
    // The one try of a client is left, and then no other.
    assert_eq!(from_client(&entrance, &stranger), Err(TxCode::Unknown));
    assert_eq!(from_client(&entrance, &stranger), Err(TxCode::MempoolFull));
    assert_eq!(from_peer(&entrance, &stranger), Err(TxCode::Unknown));
}

/// Executes items that succeed, each in a block of its own, from so many milliseconds after the start.
fn done(bench: &mut Bench, from: u64, items: impl IntoIterator<Item = Item>) {
    for (millis, item) in (from..).zip(items) {
        let block = bench.next(millis, vec![item]);
        let executed = bench.executor.execute(&block).unwrap();
        assert_eq!(executed.outcomes[0].code, TxCode::Ok, "{executed:?}");
    }
    let progress = bench.executor.progress();
    bench.shared.progress.send_replace(progress);
}

#[test]
fn a_sign_in_of_a_peer_is_for_a_block_only_while_it_claims_a_profile() {
    // Of one validator, so that the owner may appoint who makes profiles.
    let mut bench = Bench::new(1);
    let entrance = bench.entrance(1);
    let item = sign_in(3);
    assert_eq!(from_peer(&entrance, &item), Err(TxCode::Unknown));
    assert!(bench.shared.waiting.entry(&item.hash).is_none());

    done(&mut bench, 1, profile_of(3));
    from_peer(&entrance, &item).unwrap();
    assert!(bench.shared.waiting.entry(&item.hash).is_some());

    let block = bench.next(9, vec![item.clone()]);
    bench.execute(&block);
    assert!(bench.shared.waiting.entry(&item.hash).is_none());
    assert_eq!(from_peer(&entrance, &item), Err(TxCode::Unknown), "claimed");

    // The profile goes, and the same wallet gets another one: there is something to claim again,
    // but nobody votes for a block that repeats an entry.
    let erased = [call(3, 1, "erase_profile", Vec::new())];
    done(
        &mut bench,
        10,
        erased.into_iter().chain(next_profile_of(3, 3)),
    );
    assert_eq!(from_peer(&entrance, &item), Err(TxCode::Unknown), "used");
    let again = entrance.enter_sign_in(&signed_in(&item), at(0));
    assert!(matches!(again, Err(AdmissionError::Rejected(_))));
    assert!(bench.shared.waiting.entry(&item.hash).is_none());
}

fn signed_in(item: &Item) -> Arc<SignedIn> {
    let Entry::SignIn(signed_in) = entry(item) else {
        panic!("no sign-in");
    };
    signed_in
}

#[test]
fn a_sign_in_counts_for_a_while_and_no_longer() {
    let mut bench = Bench::new(1);
    let entrance = bench.entrance(1);
    for (position, item) in (1..).zip(profile_of(3)) {
        let block = bench.next(position, vec![item]);
        bench.execute(&block);
    }
    let item = sign_in(3);
    let late = CLAIM_SECONDS * 1_000 + 1_000;
    let enter = |millis| entrance.enter_sign_in(&signed_in(&item), at(millis));
    assert!(matches!(enter(late), Err(AdmissionError::Rejected(_))));
    assert!(matches!(enter(late - 1_000), Ok(Recording::Waits(_))));
    assert!(matches!(enter(late - 1_000), Ok(Recording::WaitsElsewhere)));
    // A block that has it all the same claims nothing by it.
    let block = bench.next(late, vec![item.clone()]);
    let executed = bench.executor.execute(&block).unwrap();
    assert_eq!(executed.outcomes[0].code, TxCode::InvalidNonce);
    let claimed = bench.readers.read(|snapshot| {
        let caller = Caller::new(sender(3).caller());
        let wallet = caller.wallet(snapshot).unwrap();
        claim(snapshot, wallet.as_ref()).unwrap().is_none()
    });
    assert!(!claimed.unwrap());
}

/// A sign-in of the same wallet as `sign_in`, signed at the same time in another way.
fn another_sign_in(seed: u8, way: u8) -> Item {
    let nonce = SignInNonce {
        issued: START_MS / 1_000,
        random: [way; 16],
        node: node_key(0).public(),
        signature: [0; 64],
    };
    let text = sign_in_text("https://node.test", CHAIN, &nonce);
    let signature = wallet(seed).1.sign(text.render().as_bytes());
    let proof = SignInProof::verify(sender(seed), text, signature.to_bytes().to_vec());
    Item::new(proof.unwrap().encode())
}

/// Else one wallet of an unclaimed profile would fill the pool and the blocks.
#[test]
fn whoever_signs_in_many_times_waits_once_and_all_are_answered_by_that() {
    let mut bench = Bench::new(1);
    let entrance = bench.entrance(1);
    done(&mut bench, 1, profile_of(3));
    let first = sign_in(3);
    let others: Vec<_> = (100..110).map(|way| another_sign_in(3, way)).collect();
    let enter = |item: &Item| entrance.enter_sign_in(&signed_in(item), at(10)).unwrap();
    assert!(matches!(enter(&first), Recording::Waits(_)));
    for item in others.iter().chain([&first]) {
        assert!(matches!(enter(item), Recording::WaitsElsewhere));
    }
    // Of those that come by gossip one waits too: where it comes from, it is the only one.
    let refused = from_peers(&entrance, &others);
    assert_eq!(refused, vec![TxCode::Unknown; others.len() - 1]);
    assert_eq!(bench.shared.waiting.size().0, 2);

    let block = bench.next(11, vec![first.clone()]);
    bench.execute(&block);
    for item in others.iter().chain([&first]) {
        assert!(matches!(enter(item), Recording::Needless));
    }
    // The other one claims nothing any more, and whoever gave it is told that all is well.
    let block = bench.next(12, vec![others[0].clone()]);
    let executed = bench.executor.execute(&block).unwrap();
    assert_eq!(executed.outcomes[0].code, TxCode::Ok);
}

#[test]
fn only_what_a_transaction_on_its_way_could_let_in_is_early() {
    let mut bench = Bench::new(4);
    let block = bench.next(1, vec![transaction(OWNER, 1, CHAIN)]);
    bench.execute(&block);
    let entrance = bench.entrance(1);
    let enter = |nonce| {
        let Entry::Transaction(transaction) = entry(&transaction(OWNER, nonce, CHAIN)) else {
            panic!("no transaction");
        };
        entrance.enter(&transaction, None, at(2))
    };
    assert!(matches!(enter(1), Err(AdmissionError::Rejected(_))));
    assert!(matches!(enter(3), Err(AdmissionError::Early(_))));
    let far = enter(2 + MOST_EARLY);
    assert!(matches!(far, Err(AdmissionError::Rejected(_))));
    // The one before it comes by another node.
    from_peer(&entrance, &transaction(OWNER, 2, CHAIN)).unwrap();
    assert!(enter(3).is_ok());
    assert!(matches!(enter(3), Err(AdmissionError::Rejected(_))));
}
