//! `idos node join`: asks the network to take this node.

use idos_client::keys::Ed25519Key;
use idos_ledger::validator_message;
use idos_types::{NodeAddress, NodeAddressError, ValidatorKey, Value};
use serde_json::json;

use crate::{
    command::{output::Output, secret_file},
    node::{
        init::NODE_KEY,
        operator::{OperatedNode, OperatorArgs, OperatorError, block_on},
    },
};

/// What the command is given.
#[derive(clap::Args)]
#[command(mut_arg("nodes", of_the_network))]
pub(crate) struct Args {
    #[command(flatten)]
    operator: OperatorArgs,
    /// IP address and port at which other nodes reach this one [default: p2p_listen of config.toml]
    #[arg(long, value_name = "ADDR")]
    address: Option<NodeAddress>,
}

/// Before it has joined, a node follows no network and hands on no requests: others have to be named.
fn of_the_network(nodes: clap::Arg) -> clap::Arg {
    nodes
        .required(true)
        .help("URL of a node of the network, several times for several")
}

/// Sends the request and says what comes next.
pub(crate) fn run(args: Args, output: Output) -> Result<(), OperatorError> {
    let own = args.operator.open()?;
    let address = match args.address {
        Some(address) => address,
        None => NodeAddress::new(own.config.p2p_listen).map_err(|error: NodeAddressError| {
            OperatorError::Refused(format!("{error}; name the node's address with --address"))
        })?,
    };
    let key = block_on(join(&own, address))?;
    let text = format!(
        "asked for node {key} to join at {address}\n\n\
         next: the network's owner, or more than two thirds of its validators, run within seven days\n\
         \x20 idos node approve {key}\n\
         then start this node, and once it has caught up\n  idos node ready"
    );
    let json = json!({ "event": "asked", "key": key, "address": address.to_string() });
    Ok(output.print(&text, &json)?)
}

async fn join(own: &OperatedNode, address: NodeAddress) -> Result<String, OperatorError> {
    let node = Ed25519Key::from_seed(&secret_file::read(&own.home.join(NODE_KEY))?)?;
    let client = &own.client;
    let operator = client.sender().map(|sender| sender.caller());
    let operator = operator.unwrap_or_default();
    let key = ValidatorKey(node.public());
    // Made here: the voting key signs nothing that a node says.
    let message = validator_message(key, &operator, address, client.chain_id())
        .map_err(idos_client::Error::from)?;
    let signature = hex::encode(node.sign_bytes(message.as_bytes()));
    let key = key.to_string();
    let request = vec![
        Value::from(key.as_str()),
        Value::from(address.to_string()),
        Value::from(signature),
    ];
    client.execute("request_join", request).await?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, error::ErrorKind};

    use super::*;

    #[test]
    fn the_nodes_to_ask_have_to_be_named() {
        let parse = |words: &[&str]| {
            let command = Args::augment_args(Command::new("join")).no_binary_name(true);
            command.try_get_matches_from(words)
        };
        let error = parse(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
        assert!(error.to_string().contains("--node <URL>"), "{error}");
        assert!(parse(&["--node", "https://a-node.example"]).is_ok());
    }
}
