use std::error::Error;

use super::*;

const EVM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const HEX_KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// Another key without its first four digits.
const KEY_2_REST: &str = "17c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const NEAR: &str = "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF";
const XRPL: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const STELLAR: &str = "GAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZ6Q";

fn genesis(text: &str) -> Result<Genesis, SettingsError> {
    Genesis::parse(text, Path::new("genesis.toml"))
}

fn with(key: &str, value: &str) -> Result<Genesis, SettingsError> {
    let mut text = String::new();
    for (name, usual) in [
        ("chain_id", "'idos-1'"),
        ("owner", &format!("'{EVM}'")),
        ("time_millis", "1739280957000"),
        ("body_retention_seconds", "3600"),
        ("epoch_blocks", "256"),
    ] {
        let value = if name == key { value } else { usual };
        text += &format!("{name} = {value}\n");
    }
    genesis(&text)
}

#[track_caller]
fn assert_refused(key: &str, value: &str, cause: &str) {
    let error = with(key, value).unwrap_err();
    let SettingsError::Key { key: named, .. } = &error else {
        panic!("{key} = {value}: {error}");
    };
    assert_eq!(named, key);
    let source = error.source().unwrap().to_string();
    assert!(source.contains(cause), "{key} = {value}: {source}");
}

#[test]
fn the_written_file_is_the_genesis() {
    for owner in [EVM, HEX_KEY, NEAR, XRPL, STELLAR] {
        let made = Genesis::new("idos.Test_1-x", owner, 1_739_280_957_000).unwrap();
        assert_eq!(genesis(&made.to_file()).unwrap(), made);
        assert_eq!(made.owner, Identity::of(owner));
        assert_eq!(made.body_retention_seconds, 3_600);
    }
}

#[test]
fn chain_ids_are_short_and_plain() {
    assert!(with("chain_id", &format!("'{}'", "a".repeat(64))).is_ok());
    for refused in [
        "",
        " ",
        "a b",
        "a\\nb",
        "ä",
        "a/b",
        "a\\\"",
        &"a".repeat(65),
    ] {
        assert_refused("chain_id", &format!("\"{refused}\""), "a chain id has");
    }
    assert_refused("chain_id", "1", "integer");
    assert_eq!(Genesis::new("", EVM, 1), Err(ChainIdError::Text.into()));
}

#[test]
fn owners_are_identities() {
    let upper = format!("0x{}", EVM[2..].to_uppercase());
    for owner in [EVM, &EVM.to_lowercase(), &upper, &HEX_KEY.to_uppercase()] {
        let owner = with("owner", &format!("'{owner}'")).unwrap().owner;
        assert_eq!(owner.as_str(), owner.as_str().to_lowercase());
    }
    for refused in [
        "",
        "alice.near",
        "0x",
        &EVM[..41],
        &format!("{EVM}0"),
        &EVM.replace("5aA", "5AA"),
        &EVM.replace("0x", "0X"),
        &HEX_KEY[..63],
        &HEX_KEY.replace('d', "g"),
        // No point of the curve, and one of small order.
        &format!("02{}", "0".repeat(62)),
        &"0".repeat(64),
        "ed25519:",
        &NEAR[..NEAR.len() - 1],
        &format!("{NEAR}1"),
        &XRPL.replace("rHb9", "rHb8"),
        "r",
        // A seed, not an address.
        "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
        &STELLAR.replace("GAB", "GAC"),
        "G",
        &"1".repeat(10_000),
    ] {
        assert_refused("owner", &format!("'{refused}'"), "the owner is none of");
    }
    assert_refused("owner", "[]", "sequence");
    assert_eq!(Genesis::new("a", "b", 1), Err(GenesisError::Owner));
}

#[test]
fn numbers_have_their_ranges() {
    for (key, most) in [
        ("time_millis", "253402300799999"),
        ("body_retention_seconds", "2592000"),
        ("epoch_blocks", "65536"),
    ] {
        let least = if key == "epoch_blocks" { 128 } else { 1 };
        assert!(with(key, most).is_ok() && with(key, &least.to_string()).is_ok());
        let beyond = (most.parse::<u64>().unwrap() + 1).to_string();
        for refused in [&(least - 1).to_string(), &beyond, "9223372036854775807"] {
            assert_refused(key, refused, &format!("from {least} to {most}"));
        }
        assert_refused(key, "-1", "-1");
        assert_refused(key, "'1'", "string");
    }
}

#[test]
fn keys_are_known_and_there() {
    assert_refused_whole("chain_id = 'a'\ntime_millis = 1", "`owner`");
    assert_refused_whole("owner = '0x'", "owner");
    assert_refused_whole("", "`chain_id`");
    let text = Genesis::new("a", EVM, 1).unwrap().to_file();
    let error = genesis(&format!("{text}\nextra = 1")).unwrap_err();
    assert!(matches!(error, SettingsError::Key { key, .. } if key == "extra"));
    let shorter = text.replace("body_retention_seconds = 3600", "");
    assert_eq!(genesis(&shorter).unwrap().body_retention_seconds, 3_600);
    let shorter = text.replace("epoch_blocks = 256", "");
    assert_eq!(genesis(&shorter).unwrap().epoch_blocks.blocks(), 256);
}

#[track_caller]
fn assert_refused_whole(text: &str, cause: &str) {
    let error = genesis(text).unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains(cause), "{source}");
}

#[test]
fn every_fact_is_in_the_hash() {
    let usual = Genesis::new("a", EVM, 1).unwrap();
    let validators = |text: &str| {
        let text = usual.to_file() + text;
        genesis(&text).unwrap()
    };
    let one =
        format!("[[validators]]\nkey = '{HEX_KEY}'\noperator = '{EVM}'\naddress = '192.0.2.1:1'\n");
    let others = [
        usual.clone(),
        Genesis::new("b", EVM, 1).unwrap(),
        Genesis::new("a", XRPL, 1).unwrap(),
        Genesis::new("a", EVM, 2).unwrap(),
        Genesis {
            body_retention_seconds: 1,
            ..usual.clone()
        },
        Genesis {
            epoch_blocks: EpochLength::new(128).unwrap(),
            ..usual.clone()
        },
        validators(&one),
        validators(
            &one.replace("d75a", "3d40")
                .replace(&HEX_KEY[4..], KEY_2_REST),
        ),
        validators(&one.replace(EVM, XRPL)),
        validators(&one.replace(":1'", ":2'")),
        validators(&origin("b", 'a', 7, 'b', 8)),
        validators(&origin("c", 'a', 7, 'b', 8)),
        validators(&origin("b", 'c', 7, 'b', 8)),
        validators(&origin("b", 'a', 6, 'b', 8)),
        validators(&origin("b", 'a', 7, 'c', 8)),
        validators(&origin("b", 'a', 7, 'b', 9)),
    ];
    let hashes: std::collections::BTreeSet<_> = others.iter().map(Genesis::hash).collect();
    assert_eq!(hashes.len(), others.len());
}

fn origin(chain_id: &str, genesis: char, height: u64, root: char, blocks: u64) -> String {
    let [genesis, root] = [genesis, root].map(|digit| digit.to_string().repeat(64));
    format!(
        "[origin]\nchain_id = '{chain_id}'\ngenesis = '{genesis}'\nheight = {height}\n\
         root = '{root}'\nblocks = {blocks}\n"
    )
}

#[test]
fn the_origin_is_read_as_it_was_written() {
    let text = Genesis::new("a", EVM, 1).unwrap().to_file();
    assert_eq!(genesis(&text).unwrap().earlier_blocks(), 0);
    let made = genesis(&(text.clone() + &origin("b", 'a', 7, 'b', 8))).unwrap();
    assert_eq!(made.earlier_blocks(), 8);
    assert_eq!(genesis(&made.to_file()).unwrap(), made);
    for refused in [
        origin("", 'a', 7, 'b', 8),
        origin("b", 'x', 7, 'b', 8),
        origin("b", 'a', 7, 'x', 8),
        origin("b", 'a', 1 << 39, 'b', 8),
        origin("b", 'a', 7, 'b', 1 << 39),
        origin("b", 'a', 7, 'b', 8) + "more = 1\n",
    ] {
        assert!(genesis(&(text.clone() + &refused)).is_err(), "{refused}");
    }
}

#[test]
fn no_identity_is_in_debug_output() {
    let made = Genesis::new("a", EVM, 1).unwrap();
    assert!(!format!("{made:?}").to_lowercase().contains("5aaeb6"));
}
