//! What a page is told of its surroundings: `/config.json` on its own origin.

use std::str::FromStr;

use idos_client::Client;
use serde_json::{Value, json};

use crate::{command::checkpoint::Checkpoint, web::web_url::WebUrl};

/// A server with a name to show to people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NamedUrl {
    pub(crate) name: String,
    pub(crate) url: WebUrl,
}

impl FromStr for NamedUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, url) = text
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or("it has to be a name and an address, like Example=https://issuer.example")?;
        let url = url.parse().map_err(|error| format!("{error}"))?;
        let name = name.trim().to_owned();
        Ok(Self { name, url })
    }
}

/// The configuration of a page. `web/kit/src/page-config.ts` reads it.
#[derive(Clone, Debug)]
pub(crate) struct PageConfig {
    /// The network: what this client trusts is where visitors begin.
    pub(crate) network: Client,
    /// How visitors reach it.
    pub(crate) nodes: Vec<WebUrl>,
    /// None on the enclave's own origin.
    pub(crate) enclave: Option<WebUrl>,
    pub(crate) issuers: Vec<NamedUrl>,
    /// Where pages send people who have no profile yet.
    pub(crate) dashboard: Option<WebUrl>,
    pub(crate) demo: Option<WebUrl>,
    pub(crate) development: bool,
}

impl PageConfig {
    /// As JSON, with the newest checkpoint.
    pub(crate) fn json(&self) -> Value {
        let trusted = self.network.trusted();
        let issuers: Vec<_> = self
            .issuers
            .iter()
            .map(|issuer| json!({ "name": issuer.name, "url": issuer.url.as_str() }))
            .collect();
        json!({
            "network": {
                "chainId": self.network.chain_id(),
                "nodes": self.nodes.iter().map(WebUrl::as_str).collect::<Vec<_>>(),
                "checkpoint": trusted.as_ref().map(Checkpoint::from),
            },
            "enclave": self.enclave.as_ref().map(WebUrl::origin),
            "issuers": issuers,
            "dashboard": self.dashboard.as_ref().map(WebUrl::as_str),
            "demo": self.demo.as_ref().map(WebUrl::as_str),
            "development": self.development,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use idos_client::Nodes;
    use idos_proof::{ChainId, LightClient, ValidatorSet};
    use idos_types::{Member, NodeAddress, ValidatorKey};

    use super::*;

    pub(in crate::pages) fn config() -> PageConfig {
        let address: std::net::SocketAddr = "127.0.0.1:8584".parse().unwrap();
        let key = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let member = Member {
            key: ValidatorKey(key.unwrap().try_into().unwrap()),
            address: NodeAddress::new(address).unwrap(),
        };
        let row = idos_types::ValidatorSet::new(vec![member]).unwrap();
        let set = ValidatorSet::of(row).unwrap();
        let trusted = LightClient::genesis(ChainId::new("test").unwrap(), set.clone(), set);
        let nodes = Nodes::new(["http://127.0.0.1:8484"]).unwrap();
        PageConfig {
            network: Client::new(nodes, "test").with_trust(trusted),
            nodes: vec!["http://127.0.0.1:8484".parse().unwrap()],
            enclave: Some("http://localhost:8481".parse().unwrap()),
            issuers: vec!["Some Issuer=https://issuer.example/base".parse().unwrap()],
            dashboard: None,
            demo: None,
            development: false,
        }
    }

    #[test]
    fn pages_are_told_what_they_read() {
        let json = config().json();
        assert_eq!(json["network"]["chainId"], "test");
        assert_eq!(json["network"]["checkpoint"]["chainId"], "test");
        assert_eq!(json["network"]["checkpoint"]["epoch"], "0");
        let sets = json["network"]["checkpoint"]["sets"].as_array().unwrap();
        // Version and number, both of two bytes, then the key.
        let set = sets[0].as_str().unwrap();
        assert!(set.starts_with("01000100d75a98"), "{set}");
        assert_eq!(sets.len(), 2);
        assert_eq!(json["network"]["nodes"][0], "http://127.0.0.1:8484");
        assert_eq!(json["enclave"], "http://localhost:8481");
        assert_eq!(json["issuers"][0]["name"], "Some Issuer");
        assert_eq!(json["issuers"][0]["url"], "https://issuer.example/base");
        assert_eq!(json["demo"], Value::Null);
        assert_eq!(json["development"], false);
    }

    #[test]
    fn an_issuer_has_a_name_and_an_address() {
        for text in [
            "https://issuer.example",
            "=https://issuer.example",
            "A=issuer",
            "A=",
        ] {
            assert!(text.parse::<NamedUrl>().is_err(), "{text}");
        }
    }
}
