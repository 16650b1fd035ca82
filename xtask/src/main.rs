//! Developer commands: `cargo xtask play`, `cargo xtask check`, `cargo xtask fuzz`,
//! `cargo xtask alpha`, `cargo xtask kills`.

mod alpha;

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus},
};

use clap::{Parser, Subcommand};
use thiserror::Error;

/// Developer commands of idOS.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the node, start it, and let the published client play the whole catalogue against it.
    Play {
        /// Against each of four nodes of one network, one after the other, instead.
        #[arg(long)]
        each: bool,
    },
    /// Formatting, lints, what may be in the dependency graph; types, lints, unit tests of `web`.
    Check,
    /// Compare the unstable items of the consensus engine that we use with the list of them.
    Alpha,
    /// Kill random nodes of a real network under load for a while: nothing acknowledged may be lost.
    Kills {
        /// For how long.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// Run every fuzz target for a while.
    Fuzz {
        /// Seconds for each target.
        #[arg(long, default_value_t = 600)]
        seconds: u32,
        /// Only this target.
        #[arg(long)]
        target: Option<String>,
    },
}

#[derive(Debug, Error)]
enum TaskError {
    #[error("cannot run `{0}`: is it installed?")]
    Start(String, #[source] io::Error),
    #[error("`{0}` failed: {1}")]
    Failed(String, ExitStatus),
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] io::Error),
    #[error("unstable items of the engine differ from their list:\n{0}")]
    Alpha(String),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Play { each } => play(each),
        Task::Check => check(),
        Task::Alpha => alpha::alpha(),
        Task::Kills { minutes } => kills(minutes),
        Task::Fuzz { seconds, target } => fuzz(seconds, target),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(cause) = std::error::Error::source(&error) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn play(each: bool) -> Result<(), TaskError> {
    // The test starts the binary and runs the client's suite; this shows it as it goes.
    let mut test = Command::new(cargo_path());
    test.args(["test", "--release", "--package", "idos", "--test"])
        .args(["npm_client", "--", "--nocapture"]);
    if each {
        test.args(["--ignored", "against_each_of_four"]);
    } else {
        test.arg("the_whole_catalogue");
    }
    run(&mut test)
}

/// The test of the suite, for longer than there.
fn kills(minutes: u32) -> Result<(), TaskError> {
    let seconds = u64::from(minutes) * 60;
    let mut test = Command::new(cargo_path());
    test.args(["test", "--package", "idos", "--test", "network"])
        .args(["nodes_killed_under_load", "--", "--nocapture"])
        .env("IDOS_NETWORK_SECONDS", seconds.to_string());
    run(&mut test)
}

fn check() -> Result<(), TaskError> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])?;
    if !Command::new("cargo-deny")
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        // Without optimization: it is built to look at the graph once.
        cargo(&["install", "--locked", "--debug", "cargo-deny"])?;
    }
    // Advisories need a database that is not reachable everywhere the check runs.
    cargo(&["deny", "check", "bans", "licenses", "sources"])?;
    web()
}

/// Types, lints and unit tests of what runs in browsers; its tests against nodes are in `cargo test`.
fn web() -> Result<(), TaskError> {
    npm(&["ci", "--no-audit", "--no-fund"])?;
    npm(&["run", "check"])?;
    npm(&["test"])
}

fn npm(arguments: &[&str]) -> Result<(), TaskError> {
    run(Command::new("npm")
        .arg("--prefix")
        .arg(root().join("web"))
        .args(arguments))
}

fn fuzz(seconds: u32, target: Option<String>) -> Result<(), TaskError> {
    if !Command::new("cargo-fuzz")
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        cargo(&["install", "--locked", "cargo-fuzz"])?;
    }
    let targets = match target {
        Some(target) => vec![target],
        None => fuzz_targets()?,
    };
    // The first inputs, from recorded messages; what earlier runs found stays.
    cargo(&["run", "--quiet", "--manifest-path", "fuzz/seed/Cargo.toml"])?;
    let limit = format!("-max_total_time={seconds}");
    for target in targets {
        run(Command::new("rustup")
            .args([
                "run",
                "nightly",
                "cargo",
                "fuzz",
                "run",
                "--sanitizer",
                "none",
                &target,
            ])
            .args(["--", &limit, "-rss_limit_mb=2048", "-print_final_stats=1"]))?;
    }
    Ok(())
}

fn fuzz_targets() -> Result<Vec<String>, TaskError> {
    let folder = root().join("fuzz/fuzz_targets");
    let read = |error| TaskError::Read(folder.clone(), error);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).map_err(read)? {
        let path = file.map_err(read)?.path();
        names.extend(
            path.file_stem()
                .and_then(|stem| stem.to_str())
                .map(str::to_owned),
        );
    }
    names.sort();
    Ok(names)
}

fn cargo(arguments: &[&str]) -> Result<(), TaskError> {
    run(Command::new(cargo_path()).args(arguments))
}

/// The cargo that runs this, of the toolchain that was chosen.
fn cargo_path() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn run(command: &mut Command) -> Result<(), TaskError> {
    let name = format!("{command:?}");
    let status = command
        .current_dir(root())
        .status()
        .map_err(|error| TaskError::Start(name.clone(), error))?;
    if status.success() {
        Ok(())
    } else {
        Err(TaskError::Failed(name, status))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}
