//! Builds the pages of `web` and writes them down as Rust, with what a server needs of each file.

#![allow(missing_docs, reason = "a program that cargo runs")]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a build that fails says why and ends; cargo is told by standard output"
)]

#[path = "../../tests/npm.rs"]
mod npm;

use std::{
    env,
    fmt::Write as _,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// The packages in `web` that are pages: `src/lib.rs` names the same. The build fails if one is missing.
const PAGES: [&str; 4] = ["dashboard", "demo", "enclave", "explorer"];
/// What of a package is not its source.
const NOT_SOURCE: [&str; 4] = ["dist", "node_modules", "test", "README.md"];
/// Less than this is not worth a second copy, in bytes.
const WORTH_PACKING: usize = 1024;

fn main() {
    if let Err(error) = build() {
        println!("cargo:error=the web pages cannot be built: {error}");
        panic!("the web pages cannot be built: {error}");
    }
}

fn build() -> io::Result<()> {
    let web = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../web");
    let out = PathBuf::from(variable("OUT_DIR")?).join("pages");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../tests/npm.rs");
    watch(&web)?;
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    let turn = npm::turn(&web)?;
    turn.install(&web)?;
    turn.npm(&web, &["run", "build"])?;
    let mut code = String::new();
    for page in PAGES {
        copy(&web.join(page).join("dist"), &out.join(page))?;
        let (name, assets) = (page.to_uppercase(), assets(&out.join(page))?);
        let _ = writeln!(code, "const {name}: &[Asset] = &[{assets}];");
    }
    fs::write(out.with_file_name("pages.rs"), code)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

/// Names what the pages are made of: the packages of the workspace, and what all of them share.
fn watch(web: &Path) -> io::Result<()> {
    for entry in sorted(web)? {
        let name = entry.file_name().unwrap_or_default().to_owned();
        if entry.is_file() {
            println!("cargo:rerun-if-changed={}", entry.display());
        } else if !NOT_SOURCE.iter().any(|other| name == *other) {
            for part in sorted(&entry)? {
                let name = part.file_name().unwrap_or_default();
                if !NOT_SOURCE.iter().any(|other| name == *other) {
                    println!("cargo:rerun-if-changed={}", part.display());
                }
            }
        }
    }
    Ok(())
}

/// What is in a folder, in an order that does not depend on the system.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let told =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
    let mut entries = fs::read_dir(folder)
        .map_err(told)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in sorted(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy(&entry, &target)?;
        } else {
            fs::copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// The files of a page as Rust values, sorted by path.
fn assets(page: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    collect(page, "", &mut files)?;
    files.sort();
    let mut code = String::new();
    for (path, file) in files {
        let content = fs::read(&file)?;
        let etag = hex::encode(Sha256::digest(&content));
        let packed = pack(&file, &content)?;
        let packed = packed.map_or("None".to_owned(), |packed| {
            format!("Some(include_bytes!({:?}))", packed.display().to_string())
        });
        let _ = write!(
            code,
            "Asset {{ path: {path:?}, etag: {:?}, content: include_bytes!({:?}), gzip: {packed} }}, ",
            format!("\"{etag}\""),
            file.display().to_string(),
        );
    }
    Ok(code)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in sorted(folder)? {
        let name = entry.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| io::Error::other("a file's name is no text"))?;
        let path = format!("{prefix}{name}");
        if entry.is_dir() {
            collect(&entry, &format!("{path}/"), files)?;
        } else {
            files.push((path, entry));
        }
    }
    Ok(())
}

/// Writes the file packed beside it, unless that saves nothing.
fn pack(file: &Path, content: &[u8]) -> io::Result<Option<PathBuf>> {
    if content.len() < WORTH_PACKING {
        return Ok(None);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    let packed = encoder.finish()?;
    if packed.len() >= content.len() / 10 * 9 {
        return Ok(None);
    }
    let path = PathBuf::from(format!("{}.packed", file.display()));
    fs::write(&path, packed)?;
    Ok(Some(path))
}
