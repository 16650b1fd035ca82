//! A runtime whose clock is wrong.

use std::{
    convert::Infallible,
    future::Future,
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use commonware_runtime::{
    BlobVersion, Clock, Error, Handle, Metrics, Name, Spawner, Storage, Supervisor, deterministic,
    signal,
    telemetry::metrics::{Metric, Registered},
};
use governor::clock::ReasonablyRealtime;
use rand_core::{TryCryptoRng, TryRng};

/// By how much a clock is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Skew {
    /// Not at all.
    #[default]
    Right,
    /// It is ahead.
    Ahead(Duration),
    /// It is behind.
    Behind(Duration),
}

impl Skew {
    fn shown(self, time: SystemTime) -> SystemTime {
        match self {
            Self::Right => time,
            Self::Ahead(by) => time + by,
            Self::Behind(by) => time - by,
        }
    }

    fn meant(self, time: SystemTime) -> SystemTime {
        match self {
            Self::Right => time,
            // A deadline before the network began has passed.
            Self::Ahead(by) => time.checked_sub(by).unwrap_or(SystemTime::UNIX_EPOCH),
            Self::Behind(by) => time + by,
        }
    }
}

/// The simulated runtime as a node with such a clock sees it. Only the time of day is wrong: what
/// shall take a second takes a second.
pub(super) struct Skewed {
    pub(super) inner: deterministic::Context,
    pub(super) skew: Skew,
}

impl Skewed {
    fn with(&self, inner: deterministic::Context) -> Self {
        Self {
            inner,
            skew: self.skew,
        }
    }
}

impl Clock for Skewed {
    fn current(&self) -> SystemTime {
        self.skew.shown(self.inner.current())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep(duration)
    }

    fn sleep_until(
        &self,
        deadline: SystemTime,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep_until(self.skew.meant(deadline))
    }
}

impl governor::clock::Clock for Skewed {
    type Instant = SystemTime;

    fn now(&self) -> SystemTime {
        self.current()
    }
}

impl ReasonablyRealtime for Skewed {}

// Quotas copy their clock.
impl Clone for Skewed {
    fn clone(&self) -> Self {
        self.with(self.inner.child("copy"))
    }
}

impl Supervisor for Skewed {
    fn name(&self) -> Name {
        self.inner.name()
    }

    fn child(&self, label: &'static str) -> Self {
        self.with(self.inner.child(label))
    }

    fn with_attribute(self, key: &'static str, value: impl std::fmt::Display) -> Self {
        let Self { inner, skew } = self;
        let inner = inner.with_attribute(key, value);
        Self { inner, skew }
    }
}

impl Spawner for Skewed {
    fn shared(self, blocking: bool) -> Self {
        let Self { inner, skew } = self;
        let inner = inner.shared(blocking);
        Self { inner, skew }
    }

    fn dedicated(self) -> Self {
        let Self { inner, skew } = self;
        let inner = inner.dedicated();
        Self { inner, skew }
    }

    fn spawn<F, Fut, T>(self, f: F) -> Handle<T>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let skew = self.skew;
        self.inner.spawn(move |inner| f(Self { inner, skew }))
    }

    async fn stop(self, value: i32, timeout: Option<Duration>) -> Result<(), Error> {
        self.inner.stop(value, timeout).await
    }

    fn stopped(&self) -> signal::Signal {
        self.inner.stopped()
    }
}

impl Metrics for Skewed {
    fn register<N: Into<String>, H: Into<String>, M: Metric>(
        &self,
        name: N,
        help: H,
        metric: M,
    ) -> Registered<M> {
        self.inner.register(name, help, metric)
    }

    fn encode(&self) -> String {
        self.inner.encode()
    }
}

impl Storage for Skewed {
    type Blob = <deterministic::Context as Storage>::Blob;

    async fn open_versioned(
        &self,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(Self::Blob, u64, BlobVersion), Error> {
        self.inner.open_versioned(partition, name, versions).await
    }

    async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.inner.remove(partition, name).await
    }

    async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.inner.scan(partition).await
    }
}

impl TryRng for Skewed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.inner.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.inner.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.inner.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Skewed {}
