//! Mistakes that are planted into honest nodes, to see that the simulation finds them.

use std::path::Path;

use idos_consensus::Parts;

/// A mistake of the code, common to all honest nodes of a world. Nothing of it is in a node: it is
/// put around the parts that a node hands to its network, and into the files it leaves.
pub trait Plant {
    /// What a node takes part with, given what it should.
    fn parts(&self, parts: Parts) -> Parts {
        parts
    }

    /// Whether a node that lost what it knew of its votes takes itself for one that never voted.
    fn forgets_votes(&self) -> bool {
        false
    }

    /// What a node makes of a state that it fetched, in its database file, beyond what it should.
    fn fetched(&self, _database: &Path) {}

    /// What a crash does to the database file of a node, beyond what it should.
    fn crashed(&self, _database: &Path) {}
}
