//! The log on standard error and the metrics on their own listener.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::panic;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts the log: one event a line, JSON unless a person is watching.
pub(crate) fn start_log(log: &Log) {
    let watched = io::stderr().is_terminal();
    let by_default = if watched {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&log.filter))
        // It would be told by `eprintln!`, which panics where nobody reads.
        .log_internal_errors(false)
        .with_writer(io::stderr);
    match log.format.unwrap_or(by_default) {
        LogFormat::Pretty => builder.with_ansi(watched).init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .init(),
    }
    // The default hook prints lines that are no JSON.
    panic::set_hook(Box::new(
        |panic| tracing::error!(%panic, "a thread panicked"),
    ));
}

/// Upper bounds in seconds: from a verified token to a queue of sign-ins.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Idle histograms are drained this often, or they would grow without bound.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts counting.
pub(crate) fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    metrics::gauge!("hallpass_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Serves `/metrics` in the Prometheus text format until the server stops, and
/// says where.
pub(crate) async fn serve_metrics(
    address: SocketAddr,
    handle: PrometheusHandle,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let render = move || async move {
        (
            [(CONTENT_TYPE, "text/plain; version=0.0.4")],
            handle.render(),
        )
    };
    let router = Router::new().route("/metrics", get(render));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
