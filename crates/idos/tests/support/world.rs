//! A network of one node, and a folder for everybody who uses its commands.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Mutex,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    client::{Client, new_id, text, uuid},
    node::Node,
};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const NEW_PASSWORD: &str = "staple of another kind";
/// What nobody may print unless they are asked to.
pub(crate) const FIRST_NAME: &str = "Adalovelia";

/// A network of one node, and a folder for everybody.
pub(crate) struct World {
    pub(crate) node: Node,
    folder: TempDir,
    /// Everything that the commands printed.
    printed: Mutex<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            node: Node::started(),
            folder: tempfile::tempdir().unwrap(),
            printed: Mutex::default(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file for its owner only.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        shown(&path)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
        command
            .arg("--json")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("IDOS_PASSWORD", PASSWORD)
            .env_remove("IDOS_NEW_PASSWORD");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let mut printed = self.printed.lock().unwrap();
        *printed += &String::from_utf8_lossy(&output.stdout);
        *printed += &String::from_utf8_lossy(&output.stderr);
        output
    }

    /// Runs a command, and returns the last thing that it said.
    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        self.ended(arguments, 0)
    }

    /// Runs a command, and returns all that it printed for people.
    pub(crate) fn for_people(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("IDOS_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        output.stdout
    }

    pub(crate) fn ended(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(stdout.lines().last().unwrap_or("null")).unwrap()
    }

    /// Runs a command that fails, and returns why.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Makes somebody's folder.
    pub(crate) fn keys(&self, role: &str, home: &str) -> Value {
        let genesis = shown(&self.node.home().join("genesis.toml"));
        let network = ["--url", &self.node.url, "--genesis", &genesis];
        self.done(&[&[role, "keys", "--home", home], &network[..]].concat())
    }

    fn owner(&self) -> Client {
        let mut seed = [0; 32];
        hex::decode_to_slice(self.node.owner_seed(), &mut seed).unwrap();
        Client::new(seed)
    }

    /// Has a person let an issuer write one credential; the file that says so.
    pub(crate) fn write_grant(&self, home: &str, issuer: &str) -> String {
        let grant = format!("{home}/grant.json");
        let person = ["person", "write-grant", "--home", home];
        self.done(&[&person, &["--issuer", issuer, "--out", &grant][..]].concat());
        grant
    }

    /// Lets the network's owner admit a party, and returns its id.
    pub(crate) fn admit_party(&self, address: &str, roles: &str) -> String {
        let id = new_id();
        let party = vec![uuid(id), text(address), text(roles)];
        self.owner()
            .execute(&self.node.url, "add_party_as_owner", party);
        id.to_string()
    }

    /// Lets the network's owner admit an issuer.
    pub(crate) fn admit(&self, address: &str) {
        let owner = self.owner();
        let url = &self.node.url;
        let id = new_id();
        owner.execute(
            url,
            "add_inserter_as_owner",
            vec![uuid(id), text("an-issuer")],
        );
        let delegate = vec![text(address), uuid(id)];
        owner.execute(url, "add_delegate_as_owner", delegate);
    }

    /// No secret of any folder was printed.
    pub(crate) fn assert_discreet(&self, homes: &[&str]) {
        let printed = self.printed.lock().unwrap().clone() + &self.node.log();
        let mut secrets = vec![PASSWORD.to_owned(), NEW_PASSWORD.to_owned()];
        for home in homes {
            for file in fs::read_dir(self.path(home)).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|it| it == "key") {
                    secrets.push(fs::read_to_string(path).unwrap().trim().to_owned());
                }
            }
        }
        assert!(secrets.len() > homes.len() + 1, "the keys were not found");
        for secret in secrets {
            assert!(!printed.contains(&secret), "a secret was printed");
        }
        assert!(!self.node.log().contains(FIRST_NAME));
    }
}

pub(crate) fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub(crate) fn id(value: &Value) -> String {
    value.as_str().expect("an id").to_owned()
}

pub(crate) fn unsigned() -> String {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "urn:idos:context:kyc:v1"],
        "type": ["VerifiableCredential"],
        "validFrom": "2020-01-01T00:00:00Z",
        "credentialSubject": { "firstName": FIRST_NAME, "familyName": "Byron" },
    })
    .to_string()
}
