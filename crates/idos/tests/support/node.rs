//! Starts and ends the binary.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A node whose folder lives as long as this value.
pub(crate) struct Node {
    folder: TempDir,
    pub(crate) process: Option<Child>,
    pub(crate) url: String,
}

impl Node {
    /// A new network of one node. Tests are many strangers at one address.
    pub(crate) fn init() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("node");
        let made = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["node", "init", "--chain-id", "idos-test", "--home"])
            .arg(&home)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let node = Self {
            folder,
            process: None,
            url: String::new(),
        };
        node.set("config.toml", "stranger_writes_per_minute", "1000000");
        // Nobody connects to the only node of a network.
        node.set("config.toml", "p2p_listen", "\"127.0.0.1:0\"");
        node
    }

    /// Changes a setting before the node starts.
    pub(crate) fn set(&self, file: &str, key: &str, value: &str) {
        let path = self.home().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let is_key = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| name == key);
        assert!(text.lines().any(is_key), "{file} has no {key}");
        let changed: Vec<String> = text
            .lines()
            .map(|line| {
                if is_key(line) {
                    format!("{key} = {value}")
                } else {
                    line.to_owned()
                }
            })
            .collect();
        fs::write(path, changed.join("\n")).unwrap();
    }

    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("node")
    }

    /// Seed of the network's owner, hexadecimal.
    pub(crate) fn owner_seed(&self) -> String {
        fs::read_to_string(self.home().join("owner.key"))
            .unwrap()
            .trim()
            .to_owned()
    }

    /// Starts it on a free port, and waits until it listens.
    pub(crate) fn start(&mut self) {
        self.start_with(&["--listen", "127.0.0.1:0"]);
    }

    /// Starts it where its configuration says.
    pub(crate) fn start_where_configured(&mut self) {
        self.start_with(&[]);
    }

    fn start_with(&mut self, arguments: &[&str]) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["node", "start", "--home"])
            .arg(self.home())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        self.url = url.unwrap_or_else(|| panic!("the node did not start:\n{}", self.log()));
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    pub(crate) fn started() -> Self {
        let mut node = Self::init();
        node.start();
        node
    }

    /// Ends it as a power failure would, as far as a process can.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Asks it to end, and returns its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        let id = rustix::process::Pid::from_child(&process);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        process.wait().unwrap().code()
    }

    /// How many files and connections the process has open.
    pub(crate) fn open_files(&self) -> usize {
        let id = self.process.as_ref().unwrap().id();
        fs::read_dir(format!("/proc/{id}/fd")).unwrap().count()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Folder of the database.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.home().join("database")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
