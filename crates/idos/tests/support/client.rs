//! Signs and sends transactions as an ed25519 key, and reads with a session.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_zebra::{SigningKey, VerificationKey};
use idos_types::{DataType, Uuid, Value};
use idos_wire::{
    Fee, Transaction,
    payload::{ActionCall, ActionExecution, EncodedValue},
};
use serde_json::{Value as Json, json};

pub(crate) const CHAIN: &str = "idos-test";

/// A key that talks to a node.
#[derive(Clone)]
pub(crate) struct Client {
    key: SigningKey,
    agent: ureq::Agent,
    cookie: Option<String>,
    chain: String,
}

/// One argument.
pub(crate) fn uuid(id: Uuid) -> EncodedValue {
    EncodedValue::new(DataType::UUID, Value::Uuid(id)).unwrap()
}

/// One argument.
pub(crate) fn text(text: &str) -> EncodedValue {
    EncodedValue::new(DataType::TEXT, Value::from(text)).unwrap()
}

/// A fresh id.
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

impl Client {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            key: SigningKey::from(seed),
            agent: agent(None),
            cookie: None,
            chain: CHAIN.to_owned(),
        }
    }

    /// The same key, which waits for an answer for so long at most.
    pub(crate) fn with_patience(&self, patience: Duration) -> Self {
        Self {
            agent: agent(Some(patience)),
            ..self.clone()
        }
    }

    /// The same key on another chain, without a session.
    pub(crate) fn on_chain(&self, chain: &str) -> Self {
        Self {
            cookie: None,
            chain: chain.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn random() -> Self {
        let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(first.as_bytes());
        seed[16..].copy_from_slice(second.as_bytes());
        Self::new(seed)
    }

    /// Hexadecimal public key: sender, caller and FaceSign address in one.
    pub(crate) fn address(&self) -> String {
        hex::encode(VerificationKey::from(&self.key))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// One JSON-RPC request; `None` if the node could not be reached or answered nothing.
    pub(crate) fn rpc(&self, url: &str, method: &str, params: &Json) -> Option<Json> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = self.agent.post(format!("{url}/rpc/v1"));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let mut answer = request.send_json(&body).ok()?;
        answer.body_mut().read_json().ok()
    }

    /// The last used nonce.
    pub(crate) fn nonce(&self, url: &str) -> Option<u64> {
        let id = json!({"identifier": self.address(), "key_type": "ed25519"});
        let answer = self.rpc(url, "user.account", &json!({"id": id, "status": 0}))?;
        answer["result"]["nonce"].as_u64()
    }

    /// A signed transaction.
    pub(crate) fn transaction(
        &self,
        nonce: u64,
        action: &str,
        arguments: Vec<EncodedValue>,
    ) -> Transaction {
        self.calls(nonce, action, vec![arguments])
    }

    /// A signed transaction that calls an action several times.
    pub(crate) fn calls(
        &self,
        nonce: u64,
        action: &str,
        calls: Vec<Vec<EncodedValue>>,
    ) -> Transaction {
        let payload = ActionExecution::new("main", action, calls)
            .unwrap()
            .encode();
        let mut transaction = Transaction {
            signature: Vec::new(),
            scheme: "ed25519".to_owned(),
            sender: VerificationKey::from(&self.key).as_ref().to_vec(),
            description: String::new(),
            payload_type: "execute".to_owned(),
            payload,
            fee: Fee(0),
            nonce,
            chain_id: self.chain.clone(),
        };
        transaction.signature = self.sign(transaction.signed_text().as_bytes()).to_vec();
        transaction
    }

    /// Sends a transaction and waits for its block.
    pub(crate) fn broadcast(&self, url: &str, transaction: &Transaction) -> Option<Json> {
        let params = json!({"tx": transaction.to_json(), "sync": 1});
        self.rpc(url, "user.broadcast", &params)
    }

    /// Executes an action, which must succeed.
    pub(crate) fn execute(&self, url: &str, action: &str, arguments: Vec<EncodedValue>) {
        let nonce = self.nonce(url).unwrap() + 1;
        let answer = self
            .broadcast(url, &self.transaction(nonce, action, arguments))
            .unwrap();
        assert_eq!(answer["result"]["result"]["code"], 0, "{action}: {answer}");
    }

    /// Signs in.
    pub(crate) fn sign_in(&mut self, url: &str) {
        let param = self.rpc(url, "kgw.authn_param", &json!({})).unwrap()["result"].clone();
        let text = |name: &str| param[name].as_str().unwrap().to_owned();
        let message = format!(
            "{url} wants you to sign in with your account:\n\n{}\n\nURI: {}\nVersion: 1\nChain ID: {}\nNonce: {}\nIssue At: {}\nExpiration Time: {}\n",
            text("statement"),
            text("uri"),
            self.chain,
            text("nonce"),
            text("issue_at"),
            text("expiration_time"),
        );
        let signature = STANDARD.encode(self.sign(message.as_bytes()));
        let params = json!({
            "nonce": text("nonce"),
            "sender": self.address(),
            "signature": {"sig": signature, "type": "ed25519"},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "kgw.authn", "params": params});
        let answer = self
            .agent
            .post(format!("{url}/rpc/v1"))
            .send_json(&body)
            .unwrap();
        let cookie = answer.headers().get("set-cookie").expect("a session");
        self.cookie = Some(cookie.to_str().unwrap().to_owned());
    }

    /// What asks for a view.
    pub(crate) fn call_params(&self, action: &str, arguments: Vec<EncodedValue>) -> Json {
        let payload = ActionCall::new("main", action, arguments).unwrap().encode();
        json!({
            "body": {"payload": STANDARD.encode(payload)},
            "auth_type": "ed25519",
            "sender": self.address(),
            "signature": "",
        })
    }

    /// Rows of a view.
    pub(crate) fn view(
        &self,
        url: &str,
        action: &str,
        arguments: Vec<EncodedValue>,
    ) -> Vec<Vec<Json>> {
        let params = self.call_params(action, arguments);
        let answer = self.rpc(url, "user.call", &params).unwrap();
        let rows = &answer["result"]["query_result"]["values"];
        assert!(answer["result"].is_object(), "{action}: {answer}");
        serde_json::from_value::<Option<_>>(rows.clone())
            .unwrap()
            .unwrap_or_default()
    }

    /// Makes this key a person with a profile, through an inserter that the network's owner admits.
    pub(crate) fn make_profile(&self, url: &str, owner_seed: &str) -> Uuid {
        let mut seed = [0; 32];
        hex::decode_to_slice(owner_seed, &mut seed).unwrap();
        let owner = Self::new(seed);
        let issuer = Self::random();
        let (inserter, user) = (new_id(), new_id());
        owner.execute(
            url,
            "add_inserter_as_owner",
            vec![uuid(inserter), text(&inserter.to_string())],
        );
        owner.execute(
            url,
            "add_delegate_as_owner",
            vec![text(&issuer.address()), uuid(inserter)],
        );
        issuer.execute(
            url,
            "add_user_as_inserter",
            vec![uuid(user), text("key"), text("user")],
        );
        let message = format!("Sign to prove that this wallet is mine. Nonce {}", new_id());
        let signature = hex::encode(self.sign(message.as_bytes()));
        issuer.execute(
            url,
            "upsert_wallet_as_inserter",
            vec![
                uuid(new_id()),
                uuid(user),
                text(&self.address()),
                text(&self.address()),
                text("FaceSign"),
                text(&message),
                text(&signature),
            ],
        );
        user
    }
}

fn agent(patience: Option<Duration>) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(patience)
        .build()
        .into()
}
