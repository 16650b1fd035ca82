//! The nodes of a network as processes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, Sender},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;

use crate::command::end::Interrupted;

/// File with the log of a node, in its folder.
const LOG: &str = "log";

/// Why the nodes do not run.
#[derive(Debug, Error)]
pub(crate) enum ProcessesError {
    /// One cannot be started.
    #[error("node {number} cannot be started")]
    Start {
        /// Which, from 1.
        number: usize,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// One ended before it listened.
    #[error("node {number} ended before it listened, {} says why", log.display())]
    Ended {
        /// Which, from 1.
        number: usize,
        /// Its log.
        log: PathBuf,
    },
    /// The network was asked to end before it ran.
    #[error("stopped before all nodes listened")]
    Stopped(#[source] Interrupted),
}

/// What happens to the network.
#[derive(Debug)]
pub(crate) enum Event {
    /// It shall end.
    Stop,
    /// One more node answers clients.
    Listening,
    /// The node at this place is gone.
    Ended {
        /// From 0.
        node: usize,
        /// How.
        status: ExitStatus,
    },
}

/// The running nodes.
pub(crate) struct Processes {
    homes: Vec<PathBuf>,
    ids: Vec<u32>,
    /// What keeps each node alive: it ends when this is closed, even if this process is killed.
    lives: Vec<Option<ChildStdin>>,
    waiting: Vec<thread::JoinHandle<()>>,
}

impl Processes {
    /// Starts a node for each folder.
    pub(crate) fn start(homes: &[PathBuf], events: &Sender<Event>) -> Result<Self, ProcessesError> {
        let mut processes = Self {
            homes: homes.to_vec(),
            ids: Vec::new(),
            lives: Vec::new(),
            waiting: Vec::new(),
        };
        for (node, home) in homes.iter().enumerate() {
            let failed = |source| ProcessesError::Start {
                number: node + 1,
                source,
            };
            let mut child = spawn(home).map_err(failed)?;
            processes.ids.push(child.id());
            processes.lives.push(child.stdin.take());
            let events = events.clone();
            let waiting = thread::Builder::new()
                .name(format!("node-{}", node + 1))
                .spawn(move || watch(node, child, &events))
                .map_err(failed)?;
            processes.waiting.push(waiting);
        }
        Ok(processes)
    }

    /// Waits until every node answers clients.
    pub(crate) fn wait_until_listening(
        &mut self,
        happening: &Receiver<Event>,
    ) -> Result<(), ProcessesError> {
        let mut listening = 0;
        while listening < self.lives.len() {
            match happening.recv() {
                Ok(Event::Listening) => listening += 1,
                Ok(Event::Ended { node, .. }) => {
                    let home = self.homes.get(node).map(PathBuf::as_path);
                    return Err(ProcessesError::Ended {
                        number: node + 1,
                        log: home.unwrap_or(Path::new("")).join(LOG),
                    });
                }
                Ok(Event::Stop) | Err(_) => {
                    return Err(ProcessesError::Stopped(Interrupted));
                }
            }
        }
        Ok(())
    }

    /// Process ids of the nodes.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Kills the node at this place, as a failure would: it writes nothing more. Returns when it is
    /// gone; `false` if it was gone already.
    pub(crate) fn kill(&mut self, node: usize) -> bool {
        let (Some(id), Some(life)) = (self.ids.get(node), self.lives.get_mut(node)) else {
            return false;
        };
        let id = i32::try_from(*id).ok().and_then(Pid::from_raw);
        // While the pipe is held and the thread that waits has not ended, the id is still the node's.
        let runs = self.waiting.get(node).is_some_and(|it| !it.is_finished());
        let killed = runs && id.is_some_and(|id| kill_process(id, Signal::KILL).is_ok());
        life.take();
        killed
    }

    /// Whether no node runs any more.
    pub(crate) fn all_ended(&self) -> bool {
        self.waiting.iter().all(thread::JoinHandle::is_finished)
    }

    /// Asks every node to end, and waits for it.
    pub(crate) fn stop(self) {
        drop(self.lives);
        for waiting in self.waiting {
            // A thread that panicked has nothing to wait for any more.
            let _ = waiting.join();
        }
    }
}

fn spawn(home: &Path) -> io::Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.join(LOG))?;
    // A group of its own: Ctrl-C is for the network, which ends its nodes.
    Command::new(std::env::current_exe()?)
        .process_group(0)
        .args(["node", "start", "--stop-with-input", "--home"])
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
}

/// Tells what happens to a node until it ends.
fn watch(node: usize, mut child: Child, events: &Sender<Event>) {
    // Nobody listens only when the network ends anyway.
    if let Some(output) = child.stdout.take() {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        for _ in lines.filter(|line| line.starts_with("listening on ")) {
            let _ = events.send(Event::Listening);
        }
    }
    if let Ok(status) = child.wait() {
        let _ = events.send(Event::Ended { node, status });
    }
}
