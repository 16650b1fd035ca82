//! Somebody to take on, and the network, the issuer and the bank whom they meet.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use idos_client::{
    Client, Nodes, Wallet,
    keys::{EvmKey, random_seed},
    person::{Keys, Person, ShareTerms},
    signed_grant::{ProfileFacts, WalletProof, WriteGrantTerms},
};
use idos_credential::Seconds;
use idos_crypto::{NewFactor, Password, PasswordCost};
use idos_node::genesis::Genesis;
use idos_proof::{ChainId, LightClient};
use idos_types::{CredentialId, Member, PartyId, UserId, Uuid, ValidatorSet};
use serde_json::{Value as Json, json};

use crate::support::devnet::Devnet;

const HOUR: i64 = 3600;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A client that trusts the genesis of a network and no node.
fn client(devnet: &Devnet) -> Client {
    let genesis = Genesis::load(&devnet.home().join("node-1")).unwrap();
    let members = genesis.validators.iter().map(|validator| Member {
        key: validator.key,
        address: validator.address,
    });
    let row = ValidatorSet::new(members.collect()).unwrap();
    let set = idos_proof::ValidatorSet::of(row).unwrap();
    let trust = LightClient::genesis(ChainId::new(&genesis.chain_id).unwrap(), set.clone(), set);
    Client::new(Nodes::new(devnet.nodes()).unwrap(), &genesis.chain_id).with_trust(trust)
}

pub(crate) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, Json, String) {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .new_agent();
    let mut builder = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let mut response = agent.run(builder.body(body.to_owned()).unwrap()).unwrap();
    let allowed = response.headers().get("access-control-allow-origin");
    let allowed = allowed.map_or(String::new(), |it| it.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Json::Null),
        allowed,
    )
}

pub(crate) fn get(url: &str) -> Json {
    let (status, body, _) = request("GET", url, &[], "");
    assert_eq!(status, 200, "{body}");
    body
}

pub(crate) fn post(url: &str, body: &Json) -> (u16, Json) {
    let json = [("content-type", "application/json")];
    let (status, body, _) = request("POST", url, &json, &body.to_string());
    (status, body)
}

/// Somebody with a wallet.
pub(crate) struct Somebody {
    pub(crate) wallet: Arc<dyn Wallet>,
    pub(crate) keys: Keys,
    pub(crate) facts: ProfileFacts,
}

impl Somebody {
    pub(crate) async fn new(network: &Client) -> Self {
        let wallet: Arc<dyn Wallet> = Arc::new(EvmKey::from_seed(&random_seed().unwrap()).unwrap());
        Self::with_wallet(network, wallet).await
    }

    pub(crate) async fn with_wallet(network: &Client, wallet: Arc<dyn Wallet>) -> Self {
        let password = Password::new("correct horse battery staple").unwrap();
        let factor = NewFactor::Password(&password, PasswordCost::LEAST);
        let keys = Keys::new_ring(Person::new_id().unwrap(), &factor).unwrap();
        let chain = network.chain_id();
        let facts = Person::profile_facts(chain, &keys, wallet.as_ref())
            .await
            .unwrap();
        Self {
            wallet,
            keys,
            facts,
        }
    }

    pub(crate) fn profile(&self) -> Json {
        let wallet = &self.facts.wallet;
        json!({
            "userId": self.facts.user.0,
            "encryptionPublicKey": self.facts.encryption_public_key,
            "passwordStore": "user",
            "wallet": {
                "type": wallet.wallet_type, "address": wallet.address,
                "publicKey": wallet.public_key, "message": wallet.message,
                "signature": wallet.signature,
            },
        })
    }

    /// What links this wallet to the profile of somebody, as pages send it.
    pub(crate) async fn proof_for(&self, user: Uuid, network: &Client) -> Json {
        let proof = WalletProof::sign(self.wallet.as_ref(), network.chain_id(), UserId(user));
        let proof = proof.await.unwrap();
        json!({
            "type": proof.wallet_type, "address": proof.address, "publicKey": proof.public_key,
            "message": proof.message, "signature": proof.signature,
        })
    }

    pub(crate) async fn open(&self, network: &Client) -> Person {
        let client = network.clone().with_wallet(Arc::clone(&self.wallet));
        Person::open(client).await.unwrap()
    }

    /// A request for a credential, with a write grant for the issuer that says this of itself.
    pub(crate) async fn credential(&self, person: &Person, issuer: &Json, subject: &Json) -> Json {
        let text = |name: &str| issuer[name].as_str().unwrap().to_owned();
        let terms = WriteGrantTerms {
            grantee: text("grantee"),
            issuer_public_key: text("issuerPublicKey"),
            locked_until: Seconds(0),
            not_before: Seconds(now() - 60),
            not_after: Seconds(now() + HOUR),
        };
        let grant = person.sign_write_grant(&terms).await.unwrap();
        json!({
            "userId": self.facts.user.0,
            "encryptionPublicKey": self.facts.encryption_public_key,
            "writeGrant": {
                "owner": grant.owner, "grantee": grant.grantee,
                "issuerPublicKey": grant.issuer_public_key, "id": grant.id,
                "accessGrantTimelock": grant.access_grant_timelock,
                "notUsableBefore": grant.not_usable_before,
                "notUsableAfter": grant.not_usable_after, "signature": grant.signature,
            },
            "subject": subject,
        })
    }
}

pub(crate) fn subject(born: &str, nationality: &str) -> Json {
    json!({
        "firstName": "Given", "familyName": "Family", "dateOfBirth": born,
        "nationality": nationality, "idDocumentCountry": nationality, "idDocumentNumber": "X1",
        "idDocumentType": "PASSPORT",
    })
}

pub(crate) fn with(mut body: Json, pointer: &str, value: Json) -> Json {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

/// What the network and its pages are to a test.
pub(crate) struct Scene {
    pub(crate) devnet: Devnet,
    pub(crate) network: Client,
    pub(crate) profiles: String,
    pub(crate) credentials: String,
    pub(crate) applications: String,
    pub(crate) issuer: Json,
    pub(crate) bank: Json,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Devnet::started(1))
    }

    pub(crate) fn of(devnet: Devnet) -> Self {
        let issuer = format!("{}/onboarding/v1", devnet.page("issuer"));
        let bank = devnet.page("demo").to_owned();
        Self {
            network: client(&devnet),
            profiles: format!("{issuer}/profiles"),
            credentials: format!("{issuer}/credentials"),
            applications: format!("{bank}/api/applications"),
            issuer: get(&issuer),
            bank: get(&format!("{bank}/api/terms")),
            devnet,
        }
    }

    /// Somebody with a profile and a credential about this, as they share it with the bank.
    pub(crate) async fn shared(&self, subject: &Json) -> (Somebody, Uuid) {
        let somebody = Somebody::new(&self.network).await;
        assert_eq!(post(&self.profiles, &somebody.profile()).0, 201);
        let person = somebody.open(&self.network).await;
        let asked = somebody.credential(&person, &self.issuer, subject).await;
        let (status, answer) = post(&self.credentials, &asked);
        assert_eq!(status, 201, "{answer}");
        let id: Uuid = answer["credentialId"].as_str().unwrap().parse().unwrap();
        let bank: Uuid = self.bank["partyId"].as_str().unwrap().parse().unwrap();
        let bank = self.network.consumer(PartyId(bank)).await.unwrap();
        let terms = ShareTerms::default();
        let keys = &somebody.keys;
        let shared = person
            .share(keys, CredentialId(id), &bank, terms)
            .await
            .unwrap();
        (somebody, shared.copy.0)
    }

    pub(crate) fn apply(&self, copy: Uuid, owner: Uuid) -> Json {
        let (status, answer) = post(&self.applications, &json!({"copyId": copy, "owner": owner}));
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

/// The names of the checks that failed.
pub(crate) fn failed(decision: &Json) -> Vec<&str> {
    let checks = decision["checks"].as_array().unwrap();
    let failed = checks.iter().filter(|check| check["ok"] == false);
    failed
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}
