//! Taking everything along, and leaving.

use std::{
    fs,
    path::{Path, PathBuf},
};

use idos_client::{
    FlowError, NotOpened,
    person::{Keys, Person},
};
use idos_credential::Seconds;
use idos_ledger::AccessGrant;
use idos_types::CredentialId;
use serde_json::{Value, json};

use super::{closed, data::attribute_json, grants::grant_json, session::PersonArgs};
use crate::{
    command::{
        clock::now,
        new_folder,
        output::{Output, inert, inert_lines},
    },
    role::{RoleError, block_on},
};

/// What `export` is given.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Folder to make. What is in it is not encrypted.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// What `erase` is given.
#[derive(clap::Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Do it; without, it is only told what would go and what would stay.
    #[arg(long)]
    yes: bool,
}

/// Writes everything to a folder.
pub(super) fn export(args: &ExportArgs, output: Output) -> Result<(), RoleError> {
    let mut exported = Exported {
        folder: &args.to,
        files: Vec::new(),
        credentials: 0,
        closed: Vec::new(),
    };
    block_on(async {
        let (person, keys) = args.person.unlock().await?;
        new_folder::make(&args.to, &[])?;
        let written = exported.write_all(&person, &keys).await;
        if written.is_err() {
            // Half a folder would only be in the way of the next try.
            exported.remove();
        }
        written
    })?;
    let (count, to) = (exported.credentials, args.to.display());
    let text = format!("wrote {count} credentials with attributes, grants and wallets to {to}");
    let closed: Vec<_> = exported.closed.iter().map(closed::entry).collect();
    let json = json!({
        "event": "exported", "folder": to.to_string(), "credentials": count,
        "do_not_open": closed,
    });
    output.print(&text, &json)?;
    if exported.closed.is_empty() {
        return Ok(());
    }
    let named = exported.closed.iter();
    let named: Vec<_> = named.map(|it| format!("{} {}", it.what, it.id)).collect();
    Err(RoleError::Refused(format!(
        "not all of it opens: {} are in {to} as they are sealed, and profile.json says why; all else is \
         there, opened",
        named.join(", ")
    )))
}

/// What is written, and what of it is sealed still.
struct Exported<'a> {
    folder: &'a Path,
    files: Vec<String>,
    credentials: usize,
    closed: Vec<NotOpened>,
}

impl Exported<'_> {
    fn add(&mut self, name: String, content: &[u8]) -> Result<(), RoleError> {
        new_folder::add(self.folder, &name, content)?;
        self.files.push(name);
        Ok(())
    }

    /// Takes back what was written.
    fn remove(&self) {
        for name in &self.files {
            let _ = fs::remove_file(self.folder.join(name));
        }
    }

    async fn write_credential(
        &mut self,
        person: &Person,
        keys: &Keys,
        id: CredentialId,
    ) -> Result<Value, RoleError> {
        self.credentials += 1;
        let fault = match person.credential(keys, id).await {
            Ok(opened) => {
                let name = format!("credential-{id}.json");
                let json = json!({
                    "id": id.to_string(), "file": name, "notes": opened.header.public_notes,
                    "content_hash": opened.content_hash.to_string(),
                });
                self.add(name, &opened.content)?;
                return Ok(json);
            }
            Err(FlowError::NotOpened(fault)) => fault,
            Err(error) => return Err(error.into()),
        };
        let sealed = person.sealed_credential(id).await?;
        let name = format!("credential-{id}.sealed");
        let json = json!({
            "id": id.to_string(), "file": name, "notes": sealed.header.public_notes,
            "encryptor_public_key": sealed.header.encryptor_public_key,
            "does_not_open": closed::why(&fault),
        });
        self.add(name, sealed.content.as_bytes())?;
        self.closed.push(fault);
        Ok(json)
    }

    async fn write_all(&mut self, person: &Person, keys: &Keys) -> Result<(), RoleError> {
        let mut list = Vec::new();
        for entry in person.originals().await? {
            list.push(self.write_credential(person, keys, entry.header.id).await?);
        }
        let mut attributes = Vec::new();
        for attribute in person.attributes(keys).await? {
            let mut json = attribute_json(&attribute);
            if let Err(fault) = attribute.value {
                if let Some(json) = json.as_object_mut() {
                    json.insert("sealed_value".to_owned(), attribute.row.value.into());
                }
                self.closed.push(fault);
            }
            attributes.push(json);
        }
        let grants: Vec<_> = person.grants().await?.iter().map(grant_json).collect();
        let wallets = person
            .wallets()
            .await?
            .into_iter()
            .map(|it| json!({ "kind": it.wallet_type.name(), "address": it.address }));
        let profile = json!({
            "profile": person.id().to_string(), "key": person.shown_key().to_base64(),
            "wallets": wallets.collect::<Vec<_>>(), "credentials": list,
            "attributes": attributes, "grants": grants,
        });
        self.add(
            "profile.json".to_owned(),
            format!("{profile:#}\n").as_bytes(),
        )
    }
}

/// Deletes the profile, or tells what that would do.
pub(super) fn erase(args: &EraseArgs, output: Output) -> Result<(), RoleError> {
    let (locked, log) = block_on(async {
        let person = args.person.open().await?;
        let now = now().0;
        let mut locked = person.grants().await?;
        locked.retain(|grant| grant.is_locked(now));
        let log = if args.yes {
            Some(person.erase().await?.log)
        } else {
            None
        };
        Ok((locked, log))
    })?;
    let list: Vec<_> = locked.iter().map(grant_json).collect();
    let json = json!({
        "event": if log.is_some() { "erased" } else { "would-erase" },
        "stays_under_lock": list, "log": log,
    });
    Ok(output.print(&explanation(&locked, log.as_deref()), &json)?)
}

fn explanation(locked: &[AccessGrant], log: Option<&str>) -> String {
    let mut text = match log {
        Some(_) => "the profile is erased: wallets, credentials, attributes and grants".to_owned(),
        None => "this would erase wallets, credentials, attributes and grants, for good".to_owned(),
    };
    for grant in locked {
        let until = Seconds(grant.locked_until).rfc3339();
        let (copy, grantee) = (grant.data_id, inert(&grant.grantee));
        text += &format!(
            "\nstays until {until}, as you promised: the copy {copy} for {grantee}; then it goes by itself"
        );
    }
    text += "\nwhat others copied elsewhere is not within reach; blocks hold what was written for the \
             time that docs/privacy.md names";
    match log {
        Some("") => {}
        Some(log) => text += &format!("\n\n{}", inert_lines(log)),
        None => text += "\n\nnext: `idos person export` to keep a copy, then again with --yes",
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_steers_no_terminal() {
        let text = explanation(&[], Some("stays\u{1b}[2J\nuntil"));
        assert!(text.ends_with("\n\nstays\\u{1b}[2J\nuntil"), "{text}");
    }
}
