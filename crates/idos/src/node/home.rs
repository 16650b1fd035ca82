//! The folder of a node.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use thiserror::Error;

/// The option that names the folder.
#[derive(Args)]
pub(crate) struct HomeArg {
    /// Folder of the node [default: $IDOS_HOME, or ~/.idos]
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
}

/// Why it is unknown which folder is meant.
#[derive(Debug, Error)]
pub(crate) enum HomeError {
    /// Nothing names one.
    #[error("it is unknown where the node's folder is; name it with --home or IDOS_HOME")]
    Unknown,
    /// A name that is none.
    #[error("{} is no folder; name one with --home or IDOS_HOME", path.display())]
    Invalid {
        /// The name.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl HomeArg {
    /// The folder, as an absolute path, so that what is printed holds in every folder.
    pub(crate) fn resolve(self) -> Result<PathBuf, HomeError> {
        let path = choose(self.home, env::var_os("IDOS_HOME"), env::home_dir())
            .ok_or(HomeError::Unknown)?;
        std::path::absolute(&path).map_err(|source| HomeError::Invalid { path, source })
    }
}

/// The folder of someone who names none.
pub(crate) fn is_default(home: &Path) -> bool {
    choose(None, env::var_os("IDOS_HOME"), env::home_dir()).is_some_and(|path| path == home)
}

fn choose(
    argument: Option<PathBuf>,
    variable: Option<OsString>,
    user: Option<PathBuf>,
) -> Option<PathBuf> {
    // An empty variable is as good as none; an empty argument is an error of whoever wrote it.
    let variable = variable.filter(|value| !value.is_empty());
    let user = user.filter(|path| !path.as_os_str().is_empty());
    argument
        .or_else(|| variable.map(PathBuf::from))
        .or_else(|| user.map(|user| user.join(".idos")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_more_closely_wins() {
        let (argument, variable, user) = (
            Some(PathBuf::from("/a")),
            Some(OsString::from("/b")),
            Some(PathBuf::from("/c")),
        );
        let chosen = |argument, variable, user| choose(argument, variable, user);
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(chosen(argument, variable.clone(), user.clone()), path("/a"));
        assert_eq!(chosen(None, variable, user.clone()), path("/b"));
        assert_eq!(
            chosen(None, Some(OsString::new()), user.clone()),
            path("/c/.idos")
        );
        assert_eq!(chosen(None, None, user), path("/c/.idos"));
        assert_eq!(chosen(None, None, Some(PathBuf::new())), None);
        assert_eq!(chosen(None, None, None), None);
    }

    #[test]
    fn an_empty_argument_is_an_error() {
        let home = Some(PathBuf::new());
        assert!(matches!(
            HomeArg { home }.resolve(),
            Err(HomeError::Invalid { .. })
        ));
    }
}
