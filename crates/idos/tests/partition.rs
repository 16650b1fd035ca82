//! Four nodes on hosts of their own, between which the network breaks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    env, thread,
    time::{Duration, Instant},
};

use support::{
    lan::Lan,
    load::{AGREE, under_load},
    network::Network,
};

/// Set where a machine that cannot make hosts is a fault of the machine.
const NEEDED: &str = "IDOS_NEEDS_PARTITION";
/// What was under way when the network broke is answered within this time.
const SETTLE: Duration = Duration::from_secs(3);
const BROKEN: Duration = Duration::from_secs(5);
/// How long it takes at most until writes are acknowledged after the network is whole again.
const AGAIN: Duration = Duration::from_secs(30);

#[test]
fn a_network_that_breaks_apart_loses_nothing_and_goes_on_by_itself() {
    let Some(lan) = Lan::new(4) else {
        let text = "it takes root, and unshare, nsenter and ip of util-linux and iproute2";
        assert!(env::var_os(NEEDED).is_none(), "{NEEDED} is set: {text}");
        eprintln!("not tested: {text}");
        return;
    };
    lan.enter();
    let mut network = Network::on(lan);
    let writes = under_load(&mut network, |network, acknowledged| {
        thread::sleep(BROKEN);
        let mut before = acknowledged();
        assert!(before > 0, "{}", network.logs());
        // Two and two: neither half has the votes for anything.
        network.lan().cut_off(&[1, 3]);
        thread::sleep(SETTLE);
        let at_most = acknowledged();
        thread::sleep(BROKEN);
        assert_eq!(acknowledged(), at_most, "{}", network.logs());
        // Three and one: the three go on.
        for alone in 0..4 {
            network.lan().cut_off(&[]);
            before = acknowledged();
            wait_for_more(network, acknowledged, before);
            network.lan().cut_off(&[alone]);
            thread::sleep(SETTLE);
            before = acknowledged();
            wait_for_more(network, acknowledged, before);
        }
        network.lan().cut_off(&[]);
        network.wait_until_equal(AGREE);
    });
    eprintln!("{writes} acknowledged writes");
}

fn wait_for_more(network: &Network, acknowledged: &dyn Fn() -> usize, before: usize) {
    let start = Instant::now();
    while acknowledged() == before {
        assert!(start.elapsed() < AGAIN, "{}", network.logs());
        thread::sleep(Duration::from_millis(50));
    }
    eprintln!("more after {:.1?}", start.elapsed());
}
