//! People and consumers of the SDK on a node of a test.

use std::{path::Path, sync::Arc};

use idos_client::{
    Client, Nodes,
    consumer::Consumer,
    issuer::Issuer,
    keys::{Ed25519Key, Seed, random_seed},
    party::Recipient,
    person::{Keys, Person},
};
use idos_crypto::{NewFactor, Password, PasswordCost, SecretKey};
use idos_node::genesis::Genesis;
use idos_proof::{ChainId, LightClient, ValidatorSet};
use idos_types::{Member, UserId, Value};

use super::node::Node;

/// A network as its genesis describes it.
pub(crate) struct Sdk {
    genesis: Genesis,
    urls: Vec<String>,
    pub(crate) issuer: Issuer,
}

impl Sdk {
    /// With an issuer whom the owner admitted.
    pub(crate) async fn new(node: &Node) -> Self {
        Self::of(&node.home(), vec![node.url.clone()], &node.owner_seed()).await
    }

    /// The same of a network, of which one node has this folder.
    pub(crate) async fn of(home: &Path, urls: Vec<String>, owner_seed: &str) -> Self {
        let genesis = Genesis::load(home).unwrap();
        let mut seed = Seed::default();
        hex::decode_to_slice(owner_seed, seed.as_mut_slice()).unwrap();
        let client = client(&genesis, &urls);
        let own = random_seed().unwrap();
        let issuer = Issuer::new(client.clone(), &own, SecretKey::generate().unwrap()).unwrap();
        let owner = client.with_wallet(Arc::new(Ed25519Key::from_seed(&seed).unwrap()));
        let id = Value::Uuid(idos_client::fresh_id().unwrap());
        let admitted = vec![id.clone(), Value::from("an-issuer")];
        owner
            .execute("add_inserter_as_owner", admitted)
            .await
            .unwrap();
        let delegate = vec![Value::from(issuer.public_key()), id];
        owner
            .execute("add_delegate_as_owner", delegate)
            .await
            .unwrap();
        Self {
            genesis,
            urls,
            issuer,
        }
    }

    /// A client of nobody, through these nodes.
    pub(crate) fn through(&self, urls: &[&str]) -> Client {
        client(&self.genesis, urls)
    }

    /// A person with a profile and a key ring.
    pub(crate) async fn person(&self, password: &Password) -> (Person, Keys, Arc<Ed25519Key>) {
        let wallet = Arc::new(Ed25519Key::from_seed(&random_seed().unwrap()).unwrap());
        let factor = NewFactor::Password(password, PasswordCost::LEAST);
        let user: UserId = Person::new_id().unwrap();
        let keys = Keys::new_ring(user, &factor).unwrap();
        let facts = Person::profile_facts(&self.genesis.chain_id, &keys, wallet.as_ref());
        self.issuer
            .create_profile(&facts.await.unwrap())
            .await
            .unwrap();
        let client = client(&self.genesis, &self.urls).with_wallet(wallet.clone());
        let person = Person::open(client).await.unwrap();
        person.store_key_ring(&keys).await.unwrap();
        (person, keys, wallet)
    }

    /// A consumer, whom the network need not know.
    pub(crate) fn reader(&self) -> Reader {
        let wallet = Ed25519Key::from_seed(&random_seed().unwrap()).unwrap();
        Reader {
            address: hex::encode(wallet.public()),
            wallet: Arc::new(wallet),
            encryption: SecretKey::generate().unwrap(),
        }
    }
}

/// The keys of a consumer.
pub(crate) struct Reader {
    pub(crate) address: String,
    wallet: Arc<Ed25519Key>,
    encryption: SecretKey,
}

impl Reader {
    /// The consumer, by way of this client.
    pub(crate) fn by(&self, client: Client) -> Consumer {
        let client = client.with_wallet(self.wallet.clone());
        Consumer::new(client, self.encryption.clone())
    }

    /// As people share with it.
    pub(crate) fn recipient(&self) -> Recipient {
        Recipient::unlisted(&self.address, self.encryption.public_key())
    }
}

/// A client of nobody, of the network of this node.
pub(crate) fn network_of(node: &Node) -> Client {
    client(&Genesis::load(&node.home()).unwrap(), &[&node.url])
}

fn client(genesis: &Genesis, urls: &[impl AsRef<str>]) -> Client {
    let members = genesis.validators.iter().map(|validator| Member {
        key: validator.key,
        address: validator.address,
    });
    let set = idos_types::ValidatorSet::new(members.collect()).unwrap();
    let set = ValidatorSet::of(set).unwrap_or_else(|error| panic!("{error}"));
    let chain = ChainId::new(&genesis.chain_id).unwrap();
    let trusted = LightClient::genesis(chain, set.clone(), set);
    let nodes = Nodes::new(urls.iter().map(AsRef::as_ref)).unwrap();
    Client::new(nodes, &genesis.chain_id).with_trust(trusted)
}
