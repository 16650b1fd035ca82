use idos_consensus::Item;

use super::*;
use crate::{
    admission::Admitted,
    metrics::Metrics,
    testing::{CHAIN, OWNER, peer, progress, sender, sign_in, transaction},
};

fn verifier() -> Verifier {
    let shared = Arc::new(Shared::new(progress(0), 0, Metrics::default()));
    Verifier::new(CHAIN.to_owned(), shared)
}

/// An entry of this size that nobody signed.
fn entry(number: usize, size: usize) -> Entry {
    let mut bytes = vec![0; size.max(8)];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    let item = Item::new(bytes);
    let transaction = crate::entry::Transaction::for_test(item.clone(), sender(1), 1);
    Entry::Transaction(Arc::new(transaction))
}

#[test]
fn what_was_verified_is_remembered_until_it_is_taken() {
    let verifier = verifier();
    let items = [transaction(OWNER, 1, CHAIN), sign_in(3)];
    assert!(verifier.take(&items).is_empty());
    verifier.verify(&items).unwrap();
    let taken = verifier.take(&items);
    assert_eq!(taken.len(), 2);
    assert!(items.iter().all(|item| taken[&item.hash].item() == item));
    assert!(verifier.take(&items).is_empty(), "forgotten");
}

#[test]
fn one_wrong_item_is_enough_and_nothing_of_it_is_remembered() {
    let verifier = verifier();
    let good = transaction(OWNER, 1, CHAIN);
    let mut forged = transaction(OWNER, 2, CHAIN).bytes.to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let garbage = Item::new(b"garbage".to_vec());
    for wrong in [Item::new(forged), transaction(OWNER, 2, "other"), garbage] {
        let items = [good.clone(), wrong];
        assert!(verifier.verify(&items).is_err());
        assert!(verifier.take(&items).is_empty());
    }
    assert!(verifier.verify(&[good]).is_ok());
}

#[test]
fn nothing_is_verified_twice() {
    let verifier = verifier();
    // Nobody signed these, so that whoever verifies them finds that out.
    let remembered = entry(1, 0);
    let item = remembered.item().clone();
    assert!(verifier.verify(std::slice::from_ref(&item)).is_err());
    verifier.remembered().insert(remembered);
    verifier.verify(std::slice::from_ref(&item)).unwrap();

    let Entry::Transaction(waiting) = entry(2, 0) else {
        panic!("a transaction");
    };
    let item = waiting.item.clone();
    let admitted = Admitted::for_test(&waiting, 0, 0);
    verifier
        .shared
        .waiting
        .take_in(waiting, peer(1), admitted)
        .unwrap();
    verifier.verify(std::slice::from_ref(&item)).unwrap();
    // Executed, it is not verified again either.
    assert_eq!(verifier.take(&[item]).len(), 1);
}

#[test]
fn entries_are_in_the_order_of_their_items_whether_known_or_not() {
    let verifier = verifier();
    let remembered = entry(1, 0);
    let known = remembered.item().clone();
    verifier.remembered().insert(remembered);
    let garbage = Item::new(b"garbage".to_vec());
    let items = [transaction(OWNER, 1, CHAIN), known, garbage, sign_in(3)];
    let entries = verifier.entries(&items.iter().collect::<Vec<_>>());
    assert_eq!(entries.len(), 4);
    for (entry, item) in entries.iter().zip(&items) {
        match entry {
            Ok(entry) => assert_eq!(entry.item(), item),
            Err(_) => assert_eq!(item, &items[2]),
        }
    }
    assert!(entries[2].is_err());
    // That is for what is admitted.
    assert!(!entries[0].as_ref().unwrap().is_proved());
}

#[test]
fn what_is_remembered_is_bounded_in_number_and_the_oldest_go() {
    let mut remembered = Remembered::default();
    let hashes: Vec<_> = (0..VERIFIED_ENTRIES + 3)
        .map(|number| {
            let entry = entry(number, 0);
            let hash = entry.item().hash;
            remembered.insert(entry);
            hash
        })
        .collect();
    assert_eq!(remembered.entries.len(), VERIFIED_ENTRIES);
    assert!(
        hashes[..3]
            .iter()
            .all(|hash| remembered.get(hash).is_none())
    );
    assert!(remembered.get(&hashes[3]).is_some());
    assert_eq!(remembered.bytes, VERIFIED_ENTRIES * 8);
}

#[test]
fn what_is_remembered_is_bounded_in_bytes() {
    let mut remembered = Remembered::default();
    let size = 6_000_000;
    let most = VERIFIED_BYTES / size;
    for number in 0..most + 2 {
        remembered.insert(entry(number, size));
    }
    assert_eq!(remembered.entries.len(), most);
    assert_eq!(remembered.bytes, most * size);
    // The same again takes no room twice.
    remembered.insert(entry(most + 1, size));
    assert_eq!(remembered.entries.len(), most);
    assert_eq!(remembered.bytes, most * size);
}

#[test]
fn what_is_never_executed_lets_nothing_pile_up_behind_it() {
    let mut remembered = Remembered::default();
    let first = entry(0, 0);
    let in_vain = first.item().hash;
    remembered.insert(first);
    for number in 1..1_000 {
        let entry = entry(number, 0);
        let hash = entry.item().hash;
        remembered.insert(entry);
        remembered.remove(&hash);
    }
    assert_eq!(remembered.order.len(), 1);
    assert!(remembered.get(&in_vain).is_some());
}
