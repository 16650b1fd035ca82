//! The web pages: each on a server of its own, with headers that let it do what it has to and
//! nothing else.

mod answer;
mod config;
mod headers;
mod policy;
mod serve;

pub(crate) use answer::PageServer;
pub(crate) use config::{NamedUrl, PageConfig};
pub(crate) use serve::{DashboardCommand, EnclaveCommand, origin, run_dashboard, run_enclave};
