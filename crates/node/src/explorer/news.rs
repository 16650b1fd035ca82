//! What happens, told to whoever listens: read once for all of them. Also how long certificates
//! take, which nothing stored tells.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::body::Bytes;
use idos_connections::Households;
use idos_explorer::CertificateSample;
use idos_proof::RootCertificate;
use idos_store::Readers;
use idos_types::limits::{
    EXPLORER_LISTEN_SECONDS, EXPLORER_LISTENERS, EXPLORER_LISTENERS_PER_ADDRESS,
};
use serde::Serialize;
use serde_json::json;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval, sleep_until},
};

use super::chain::summary;
use crate::{clock, shared::Shared};

/// Certificates whose time is remembered.
const SAMPLES: usize = 60;
/// Events that wait for a listener; blocks that come meanwhile are skipped.
const WAITING: usize = 4;
/// How often a connection on which nothing happens shows that it is there.
const ALIVE: Duration = Duration::from_secs(15);

/// What happens.
pub(crate) struct News {
    block: watch::Sender<Bytes>,
    certified: watch::Sender<Bytes>,
    listeners: Households,
    samples: Mutex<VecDeque<CertificateSample>>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            block: watch::Sender::new(Bytes::new()),
            certified: watch::Sender::new(Bytes::new()),
            listeners: Households::new(EXPLORER_LISTENERS, EXPLORER_LISTENERS_PER_ADDRESS),
            samples: Mutex::default(),
        }
    }
}

/// An event in the format of server-sent events.
fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

impl News {
    /// How long the newest certificates took, the oldest first.
    pub(super) fn samples(&self) -> Vec<CertificateSample> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().copied().collect()
    }

    /// Events for one more listener; `None` if there are too many.
    pub(super) fn listen(
        self: &Arc<Self>,
        peer: IpAddr,
        stop: watch::Receiver<bool>,
    ) -> Option<mpsc::Receiver<Bytes>> {
        let seat = self.listeners.enter(peer).ok()?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let (block, certified) = (self.block.subscribe(), self.certified.subscribe());
        tokio::spawn(async move {
            tell(sender, block, certified, stop).await;
            drop(seat);
        });
        Some(receiver)
    }

    /// Follows a node until that is gone.
    pub(crate) async fn follow(self: Arc<Self>, shared: Weak<Shared>, readers: Readers) {
        let Some(first) = shared.upgrade() else {
            return;
        };
        let mut progress = first.progress.subscribe();
        let mut certificate = first.certificates.newest.subscribe();
        drop(first);
        loop {
            let is_alive = tokio::select! {
                changed = progress.changed() => changed.is_ok(),
                changed = certificate.changed() => {
                    let height = *certificate.borrow_and_update();
                    changed.is_ok() && self.certificate_came(&shared, height)
                }
            };
            let Some(shared) = shared.upgrade().filter(|_| is_alive) else {
                return;
            };
            let tip = progress.borrow_and_update().tip.height;
            if self.block.receiver_count() > 0 {
                self.block_came(&readers, tip, shared.certified()).await;
            }
        }
    }

    /// Reads the newest block once for all listeners.
    async fn block_came(&self, readers: &Readers, tip: u64, certified: u64) {
        let readers = readers.clone();
        let read = move || readers.read(|snapshot| snapshot.blocks_below(tip.saturating_add(1), 1));
        // Whoever listens hears of the next one if this one cannot be read.
        let Ok(Ok(Ok(blocks))) = tokio::task::spawn_blocking(read).await else {
            return;
        };
        for listed in blocks {
            let told = event("block", &summary(listed, certified));
            self.block.send_if_modified(|last| {
                let is_new = *last != told;
                *last = told;
                is_new
            });
        }
    }

    /// Notes how long a certificate took; false if the node is gone.
    fn certificate_came(&self, shared: &Weak<Shared>, height: u64) -> bool {
        let Some(shared) = shared.upgrade() else {
            return false;
        };
        let now = clock::now().millis();
        let recent = shared.certificates.from(height).into_iter().next();
        let recent = recent.filter(|(of, _)| *of == height);
        if let Some((_, bytes)) = recent
            && let Ok(certificate) = RootCertificate::decode(&bytes)
        {
            let made = certificate.statement().time.millis();
            self.sample(height, now.saturating_sub(made));
        }
        self.certified
            .send_replace(event("certified", &json!({ "height": height })));
        true
    }

    fn sample(&self, height: u64, millis: u64) {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push_back(CertificateSample { height, millis });
        while samples.len() > SAMPLES {
            samples.pop_front();
        }
    }
}

/// Passes events on to one listener until that leaves, its time is up or the server stops.
async fn tell(
    sender: mpsc::Sender<Bytes>,
    mut block: watch::Receiver<Bytes>,
    mut certified: watch::Receiver<Bytes>,
    mut stop: watch::Receiver<bool>,
) {
    let end = Instant::now() + Duration::from_secs(EXPLORER_LISTEN_SECONDS);
    let mut alive = interval(ALIVE);
    loop {
        let told = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = sleep_until(end) => return,
            () = sender.closed() => return,
            changed = block.changed() => changed.map(|()| block.borrow_and_update().clone()),
            changed = certified.changed() => {
                changed.map(|()| certified.borrow_and_update().clone())
            }
            // A comment, which listeners skip.
            _ = alive.tick() => Ok(Bytes::from_static(b":\n\n")),
        };
        let Ok(told) = told else {
            return;
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = sleep_until(end) => return,
            sent = sender.send(told) => if sent.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[tokio::test]
    async fn listeners_of_an_address_are_bounded() {
        let news = Arc::new(News::default());
        let (_stop, stopped) = watch::channel(false);
        let listen = |number| news.listen(address(number), stopped.clone());
        let listeners = [(); EXPLORER_LISTENERS_PER_ADDRESS].map(|()| listen(1).unwrap());
        assert!(listen(1).is_none());
        assert!(listen(2).is_some());
        drop(listeners);
    }

    #[tokio::test]
    async fn a_listener_hears_what_happens_until_the_server_stops() {
        let news = Arc::new(News::default());
        let (stop, stopped) = watch::channel(false);
        let mut heard = news.listen(address(1), stopped).unwrap();
        assert_eq!(heard.recv().await.unwrap(), ":\n\n");
        news.block.send_replace(event("block", &7));
        assert_eq!(heard.recv().await.unwrap(), "event: block\ndata: 7\n\n");
        stop.send_replace(true);
        assert_eq!(heard.recv().await, None);
        drop(heard);
        while !news.listeners.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn the_oldest_samples_go() {
        let news = News::default();
        for height in 0..100 {
            news.sample(height, 1);
        }
        let samples = news.samples();
        assert_eq!(samples.len(), SAMPLES);
        assert_eq!(samples.last().unwrap().height, 99);
    }
}
