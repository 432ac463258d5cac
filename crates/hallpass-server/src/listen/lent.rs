//! Request bodies that come back when the router does not read them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::limits::{UNREAD_BYTES, UNREAD_TIME};
use super::places::Holder;

/// A request that is being answered, as far as it holds a place.
#[derive(Default)]
pub(super) struct Asked {
    /// Whether its body is still to come.
    arriving: AtomicBool,
    evicted: Notify,
}

impl Asked {
    /// Waits until the place of the request is taken away.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Holder for Asked {
    fn rank(&self) -> u8 {
        u8::from(self.arriving.load(Ordering::Relaxed))
    }

    fn evict(&self) {
        self.evicted.notify_one();
    }
}

/// A request's body. What is left of it when it is dropped goes to its
/// [`Unread`].
pub(super) struct Lent {
    body: Option<Incoming>,
    back: Option<oneshot::Sender<Rest>>,
    asked: Arc<Asked>,
    /// Whether nothing more of it can be read: the client waits for
    /// `100 Continue`, or what it sent is no body.
    is_blocked: bool,
}

/// What is left of a request's body once the router has answered. When this is
/// dropped before, the body breaks off: a request that runs to its end although
/// its client is gone, or its place, does not wait for it.
pub(super) struct Unread(Option<oneshot::Receiver<Rest>>);

enum Rest {
    Body(Incoming),
    Blocked,
}

impl Lent {
    pub(super) fn new(body: Incoming, expects_continue: bool, asked: Arc<Asked>) -> (Self, Unread) {
        let (back, unread) = oneshot::channel();
        asked.arriving.store(true, Ordering::Relaxed);
        let lent = Self {
            body: Some(body),
            back: Some(back),
            asked,
            is_blocked: expects_continue,
        };
        (lent, Unread(Some(unread)))
    }

    /// Waits until the router's answer is no longer awaited.
    fn poll_break_off(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(back) = &mut self.back {
            ready!(back.poll_closed(context));
        }
        let error = io::Error::from(io::ErrorKind::ConnectionAborted);
        Poll::Ready(Some(Err(error.into())))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = match Pin::new(body).poll_frame(context) {
            Poll::Ready(frame) => frame.map(|frame| frame.map_err(BoxError::from)),
            Poll::Pending => {
                // The client has been asked for it, if it waited for that.
                self.is_blocked = false;
                ready!(self.poll_break_off(context))
            }
        };
        self.is_blocked = matches!(frame, Some(Err(_)));
        if frame.is_none() {
            self.body = None;
            self.asked.arriving.store(false, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let ended = SizeHint::with_exact(0);
        self.body.as_ref().map_or(ended, HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let rest = match self.body.take() {
            _ if self.is_blocked => Rest::Blocked,
            Some(body) if !body.is_end_stream() => Rest::Body(body),
            _ => return,
        };
        if let Some(back) = self.back.take() {
            // The connection is gone when there is nothing that receives it.
            drop(back.send(rest));
        }
    }
}

impl Unread {
    /// Of a request without a body.
    pub(super) const fn nothing() -> Self {
        Self(None)
    }

    /// Reads what is left and throws it away, when it is small and arrives
    /// soon. Says whether the end of the body was reached, so that the next
    /// request can follow.
    pub(super) async fn drained(self) -> bool {
        let Some(mut unread) = self.0 else {
            return true;
        };
        match unread.try_recv() {
            Ok(Rest::Body(body)) => timeout(UNREAD_TIME, ends(body)).await.unwrap_or(false),
            Err(TryRecvError::Closed) => true,
            // It is empty while the response itself reads the body.
            Ok(Rest::Blocked) | Err(TryRecvError::Empty) => false,
        }
    }
}

async fn ends(mut body: Incoming) -> bool {
    let mut left = UNREAD_BYTES;
    loop {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > left {
            return false;
        }
        match body.frame().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(length) {
                    None => return false,
                    Some(rest) => left = rest,
                }
            }
        }
    }
}
