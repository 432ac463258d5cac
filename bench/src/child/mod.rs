//! Hidden modes of this program: the processes that Hallpass is held against,
//! and one that embeds it.

mod bare;
mod embedded;
mod hash;
mod micro;
mod naive;

use std::path::PathBuf;

use anyhow::Result;
use axum::Router;
use clap::{Args, Subcommand};

pub(crate) use self::micro::Micro;

#[derive(Debug, Subcommand)]
pub(crate) enum Child {
    /// Serve one axum route that does nothing
    Bare(Listen),
    /// Serve Hallpass as a library, with a route that only verifies, and a
    /// sign-in as one writes it without thinking of load
    Embedded(Listen),
    /// Hash passwords on every core and print how many a second
    Hash {
        #[arg(long)]
        millis: u64,
    },
    /// Run the micro benchmarks
    Micro(micro::Options),
}

/// Where to listen and keep data, as the real server is told.
#[derive(Args, Debug)]
pub(crate) struct Listen {
    #[arg(long, env = "PORT")]
    port: u16,
    #[arg(long, env = "HALLPASS_DATA_DIR")]
    data: PathBuf,
}

pub(crate) fn run(child: Child) -> Result<()> {
    match child {
        Child::Bare(listen) => serve(&listen, async |_| Ok(bare::router())),
        Child::Embedded(listen) => serve(&listen, embedded::router),
        Child::Hash { millis } => hash::run(millis),
        Child::Micro(options) => micro::run(&options),
    }
}

/// Serves on a runtime like the real server's.
fn serve(listen: &Listen, router: impl AsyncFnOnce(&Listen) -> Result<Router>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let router = router(listen).await?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", listen.port)).await?;
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        Ok(axum::serve(listener, service).await?)
    })
}
