//! What may happen, in any order: each step names its people and rows by small numbers, which are
//! taken round the list of those there are.

use proptest::{collection::vec, prelude::*};

/// Takes one of a list, going round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pick(u8);

impl Pick {
    /// This one of a list.
    pub(crate) fn at(at: u8) -> Self {
        Self(at)
    }

    /// Whether a chance of one in `many` comes true.
    pub(crate) fn is_one_in(self, many: u8) -> bool {
        self.0.is_multiple_of(many)
    }

    /// The one of `list` that is meant; none of an empty list.
    pub(crate) fn of<T: Clone>(self, list: &[T]) -> Option<T> {
        let at = usize::from(self.0).checked_rem(list.len())?;
        list.get(at).cloned()
    }
}

/// The id of a row to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NewId {
    /// One that nobody has seen.
    Fresh,
    /// One that was used before, whether the row is still there or not.
    Again(Pick),
}

/// A time relative to that of the newest block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// The year 1970: never, or no lock.
    Zero,
    /// Seconds from now; negative ones are gone.
    In(i64),
    /// The very second of the next deadline, or so many seconds from it.
    Due(i64),
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time passes, and an empty block.
    Wait(When),
    /// An issuer makes a profile with a wallet for a person.
    MakeProfile {
        issuer: Pick,
        person: Pick,
        id: NewId,
    },
    /// An issuer links another wallet to a profile.
    LinkAsIssuer {
        issuer: Pick,
        profile: Pick,
        wallet: Pick,
    },
    /// A person links another wallet.
    Link { person: Pick, wallet: Pick },
    /// A person takes a wallet off.
    Unlink { person: Pick, wallet: Pick },
    /// A wallet takes itself off.
    Detach { person: Pick },
    /// A person replaces the encryption key.
    ChangeKey { person: Pick },
    /// An issuer replaces the encryption key of a profile.
    ChangeKeyAsIssuer { issuer: Pick, profile: Pick },
    /// The network admits an inserter, perhaps one that it dismissed.
    AdmitInserter { inserter: Pick },
    /// The network dismisses an inserter with its delegates.
    DismissInserter { inserter: Pick },
    /// The network lets an issuer's key act for an inserter.
    AddDelegate { issuer: Pick, inserter: Pick },
    /// The network ends an issuer's power to act for an inserter.
    DeleteDelegate { issuer: Pick },
    /// A person adds a credential.
    Add {
        person: Pick,
        issuer: Pick,
        id: NewId,
    },
    /// A person adds two, in one transaction.
    AddTwo {
        person: Pick,
        issuer: Pick,
        ids: (NewId, NewId),
    },
    /// An issuer adds or replaces one.
    Upsert {
        issuer: Pick,
        profile: Pick,
        id: NewId,
    },
    /// A person replaces one.
    Edit { person: Pick, credential: Pick },
    /// An issuer replaces public notes.
    EditNotes { issuer: Pick, credential: Pick },
    /// A person deletes one.
    Remove { person: Pick, credential: Pick },
    /// A person shares one.
    Share {
        person: Pick,
        credential: Pick,
        id: NewId,
        grantee: Pick,
        lock: When,
    },
    /// Somebody uses a write grant that a person signed.
    UseWriteGrant {
        person: Pick,
        sender: Pick,
        issuer: Pick,
        ids: (NewId, NewId),
        grantee: Pick,
        lock: When,
        usable: (When, When),
    },
    /// Somebody submits an access grant that a person signed.
    UseAccessGrant {
        person: Pick,
        sender: Pick,
        credential: Pick,
        grantee: Pick,
        lock: When,
    },
    /// A person ends a grant.
    Revoke { person: Pick, grant: Pick },
    /// A person ends two grants, in one transaction.
    RevokeTwo { person: Pick, grants: (Pick, Pick) },
    /// A person sets when a grant ends.
    Expire { person: Pick, grant: Pick, at: When },
    /// Somebody gives up what was shared.
    Rescind { grantee: Pick, credential: Pick },
    /// A person adds an attribute, or an issuer does.
    AddAttribute { person: Pick },
    /// The same for an issuer.
    AddAttributeAsIssuer { issuer: Pick, profile: Pick },
    /// A person replaces an attribute.
    EditAttribute { person: Pick, attribute: Pick },
    /// A person copies an attribute.
    ShareAttribute { person: Pick, attribute: Pick },
    /// A person copies an attribute for a grantee.
    ShareAttributeWith {
        person: Pick,
        attribute: Pick,
        grantee: Pick,
    },
    /// A person deletes an attribute.
    RemoveAttribute { person: Pick, attribute: Pick },
    /// A person erases the profile.
    Erase { person: Pick },
}

const DAY: i64 = 24 * 3600;
const YEAR: i64 = 365 * DAY;

fn pick() -> impl Strategy<Value = Pick> {
    any::<u8>().prop_map(Pick)
}

fn new_id() -> impl Strategy<Value = NewId> {
    prop_oneof![5 => Just(NewId::Fresh), 1 => pick().prop_map(NewId::Again)]
}

pub(crate) fn later() -> impl Strategy<Value = When> {
    prop_oneof![
        3 => (1..100i64).prop_map(When::In),
        3 => (1..30 * DAY).prop_map(When::In),
        2 => (YEAR..11 * YEAR).prop_map(When::In),
        4 => (-1..=1i64).prop_map(When::Due),
    ]
}

fn lock() -> impl Strategy<Value = When> {
    prop_oneof![
        2 => Just(When::Zero),
        1 => (-5..=0i64).prop_map(When::In),
        4 => later(),
    ]
}

/// One step.
fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let p = pick;
    prop_oneof![
        6 => later().prop_map(Wait),
        2 => (p(), p(), new_id())
            .prop_map(|(issuer, person, id)| MakeProfile { issuer, person, id }),
        1 => (p(), p(), p())
            .prop_map(|(issuer, profile, wallet)| LinkAsIssuer { issuer, profile, wallet }),
        1 => (p(), p()).prop_map(|(person, wallet)| Link { person, wallet }),
        1 => (p(), p()).prop_map(|(person, wallet)| Unlink { person, wallet }),
        1 => p().prop_map(|person| Detach { person }),
        1 => p().prop_map(|person| ChangeKey { person }),
        2 => (p(), p(), new_id()).prop_map(|(person, issuer, id)| Add { person, issuer, id }),
        2 => (p(), p(), new_id()).prop_map(|(issuer, profile, id)| Upsert { issuer, profile, id }),
        2 => (p(), p()).prop_map(|(person, credential)| Edit { person, credential }),
        1 => (p(), p()).prop_map(|(issuer, credential)| EditNotes { issuer, credential }),
        3 => (p(), p()).prop_map(|(person, credential)| Remove { person, credential }),
        5 => (p(), p(), new_id(), p(), lock()).prop_map(
            |(person, credential, id, grantee, lock)| Share { person, credential, id, grantee, lock }
        ),
        3 => (p(), p(), p(), (new_id(), new_id()), p(), lock(), (lock(), later())).prop_map(
            |(person, sender, issuer, ids, grantee, lock, usable)| {
                UseWriteGrant { person, sender, issuer, ids, grantee, lock, usable }
            }
        ),
        4 => (p(), p(), p(), p(), lock()).prop_map(
            |(person, sender, credential, grantee, lock)| {
                UseAccessGrant { person, sender, credential, grantee, lock }
            }
        ),
        3 => (p(), p()).prop_map(|(person, grant)| Revoke { person, grant }),
        3 => (p(), p(), lock()).prop_map(|(person, grant, at)| Expire { person, grant, at }),
        2 => (p(), p()).prop_map(|(grantee, credential)| Rescind { grantee, credential }),
        1 => p().prop_map(|person| AddAttribute { person }),
        1 => (p(), p()).prop_map(|(issuer, profile)| AddAttributeAsIssuer { issuer, profile }),
        1 => (p(), p()).prop_map(|(person, attribute)| ShareAttribute { person, attribute }),
        2 => (p(), p(), p()).prop_map(
            |(person, attribute, grantee)| ShareAttributeWith { person, attribute, grantee }
        ),
        1 => (p(), p()).prop_map(|(person, attribute)| RemoveAttribute { person, attribute }),
        2 => p().prop_map(|person| Erase { person }),
        1 => (p(), p()).prop_map(|(person, attribute)| EditAttribute { person, attribute }),
        1 => (p(), p(), (new_id(), new_id()))
            .prop_map(|(person, issuer, ids)| AddTwo { person, issuer, ids }),
        2 => (p(), (p(), p())).prop_map(|(person, grants)| RevokeTwo { person, grants }),
        4 => about_inserters(),
    ]
}

/// What concerns who may make profiles. Who is dismissed mostly comes back.
fn about_inserters() -> impl Strategy<Value = Step> {
    use Step::*;
    let p = pick;
    prop_oneof![
        3 => (p(), p()).prop_map(|(issuer, profile)| ChangeKeyAsIssuer { issuer, profile }),
        2 => p().prop_map(|inserter| AdmitInserter { inserter }),
        1 => p().prop_map(|inserter| DismissInserter { inserter }),
        3 => (p(), p()).prop_map(|(issuer, inserter)| AddDelegate { issuer, inserter }),
        1 => p().prop_map(|issuer| DeleteDelegate { issuer }),
    ]
}

/// A life of the network.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..100)
}
