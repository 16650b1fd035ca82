//! A command at a pseudo terminal, which `script` of util-linux makes.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a terminal has to stop showing what is typed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command, with everything that was shown so far.
pub(crate) struct Terminal {
    process: Child,
    shown: String,
}

impl Terminal {
    /// Starts a command as its shell words.
    pub(crate) fn start(command: &Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        let mut script = Command::new("script");
        script
            .args(["--quiet", "--return", "--command", &words.join(" ")])
            .arg("/dev/null")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(folder) = command.get_current_dir() {
            script.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        Self {
            process: script.spawn().expect("script of util-linux is needed"),
            shown: String::new(),
        }
    }

    /// Types a secret once this is asked and the terminal hides what is typed.
    pub(crate) fn answer(&mut self, question: &str, line: &str) {
        self.type_when_hidden(question, &format!("{line}\n"));
    }

    /// Presses Ctrl-C once this is asked and the terminal hides what is typed.
    pub(crate) fn interrupt(&mut self, question: &str) {
        self.type_when_hidden(question, "\u{3}");
    }

    /// Presses Ctrl-D once this is asked and the terminal hides what is typed.
    pub(crate) fn close(&mut self, question: &str) {
        self.type_when_hidden(question, "\u{4}");
    }

    fn type_when_hidden(&mut self, question: &str, keys: &str) {
        let from = self.shown.len();
        while !self.shown[from..].contains(question) {
            assert!(self.read() > 0, "{question:?} is not asked: {}", self.shown);
        }
        self.wait_until_hidden();
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Waits for its end: the exit code, and everything that was shown.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() > 0 {}
        let code = self.process.wait().unwrap().code();
        (code, self.shown)
    }

    /// The question comes a moment before the terminal stops showing what is typed.
    fn wait_until_hidden(&self) {
        let id = self.process.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let child = children.split_whitespace().next().unwrap();
        let terminal = fs::read_link(format!("/proc/{child}/fd/0")).unwrap();
        let start = Instant::now();
        loop {
            let mut settings = Command::new("stty");
            settings.arg("-a").arg("-F").arg(&terminal);
            let settings = settings.output().unwrap().stdout;
            let settings = String::from_utf8_lossy(&settings).into_owned();
            if settings.split_whitespace().any(|word| word == "-echo") {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "secrets are shown: {settings}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn read(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = self.process.stdout.as_mut().unwrap().read(&mut bytes);
        let read = read.unwrap();
        self.shown += &String::from_utf8_lossy(&bytes[..read]);
        read
    }
}
