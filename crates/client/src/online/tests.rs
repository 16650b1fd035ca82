//! Documents and status lists that a verification fetches, and what is never fetched.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use idos_credential::{
    DocumentError, Fault, FetchPolicy, IssueOptions, Issuer, KeyKind, MethodError, PolicyError,
    Report, Seconds, SecretKey, StatusError, StatusPurpose, StatusSource as _, Suite, TrustList,
    Verifier,
};
use idos_types::limits::{CREDENTIAL_BYTES, DID_DOCUMENT_BYTES};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    issuer::StatusRegister,
    online::{FetchError, Fetcher, Online},
};

/// How a host answers.
#[derive(Clone)]
enum Does {
    Serves(Vec<u8>),
    Answers(&'static str),
    /// As many bytes as there are, without saying how many.
    Streams(usize),
    KeepsSilent,
}

/// A host that lasts as long as the test.
#[derive(Clone)]
struct Host {
    port: u16,
    pages: Arc<Mutex<BTreeMap<String, Does>>>,
    asked: Arc<AtomicUsize>,
}

impl Host {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Self {
            port: listener.local_addr().unwrap().port(),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let serving = host.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let host = serving.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.unwrap());
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    host.asked.fetch_add(1, Ordering::SeqCst);
                    let page = host.pages.lock().unwrap().get(&path).cloned();
                    let answer = match page {
                        Some(Does::Serves(body)) => {
                            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                            [head.into_bytes(), body].concat()
                        }
                        Some(Does::Answers(head)) => head.as_bytes().to_vec(),
                        Some(Does::Streams(len)) => {
                            let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
                            [head.to_vec(), vec![b' '; len]].concat()
                        }
                        Some(Does::KeepsSilent) => return std::future::pending().await,
                        None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
                    };
                    // Whoever has read enough hangs up.
                    let _ = stream.write_all(&answer).await;
                });
            }
        });
        host
    }

    fn put(&self, path: &str, does: Does) {
        self.pages.lock().unwrap().insert(path.to_owned(), does);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn did(&self) -> String {
        format!("did:web:issuer.example%3A{}", self.port)
    }

    fn url(&self, path: &str) -> String {
        format!("https://issuer.example:{}{path}", self.port)
    }

    fn trust(&self) -> TrustList {
        TrustList::new().with_did(self.did())
    }

    fn fetcher(&self) -> Fetcher {
        Fetcher::of_tests(FetchPolicy::of_issuers(&self.trust())).unwrap()
    }
}

fn now() -> Seconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Seconds(i64::try_from(since.as_secs()).unwrap())
}

/// An issuer of a `did:web` with one status list, which its host serves.
struct WebIssuer {
    host: Host,
    signer: Issuer,
    register: StatusRegister,
}

const LIST: &str = "/status/1";
const INDEX: usize = 7;

impl WebIssuer {
    async fn new() -> Self {
        let host = Host::new().await;
        let key = SecretKey::generate(KeyKind::Ed25519).unwrap();
        let did = host.did();
        let method = format!("{did}#1");
        let document = json!({
            "id": did,
            "verificationMethod": [{
                "id": method, "type": "Multikey", "controller": did,
                "publicKeyMultibase": key.public().to_multikey(),
            }],
            "assertionMethod": [method],
        });
        host.put(
            "/.well-known/did.json",
            Does::Serves(document.to_string().into_bytes()),
        );
        let entries = 131_072;
        let url = host.url(LIST);
        let register = StatusRegister::new(&url, StatusPurpose::Revocation, entries).unwrap();
        let issuer = Self {
            host,
            signer: Issuer::new(did, method, key),
            register,
        };
        issuer.publish();
        issuer
    }

    fn publish(&self) {
        let until = Seconds(now().0 + 3600);
        let list = self
            .register
            .credential(&self.signer, Suite::EddsaJcs2022, now(), until);
        self.host
            .put(LIST, Does::Serves(list.unwrap().into_bytes()));
    }

    fn credential(&self, status: &serde_json::Value) -> String {
        let unsigned = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "urn:idos:context:kyc:v1"],
            "type": ["VerifiableCredential"],
            "issuer": self.signer.id(),
            "validFrom": "2020-01-01T00:00:00Z",
            "credentialStatus": status,
            "credentialSubject": { "firstName": "Given" },
        });
        let how = IssueOptions::new(Suite::EddsaJcs2022, now());
        self.signer.issue_json(unsigned, &how).unwrap().to_string()
    }

    async fn report(&self, trust: TrustList, credential: &str) -> Report {
        let online = Online::by(self.host.fetcher());
        let verifier = Verifier::new(trust)
            .with_documents(online.fetched())
            .with_statuses(online.fetched());
        online.report(|| verifier.verify(credential, now())).await
    }
}

#[tokio::test]
async fn a_document_and_a_status_list_are_fetched() {
    let mut issuer = WebIssuer::new().await;
    let credential = issuer.credential(&issuer.register.entry(INDEX));
    let report = issuer.report(issuer.host.trust(), &credential).await;
    assert!(report.verified, "{report}");
    assert_eq!(issuer.host.asked(), 2, "each once");

    issuer.register.set(INDEX, true).unwrap();
    issuer.publish();
    let report = issuer.report(issuer.host.trust(), &credential).await;
    assert!(matches!(
        report.fault(),
        Some(Fault::Status(StatusError::Revoked))
    ));
}

#[tokio::test]
async fn issuers_whom_nobody_trusts_are_not_asked() {
    let issuer = WebIssuer::new().await;
    let credential = issuer.credential(&issuer.register.entry(INDEX));
    let fetcher = Fetcher::of_tests(FetchPolicy::of_issuers(&TrustList::new())).unwrap();
    let online = Online::by(fetcher);
    let verifier = Verifier::new(TrustList::everybody())
        .with_documents(online.fetched())
        .with_statuses(online.fetched());
    let report = online.report(|| verifier.verify(&credential, now())).await;
    let Some(Fault::Method(MethodError::Document { reason, .. })) = report.fault() else {
        panic!("{report}");
    };
    assert!(matches!(
        reason,
        DocumentError::Policy(PolicyError::Host(_))
    ));
    assert_eq!(issuer.host.asked(), 0);
}

#[tokio::test]
async fn a_list_by_plain_http_or_inside_a_network_is_not_asked_for() {
    let issuer = WebIssuer::new().await;
    let entry = |url: String| {
        let mut entry = issuer.register.entry(INDEX);
        entry["statusListCredential"] = url.into();
        entry
    };
    for url in [
        format!("http://issuer.example:{}{LIST}", issuer.host.port),
        format!("https://127.0.0.1:{}{LIST}", issuer.host.port),
        format!("https://[::1]:{}{LIST}", issuer.host.port),
    ] {
        let credential = issuer.credential(&entry(url.clone()));
        let before = issuer.host.asked();
        let report = issuer.report(issuer.host.trust(), &credential).await;
        let fault = report.fault();
        assert!(
            matches!(fault, Some(Fault::Status(StatusError::Unavailable { .. }))),
            "{url}: {report}"
        );
        assert_eq!(issuer.host.asked(), before + 1, "{url}: the document alone");
    }
}

#[tokio::test]
async fn a_list_that_is_not_there_makes_the_status_unknown() {
    let issuer = WebIssuer::new().await;
    let credential = issuer.credential(&issuer.register.entry(INDEX));
    issuer
        .host
        .put(LIST, Does::Answers("HTTP/1.1 500 Broken\r\n\r\n"));
    let report = issuer.report(issuer.host.trust(), &credential).await;
    let Some(Fault::Status(StatusError::Unavailable { reason, .. })) = report.fault() else {
        panic!("{report}");
    };
    assert!(reason.contains("500"), "{reason}");
}

#[tokio::test]
async fn what_is_asked_for_has_an_end() {
    let host = Host::new().await;
    let online = Online::by(host.fetcher());
    let fetched = online.fetched();
    let any = WebIssuer::new().await;
    let verifier = Verifier::new(TrustList::new());
    let credential = any.credential(&any.register.entry(INDEX));
    let asked = AtomicUsize::new(0);
    // A hostile presentation could name any number of lists.
    let report = online.report(|| {
        for _ in 0..20 {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            let _ = fetched.status_list(&host.url(&format!("/{number}")));
        }
        verifier.verify(&credential, now())
    });
    assert!(!report.await.verified);
    assert_eq!(host.asked(), 32);
}

#[tokio::test]
async fn each_thing_that_may_be_wrong_with_a_host_is_named() {
    let host = Host::new().await;
    let fetcher = host.fetcher();
    let text = async |does| {
        host.put("/x", does);
        fetcher.status_list(&host.url("/x")).await
    };
    assert_eq!(
        text(Does::Serves(b"a text".to_vec())).await.unwrap(),
        "a text"
    );
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n";
    let elsewhere = text(Does::Answers(redirect)).await;
    assert!(matches!(elsewhere, Err(FetchError::Redirect(_))));
    let gone = text(Does::Answers(
        "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    assert!(matches!(gone, Err(FetchError::Status { status: 410, .. })));
    let binary = text(Does::Serves(vec![0xff; 8])).await;
    assert!(matches!(binary, Err(FetchError::NotText(_))));
    let broken = text(Does::Answers("no HTTP at all\r\n\r\n")).await;
    assert!(matches!(broken, Err(FetchError::Connection { .. })));
    for too_long in [
        Does::Serves(vec![b' '; CREDENTIAL_BYTES + 1]),
        Does::Streams(CREDENTIAL_BYTES + 1),
    ] {
        let refused = text(too_long).await;
        assert!(matches!(refused, Err(FetchError::TooLong { .. })));
    }
    assert!(text(Does::Streams(CREDENTIAL_BYTES)).await.is_ok());

    let document = async |len| {
        host.put("/.well-known/did.json", Does::Streams(len));
        fetcher.did_document(&host.did()).await
    };
    assert!(document(DID_DOCUMENT_BYTES).await.is_ok());
    let refused = document(DID_DOCUMENT_BYTES + 1).await;
    assert!(matches!(refused, Err(DocumentError::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_keeps_silent_is_given_up() {
    let host = Host::new().await;
    host.put("/x", Does::KeepsSilent);
    let refused = host.fetcher().status_list(&host.url("/x")).await;
    assert!(
        matches!(refused, Err(FetchError::TooSlow(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn nothing_inside_a_network_is_reached() {
    let fetcher = Fetcher::new(FetchPolicy::default()).unwrap();
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://localhost/",
    ] {
        let refused = fetcher.status_list(url).await;
        assert!(matches!(refused, Err(FetchError::Private(_))), "{url}");
    }
    for url in [
        "http://issuer.example/",
        "ftp://issuer.example/",
        "file:///etc/passwd",
        "https://user@issuer.example/",
        "https://93.184.216.34/",
        "no address",
    ] {
        let refused = fetcher.status_list(url).await;
        assert!(matches!(refused, Err(FetchError::Address(_))), "{url}");
    }
}
