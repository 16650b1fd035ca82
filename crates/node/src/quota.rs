//! How much of something is allowed within a minute: as every server of this product counts.

pub(crate) use idos_connections::{Quota, Taken};
