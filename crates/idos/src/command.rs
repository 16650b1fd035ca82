//! What commands of all kinds need: arguments, files, secrets, and what is printed.

pub(crate) mod bounded_file;
pub(crate) mod checkpoint;
pub(crate) mod clock;
pub(crate) mod closed_file;
pub(crate) mod end;
pub(crate) mod exit;
pub(crate) mod log;
pub(crate) mod network_args;
pub(crate) mod new_folder;
pub(crate) mod output;
pub(crate) mod password_args;
pub(crate) mod run;
pub(crate) mod secret_file;
pub(crate) mod shell;
pub(crate) mod trust_args;
pub(crate) mod typed_secret;
pub(crate) mod verify_sources;
