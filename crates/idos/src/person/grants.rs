//! What is shared with whom.

use std::collections::BTreeMap;

use idos_client::person::{Person, is_key_ring, is_prepared};
use idos_credential::Seconds;
use idos_ledger::AccessGrant;
use idos_types::{CredentialId, fold};
use serde_json::{Value, json};

use super::{
    session::PersonArgs,
    shared_attributes::{self, SharedCopy},
};
use crate::{
    command::{
        clock::now,
        output::{Output, inert},
    },
    role::{RoleError, block_on},
};

/// The live grants of a person, with what each is a copy of.
pub(super) struct Grants {
    grants: Vec<AccessGrant>,
    originals: BTreeMap<CredentialId, CredentialId>,
}

impl Grants {
    /// Of this person.
    pub(super) async fn of(person: &Person) -> Result<Self, RoleError> {
        let entries = person.credentials().await?.into_iter();
        let originals = entries.filter_map(|it| Some((it.header.id, it.original?)));
        Ok(Self {
            originals: originals.collect(),
            grants: person.grants().await?,
        })
    }

    /// The ids of those on a credential for somebody.
    pub(super) fn to(&self, id: CredentialId, grantee: &str) -> impl Iterator<Item = String> {
        let grants = self.grants.iter().filter(move |grant| {
            self.original(grant) == Some(id) && grant.grantee.eq_ignore_ascii_case(grantee)
        });
        grants.map(|grant| grant.id.to_string())
    }

    fn original(&self, grant: &AccessGrant) -> Option<CredentialId> {
        self.originals.get(&grant.data_id).copied()
    }
}

/// The names that parties published, with proof, by their addresses.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// All of them.
    pub(super) async fn of(person: &Person) -> Result<Self, RoleError> {
        let parties = person.client().parties(None).await?.into_iter();
        let named = parties.filter_map(|it| Some((fold(&it.party.address), it.keys?.name)));
        Ok(Self(named.collect()))
    }

    /// The name of whoever has an address.
    pub(super) fn of_address(&self, address: &str) -> Option<&str> {
        self.0.get(&fold(address)).map(String::as_str)
    }

    /// Name and address for people.
    pub(super) fn shown(&self, address: &str) -> String {
        match self.of_address(address) {
            Some(name) => format!("{} ({})", inert(name), inert(address)),
            None => inert(address),
        }
    }
}

/// Lists the grants, and the attributes that are shared.
pub(super) fn list(args: &PersonArgs, output: Output) -> Result<(), RoleError> {
    let (grants, rows, names) = block_on(async {
        let person = args.open().await?;
        let grants = Grants::of(&person).await?;
        let rows = person.attribute_rows().await?;
        Ok((grants, rows, Names::of(&person).await?))
    })?;
    let noted = shared_attributes::noted(&args.role.home);
    let copies = rows
        .iter()
        .filter(|(row, _)| !is_key_ring(row))
        .filter_map(|(row, copy)| Some((row, copy.as_ref()?)));
    let copies: Vec<_> = copies
        .map(|(row, copy)| SharedCopy::new(row, copy, &noted))
        .collect();
    let mut lines: Vec<_> = grants
        .grants
        .iter()
        .map(|it| line(it, &grants, &names))
        .collect();
    lines.extend(copies.iter().map(|copy| copy.line(&names)));
    let text = if lines.is_empty() {
        "nothing is shared".to_owned()
    } else {
        lines.join("\n")
    };
    let list: Vec<_> = grants
        .grants
        .iter()
        .map(|it| entry(it, &grants, &names))
        .collect();
    let attributes: Vec<_> = copies.iter().map(|copy| copy.json(&names)).collect();
    let json = json!({ "event": "grants", "grants": list, "attributes": attributes });
    Ok(output.print(&text, &json)?)
}

/// A grant for its owner.
fn line(grant: &AccessGrant, grants: &Grants, names: &Names) -> String {
    let (id, data) = (grant.id, grant.data_id);
    let whom = match is_prepared(grant) {
        true => "nobody, as it was prepared for an access grant".to_owned(),
        false => names.shown(&grant.grantee),
    };
    let what = match grants.original(grant) {
        Some(original) => format!("credential {original}, as the copy {data}"),
        None => format!("credential {data}"),
    };
    format!("{id}  {what}  for {whom}{}", grant_terms(grant))
}

/// The same for programs.
fn entry(grant: &AccessGrant, grants: &Grants, names: &Names) -> Value {
    let mut entry = grant_json(grant);
    if let Some(entry) = entry.as_object_mut() {
        let original = grants.original(grant).map(|id| id.to_string());
        entry.insert("original".to_owned(), original.into());
        let name = names.of_address(&grant.grantee);
        entry.insert("grantee_name".to_owned(), name.into());
        entry.insert("prepared".to_owned(), is_prepared(grant).into());
    }
    entry
}

/// Until when a grant is locked, or was, and when it ends, for people.
pub(crate) fn grant_terms(grant: &AccessGrant) -> String {
    let lock = match Seconds(grant.locked_until) {
        Seconds(0) => String::new(),
        until if until > now() => format!("  locked until {}", until.rfc3339()),
        until => format!("  lock ended {}", until.rfc3339()),
    };
    let end = grant.ends_at().map_or_else(String::new, |at| {
        format!("  ends {}", Seconds(at).rfc3339())
    });
    lock + &end
}

/// A grant for programs; 0 is "no lock" and "never".
pub(crate) fn grant_json(grant: &AccessGrant) -> Value {
    json!({
        "id": grant.id.to_string(), "owner": grant.owner.to_string(), "grantee": grant.grantee,
        "credential": grant.data_id.to_string(), "locked_until": grant.locked_until,
        "expires_at": grant.expires_at, "content_hash": grant.content_hash,
    })
}

#[cfg(test)]
mod tests {
    use idos_ledger::GrantOrigin;
    use idos_types::{GrantId, UserId, Uuid};

    use super::*;

    #[test]
    fn a_lock_that_has_ended_is_told_as_one() {
        let grant = |locked_until, expires_at| AccessGrant {
            id: GrantId(Uuid::nil()),
            owner: UserId(Uuid::nil()),
            grantee: String::new(),
            data_id: CredentialId(Uuid::nil()),
            locked_until,
            expires_at,
            content_hash: None,
            height: 1,
            origin: GrantOrigin::User,
            origin_id: String::new(),
        };
        assert_eq!(grant_terms(&grant(0, 0)), "");
        let ended = grant_terms(&grant(1_577_836_800, 0));
        assert_eq!(ended, "  lock ended 2020-01-01T00:00:00Z");
        let both = grant_terms(&grant(32_503_680_000, 32_503_680_001));
        assert!(both.starts_with("  locked until 3000-01-01"), "{both}");
        assert!(both.contains("  ends 3000-01-01"), "{both}");
    }
}
