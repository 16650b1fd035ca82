//! Credentials and presentations, arbitrary ones and signed ones with edits. Verification never
//! panics; a signed credential with edits verifies only if it still says the same.
#![no_main]

use std::sync::LazyLock;

use idos_credential::{
    CredentialFields, IssueOptions, Issuer, KeyKind, NoDocuments, Occasion, Personhood, Seconds,
    SecretKey, Suite, TrustList, Verifier, derive, personhood_credential,
};
use idos_fuzz_seed::{edit, split};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: Seconds = Seconds(1_795_262_400);

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(TrustList::everybody()));

/// One of each suite.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| Suite::ALL.map(signed).into());

fn signed(suite: Suite) -> String {
    let kind = match suite {
        Suite::EcdsaRdfc2019 => KeyKind::P256,
        Suite::Bbs2023 => KeyKind::Bls12381G2,
        _ => KeyKind::Ed25519,
    };
    let issuer = Issuer::did_key(SecretKey::from_bytes(kind, &[7; 32]).expect("a key"));
    let personhood = Personhood {
        face_sign_user_id: "a".to_owned(),
        liveness_method: Some("b".to_owned()),
        liveness_checked_at: None,
        unique_within: None,
    };
    let fields = CredentialFields {
        issuer: issuer.id().to_owned(),
        valid_from: NOW,
        ..CredentialFields::default()
    };
    let credential = personhood_credential(None, &personhood, &fields).expect("valid");
    let signed = issuer
        .issue(&credential.to_string(), &IssueOptions::new(suite, NOW))
        .expect("signed");
    if suite == Suite::Bbs2023 {
        let pointers = ["/credentialSubject/faceSignUserId"];
        return derive(&signed, &pointers, b"", &NoDocuments).expect("derived");
    }
    signed
}

fuzz_target!(|input: &[u8]| {
    match input {
        // No credential begins with this byte: which signed one, then the edits.
        [0, which, edits @ ..] => {
            let [edits, appended] = split(edits);
            let original = &SIGNED[usize::from(*which) % SIGNED.len()];
            let mut changed = original.clone().into_bytes();
            edit(&mut changed, edits);
            changed.extend_from_slice(appended);
            let Ok(changed) = String::from_utf8(changed) else {
                return;
            };
            if VERIFIER.verify(&changed, NOW).verified {
                assert_eq!(said(&changed), said(original));
            }
        }
        text => {
            let text = String::from_utf8_lossy(text);
            let report = VERIFIER.verify(&text, NOW);
            assert_eq!(report.verified, report.fault().is_none());
            let occasion = Occasion {
                challenge: "c".to_owned(),
                domain: None,
            };
            VERIFIER.verify_presentation(&text, &occasion, NOW);
        }
    }
});

/// What a document says, without its proof.
fn said(text: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).expect("it verified");
    document
        .as_object_mut()
        .expect("it verified")
        .remove("proof");
    document
}
