//! The servers of the pages, as the running binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use idos_pages::Page;
use serde_json::{Value as Json, json};
use support::node::Node;

const NODE: &str = "http://127.0.0.1:8484";
const ENCLAVE: &str = "http://localhost:8481";

/// A page that is served.
struct Server {
    process: Child,
    authority: String,
}

/// An answer as it came.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(it, _)| it.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value)
    }
}

impl Server {
    fn of(page: &str, genesis: &Node, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args([
                "--json",
                page,
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--node",
                NODE,
            ])
            .arg("--genesis")
            .arg(genesis.home().join("genesis.toml"))
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Json = serde_json::from_str(&line).expect("it starts");
        assert_eq!(started["page"], page);
        let authority = started["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://");
        Self {
            process,
            authority: authority.to_owned(),
        }
    }

    fn dashboard(genesis: &Node) -> Self {
        Self::of(
            "dashboard",
            genesis,
            &[
                "--enclave",
                ENCLAVE,
                "--issuer",
                "Some=https://issuer.example",
            ],
        )
    }

    /// Sends a request as it is written here: clients would tidy the path up.
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request += &format!("host: {}\r\n", self.authority);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        stream.write_all((request + "\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_answer_has_the_headers_that_its_page_needs() {
    let genesis = Node::init();
    let dashboard = Server::dashboard(&genesis);
    for path in ["/", "/config.json", "/data/1", "/missing.js"] {
        let answer = dashboard.get(path);
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "connect-src 'self' http://127.0.0.1:8484 https://issuer.example;",
            "frame-src http://localhost:8481;",
            "frame-ancestors 'none';",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "strict-origin");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "same-origin-allow-popups"
        );
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(answer.header("permissions-policy").contains("camera=()"));
    }
    let enclave = Server::of("enclave", &genesis, &[]);
    let frame = enclave.get("/");
    assert!(
        frame
            .header("content-security-policy")
            .contains("frame-ancestors *;")
    );
    assert_eq!(frame.header("referrer-policy"), "no-referrer");
    assert_eq!(frame.header("cross-origin-opener-policy"), "unsafe-none");
    assert!(
        frame
            .header("permissions-policy")
            .contains("publickey-credentials-get=(self)")
    );
    let window = enclave.get("/window.html");
    assert!(
        window
            .header("content-security-policy")
            .contains("frame-ancestors 'none';")
    );
}

#[test]
fn a_page_is_told_which_network_it_is_for() {
    let genesis = Node::init();
    let answer = Server::dashboard(&genesis).get("/config.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "no-cache");
    let config: Json = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(config["network"]["chainId"], "idos-test");
    assert_eq!(config["network"]["nodes"], json!([NODE]));
    assert_eq!(
        config["network"]["checkpoint"]["sets"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(config["enclave"], ENCLAVE);
    assert_eq!(
        config["issuers"],
        json!([{"name": "Some", "url": "https://issuer.example"}])
    );
    assert_eq!(config["development"], false);
    let answer = Server::of("enclave", &genesis, &["--development"]).get("/config.json");
    let config: Json = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&config["enclave"], &config["development"]),
        (&Json::Null, &json!(true))
    );
}

#[test]
fn files_are_served_as_they_were_built() {
    let genesis = Node::init();
    for (server, page) in [
        (Server::dashboard(&genesis), Page::Dashboard),
        (Server::of("enclave", &genesis, &[]), Page::Enclave),
    ] {
        for asset in page.assets() {
            let path = format!("/{}", asset.path);
            let answer = server.get(&path);
            assert_eq!(
                (answer.status, answer.body.as_slice()),
                (200, asset.content),
                "{path}"
            );
            assert_eq!(answer.header("etag"), asset.etag);
            let known = server.send("GET", &path, &[("if-none-match", asset.etag)]);
            assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
        }
        let index = server.get("/");
        assert_eq!(index.header("cache-control"), "no-cache");
        assert_eq!(server.get("/some/place").body, index.body);
        let head = server.send("HEAD", "/", &[]);
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}

#[test]
fn who_asks_otherwise_gets_nothing() {
    let genesis = Node::init();
    let server = Server::dashboard(&genesis);
    for host in ["evil.example", "127.0.0.1.evil.example", ""] {
        let answer = server.send("GET", "/config.json", &[("host", host)]);
        assert_eq!(answer.status, 421, "{host}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains("chainId"), "{text}");
    }
    for path in [
        "/../Cargo.toml",
        "/..%2f..%2fetc/passwd",
        "/assets/../../x.html",
        "/%2e%2e/x.js",
        "//x.js",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.send(method, "/", &[("content-length", "0")]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD"),
            "{method}"
        );
    }
}

#[test]
fn a_page_needs_a_name_and_an_origin_of_its_own() {
    let genesis = Node::init();
    let refused = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["enclave", "serve", "--node", NODE, "--genesis"])
            .arg(genesis.home().join("genesis.toml"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!done.status.success(), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    let open = refused(&["--listen", "0.0.0.0:0"]);
    assert!(open.contains("--public-url"), "{open}");
    let path = refused(&[
        "--listen",
        "127.0.0.1:0",
        "--public-url",
        "https://id.example/enclave",
    ]);
    assert!(path.contains("origin of its own"), "{path}");
    let none = refused(&[
        "--listen",
        "127.0.0.1:0",
        "--public-url",
        "https://a.example; script-src *",
    ]);
    assert!(none.contains("https://idos.example"), "{none}");
}
