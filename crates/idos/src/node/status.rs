//! `idos node status`: where a node and its network stand.

use idos_client::Nodes;
use idos_node::STALE;
use idos_types::Value;
use idos_wire::NodeStatus;
use serde_json::json;

use crate::{
    command::output::{Output, inert, reason},
    node::{
        membership::{Motion, Validator, motions, validators},
        operator::{NodeArgs, OperatedNode, OperatorError, block_on},
    },
};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    node: NodeArgs,
}

/// Everything that is shown.
struct Seen {
    /// Who was asked.
    url: String,
    node: NodeStatus,
    validators: Vec<Validator>,
    motions: Vec<Motion>,
}

/// Prints it.
pub(crate) fn run(args: Args, output: Output) -> Result<(), OperatorError> {
    let own = args.node.open()?;
    let seen = block_on(look(&own))?;
    let json = json!({
        "event": "status",
        "url": seen.url,
        "node": seen.node,
        "role": seen.role(),
        "validators": seen.validators.iter().map(Validator::json).collect::<Vec<_>>(),
        "motions": seen.motions.iter().map(Motion::json).collect::<Vec<_>>(),
    });
    Ok(output.print(&seen.text(), &json)?)
}

async fn look(own: &OperatedNode) -> Result<Seen, OperatorError> {
    let (url, node) = first_answer(own.client.nodes()).await?;
    let mut validators = validators(&own.client).await?;
    // Views tell the epoch of the newest block; an idle network may be in the next one.
    let epoch = i64::try_from(node.epoch).unwrap_or(i64::MAX);
    let set = vec![Value::Int(epoch)];
    let set = own.client.call("get_validator_set", set).await?;
    let keys = set.iter().map(|row| row.get::<&str>("key"));
    let keys: Vec<&str> = keys.collect::<Result<_, _>>()?;
    for validator in &mut validators {
        validator.votes_now = keys.contains(&validator.key.as_str());
    }
    Ok(Seen {
        url,
        node,
        validators,
        motions: motions(&own.client).await?,
    })
}

/// Where the first node stands that answers, in the order in which they were named, and its URL.
async fn first_answer(nodes: &Nodes) -> Result<(String, NodeStatus), idos_client::Error> {
    let (mut url, mut answer) = (
        nodes.urls().next().unwrap_or_default(),
        nodes.status(0).await,
    );
    for (number, next) in nodes.urls().enumerate().skip(1) {
        let Err(error) = &answer else { break };
        tracing::warn!("{}", reason(error));
        (url, answer) = (next, nodes.status(number).await);
    }
    Ok((url.to_owned(), answer?))
}

impl Seen {
    /// What the node is in its network.
    fn role(&self) -> &'static str {
        let own = self.validators.iter().find(|it| it.key == self.node.key);
        match own {
            Some(own) if own.votes_now && self.node.votes => "validator",
            Some(own) if own.votes_now => "validator that abstains",
            Some(own) if own.status == "requested" => "asked to join",
            Some(_) => "observer",
            None => "none",
        }
    }

    fn state(&self) -> &'static str {
        if self.node.diverged {
            "computed another state than the network: restore it"
        } else if self.node.syncing {
            "is catching up"
        } else if self.node.healthy {
            "serves clients"
        } else if self.node.block_age() > STALE {
            "has no block of the last minutes: it catches up, or too few validators reach each other"
        } else {
            "reaches too few of the others for a block"
        }
    }

    fn text(&self) -> String {
        let node = &self.node;
        let mut text = format!(
            "asked       {}\nchain       {}\nheight      {}\ncertified   {}\nepoch       {} (blocks {} each)\n\
             node        {}\nrole        {}\npeers       {}\nstate       {}\n",
            inert(&self.url),
            inert(&node.chain_id),
            node.height,
            node.certified_height,
            node.epoch,
            node.epoch_blocks,
            inert(&node.key),
            self.role(),
            node.peers,
            self.state(),
        );
        text += "\nvalidators and observers; * validates in this epoch\n";
        for it in &self.validators {
            // Whole: `approve` and `remove` take nothing less.
            text += &format!(
                "{}{}\n  {:<9} {:<22} operator {}\n",
                inert(&it.key),
                if it.votes_now { " *" } else { "" },
                inert(&it.status),
                inert(&it.address),
                inert(&it.operator)
            );
        }
        for motion in &self.motions {
            text += &format!(
                "\nmotion {}: {}{} has {} of {} votes\n",
                inert(&motion.id),
                inert(&motion.action),
                inert(&motion.arguments),
                motion.approvals,
                motion.needed
            );
        }
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_steers_no_terminal() {
        let evil: fn() -> String = || "x\u{1b}[2J\ny".to_owned();
        let hash = "00".repeat(32);
        let node = json!({
            "key": evil(), "chain_id": evil(), "genesis": hash, "time": 0, "height": 0, "root": hash,
            "certified_height": 0, "epoch": 0, "epoch_blocks": 0, "votes": true, "peers": 0,
            "validators": 0, "syncing": false, "diverged": false, "healthy": true,
        });
        let seen = |node, validators, motions| Seen {
            url: evil(),
            node: serde_json::from_value(node).unwrap(),
            validators,
            motions,
        };
        let validator = |text: fn() -> String| Validator {
            key: text(),
            operator: text(),
            address: text(),
            status: text(),
            votes_now: false,
        };
        let motion = |text: fn() -> String| Motion {
            id: text(),
            action: text(),
            arguments: text(),
            approvals: 0,
            needed: 0,
        };
        let lines = |text: fn() -> String| {
            let mut node = node.clone();
            node["chain_id"] = text().into();
            node["key"] = text().into();
            let text = seen(node, vec![validator(text)], vec![motion(text)]).text();
            assert!(!text.contains('\u{1b}'), "{text}");
            text.lines().count()
        };
        assert_eq!(
            lines(evil),
            lines(|| "plain".to_owned()),
            "no line of its own"
        );
    }
}
