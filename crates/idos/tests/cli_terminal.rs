//! What only shows at a terminal: typed passwords, the progress bar, and how a command is interrupted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use support::{
    terminal::Terminal,
    world::{FIRST_NAME, NEW_PASSWORD, PASSWORD, World, id, shown, unsigned},
};

/// A command for people, whose password is not in a variable.
fn typed(world: &World, arguments: &[&str]) -> Terminal {
    let mut command = world.command(arguments);
    command.env_remove("IDOS_PASSWORD");
    Terminal::start(&command)
}

#[test]
fn passwords_are_typed_twice_when_new_and_never_shown() {
    let world = World::new();
    let genesis = shown(&world.node.home().join("genesis.toml"));
    let url = world.node.url.clone();
    let keys = |home: &str, again: &str| {
        let network = ["--url", &url, "--genesis", &genesis];
        let mut terminal = typed(
            &world,
            &[&["person", "keys", "--home", home], &network[..]].concat(),
        );
        terminal.answer("new password: ", PASSWORD);
        terminal.answer("new password, again: ", again);
        terminal.end()
    };
    let (code, text) = keys("other", NEW_PASSWORD);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("not the same") && !world.path("other").exists());
    let (code, text) = keys("person", PASSWORD);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains(PASSWORD), "{text}");

    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    let facts = "person/profile.json";
    world.done(&["issuer", "profile", "--home", "issuer", facts]);
    let attributes = |password: &str| {
        let mut terminal = typed(&world, &["person", "attributes", "--home", "person"]);
        terminal.answer("password: ", password);
        terminal.end()
    };
    let (code, text) = attributes(PASSWORD);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = attributes("a wrong password");
    assert_eq!(code, Some(1));
    assert!(text.contains("the password is wrong"), "{text}");
    world.assert_discreet(&["issuer", "person"]);
}

#[test]
fn an_interrupted_question_leaves_the_terminal_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let idos = env!("CARGO_BIN_EXE_idos");
    let mut node = Command::new(idos);
    node.args(["node", "init", "--home", "node"])
        .current_dir(folder.path());
    assert!(node.output().unwrap().status.success());
    // The shell lives on and says how the terminal is.
    let keys = "person keys --home person --url http://127.0.0.1:1 --genesis node/genesis.toml";
    let lines = format!("trap : INT; \"{idos}\" {keys}; echo \"code $?\"; stty -a");
    let mut command = Command::new("sh");
    command
        .args(["-c", &lines])
        .current_dir(folder.path())
        .env_remove("IDOS_PASSWORD");
    let mut terminal = Terminal::start(&command);
    terminal.interrupt("new password: ");
    let (_, text) = terminal.end();
    assert!(text.contains("code 130"), "{text}");
    let shows = |word| text.split_whitespace().any(|it| it == word);
    assert!(shows("echo") && !shows("-echo"), "{text}");
    assert!(!folder.path().join("person").exists());
}

#[test]
fn a_list_shows_how_far_it_is() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    let key = id(&issuer["address"]);
    world.admit(&key);
    let mut list = "profile,grant,firstName\n".to_owned();
    for home in ["a", "b"] {
        world.keys("person", home);
        let facts = format!("{home}/profile.json");
        world.done(&["issuer", "profile", "--home", "issuer", &facts]);
        let grant = world.write_grant(home, &key);
        list += &format!("{facts},{grant},{FIRST_NAME}\n");
    }
    world.file("people.csv", &list);
    world.file("template.json", &unsigned());
    let arguments = [
        "issuer",
        "issue-many",
        "--home",
        "issuer",
        "people.csv",
        "--template",
        "template.json",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
    command.args(arguments).current_dir(world.path(""));
    let (code, text) = Terminal::start(&command).end();
    assert_eq!(code, Some(0), "{text}");
    let half = format!("[{}{}] 1 of 2", "#".repeat(20), ".".repeat(20));
    let full = format!("[{}] 2 of 2", "#".repeat(40));
    assert!(text.contains(&half) && text.contains(&full), "{text}");
    assert!(
        text.contains("issued 2, 0 were issued before, 0 were refused"),
        "{text}"
    );
}

#[test]
fn a_server_that_waits_for_a_node_can_be_interrupted() {
    let world = World::new();
    world.keys("consumer", "consumer");
    // It is asked for what the server needs, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let serve = ["demo", "serve", "--home", "consumer", "--url", &url];
    let enclave = ["--enclave", "http://localhost:1", "--listen", "127.0.0.1:0"];
    let mut server = world
        .command(&[&serve[..], &enclave].concat())
        .spawn()
        .unwrap();
    let asked = silent.accept().unwrap();
    kill_process(Pid::from_child(&server), Signal::INT).unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    let ended = loop {
        match server.try_wait().unwrap() {
            Some(status) => break Some(status.code()),
            None if Instant::now() > until => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    server.kill().unwrap();
    server.wait().unwrap();
    drop(asked);
    assert_eq!(ended, Some(Some(130)));
}
