//! How an issuer takes people on over HTTP: their pages ask it for a profile, then for a credential.
//! `docs/integration.md` has the requests and answers.

mod credential;
mod facts;
mod portrait;
mod profile;
mod refused;
mod routes;

use std::num::NonZeroU32;

use idos_client::{FlowError, issuer::Issuer};
use idos_connections::Households;
use idos_credential::Issuer as Signer;
use idos_types::PartyId;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    command::network_args::NetworkArgs,
    issuer::people,
    pages,
    role::{RoleArgs, RoleError},
    web::{hosts::Hosts, rate::Rate, web_url::WebUrl},
};
pub(super) use routes::router;

/// How people are taken on.
#[derive(clap::Args)]
pub(crate) struct OnboardingArgs {
    /// Take people on over HTTP: the folder has to be that of an issuer that the network admitted.
    #[arg(long)]
    pub(crate) onboarding: bool,
    /// Origin of a page that may do that for people, several times for several.
    #[arg(long = "page-origin", value_name = "URL", requires = "onboarding", value_parser = pages::origin)]
    pub(crate) page_origins: Vec<WebUrl>,
    /// Issue what people type, unchecked. For development only: nobody may rely on it.
    #[arg(long, requires = "onboarding")]
    pub(crate) self_asserted: bool,
    /// How many profiles and credentials one address may ask for in a minute.
    #[arg(long, value_name = "N", default_value = "30", requires = "onboarding")]
    pub(crate) requests_per_minute: NonZeroU32,
    /// The address of a client is the last entry of X-Forwarded-For: a proxy of yours sets it.
    #[arg(long)]
    pub(crate) trust_forwarded_for: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// Why nobody can be taken on.
#[derive(Debug, Error)]
pub(crate) enum OnboardingError {
    /// The folder or the network.
    #[error("people cannot be taken on")]
    Role(#[from] Box<RoleError>),
    /// What the network says.
    #[error("people cannot be taken on")]
    Flow(#[from] FlowError),
    /// The network does not know the issuer.
    #[error("the network admitted no issuer with the key {0}: its owner must add the party first")]
    NotAdmitted(String),
    /// Browsers could not ask it.
    #[error("it is unknown by which name pages reach this server: set --public-url")]
    NoName,
}

/// How many people are taken on at the same time: their writes go one after the other, and others need
/// not wait for minutes to learn that.
const TURNS: usize = 16;
/// How many of them one household has: four do not keep the others waiting.
const TURNS_OF_ONE: usize = 4;

/// Everything that is the same for everybody.
pub(crate) struct Onboarding {
    issuer: Issuer,
    signer: Signer,
    /// What ids are made with.
    id_key: Zeroizing<[u8; 32]>,
    party: PartyId,
    /// By which the issuer calls itself.
    name: String,
    self_asserted: bool,
    hosts: Hosts,
    origins: Vec<String>,
    rate: Rate,
    trust_forwarded_for: bool,
    turns: Households,
}

impl Onboarding {
    /// Opens the issuer's folder, and looks up with proof as whom the network admitted it.
    pub(super) async fn open(
        home: &std::path::Path,
        args: &OnboardingArgs,
        hosts: Option<Hosts>,
    ) -> Result<Self, OnboardingError> {
        let hosts = hosts.ok_or(OnboardingError::NoName)?;
        let role = RoleArgs {
            home: home.to_owned(),
            network: args.network.clone(),
        };
        let issuer = people::open(&role).map_err(Box::new)?;
        let signer = people::signer(&role).map_err(Box::new)?;
        let id_key = people::id_key(&role).map_err(Box::new)?;
        let recipient = issuer.as_recipient();
        let key = recipient.grantee();
        let parties = issuer.client().parties(Some("issuer")).await?;
        let listed = parties
            .iter()
            .find(|listed| listed.party.address.eq_ignore_ascii_case(key))
            .ok_or_else(|| OnboardingError::NotAdmitted(key.to_owned()))?;
        Ok(Self {
            party: listed.party.id,
            name: listed.published()?.name.clone(),
            self_asserted: args.self_asserted,
            hosts,
            origins: args
                .page_origins
                .iter()
                .map(|url| url.origin().to_owned())
                .collect(),
            rate: Rate::per_minute(args.requests_per_minute),
            trust_forwarded_for: args.trust_forwarded_for,
            turns: Households::new(TURNS, TURNS_OF_ONE),
            issuer,
            signer,
            id_key,
        })
    }
}
