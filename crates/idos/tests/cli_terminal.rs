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
    process::{Child, Command},
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

    // With whom something is to be shared is shown before it is.
    let consumer = world.keys("consumer", "consumer");
    let (address, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let share = ["person", "share", "00000000-0000-4000-8000-000000000000"];
    let whom = ["--home", "person", "--grantee", &address, "--key", &key];
    let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
    let share = command.args([&share[..], &whom].concat());
    share
        .current_dir(world.path(""))
        .env("IDOS_PASSWORD", PASSWORD);
    let (code, text) = Terminal::start(share).end();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("sharing with {address}")), "{text}");
    world.assert_discreet(&["issuer", "person"]);
}

#[test]
fn what_somebody_shared_does_not_steer_the_terminal() {
    let world = World::new();
    world.admit(&id(&world.keys("issuer", "issuer")["address"]));
    world.keys("person", "person");
    let profile = ["issuer", "profile", "--home", "issuer"];
    world.done(&[&profile[..], &["person/profile.json"]].concat());
    let consumer = world.keys("consumer", "consumer");
    let (address, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let steering = "a\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}2J\nb";
    world.file("steering", steering);
    let person =
        |arguments: &[&str]| world.done(&[&["person"], arguments, &["--home", "person"]].concat());
    let credential = id(&person(&["add", "steering"])["id"]);
    let add = ["add-attribute", "note", "--value-file", "steering"];
    let attribute = id(&person(&add)["id"]);
    let whom = ["--grantee", &address, "--key", &key];
    let copy = |share: &str, id_: &str| id(&person(&[&[share, id_], &whom[..]].concat())["copy"]);
    let [shared, note] = [
        copy("share", &credential),
        copy("share-attribute", &attribute),
    ];
    for arguments in [
        ["consumer", "fetch", "--home", "consumer", &shared],
        ["consumer", "attribute", "--home", "consumer", &note],
        ["person", "credential", "--home", "person", &credential],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
        let command = command.args(arguments).current_dir(world.path(""));
        command.env("IDOS_PASSWORD", PASSWORD);
        let (code, text) = Terminal::start(command).end();
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("a\\u{1b}]0;title\\u{7}"), "{text:?}");
        let steers = |it: char| it.is_control() && it != '\n' && it != '\r';
        assert!(!text.contains(steers), "{text:?}");
        // Whatever reads it elsewhere gets it as it is.
        assert_eq!(
            world.for_people(&arguments),
            format!("{steering}\n").into_bytes()
        );
    }
}

#[test]
fn who_types_no_password_is_told_what_else_there_is() {
    let world = World::new();
    world.keys("person", "person");
    let mut terminal = typed(&world, &["person", "attributes", "--home", "person"]);
    terminal.close("password: ");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(1), "{text}");
    assert!(!text.contains("there is no terminal"), "{text}");
    assert!(text.contains("IDOS_PASSWORD"), "{text}");
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

/// Sends a signal to a command that waits for a node; its exit code.
fn end(mut command: Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(&command), signal).unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    let ended = loop {
        match command.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if Instant::now() > until => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let _ = command.kill();
    command.wait().unwrap();
    ended
}

#[test]
fn whatever_waits_for_a_node_can_be_interrupted() {
    let world = World::new();
    for role in ["consumer", "person"] {
        world.keys(role, role);
    }
    let node = shown(&world.node.home());
    let nobody = "00000000-0000-4000-8000-000000000000";
    let server = ["demo", "serve", "--home", "consumer"];
    let enclave = ["--enclave", "http://localhost:1", "--listen", "127.0.0.1:0"];
    let sign = ["person", "access-grant", "--home", "person"];
    let whom = [nobody, "--with", nobody, "--out", "access.json"];
    let status = ["node", "status", "--home", &node];
    for (arguments, option) in [
        ([&server[..], &enclave].concat(), "--url"),
        ([&sign[..], &whom].concat(), "--url"),
        (status.to_vec(), "--node"),
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            // It is asked, and never answers.
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", silent.local_addr().unwrap());
            let mut command = world.command(&arguments);
            let command = command.args([option, &url]).spawn().unwrap();
            let asked = silent.accept().unwrap();
            assert_eq!(end(command, signal), Some(130), "{arguments:?}");
            drop(asked);
        }
    }
    // What was begun is gone.
    assert!(!world.path("access.json").exists());
}
