//! Builds `web/explorer`, of which the pages load a style sheet and a script.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

/// What goes into it, below `web`.
const SOURCES: [&str; 8] = [
    "explorer/src",
    "explorer/build.mjs",
    "explorer/package.json",
    "client/src",
    "client/package.json",
    "kit/src",
    "kit/package.json",
    "package-lock.json",
];

fn main() -> Result<(), Box<dyn Error>> {
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../web");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for source in SOURCES {
        println!("cargo:rerun-if-changed={}", web.join(source).display());
    }
    if !web.join("node_modules/esbuild").exists() {
        npm(&web, &["ci", "--no-audit", "--no-fund"], &out)?;
    }
    npm(
        &web,
        &["run", "build", "--workspace", "idos-explorer"],
        &out,
    )?;
    for (file, variable) in [
        ("explorer.css", "EXPLORER_STYLESHEET_DIGEST"),
        ("explorer.js", "EXPLORER_SCRIPT_DIGEST"),
    ] {
        let digest = Sha256::digest(fs::read(out.join(file))?);
        let name: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        println!("cargo:rustc-env={variable}={name}");
    }
    Ok(())
}

/// Runs npm, which puts what it builds into `out`.
fn npm(web: &Path, arguments: &[&str], out: &Path) -> Result<(), Box<dyn Error>> {
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(web)
        .env("EXPLORER_OUT", out)
        .status()
        .map_err(|error| {
            format!("npm, which comes with Node.js 20, builds the explorer's script: {error}")
        })?;
    if status.success() {
        return Ok(());
    }
    Err(format!("npm {} failed in web/", arguments.join(" ")).into())
}
