//! The VC-API over HTTP of the running binary, and what it issued verified offline.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/issuer.rs"]
mod issuer;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use issuer::{Issuer, idos, text};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpSocket};

const PUBLIC_URL: &str = "https://issuer.example";
const TOKEN: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn credential(id: &str) -> Value {
    json!({
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "urn:idos:context:kyc:v1"
        ],
        "id": id,
        "type": ["VerifiableCredential"],
        "validFrom": "2020-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:person",
            "firstName": "Ada",
            "familyName": "Byron"
        }
    })
}

fn code(problem: &Value) -> &str {
    problem["title"].as_str().unwrap_or_default()
}

fn fault(report: &Value) -> &str {
    assert_eq!(report["verified"], false, "{report}");
    code(&report["problemDetails"][0])
}

#[test]
fn issue_verify_derive_and_present() {
    let issuer = Issuer::new().serve(&[]);

    // Every suite, chosen by its name or by the issuer that the credential names.
    for (suite, key) in [
        ("eddsa-jcs-2022", "Ed25519"),
        ("eddsa-rdfc-2022", "Ed25519"),
        ("ecdsa-rdfc-2019", "P-256"),
    ] {
        let issued = issuer.issue(&credential("urn:a:1"), &json!({ "cryptosuite": suite }));
        assert_eq!(issued["proof"]["cryptosuite"], suite);
        assert_eq!(issued["issuer"], issuer.id(key));
        let (status, report) = issuer.verify(&issued);
        assert_eq!(
            (status, &report["verified"]),
            (200, &json!(true)),
            "{report}"
        );

        let mut tampered = issued;
        tampered["credentialSubject"]["firstName"] = json!("Eve");
        let (status, report) = issuer.verify(&tampered);
        assert_eq!((status, fault(&report)), (400, "wrong-proof"));
    }
    let mut named = credential("urn:a:2");
    named["issuer"] = json!(issuer.id("P-256"));
    let issued = issuer.issue(&named, &json!({}));
    assert_eq!(issued["proof"]["cryptosuite"], "ecdsa-rdfc-2019");

    // Of a credential by BBS, one field is shown.
    let base = issuer.issue(
        &credential("urn:a:3"),
        &json!({ "cryptosuite": "bbs-2023", "mandatoryPointers": ["/type"] }),
    );
    let options = json!({ "selectivePointers": ["/credentialSubject/firstName"] });
    let body = json!({ "verifiableCredential": base, "options": options });
    let (status, derived) = issuer.post("/credentials/derive", &body);
    assert_eq!(status, 201, "{derived}");
    assert_eq!(derived["credentialSubject"]["firstName"], "Ada");
    assert_eq!(derived["credentialSubject"].get("familyName"), None);
    assert_eq!(issuer.verify(&derived).0, 200);
    assert_eq!(fault(&issuer.verify(&base).1), "base-proof");
    let body = json!({ "verifiableCredential": issued, "options": options });
    let (status, problem) = issuer.post("/credentials/derive", &body);
    assert_eq!((status, code(&problem)), (400, "not-disclosable"));

    // A presentation counts for its challenge only.
    let occasion = json!({ "challenge": "c-1", "domain": "https://verifier.example" });
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [issued],
    });
    let body = json!({ "presentation": presentation, "options": occasion });
    let (status, presented) = issuer.post("/presentations", &body);
    assert_eq!(status, 201, "{presented}");
    let verify = |presentation: &Value, options: Value| {
        let body = json!({ "verifiablePresentation": presentation, "options": options });
        issuer.post("/presentations/verify", &body)
    };
    let (status, report) = verify(&presented, occasion.clone());
    assert_eq!(
        (status, &report["verified"]),
        (200, &json!(true)),
        "{report}"
    );
    // The credential is not about the issuer who shows it, and the report says if nobody looks.
    assert_eq!(report["subjectIsHolder"], "notCompared");
    let mut strict = occasion.clone();
    strict["subjectIsHolder"] = json!(true);
    let (status, report) = verify(&presented, strict);
    assert_eq!((status, fault(&report)), (400, "not-the-subject"));
    let (status, report) = verify(&presented, json!({ "challenge": "c-2" }));
    assert_eq!((status, fault(&report)), (400, "wrong-challenge"));
    assert_eq!(verify(&presented, json!({})).0, 400);
    // The same by command.
    let (file, issuers) = (
        issuer.file("presented.json", &presented.to_string()),
        issuer.id("P-256"),
    );
    let command = |args: &[&str]| {
        let begin = [
            "--json",
            "credential",
            "verify",
            text(&file),
            "--trust",
            &issuers,
        ];
        let done = idos(&[&begin[..], args].concat());
        let printed: Value = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
        (
            done.status.code().unwrap(),
            printed["report"]["subjectIsHolder"].clone(),
        )
    };
    let challenge = ["--challenge", "c-1", "--subject-is-holder"];
    assert_eq!(command(&challenge[..2]), (0, json!("notCompared")));
    assert_eq!(command(&challenge), (1, Value::Null));
    assert_eq!(command(&challenge[2..]).0, 2);
    let mut tampered = presented;
    tampered["verifiableCredential"][0]["credentialSubject"]["firstName"] = json!("Eve");
    let (status, report) = verify(&tampered, occasion);
    assert_eq!((status, fault(&report)), (400, "wrong-proof"));
}

#[test]
fn what_can_not_be_is_refused_with_the_reason() {
    let issuer = Issuer::new().serve(&[]);
    let refused = |credential: &Value, options: Value| {
        let body = json!({ "credential": credential, "options": options });
        let (status, problem) = issuer.post("/credentials/issue", &body);
        assert_eq!(status, 400, "{problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        code(&problem).to_owned()
    };
    let good = credential("urn:a:1");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    let unknown = with(&|it| it["@context"][1] = json!("https://evil.example/c"));
    assert_eq!(refused(&unknown, json!({})), "unknown-context");
    let other = with(&|it| it["issuer"] = json!("did:example:other"));
    assert_eq!(refused(&other, json!({})), "another-issuer");
    let signed = issuer.issue(&good, &json!({}));
    assert_eq!(refused(&signed, json!({})), "proof-already");
    let undefined = with(&|it| it["credentialSubject"]["shoeSize"] = json!(38));
    assert_eq!(refused(&undefined, json!({})), "undefined-term");
    assert_eq!(
        refused(&good, json!({ "cryptosuite": "rot13" })),
        "malformed-request"
    );
    let status = json!({ "credentialStatus": { "statusPurpose": "revocation" } });
    assert_eq!(refused(&good, status), "no-status-lists");

    let (status, problem) = issuer.post("/credentials/issue", &json!({}));
    assert_eq!((status, code(&problem)), (400, "malformed-request"));
    let raw = |kind: &str, body: &[u8]| {
        let (status, problem) = issuer.send("/credentials/verify", kind, &[], body);
        (status, code(&problem).to_owned())
    };
    let json = "application/json";
    assert_eq!(raw(json, b"{"), (400, "malformed-json".to_owned()));
    assert_eq!(raw(json, b"[]"), (400, "malformed-json".to_owned()));
    assert_eq!(
        raw(json, br#"{"a":1,"a":2}"#),
        (400, "malformed-json".to_owned())
    );
    assert_eq!(raw(json, b"\xff"), (400, "malformed-json".to_owned()));
    assert_eq!(raw("text/plain", b"{}"), (415, "not-json".to_owned()));
    assert_eq!(issuer.post("/nowhere", &json!({})).0, 404);
    let (status, problem) = issuer.get("/credentials/issue");
    assert_eq!((status, code(&problem)), (405, "wrong-method"));
    assert_eq!(issuer.get("/status/ed25519-revocation").0, 404);

    // A web page whose name leads to this machine is no program of this machine.
    let body = json!({ "credential": good }).to_string();
    let host = [("host", "evil.example")];
    let (status, problem) = issuer.send("/credentials/issue", json, &host, body.as_bytes());
    assert_eq!((status, code(&problem)), (403, "foreign-host"));
}

#[test]
fn the_largest_credential_is_verified_and_none_larger_is_issued() {
    let issuer = Issuer::new().serve(&[]);
    // So many values that the credential is read, and a request around it has more.
    let languages = |count: usize| {
        let mut large = credential("urn:a:1");
        large["name"] = json!(vec![json!({ "@value": "x", "@language": "en" }); count]);
        large
    };
    let count = |value: &Value| -> usize {
        fn of(value: &Value) -> usize {
            1 + match value {
                Value::Array(all) => all.iter().map(of).sum(),
                Value::Object(all) => all.values().map(of).sum(),
                _ => 0,
            }
        }
        of(value)
    };
    let signed = issuer.issue(&languages(2), &json!({}));
    let most = 2 + (4_096 - count(&signed)) / 3;
    let signed = issuer.issue(&languages(most), &json!({}));
    assert!(count(&signed) + 3 > 4_096);
    let (status, report) = issuer.verify(&signed);
    assert_eq!(status, 200, "{report}");
    // What nobody could read is not signed.
    let body = json!({ "credential": languages(4_096 / 3) });
    let (status, problem) = issuer.post("/credentials/issue", &body);
    assert_eq!((status, code(&problem)), (400, "malformed-json"));
}

#[test]
fn a_body_beyond_the_limit_is_refused_before_it_is_sent() {
    use std::io::{Read, Write};

    let issuer = Issuer::new().serve(&[]);
    let address = issuer.url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /credentials/verify HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 99999999\r\n\r\n{{"
    )
    .unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn whoever_sends_slowly_keeps_nobody_out() {
    let issuer = Issuer::new().serve(&[]);
    let issued = issuer.issue(&credential("urn:a:1"), &json!({}));
    let address: SocketAddr = issuer.url.trim_start_matches("http://").parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let asked = format!(
        "POST /credentials/verify HTTP/1.1\r\nhost: {address}\r\n\
         content-type: application/json\r\ncontent-length: 9999\r\n\r\n{{"
    );
    // As many as one address may have connections.
    let slow = runtime.block_on(async {
        let mut slow = Vec::new();
        for _ in 0..128 {
            let socket = TcpSocket::new_v4().unwrap();
            socket
                .bind((Ipv4Addr::new(127, 0, 0, 2), 0).into())
                .unwrap();
            let mut stream = socket.connect(address).await.unwrap();
            stream.write_all(asked.as_bytes()).await.unwrap();
            slow.push(stream);
        }
        slow
    });
    for _ in 0..20 {
        let (status, report) = issuer.verify(&issued);
        assert_eq!(status, 200, "{report}");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(slow);
}

#[test]
fn the_token_decides_who_issues_and_revokes() {
    let issuer = Issuer::new();
    let token = issuer.file("token", TOKEN);
    let open = issuer.file("open", TOKEN);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let home = issuer.home();
    let serve = |args: &[&str]| {
        let all = [&["issuer", "serve", "--home", text(&home)], args].concat();
        let failed = idos(&all);
        assert_eq!(failed.status.code(), Some(1), "{failed:?}");
        String::from_utf8(failed.stderr).unwrap()
    };
    // A proxy asks by the name of this machine. The error names what lets others in, and nothing else.
    let reached = [
        (&["--listen", "0.0.0.0:0"][..], "--listen"),
        (&["--public-url", PUBLIC_URL], "--public-url"),
        (
            &["--onboarding", "--trust-forwarded-for"],
            "--trust-forwarded-for",
        ),
    ];
    for (args, cause) in reached {
        let why = serve(args);
        assert!(why.contains("--token-file"), "{why}");
        for option in ["--listen", "--public-url", "--trust-forwarded-for"] {
            assert_eq!(why.contains(option), option == cause, "{why}");
        }
    }
    assert!(serve(&["--token-file", text(&open)]).contains("chmod 600"));

    let issuer = issuer.serve(&["--token-file", text(&token)]);
    let body = json!({ "credential": credential("urn:a:1") });
    for path in [
        "/credentials/issue",
        "/credentials/status",
        "/presentations",
    ] {
        let (status, problem) = issuer.post(path, &body);
        assert_eq!((status, code(&problem)), (401, "no-token"), "{path}");
    }
    let bearer = format!("Bearer {TOKEN}");
    let (status, issued) = issuer.send(
        "/credentials/issue",
        "application/json",
        &[("authorization", &bearer)],
        body.to_string().as_bytes(),
    );
    assert_eq!(status, 201, "{issued}");
    assert_eq!(issuer.verify(&issued).0, 200);
}

#[test]
fn an_address_may_have_so_much_verified_in_a_minute() {
    let mut issuer = Issuer::new();
    let token = issuer.file("token", TOKEN);
    let args = [
        "--token-file",
        text(&token),
        "--verifications-per-minute",
        "3",
    ];
    issuer = issuer.serve(&args);
    let nothing = json!({});
    let open = [
        "/credentials/verify",
        "/credentials/derive",
        "/presentations/verify",
    ];
    for path in open {
        assert_eq!(issuer.post(path, &nothing).0, 400, "{path}");
    }
    for path in open {
        let (status, problem) = issuer.post(path, &nothing);
        assert_eq!((status, code(&problem)), (429, "too-many-requests"));
    }
    // Whoever may issue is nobody of these.
    issuer.bearer = Some(format!("Bearer {TOKEN}"));
    for path in open {
        assert_eq!(issuer.post(path, &nothing).0, 400, "{path}");
    }
}

#[test]
fn a_revoked_credential_is_refused_here_and_offline() {
    let mut issuer = Issuer::new();
    issuer.bearer = Some(format!("Bearer {TOKEN}"));
    let token = issuer.file("token", TOKEN);
    let did = "did:web:issuer.example";
    let public = ["--public-url", PUBLIC_URL, "--revocable", "--did-web", did];
    let issuer = issuer.serve(&[&public[..], &["--token-file", text(&token)]].concat());
    let (status, document) = issuer.get("/.well-known/did.json");
    assert_eq!((status, &document["id"]), (200, &json!(did)));
    assert_eq!(document["verificationMethod"].as_array().unwrap().len(), 3);

    let kept = issuer.issue(&credential("urn:a:kept"), &json!({}));
    let revoked = issuer.issue(&credential("urn:a:revoked"), &json!({}));
    assert_eq!(kept["issuer"], did);
    let url = kept["credentialStatus"]["statusListCredential"]
        .as_str()
        .unwrap();
    assert_ne!(
        kept["credentialStatus"]["statusListIndex"],
        revoked["credentialStatus"]["statusListIndex"]
    );
    let (status, before) = issuer.get(url.strip_prefix(PUBLIC_URL).unwrap());
    assert_eq!((status, &before["id"]), (200, &json!(url)));
    // Any page may read both, and caches may keep them for a while.
    for path in [
        url.strip_prefix(PUBLIC_URL).unwrap(),
        "/.well-known/did.json",
    ] {
        let answer = ureq::get(format!("{}{path}", issuer.url)).call().unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "public, max-age=300");
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(header("content-type"), "application/json");
    }
    assert_eq!(issuer.verify(&revoked).0, 200);
    let set = |id: &str, value: bool| {
        let entry = json!({ "type": "BitstringStatusListEntry", "statusPurpose": "revocation" });
        let body = json!({ "credentialId": id, "credentialStatus": entry, "status": value });
        issuer.post("/credentials/status", &body).0
    };
    assert_eq!(set("urn:a:other", true), 404);
    // The entry of one credential with the id of another sets neither.
    let body =
        json!({ "credentialId": "urn:a:revoked", "credentialStatus": kept["credentialStatus"] });
    let (status, problem) = issuer.post("/credentials/status", &body);
    assert_eq!((status, code(&problem)), (400, "another-credential"));
    assert_eq!(issuer.verify(&kept).0, 200);
    assert_eq!(issuer.verify(&revoked).0, 200);
    assert_eq!(set("urn:a:revoked", true), 200);
    assert_eq!(set("urn:a:revoked", false), 400);
    let (status, report) = issuer.verify(&revoked);
    assert_eq!((status, fault(&report)), (400, "revoked"));
    assert_eq!(issuer.verify(&kept).0, 200);

    // The same by command, while the server runs.
    let suspended = issuer.issue(
        &credential("urn:a:suspended"),
        &json!({ "credentialStatus": { "statusPurpose": "suspension" } }),
    );
    let home = issuer.home();
    let status = |id: &str, set: &str| {
        let done = idos(&["issuer", "status", "--home", text(&home), id, "--set", set]);
        done.status.code().unwrap()
    };
    assert_eq!(status("urn:a:suspended", "suspended"), 0);
    assert_eq!(fault(&issuer.verify(&suspended).1), "suspended");
    assert_eq!(status("urn:a:suspended", "valid"), 0);
    assert_eq!(issuer.verify(&suspended).0, 200);
    assert_eq!(status("urn:a:suspended", "revoked"), 1);

    // The same offline, with what was fetched.
    let (_, list) = issuer.get(url.strip_prefix(PUBLIC_URL).unwrap());
    assert_ne!(list, before);
    let list = issuer.file("list.json", &list.to_string());
    let document = issuer.file("did.json", &document.to_string());
    let kept = issuer.file("kept.json", &kept.to_string());
    let revoked = issuer.file("revoked.json", &revoked.to_string());
    let verify = |file: &Path, args: &[&str]| {
        let begin = ["--json", "credential", "verify", text(file)];
        let done = idos(&[&begin, args].concat());
        let printed: Value = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
        let verdict = printed["verdict"].as_str().unwrap_or_default().to_owned();
        (done.status.code().unwrap(), verdict)
    };
    let all = [
        "--trust",
        did,
        "--did-document",
        text(&document),
        "--status-list",
        text(&list),
    ];
    assert_eq!(verify(&kept, &all), (0, "valid".to_owned()));
    assert_eq!(verify(&revoked, &all), (1, "invalid".to_owned()));
    assert_eq!(verify(&kept, &all[..4]), (2, "cannot-say".to_owned()));
    assert_eq!(verify(&kept, &all[..2]), (2, "cannot-say".to_owned()));
    let ignoring = [&all[..4], &["--status", "ignore"]].concat();
    assert_eq!(verify(&revoked, &ignoring), (0, "valid".to_owned()));
    let other = [&["--trust", "did:example:other"], &all[2..]].concat();
    assert_eq!(verify(&kept, &other), (1, "invalid".to_owned()));
    // Nothing to verify, or nobody to believe.
    assert_eq!(verify(&kept, &[]).0, 2);
    assert_eq!(verify(Path::new("/nowhere"), &all).0, 2);
    assert_eq!(verify(&kept, &["--surely"]).0, 2);

    let people = idos(&[&["credential", "verify", text(&revoked)], &all[..]].concat());
    let people = String::from_utf8(people.stdout).unwrap();
    assert!(people.starts_with("NOT VALID\n"), "{people}");
    assert!(
        people.contains("status: FAILED: the issuer revoked it"),
        "{people}"
    );
    assert!(people.contains("proof: passed"), "{people}");
}

#[test]
fn entries_of_what_is_not_issued_are_taken_back() {
    let mut issuer = Issuer::new();
    issuer.bearer = Some(format!("Bearer {TOKEN}"));
    let token = issuer.file("token", TOKEN);
    let issuer = issuer.serve(&["--public-url", PUBLIC_URL, "--token-file", text(&token)]);
    let lists = rusqlite::Connection::open(issuer.home().join("status.sqlite")).unwrap();
    let entries = || -> u32 {
        let count = "SELECT count(*) FROM entries";
        lists.query_row(count, [], |row| row.get(0)).unwrap()
    };
    let status = json!([{ "statusPurpose": "revocation" }, { "statusPurpose": "suspension" }]);
    let body = |credential: Value| json!({ "credential": credential, "options": { "credentialStatus": status } });
    // The second of the two cannot be had.
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON entries WHEN NEW.list LIKE '%-suspension'
                   BEGIN SELECT RAISE(ABORT, 'full'); END";
    lists.execute_batch(trigger).unwrap();
    let (code, problem) = issuer.post("/credentials/issue", &body(credential("urn:a:1")));
    assert_eq!((code, entries()), (500, 0), "{problem}");
    lists.execute_batch("DROP TRIGGER full").unwrap();
    // Both are there, and the credential is not issued.
    let mut undefined = credential("urn:a:1");
    undefined["credentialSubject"]["shoeSize"] = json!(38);
    let (code, problem) = issuer.post("/credentials/issue", &body(undefined));
    assert_eq!((code, entries()), (400, 0), "{problem}");
    let (code, problem) = issuer.post("/credentials/issue", &body(credential("urn:a:1")));
    assert_eq!((code, entries()), (201, 2), "{problem}");
}

#[test]
fn a_list_stays_that_of_the_issuer_whose_credentials_are_in_it() {
    let mut issuer = Issuer::new();
    issuer.bearer = Some(format!("Bearer {TOKEN}"));
    let token = issuer.file("token", TOKEN);
    let public = ["--public-url", PUBLIC_URL, "--revocable", "--token-file"];
    let public = [&public[..], &[text(&token)]].concat();
    let issuer = issuer.serve(&public);
    let by_key = issuer.issue(&credential("urn:a:key"), &json!({}));
    let did = "did:web:issuer.example";
    let issuer = issuer
        .stop()
        .serve(&[&public[..], &["--did-web", did]].concat());
    let by_web = issuer.issue(&credential("urn:a:web"), &json!({}));
    assert_eq!(by_web["issuer"], did);
    assert_ne!(by_key["issuer"], by_web["issuer"]);
    for issued in [&by_key, &by_web] {
        let url = issued["credentialStatus"]["statusListCredential"].as_str();
        let (status, list) = issuer.get(url.unwrap().strip_prefix(PUBLIC_URL).unwrap());
        assert_eq!((status, &list["issuer"]), (200, &issued["issuer"]));
        let (status, report) = issuer.verify(issued);
        assert_eq!(status, 200, "{report}");
    }
    let home = issuer.home();
    let begin = ["issuer", "status", "--home", text(&home)];
    let done = idos(&[&begin[..], &["urn:a:key", "--set", "revoked"]].concat());
    assert!(done.status.success(), "{done:?}");
    assert_eq!(fault(&issuer.verify(&by_key).1), "revoked");
    assert_eq!(issuer.verify(&by_web).0, 200);

    // A name without a list, and a folder that is no issuer's.
    assert_eq!(issuer.get("/status/ed25519-9-revocation").0, 404);
    let wrong = home.parent().unwrap();
    let begin = ["issuer", "status", "--home", text(wrong)];
    let refused = idos(&[&begin[..], &["urn:a:web", "--set", "revoked"]].concat());
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("no folder of an issuer"), "{why}");
    assert!(!wrong.join("status.sqlite").exists());
}

#[test]
fn folders_whose_names_are_no_text_can_be_told_of() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, process::Command};

    let folder = tempfile::tempdir().unwrap();
    for (role, make) in [("issuer", "keys"), ("node", "init")] {
        let name = [role.as_bytes(), b"\xff"].concat();
        let made = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["--json", role, make, "--home"])
            .arg(folder.path().join(OsStr::from_bytes(&name)))
            .output()
            .unwrap();
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        let told: Value = serde_json::from_slice(&made.stdout).unwrap();
        let home = told["home"].as_str().unwrap();
        assert!(home.ends_with(&format!("{role}\u{fffd}")), "{home}");
    }
}
