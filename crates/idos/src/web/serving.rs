//! A command that serves until it is asked to end.

use std::{io, net::SocketAddr};

use axum::Router;
use serde_json::Value;
use thiserror::Error;

use super::listening::{ListenError, Listening};
use crate::command::{
    end::{End, Interrupted},
    output::{Output, PrintError},
};

/// Why it does not begin, whatever it serves.
#[derive(Debug, Error)]
pub(crate) enum ServingError {
    /// The address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The threads and signals it needs.
    #[error("the operating system does not give what the server needs")]
    System(#[source] io::Error),
    /// It was asked to end while it opened what is to be served.
    #[error("ended before it served anything")]
    Interrupted(#[source] Interrupted),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Opens what is to be served, listens, says so, and serves until the process is asked to end. `open`
/// gives the routes, and how the URL is told to people and to programs.
pub(crate) fn run<E, Told>(
    listen: SocketAddr,
    output: Output,
    open: impl Future<Output = Result<(Router, Told), E>>,
) -> Result<(), E>
where
    E: From<ServingError>,
    Told: FnOnce(&str) -> (String, Value),
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServingError::System)?;
    runtime.block_on(async {
        let mut end = End::new().map_err(ServingError::System)?;
        let (router, told) = tokio::select! {
            opened = open => opened?,
            // Whoever it waits for may never answer.
            () = end.asked() => return Err(ServingError::Interrupted(Interrupted).into()),
        };
        let listening = Listening::on(listen).await.map_err(ServingError::from)?;
        let (text, json) = told(&listening.url());
        output.print(&text, &json).map_err(ServingError::from)?;
        listening.serve(router, end.asked_for_good()).await;
        Ok(())
    })
}
