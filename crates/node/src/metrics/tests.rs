use idos_wire::ErrorCode;

use super::*;

/// The value of a sample, by its name and labels as they are written.
fn sample(text: &str, name: &str) -> Option<f64> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}

fn text(metrics: &Metrics) -> String {
    metrics.text(&Standing::default(), 0, "").unwrap()
}

#[test]
fn requests_are_counted_by_method_and_outcome() {
    let metrics = Metrics::default();
    let ok = Ok(Reply::Ping(idos_wire::Pong::default()));
    let refused = Err(RpcError::new(ErrorCode::NotAuthorized, "x"));
    let failed = Err(RpcError::new(ErrorCode::Database, "x"));
    for outcome in [&ok, &ok, &refused, &failed] {
        let mut counted = metrics.request();
        counted.asks(Method::Ping);
        counted.ends(Ending::of(outcome));
    }
    // Whoever asked left before the answer; another one sent what is no request.
    metrics.request().asks(Method::Call);
    metrics.request().ends(Ending::of(&refused));
    let text = text(&metrics);
    for (method, outcome, count) in [
        ("user.ping", "ok", 2.0),
        ("user.ping", "refused", 1.0),
        ("user.ping", "failed", 1.0),
        ("user.call", "abandoned", 1.0),
        ("unknown", "refused", 1.0),
    ] {
        let name = format!(r#"idos_requests_total{{method="{method}",outcome="{outcome}"}}"#);
        assert_eq!(sample(&text, &name), Some(count), "{name} in {text}");
    }
    let name = r#"idos_request_duration_seconds_count{method="user.ping"}"#;
    assert_eq!(sample(&text, name), Some(4.0));
    assert_eq!(text.matches("idos_requests_total{").count(), 5);
}

/// Alarms are set on what fails: callers must not be able to raise them.
#[test]
fn what_the_caller_got_wrong_is_no_failure_of_the_node() {
    for code in [
        ErrorCode::Engine,
        ErrorCode::DatasetNotFound,
        ErrorCode::TransactionInternal,
        ErrorCode::TooManyRequests,
    ] {
        let outcome = Err(RpcError::new(code, "x"));
        assert_eq!(Ending::of(&outcome), Ending::Refused, "{code:?}");
    }
}

#[test]
fn what_happens_is_counted() {
    let metrics = Metrics::default();
    metrics.session_made();
    metrics.executed(Instant::now(), 3);
    metrics.clone().executed(Instant::now(), 4);
    let text = text(&metrics);
    assert_eq!(sample(&text, "idos_sessions_total"), Some(1.0));
    assert_eq!(sample(&text, "idos_executed_entries_total"), Some(7.0));
    assert_eq!(
        sample(&text, "idos_block_execution_seconds_count"),
        Some(2.0)
    );
}

#[test]
fn where_the_node_stands_is_told_with_one_end() {
    let standing = Standing {
        height: 7,
        certified_height: 6,
        peers: 3,
        syncing: true,
        mempool_bytes: 90,
        ..Standing::default()
    };
    let metrics = Metrics::default();
    for engine in ["", "# TYPE votes counter\nvotes_total 1\n# EOF\n"] {
        let text = metrics.text(&standing, 4096, engine).unwrap();
        for (name, value) in [
            ("idos_height", 7.0),
            ("idos_certified_height", 6.0),
            ("idos_peers", 3.0),
            ("idos_syncing", 1.0),
            ("idos_healthy", 0.0),
            ("idos_mempool_bytes", 90.0),
            ("idos_database_bytes", 4096.0),
        ] {
            assert_eq!(sample(&text, name), Some(value), "{name} in {text}");
        }
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(text.contains("votes_total 1"), !engine.is_empty());
    }
}
