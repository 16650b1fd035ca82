//! How a command runs that waits for others.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use thiserror::Error;

use crate::command::{
    end::{End, Interrupted},
    typed_secret,
};

/// Whether a command runs that ends by itself when the process is asked to end.
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Why a command did not run to its end.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// The threads and signals it needs.
    #[error("the operating system does not give what the command needs")]
    System(#[source] io::Error),
    /// Somebody ended it.
    #[error(
        "ended before it was done; if it sent a write, that may have taken effect: look before it is repeated"
    )]
    Interrupted(#[source] Interrupted),
}

/// Runs a command until it is done, or the process is asked to end. Then it is dropped, and with it
/// what is half done.
pub(crate) fn block_on<T, E: From<RunError>>(
    command: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // What blocks the thread, such as a pipe into which nobody writes, cannot be dropped.
    typed_secret::watch().map_err(RunError::System)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RunError::System)?;
    runtime.block_on(async {
        let mut end = End::new().map_err(RunError::System)?;
        RUNNING.store(true, Ordering::Relaxed);
        tokio::select! {
            done = command => {
                RUNNING.store(false, Ordering::Relaxed);
                done
            }
            // Still running: what is half done is removed after this, and whoever watches waits for that.
            () = end.asked() => Err(RunError::Interrupted(Interrupted).into()),
        }
    })
}

/// Whether one runs now.
pub(crate) fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed)
}
