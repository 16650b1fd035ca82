//! What every web server of this program shares: who may ask, how much, and how errors look.

pub(crate) mod hosts;
pub(crate) mod json_body;
pub(crate) mod listening;
pub(crate) mod problem;
pub(crate) mod rate;
pub(crate) mod serving;
pub(crate) mod web_url;
