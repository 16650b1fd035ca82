//! A stream whose peer must take what is written to it.

use std::{
    future::Future,
    io,
    num::NonZeroU64,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// Ends writes to a peer that takes less than some bytes a second. HTTP has no deadline for that, and an
/// answer that nobody takes, or hardly, would hold its memory and its connection for ever.
///
/// The peer has patience to use up: time in which writes wait for it. Every byte that it takes gives it
/// back the time that a byte has, never more than there was in the beginning. So a line may be dead for a
/// moment, and what was taken fast long ago does not allow to take nothing for long.
pub(super) struct Stall<S> {
    stream: S,
    patience: Duration,
    least_rate: NonZeroU64,
    left: Duration,
    waiting: Option<Waiting>,
}

/// A write that waits for the peer.
struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

impl<S> Stall<S> {
    /// Lets writes to `stream` wait for at most `patience`, and for longer only while the peer takes
    /// `least_rate` bytes a second.
    pub(super) fn new(stream: S, patience: Duration, least_rate: NonZeroU64) -> Self {
        Self {
            stream,
            patience,
            least_rate,
            left: patience,
            waiting: None,
        }
    }

    /// The stream.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn limited(
        &mut self,
        cx: &mut Context<'_>,
        poll: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = poll else {
            let left = self.left;
            let waiting = self.waiting.get_or_insert_with(|| Waiting {
                since: Instant::now(),
                end: Box::pin(sleep(left)),
            });
            let end = waiting.end.as_mut().poll(cx);
            return end.map(|()| Err(io::ErrorKind::TimedOut.into()));
        };
        if let Some(waiting) = self.waiting.take() {
            self.left = self.left.saturating_sub(waiting.since.elapsed());
        }
        if let Ok(bytes) = &written {
            let left = self.left.saturating_add(self.time_of(*bytes));
            self.left = left.min(self.patience);
        }
        Poll::Ready(written)
    }

    /// The time that so many bytes may take.
    fn time_of(&self, bytes: usize) -> Duration {
        let nanos = u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(1_000_000_000);
        Duration::from_nanos(nanos / self.least_rate)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stall<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stall<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.limited(cx, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.limited(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// A stream of which 16 bytes wait for the peer.
    fn stall(patience: u64, least_rate: u64) -> (Stall<DuplexStream>, DuplexStream) {
        let (stream, peer) = duplex(16);
        let least_rate = NonZeroU64::new(least_rate).unwrap();
        let stall = Stall::new(stream, Duration::from_secs(patience), least_rate);
        (stall, peer)
    }

    /// Takes 16 bytes after each of these pauses in seconds, and says how often it could.
    async fn take(mut peer: DuplexStream, pauses: impl Iterator<Item = u64>) -> usize {
        let mut taken = 0;
        for pause in pauses {
            sleep(Duration::from_secs(pause)).await;
            if peer.read_exact(&mut [0; 16]).await.is_err() {
                break;
            }
            taken += 1;
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_left() {
        let (mut stream, _peer) = stall(20, 1);
        let start = Instant::now();
        let error = stream.write_all(&[7; 17]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_less_than_the_least_rate_is_left() {
        // Some bytes in 18 of every 20 seconds, and less than one in a second.
        let (mut stream, peer) = stall(20, 1);
        let taking = tokio::spawn(take(peer, [18].into_iter().cycle().take(1_000)));
        let start = Instant::now();
        let error = stream.write_all(&[7; 16_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed().as_secs() <= 60, "{:?}", start.elapsed());
        drop(stream);
        assert!(taking.await.unwrap() < 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_is_not_nor_one_whose_line_is_dead_for_a_moment() {
        for pauses in [vec![16], vec![19, 13], vec![1, 1, 19, 1, 1, 19]] {
            let (mut stream, peer) = stall(20, 1);
            let pauses = pauses.into_iter().cycle().take(1_000);
            let taking = tokio::spawn(take(peer, pauses));
            stream.write_all(&[7; 16_000]).await.unwrap();
            assert_eq!(taking.await.unwrap(), 1_000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_fast_allows_no_longer_pause() {
        let (mut stream, peer) = stall(20, 1);
        let pauses = [0].into_iter().cycle().take(1_000).chain([21]);
        let taking = tokio::spawn(take(peer, pauses));
        let error = stream.write_all(&[7; 16_032]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        taking.await.unwrap();
    }
}
