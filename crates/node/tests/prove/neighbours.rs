//! What an answer shows of what it is not about.

use std::collections::BTreeSet;

use idos_ledger::List;
use idos_proof::{Element, ListId};
use idos_types::{Digest, UserId};

use crate::{
    support::{call::call, id, key::Key},
    world::{World, grantee, person},
};

/// Whether these bytes are somewhere in a proof.
fn holds(proof: &[u8], part: &Digest) -> bool {
    proof.windows(part.0.len()).any(|found| *found == part.0)
}

/// Strangers prove again and again that they are nobody, each with another wallet, and so come by what
/// lies in other lists. They see of lists only that these are there: no element, though they can guess
/// some, as the ids of grants and of what is shared, which everybody knows.
#[test]
fn strangers_cannot_tell_what_is_in_the_lists_of_others() {
    let world = World::new();
    let grants = world.ask(&person(), &call!("get_access_grants_owned"));
    let grants: Vec<_> = grants.claims[1].rows.iter().collect();
    assert_eq!(grants.len(), 3);
    let of_grants = grants.iter().map(|row| &row.bytes[8..24]);
    let shared = ["first copy", "second copy", "third copy", "first original"];
    let of_data = shared.map(|name| *id(name).as_bytes());
    let elements: BTreeSet<Element> = of_grants
        .chain(of_data.iter().map(<[u8; 16]>::as_slice))
        .map(Element::new)
        .collect();
    let lists: [ListId; 3] = [
        List::GrantsOwned(UserId(id("person"))),
        List::Credentials(UserId(id("person"))),
        List::GrantsTo(grantee().text()),
    ]
    .map(|list| list.id());
    let mut seen: BTreeSet<&ListId> = BTreeSet::new();
    for number in 0..400 {
        let stranger = Key::of(&format!("stranger {number}"));
        for call in [call!("get_user"), World::granted()] {
            for claim in world.ask(&stranger, &call).claims {
                let proof = claim.proof;
                seen.extend(lists.iter().filter(|list| holds(&proof, &list.0)));
                assert!(!elements.iter().any(|element| holds(&proof, &element.0)));
            }
        }
    }
    assert!(!seen.is_empty(), "no proof came by a list of a person");
}
