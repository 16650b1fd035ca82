//! `idos node doctor`: finds what is wrong with a node, running or not, and says what to do.

mod checkup;
mod clock;
mod database;
mod disk;
mod encryption;
mod files;
mod finding;
mod node;
mod open_files;
mod peers;
mod ports;

use idos_client::{Nodes, NodesError};
use serde_json::json;
use thiserror::Error;

use crate::{
    command::{
        exit::Exit,
        output::{Output, PrintError, text_of},
        run::{self, RunError},
    },
    node::home::{HomeArg, HomeError},
};
use checkup::Checkup;
use finding::{Finding, State};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    home: HomeArg,
    /// Read every row of the database and check it; erasure waits meanwhile
    #[arg(long)]
    deep: bool,
    /// URL of another node of the network to compare with, several times for several
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
}

/// Why nothing can be looked at.
#[derive(Debug, Error)]
pub(crate) enum DoctorError {
    /// It is unknown which node.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The nodes to compare with.
    #[error("correct --node")]
    Nodes(#[from] NodesError),
    /// It was ended, or could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Looks, prints what was found, and says so by the exit code: 0 if nothing is wrong, 1 if something
/// is, 2 if nothing is as far as could be looked.
pub(crate) fn run(args: Args, output: Output) -> Result<Exit, DoctorError> {
    let others = match args.nodes.is_empty() {
        true => None,
        false => Some(Nodes::new(&args.nodes)?),
    };
    let checkup = Checkup {
        home: args.home.resolve()?,
        deep: args.deep,
        others,
    };
    let findings = run::block_on(async { Ok::<_, DoctorError>(checkup.findings().await) })?;
    let text: Vec<_> = findings.iter().map(Finding::text).collect();
    let (word, code) = verdict(&findings);
    let json = json!({
        "event": "diagnosed",
        "home": text_of(&checkup.home),
        "verdict": word,
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
    });
    output.print(&text.join("\n"), &json)?;
    Ok(code)
}

/// What all findings come to, and the exit code.
fn verdict(findings: &[Finding]) -> (&'static str, Exit) {
    let has = |state| findings.iter().any(|finding| finding.state == state);
    if has(State::Wrong) {
        ("wrong", Exit::Failed)
    } else if has(State::Unseen) {
        ("unseen", Exit::CannotSay)
    } else {
        ("sound", Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_counts_more_than_what_could_not_be_seen() {
        let sound = || Finding::sound("a", "b");
        let noted = || Finding::noted("a", "b", "c");
        let unseen = || Finding::unseen("a", "b", "c");
        let wrong = || Finding::wrong("a", "b", "c");
        assert_eq!(verdict(&[sound(), noted()]).1, Exit::Done);
        assert_eq!(verdict(&[sound(), unseen()]).1, Exit::CannotSay);
        assert_eq!(verdict(&[unseen(), wrong(), sound()]).1, Exit::Failed);
    }
}
