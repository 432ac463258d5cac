//! The way to a PostgreSQL elsewhere: what is encrypted, and who is believed.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::rig::{Cluster, Ended, Place, SECRET};

async fn migrate(cluster: &Cluster, host: &str, parameters: &str) -> Ended {
    let url = cluster.url().replace("127.0.0.1", host);
    let place = Place::new();
    let launch = place
        .launch()
        .set("DATABASE_URL", format!("{url}?{parameters}"))
        .set("BETTER_AUTH_SECRET", SECRET);
    launch.argument("migrate").end().await
}

async fn is_let_in(cluster: &Cluster, host: &str, parameters: &str) {
    let ended = migrate(cluster, host, parameters).await;
    assert_eq!(ended.code, Some(0), "{host} {parameters}: {ended:?}");
}

/// It does not go on, and says this.
async fn turns_away(cluster: &Cluster, host: &str, parameters: &str, why: &str) {
    let ended = migrate(cluster, host, parameters).await;
    assert_eq!(ended.code, Some(3), "{host} {parameters}: {ended:?}");
    assert!(ended.err.contains(why), "{host} {parameters}: {ended:?}");
}

fn trusting(authority: &Path) -> String {
    format!("sslrootcert={}", authority.display())
}

#[tokio::test]
async fn sslmode_require_encrypts_and_believes_any_certificate() {
    let cluster = Cluster::start_encrypted();
    is_let_in(&cluster, "127.0.0.1", "sslmode=require").await;
    is_let_in(
        &cluster,
        "localhost",
        "sslmode=require&channel_binding=prefer",
    )
    .await;
    let place = Place::new();
    let launch = place
        .launch()
        .set("DATABASE_URL", format!("{}?sslmode=require", cluster.url()))
        .set("BETTER_AUTH_SECRET", SECRET);
    let server = launch.start().await;
    let options = PgConnectOptions::from_str(&cluster.url()).unwrap();
    let mut other = PgConnection::connect_with(&options).await.unwrap();
    let encrypted = "select count(*), count(*) filter (where ssl) \
        from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'hallpass'";
    let (all, encrypted): (i64, i64) = sqlx::query_as(encrypted)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert!(all > 0 && all == encrypted, "{encrypted} of {all}");
    server.stop().await;
}

#[tokio::test]
async fn sslmode_require_does_without_no_encryption() {
    let cluster = Cluster::start();
    turns_away(
        &cluster,
        "127.0.0.1",
        "sslmode=require",
        "does not support TLS",
    )
    .await;
    turns_away(
        &cluster,
        "127.0.0.1",
        "channel_binding=require",
        "does not support TLS",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_is_checked_where_the_url_asks_for_it() {
    let cluster = Cluster::start_encrypted();
    let trusting = trusting(&cluster.authority());
    for checked in [
        "sslmode=verify-full",
        "sslmode=require&channel_binding=require",
    ] {
        turns_away(&cluster, "127.0.0.1", checked, "UnknownIssuer").await;
        let system = format!("{checked}&sslrootcert=system");
        turns_away(&cluster, "127.0.0.1", &system, "UnknownIssuer").await;
        let checked = format!("{checked}&{trusting}");
        is_let_in(&cluster, "127.0.0.1", &checked).await;
        turns_away(&cluster, "localhost", &checked, "not valid for name").await;
    }
    let of_any_name = format!("sslmode=verify-ca&{trusting}");
    is_let_in(&cluster, "localhost", &of_any_name).await;
}
