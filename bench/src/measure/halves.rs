//! A machine cut in two: one half of the processors for the server, the other
//! for who asks it, as if it were another machine.
//!
//! On shared processors the load would take more from a faster server, and so
//! flatter us; and a probe would wait for its own turn as often as for the
//! server's.

use std::thread;

use anyhow::{Result, anyhow};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::machine::cpus;

/// Which processors the server has, and which the load; neither when there is
/// only one to have.
pub(super) struct Halves {
    pub(super) server: Option<String>,
    pub(super) load: Option<String>,
    /// Of the load.
    pub(super) threads: usize,
    load_cpus: Vec<usize>,
}

impl Halves {
    pub(super) fn of_processors() -> Result<Self> {
        let cpus = cpus()?;
        let list = |cpus: &[usize]| {
            let numbers: Vec<String> = cpus.iter().map(ToString::to_string).collect();
            (!numbers.is_empty()).then(|| numbers.join(","))
        };
        let (server, load) = cpus.split_at(cpus.len() / 2);
        let server = list(server);
        Ok(Self {
            threads: load.len().max(1),
            load: server.as_ref().and_then(|_| list(load)),
            server,
            load_cpus: load.to_vec(),
        })
    }

    /// Does something on a thread of the load's half.
    pub(super) fn beside<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let mut half = CpuSet::new();
        for cpu in &self.load_cpus {
            half.set(*cpu);
        }
        let work = || {
            sched_setaffinity(None, &half)?;
            work()
        };
        let done = thread::scope(|scope| scope.spawn(work).join());
        done.map_err(|_| anyhow!("a thread of the benchmark panicked"))?
    }
}
