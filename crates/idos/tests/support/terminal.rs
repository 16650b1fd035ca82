//! A command at a pseudo terminal, which `script` of util-linux makes.

use std::{
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
};

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

    /// Types a line once this is shown. Before that it would be thrown away.
    pub(crate) fn answer(&mut self, question: &str, line: &str) {
        let from = self.shown.len();
        while !self.shown[from..].contains(question) {
            assert!(self.read() > 0, "{question:?} is not asked: {}", self.shown);
        }
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Waits for its end: the exit code, and everything that was shown.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() > 0 {}
        let code = self.process.wait().unwrap().code();
        (code, self.shown)
    }

    fn read(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = self.process.stdout.as_mut().unwrap().read(&mut bytes);
        let read = read.unwrap();
        self.shown += &String::from_utf8_lossy(&bytes[..read]);
        read
    }
}
