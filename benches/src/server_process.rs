//! A server in a process of its own, so that its memory and time are its own: this very program, started
//! again.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::http::Client;

/// A server that runs elsewhere; stops when dropped.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts this program with a variable in its environment that says which server to be. It has to print
    /// its address.
    pub fn start(variable: &str, value: impl AsRef<OsStr>) -> Self {
        let program = env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .env(variable, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its address");
        let address = line.trim().parse().expect("an address");
        Self { child, address }
    }

    /// A connection to it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Where it answers clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it as a power failure would, as far as a process can.
    pub fn kill(mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("its end");
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Until who started this process has no use for it any more: standard input ends.
pub(crate) async fn told_to_end() {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        let _ = stop.send(());
    });
    drop(stopped.await);
}
