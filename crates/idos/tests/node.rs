//! The binary from outside: what it makes, prints and answers, and how it ends.

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        path::Path,
        process::{Child, Command, Output, Stdio},
        time::{Duration, Instant},
    };

    use rustix::process::{Pid, Signal, kill_process};
    use serde_json::Value;

    fn idos(arguments: &[&str], home: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
        command.args(arguments).env("IDOS_HOME", home);
        command
    }

    fn run(arguments: &[&str], home: &Path) -> Output {
        idos(arguments, home).output().unwrap()
    }

    #[track_caller]
    fn assert_fails(output: &Output, code: i32, words: &[&str]) {
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(output.stdout.is_empty());
        assert!(text.starts_with("error: "), "{text}");
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
    }

    /// A node that does not outlive its test.
    struct Node(Child);

    impl Drop for Node {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Two nodes of this file may run at the same time: nobody connects to either.
    fn leave_the_port(home: &Path) {
        let path = home.join("config.toml");
        let config = fs::read_to_string(&path).unwrap();
        let own = config.replace("\"127.0.0.1:8485\"", "\"127.0.0.1:0\"");
        assert_ne!(own, config);
        fs::write(path, own).unwrap();
    }

    impl Node {
        fn start(arguments: &[&str], home: &Path) -> (Self, String) {
            Self::start_with_log(arguments, home, Stdio::null())
        }

        fn start_with_log(arguments: &[&str], home: &Path, log: Stdio) -> (Self, String) {
            let mut node = idos(&["node", "start", "--listen", "127.0.0.1:0"], home)
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(log)
                .spawn()
                .map(Self)
                .unwrap();
            let mut line = String::new();
            let mut out = BufReader::new(node.0.stdout.take().unwrap());
            out.read_line(&mut line).unwrap();
            (node, line)
        }

        fn end(mut self, signal: Signal) -> Option<i32> {
            let pid = Pid::from_child(&self.0);
            kill_process(pid, signal).unwrap();
            let start = Instant::now();
            loop {
                if let Some(status) = self.0.try_wait().unwrap() {
                    return status.code();
                }
                assert!(start.elapsed() < Duration::from_secs(30));
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn health(address: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = b"GET /api/v1/health HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_node_starts_answers_and_ends() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        let made = run(&["node", "init"], &home);
        let text = String::from_utf8(made.stdout).unwrap();
        assert!(made.status.success() && made.stderr.is_empty());
        assert!(text.ends_with("next: idos node start\n"), "{text}");
        leave_the_port(&home);

        for (arguments, signal) in [(&[][..], Signal::TERM), (&["--json"], Signal::INT)] {
            let (node, line) = Node::start(arguments, &home);
            let url = if arguments.is_empty() {
                line.strip_prefix("listening on ").unwrap().to_owned()
            } else {
                let event: Value = serde_json::from_str(&line).unwrap();
                assert_eq!(event["event"], "listening");
                event["url"].as_str().unwrap().to_owned()
            };
            let address = url.trim_end().strip_prefix("http://").unwrap();
            let start = Instant::now();
            loop {
                let answer = health(address);
                assert!(answer.contains(r#""kwil_alive":true"#), "{answer}");
                if answer.starts_with("HTTP/1.1 200") {
                    break;
                }
                // Until it votes, it cannot serve.
                assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
                assert!(start.elapsed() < Duration::from_secs(30), "{answer}");
                std::thread::sleep(Duration::from_millis(10));
            }
            assert_eq!(node.end(signal), Some(0));
        }
    }

    /// Whoever reads the log may end, and its disk may be full: clients and the other validators need the node all
    /// the same.
    #[test]
    fn a_log_that_cannot_be_written_ends_no_node() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        assert!(run(&["node", "init"], &home).status.success());
        leave_the_port(&home);
        let full = fs::File::create("/dev/full").unwrap();
        let (node, line) = Node::start_with_log(&[], &home, full.into());
        assert!(line.starts_with("listening on "), "{line:?}");
        assert_eq!(node.end(Signal::TERM), Some(0));
    }

    #[test]
    fn programs_read_what_was_made() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        let arguments = ["node", "init", "--json", "--chain-id", "chain-1"];
        let made = run(&arguments, &home);
        assert!(made.status.success());
        let event: Value = serde_json::from_slice(&made.stdout).unwrap();
        assert_eq!(event["event"], "initialized");
        assert_eq!(event["chain_id"], "chain-1");
        assert_eq!(event["home"], home.to_str().unwrap());
        assert_eq!(event["owner"].as_str().unwrap().len(), 64);
        let again = run(&arguments, &home);
        assert_fails(&again, 1, &["is not empty", "--home"]);
    }

    #[test]
    fn errors_name_the_file_and_their_cause() {
        let home = tempfile::tempdir().unwrap();
        let missing = run(&["node", "start"], home.path());
        assert_fails(&missing, 1, &["config.toml", "idos node init", "caused by"]);
        assert!(run(&["node", "init"], home.path()).status.success());
        let config = home.path().join("config.toml");
        fs::write(&config, "[database]\nreaders = 0\n").unwrap();
        let invalid = run(&["node", "start"], home.path());
        assert_fails(&invalid, 1, &["`database.readers`", "from 1 to 64"]);
        fs::write(&config, "[log]\nfilter = '=x='\n").unwrap();
        let filter = run(&["node", "start"], home.path());
        assert_fails(&filter, 1, &["`log.filter`", "caused by"]);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        for key in ["listen", "metrics_listen", "p2p_listen"] {
            let settings = ["listen", "p2p_listen", key].map(|name| match name == key {
                true => format!("{name} = '{address}'\n"),
                false => format!("{name} = '127.0.0.1:0'\n"),
            });
            let settings = settings.into_iter().collect::<BTreeSet<_>>();
            fs::write(&config, String::from_iter(settings)).unwrap();
            let output = run(&["node", "start"], home.path());
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{text}");
            let wanted = format!("set `{key}` in config.toml");
            for word in [&wanted, &address.to_string(), "caused by"] {
                assert!(text.contains(word), "{word} in {text}");
            }
        }
        let owner = ["node", "init", "--owner", "alice", "--home", "elsewhere"];
        assert_fails(&run(&owner, home.path()), 1, &["--owner", "caused by"]);
    }

    #[test]
    fn wrong_usage_is_told_apart() {
        let home = tempfile::tempdir().unwrap();
        for arguments in [
            &["node", "start", "--listen", "here"][..],
            &["node", "stop"],
            &["--unknown"],
        ] {
            assert_fails(&run(arguments, home.path()), 2, &["--help"]);
        }
    }
}
