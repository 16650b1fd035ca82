//! Newer versions for those who have older ones, and what expires.

use std::collections::BTreeMap;

use idos_client::FlowError;
use idos_crypto::PublicKey;
use idos_types::Uuid;
use serde_json::json;

use super::{closed, recipient::with_key, session::PersonArgs};
use crate::{
    command::output::{Output, inert},
    role::{RoleError, block_on},
};

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// What `renew` is given.
#[derive(clap::Args)]
pub(crate) struct RenewArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Only this grant.
    #[arg(long, value_name = "ID")]
    grant: Option<Uuid>,
    /// The public key of its grantee, base64, if the network did not admit them: nobody vouches for
    /// it.
    #[arg(long, value_name = "KEY", requires = "grant")]
    key: Option<String>,
    /// Do it; without, it is only told what would be shared anew.
    #[arg(long)]
    yes: bool,
}

/// What `expiring` is given.
#[derive(clap::Args)]
pub(crate) struct ExpiringArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Within how many days from now.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=36_500))]
    days: i64,
}

/// Shares newer versions with those who have older ones.
pub(super) fn renew(args: &RenewArgs, output: Output) -> Result<(), RoleError> {
    let key = args.key.as_deref().map(PublicKey::from_base64).transpose();
    let key = key.map_err(|error| RoleError::Refused(format!("--key: {error}")))?;
    let refused = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let mut offers = Vec::new();
        let mut closed = BTreeMap::new();
        for offer in person.renewals(&keys).await? {
            match offer {
                Ok(offer) if args.grant.is_none_or(|it| offer.grant.id.0 == it) => {
                    offers.push(offer);
                }
                Ok(_) => {}
                // Once, however many have a copy of it.
                Err(fault) => drop(closed.insert(fault.id, fault)),
            }
        }
        for fault in closed.values() {
            let id = fault.id.to_string();
            let json = json!({
                "event": "does-not-open", "id": id, "does_not_open": closed::why(fault),
            });
            output
                .print(&closed::line(fault), &json)
                .map_err(RoleError::Print)?;
        }
        if offers.is_empty() && closed.is_empty() {
            let json = json!({ "event": "nothing-to-renew" });
            let text = "everybody has the newest version of what is shared with them";
            output.print(text, &json).map_err(RoleError::Print)?;
        }
        let mut refused = 0_usize;
        for offer in &offers {
            let (grantee, new) = (&offer.grant.grantee, offer.new);
            let shown = inert(grantee);
            let json = |event: &str, copy: Option<String>| {
                json!({
                    "event": event, "grant": offer.grant.id.to_string(), "grantee": grantee,
                    "old": offer.old.to_string(), "new": new.to_string(), "copy": copy,
                })
            };
            let newer = offer.newer.map(|newer| newer.copy.to_string());
            if !args.yes {
                let (text, event) = match &newer {
                    Some(copy) => {
                        let text = format!(
                            "{shown} has {new} as the copy {copy}: would end the older grant; do it \
                             with --yes"
                        );
                        (text, "would-end-older")
                    }
                    None => {
                        let text = format!("would share {new} with {shown}; do it with --yes");
                        (text, "would-renew")
                    }
                };
                output
                    .print(&text, &json(event, newer))
                    .map_err(RoleError::Print)?;
                continue;
            }
            if newer.is_some() {
                person.revoke(offer.grant.id).await?;
                let text = format!("ended the older grant of {shown}, who has {new}");
                output
                    .print(&text, &json("older-ended", newer))
                    .map_err(RoleError::Print)?;
                continue;
            }
            let recipient = match key {
                Some(key) => with_key(&person, grantee, key).await,
                None => person.client().recipient_at(grantee, None).await,
            };
            let recipient = match recipient {
                Ok(recipient) => recipient,
                // The others do not wait for this one.
                Err(error @ FlowError::UnknownRecipient(_)) => {
                    refused += 1;
                    crate::command::output::print_error(&error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let shared = person.renew(&keys, offer, &recipient).await?;
            let copy = shared.copy.to_string();
            let text = format!("shared {new} with {shown} as the copy {copy}");
            let json = json("renewed", Some(copy));
            output.print(&text, &json).map_err(RoleError::Print)?;
        }
        Ok(refused)
    })?;
    if refused == 0 {
        return Ok(());
    }
    let text = format!("{refused} have no published key: name each with --grant and --key");
    Err(RoleError::Refused(text))
}

/// Lists what expires soon.
pub(super) fn expiring(args: &ExpiringArgs, output: Output) -> Result<(), RoleError> {
    let found = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        Ok(person
            .expiring(&keys, args.days.saturating_mul(DAY))
            .await?)
    })?;
    let lines: Vec<_> = found
        .iter()
        .map(|it| match it {
            Ok(it) => format!("{}  {}", it.id, it.at.rfc3339()),
            Err(fault) => closed::line(fault),
        })
        .collect();
    let list: Vec<_> = found
        .iter()
        .map(|it| match it {
            Ok(it) => json!({ "id": it.id.to_string(), "expires": it.at.rfc3339() }),
            Err(fault) => closed::entry(fault),
        })
        .collect();
    let text = if lines.is_empty() {
        format!("nothing expires within {} days", args.days)
    } else {
        lines.join("\n")
    };
    let json = json!({ "event": "expiring", "credentials": list });
    output.print(&text, &json).map_err(RoleError::Print)
}
