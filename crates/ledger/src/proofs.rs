//! Signatures of issuers that were found good before the rules ask for them.
//!
//! They depend on nothing but the bytes of a transaction, so that any thread can verify them at any
//! time, while rules run one after the other. What was found good is known by a digest of exactly
//! the bytes that were verified; whatever is not known, the rule verifies itself. The outcome is
//! the same either way.

use idos_types::{Digest, Value};
use idos_wallet::{ClaimedSignatures, CredentialSignatureError};

use crate::{catalogue::Action, content::Content};

/// What stands before the names of the parameters of one credential: an action may take two.
const PREFIXES: [&str; 3] = ["", "original_", "copy_"];

/// What an issuer signed of a credential, with both signatures, as in the arguments of an action.
pub(crate) struct Issued<'a> {
    pub(crate) issuer_auth_public_key: &'a str,
    pub(crate) public_notes: &'a str,
    pub(crate) public_notes_signature: &'a str,
    pub(crate) content: Content,
    pub(crate) broader_signature: &'a str,
}

impl<'a> Issued<'a> {
    /// The credential in the arguments of an action whose parameters begin with `prefix`. A copy
    /// has no notes of its own.
    fn find(action: &Action, arguments: &[&'a Value], prefix: &str) -> Option<Self> {
        let text = |prefix: &str, name: &str| {
            let position = action
                .parameters
                .iter()
                .position(|parameter| parameter.name.strip_prefix(prefix) == Some(name))?;
            match arguments.get(position) {
                Some(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            }
        };
        Some(Self {
            issuer_auth_public_key: text("", "issuer_auth_public_key")?,
            public_notes: text(prefix, "public_notes").unwrap_or_default(),
            public_notes_signature: text(prefix, "public_notes_signature")?,
            content: text(prefix, "content")?.into(),
            broader_signature: text(prefix, "broader_signature")?,
        })
    }

    fn signatures(&self) -> Result<ClaimedSignatures, CredentialSignatureError> {
        ClaimedSignatures::parse(
            self.issuer_auth_public_key,
            self.public_notes,
            self.public_notes_signature,
            &self.content,
            self.broader_signature,
        )
    }

    fn is_good(&self) -> bool {
        let signatures = self.signatures();
        signatures.is_ok_and(|signatures| ClaimedSignatures::hold_together([&signatures]))
    }

    /// Names every byte that was verified, the content by its own digest; no two credentials have the same.
    fn digest(&self) -> Digest {
        Digest::of_parts(
            "idos/issued/v1",
            &[
                self.issuer_auth_public_key.as_bytes(),
                self.public_notes.as_bytes(),
                self.public_notes_signature.as_bytes(),
                &self.content.digest().0,
                self.broader_signature.as_bytes(),
            ],
        )
    }
}

/// Credentials that one transaction brings, with what issuers are said to have signed: nobody has verified
/// that.
#[derive(Default)]
pub struct Claims<'a>(Vec<(Issued<'a>, ClaimedSignatures)>);

impl<'a> Claims<'a> {
    /// Adds those in the arguments of one call, as far as it brings any. What cannot be read is left for
    /// the rule to refuse, in its turn and with its reason.
    pub fn add(&mut self, action: &Action, arguments: &[&'a Value]) {
        let issued = PREFIXES
            .into_iter()
            .filter_map(|prefix| Issued::find(action, arguments, prefix));
        self.0.extend(issued.filter_map(|issued| {
            let signatures = issued.signatures().ok()?;
            Some((issued, signatures))
        }));
    }
}

/// Which credentials of a transaction are signed by the issuers they name. Only verifying makes one.
#[derive(Debug, Default)]
pub struct Proofs(Vec<Proved>);

/// A credential that its issuer signed.
#[derive(Debug)]
struct Proved {
    issued: Digest,
    /// Kept to be compared with: so the digest of what is the same need not be computed again.
    content: Content,
}

impl Proofs {
    /// Nothing was verified before.
    pub fn none() -> &'static Self {
        static NONE: Proofs = Proofs(Vec::new());
        &NONE
    }

    /// Verifies what some transactions bring, all of it together, and returns what holds of each. If
    /// anything does not, each is verified alone. What is not good is left for the rule to refuse.
    pub fn of(claims: Vec<Claims<'_>>) -> Vec<Self> {
        let all = claims.iter().flat_map(|Claims(claims)| claims);
        let all_hold = ClaimedSignatures::hold_together(all.map(|(_, signatures)| signatures));
        let holds = |(_, signatures): &(Issued<'_>, ClaimedSignatures)| {
            all_hold || ClaimedSignatures::hold_together([signatures])
        };
        let proved = |(issued, _): (Issued<'_>, ClaimedSignatures)| Proved {
            issued: issued.digest(),
            content: issued.content,
        };
        claims
            .into_iter()
            .map(|Claims(claims)| Self(claims.into_iter().filter(holds).map(proved).collect()))
            .collect()
    }

    /// Whether the issuer signed this credential.
    pub(crate) fn hold(&self, issued: &Issued<'_>) -> bool {
        self.know(issued) || issued.is_good()
    }

    fn know(&self, issued: &Issued<'_>) -> bool {
        let is_known = |proved: &Proved| {
            issued.content.is(&proved.content) && issued.digest() == proved.issued
        };
        self.0.iter().any(is_known)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ed25519_zebra::{SigningKey, VerificationKey};

    use super::*;
    use crate::{actions, find};

    /// Arguments of an action: good credentials, and nothing else of sense.
    fn arguments(action: &Action) -> Vec<Value> {
        let signer = SigningKey::from([7; 32]);
        let first = signer.sign(b"").to_bytes();
        let broader = signer
            .sign(&[first.as_slice(), b"sealed"].concat())
            .to_bytes();
        let text = |name: &str| match name {
            "issuer_auth_public_key" => hex::encode(VerificationKey::from(&signer).as_ref()),
            name if name.ends_with("public_notes_signature") => STANDARD.encode(first),
            name if name.ends_with("broader_signature") => STANDARD.encode(broader),
            name if name.ends_with("content") => STANDARD.encode(b"sealed"),
            _ => String::new(),
        };
        let names = action.parameters.iter().map(|parameter| parameter.name);
        names.map(|name| Value::Text(text(name))).collect()
    }

    fn proofs(action: &Action, arguments: &[Value]) -> Proofs {
        let mut claims = Claims::default();
        claims.add(action, &arguments.iter().collect::<Vec<_>>());
        Proofs::of(vec![claims]).remove(0)
    }

    /// Whoever adds an action with a credential finds it here, or its block waits for it.
    #[test]
    fn every_action_that_brings_credentials_is_known() {
        for action in actions() {
            let signatures = action
                .parameters
                .iter()
                .filter(|parameter| parameter.name.ends_with("broader_signature"))
                .count();
            let found = proofs(action, &arguments(action));
            assert_eq!(found.0.len(), signatures, "{}", action.name);
        }
        let signing = actions().filter(|action| !proofs(action, &arguments(action)).0.is_empty());
        assert_eq!(signing.count(), 5);
    }

    #[test]
    fn a_proof_is_of_exactly_the_bytes_that_were_verified() {
        let action = find("", "share_credential").unwrap();
        let good = arguments(action);
        let proofs = proofs(action, &good);
        let is_known = |arguments: &[Value]| {
            let arguments: Vec<_> = arguments.iter().collect();
            let issued = Issued::find(action, &arguments, "").unwrap();
            proofs.know(&issued)
        };
        assert!(is_known(&good));
        let mut changed = 0;
        for (at, parameter) in action.parameters.iter().enumerate() {
            let signed = [
                "issuer_auth_public_key",
                "public_notes",
                "public_notes_signature",
                "content",
                "broader_signature",
            ];
            let mut other = good.clone();
            if let Value::Text(text) = &mut other[at] {
                text.push('A');
            }
            assert_eq!(
                !is_known(&other),
                signed.contains(&parameter.name),
                "{}",
                parameter.name
            );
            changed += usize::from(!is_known(&other));
        }
        assert_eq!(changed, 5);
    }

    #[test]
    fn one_forgery_among_many_is_found_and_spoils_nothing_else() {
        let action = find("", "share_credential").unwrap();
        let good = arguments(action);
        let mut forged = good.clone();
        for (value, parameter) in forged.iter_mut().zip(action.parameters) {
            if parameter.name == "content" {
                *value = Value::Text(STANDARD.encode(b"another"));
            }
        }
        let claims = |of: &[bool]| {
            let claims = of.iter().map(|is_good| {
                let mut claims = Claims::default();
                let arguments = if *is_good { &good } else { &forged };
                claims.add(action, &arguments.iter().collect::<Vec<_>>());
                claims
            });
            Proofs::of(claims.collect())
        };
        for of in [&[true; 3][..], &[true, false, true], &[false; 2], &[]] {
            let found: Vec<_> = claims(of)
                .iter()
                .map(|proofs| !proofs.0.is_empty())
                .collect();
            assert_eq!(found, of);
        }
    }

    #[test]
    fn what_is_not_good_is_not_known_and_not_held() {
        let action = find("", "share_credential").unwrap();
        let mut wrong = arguments(action);
        for (value, parameter) in wrong.iter_mut().zip(action.parameters) {
            if parameter.name == "content" {
                *value = Value::Text(STANDARD.encode(b"another"));
            }
        }
        assert!(proofs(action, &wrong).0.is_empty());
        let good = arguments(action);
        let wrong: Vec<_> = wrong.iter().collect();
        let wrong = Issued::find(action, &wrong, "").unwrap();
        let good_ones = proofs(action, &good);
        let good: Vec<_> = good.iter().collect();
        let good = Issued::find(action, &good, "").unwrap();
        for proofs in [&good_ones, Proofs::none()] {
            assert!(proofs.hold(&good) && !proofs.hold(&wrong));
        }
    }
}
