//! Many clients at once, each on a connection and a thread of its own.
//!
//! They run niced, like `wrk`: a server that is busy is more important than
//! another request for it.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use thread_priority::{ThreadPriority, ThreadPriorityValue};

use crate::clock::Moment;
use crate::http::{Connection, Request};
use crate::server::Server;
use crate::stats::Sorted;

/// A thread that sends and receives needs little.
const STACK: usize = 128 * 1024;

/// What one client does.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) request: Request,
    /// When it sends its first request.
    pub(crate) first: Duration,
    /// How often it sends another. A request that takes longer delays the next.
    pub(crate) every: Duration,
    /// When it sends no more.
    pub(crate) until: Duration,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) status: u16,
    pub(crate) millis: f64,
}

/// Has all visitors start at the same moment, and returns the answers of each.
pub(crate) fn visit(server: &Server, visitors: &[Visitor]) -> Result<Vec<Vec<Sample>>> {
    let start = Barrier::new(visitors.len());
    thread::scope(|scope| {
        let threads: Result<Vec<_>> = visitors
            .iter()
            .map(|visitor| {
                let thread = thread::Builder::new().stack_size(STACK);
                Ok(thread.spawn_scoped(scope, || visitor.run(server, &start))?)
            })
            .collect();
        threads?
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a client panicked"))?)
            .collect()
    })
}

impl Visitor {
    fn run(&self, server: &Server, start: &Barrier) -> Result<Vec<Sample>> {
        let niced = ThreadPriorityValue::try_from(0_u8)
            .map_err(|error| anyhow!("{error}"))
            .and_then(|lowest| {
                let lowest = ThreadPriority::Crossplatform(lowest);
                lowest.set_for_current().map_err(|error| anyhow!("{error}"))
            });
        let connection = Connection::open(server.address);
        start.wait();
        niced?;
        let mut connection = connection?;
        let began = Moment::now();
        let mut next = self.first;
        let mut samples = Vec::new();
        loop {
            thread::sleep(next.saturating_sub(began.elapsed()));
            if began.elapsed() >= self.until {
                return Ok(samples);
            }
            let (status, millis) = connection.timed(&self.request)?;
            samples.push(Sample { status, millis });
            next = began.elapsed().max(next.saturating_add(self.every));
        }
    }
}

/// The milliseconds of the answers with this status.
pub(crate) fn with_status(samples: &[Vec<Sample>], status: u16) -> Sorted {
    let all = samples.iter().flatten();
    let all = all.filter(|sample| sample.status == status);
    Sorted::new(all.map(|sample| sample.millis).collect())
}
