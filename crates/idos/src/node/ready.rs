//! `idos node ready` and `idos node leave`: when this node begins and ends to validate.

use idos_client::Error;
use idos_ledger::epoch_fixed_by;
use idos_node::{BEHIND, NodeKey};
use idos_types::Value;
use idos_wire::NodeStatus;
use serde_json::json;

use crate::{
    command::{
        output::{Output, reason as one_line},
        secret_file,
    },
    node::{
        init::NODE_KEY,
        membership::validator,
        operator::{OperatedNode, OperatorArgs, OperatorError, block_on},
    },
};

/// What the commands are given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    operator: OperatorArgs,
}

/// This node says that it follows the network.
pub(crate) fn ready(args: Args, output: Output) -> Result<(), OperatorError> {
    let own = args.operator.open()?;
    let (key, from) = block_on(make_ready(&own))?;
    let (said, json) = match from {
        Ok(epoch) => (
            format!("it validates from epoch {epoch} on"),
            json!({ "event": "ready", "key": key, "from_epoch": epoch }),
        ),
        Err(reason) => {
            let reason = one_line(&reason);
            (
                format!("the node that was asked does not show from when on ({reason})"),
                json!({ "event": "sent", "key": key, "reason": reason }),
            )
        }
    };
    let text = format!(
        "node {key} is ready: {said}\n\nnext: keep it running; `idos node status` shows when it votes"
    );
    Ok(output.print(&text, &json)?)
}

/// This node asks to validate no more.
pub(crate) fn leave(args: Args, output: Output) -> Result<(), OperatorError> {
    let own = args.operator.open()?;
    let (key, left) = block_on(take_leave(&own))?;
    let (text, json) = match left {
        Left::From(epoch) => (
            format!(
                "node {key} leaves: it validates no more from epoch {epoch} on\n\n\
                 next: it has to run until `idos node status` no longer lists it"
            ),
            json!({ "event": "leaving", "key": key, "from_epoch": epoch }),
        ),
        Left::AtOnce => (
            format!("node {key} is gone; it can be stopped"),
            json!({ "event": "leaving", "key": key, "from_epoch": null }),
        ),
        Left::Sent(reason) => {
            let reason = one_line(&reason);
            let text = format!(
                "node {key} leaves: the node that was asked does not show when ({reason})\n\n\
                 next: it has to run until `idos node status` of another node no longer lists it"
            );
            (
                text,
                json!({ "event": "sent", "key": key, "reason": reason }),
            )
        }
    };
    Ok(output.print(&text, &json)?)
}

/// Says that the node is ready; then its key, and from which epoch on it validates, if that is shown.
async fn make_ready(own: &OperatedNode) -> Result<(String, Result<u64, Error>), OperatorError> {
    let key = key(own)?;
    let status = own_status(own, &key).await?;
    if status.syncing || status.height.saturating_add(BEHIND) < status.certified_height {
        let text = format!(
            "the node is at height {} and the network at {}: wait until it has caught up",
            status.height,
            status.network_height()
        );
        return Err(OperatorError::Refused(text));
    }
    own.client
        .execute("ready", vec![Value::from(key.as_str())])
        .await?;
    // It took effect: whatever cannot be read now is no failure of that.
    Ok((key, next_epoch(own).await))
}

/// What came of a leave that is in a block.
enum Left {
    /// It validates until this epoch.
    From(u64),
    /// It did not validate.
    AtOnce,
    /// One of both: the node does not show which, a private one for example.
    Sent(Error),
}

async fn take_leave(own: &OperatedNode) -> Result<(String, Left), OperatorError> {
    let key = key(own)?;
    own.client
        .execute("leave", vec![Value::from(key.as_str())])
        .await?;
    // It took effect: whatever cannot be read now is no failure of that.
    let left = left(own, &key).await.unwrap_or_else(Left::Sent);
    Ok((key, left))
}

async fn left(own: &OperatedNode, key: &str) -> Result<Left, Error> {
    Ok(match validator(&own.client, key).await? {
        Some(_) => Left::From(next_epoch(own).await?),
        None => Left::AtOnce,
    })
}

/// The first epoch whose validators are not fixed.
async fn next_epoch(own: &OperatedNode) -> Result<u64, Error> {
    let status = own.client.nodes().status(0).await?;
    let epoch = status.height.checked_div(status.epoch_blocks).unwrap_or(0);
    Ok(epoch_fixed_by(epoch))
}

/// Where this very node stands: that another one has caught up says nothing.
async fn own_status(own: &OperatedNode, key: &str) -> Result<NodeStatus, OperatorError> {
    for node in 0..own.client.nodes().urls().count() {
        if let Ok(status) = own.client.nodes().status(node).await
            && status.key == key
        {
            return Ok(status);
        }
    }
    let text =
        "none of the nodes that were asked is this one: start it, and name its URL with --node";
    Err(OperatorError::Refused(text.to_owned()))
}

/// The public key of this node.
fn key(own: &OperatedNode) -> Result<String, OperatorError> {
    let seed = secret_file::read(&own.home.join(NODE_KEY))?;
    Ok(NodeKey::from_seed(seed).public().to_string())
}
