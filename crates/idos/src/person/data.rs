//! Looking at data, and adding some.

use std::path::PathBuf;

use idos_client::person::OwnedAttribute;
use idos_crypto::SigningKey;
use idos_types::{
    AttributeId, CredentialId, Uuid,
    limits::{ATTRIBUTE_VALUE_BYTES, CREDENTIAL_BYTES, PUBLIC_NOTES_BYTES},
};
use serde_json::{Value, json};

use super::{
    closed,
    grants::Names,
    recipient::{RecipientArgs, who, with_recipient},
    session::PersonArgs,
    shared_attributes::{self, SharedCopy},
};
use crate::{
    command::{
        bounded_file,
        output::{Output, inert, inert_lines},
    },
    role::{RoleError, block_on, opened},
};

/// What `credential` is given.
#[derive(clap::Args)]
pub(crate) struct CredentialArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The credential, by its id.
    id: Uuid,
}

/// What `add` is given.
#[derive(clap::Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The content, as a rule a verifiable credential.
    file: PathBuf,
    /// File with the public notes, which whoever may see the credential reads without opening it.
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
}

/// What `remove` is given.
#[derive(clap::Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The credential, by its id.
    id: Uuid,
}

/// What `share-attribute` is given.
#[derive(clap::Args)]
pub(crate) struct ShareAttributeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The attribute, by its id.
    id: Uuid,
    #[command(flatten)]
    recipient: RecipientArgs,
}

/// What `add-attribute` is given.
#[derive(clap::Args)]
pub(crate) struct AttributeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Its key, which is not sealed.
    key: String,
    /// File with its value: a command line is seen by others.
    #[arg(long, value_name = "FILE")]
    value_file: PathBuf,
}

/// Shows the profile.
pub(super) fn show(args: &PersonArgs, output: Output) -> Result<(), RoleError> {
    let (user, key, wallets) = block_on(async {
        let person = args.open().await?;
        let wallets = person.wallets().await?;
        Ok((person.id(), person.shown_key().to_base64(), wallets))
    })?;
    let mut text = format!("profile     {user}\nkey         {key}\n\nwallets");
    let mut list = Vec::new();
    for it in wallets {
        let wallet = it;
        let kind = wallet.wallet_type.name();
        text += &format!("\n{}  {kind:<8} {}", wallet.id, wallet.address);
        list.push(json!({
            "id": wallet.id.to_string(), "kind": kind, "address": wallet.address,
            "linked_by": wallet.inserter,
        }));
    }
    let json = json!({
        "event": "profile", "profile": user.to_string(), "key": key, "wallets": list,
    });
    Ok(output.print(&text, &json)?)
}

/// Lists the credentials.
pub(super) fn list(args: &PersonArgs, output: Output) -> Result<(), RoleError> {
    let entries = block_on(async { Ok(args.open().await?.credentials().await?) })?;
    let copies = |id: CredentialId| {
        entries
            .iter()
            .filter(|entry| entry.original == Some(id))
            .count()
    };
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.is_copy) {
        let (header, shared) = (&entry.header, copies(entry.header.id));
        lines.push(format!(
            "{}  shared {shared} times  {}",
            header.id,
            inert(&header.public_notes)
        ));
        list.push(json!({
            "id": header.id.to_string(), "notes": header.public_notes, "copies": shared,
            "issuer": header.issuer_auth_public_key, "inserter": header.inserter,
        }));
    }
    if lines.is_empty() {
        lines.push("no credentials".to_owned());
    }
    let json = json!({ "event": "credentials", "credentials": list });
    Ok(output.print(&lines.join("\n"), &json)?)
}

/// Shows a credential, opened.
pub(super) fn credential(args: &CredentialArgs, output: Output) -> Result<(), RoleError> {
    let found = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        Ok(person.credential(&keys, CredentialId(args.id)).await?)
    })?;
    let (name, value) = opened::content(&found.content);
    let json = json!({
        "event": "credential", "id": args.id, "notes": found.header.public_notes,
        "content_hash": found.content_hash.to_string(), name: value,
    });
    Ok(output.print_bytes(&found.content, &json)?)
}

/// Adds a credential. A key that is made for it signs it: what issuer it has is in the content.
pub(super) fn add(args: &AddArgs, output: Output) -> Result<(), RoleError> {
    let content = bounded_file::read_text(&args.file, CREDENTIAL_BYTES)?;
    let notes = match &args.notes_file {
        Some(path) => bounded_file::read_text(path, PUBLIC_NOTES_BYTES)?,
        None => String::new(),
    };
    let id = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let signer = SigningKey::generate().map_err(idos_client::FlowError::from)?;
        let adding = person.add_credential(&keys, notes.trim(), content.as_bytes(), &signer);
        Ok(adding.await?)
    })?;
    let json = json!({ "event": "credential-added", "id": id.to_string() });
    Ok(output.print(&format!("added the credential {id}"), &json)?)
}

/// Removes a credential.
pub(super) fn remove(args: &RemoveArgs, output: Output) -> Result<(), RoleError> {
    let id = CredentialId(args.id);
    let done = block_on(async { Ok(args.person.open().await?.remove_credential(id).await?) })?;
    let text = format!("removed what no lock holds\n{}", inert_lines(&done.log));
    let json = json!({ "event": "credential-removed", "id": id.to_string(), "log": done.log });
    Ok(output.print(text.trim_end(), &json)?)
}

/// Lists the attributes, opened.
pub(super) fn attributes(args: &PersonArgs, output: Output) -> Result<(), RoleError> {
    let (found, rows, names) = block_on(async {
        let (person, keys) = args.unlock().await?;
        let rows = person.attribute_rows().await?;
        let names = match rows.iter().any(|(_, copy)| copy.is_some()) {
            true => Names::of(&person).await?,
            false => Names::default(),
        };
        Ok((person.attributes(&keys).await?, rows, names))
    })?;
    let noted = shared_attributes::noted(&args.role.home);
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for attribute in &found {
        let id = attribute.row.id;
        let key = inert(&attribute.row.attribute_key);
        lines.push(match &attribute.value {
            Ok(value) => {
                let seal = if value.is_sealed() {
                    "sealed"
                } else {
                    "plain "
                };
                let text = inert(value.text().unwrap_or("(no text)"));
                format!("{id}  {seal}  {key} = {text}")
            }
            Err(fault) => format!("{}; its key is {key}", closed::line(fault)),
        });
        let copies = rows.iter().filter_map(|(row, copy)| Some((row, (*copy)?)));
        let copies: Vec<_> = copies
            .filter(|(_, copy)| copy.original_id == id)
            .map(|(row, copy)| (row.id.to_string(), SharedCopy::new(row, &copy, &noted)))
            .collect();
        lines.extend(copies.iter().map(|(id, copy)| {
            let whom = copy.whom(&names);
            format!("  shared as {id} with {whom}")
        }));
        let mut json = attribute_json(attribute);
        if let Some(json) = json.as_object_mut() {
            let shared: Vec<_> = copies.iter().map(|(_, copy)| copy.json(&names)).collect();
            json.insert("shared".to_owned(), shared.into());
            let ids: Vec<_> = copies.into_iter().map(|(id, _)| id).collect();
            json.insert("copies".to_owned(), ids.into());
        }
        list.push(json);
    }
    if lines.is_empty() {
        lines.push("no attributes".to_owned());
    }
    let json = json!({ "event": "attributes", "attributes": list });
    Ok(output.print(&lines.join("\n"), &json)?)
}

/// Shares an attribute.
pub(super) fn share_attribute(args: &ShareAttributeArgs, output: Output) -> Result<(), RoleError> {
    let id = AttributeId(args.id);
    let (shared, recipient) = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let recipient = args.recipient.find(&person, output).await?;
        let shared = person.share_attribute(&keys, id, &recipient).await?;
        Ok((shared, recipient))
    })?;
    let copy = shared.copy;
    shared_attributes::note(&args.person.role.home, copy, recipient.grantee());
    let text = format!(
        "shared with {}\nas the attribute {copy}: to end that, remove it",
        who(&recipient)
    );
    let json = json!({ "event": "attribute-shared", "copy": copy.to_string() });
    let json = with_recipient(json, &recipient);
    Ok(output.print(&text, &json)?)
}

/// An attribute as programs read it.
pub(super) fn attribute_json(attribute: &OwnedAttribute) -> Value {
    let (id, key) = (attribute.row.id.to_string(), &attribute.row.attribute_key);
    match &attribute.value {
        Ok(value) => {
            let (name, text) = opened::value(value.bytes());
            json!({ "id": id, "key": key, name: text, "sealed": value.is_sealed() })
        }
        Err(fault) => json!({
            "id": id, "key": key, "value": null, "sealed": true,
            "does_not_open": closed::why(fault),
        }),
    }
}

/// Adds an attribute, sealed.
pub(super) fn add_attribute(args: &AttributeArgs, output: Output) -> Result<(), RoleError> {
    let value = bounded_file::read_text(&args.value_file, ATTRIBUTE_VALUE_BYTES)?;
    let id = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let adding = person.add_attribute(&keys, &args.key, value.trim_end_matches('\n'));
        Ok(adding.await?)
    })?;
    let json = json!({ "event": "attribute-added", "id": id.to_string() });
    Ok(output.print(&format!("added the attribute {id}"), &json)?)
}
