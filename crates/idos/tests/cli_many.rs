//! Files of several people that are mixed up, and lists in which something is wrong, on a real node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::fs;

use idos_types::limits::TRANSACTION_BYTES;
use serde_json::{Value, json};
use support::{
    proxy::Proxy,
    world::{FIRST_NAME, World, id, unsigned},
};

/// An issuer, some people with profiles, and the template of their credentials.
struct Scene {
    world: World,
    issuer: String,
}

impl Scene {
    fn new(people: &[&str]) -> Self {
        let world = World::new();
        let issuer = id(&world.keys("issuer", "issuer")["address"]);
        world.admit(&issuer);
        for home in people {
            world.keys("person", home);
            let facts = format!("{home}/profile.json");
            world.done(&["issuer", "profile", "--home", "issuer", &facts]);
        }
        world.file("template.json", &unsigned());
        Self { world, issuer }
    }

    fn grant(&self, home: &str) -> String {
        self.world.write_grant(home, &self.issuer)
    }

    /// Issues to a list: the exit code, what was said of each row, and of all.
    fn issue(&self, list: &str, rows: &Value) -> (Option<i32>, Vec<Value>, String) {
        self.issue_with(list, rows, &[])
    }

    /// The same with more arguments.
    fn issue_with(
        &self,
        list: &str,
        rows: &Value,
        more: &[&str],
    ) -> (Option<i32>, Vec<Value>, String) {
        self.world.file(list, &rows.to_string());
        let many = ["issuer", "issue-many", "--home", "issuer", list];
        let how = ["--template", "template.json"];
        let output = self.world.run(&[&many[..], &how[..], more].concat());
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), lines.collect(), errors)
    }

    fn credentials(&self, home: &str) -> usize {
        let list = self.world.done(&["person", "list", "--home", home]);
        list["credentials"].as_array().unwrap().len()
    }
}

fn row(profile: &str, grant: &str) -> Value {
    json!({ "profile": profile, "grant": grant, "subject": { "firstName": FIRST_NAME } })
}

/// What each row came to.
fn events(lines: &[Value]) -> Vec<&str> {
    let events = lines.iter().map(|line| line["event"].as_str().unwrap());
    events.collect()
}

#[test]
fn a_grant_counts_for_the_person_who_signed_it_alone() {
    let scene = Scene::new(&["a", "b"]);
    let grant = scene.grant("a");
    // The second person's facts with the first one's grant: nothing is written to the first's profile.
    let mixed = json!([row("b/profile.json", &grant)]);
    let (code, lines, errors) = scene.issue("mixed.json", &mixed);
    assert_eq!((code, events(&lines)), (Some(1), vec!["refused", "all"]));
    assert_eq!(lines[0]["row"], 1);
    assert_eq!(lines[0]["profile"], "b/profile.json");
    let reason = lines[0]["reason"].as_str().unwrap();
    assert!(reason.contains("signed by another wallet"), "{reason}");
    assert!(errors.contains("row 1, b/profile.json"), "{errors}");
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (0, 0));

    // A row that repeats the grant of another row is not taken for one that was issued before.
    let repeated = json!([row("a/profile.json", &grant), row("b/profile.json", &grant)]);
    let (code, lines, _) = scene.issue("repeated.json", &repeated);
    assert_eq!(
        (code, events(&lines)),
        (Some(1), vec!["issued", "refused", "all"])
    );
    assert_eq!(lines[1]["row"], 2);

    // Nor is another profile, by the journal of the list.
    let facts = fs::read_to_string(scene.world.path("a/profile.json")).unwrap();
    let mut facts: Value = serde_json::from_str(&facts).unwrap();
    facts["user"] = "00000000-0000-4000-8000-000000000007".into();
    scene.world.file("other.json", &facts.to_string());
    let again = json!([row("a/profile.json", &grant), row("other.json", &grant)]);
    let (code, lines, _) = scene.issue("repeated.json", &again);
    assert_eq!(
        (code, events(&lines)),
        (Some(1), vec!["issued-before", "refused", "all"])
    );
    let reason = lines[1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("used to issue to another person"),
        "{reason}"
    );
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (1, 0));
}

#[test]
fn one_credential_goes_to_another_wallet_only_if_that_is_said() {
    let scene = Scene::new(&["a", "b"]);
    let world = &scene.world;
    let issue = |grant: &str| {
        let issue = ["issuer", "issue", "--home", "issuer", "template.json"];
        let files = ["--profile", "a/profile.json", "--grant", grant];
        [&issue[..], &files[..]]
            .concat()
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    let others = issue(&scene.grant("b"));
    let others: Vec<_> = others.iter().map(String::as_str).collect();
    let refused = world.refused(&others);
    assert!(refused.contains("signed by another wallet"), "{refused}");
    assert!(refused.contains("--other-wallet"), "{refused}");
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (0, 0));

    // The first person has a second wallet, and signs by that.
    let seed = format!("{}\n", "5a".repeat(32));
    let seed = world.file("second.key", &seed);
    world.done(&["person", "add-wallet", "--home", "a", "--key-file", &seed]);
    fs::create_dir(world.path("second")).unwrap();
    for file in ["network.toml", "genesis.toml", "wallet-kind"] {
        let of = |home: &str| world.path(&format!("{home}/{file}"));
        fs::copy(of("a"), of("second")).unwrap();
    }
    fs::rename(&seed, world.path("second/wallet.key")).unwrap();
    let own = issue(&scene.grant("second"));
    let own: Vec<_> = own.iter().map(String::as_str).collect();
    world.refused(&own);
    assert_eq!(scene.credentials("a"), 0);
    world.done(&[&own[..], &["--other-wallet"]].concat());
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (1, 0));
}

#[test]
fn what_a_person_hands_over_is_their_own() {
    let scene = Scene::new(&["a", "b"]);
    let world = &scene.world;
    let grant = scene.grant("a");
    let read = |path: &str| -> Value {
        let text = fs::read_to_string(world.path(path)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let refused = |profile: &str, grant: &str| {
        let issue = ["issuer", "issue", "--home", "issuer", "template.json"];
        let files = ["--profile", profile, "--grant", grant];
        world.refused(&[&issue[..], &files[..]].concat())
    };
    let others = read("b/profile.json");
    // The wallet of one, and the profile of another.
    let mut profile = read("a/profile.json");
    profile["user"] = others["user"].clone();
    let profile = world.file("profile.json", &profile.to_string());
    let why = refused(&profile, &grant);
    assert!(why.contains("did not sign that it belongs to"), "{why}");
    // What is issued would be sealed to somebody else.
    let mut handed = read(&grant);
    handed["encryption_public_key"] = others["encryption_public_key"].clone();
    let handed = world.file("handed.json", &handed.to_string());
    let why = refused("a/profile.json", &handed);
    assert!(why.contains("is not the one that the profile"), "{why}");
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (0, 0));
}

#[test]
fn what_is_too_large_for_one_person_does_not_end_the_list() {
    let scene = Scene::new(&["a", "b", "c"]);
    let rows: Vec<_> = ["a", "b", "c"]
        .map(|home| row(&format!("{home}/profile.json"), &scene.grant(home)))
        .into();
    let mut rows = json!(rows);
    // It fits a credential, and not the transaction, which holds it twice.
    rows[0]["subject"]["firstName"] = "x".repeat(TRANSACTION_BYTES / 2).into();
    // Not even a credential may hold such a number.
    rows[1]["subject"]["firstName"] = serde_json::from_str("18446744073709551617").unwrap();
    for event in ["issued", "issued-before"] {
        let (code, lines, errors) = scene.issue("large.json", &rows);
        assert_eq!(
            (code, events(&lines)),
            (Some(1), vec!["refused", "refused", event, "all"])
        );
        let reason = |row: usize| lines[row]["reason"].as_str().unwrap();
        assert!(reason(0).contains("must shorten it"), "{}", reason(0));
        assert!(reason(1).contains("would round"), "{}", reason(1));
        assert!(errors.contains("row 1, a/profile.json"), "{errors}");
    }
}

/// That one row was refused, for a reason with this text, and nothing was noted.
fn assert_refused(scene: &Scene, list: &str, lines: &[Value], text: &str) {
    assert_eq!(events(lines), ["refused", "all"]);
    let reason = lines[0]["reason"].as_str().unwrap();
    assert!(reason.contains(text), "{reason}");
    let journal = scene.world.path(&format!("{list}.journal"));
    assert_eq!(fs::read_to_string(journal).unwrap(), "");
}

#[test]
fn a_grant_that_was_used_for_something_else_is_not_taken_for_one_of_the_list() {
    let scene = Scene::new(&["a", "b", "c"]);
    let used_elsewhere = "was used for something else";
    let refused = |list: &str, rows: &Value, more: &[&str]| {
        let (code, lines, _) = scene.issue_with(list, rows, more);
        assert_eq!(code, Some(1));
        assert_refused(&scene, list, &lines, used_elsewhere);
    };
    // By another command, for another credential.
    let grant = scene.grant("a");
    let mut other: Value = serde_json::from_str(&unsigned()).unwrap();
    other["credentialSubject"]["firstName"] = "Another".into();
    scene.world.file("other-template.json", &other.to_string());
    let issue = ["issuer", "issue", "--home", "issuer", "other-template.json"];
    let files = ["--profile", "a/profile.json", "--grant", &grant];
    scene.world.done(&[&issue[..], &files].concat());
    refused("issued.json", &json!([row("a/profile.json", &grant)]), &[]);

    // By another list, which says something else; and by one that says the same, whose journal is lost.
    let grant = scene.grant("b");
    let rows = json!([row("b/profile.json", &grant)]);
    let (code, issued, _) = scene.issue("people.json", &rows);
    assert_eq!((code, events(&issued)), (Some(0), vec!["issued", "all"]));
    let mut other = rows.clone();
    other[0]["subject"]["firstName"] = "Another".into();
    refused("other.json", &other, &[]);
    let (code, before, _) = scene.issue("again.json", &rows);
    assert_eq!(
        (code, events(&before)),
        (Some(0), vec!["issued-before", "all"])
    );
    for name in ["id", "copy"] {
        assert!(issued[0][name].is_string());
        assert_eq!(before[0][name], issued[0][name]);
    }
    let journal = |list: &str| fs::read_to_string(scene.world.path(list)).unwrap();
    assert_eq!(
        journal("again.json.journal"),
        journal("people.json.journal")
    );
    assert_eq!((scene.credentials("a"), scene.credentials("b")), (1, 1));

    // What a node alone says, of a grant that was never used.
    let grant = scene.grant("c");
    let rows = json!([row("c/profile.json", &grant)]);
    let liar = Proxy::in_place_of(&scene.world.node.url, |method| {
        let text = "duplicate key value violates unique constraint \"consumed_write_grants_pkey\"";
        let result = json!({ "code": 1, "gas": 0, "log": text });
        let said = json!({ "tx_hash": "00".repeat(32), "result": result });
        (method == "user.broadcast").then_some(("result", said))
    });
    refused("lied.json", &rows, &["--url", &liar.url]);
    let (code, lines, _) = scene.issue("lied.json", &rows);
    assert_eq!((code, events(&lines)), (Some(0), vec!["issued", "all"]));
}

#[test]
fn what_was_issued_by_an_attempt_that_nobody_heard_of_is_found_by_the_next() {
    let scene = Scene::new(&["a"]);
    let world = &scene.world;
    let grant = scene.grant("a");
    let issue = ["issuer", "issue", "--home", "issuer", "template.json"];
    let files = ["--profile", "a/profile.json", "--grant", &grant];
    let revocable = ["--revocable", "--public-url", "https://issuer.example"];
    let issue = [&issue[..], &files, &revocable].concat();
    // The node does it, and nobody hears of it.
    let lossy = Proxy::before(&world.node.url, |method, answer| {
        if matches!(method, "user.broadcast" | "user.tx_query") {
            *answer = json!({});
        }
        true
    });
    let lost = world.run(&[&issue[..], &["--url", &lossy.url]].concat());
    assert_eq!(lost.status.code(), Some(3));
    let lost = String::from_utf8(lost.stderr).unwrap();

    let found = world.done(&issue);
    assert_eq!(found["event"], "issued-before");
    for name in ["id", "copy", "credential"] {
        assert!(lost.contains(&id(&found[name])), "{name}: {lost}");
    }
    let shown = ["person", "credential", "--home", "a", &id(&found["id"])];
    let shown = world.done(&shown);
    assert_eq!(shown["content"]["id"], found["credential"]);
    assert_eq!(scene.credentials("a"), 1);
    // By other public notes it is something else.
    let notes = world.file("notes.json", r#"{"id":"1"}"#);
    let refused = world.refused(&[&issue[..], &["--notes-file", &notes]].concat());
    assert!(refused.contains("was used for something else"), "{refused}");
}

#[test]
fn of_a_copy_for_somebody_else_nothing_is_claimed() {
    let scene = Scene::new(&["a"]);
    let world = &scene.world;
    let address = id(&world.keys("consumer", "consumer")["address"]);
    let party = world.admit_party(&address, "consumer");
    let publish = ["consumer", "publish-keys", "--home", "consumer"];
    let name = ["--party", &party, "--name", "consumer"];
    world.done(&[&publish[..], &name].concat());
    let sign = ["person", "write-grant", "--home", "a"];
    let whom = ["--issuer", &scene.issuer, "--grantee", &address];
    let out = ["--out", "grant.json"];
    world.done(&[&sign[..], &whom, &out].concat());

    let rows = json!([row("a/profile.json", "grant.json")]);
    let copy_for = ["--copy-for", &party];
    let (code, issued, _) = scene.issue_with("people.json", &rows, &copy_for);
    assert_eq!((code, events(&issued)), (Some(0), vec!["issued", "all"]));
    let (code, lines, _) = scene.issue_with("people.json", &rows, &copy_for);
    assert_eq!(
        (code, events(&lines)),
        (Some(0), vec!["issued-before", "all"])
    );
    // Without its journal. What the issuer cannot look at, those who can are to look for.
    let (code, lines, _) = scene.issue_with("again.json", &rows, &copy_for);
    assert_eq!(code, Some(1));
    assert_refused(&scene, "again.json", &lines, "cannot be proved");
    for name in ["id", "copy"] {
        assert_refused(&scene, "again.json", &lines, &id(&issued[0][name]));
    }
}
