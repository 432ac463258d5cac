//! How fast this machine can hash: Argon2 alone, on every core, each thread
//! with its own memory, and no server around it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use thread_priority::ThreadPriority;

use crate::clock::Moment;
use crate::stats::to_float;

/// The library's own cost: 19 MiB, two passes, one lane.
pub(super) fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, Some(32))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The memory of one hash.
pub(super) fn memory(argon2: &Argon2<'_>) -> Vec<Block> {
    vec![Block::new(); argon2.params().block_count()]
}

/// One hash in memory that is reused.
pub(super) fn hash(argon2: &Argon2<'_>, memory: &mut [Block]) -> argon2::Result<[u8; 32]> {
    let mut tag = [0; 32];
    argon2.hash_password_into_with_memory(b"a password", b"a salt like other", &mut tag, memory)?;
    Ok(tag)
}

pub(super) fn run(millis: u64) -> Result<()> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let all_warm = Arc::new(Barrier::new(threads));
    let working: Vec<_> = (0..threads)
        .map(|_| {
            let all_warm = Arc::clone(&all_warm);
            thread::spawn(move || work(&all_warm, Duration::from_millis(millis)))
        })
        .collect();
    let mut rate = 0.0;
    for thread in working {
        rate += thread.join().ok().context("a hashing thread panicked")??;
    }
    anstream::println!("{rate}");
    Ok(())
}

/// Hashes for a while and says how many a second.
fn work(all_warm: &Barrier, duration: Duration) -> Result<f64> {
    // As the pool's threads, so that both yield to others in the same way. Where
    // it is not allowed, the pool keeps its normal priority too.
    drop(ThreadPriority::Min.set_for_current());
    let argon2 = argon2()?;
    let mut memory = memory(&argon2);
    hash(&argon2, &mut memory)?;
    all_warm.wait();
    let began = Moment::now();
    let mut done = 0;
    while began.elapsed() < duration {
        std::hint::black_box(hash(&argon2, &mut memory)?);
        done += 1;
    }
    Ok(to_float(done) / began.elapsed().as_secs_f64())
}
