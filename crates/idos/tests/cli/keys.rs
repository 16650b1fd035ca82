//! Passwords, recovery words and the keys behind them, by commands.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::support::{
    proxy::{Proxy, rejection},
    world::{NEW_PASSWORD, World, id, shown, unsigned},
};

#[test]
fn passwords_recovery_and_leaving_by_commands() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    world.keys("person", "person");
    world.done(&[
        "issuer",
        "profile",
        "--home",
        "issuer",
        "person/profile.json",
    ]);
    let home = ["--home", "person"];
    let person = |arguments: &[&str]| world.done(&[&["person"], arguments, &home].concat());

    world.file("note", "I was here\n");
    person(&["add-attribute", "note", "--value-file", "note"]);
    world.file("content.json", &unsigned());
    person(&["add", "content.json"]);

    // A new password opens what was there, the old one nothing any more.
    let new = world.file("new-password", NEW_PASSWORD);
    person(&["password", "--new-password-file", &new]);
    world.refused(&["person", "attributes", "--home", "person"]);
    let with_new = ["--password-file", &new];
    let attributes = person(&[&["attributes"], &with_new[..]].concat());
    assert_eq!(attributes["attributes"][0]["value"], "I was here");
    assert_eq!(attributes["attributes"][0]["sealed"], true);

    // Words get back to it on a device that has nothing.
    let words = person(&[&["recovery-words"], &with_new[..]].concat());
    let words = world.file("words", words["words"].as_str().unwrap());
    let third = world.file("third-password", "a third one for the new device");
    let genesis = shown(&world.node.home().join("genesis.toml"));
    world.done(&[
        "person",
        "recover",
        "--home",
        "device",
        "--url",
        &world.node.url,
        "--genesis",
        &genesis,
        "--words-file",
        &words,
        "--new-password-file",
        &third,
    ]);
    let device = ["--home", "device", "--password-file", &third];
    world.done(&[&["person", "export", "--to", "out"], &device[..]].concat());
    let exported = fs::read_to_string(world.path("out/profile.json")).unwrap();
    let exported: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(exported["attributes"][0]["value"], "I was here");
    let file = exported["credentials"][0]["file"].as_str().unwrap();
    let content = fs::read_to_string(world.path("out").join(file)).unwrap();
    assert_eq!(content, unsigned());

    // The lost wallet is taken off, and can do nothing more.
    let wallets = world.done(&[&["person", "show"], &device[..]].concat());
    let wallets = wallets["wallets"].as_array().unwrap().clone();
    assert_eq!(
        wallets.len(),
        3,
        "the first, that of the words, that of the device"
    );
    let first = wallets
        .iter()
        .find(|wallet| !wallet["linked_by"].is_null())
        .unwrap();
    let first = id(&first["id"]);
    world.done(&[&["person", "remove-wallet", &first], &device[..]].concat());
    world.refused(&["person", "show", "--home", "person"]);

    // Leaving is asked for twice.
    let erase = [&["person", "erase"], &device[..]].concat();
    assert_eq!(world.done(&erase)["event"], "would-erase");
    assert_eq!(
        world.done(&[&erase[..], &["--yes"]].concat())["event"],
        "erased"
    );
    world.refused(&[&["person", "show"], &device[..]].concat());
    world.assert_discreet(&["issuer", "device", "person"]);
}

/// A profile starts with a key that its password makes. It is not to be that password's for ever.
#[test]
fn a_key_that_a_password_made_goes_with_the_password() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    let new = world.file("new-password", NEW_PASSWORD);
    for (home, words) in [("with-words", true), ("interrupted", false)] {
        world.keys("person", home);
        let facts = format!("{home}/profile.json");
        world.done(&["issuer", "profile", "--home", "issuer", &facts]);
        let facts = fs::read_to_string(world.path(&facts)).unwrap();
        let facts: Value = serde_json::from_str(&facts).unwrap();
        let of_password = id(&facts["encryption_public_key"]);
        let key = || id(&world.done(&["person", "show", "--home", home])["key"]);
        assert_eq!(key(), of_password);

        let home = ["--home", home];
        let change = ["person", "password", "--new-password-file", &new];
        let change = [&change[..], &home].concat();
        if words {
            world.done(&[&["person", "recovery-words"], &home[..]].concat());
        } else {
            // The key ring is stored, and then nothing more.
            let broadcasts = AtomicUsize::new(0);
            let proxy = Proxy::in_place_of(&world.node.url, move |method| {
                let is_later =
                    method == "user.broadcast" && broadcasts.fetch_add(1, Ordering::SeqCst) > 0;
                is_later.then(rejection)
            });
            world.refused(&[&change[..], &["--url", &proxy.url]].concat());
        }
        assert_eq!(key(), of_password, "it is in a key ring as it is");
        let changed = world.done(&change);
        assert_eq!(changed["other_ways_lost"], u64::from(words));
        assert_ne!(key(), of_password);
        // What the issuer made once stays as the person has it by now.
        let facts = format!("{}/profile.json", home[1]);
        let again = world.done(&["issuer", "profile", "--home", "issuer", &facts]);
        assert_eq!(again["event"], "profile-exists");
        world.refused(&[&["person", "attributes"], &home[..]].concat());
        let by_new = ["person", "attributes", "--password-file", &new];
        world.done(&[&by_new[..], &home].concat());
        // A key ring that has a key of its own keeps it.
        let before = key();
        let third = world.file("third-password", "a third password");
        let again = [
            "person",
            "password",
            "--password-file",
            &new,
            "--new-password-file",
            &third,
        ];
        assert_eq!(
            world.done(&[&again[..], &home].concat())["other_ways_lost"],
            0
        );
        assert_eq!(key(), before);
    }
}

/// The key ring is replaced, and then nothing more: the profile shows the former key.
#[test]
fn a_change_of_the_password_is_finished_wherever_it_was_interrupted() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    let new = world.file("new-password", NEW_PASSWORD);
    for (home, by_any_command) in [("again", false), ("any", true)] {
        world.keys("person", home);
        let facts = format!("{home}/profile.json");
        world.done(&["issuer", "profile", "--home", "issuer", &facts]);
        let key = || id(&world.done(&["person", "show", "--home", home])["key"]);
        let of_password = key();

        let home = ["--home", home];
        let change = ["person", "password", "--new-password-file", &new];
        let change = [&change[..], &home].concat();
        let broadcasts = AtomicUsize::new(0);
        let proxy = Proxy::in_place_of(&world.node.url, move |method| {
            let is_later =
                method == "user.broadcast" && broadcasts.fetch_add(1, Ordering::SeqCst) > 1;
            is_later.then(rejection)
        });
        let through = [&change[..], &["--url", &proxy.url]].concat();
        // The second time it fails where it is begun again.
        for _ in 0..2 {
            let text = world.refused(&through);
            assert!(text.contains("the new password counts already"), "{text}");
            assert!(text.contains("finishes the change"), "{text}");
        }
        assert_eq!(key(), of_password, "the profile shows the former key");
        world.refused(&[&["person", "attributes"], &home[..]].concat());

        let by_new = ["person", "attributes", "--password-file", &new];
        let by_new = [&by_new[..], &home].concat();
        if by_any_command {
            world.done(&by_new);
            assert_ne!(key(), of_password);
        }
        let changed = world.done(&change);
        assert_eq!(changed["event"], "password-changed");
        assert_eq!(changed["other_ways_lost"], Value::Null);
        assert_ne!(key(), of_password);
        world.done(&by_new);
        // Neither password is that of the ring: the old one is wrong, as ever.
        let third = world.file("third-password", "a third one that is nobody's");
        let wrong = ["person", "password", "--new-password-file", &third];
        let text = world.refused(&[&wrong[..], &home].concat());
        assert!(text.contains("the password is wrong"), "{text}");
    }
}

#[test]
fn recovery_is_repeated_and_words_are_replaced() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    let person = world.keys("person", "person");
    world.done(&[
        "issuer",
        "profile",
        "--home",
        "issuer",
        "person/profile.json",
    ]);
    let words: Vec<_> = (0..4)
        .map(|number| {
            let made = world.done(&["person", "recovery-words", "--home", "person"]);
            world.file(&format!("words-{number}"), &id(&made["words"]))
        })
        .collect();

    let new = world.file("new-password", NEW_PASSWORD);
    let genesis = shown(&world.node.home().join("genesis.toml"));
    let recover = |words: &str, home: &str, url: &str| {
        let recover = ["person", "recover", "--home", home, "--words-file", words];
        let how = [
            "--new-password-file",
            &new,
            "--url",
            url,
            "--genesis",
            &genesis,
        ];
        world.run(&[&recover[..], &how].concat())
    };
    let url = &world.node.url;
    // Nobody is asked for words and a password where they would be typed in vain.
    let unasked = ["person", "recover", "--home"];
    let refusal = world.refused(&[&unasked[..], &["nowhere"]].concat());
    assert!(refusal.contains("--genesis"), "{refusal}");
    let network = ["--url", url, "--genesis", &genesis];
    for command in ["recover", "keys"] {
        let taken = ["person", command, "--home", "issuer"];
        let mut taken = world.command(&[&taken[..], &network].concat());
        let refusal = taken.env_remove("IDOS_PASSWORD").output().unwrap();
        let refusal = String::from_utf8(refusal.stderr).unwrap();
        assert!(refusal.contains("is not empty"), "{refusal}");
        let help = world.run(&["person", command, "--help"]);
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(help.contains("Folder to make"), "{help}");
        for other in ["by the command", "network.toml"] {
            assert!(!help.contains(other), "{help}");
        }
    }
    assert_eq!(recover(&words[2], "early", url).status.code(), Some(1));
    // The wallet is linked, and then nothing more.
    let broadcasts = AtomicUsize::new(0);
    let proxy = Proxy::in_place_of(url, move |method| {
        let is_later = method == "user.broadcast" && broadcasts.fetch_add(1, Ordering::SeqCst) > 0;
        is_later.then(rejection)
    });
    assert_eq!(
        recover(&words[3], "device", &proxy.url).status.code(),
        Some(1)
    );
    assert_eq!(recover(&words[3], "device", url).status.code(), Some(0));
    // It is done: nothing is overwritten.
    assert_eq!(recover(&words[3], "device", url).status.code(), Some(1));

    let device = ["--home", "device", "--password-file", &new];
    let shown = world.done(&[&["person", "show"], &device[..]].concat());
    assert_eq!(shown["wallets"].as_array().unwrap().len(), 1 + 4 + 1);
    let facts = fs::read_to_string(world.path("person/profile.json")).unwrap();
    let facts: Value = serde_json::from_str(&facts).unwrap();
    assert_ne!(
        shown["key"], facts["encryption_public_key"],
        "it was the old password's"
    );
    let seen = fs::read_to_string(world.path("device/key-ring-revision")).unwrap();
    assert!(seen.parse::<u64>().unwrap() > 4, "{seen}");
    world.done(&[&["person", "attributes"], &device[..]].concat());
    world.refused(&["person", "attributes", "--home", "person"]);
    assert_eq!(shown["profile"], person["profile"]);
    world.assert_discreet(&["issuer", "device", "person"]);
}
