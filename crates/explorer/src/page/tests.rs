use idos_types::Uuid;

use super::*;
use crate::{
    answer::{
        Block, BlockList, BlockSummary, Certified, Checkpoint, Grant, GrantList, Motion,
        MotionList, Network, Sizes, Stats, TransactionSummary, Validator, ValidatorList,
    },
    question::GrantsBy,
};

/// What somebody might call themselves.
const EVIL: &str = "<script>alert(\"'1'\")</script>";
/// The same, to look like something else: right to left from here on, and a space of no width.
const TURNED: &str = "Bank\u{202e}fdp\u{200b}";

fn evil() -> String {
    EVIL.to_owned()
}

fn network() -> Network {
    Network {
        chain_id: evil(),
        genesis: evil(),
        checkpoint: None,
        fingerprint: None,
        height: 1_234_567,
        block_time: 1_800_000_000_000,
        certified_height: 1_234_566,
        epoch: 3,
        epoch_blocks: 100,
        validators: 4,
        quorum: 3,
        healthy: true,
        node: evil(),
        sizes: Sizes {
            people: 1,
            parties: 2,
            accounts: 3,
            leaves: 4,
            transactions: 5,
            credentials: None,
            grants: Some(6),
        },
        parameters: vec![],
    }
}

fn a_grant() -> Grant {
    Grant {
        id: evil(),
        grantee: evil(),
        grantee_name: Some(evil()),
        data_id: evil(),
        locked_until: 0,
        expires_at: i64::MAX,
        height: 7,
    }
}

fn a_transaction() -> TransactionSummary {
    TransactionSummary {
        hash: evil(),
        height: 7,
        position: 0,
        kind: evil(),
        code: 1,
    }
}

fn a_block() -> Block {
    Block {
        height: 7,
        hash: evil(),
        header: evil(),
        parent: Some(evil()),
        proposer: Some(evil()),
        time: 0,
        epoch: 0,
        root: evil(),
        leaves: 1,
        transactions: vec![a_transaction()],
        certificate: Some(Certified {
            bytes: evil(),
            signers: vec![evil()],
            validators: 4,
        }),
        has_next: true,
    }
}

fn a_validator() -> Validator {
    Validator {
        key: evil(),
        operator: evil(),
        operator_name: Some(evil()),
        address: evil(),
        status: evil(),
        votes: true,
        signed: 1,
        last_signed: Some(7),
        last_signed_time: Some(7),
        expires_at: 1,
        height: 7,
    }
}

fn validator_list(validator: Validator) -> ValidatorList {
    ValidatorList {
        epoch: 1,
        counted: 2,
        validators: vec![validator],
    }
}

fn a_motion() -> Motion {
    Motion {
        id: evil(),
        action: evil(),
        arguments: evil(),
        proposer: evil(),
        expires_at: 1,
        height: 7,
        votes: vec![evil()],
    }
}

/// Every page, with that text wherever somebody could have put it.
fn pages() -> Vec<String> {
    let summary = BlockSummary {
        height: 7,
        hash: evil(),
        time: u64::MAX,
        transactions: 1,
        certified: false,
    };
    let list = BlockList {
        blocks: vec![summary],
        next: Some(7),
    };
    let grants_found = GrantList {
        grants: vec![a_grant()],
        total: Some(2),
        next: Some(evil()),
    };
    let stats = Stats {
        minutes: vec![],
        certificates: vec![],
    };
    let by_data = GrantsBy::Data(Uuid::nil());
    vec![
        home(&network(), &list, &stats),
        blocks(&list),
        block(&a_block()),
        transaction(&a_transaction()),
        grants(None),
        grants(Some((&GrantsBy::Grantee(evil()), &grants_found))),
        grants(Some((&by_data, &grants_found))),
        grant(&a_grant(), 7),
        validators(&validator_list(a_validator())),
        motions(&MotionList {
            motions: vec![a_motion()],
            next: Some(7),
        }),
        about(&network()),
        not_found(EVIL),
        page_of_refusal(EVIL),
        search_fault(EVIL),
    ]
}

#[test]
fn whatever_is_shown_is_escaped() {
    for page in pages() {
        assert!(!page.contains("<script>"), "{page}");
        assert!(!page.contains("alert(\""), "{page}");
        // The one script is the explorer's own.
        assert_eq!(page.matches("<script").count(), 1);
    }
}

/// The pages that show what others wrote, with that text wherever it may be.
fn pages_of_others(text: &str) -> Vec<String> {
    let grant_found = Grant {
        grantee: text.to_owned(),
        grantee_name: Some(text.to_owned()),
        ..a_grant()
    };
    let list = GrantList {
        grants: vec![grant_found.clone()],
        total: None,
        next: None,
    };
    let validator = Validator {
        operator: text.to_owned(),
        operator_name: Some(text.to_owned()),
        ..a_validator()
    };
    let motion = Motion {
        arguments: format!("[\"{text}\"]"),
        proposer: text.to_owned(),
        votes: vec![text.to_owned()],
        ..a_motion()
    };
    vec![
        grant(&grant_found, 7),
        grants(Some((&GrantsBy::Data(Uuid::nil()), &list))),
        validators(&validator_list(validator)),
        motions(&MotionList {
            motions: vec![motion],
            next: None,
        }),
    ]
}

#[test]
fn nothing_is_shown_that_is_not_seen() {
    for page in pages_of_others(TURNED) {
        let unseen = page.find(idos_types::is_unseen);
        assert_eq!(
            unseen.and_then(|at| page.get(at.saturating_sub(80)..)),
            None
        );
        assert!(page.contains("Bank\\u{202e}fdp\\u{200b}"), "{page}");
    }
}

#[test]
fn names_are_apart_from_what_is_around_them() {
    let [one, list, nodes, _] = pages_of_others(TURNED).try_into().unwrap();
    for page in [one, list, nodes] {
        assert_eq!(page.matches("<bdi>Bankfdp</bdi>").count(), 1, "{page}");
    }
    // Of whom nothing would be seen, no name is shown.
    let [one, list, nodes, _] = pages_of_others("\u{202e}\u{200b}").try_into().unwrap();
    for page in [one, list, nodes] {
        assert!(!page.contains("<bdi>"), "{page}");
        assert!(!page.contains("as it calls itself"), "{page}");
    }
}

#[test]
fn nothing_is_inline_or_of_others() {
    for page in pages() {
        for refused in [
            " style=",
            "<style",
            " onclick",
            " onload",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!page.contains(refused), "{refused} in {page}");
        }
    }
}

#[test]
fn every_page_has_one_heading_and_one_title() {
    for page in pages() {
        assert_eq!(page.matches("<h1").count(), 1);
        assert_eq!(page.matches("<main").count(), 1);
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    }
}

#[test]
fn numbers_have_their_thousands_apart() {
    for (number, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(super::text::number(number), text);
    }
}

/// `web/explorer/src/live.ts` keeps these current, in the same words.
#[test]
fn what_the_script_keeps_current_is_where_it_looks() {
    let no_blocks = BlockList {
        blocks: vec![],
        next: None,
    };
    let no_stats = Stats {
        minutes: vec![],
        certificates: vec![],
    };
    for (certified, told) in [
        (1_234_565, "2 blocks behind the newest"),
        (1_234_566, "1 block behind the newest"),
        (1_234_567, "up to the newest block"),
    ] {
        let of = Network {
            certified_height: certified,
            ..network()
        };
        let page = home(&of, &no_blocks, &no_stats);
        for shown in [
            "<p class=\"tile-value\" id=\"height\">1,234,567</p>".to_owned(),
            "id=\"height-time\"><time datetime=\"2027-01-15T08:00:00Z\">2027-01-15 08:00:00 UTC</time></p>".to_owned(),
            format!("id=\"certified\">{}</p>", super::text::number(certified)),
            format!("id=\"certified-lag\">{told}</p>"),
        ] {
            assert!(page.contains(&shown), "{shown} in {page}");
        }
    }
}

/// `web/explorer/src/shown.ts` reads these, and `verify.ts` compares them with what was signed.
#[test]
fn what_the_script_compares_is_where_it_looks() {
    let hash = |digit: &str| digit.repeat(64);
    let code = |digit: &str| format!("<code class=\"digest\">{}</code>", hash(digit));
    let page = block(&Block {
        height: 1_234,
        hash: hash("a"),
        parent: Some(hash("b")),
        proposer: Some(hash("c")),
        epoch: 5_678,
        root: hash("d"),
        leaves: 1_000_000,
        certificate: Some(Certified {
            bytes: hash("9"),
            signers: vec![hash("e"), hash("f")],
            validators: 2,
        }),
        ..a_block()
    });
    for shown in [
        "<h1>Block 1,234</h1>".to_owned(),
        "<dd id=\"fact-epoch\">5,678</dd>".to_owned(),
        format!("<dd id=\"fact-hash\">{}</dd>", code("a")),
        format!(
            "<dd id=\"fact-parent\"><a href=\"/explorer/blocks/1233\">{}</a></dd>",
            code("b")
        ),
        format!("<dd id=\"fact-proposer\">{}</dd>", code("c")),
        format!("<dd id=\"fact-root\">{}</dd>", code("d")),
        "<dd id=\"fact-leaves\">1,000,000</dd>".to_owned(),
        "<span id=\"fact-signed\">2 of 2 validators</span> signed".to_owned(),
        format!("<li>{}</li><li>{}</li>", code("e"), code("f")),
        format!(
            "<section class=\"stack\" aria-labelledby=\"signatures\" data-certificate=\"{}\">",
            hash("9")
        ),
    ] {
        assert!(page.contains(&shown), "{shown} in {page}");
    }
    let without = block(&Block {
        certificate: None,
        ..a_block()
    });
    assert!(!without.contains("data-certificate"), "{without}");
    assert!(!without.contains("fact-signed"), "{without}");
}

/// So that a grantee with spaces at its ends is compared with them.
#[test]
fn a_grantee_stands_alone_in_its_link() {
    let page = grant(
        &Grant {
            grantee: " x\u{a0}".to_owned(),
            ..a_grant()
        },
        7,
    );
    let shown = "<a id=\"fact-grantee\" href=\"/explorer/grants?grantee=+x%C2%A0\">\
                 <code class=\"digest\"> x\u{a0}</code></a>";
    assert!(page.contains(shown), "{shown} in {page}");
}

#[test]
fn the_fingerprint_is_where_the_script_compares_it() {
    let fingerprint = "9".repeat(64);
    let page = about(&Network {
        fingerprint: Some(fingerprint.clone()),
        checkpoint: Some(Checkpoint {
            chain_id: "c".to_owned(),
            epoch: "0".to_owned(),
            sets: [String::new(), String::new()],
        }),
        ..network()
    });
    let shown =
        format!("<dd id=\"fact-fingerprint\"><code class=\"digest\">{fingerprint}</code></dd>");
    assert!(page.contains(&shown), "{shown} in {page}");
    assert!(page.contains("id=\"verdict\" data-verify=\"anchor\" role=\"status\""));
    assert!(!about(&network()).contains("id=\"verdict\""));
}
