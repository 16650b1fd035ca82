//! Newer versions for those who have older ones, and what expires.

use std::collections::BTreeMap;

use idos_client::{
    FlowError,
    person::{Keys, Left, Person, Renewal},
};
use idos_crypto::PublicKey;
use idos_types::{CredentialId, Uuid};
use serde_json::json;

use super::{closed, recipient::with_key, session::PersonArgs};
use crate::{
    command::output::{Output, inert, print_error},
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
        let offers = offers(args, &person, &keys, output).await?;
        let mut run = Run {
            person,
            keys,
            key,
            yes: args.yes,
            output,
            done: Vec::new(),
            refused: 0,
        };
        for offer in offers {
            run.one(offer).await?;
        }
        Ok(run.refused)
    })?;
    if refused == 0 {
        return Ok(());
    }
    let text = format!("{refused} have no published key: name each with --grant and --key");
    Err(RoleError::Refused(text))
}

/// What is offered; what does not open is told.
async fn offers(
    args: &RenewArgs,
    person: &Person,
    keys: &Keys,
    output: Output,
) -> Result<Vec<Renewal>, RoleError> {
    let mut offers = Vec::new();
    let mut closed = BTreeMap::new();
    for offer in person.renewals(keys).await? {
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
        output.print(&closed::line(fault), &json)?;
    }
    if offers.is_empty() && closed.is_empty() {
        let json = json!({ "event": "nothing-to-renew" });
        let text = "everybody has the newest version of what is shared with them";
        output.print(text, &json)?;
    }
    Ok(offers)
}

/// One run over the offers, which were all made at its beginning.
struct Run {
    person: Person,
    keys: Keys,
    /// Of the grantee, if somebody named it.
    key: Option<PublicKey>,
    yes: bool,
    output: Output,
    /// What was shared, or would be, by which copy.
    done: Vec<(Renewal, Option<CredentialId>)>,
    /// How many have no key.
    refused: usize,
}

impl Run {
    async fn one(&mut self, offer: Renewal) -> Result<(), RoleError> {
        if let Some(newer) = offer.newer {
            return self.end_older(&offer, Some(newer.copy)).await;
        }
        match self.left(&offer) {
            (Left::All, _) => self.share(offer).await,
            (Left::ToEnd, copy) => self.end_older(&offer, copy).await,
            (Left::Nothing, _) => Ok(()),
        }
    }

    /// What is left of an offer, which is older than what was done about those before it; and the copy
    /// that its grantee has by one of them.
    fn left(&self, offer: &Renewal) -> (Left, Option<CredentialId>) {
        let mut left = self
            .done
            .iter()
            .map(|(other, copy)| (offer.left_after(other), *copy));
        left.find(|(left, _)| *left != Left::All)
            .unwrap_or((Left::All, None))
    }

    /// Ends the older grant of somebody who has the newer version: by which copy is not known of one
    /// that only would be made.
    async fn end_older(
        &self,
        offer: &Renewal,
        copy: Option<CredentialId>,
    ) -> Result<(), RoleError> {
        let (shown, new) = (inert(&offer.grant.grantee), offer.new);
        if self.yes {
            self.person.revoke(offer.grant.id).await?;
            let text = format!("ended the older grant of {shown}, who has {new}");
            return self.tell(offer, "older-ended", &text, copy);
        }
        let text = match copy {
            Some(copy) => format!(
                "{shown} has {new} as the copy {copy}: would end the older grant; do it with --yes"
            ),
            None => format!(
                "{shown} would have {new} then: would end this older grant too; do it with --yes"
            ),
        };
        self.tell(offer, "would-end-older", &text, copy)
    }

    async fn share(&mut self, offer: Renewal) -> Result<(), RoleError> {
        let (grantee, new) = (&offer.grant.grantee, offer.new);
        let shown = inert(grantee);
        if !self.yes {
            let text = format!("would share {new} with {shown}; do it with --yes");
            self.tell(&offer, "would-renew", &text, None)?;
            self.done.push((offer, None));
            return Ok(());
        }
        let recipient = match self.key {
            Some(key) => with_key(&self.person, grantee, key).await,
            None => self.person.client().recipient_at(grantee, None).await,
        };
        let recipient = match recipient {
            Ok(recipient) => recipient,
            // The others do not wait for this one.
            Err(error @ FlowError::UnknownRecipient(_)) => {
                self.refused += 1;
                print_error(&error);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let shared = self.person.renew(&self.keys, &offer, &recipient).await?;
        let copy = shared.copy;
        let text = format!("shared {new} with {shown} as the copy {copy}");
        self.tell(&offer, "renewed", &text, Some(copy))?;
        self.done.push((offer, Some(copy)));
        Ok(())
    }

    fn tell(
        &self,
        offer: &Renewal,
        event: &str,
        text: &str,
        copy: Option<CredentialId>,
    ) -> Result<(), RoleError> {
        let json = json!({
            "event": event, "grant": offer.grant.id.to_string(), "grantee": offer.grant.grantee,
            "old": offer.old.to_string(), "new": offer.new.to_string(),
            "copy": copy.map(|copy| copy.to_string()),
        });
        Ok(self.output.print(text, &json)?)
    }
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
    Ok(output.print(&text, &json)?)
}
