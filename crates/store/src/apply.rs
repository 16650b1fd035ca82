//! Writing changes of rows.

use std::collections::BTreeMap;

use idos_ledger::{Change, Key, Row};
use idos_types::Digest;
use rusqlite::Connection;

use crate::{
    attributes, credentials, due,
    error::Result,
    grants, inserters, motions, parameters, parties,
    salt::SaltSeed,
    spent,
    table::{RowKey, Table},
    users, validators, wallets,
};

/// When a change is made, relative to the others of its list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// First go the rows that nothing refers to: that frees what is unique about them, and the rows
    /// that they refer to.
    DeleteReferring(std::cmp::Reverse<Table>),
    /// Then rows are put, those that are referred to before those that refer to them.
    Put(Table),
    /// Last go the rows that were referred to, in case a row put just now stopped doing so.
    DeleteReferredTo(std::cmp::Reverse<Table>),
}

/// Makes these changes as one: in whatever order they are listed, no reference dangles between two
/// of them. Of several changes to one row the last counts. Within a step the order of the list is
/// kept, since lists of the state come in the order of writing.
pub(crate) fn apply(conn: &Connection, changes: &[Change], seed: &SaltSeed) -> Result<()> {
    let mut latest: BTreeMap<RowKey, usize> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        latest.insert(key_of(change), index);
    }
    let mut ordered: Vec<_> = latest
        .into_iter()
        .filter_map(|(key, index)| Some((key, index, changes.get(index)?)))
        .collect();
    ordered.sort_by_key(|(key, index, change)| (step(key.table, change), *index));
    for (key, _, change) in ordered {
        match change {
            Change::Delete(Key::AccessGrant(id)) => grants::delete(conn, *id)?,
            Change::Delete(_) => key.delete(conn)?,
            Change::Put(row) => put(conn, row, &seed.salt(conn, &key)?)?,
        }
    }
    Ok(())
}

fn key_of(change: &Change) -> RowKey {
    match change {
        Change::Put(row) => row.into(),
        Change::Delete(key) => key.into(),
    }
}

fn step(table: Table, change: &Change) -> Step {
    match change {
        Change::Put(_) => Step::Put(table),
        Change::Delete(_) if table.is_referred_to() => {
            Step::DeleteReferredTo(std::cmp::Reverse(table))
        }
        Change::Delete(_) => Step::DeleteReferring(std::cmp::Reverse(table)),
    }
}

fn put(conn: &Connection, row: &Row, salt: &Digest) -> Result<()> {
    match row {
        Row::User(user) => users::put(conn, user, salt),
        Row::Wallet(wallet) => wallets::put(conn, wallet, salt),
        Row::Credential(credential) => credentials::put(conn, credential, salt),
        Row::CredentialCopy(copy) => credentials::put_copy(conn, copy, salt),
        Row::Attribute(attribute) => attributes::put(conn, attribute, salt),
        Row::AttributeCopy(copy) => attributes::put_copy(conn, copy, salt),
        Row::AccessGrant(grant) => grants::put(conn, grant, salt),
        Row::Inserter(inserter) => inserters::put(conn, inserter, salt),
        Row::Delegate(delegate) => inserters::put_delegate(conn, delegate, salt),
        Row::Party(party) => parties::put(conn, party, salt),
        Row::PartyKeys(keys) => parties::put_keys(conn, keys, salt),
        Row::UsedWriteGrant(id) => spent::put_write_grant(conn, *id, salt),
        Row::SpentMessage(message) => spent::put_message(conn, message, salt),
        Row::Validator(validator) => validators::put(conn, validator, salt),
        Row::ValidatorSet(epoch, set) => validators::put_set(conn, *epoch, set, salt),
        Row::Motion(motion) => motions::put(conn, motion, salt),
        Row::Vote(vote) => motions::put_vote(conn, vote, salt),
        Row::Parameter(parameter) => parameters::put(conn, parameter, salt),
        Row::Due(due) => due::put(conn, due, salt),
    }
}
