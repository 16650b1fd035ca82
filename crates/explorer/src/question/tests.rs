use super::*;

const ID: &str = "00000000-0000-0000-0000-000000000007";

/// One path of the JSON interface, as the OpenAPI document has it.
pub(crate) struct Route {
    /// The path.
    pub(crate) path: &'static str,
    /// The parameters of its query.
    pub(crate) query: &'static [&'static str],
}

/// Every path of the JSON interface: all of them are read, and no others are documented.
pub(crate) const ROUTES: &[Route] = &[
    route("/api/v1/network", &[]),
    route("/api/v1/blocks", &["before", "limit"]),
    route("/api/v1/blocks/{height}", &[]),
    route("/api/v1/transactions/{hash}", &[]),
    route("/api/v1/grants", &["grantee", "data_id", "before", "limit"]),
    route("/api/v1/grants/{id}", &[]),
    route("/api/v1/grants/{id}/proof", &[]),
    route("/api/v1/validators", &[]),
    route("/api/v1/motions", &["offset", "limit"]),
    route("/api/v1/stats", &[]),
    route("/api/v1/events", &[]),
    route("/api/v1/openapi.json", &[]),
];

const fn route(path: &'static str, query: &'static [&'static str]) -> Route {
    Route { path, query }
}

fn value(name: &'static str, expected: &'static str) -> Fault {
    Fault::Value { name, expected }
}

#[test]
fn every_route_is_read() {
    for route in ROUTES {
        let path = route
            .path
            .replace("{height}", "7")
            .replace("{hash}", &"0".repeat(64))
            .replace("{id}", ID);
        let query = match route.path {
            "/api/v1/grants" => "grantee=a",
            _ => "",
        };
        let (format, _) = read(&path, query).unwrap();
        assert_eq!(format, Format::Json, "{path}");
        for name in route.query.iter().filter(|name| **name != "data_id") {
            let query = match (*name, query) {
                ("before", "grantee=a") => format!("{query}&before=7-{ID}"),
                ("grantee", _) => query.to_owned(),
                (name, _) => format!("{query}&{name}=7"),
            };
            assert!(read(&path, &query).is_ok(), "{path}?{query}");
        }
        assert_eq!(read(&path, "other=1"), Err(Fault::Parameter), "{path}");
    }
}

#[test]
fn pages_have_the_same_paths() {
    for path in [
        "",
        "/",
        "/blocks",
        "/blocks/7",
        "/grants",
        "/validators",
        "/motions",
        "/about",
        "/search",
    ] {
        let read = read(&format!("/explorer{path}"), "");
        assert!(matches!(read, Ok((Format::Page, _))), "{path}: {read:?}");
    }
    for (path, file) in [
        (assets::stylesheet_path(), Asked::Stylesheet),
        (assets::script_path(), Asked::Script),
    ] {
        assert_eq!(read(&path, ""), Ok((Format::Page, file)));
    }
    for path in [
        "/other",
        "/explorers",
        "/api/v1",
        "/explorer/grants/",
        "/explorer/blocks/7/8",
        // What is kept for ever is there under its own digest only.
        "/explorer/assets/0/explorer.css",
        "/explorer/assets/explorer.js",
    ] {
        assert!(read(path, "").is_err(), "{path}");
    }
}

#[test]
fn bad_values_say_what_they_must_be() {
    for (path, query, fault) in [
        ("/api/v1/blocks/-1", "", value("height", "a whole number")),
        ("/api/v1/blocks/+1", "", value("height", "a whole number")),
        (
            "/api/v1/blocks/99999999999999999999",
            "",
            value("height", "a whole number"),
        ),
        (
            "/api/v1/transactions/abc",
            "",
            value("hash", "64 hexadecimal digits"),
        ),
        ("/api/v1/grants/abc", "", value("id", "a UUID")),
        ("/api/v1/grants", "data_id=abc", value("data_id", "a UUID")),
        ("/api/v1/grants", "", Fault::GrantsBy),
        (
            "/api/v1/blocks",
            "limit=0",
            value("limit", "a number from 1 to 100"),
        ),
        (
            "/api/v1/blocks",
            "limit=101",
            value("limit", "a number from 1 to 100"),
        ),
        ("/api/v1/blocks", "before=x", value("before", "a height")),
        ("/api/v1/blocks", "before=1&before=2", Fault::Parameter),
        (
            "/api/v1/grants",
            "grantee=a&before=1",
            value("before", "the `next` of another page"),
        ),
    ] {
        assert_eq!(read(path, query), Err(fault), "{path}?{query}");
    }
    let both = format!("grantee=a&data_id={ID}");
    assert_eq!(read("/api/v1/grants", &both), Err(Fault::GrantsBy));
    assert_eq!(read("/explorer/grants", &both), Err(Fault::GrantsBy));
    let long = "a".repeat(EXPLORER_TARGET_BYTES);
    assert_eq!(read("/api/v1/grants", &long), Err(Fault::TooLong));
    let grantee = format!("grantee={}", "a".repeat(EXPLORER_GRANTEE_BYTES + 1));
    assert!(read("/api/v1/grants", &grantee).is_err());
}

#[test]
fn cursors_are_their_own_text() {
    let cursor = Cursor {
        height: 12,
        id: Uuid::from_bytes([9; 16]),
    };
    assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
}

#[test]
fn a_search_finds_what_was_meant() {
    assert_eq!(search(" #1,234 "), Ok(Found::Block(1234)));
    assert_eq!(search("7"), Ok(Found::Block(7)));
    let hash = "ab".repeat(32);
    assert_eq!(search(&hash), Ok(Found::Hash(Digest([0xab; 32]))));
    assert_eq!(
        search(&format!("0x{hash}")),
        Ok(Found::Hash(Digest([0xab; 32])))
    );
    assert_eq!(search(ID), Ok(Found::Id(Uuid::try_parse(ID).unwrap())));
    assert_eq!(search("0xAb"), Ok(Found::Grantee("0xAb".into())));
    assert!(search("  ").is_err());
    assert!(search(&"a".repeat(EXPLORER_GRANTEE_BYTES + 1)).is_err());
}

#[test]
fn a_form_may_leave_a_field_empty() {
    let (_, asked) = read("/explorer/grants", "grantee=+a+&data_id=").unwrap();
    let Asked::Grants { by, .. } = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(by, Some(GrantsBy::Grantee("a".into())));
}
