//! How a process is asked to end.

use std::{
    io::{self, Read},
    thread,
};

use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// A process was asked to end before it had done what it is for. Commands end with a code of its own.
#[derive(Debug, Error)]
#[error("it was asked to, by a signal or by Ctrl-C")]
pub(crate) struct Interrupted;

/// The signals by which a terminal or a service manager ends a process.
pub(crate) struct End {
    interrupt: Signal,
    terminate: Signal,
    input: Option<oneshot::Receiver<()>>,
}

impl End {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            input: None,
        })
    }

    /// The end of standard input counts as well.
    pub(crate) fn with_input(&mut self) -> io::Result<()> {
        let (closed, input) = oneshot::channel();
        self.input = Some(input);
        // A read of the input cannot be given up: it is nothing that a runtime should wait for.
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let mut buffer = [0; 64];
                while io::stdin().read(&mut buffer).is_ok_and(|read| read > 0) {}
                // Nobody listens only when the process ends anyway.
                let _ = closed.send(());
            })?;
        Ok(())
    }

    /// Waits for one more signal. That the input or the terminal is gone says nothing new.
    pub(crate) async fn asked_again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for any of them.
    pub(crate) async fn asked(&mut self) {
        let input = async {
            match &mut self.input {
                Some(input) => drop(input.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = input => {}
        }
    }
}
