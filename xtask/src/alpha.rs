//! Which unstable items of the consensus engine we use.
//!
//! The engine marks what may change in any release as ALPHA, and can be built without it. The
//! compiler then names everything of it that we use, and that has to be exactly what is listed and
//! explained in `docs/alpha-items.md`.

use std::{collections::BTreeSet, env, process::Command};

use crate::{TaskError, root};

const LIST: &str = "docs/alpha-items.md";
/// Nothing of it is run: the faster it is compiled the better.
const UNOPTIMIZED: &str = r#"profile.dev.package."*".opt-level=0"#;

/// Prints what we use, and compares it with what is listed. Compiles the engine in a folder of its own.
pub(crate) fn alpha() -> Result<(), TaskError> {
    let path = root().join(LIST);
    let list = std::fs::read_to_string(&path).map_err(|error| TaskError::Read(path, error))?;
    let name = "cargo check without ALPHA items".to_owned();
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--package", "idos-consensus", "--lib"])
        .args(["--target-dir", "target/alpha", "--color", "never"])
        .args(["--config", UNOPTIMIZED])
        .env("RUSTFLAGS", "--cfg commonware_stability_BETA")
        .current_dir(root())
        .output()
        .map_err(|error| TaskError::Start(name, error))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    let used = used(&messages).map_err(TaskError::Alpha)?;
    let listed = listed(&list);
    for item in &used {
        eprintln!("in use: {item}");
    }
    if used == listed {
        return Ok(());
    }
    let differences = |sign, from: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        let only = from.difference(other);
        only.map(|item| format!("{sign} {item}")).collect()
    };
    let mut lines = differences("used, not listed:", &used, &listed);
    lines.extend(differences("listed, not used:", &listed, &used));
    Err(TaskError::Alpha(lines.join("\n")))
}

/// The items whose absence the compiler complains about; whatever else it complains about.
fn used(messages: &str) -> Result<BTreeSet<String>, String> {
    let mut items = BTreeSet::new();
    for line in messages.lines().filter(|line| line.starts_with("error")) {
        if line.starts_with("error: could not compile `idos-consensus`") {
            continue;
        }
        let paths: Vec<&str> = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|path| path.starts_with("commonware_"))
            .collect();
        if paths.is_empty() {
            return Err(line.to_owned());
        }
        items.extend(paths.into_iter().map(str::to_owned));
    }
    Ok(items)
}

/// The items in the list: each line that begins with a bullet and a path.
fn listed(list: &str) -> BTreeSet<String> {
    list.lines()
        .filter_map(|line| line.strip_prefix("- `"))
        .filter_map(|line| line.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_in_messages_and_in_the_list() {
        let messages = "\
warning: unused
error[E0432]: unresolved imports `commonware_x::One`, `commonware_x::two`
  --> here
error[E0432]: unresolved import `commonware_y::Three`
error: could not compile `idos-consensus` (lib) due to 2 previous errors";
        let list = "\
# Title
- `commonware_x::One`: because
- `commonware_x::two`: because
- `commonware_y::Three`: because
- something else";
        assert_eq!(used(messages).unwrap(), listed(list));
    }

    #[test]
    fn other_errors_are_not_hidden() {
        assert!(used("error[E0308]: mismatched types").is_err());
    }
}
