//! Whatever a provider says that is not true, the state comes from the others.

use std::rc::Rc;

use idos_proof::{Children, RootCertificate};
use idos_types::Digest;

use super::*;
use crate::sync_message::Target;

/// A node syncs although one of the providers lies in this way, whichever it is. Returns whether the
/// liar was found out each time.
fn survived(lie: impl Fn(Message) -> Option<Message> + 'static) -> [bool; OWN as usize] {
    let history = history(300, FEWEST_EPOCH_BLOCKS);
    let lie = Rc::new(lie);
    [0, 1, 2].map(|liar| {
        let mut world = World::new(providers(&history));
        let lie = Rc::clone(&lie);
        world.lie = Box::new(move |from, message| match from == liar {
            true => lie(message),
            false => Some(message),
        });
        let mut own = Syncing::new(&[]);
        assert!(world.run(&mut own));
        let fetch = own.fetch.as_ref().unwrap();
        let is_found_out = fetch.is_avoided_at(peer(liar), at(world.now_ms));
        let honest = usize::from(liar == 0);
        assert_synced(&mut own, &mut world.providers[honest]);
        is_found_out
    })
}

/// The same, for lies that are found out whenever they are told.
fn found_out(lie: impl Fn(Message) -> Option<Message> + 'static) {
    assert_ne!(survived(lie), [false; OWN as usize], "nobody noticed");
}

fn target(change: impl Fn(&mut Target) + 'static) -> impl Fn(Message) -> Option<Message> {
    move |message| {
        let Message::Target(mut target) = message else {
            return Some(message);
        };
        change(&mut target);
        Some(Message::Target(target))
    }
}

/// The certificate with its statement changed, signed by these nodes.
fn forged(of: &RootCertificate, signers: &[u8], height: u64) -> RootCertificate {
    let mut statement = of.statement().clone();
    statement.height = height;
    statement.root.hash = Digest::of(b"other");
    certificate(&statement, signers)
}

#[test]
fn a_root_without_enough_signatures() {
    found_out(target(|target| {
        target.certificate = forged(&target.certificate, &[1], target.header.height);
    }));
}

#[test]
fn a_certificate_of_another_header() {
    found_out(target(|target| {
        target.header.time = at(7);
    }));
}

/// It may be true: then all say so, and whoever is asked says that this node has to be upgraded.
#[test]
fn a_block_of_another_version_of_the_protocol() {
    found_out(target(|target| target.header.protocol += 1));
}

#[test]
fn a_header_that_does_not_end_the_epoch_before() {
    found_out(target(|target| {
        target.before = Some(target.header);
    }));
    found_out(target(|target| target.before = None));
}

#[test]
fn a_block_that_is_not_final() {
    found_out(target(|target| target.floor = vec![1, 2, 3]));
}

#[test]
fn rows_that_are_not_those_of_the_leaves() {
    found_out(|message| match message {
        Message::Rows(number, mut rows) => {
            for row in rows.iter_mut().flatten() {
                row.salt = Digest([7; 32]);
            }
            Some(Message::Rows(number, rows))
        }
        other => Some(other),
    });
}

#[test]
fn rows_in_another_order() {
    found_out(|message| match message {
        Message::Rows(number, mut rows) => {
            rows.rotate_left(1);
            Some(Message::Rows(number, rows))
        }
        other => Some(other),
    });
}

#[test]
fn parts_of_the_tree_that_hide_rows() {
    found_out(|message| match message {
        Message::Regions(number, answers) => {
            // Without the last child of the page; there is at least one more.
            let hide = |children: Option<Children>| {
                let bytes = children?.encode();
                let cut = (1..bytes.len()).rev();
                cut.map(|end| Children::decode(&bytes[..end]))
                    .find_map(Result::ok)
            };
            Some(Message::Regions(
                number,
                answers.into_iter().map(hide).collect(),
            ))
        }
        other => Some(other),
    });
}

#[test]
fn answers_that_hold_nothing_or_too_much() {
    found_out(|message| match message {
        Message::Regions(number, _) => Some(Message::Regions(number, Vec::new())),
        Message::Rows(number, _) => Some(Message::Rows(number, Vec::new())),
        other => Some(other),
    });
    found_out(|message| match message {
        Message::Regions(number, mut answers) => {
            answers.push(answers[0].clone());
            Some(Message::Regions(number, answers))
        }
        other => Some(other),
    });
}

/// It has a state, says which, and never hands any of it out.
#[test]
fn a_state_that_is_hidden() {
    survived(|message| match message {
        Message::Regions(number, answers) => {
            Some(Message::Regions(number, vec![None; answers.len()]))
        }
        Message::Rows(number, rows) => Some(Message::Rows(number, vec![None; rows.len()])),
        other => Some(other),
    });
}

#[test]
fn no_answer_at_all() {
    survived(|message| match message {
        Message::Regions(..) | Message::Rows(..) => None,
        other => Some(other),
    });
}

#[test]
fn validators_that_are_not_proved() {
    survived(|message| match message {
        Message::Sets(mut changes) => {
            for change in &mut changes {
                change.salt = Digest([7; 32]);
            }
            Some(Message::Sets(changes))
        }
        other => Some(other),
    });
}

/// Nobody's word but that of enough validators makes a node give up what it has.
#[test]
fn without_a_newer_certified_state_nothing_is_touched() {
    let history = history(50, 5);
    let older = History {
        blocks: history.blocks[..3].to_vec(),
        nonce: 0,
    };
    for lie in [false, true] {
        let mut world = World::new(providers(&older));
        if lie {
            let forge = target(|target| {
                let height = 1_000;
                target.certificate = forged(&target.certificate, &[0, 1], height);
            });
            world.lie = Box::new(move |_, message| forge(message));
        }
        let mut own = Syncing::new(&history.blocks);
        let root = *own.fetch.as_ref().unwrap().root().unwrap();
        for _ in 0..3 {
            world.left = 10;
            world.steps = 500;
            assert!(!world.run(&mut own));
        }
        assert!(!own.wake.is_stopped());
        assert_eq!(own.root(), root);
    }
}

/// Of several states the newest is fetched.
#[test]
fn a_stale_state_is_left_alone() {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    history.extend(&mut bench, 10, 2);
    let stale = Provider::new(0, &history.blocks);
    history.extend(&mut bench, 10, 20);
    let mut world = World::new(vec![stale, Provider::new(1, &history.blocks)]);
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[1]);
}

/// What a target was asked for, nobody else has to have: the others are a block further.
#[test]
fn a_target_that_lies_costs_the_next_one_nothing() {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    history.extend(&mut bench, 100, 0);
    let mut providers = vec![Provider::new(0, &history.blocks)];
    history.extend(&mut bench, 1, 0);
    providers.extend([1, 2].map(|number| Provider::new(number, &history.blocks)));
    let mut world = World::new(providers);
    let mut has_lied = false;
    world.lie = Box::new(move |from, message| match message {
        Message::Target(_) if from != 0 && !has_lied => None,
        Message::Regions(number, _) if from == 0 && !has_lied => {
            has_lied = true;
            Some(Message::Regions(number, Vec::new()))
        }
        Message::Regions(_, ref answers) => {
            assert!(answers.iter().all(Option::is_some), "nobody lacks it");
            Some(message)
        }
        other => Some(other),
    });
    let mut own = Syncing::new(&[]);
    let liars = avoided_until_the_end(&mut world, &mut own);
    assert_eq!(liars, [0]);
    assert_synced(&mut own, &mut world.providers[1]);
}

/// An answer to a question that was not asked takes nothing away that is wanted.
#[test]
fn rows_instead_of_regions() {
    found_out(|message| match message {
        Message::Regions(number, _) => Some(Message::Rows(number, vec![None])),
        other => Some(other),
    });
}
