//! Talks with the other nodes of a network without taking part in it.

use commonware_macros::select;
use commonware_p2p::{AddressableManager as _, Receiver, Sender};
use commonware_runtime::{Clock, Metrics, Spawner, tokio};

use crate::{
    Chain, ConsensusError, Membership, Options, Service, Topic, Wake,
    channel::Channels,
    engine::{by_topic, first_to_end, start_services},
    epochs::peers,
    network,
    observe::count_peers,
    run::drive,
    shared::{EngineKey, failures},
};

/// Carries the messages of services among these members until [`Wake::stop`], without an engine:
/// nothing is ordered here and no vote is given. For a node that has to get a state first. Neither
/// the engine's folder nor the vote marker is touched. Blocks its thread, which must not be one of an
/// asynchronous runtime.
///
/// When it returns, all its threads have ended and the services have been dropped.
pub fn converse(
    options: Options,
    members: Membership,
    services: Vec<(Topic, Box<dyn Service>)>,
    chain: Chain,
    wake: &Wake,
) -> Result<(), ConsensusError> {
    let wake = wake.clone();
    drive(options, async move |context: tokio::Context, options| {
        let mut network = network::connect(&context, &options).await;
        let own = options.key.peer_key();
        // Some of them are enough to talk with.
        let (validators, observers) = (members.validators(), members.observers());
        let known = peers(own, validators, observers.iter(), options.max_peers.get());
        network.manager.track(0, known.tracked);
        talk(&context, network.channels, services, chain, &wake).await
    })
}

/// Carries the messages of services on a network of any kind.
pub(crate) async fn talk<E, S, R>(
    context: &E,
    channels: Channels<(S, R)>,
    services: Vec<(Topic, Box<dyn Service>)>,
    chain: Chain,
    wake: &Wake,
) -> Result<(), ConsensusError>
where
    E: Clock + Spawner + Metrics,
    S: Sender<PublicKey = EngineKey>,
    R: Receiver<PublicKey = EngineKey>,
{
    let (failure, mut failures) = failures();
    let counted = channels.votes.0.clone();
    let mut tasks = vec![("peers", count_peers(context.child("peers"), counted, chain))];
    let services = by_topic(services)?;
    let lines = channels.lines();
    tasks.extend(start_services(context, services, lines, &failure, wake));
    select! {
        _ = wake.stopped() => Ok(()),
        error = failures.first() => Err(error),
        name = first_to_end(tasks) => Err(ConsensusError::Ended(name)),
    }
}
