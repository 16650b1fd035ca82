//! What a command says on standard error beside its result: that something went wrong without being its
//! end. Standard output is for results.

use std::{
    fmt,
    io::{self, IsTerminal as _},
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    registry::LookupSpan,
};

use crate::command::output::inert_lines;

/// Whether a log that cannot be written says so on standard error. It goes there itself: where the disk behind it is full,
/// or its reader is gone, that would end the process.
pub(crate) const SAYS_WHAT_IT_CANNOT: bool = false;

/// How it is said.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    /// As a line of the one who typed the command.
    ForPeople,
    /// As the log of a server, with times.
    OfServer,
}

impl Log {
    /// Begins, once in a process.
    pub(crate) fn start(self) {
        let log = tracing_subscriber::fmt()
            .with_max_level(Level::WARN)
            .with_ansi(io::stderr().is_terminal())
            .log_internal_errors(SAYS_WHAT_IT_CANNOT)
            .with_writer(io::stderr);
        // It is the first one: nobody else logs in a process that has this one.
        let _ = match self {
            Self::OfServer => log.try_init(),
            Self::ForPeople => {
                tracing::subscriber::set_global_default(for_people(io::stderr)).map_err(Into::into)
            }
        };
    }
}

fn for_people(
    out: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .log_internal_errors(SAYS_WHAT_IT_CANNOT)
        .event_format(Plain)
        .with_writer(out)
        .finish()
}

/// A warning as errors are printed.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        // Nodes have a part in these texts.
        let text = inert_lines(&text).replace('\n', "\n    ");
        writeln!(out, "warning: {text}")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, sync::Arc};

    use super::*;

    #[test]
    fn warnings_are_plain_and_steer_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said");
        let file = Arc::new(File::create(&path).unwrap());
        tracing::subscriber::with_default(for_people(file), || {
            tracing::warn!(why = "so", "not kept \u{1b}[2J \u{202e}");
            tracing::info!("nothing to worry about");
        });
        let said = std::fs::read_to_string(&path).unwrap();
        assert!(said.starts_with("warning: not kept "), "{said}");
        assert!(said.ends_with(" why=\"so\"\n"), "{said}");
        assert_eq!(said.lines().count(), 1);
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
}
