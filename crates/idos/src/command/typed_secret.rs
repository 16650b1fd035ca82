//! Asking for a secret at the terminal, which shows again what is typed when the command ends, also if
//! whoever types interrupts it.

use std::{
    fs::File,
    io::{self, Write as _},
    process,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::command::{end::End, exit::Exit, run};

/// Time that a command has to end by itself, and to take back what is half done, once it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// The terminal as it was before it was asked to hide what is typed, while it does.
static HIDING: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Asks for a secret.
pub(crate) fn ask(question: &str) -> io::Result<Zeroizing<String>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let shown = tcgetattr(&terminal)?;
    watch()?;
    set_hiding(Some((terminal, shown)));
    let typed = rpassword::prompt_password(question).map(Zeroizing::new);
    if let Err(error) = &typed
        && error.kind() == io::ErrorKind::Interrupted
    {
        // Ctrl-C came as a character. The signal that was raised for it ends the process, too, and
        // whoever is first does it.
        interrupted();
    }
    set_hiding(None);
    typed
}

fn is_hiding() -> bool {
    let now = HIDING.lock().unwrap_or_else(PoisonError::into_inner);
    now.is_some()
}

fn set_hiding(hiding: Option<(File, Termios)>) -> Option<(File, Termios)> {
    let mut now = HIDING.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut now, hiding)
}

/// Gives the terminal back as it was, and ends the process.
fn interrupted() -> ! {
    if let Some((mut terminal, shown)) = set_hiding(None) {
        // Who cannot be helped is told nothing: the process ends in any case.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &shown);
        let _ = terminal.write_all(b"\n");
    }
    process::exit(Exit::Interrupted as i32)
}

/// From now on, whoever asks the process to end gets the terminal back as it was. A signal that has a
/// handler once has it until the end, so that it ends the process after the question, too: at the latest
/// when a command that was asked to end by itself did not.
pub(crate) fn watch() -> io::Result<()> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.get().is_some() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut end = {
        let _guard = runtime.enter();
        End::new()?
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(end.asked());
            if run::is_running() && !is_hiding() {
                thread::sleep(GRACE);
            }
            interrupted();
        })?;
    let _ = WATCHED.set(());
    Ok(())
}
