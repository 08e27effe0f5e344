//! A connection with time limits of its own: the first bytes must come soon, what is written must be taken, and not drop by drop, and
//! whoever is still sending when the answer is complete gets time to read it.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;
use tokio::time::sleep;

/// The bytes by which HTTP/1 and HTTP/2 are told apart; until they are here no other time limit runs.
const PREFACE_BYTES: usize = 24;
/// How long a closing connection still reads what it no longer needs.
const LINGER: Duration = Duration::from_secs(2);

pub(super) struct Guarded<S> {
    stream: S,
    seen: usize,
    first: Pin<Box<Sleep>>,
    stalled: Pin<Box<Sleep>>,
    /// Since when something waits to be taken, and how much was taken since.
    stalling: Option<(Instant, u64)>,
    lingering: bool,
    stall_timeout: Duration,
    rate_min: u64,
}

impl<S> Guarded<S> {
    /// `rate_min` is in bytes a second.
    pub(super) fn new(stream: S, first_timeout: Duration, stall_timeout: Duration, rate_min: u64) -> Self {
        let (first, stalled) = (Box::pin(sleep(first_timeout)), Box::pin(sleep(stall_timeout)));
        Self { stream, seen: 0, first, stalled, stalling: None, lingering: false, stall_timeout, rate_min: rate_min.max(1) }
    }

    /// Lets a write fail that stands still for too long, or crawls, which ends the connection.
    fn watch<T>(&mut self, wait: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            return done;
        }
        let (since, taken) = *self.stalling.get_or_insert_with(|| (Instant::now(), 0));
        self.stalled.as_mut().reset(since + self.stall_timeout + Duration::from_millis(taken.saturating_mul(1000) / self.rate_min));
        ready!(self.stalled.as_mut().poll(wait));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end takes nothing, or too little")))
    }

    fn written(&mut self, wait: &mut Context<'_>, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let (Poll::Ready(Ok(bytes)), Some((_, taken))) = (&done, &mut self.stalling) {
            *taken += *bytes as u64;
        }
        self.watch(wait, done)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, wait: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(wait, into);
        if self.seen < PREFACE_BYTES {
            self.seen += into.filled().len() - before;
            if self.seen < PREFACE_BYTES && done.is_pending() && self.first.as_mut().poll(wait).is_ready() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end says nothing")));
            }
        }
        done
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, wait: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(wait, bytes);
        self.written(wait, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, wait: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(wait);
        if done.is_ready() {
            // Nothing waits any more.
            self.stalling = None;
        }
        self.watch(wait, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, wait: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.lingering {
            let done = Pin::new(&mut self.stream).poll_shutdown(wait);
            ready!(self.watch(wait, done))?;
            self.lingering = true;
            self.stalled.as_mut().reset(Instant::now() + LINGER);
        }
        // Closing with unread bytes resets the connection, and the reset may overtake the answer on its way.
        let mut scratch = [MaybeUninit::uninit(); 16 * 1024];
        loop {
            let mut into = ReadBuf::uninit(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(wait, &mut into) {
                Poll::Ready(Ok(())) if !into.filled().is_empty() && !self.stalled.is_elapsed() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.stalled.as_mut().poll(wait).map(Ok),
            }
        }
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, wait: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(wait, bytes);
        self.written(wait, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
