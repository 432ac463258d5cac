//! A minute at full speed in which keys and secrets change every second: no
//! valid token is refused.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use hallpass::{Clock, Hallpass, Settings, Signing, SigningSecret};
use tokio::time::{MissedTickBehavior, interval};

use crate::rig::{Engine, PASSWORD, TestApp, signing_secret};
use crate::signing_keys::kid;

/// Changes of every key and secret, one a second.
const CHANGES: usize = 60;

/// Tokens of the last minute that are shown again and again.
const KEPT: usize = 300;

const EMAIL: &str = "ann@example.com";

/// Two servers with one setting for signing, each of which is restarted with
/// other secrets while the other one serves.
struct Pair {
    app: TestApp,
    signing: Signing,
    servers: [RwLock<Hallpass>; 2],
}

/// The n-th secret.
fn secret(number: usize) -> SigningSecret {
    signing_secret(&format!("secret number {number}, of 32 bytes or more"))
}

impl Pair {
    fn new(app: &TestApp, signing: Signing) -> Self {
        let server = || RwLock::new(start(app, signing, 0));
        Self {
            servers: [server(), server()],
            app: app.clone(),
            signing,
        }
    }

    fn server(&self, number: usize) -> Hallpass {
        self.servers[number % 2].read().unwrap().clone()
    }

    /// Each server takes its step when it is its turn, so that one is always a
    /// step ahead of the other.
    async fn change(&self, step: usize) {
        let next = start(&self.app, self.signing, step / 2 + step % 2);
        let before = std::mem::replace(&mut *self.servers[step % 2].write().unwrap(), next);
        before.close().await;
    }
}

/// A server that signs with the secret of this step, knows the next one, and
/// still takes those of before.
fn start(app: &TestApp, signing: Signing, step: usize) -> Hallpass {
    let mut settings: Settings = app.hallpass.settings().clone();
    settings.signing = signing;
    settings.signing_secret = secret(step);
    settings.previous_secrets = vec![secret(step + 1)];
    settings
        .previous_secrets
        .extend((0..step).rev().map(secret));
    Hallpass::with_clock(settings, Clock::system()).unwrap()
}

#[derive(Default)]
struct Tally {
    over: AtomicBool,
    verified: AtomicUsize,
    unserved: AtomicUsize,
    kids: Mutex<BTreeSet<String>>,
    refused: Mutex<Vec<String>>,
}

impl Tally {
    async fn verify(&self, server: &Hallpass, token: &str) {
        match server.authenticate(token).await {
            Ok(_) => {
                self.verified.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => self
                .refused
                .lock()
                .unwrap()
                .push(format!("{error}: {error:?}")),
        }
    }
}

/// Signs in and verifies, at both servers of a pair, as fast as it goes.
async fn work(pair: Arc<Pair>, tally: Arc<Tally>, email: String) {
    let mut kept = VecDeque::new();
    let mut turn = 0;
    while !tally.over.load(Ordering::Relaxed) {
        turn += 1;
        // What was in flight at a server that ends is the restart's affair.
        let client = pair.app.serving(pair.server(turn).router());
        let signed_in = client.sign_in(&email, PASSWORD).may_fail().await;
        match signed_in.status {
            200 => {
                let token = signed_in.token();
                tally.kids.lock().unwrap().insert(kid(&token));
                kept.push_front(token);
                kept.truncate(KEPT);
            }
            // At a server that was just then taken away.
            503 => {
                tally.unserved.fetch_add(1, Ordering::Relaxed);
            }
            _ => tally.refused.lock().unwrap().push(signed_in.to_string()),
        }
        for (number, token) in kept.iter().enumerate() {
            tally.verify(&pair.server(number + turn), token).await;
            tokio::task::yield_now().await;
        }
    }
}

async fn minute(app: &TestApp) -> Arc<Tally> {
    let pairs = [Signing::Hs256, Signing::EdDsa].map(|signing| Arc::new(Pair::new(app, signing)));
    let tally = Arc::new(Tally::default());
    let mut workers = Vec::new();
    for (number, pair) in pairs.iter().cycle().take(4).enumerate() {
        let email = format!("{number}{EMAIL}");
        app.account(&email).await;
        let work = work(Arc::clone(pair), Arc::clone(&tally), email);
        workers.push(tokio::spawn(work));
    }
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for step in 1..=CHANGES {
        seconds.tick().await;
        for pair in &pairs {
            pair.change(step).await;
        }
        let [_, with_keys] = &pairs;
        let rotated = with_keys
            .server(step)
            .rotate_signing_key(Duration::ZERO)
            .await;
        rotated.unwrap();
    }
    tally.over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    tally
}

#[test]
fn asvs_13_3_4_a_minute_of_rotation_every_second_refuses_no_valid_token() {
    crate::rig::run(Engine::Postgres, |app| async move {
        let app = app.with(|settings| settings.rate_limit = false);
        let tally = minute(&app).await;
        let refused = tally.refused.lock().unwrap();
        let verified = tally.verified.load(Ordering::Relaxed);
        let kids = tally.kids.lock().unwrap().len();
        println!(
            "{verified} verifications of tokens by {kids} keys, {} refused",
            refused.len()
        );
        assert_eq!(*refused, [""; 0], "of {verified}");
        assert!(verified > 10_000, "{verified}");
        let unserved = tally.unserved.load(Ordering::Relaxed);
        assert!(
            unserved <= 2 * CHANGES,
            "{unserved} sign-ins met a server that had ended"
        );
        // All that had their two seconds before the end, and the secret.
        assert!(kids > CHANGES / 2, "{kids}");
    });
}
