//! How messages travel.

use std::time::Duration;

/// How messages travel from one node to another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// How long a message takes on average.
    pub latency: Duration,
    /// How much that differs from message to message.
    pub jitter: Duration,
    /// Of how many messages in a thousand none arrives.
    pub lost_of_thousand: u16,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(10),
            jitter: Duration::from_millis(2),
            lost_of_thousand: 0,
        }
    }
}
