//! How a process is asked to end.

use std::{
    fs,
    io::{self, Read},
    process, thread,
};

use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    task,
};

use crate::command::exit::Exit;

/// A process was asked to end before it had done what it is for. Commands end with a code of its own.
#[derive(Debug, Error)]
#[error("it was asked to, by a signal or by Ctrl-C")]
pub(crate) struct Interrupted;

/// The signals by which a terminal or a service manager ends a process.
pub(crate) struct End {
    interrupt: Signal,
    terminate: Signal,
    /// That the terminal is gone; `None` if that is not to end the process, as under `nohup`.
    hangup: Option<Signal>,
    input: Option<oneshot::Receiver<()>>,
}

impl End {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: match outlives_its_terminal() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
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

    /// Waits for any of them. From then on whoever asks again ends the process at once.
    pub(crate) async fn asked_for_good(mut self) {
        self.asked().await;
        task::spawn(self.asked_again());
    }

    /// Waits for one more signal, and ends the process: whoever asks again does not want to wait for what is under way.
    /// That the input or the terminal is gone says nothing new.
    pub(crate) async fn asked_again(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        process::exit(Exit::Interrupted as i32);
    }

    /// Waits for any of them.
    pub(crate) async fn asked(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        let input = async {
            match &mut self.input {
                Some(input) => drop(input.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hangup => {}
            () = input => {}
        }
    }
}

/// Whether whoever started the process had it ignore that its terminal goes. Linux tells the signals that a process
/// ignores; where that is not told, the signal is left as it is.
fn outlives_its_terminal() -> bool {
    fs::read_to_string("/proc/self/status")
        .map_or(true, |status| ignores(&status, SignalKind::hangup()))
}

/// Whether a process with this status (proc_pid_status(5)) ignores a signal.
fn ignores(status: &str, signal: SignalKind) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    ignored.is_none_or(|set| set >> (signal.as_raw_value() - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_nohup_a_process_outlives_its_terminal() {
        let status =
            |set: &str| format!("Name:\tidos\nSigBlk:\t0000000000000001\nSigIgn:\t{set}\n");
        for (set, ignored) in [
            ("0000000000000001", true),
            ("0000000000001001", true),
            ("0000000000001000", false),
            ("none", true),
        ] {
            assert_eq!(
                ignores(&status(set), SignalKind::hangup()),
                ignored,
                "{set}"
            );
        }
        assert!(ignores("", SignalKind::hangup()));
    }
}
