//! Writes the first inputs of every fuzz target, from the recorded messages, into the folder
//! `corpus` beside the targets. Run it again whenever the recorded messages change.

use std::{fs, io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_fuzz_seed::{Fixtures, join, text};
use serde_json::Value;

fn main() -> io::Result<()> {
    let fixtures = Fixtures::load();
    for (target, inputs) in [
        ("payloads", payloads(&fixtures)),
        ("rpc_bodies", rpc_bodies(&fixtures)),
        ("nep413_envelopes", signatures(&fixtures, "nep413")),
        ("xrpl_signatures", xrpl_signatures(&fixtures)),
        ("cookies", cookies(&fixtures)),
        ("ownership_proofs", ownership_proofs(&fixtures)),
        ("proof", proofs(&fixtures)),
        ("state_tree", state_trees()),
        ("key_rings", key_rings(&fixtures)),
        ("envelopes", envelopes(&fixtures)),
        ("credentials", credentials()),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../corpus")
            .join(target);
        fs::create_dir_all(&folder)?;
        for (at, input) in inputs.iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:03}")), input)?;
        }
        println!("{target}: {} inputs", inputs.len());
    }
    Ok(())
}

fn hexadecimal(value: &Value, member: &str) -> Option<Vec<u8>> {
    hex::decode(text(value, member))
        .ok()
        .filter(|bytes| !bytes.is_empty())
}

fn key_rings(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let ring = STANDARD.decode(text(&fixtures.sealed["key_ring_1"], "ring"));
    let edited = join(&[&[40, 0, 1], b"", b""]);
    ring.into_iter().chain([edited]).collect()
}

fn envelopes(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let envelope = hexadecimal(&fixtures.sealed["envelope_1"], "envelope");
    let edited = join(&[&[40, 0, 1], &[3, 0, 1], b"here"]);
    envelope.into_iter().chain([edited]).collect()
}

/// Each signed credential as it is, and one edit of each.
fn credentials() -> Vec<Vec<u8>> {
    (0..5)
        .flat_map(|which| [vec![0, which, 0, 0], vec![0, which, 3, 0, 200, 0, 1]])
        .collect()
}

fn payloads(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for vector in fixtures.vectors("") {
        inputs.extend(hexadecimal(vector, "payload_hex"));
        inputs.extend(hexadecimal(vector, "tx_bytes_hex"));
        let cases = vector["cases"].as_array().into_iter().flatten();
        inputs.extend(cases.filter_map(|case| hexadecimal(case, "encoded_value_hex")));
    }
    inputs
}

fn rpc_bodies(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let requests = fixtures.requests();
    let edited = (0..requests.len()).filter_map(|which| {
        let mut input = vec![0, u8::try_from(which).ok()?];
        input.extend(join(&[&[40, 0, 1], b""]));
        Some(input)
    });
    let edited: Vec<_> = edited.collect();
    requests
        .into_iter()
        .map(String::into_bytes)
        .chain(edited)
        .collect()
}

/// Message, signature and some fields that targets read as they like, of one signature type.
fn signatures(fixtures: &Fixtures, scheme: &str) -> Vec<Vec<u8>> {
    let vectors = fixtures
        .vectors("")
        .filter(|vector| vector["signature_type"] == scheme);
    let mut inputs: Vec<_> = vectors
        .map(|vector| {
            let message = hexadecimal(vector, "signed_message_hex").unwrap_or_default();
            let signature = hexadecimal(vector, "signature_hex").unwrap_or_default();
            join(&[&message, &signature, b"idos.network", b"https://app.test/"])
        })
        .collect();
    for case in fixtures
        .vectors("nep413")
        .flat_map(|vector| vector["cases"].as_array())
        .flatten()
    {
        let envelope = hexadecimal(case, "kwil_signature_field_hex").unwrap_or_default();
        inputs.push(join(&[
            b"message",
            &envelope,
            text(case, "recipient").as_bytes(),
            b"",
        ]));
    }
    inputs
}

fn xrpl_signatures(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let by = &fixtures.sdk["transaction_signatures"]["by"];
    let message = text(&fixtures.sdk["transaction_signatures"]["tx"], "text").as_bytes();
    let edits: &[u8] = &[3, 0, 1];
    ["xrpl_ed25519", "xrpl_secp256k1"]
        .into_iter()
        .filter_map(|kind| STANDARD.decode(text(&by[kind], "sig")).ok())
        .map(|signature| join(&[message, edits, &signature]))
        .collect()
}

fn cookies(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let logins = fixtures.vectors("kgw_login");
    let mut inputs: Vec<_> = logins
        .map(|login| {
            let cookie = text(login, "cookie_sent_on_retry").as_bytes();
            join(&[&[5, 0, 1], b"https://app.test", cookie, b"; Path=/"])
        })
        .collect();
    inputs.push(join(&[b"", b"https://evil.test", b"a=b; ", b"; c=d"]));
    inputs
}

fn ownership_proofs(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    // The order is that of the kinds of wallet.
    let kinds = ["EVM", "NEAR", "XRPL", "Stellar", "FaceSign"];
    let recorded = fixtures.vectors("wallet_ownership").flat_map(|vector| {
        let cases = vector["cases"].as_array().into_iter().flatten();
        cases.map(move |case| (case, text(vector, "message")))
    });
    let of_sdk = fixtures.sdk["wallet_proofs"]
        .as_array()
        .into_iter()
        .flatten();
    recorded
        .chain(of_sdk.map(|proof| (proof, text(proof, "message"))))
        .flat_map(|(proof, message)| (0..8).map(move |case| (proof, message, case)))
        .filter_map(|(proof, message, case)| {
            let kind = kinds
                .iter()
                .position(|kind| proof["wallet_type"] == *kind)?;
            Some(join(&[
                // What else the target does with the message.
                &[u8::try_from(kind + case * kinds.len()).ok()?],
                message.as_bytes(),
                text(proof, "address").as_bytes(),
                text(proof, "public_key").as_bytes(),
                text(proof, "signature").as_bytes(),
            ]))
        })
        .collect()
}

/// Leaves, a claim, edits of its proof, and bytes to read as everything that a node may send.
fn proofs(fixtures: &Fixtures) -> Vec<Vec<u8>> {
    let leaves: Vec<u8> = (0..=255)
        .step_by(5)
        .flat_map(|byte| [byte, byte ^ 0x3c])
        .collect();
    let claims = (0..8).map(|kind| join(&[&leaves, &[kind, 5, 0x39, 2, 3, 0], &[9, 0, 1], b""]));
    let hostile = fixtures.proof_bytes().into_iter();
    let hostile = hostile.map(|bytes| join(&[&leaves, &[0, 5, 0x39], b"", &bytes]));
    claims.chain(hostile).collect()
}

/// Three batches each: some leaves, some of them again, some of them gone.
fn state_trees() -> Vec<Vec<u8>> {
    let batch = |from: u8, step: usize, value: u8| -> Vec<u8> {
        let bytes = (from..=255).step_by(step);
        bytes.flat_map(|byte| [byte, byte ^ 0x3c, value]).collect()
    };
    let all = |step| join(&[&batch(0, step, 1), &batch(9, step, 2), &batch(5, step, 0)]);
    [1, 3, 40].map(all).into()
}
