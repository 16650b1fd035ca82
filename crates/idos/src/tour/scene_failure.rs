//! A node dies, and life goes on.

use std::time::Duration;

use idos_client::{FlowError, consumer::GRANTS_PER_PAGE, person::ShareTerms};
use tokio::time::{Instant, sleep};

use super::{Network, Report, Step, TourError, cast::Cast};

/// Which node dies.
const NODE: usize = 0;
/// How long a killed process may take to be gone.
const GONE: Duration = Duration::from_secs(5);

/// The scene.
pub(crate) async fn play(
    cast: &mut Cast,
    network: &mut Network,
    report: &mut Report,
) -> Result<(), TourError> {
    report.scene("failure")?;
    match network.kill(NODE) {
        None => report.saw(
            "operator",
            "the network is not the tour's own: no node is killed",
        )?,
        Some(killed) => {
            report.check(
                "operator",
                "a node is killed and answers no more",
                killed && is_gone(cast).await,
            )?;
        }
    }
    let who = cast.near.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let opened = cast.near.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let shared = opened
        .person
        .share(
            &opened.keys,
            kyc.original,
            &recipient,
            ShareTerms::default(),
        )
        .await
        .step(who)?;
    let fetched = cast.second.consumer.fetch(shared.copy).await;
    report.check(
        cast.second.who,
        "what is shared from now on is there, with proof",
        fetched.is_ok_and(|fetched| fetched.owner == opened.person.id()),
    )?;
    let page = cast.first.consumer.grants(None, 1, GRANTS_PER_PAGE).await;
    let page = page.step(cast.first.who)?;
    let locked = cast.locked.map(|(shared, _)| shared.grant);
    report.check(
        cast.first.who,
        "what was acknowledged before is still there",
        page.grants.iter().any(|grant| Some(grant.id) == locked),
    )
}

/// Whether the node stops answering.
async fn is_gone(cast: &Cast) -> bool {
    let end = Instant::now() + GONE;
    while cast.network.nodes().status(NODE).await.is_ok() {
        if Instant::now() > end {
            return false;
        }
        sleep(Duration::from_millis(50)).await;
    }
    true
}
