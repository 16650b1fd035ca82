//! Signing in: the text, its parameters, and what comes back signed.

use std::{borrow::Cow, fmt};

use idos_types::limits::{SENDER_BYTES, SHORT_TEXT_BYTES, SIGNATURE_BYTES};
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, FieldError, RpcError, SignatureJson, field};

/// What nodes tell the person; clients sign nothing else.
pub const SIGN_IN_STATEMENT: &str = "Sign in to idOS. This costs nothing and changes nothing.";
/// The version of the sign-in text; clients check it.
const VERSION: &str = "1";

/// What a client signs to get a session. It never sends the text, only its nonce: a node has to be
/// able to make the same text of that again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignInText {
    /// The node's address as the client has it configured, without a trailing slash.
    pub domain: String,
    /// A text for the person; empty for none.
    pub statement: String,
    /// The address of the method.
    pub uri: String,
    /// The chain.
    pub chain_id: String,
    /// What makes the text one of its own: opaque to clients, good for a few minutes.
    pub nonce: String,
    /// When it was made, as RFC 3339.
    pub issue_at: String,
    /// When the session ends, as RFC 3339. The time to sign and send it back is shorter.
    pub expiration_time: String,
}

impl SignInText {
    /// The text whose bytes are signed. An empty statement leaves out its own line, but neither of
    /// the empty lines around it; `Issue At` is how kwil-js spells it.
    pub fn render(&self) -> String {
        let statement = match self.statement.as_str() {
            "" => String::new(),
            statement => format!("{statement}\n"),
        };
        format!(
            "{} wants you to sign in with your account:\n\n{statement}\nURI: {}\nVersion: {VERSION}\n\
             Chain ID: {}\nNonce: {}\nIssue At: {}\nExpiration Time: {}\n",
            self.domain, self.uri, self.chain_id, self.nonce, self.issue_at, self.expiration_time,
        )
    }

    /// The result of `kgw.authn_param`, from which the client builds the same text.
    pub fn param(&self) -> AuthnParam {
        AuthnParam {
            nonce: self.nonce.clone(),
            statement: self.statement.clone(),
            issue_at: self.issue_at.clone(),
            expiration_time: self.expiration_time.clone(),
            chain_id: self.chain_id.clone(),
            domain: self.domain.clone(),
            version: VERSION.into(),
            uri: self.uri.clone(),
        }
    }
}

/// The result of `kgw.authn_param`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuthnParam {
    nonce: String,
    statement: String,
    issue_at: String,
    expiration_time: String,
    chain_id: String,
    domain: String,
    version: Cow<'static, str>,
    uri: String,
}

impl AuthnParam {
    /// The text that the node wants signed; `None` if it is of another version. Whether it names the
    /// right domain and chain is for whoever signs it to check.
    pub fn into_text(self) -> Option<SignInText> {
        (self.version == VERSION).then_some(SignInText {
            domain: self.domain,
            statement: self.statement,
            uri: self.uri,
            chain_id: self.chain_id,
            nonce: self.nonce,
            issue_at: self.issue_at,
            expiration_time: self.expiration_time,
        })
    }
}

/// A signed sign-in text. The signature has not been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Authn {
    /// Which text.
    pub nonce: String,
    /// The bytes of the sender in its scheme.
    pub sender: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The name of the scheme.
    pub scheme: String,
}

/// The parameters as sent.
#[derive(Deserialize)]
pub(crate) struct AuthnJson {
    nonce: String,
    sender: String,
    signature: SignatureJson,
}

impl TryFrom<AuthnJson> for Authn {
    type Error = RpcError;

    fn try_from(json: AuthnJson) -> Result<Self, RpcError> {
        json.parse()
            .map_err(|error| RpcError::new(ErrorCode::GatewayPayload, error.to_string()))
    }
}

impl AuthnJson {
    fn parse(self) -> Result<Authn, FieldError> {
        field::no_longer("nonce", self.nonce.len(), SHORT_TEXT_BYTES)?;
        let signature = self.signature.sig;
        let signature = signature.ok_or(FieldError::Missing("signature"))?;
        let scheme = self.signature.scheme;
        Ok(Authn {
            nonce: self.nonce,
            sender: field::hex("sender", &self.sender, SENDER_BYTES)?,
            signature: field::base64("signature", &signature, SIGNATURE_BYTES)?,
            scheme: field::name(
                "signature type",
                scheme.ok_or(FieldError::Missing("signature type"))?,
            )?,
        })
    }
}

/// The end of a session.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Logout {
    /// The sender whose session it is; the session itself is in the cookie.
    pub account: Option<Vec<u8>>,
}

/// The parameters as sent. Logging out must never fail, because the NEAR sign-in of clients does
/// not catch errors: whatever cannot be read counts as absent.
#[derive(Deserialize, Default)]
pub(crate) struct LogoutJson {
    account: Option<String>,
}

impl From<LogoutJson> for Logout {
    fn from(json: LogoutJson) -> Self {
        let account = json.account.filter(|text| !text.is_empty());
        Self {
            account: account.and_then(|text| field::hex("account", &text, SENDER_BYTES).ok()),
        }
    }
}

/// Senders are personal data: `{:?}` hides them.
impl fmt::Debug for Authn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authn({}, …)", self.scheme)
    }
}

/// Senders are personal data: `{:?}` hides them.
impl fmt::Debug for Logout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logout(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unreadable_account_still_logs_out() {
        for account in ["", "zz", &"aa".repeat(SENDER_BYTES + 1)] {
            let json = LogoutJson {
                account: Some(account.to_owned()),
            };
            assert_eq!(Logout::from(json).account, None);
        }
    }

    #[test]
    fn unreadable_sign_ins_have_the_code_of_the_gateway() {
        for json in [
            json!({"nonce": "n", "sender": "zz", "signature": {"sig": "", "type": "x"}}),
            json!({"nonce": "n", "sender": "", "signature": {"sig": "%", "type": "x"}}),
            json!({"nonce": "n", "sender": "", "signature": {"sig": ""}}),
            json!({"nonce": "n", "sender": "", "signature": {"type": "x"}}),
            json!({"nonce": "n".repeat(257), "sender": "", "signature": {"sig": "", "type": "x"}}),
        ] {
            let json = serde_json::from_value::<AuthnJson>(json).unwrap();
            let error = Authn::try_from(json).unwrap_err();
            assert_eq!(error.code, ErrorCode::GatewayPayload);
        }
    }
}
