//! What the library logs while a test listens, at every level.
//!
//! One subscriber for the whole process, since the library and its drivers log
//! from threads of their own. It keeps nothing while nobody listens.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use serde_json::Value;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

static LISTENERS: AtomicUsize = AtomicUsize::new(0);
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<u8>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens until it is dropped. It hears other tests too.
pub(crate) struct Recording(());

impl Recording {
    pub(crate) fn start() -> Self {
        static SUBSCRIBE: Once = Once::new();
        SUBSCRIBE.call_once(|| {
            let lines = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .with_writer(|| Keep)
                .with_filter(dynamic_filter_fn(|_, _| {
                    LISTENERS.load(Ordering::SeqCst) > 0
                }));
            let subscriber = tracing_subscriber::registry().with(lines);
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
        LISTENERS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// Everything that was logged so far, by whomever.
    #[expect(clippy::unused_self, reason = "only who listens may ask")]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(kept().clone()).unwrap()
    }

    /// Each line as the JSON that it is.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// The lines of the request with this id.
    pub(crate) fn of_request(&self, id: &str) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line["span"]["request_id"] == id);
        lines
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Keep;

impl io::Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        kept().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
