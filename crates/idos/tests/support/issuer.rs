//! An issuer that serves, as its own process.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test; not every test uses every helper"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn idos(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(args)
        .output()
        .unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The folder of an issuer, and the server if it runs.
pub(crate) struct Issuer {
    folder: TempDir,
    process: Option<Child>,
    pub(crate) url: String,
    /// What it printed at its start.
    started: Value,
    /// What `post` says to be let in.
    pub(crate) bearer: Option<String>,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("issuer");
        let made = idos(&["issuer", "keys", "--home", text(&home)]);
        assert!(made.status.success(), "{made:?}");
        for file in fs::read_dir(&home).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let secret = fs::read_to_string(file.path()).unwrap();
            assert!(!String::from_utf8_lossy(&made.stdout).contains(secret.trim()));
        }
        Self {
            folder,
            process: None,
            url: String::new(),
            started: Value::Null,
            bearer: None,
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("issuer")
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn serve(mut self, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args([
                "--json",
                "issuer",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--home",
            ])
            .arg(self.home())
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        self.process = Some(process);
        self.started = serde_json::from_str(&line).expect("it starts");
        self.url = self.started["url"].as_str().unwrap().to_owned();
        self
    }

    /// Ends the server; the folder stays.
    pub(crate) fn stop(mut self) -> Self {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        self
    }

    /// The id under which the key of this kind issues.
    pub(crate) fn id(&self, key: &str) -> String {
        let issuers = self.started["issuers"].as_array().unwrap();
        let found = issuers.iter().find(|issuer| issuer["key"] == key).unwrap();
        found["issuer"].as_str().unwrap().to_owned()
    }

    pub(crate) fn send(
        &self,
        path: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, Value) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let mut request = agent
            .post(format!("{}{path}", self.url))
            .header("content-type", kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body).unwrap();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let bearer = self.bearer.as_deref();
        let headers: Vec<_> = bearer.map(|it| ("authorization", it)).into_iter().collect();
        self.send(
            path,
            "application/json",
            &headers,
            body.to_string().as_bytes(),
        )
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut response = agent.get(format!("{}{path}", self.url)).call().unwrap();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) fn issue(&self, credential: &Value, options: &Value) -> Value {
        let body = json!({ "credential": credential, "options": options });
        let (status, issued) = self.post("/credentials/issue", &body);
        assert_eq!(status, 201, "{issued}");
        issued
    }

    pub(crate) fn verify(&self, credential: &Value) -> (u16, Value) {
        self.post(
            "/credentials/verify",
            &json!({ "verifiableCredential": credential, "options": {} }),
        )
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
