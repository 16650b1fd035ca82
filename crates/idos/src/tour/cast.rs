//! Who takes part: two issuers, two consumers, four people.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use idos_client::{
    Client, Wallet,
    consumer::Consumer,
    issuer::{IssuedIds, Issuer, StatusRegister},
    keys::{Ed25519Key, EvmKey, NearKey, StellarKey, XrplKey, random_seed},
    person::{Keys, Person, Shared},
};
use idos_credential::{
    FetchedList, Issuer as Signer, KeyKind, Seconds, SecretKey as CredentialKey, StatusPurpose,
    StatusSource,
};
use idos_crypto::{PublicKey, SecretKey, SigningKey};
use idos_types::{InserterId, PartyId, fold};

use super::{Network, Step, TourError};
use crate::command::clock::now;

/// Entries of a status list: the fewest that hide one among many.
const STATUS_ENTRIES: usize = 131_072;

/// An issuer.
pub(crate) struct IssuerRole {
    pub(crate) who: &'static str,
    pub(crate) party: PartyId,
    pub(crate) inserter: InserterId,
    pub(crate) issuer: Issuer,
    /// What signs verifiable credentials: the same key.
    pub(crate) signer: Signer,
    pub(crate) status: StatusRegister,
}

/// A consumer.
pub(crate) struct ConsumerRole {
    pub(crate) who: &'static str,
    pub(crate) party: PartyId,
    pub(crate) consumer: Consumer,
    pub(crate) signing: SigningKey,
}

/// A person.
pub(crate) struct PersonRole {
    pub(crate) who: &'static str,
    pub(crate) wallet: Arc<dyn Wallet>,
    /// Once they have a profile.
    pub(crate) opened: Option<Opened>,
}

/// A person who signed in and unlocked.
pub(crate) struct Opened {
    pub(crate) person: Person,
    pub(crate) keys: Keys,
    /// What the KYC issuer issued.
    pub(crate) kyc: Option<IssuedIds>,
}

/// The parties of the tour.
pub(crate) struct Cast {
    /// A client of nobody.
    pub(crate) network: Client,
    pub(crate) owner: Client,
    pub(crate) kyc: IssuerRole,
    pub(crate) personhood: IssuerRole,
    pub(crate) first: ConsumerRole,
    pub(crate) second: ConsumerRole,
    pub(crate) evm: PersonRole,
    pub(crate) near: PersonRole,
    pub(crate) xrpl: PersonRole,
    pub(crate) stellar: PersonRole,
    /// What the EVM person shared with the first consumer, and until when it is locked.
    pub(crate) locked: Option<(Shared, Seconds)>,
    /// Status lists, as if they were published.
    pub(crate) published: Published,
}

/// Status lists by their URLs. The tour has no web server: what an issuer would publish is here.
#[derive(Clone, Default)]
pub(crate) struct Published(Arc<Mutex<BTreeMap<String, String>>>);

impl Published {
    /// Publishes a list.
    pub(crate) fn put(&self, url: &str, credential: String) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(url.to_owned(), credential);
    }
}

impl StatusSource for Published {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let credential = lists.get(url).ok_or("nobody published it")?;
        Ok(FetchedList {
            credential: credential.clone(),
            fetched_at: now(),
        })
    }
}

impl Cast {
    /// Everybody with fresh keys.
    pub(crate) fn new(network: &Network) -> Result<Self, TourError> {
        let client = network.client()?;
        let owner = Ed25519Key::from_seed(network.owner_seed())?;
        Ok(Self {
            owner: client.clone().with_wallet(Arc::new(owner)),
            kyc: issuer("KYC issuer", "kyc", &client)?,
            personhood: issuer("personhood issuer", "personhood", &client)?,
            first: consumer("first consumer", &client)?,
            second: consumer("second consumer", &client)?,
            evm: person("EVM person", EvmKey::from_seed(&random_seed()?)?),
            near: person("NEAR person", NearKey::from_seed(&random_seed()?, None)?),
            xrpl: person("XRPL person", XrplKey::ed25519(&random_seed()?)?),
            stellar: person("Stellar person", StellarKey::from_seed(&random_seed()?)?),
            network: client,
            locked: None,
            published: Published::default(),
        })
    }
}

impl PersonRole {
    /// The person, who has a profile from the second scene on.
    pub(crate) fn opened(&mut self) -> Result<&mut Opened, TourError> {
        self.opened
            .as_mut()
            .ok_or(idos_client::FlowError::NoProfile)
            .step(self.who)
    }
}

impl ConsumerRole {
    /// By which name grants know it.
    pub(crate) fn address(&self) -> String {
        fold(&self.signing.public_key_hex())
    }
}

fn issuer(who: &'static str, name: &str, network: &Client) -> Result<IssuerRole, TourError> {
    let seed = random_seed()?;
    let key = CredentialKey::from_bytes(KeyKind::Ed25519, seed.as_slice())?;
    let url = format!("https://{name}.example/status/1");
    Ok(IssuerRole {
        who,
        party: PartyId(idos_client::fresh_id()?),
        inserter: InserterId(idos_client::fresh_id()?),
        issuer: Issuer::new(network.clone(), &seed, SecretKey::generate()?)?,
        signer: Signer::did_key(key),
        status: StatusRegister::new(&url, StatusPurpose::Revocation, STATUS_ENTRIES).step(who)?,
    })
}

fn consumer(who: &'static str, network: &Client) -> Result<ConsumerRole, TourError> {
    let seed = random_seed()?;
    let wallet = Arc::new(Ed25519Key::from_seed(&seed)?);
    let client = network.clone().with_wallet(wallet);
    Ok(ConsumerRole {
        who,
        party: PartyId(idos_client::fresh_id()?),
        consumer: Consumer::new(client, SecretKey::generate()?),
        signing: SigningKey::from_seed(&seed),
    })
}

fn person(who: &'static str, wallet: impl Wallet + 'static) -> PersonRole {
    PersonRole {
        who,
        wallet: Arc::new(wallet),
        opened: None,
    }
}

/// A key that is nobody's.
pub(crate) fn other_key() -> Result<PublicKey, TourError> {
    Ok(SecretKey::generate()?.public_key())
}
