//! Mistakes that are planted into honest nodes, to see that the simulation finds them.

use std::{path::Path, sync::Arc};

use idos_consensus::Ballot;

/// A mistake of the code, common to all honest nodes of a world. Nothing of it is in a node: it is
/// put around the parts that a node hands to its network, and into the files it leaves.
pub trait Plant {
    /// What a node votes by, given what it should.
    fn ballot(&self, ballot: Arc<dyn Ballot>) -> Arc<dyn Ballot> {
        ballot
    }

    /// What a crash does to the database file of a node, beyond what it should.
    fn crashed(&self, _database: &Path) {}
}
