//! `idos node approve` and `idos node remove`: what the owner of the network decides while it is
//! small, and operators by vote from four validators on.

use idos_client::{Client, Error};
use idos_types::{ValidatorKey, Value};
use serde_json::json;

use crate::{
    command::output::{Output, reason as one_line},
    node::{
        membership::{motions, validator},
        operator::{OperatedNode, OperatorArgs, OperatorError, block_on},
    },
};

/// What the commands are given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Public key of the node, 64 hexadecimal digits.
    #[arg(value_parser = key)]
    key: ValidatorKey,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// What is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A node may follow the network.
    Approve,
    /// A node leaves the network.
    Remove,
}

/// What came of it.
enum Outcome {
    /// It is in force, at the node's status.
    Decided(Option<String>),
    /// It is a vote.
    Vote {
        motion: String,
        approvals: i64,
        needed: i64,
    },
    /// It took effect or is a vote: the node does not show which, a private one for example.
    Sent(Error),
}

fn key(text: &str) -> Result<ValidatorKey, String> {
    ValidatorKey::from_hex(text)
        .ok_or_else(|| "a node's key has 64 lower-case hexadecimal digits".to_owned())
}

impl Decision {
    fn action(self) -> &'static str {
        match self {
            Self::Approve => "approve_validator_as_owner",
            Self::Remove => "remove_validator_as_owner",
        }
    }
}

/// Decides, or votes, and says what came of it.
pub(crate) fn run(decision: Decision, args: Args, output: Output) -> Result<(), OperatorError> {
    let own = args.operator.open()?;
    let key = args.key.to_string();
    let outcome = block_on(decide(&own, decision, &key))?;
    let (text, json) = match outcome {
        Outcome::Decided(status) => {
            let status = status.as_deref();
            let text = match (decision, status) {
                (Decision::Approve, _) => format!(
                    "node {key} may follow the network\n\n\
                     next: its operator starts it, and once it has caught up runs\n  idos node ready"
                ),
                (Decision::Remove, Some(_)) => format!(
                    "node {key} is in no set that is fixed from now on\n\n\
                     next: it runs until `idos node status` no longer lists it"
                ),
                (Decision::Remove, None) => format!("node {key} is gone"),
            };
            (
                text,
                json!({ "event": "decided", "key": key, "status": status }),
            )
        }
        Outcome::Vote {
            motion,
            approvals,
            needed,
        } => {
            let text = format!(
                "counted as a vote: {approvals} of the {needed} validators that are needed approve\n\n\
                 next: other operators run the same command (motion {motion})"
            );
            let json = json!({
                "event": "voted", "key": key, "motion": motion,
                "approvals": approvals, "needed": needed,
            });
            (text, json)
        }
        Outcome::Sent(reason) => {
            let reason = one_line(&reason);
            let text = format!(
                "it is in a block, and is in force or counts as a vote: the node that was asked does not \
                 show which ({reason})\n\n\
                 next: `idos node status` of a node that does"
            );
            let json = json!({ "event": "sent", "key": key, "reason": reason });
            (text, json)
        }
    };
    Ok(output.print(&text, &json)?)
}

async fn decide(
    own: &OperatedNode,
    decision: Decision,
    key: &str,
) -> Result<Outcome, OperatorError> {
    let (client, action) = (&own.client, decision.action());
    client.execute(action, vec![Value::from(key)]).await?;
    // It took effect: whatever cannot be read now is no failure of that.
    Ok(outcome(client, action, key)
        .await
        .unwrap_or_else(Outcome::Sent))
}

async fn outcome(client: &Client, action: &str, key: &str) -> Result<Outcome, Error> {
    let open = motions(client).await?;
    if let Some(motion) = open.into_iter().find(|it| it.is_about(action, key)) {
        return Ok(Outcome::Vote {
            motion: motion.id,
            approvals: motion.approvals,
            needed: motion.needed,
        });
    }
    let status = validator(client, key).await?;
    Ok(Outcome::Decided(status.map(|validator| validator.status)))
}
