//! What monitoring may know of a node, whatever it does: counters, where it stands, its engine.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{front::Front, metrics::Metrics};

/// Renders the metrics of a node.
pub(crate) struct Monitoring {
    pub(crate) front: Arc<Front>,
    pub(crate) metrics: Metrics,
    /// The folder of the database.
    pub(crate) database: PathBuf,
}

impl Monitoring {
    /// The metrics as they are now.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let (standing, engine) = self.front.standing();
        self.metrics
            .text(&standing, bytes_in(&self.database), &engine)
    }
}

/// Bytes of the files in a folder. One that is gone by the time it is looked at has none.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(files) = fs::read_dir(folder) else {
        return 0;
    };
    let sizes = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len()));
    sizes.fold(0, u64::saturating_add)
}
