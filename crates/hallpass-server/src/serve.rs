//! From settings to a server that answers, and to its end.

use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use hallpass::{Hallpass, SchemaError, Settings, SigningKeyError, StartError};
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::cli::ServeArgs;
use crate::commands::doctor::{self, Check};
use crate::config::{Config, own_origins, reachable};
use crate::exit::{Failure, hint};
use crate::listen::Stage;
use crate::paint::{BOLD, DIM, NAME, paint};
use crate::{listen, telemetry};

/// How long a database that is away at start is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections that wait in the system to be accepted, as `TcpListener` has it.
const BACKLOG: u32 = 1024;

/// How often it is tried meanwhile.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

pub(crate) async fn run(
    mut config: Config,
    args: ServeArgs,
    findings: &[Check],
) -> Result<(), Failure> {
    let address = SocketAddr::new(config.listen.host, config.listen.port);
    let cannot = |error: &std::io::Error| cannot_listen(address, ("HOST", "PORT"), error);
    // Bound before anything else, since the port may be the system's choice; it
    // takes calls once the database is ready.
    let socket = bind(address).map_err(|error| cannot(&error))?;
    let bound = socket.local_addr().map_err(Failure::refused)?;
    if config.is_default_url {
        config.settings.own_origins = own_origins(bound);
    }
    let hallpass = assemble(config.settings.clone()).map_err(Failure::refused)?;
    let mut signals = StopSignals::listen().map_err(Failure::refused)?;
    // Who is asked to stop while it waits for the database stops; process 1 of
    // a container would otherwise ignore the signal.
    tokio::select! {
        prepared = prepare(&hallpass, args) => prepared?,
        () = signals.next() => return Ok(()),
    }
    let listener = socket.listen(BACKLOG).map_err(|error| cannot(&error))?;
    let metrics = match config.metrics {
        Some(address) => Some(serve_metrics(address).await?),
        None => None,
    };
    greet(&config, bound, metrics);
    warn_of(findings);
    let (stage, stages) = watch::channel(Stage::Serving);
    let trusted = &config.settings.trusted_proxies;
    let serving = async {
        tokio::join!(
            listen::serve(listener, hallpass.server_router(), trusted, stages),
            stop(&hallpass, signals, config.drain, stage),
        )
    };
    tokio::select! {
        _ = serving => {}
        () = watch_database(&hallpass) => {}
    }
    hallpass.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// As `TcpListener::bind` does it.
fn bind(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Logs what `hallpass doctor` finds.
fn warn_of(findings: &[Check]) {
    for found in findings {
        tracing::warn!(
            target: "hallpass::doctor",
            setting = found.name,
            severity = found.level.name(),
            fix = found.fix,
            "{} {}", found.name, found.finding
        );
    }
}

/// Looks once at the database while the server answers; never ends.
async fn watch_database(hallpass: &Hallpass) {
    warn_of(&doctor::of_database(hallpass).await);
    std::future::pending::<()>().await;
}

#[cfg(not(feature = "test-clock"))]
fn assemble(settings: Settings) -> Result<Hallpass, StartError> {
    Hallpass::new(settings)
}

#[cfg(feature = "test-clock")]
fn assemble(settings: Settings) -> Result<Hallpass, StartError> {
    Hallpass::with_clock(settings, crate::test_clock::start())
}

async fn serve_metrics(address: SocketAddr) -> Result<SocketAddr, Failure> {
    const SETTING: &str = "HALLPASS_METRICS_ADDR";
    let handle = telemetry::start_metrics().map_err(Failure::refused)?;
    let serving = telemetry::serve_metrics(address, handle).await;
    serving.map_err(|error| cannot_listen(address, (SETTING, SETTING), &error))
}

/// Names the setting to change: the port's, unless the address is not ours.
fn cannot_listen(
    address: SocketAddr,
    (host, port): (&str, &str),
    error: &std::io::Error,
) -> Failure {
    let not_ours = error.kind() == std::io::ErrorKind::AddrNotAvailable;
    let setting = if not_ours { host } else { port };
    Failure::refused(format!(
        "cannot listen on {address}: {error}; set {setting} to another one"
    ))
}

async fn prepare(hallpass: &Hallpass, args: ServeArgs) -> Result<(), Failure> {
    prepare_schema(hallpass, args).await?;
    match hallpass.prepare_signing().await {
        // A database without its tables, or away again: sign-ins wait for it.
        Err(SigningKeyError::Store(error)) => {
            tracing::warn!(%error, "the signing keys could not be read yet");
            Ok(())
        }
        prepared => prepared.map_err(Failure::from),
    }
}

/// Waits for the database, and brings its schema up to date unless told not to.
async fn prepare_schema(hallpass: &Hallpass, args: ServeArgs) -> Result<(), Failure> {
    let is_server = hallpass.settings().database.sqlite_path().is_none();
    let mut said = false;
    let trying = async {
        loop {
            match prepare_schema_once(hallpass, args).await {
                Err(error) if error.is_unavailable() && (is_server || error.is_busy()) => {
                    if !std::mem::replace(&mut said, true) {
                        say_waiting(&error, is_server);
                    }
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                outcome => return outcome,
            }
        }
    };
    let tried = timeout(PATIENCE, trying).await;
    let outcome = tried.map_err(|_| {
        let settings = hallpass.settings();
        let database = &settings.database;
        let (seconds, hint) = (PATIENCE.as_secs(), hint(settings));
        let reason = format!("could not be reached within {seconds} s");
        Failure::Database(format!("the database at {database} {reason}; {hint}"))
    })?;
    outcome.map_err(|error| Failure::schema(hallpass, &error))
}

fn say_waiting(error: &SchemaError, is_server: bool) {
    let seconds = PATIENCE.as_secs();
    if is_server {
        tracing::warn!(%error, "the database cannot be reached; trying again for {seconds} s");
    } else {
        // As it is while another server makes the schema.
        tracing::info!(%error, "another process holds the database; trying again for {seconds} s");
    }
}

async fn prepare_schema_once(hallpass: &Hallpass, args: ServeArgs) -> Result<(), SchemaError> {
    if !args.no_migrate {
        hallpass.migrate().await?;
    }
    // This also opens the first connection for reading, which keeps SQLite's
    // journal in place when a full disk costs the one for writing.
    if !hallpass.is_ready().await? {
        tracing::warn!("migrations are pending: not ready until `hallpass migrate` has run");
    }
    Ok(())
}

/// Stops the server step by step, once the process is asked to. A second signal
/// skips the time in which load balancers notice the first.
async fn stop(
    hallpass: &Hallpass,
    mut signals: StopSignals,
    drain: Duration,
    stage: watch::Sender<Stage>,
) {
    signals.next().await;
    hallpass.drain();
    stage.send_replace(Stage::Draining);
    if !drain.is_zero() {
        let seconds = drain.as_secs();
        tracing::info!("not ready any more; accepting requests for {seconds} s");
        // Either outcome is the end of the wait.
        drop(timeout(drain, signals.next()).await);
    }
    stage.send_replace(Stage::Stopping);
}

/// SIGTERM and SIGINT, by which the process is asked to stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Says where everything is, and what to try first.
fn greet(config: &Config, address: SocketAddr, metrics: Option<SocketAddr>) {
    let url = format!("http://{}", reachable(address));
    let database = &config.settings.database;
    let title = paint(BOLD, format!("Hallpass {}", env!("CARGO_PKG_VERSION")));
    let mut lines = vec![
        String::new(),
        format!("  {title}"),
        String::new(),
        row("listens on", paint(NAME, &url)),
        row("API", format!("{url}/docs")),
        row("data", config.data_dir.display()),
        row("database", database),
        row("signs with", config.settings.signing.name()),
    ];
    if let Some(metrics) = metrics {
        lines.push(row("metrics", format!("http://{metrics}/metrics")));
    }
    if let Some(secret) = &config.fresh_secret {
        lines.push(row(
            "secret",
            format!(
                "made in {}: keep it, tokens are signed by it",
                secret.display()
            ),
        ));
    }
    lines.push(String::new());
    lines.push(format!(
        "  {}",
        paint(DIM, "Open it in a browser, or paste:")
    ));
    lines.push(String::new());
    lines.extend(first_steps(&url));
    lines.push(String::new());
    let mut stdout = anstream::stdout().lock();
    if let Err(error) = writeln!(stdout, "{}", lines.join("\n")) {
        tracing::debug!(%error, "nobody reads the greeting");
    }
    tracing::info!(%address, %database, "listening");
}

fn row(label: &str, value: impl Display) -> String {
    format!("  {} {value}", paint(DIM, format!("{label:<11}")))
}

/// Three commands that work when pasted, in this order.
fn first_steps(url: &str) -> [String; 3] {
    let account = r#"{"email":"ann@example.com","password":"three unrelated words"}"#;
    let post = format!("curl -s -H 'content-type: application/json' -d '{account}'");
    [
        format!("  {post} {url}/api/v1/auth/register"),
        format!("  {post} -c cookies.txt {url}/api/v1/auth/signin"),
        format!("  curl -s -b cookies.txt {url}/api/v1/auth/me"),
    ]
}
