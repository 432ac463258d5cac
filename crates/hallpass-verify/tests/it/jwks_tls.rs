//! Keys by https: only from whom the machine's authorities vouch for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass_verify::{Refused, Verifier};
use rcgen::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::forge::{Forge, ISSUER};
use crate::http::lasting;
use crate::issuer::{IssuerKey, jwks};
use crate::issuer_server::{Standstill, outcome};

/// TLS with a certificate that the server made for itself.
fn self_signed() -> TlsAcceptor {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What has come to the server so far.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, body: String, seen: Arc<Seen>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        seen.connections.fetch_add(1, Ordering::Relaxed);
        let served = match &tls {
            Some(tls) => respond_by_tls(tls, stream, &body).await,
            None => respond_in_the_clear(stream, &body).await,
        };
        if served.is_ok() {
            seen.requests.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn respond_by_tls(tls: &TlsAcceptor, stream: TcpStream, body: &str) -> std::io::Result<()> {
    let mut stream = tls.accept(stream).await?;
    stream.read_u8().await?;
    stream.write_all(body.as_bytes()).await
}

async fn respond_in_the_clear(mut stream: TcpStream, body: &str) -> std::io::Result<()> {
    stream.write_all(body.as_bytes()).await
}

/// What a verifier with this https address makes of a token by the key that is
/// published there.
async fn verdict_by_https(tls: Option<TlsAcceptor>) -> (Result<(), Refused>, Arc<Seen>) {
    let key = IssuerKey::ed25519("k");
    let set = jwks(&[&key]);
    let body = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}",
        set.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    tokio::spawn(serve(listener, tls, body, Arc::clone(&seen)));
    let verifier = Verifier::jwks(format!("https://127.0.0.1:{port}/jwks"))
        .issuer(ISSUER)
        .allow_plain_http()
        .build()
        .unwrap();
    let token = lasting(Forge::by(&key)).token();
    let waiting = tokio::spawn(async move { verifier.verify_fresh(&token).await.map(|_| ()) });
    (outcome(waiting).await, seen)
}

#[tokio::test(start_paused = true)]
async fn asvs_v12_3_2_a_certificate_that_nobody_vouches_for_is_refused() {
    let _still = Standstill::begin();
    let (verdict, seen) = verdict_by_https(Some(self_signed())).await;
    assert_eq!(verdict, Err(Refused::KeysUnavailable));
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1);
    assert_eq!(
        seen.requests.load(Ordering::Relaxed),
        0,
        "nothing was asked"
    );
}

/// Plain HTTP where it is allowed is no way around https where that was set.
#[tokio::test(start_paused = true)]
async fn an_answer_in_the_clear_is_none_where_https_was_set() {
    let _still = Standstill::begin();
    let (verdict, seen) = verdict_by_https(None).await;
    assert_eq!(verdict, Err(Refused::KeysUnavailable));
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1);
}
