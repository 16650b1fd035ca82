//! `idos tour`: what people, issuers and consumers do on a network, from the first key to erasure,
//! each step checked. The command fails if one check does.

mod cast;
mod network;
mod report;
mod scene_attributes;
mod scene_delegation;
mod scene_failure;
mod scene_filters;
mod scene_issuance;
mod scene_keys;
mod scene_leaving;
mod scene_parties;
mod scene_profiles;
mod scene_renewal;
mod scene_sharing;
mod scene_status;
mod scene_wallets;

use std::{io, path::PathBuf, sync::mpsc};

use idos_client::{Error, FlowError, NodesError, keys::KeyError};
use idos_credential::{IssueError, SubjectError};
use idos_crypto::{PasswordError, RandomError};
use thiserror::Error;

use self::{cast::Cast, network::Network, report::Report};
use crate::{
    command::{
        end::Interrupted,
        output::{Output, PrintError},
    },
    devnet::{folder::FolderError, processes::ProcessesError, watch_signals},
};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// URL of a node of a running devnet, several times for several [default: a devnet of the tour's
    /// own, which is removed afterwards]
    #[arg(long = "url", value_name = "URL")]
    urls: Vec<String>,
    /// Folder of the running devnet: its genesis is trusted, its owner admits the parties.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "idos-devnet",
        requires = "urls"
    )]
    folder: PathBuf,
}

/// Why the tour ended early, or with a check that failed.
#[derive(Debug, Error)]
pub(crate) enum TourError {
    /// The folder of the network.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its processes.
    #[error(transparent)]
    Processes(#[from] ProcessesError),
    /// Its genesis or the owner's key.
    #[error("the folder of the devnet cannot be used: {0}")]
    Devnet(String),
    /// The nodes.
    #[error(transparent)]
    Nodes(#[from] NodesError),
    /// A step of a party.
    #[error("{who}")]
    Step {
        /// Who, and what.
        who: &'static str,
        /// Why not.
        source: Box<FlowError>,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key of a credential's issuer.
    #[error(transparent)]
    CredentialKey(#[from] idos_credential::KeyError),
    /// A password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A credential.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A credential.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// There is no randomness.
    #[error("the operating system gives no randomness")]
    Seed(#[from] getrandom::Error),
    /// Something did not hold.
    #[error("{failed} of {all} checks failed")]
    Failed {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
    },
    /// It was asked to end.
    #[error("the tour ended before it was done; a network of its own is removed")]
    Interrupted(#[source] Interrupted),
    /// The system.
    #[error("the operating system does not give what the tour needs")]
    System(#[source] io::Error),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Says whose step it was that failed.
pub(crate) trait Step<T> {
    /// The result, or the error of this step.
    fn step(self, who: &'static str) -> Result<T, TourError>;
}

impl<T, E: Into<FlowError>> Step<T> for Result<T, E> {
    fn step(self, who: &'static str) -> Result<T, TourError> {
        self.map_err(|source| TourError::Step {
            who,
            source: Box::new(source.into()),
        })
    }
}

/// Whether the rules of the network refused something.
fn is_refused<T>(outcome: &Result<T, FlowError>) -> bool {
    matches!(outcome, Err(FlowError::Client(Error::Refused { .. })))
}

/// Plays all scenes, prints the table, and fails if a check did.
pub(crate) fn run(args: &Args, output: Output) -> Result<(), TourError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(TourError::System)?;
    let (events, happening) = mpsc::channel();
    let mut asked_to_end = watch_signals(events.clone()).map_err(TourError::System)?;
    let mut network = Network::open(args, (&events, &happening))?;
    let mut report = Report::new(output);
    let played = runtime.block_on(async {
        tokio::select! {
            played = play(&mut network, &mut report) => played,
            _ = asked_to_end.wait_for(|asked| *asked) => Err(TourError::Interrupted(Interrupted)),
        }
    });
    network.end();
    report.close()?;
    played?;
    report.verdict()
}

async fn play(network: &mut Network, report: &mut Report) -> Result<(), TourError> {
    let mut cast = Cast::new(network)?;
    scene_parties::play(&mut cast, network, report).await?;
    scene_profiles::play(&mut cast, report).await?;
    scene_issuance::play(&mut cast, report).await?;
    scene_sharing::play(&mut cast, report).await?;
    scene_filters::play(&mut cast, report).await?;
    scene_attributes::play(&mut cast, report).await?;
    scene_renewal::play(&mut cast, report).await?;
    scene_delegation::play(&mut cast, report).await?;
    scene_keys::play(&mut cast, report).await?;
    scene_wallets::play(&mut cast, report).await?;
    scene_failure::play(&mut cast, network, report).await?;
    scene_status::play(&mut cast, report).await?;
    scene_leaving::play(&mut cast, report).await
}
