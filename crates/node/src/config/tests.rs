use std::error::Error;

use super::*;

fn config(text: &str) -> Result<Config, SettingsError> {
    Config::parse(text, Path::new("config.toml"))
}

/// Every path of a key in a table.
fn keys(table: &toml::Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        match value.as_table() {
            Some(inner) => keys.extend(self::keys(inner).iter().map(|k| format!("{key}.{k}"))),
            None => keys.push(key.clone()),
        }
    }
    keys
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(config("").unwrap(), Config::default());
    assert_eq!(config("[database]\n[log]\n").unwrap(), Config::default());
}

#[test]
fn the_written_file_is_the_settings_and_names_every_key() {
    let other = Config {
        listen: "[::]:80".parse().unwrap(),
        p2p_listen: "[::1]:81".parse().unwrap(),
        metrics_listen: Some("[::1]:82".parse().unwrap()),
        public_urls: vec![PublicUrl::parse("http://a.example/x").unwrap()],
        mode: Mode::Private,
        insecure_cookies: true,
        trust_forwarded_for: true,
        stranger_writes_per_minute: 0,
        kept_blocks_gib: 65_536,
        explorer: false,
        vote_marker: Some("/a\"b/c".into()),
        peers: PeersConfig {
            most: 256,
            private_addresses: true,
            any_source: true,
        },
        database: DatabaseConfig {
            cache_mib: 8,
            readers: 64,
        },
        log: LogConfig {
            format: LogFormat::Json,
            filter: "a\"\\\n=debug".to_owned(),
        },
    };
    for settings in [Config::default(), other] {
        let text = settings.to_file();
        assert_eq!(config(&text).unwrap(), settings);
        let written: toml::Table = text.parse().unwrap();
        assert_eq!(
            keys(&written),
            keys(&toml::Table::try_from(&settings).unwrap())
        );
    }
}

#[test]
fn programs_of_the_same_machine_ask_where_the_node_listens() {
    for (listen, url) in [
        ("127.0.0.1:8484", "http://127.0.0.1:8484"),
        ("192.0.2.1:80", "http://192.0.2.1:80"),
        ("0.0.0.0:8484", "http://127.0.0.1:8484"),
        ("[::]:8484", "http://[::1]:8484"),
    ] {
        let config = Config {
            listen: listen.parse().unwrap(),
            ..Config::default()
        };
        assert_eq!(config.own_url(), url);
    }
}

#[test]
fn the_vote_marker_is_in_the_folder_unless_it_is_said_where_else() {
    let home = Path::new("/home");
    let of = |text| config(text).unwrap().vote_marker_of(home);
    assert_eq!(of(""), home.join(VOTE_MARKER));
    assert_eq!(of("vote_marker = '/votes/m'"), Path::new("/votes/m"));
}

#[test]
fn other_nodes_reach_every_address_that_is_accepted() {
    for listen in ["0.0.0.0:8485", "192.0.2.1:1", "[2001:db8::1]:1", "[::1]:1"] {
        let text = format!("p2p_listen = '{listen}'");
        assert_eq!(config(&text).unwrap().p2p_listen.to_string(), listen);
    }
}

#[test]
fn an_address_that_shows_ipv4_in_another_form_needs_that_form_allowed() {
    for listen in ["[::]:8485", "[::ffff:192.0.2.1]:1"] {
        for (private_addresses, any_source) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let read = config(&format!(
                "p2p_listen = '{listen}'\n[peers]\nprivate_addresses = {private_addresses}\nany_source = {any_source}"
            ));
            if private_addresses && any_source {
                assert_eq!(read.unwrap().p2p_listen.to_string(), listen);
                continue;
            }
            let error = read.unwrap_err();
            let key = "p2p_listen";
            assert!(matches!(error, SettingsError::Conflict { key: named, .. } if named == key));
            assert!(error.to_string().contains("must be 0.0.0.0 and the port"));
        }
    }
}

#[test]
fn every_key_of_the_written_file_has_its_comment() {
    let text = Config::default().to_file();
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2) {
        if pair[1].contains(" = ") && !pair[1].starts_with('#') {
            assert!(pair[0].starts_with("# "), "{}", pair[1]);
        }
    }
}

#[test]
fn errors_name_the_key_and_keep_their_cause() {
    for (text, key, cause) in [
        ("listen = 'localhost:1'", "listen", "socket address"),
        ("listen = 8484", "listen", "integer"),
        ("p2p_listen = '8485'", "p2p_listen", "socket address"),
        (
            "vote_marker = 'vote.marker'",
            "vote_marker",
            "begins with /",
        ),
        ("vote_marker = '/'", "vote_marker", "begins with /"),
        ("vote_marker = false", "vote_marker", "path"),
        ("metrics_listen = 'on'", "metrics_listen", "socket address"),
        ("public_urls = 'https://a'", "public_urls", "sequence"),
        (
            "public_urls = ['https://a', 'b']",
            "public_urls",
            "begins with http",
        ),
        (
            "public_urls = ['https://a', 'https://A/']",
            "public_urls",
            "twice",
        ),
        ("mode = 'Open'", "mode", "unknown variant"),
        ("insecure_cookies = 'yes'", "insecure_cookies", "boolean"),
        ("trust_forwarded_for = 1", "trust_forwarded_for", "boolean"),
        ("[peers]\nmost = 3", "peers.most", "from 4 to 256"),
        (
            "stranger_writes_per_minute = -1",
            "stranger_writes_per_minute",
            "-1",
        ),
        (
            "stranger_writes_per_minute = 4294967296",
            "stranger_writes_per_minute",
            "u32",
        ),
        (
            "[database]\ncache_mib = 7",
            "database.cache_mib",
            "from 8 to 65536",
        ),
        (
            "[database]\ncache_mib = 65537",
            "database.cache_mib",
            "from 8 to 65536",
        ),
        ("kept_blocks_gib = 1", "kept_blocks_gib", "from 2 to 65536"),
        (
            "[database]\nreaders = 0",
            "database.readers",
            "from 1 to 64",
        ),
        (
            "[database]\nreaders = 65",
            "database.readers",
            "from 1 to 64",
        ),
        ("database.readers = 'x'", "database.readers", "string"),
        (
            "database = { readers = 65 }",
            "database.readers",
            "from 1 to 64",
        ),
        ("database = 1", "database", "integer"),
        ("[log]\nformat = 'xml'", "log.format", "unknown variant"),
        ("[log]\nfilter = ''", "log.filter", "from 1 to 1024"),
        ("[log]\nfilter = ['info']", "log.filter", "sequence"),
        ("listn = ''", "listn", "unknown field"),
        ("[database]\nx.y = 1", "database.x", "unknown field"),
        ("[logs]\nformat = 'text'", "logs", "unknown field"),
    ] {
        let error = config(text).unwrap_err();
        let SettingsError::Key { key: named, .. } = &error else {
            panic!("{text}: {error}");
        };
        assert_eq!(named, key, "{text}");
        assert!(error.to_string().contains("config.toml"));
        assert!(error.to_string().contains("the operator must"));
        let source = error.source().unwrap().to_string();
        assert!(source.contains(cause), "{text}: {source}");
    }
}

#[test]
fn lists_and_texts_are_bounded() {
    let urls = |count| {
        let urls: Vec<_> = (0..count).map(|n| format!("'https://a{n}'")).collect();
        config(&format!("public_urls = [{}]", urls.join(",")))
    };
    assert_eq!(urls(16).unwrap().public_urls.len(), 16);
    assert!(matches!(urls(17), Err(SettingsError::Key { .. })));
    let filter = |len| config(&format!("[log]\nfilter = '{}'", "a".repeat(len)));
    assert!(filter(1024).is_ok());
    assert!(matches!(filter(1025), Err(SettingsError::Key { .. })));
}

#[test]
fn what_is_no_toml_is_named_by_its_line() {
    for text in [
        "listen",
        "listen = ",
        "= 1",
        "a = 1\na = 2",
        "\u{0}",
        "[[[[",
    ] {
        let error = config(text).unwrap_err();
        assert!(matches!(error, SettingsError::Invalid { .. }), "{text}");
        assert!(error.source().unwrap().to_string().contains("line "));
    }
    assert!(config(&format!("a = {}", "[".repeat(10_000))).is_err());
}

#[test]
fn insecure_cookies_exclude_https() {
    let both = "insecure_cookies = true\npublic_urls = ['http://a', 'https://b']";
    let error = config(both).unwrap_err();
    assert!(matches!(
        error,
        SettingsError::Conflict {
            key: "insecure_cookies",
            ..
        }
    ));
    assert!(config("insecure_cookies = true\npublic_urls = ['http://a']").is_ok());
}

#[test]
fn files_are_read_within_bounds() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(Config::FILE);
    let load = || Config::load(home.path());
    assert!(matches!(load(), Err(SettingsError::Read { .. })));
    std::fs::write(&path, Config::default().to_file()).unwrap();
    assert_eq!(load().unwrap(), Config::default());
    std::fs::write(&path, b"# \xff").unwrap();
    assert!(matches!(load(), Err(SettingsError::Read { .. })));
    std::fs::write(&path, "#".repeat(64 * 1024)).unwrap();
    assert!(load().is_ok());
    std::fs::write(&path, "#".repeat(64 * 1024 + 1)).unwrap();
    assert!(matches!(load(), Err(SettingsError::TooLarge { .. })));
}
