//! What views show, by the model: at the newest block, and at a later clock, before there is a block.

use std::collections::BTreeSet;

use idos_ledger::{Call, Caller, CallerWallet, Context, Proofs, Rows, view};
use idos_types::{
    BlockTime, EpochLength, Identity, Uuid, Value,
    limits::{FEWEST_EPOCH_BLOCKS, PAGE_ROWS},
};

use crate::{
    model::{Grant, GrantKey},
    play::Play,
    support::{
        call::call,
        key::Key,
        network::{CHAIN, Network},
    },
};

/// What tells grants apart for whoever sees them: data, grantee, end of the lock.
type Shown = BTreeSet<GrantKey>;

/// Asks a view as a node does whose clock says `seconds`: the rows are those of the newest block,
/// the time may be later.
pub(crate) fn view_at(
    network: &Network,
    key: Option<&Key>,
    seconds: i64,
    call: Call,
) -> Result<Rows, String> {
    let caller = key.map_or_else(Caller::nobody, |key| Caller::new(key.text().to_owned()));
    let facts = idos_ledger::Network {
        chain_id: CHAIN.to_owned(),
        owner: Identity::of(Network::owner().text()),
        epoch: EpochLength::new(FEWEST_EPOCH_BLOCKS).unwrap(),
        body_retention_seconds: 0,
        earlier_blocks: 0,
    };
    let tip = network.progress().tip;
    let clock = BlockTime::from_millis(u64::try_from(seconds).unwrap() * 1000);
    let block = facts.block(tip.height, clock.max(tip.time));
    network.read(|snapshot| {
        let context = Context {
            network: &facts,
            block,
            caller: &caller,
            wallet: CallerWallet::Unread,
            state: snapshot,
            proofs: Proofs::none(),
        };
        view(&context, call)
            .map(|(_, rows)| rows)
            .map_err(|failure| failure.to_string())
    })
}

/// Everybody asks for everything, at the newest block.
pub(crate) fn check_reads(play: &Play) {
    for key in &everybody(play) {
        check_own(play, key);
        check_attributes(play, key);
        check_counts(play, key);
    }
    check_grants_at(play, play.model.now);
}

/// Everybody asks for grants and what they let read, at each second in which one of those that are
/// there ends or loses its lock, and at the second before. No block comes in between.
pub(crate) fn check_reads_before_the_next_block(play: &Play) {
    let now = play.model.now;
    let ends = play.model.grants.values().map(|grant| grant.expires_at);
    let ends = ends.filter(|end| *end > now);
    // A lock includes its last second.
    let locks = play.model.grants.keys().map(|(.., lock)| *lock + 1);
    let locks = locks.filter(|end| *end > now).min();
    let seconds: BTreeSet<_> = ends.chain(locks).flat_map(|at| [at - 1, at]).collect();
    seconds
        .into_iter()
        .for_each(|second| check_grants_at(play, second));
}

/// Whoever might ask, nobody included: each once.
fn everybody(play: &Play) -> Vec<Option<Key>> {
    let organisations = play.grantees.iter().filter(|grantee| {
        let is_grantee = |person: &Key| person.text() == grantee.text();
        !play.people.iter().any(is_grantee)
    });
    let all = play.people.iter().chain(&play.issuers).chain(organisations);
    let stranger = Key::of("stranger");
    all.cloned()
        .chain([stranger])
        .map(Some)
        .chain([None])
        .collect()
}

/// The caller of the model; nobody has no text that anybody has.
fn text(key: &Option<Key>) -> &str {
    key.as_ref().map_or("", Key::text)
}

fn ask(play: &Play, key: &Option<Key>, call: Call) -> Rows {
    view_at(&play.network, key.as_ref(), play.model.now, call).unwrap()
}

/// What people read as owners.
fn check_own(play: &Play, key: &Option<Key>) {
    let model = &play.model;
    let user = model.user_of(text(key));
    let first = |action: &str| uuids(&ask(play, key, call!(action)), 0);
    for id in &play.credential_ids {
        let owned = ask(play, key, call!("get_credential_owned", *id));
        let owns = model.owns(text(key), *id);
        assert_eq!(!owned.is_empty(), owns, "reading as the owner");
    }
    let own = |owner: Uuid| Some(owner) == user;
    let credentials = model.credentials.iter().filter(|(_, it)| own(it.owner));
    assert_eq!(
        first("get_credentials"),
        credentials.map(|(id, _)| *id).collect()
    );
    let wallets = model.wallets.iter().filter(|(_, (owner, _))| own(*owner));
    assert_eq!(first("get_wallets"), wallets.map(|(id, _)| *id).collect());
    assert_eq!(first("get_user"), user.into_iter().collect());
}

/// Attributes, as their owners and as grantees.
fn check_attributes(play: &Play, key: &Option<Key>) {
    let model = &play.model;
    let user = model.user_of(text(key));
    let own = model.attributes.iter();
    let own = own.filter(|(_, it)| Some(it.owner) == user);
    let listed = uuids(&ask(play, key, call!("get_attributes")), 0);
    assert_eq!(listed, own.map(|(id, _)| *id).collect());
    let granted = model.attribute_grants.iter();
    let granted = granted.filter(|(_, grantee)| *grantee == text(key));
    let granted: BTreeSet<_> = granted.map(|(copy, _)| *copy).collect();
    let all = call!("get_attributes_shared", Value::Null, 1, PAGE_ROWS);
    assert_eq!(uuids(&ask(play, key, all), 0), granted);
    for id in model.attributes.keys() {
        let read = uuids(&ask(play, key, call!("get_attribute_shared", *id)), 0);
        assert_eq!(
            read.contains(id),
            granted.contains(id),
            "reading as a grantee"
        );
    }
}

/// How many grants there are to somebody, and when those that somebody gave end.
fn check_counts(play: &Play, key: &Option<Key>) {
    let model = &play.model;
    let count = |owner: Option<Uuid>| -> usize {
        let is_from = |grant: &Grant| owner.is_none_or(|owner| grant.owner == owner);
        let granted = model.live_grants(model.now);
        let to = granted.filter(|(key_of, _)| key_of.1 == text(key));
        to.filter(|(_, grant)| is_from(grant)).count()
    };
    let owners = play.profile_ids.iter().copied().map(Some);
    for owner in owners.chain([None]) {
        let asked = owner.map_or(Value::Null, Value::from);
        let counted = ask(play, key, call!("get_access_grants_granted_count", asked));
        let expected = i64::try_from(count(owner)).unwrap();
        assert_eq!(counted.concat(), [Value::Int(expected)], "grants counted");
    }
    let user = model.user_of(text(key));
    let given = model.grants.values();
    let given = given.filter(|grant| Some(grant.owner) == user && grant.expires_at != 0);
    let mut expected: Vec<_> = given.map(|grant| grant.expires_at).collect();
    let told = ask(play, key, call!("get_access_grant_expiries"));
    let mut told: Vec<_> = told.iter().map(|row| int(&row[1])).collect();
    expected.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, expected, "when grants end");
}

/// Everybody asks for grants and what they let read, at this second.
pub(crate) fn check_grants_at(play: &Play, second: i64) {
    let keys = everybody(play);
    keys.iter().for_each(|key| check_given(play, key, second));
    keys.iter().for_each(|key| check_got(play, key, second));
}

/// What people see of the grants that they gave.
fn check_given(play: &Play, key: &Option<Key>, second: i64) {
    let (model, at) = (&play.model, asking(play, key, second));
    let Some(user) = model.user_of(text(key)) else {
        assert!(at(call!("get_access_grants_owned")).unwrap().is_empty());
        return;
    };
    let given = model.live_grants(second);
    let given: Shown = given
        .filter(|(_, grant)| grant.owner == user)
        .map(|(key, _)| key.clone())
        .collect();
    let rows = at(call!("get_access_grants_owned")).unwrap();
    assert_eq!(shown(&rows), given, "the grants that somebody gave");
    for id in &play.credential_ids {
        let has = at(call!("has_locked_access_grants", *id)).unwrap();
        let is_locked = given
            .iter()
            .any(|(data, _, lock)| data == id && *lock >= second);
        assert_eq!(
            has.concat(),
            [Value::Bool(is_locked)],
            "whether a lock holds"
        );
    }
}

/// What grantees see of their grants, and what these let them read.
fn check_got(play: &Play, key: &Option<Key>, second: i64) {
    let (model, at) = (&play.model, asking(play, key, second));
    let got: Vec<_> = model
        .live_grants(second)
        .filter(|((_, grantee, _), _)| grantee == text(key))
        .collect();
    let on = |id: Option<Uuid>| -> Shown {
        let keys = got.iter().map(|(key, _)| (*key).clone());
        keys.filter(|(data, ..)| id.is_none_or(|id| *data == id))
            .collect()
    };
    let all = call!("get_access_grants_granted", Value::Null, 1, PAGE_ROWS);
    assert_eq!(shown(&at(all).unwrap()), on(None), "the grants to somebody");
    for id in &play.credential_ids {
        let grants = at(call!("get_access_grants_for_credential", *id)).unwrap();
        assert_eq!(
            shown(&grants),
            on(Some(*id)),
            "the grants on one credential"
        );
        let rows = at(call!("get_credential_shared", *id)).unwrap_or_default();
        let content = rows.first().map(|row| row[3].clone());
        let expected = (!on(Some(*id)).is_empty())
            .then(|| Value::from(model.credentials[id].content.as_str()));
        assert_eq!(content, expected, "reading as a grantee");
    }
    for owner in &play.profile_ids {
        let rows = at(call!("get_credentials_shared_by_user", *owner, Value::Null)).unwrap();
        let copies = rows.iter().map(|row| (uuid(&row[0]), row[6].clone()));
        let expected = got.iter().filter(|(_, grant)| grant.owner == *owner);
        let expected = expected.filter_map(|((data, ..), _)| {
            let original = model.credentials[data].copy_of?;
            Some((*data, original.map_or(Value::Null, Value::from)))
        });
        let expected: BTreeSet<_> = expected.map(|pair| format!("{pair:?}")).collect();
        let copies: BTreeSet<_> = copies.map(|pair| format!("{pair:?}")).collect();
        assert_eq!(copies, expected, "what one person shared");
    }
    let hashes: BTreeSet<_> = model.grants.values().map(|it| &it.content_hash).collect();
    for hash in hashes {
        let rows = at(call!("get_sibling_credential_id", hash.as_str())).unwrap();
        let same = got.iter().filter(|(_, grant)| grant.content_hash == *hash);
        let same: BTreeSet<_> = same.map(|((data, ..), _)| *data).collect();
        let found = uuids(&rows, 0);
        assert!(found.is_subset(&same), "found by a hash, and not granted");
        assert_eq!(found.len(), same.len().min(1), "the first with a hash");
    }
}

fn asking<'a>(
    play: &'a Play,
    key: &'a Option<Key>,
    second: i64,
) -> impl Fn(Call) -> Result<Rows, String> + 'a {
    move |call| view_at(&play.network, key.as_ref(), second, call)
}

/// The grants in rows of eight columns.
fn shown(rows: &Rows) -> Shown {
    let grants = rows.iter().map(|row| match &row[2] {
        Value::Text(grantee) => (uuid(&row[3]), grantee.to_ascii_lowercase(), int(&row[4])),
        other => panic!("not a grantee: {other:?}"),
    });
    grants.collect()
}

/// The ids in one column.
fn uuids(rows: &Rows, column: usize) -> BTreeSet<Uuid> {
    rows.iter().map(|row| uuid(&row[column])).collect()
}

fn uuid(value: &Value) -> Uuid {
    match value {
        Value::Uuid(id) => *id,
        other => panic!("not an id: {other:?}"),
    }
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        other => panic!("not a number: {other:?}"),
    }
}
