//! The micro benchmarks, by criterion. Its report is on standard output, and
//! its figures are in the files that it leaves in `CRITERION_HOME`.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use criterion::Criterion;
use hallpass_verify::Verifier;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::hash;
use crate::clock::unix_seconds;
use crate::server::SECRET;

const ISSUER: &str = "http://localhost:8000";

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Micro {
    /// `hallpass-verify` on a good token.
    Verify,
    /// `jsonwebtoken::decode` on the same token.
    Decode,
    /// `hallpass-verify` on a token whose signature is wrong.
    Refuse,
    /// Argon2id in memory that is kept.
    HashKept,
    /// Argon2id in memory that is allocated each time.
    HashFresh,
}

impl Micro {
    /// Those that are told from each other by a few percent, and so are run in
    /// turn.
    const BY_TURNS: [Self; 3] = [Self::Verify, Self::Decode, Self::Refuse];

    fn id(self, round: usize) -> String {
        format!("{self:?}-{round}").to_lowercase()
    }

    /// The median of a round, in nanoseconds.
    pub(crate) fn read(self, folder: &Path, round: usize) -> Result<f64> {
        let file = folder.join(self.id(round)).join("new/estimates.json");
        let text = fs::read_to_string(&file).context("criterion left no estimates")?;
        let estimates: serde_json::Value = serde_json::from_str(&text)?;
        estimates
            .pointer("/median/point_estimate")
            .and_then(serde_json::Value::as_f64)
            .context("criterion's estimates have no median")
    }
}

#[derive(Args, Debug)]
pub(crate) struct Options {
    #[arg(long)]
    rounds: usize,
    /// How long each is measured in a round
    #[arg(long)]
    millis: u64,
}

/// The five claims that Hallpass issues.
#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    sub: String,
    email: String,
    iat: u64,
    exp: u64,
    iss: String,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(options.millis / 4))
        .measurement_time(Duration::from_millis(options.millis))
        .sample_size(50);
    let tokens = Tokens::new()?;
    for round in 0..options.rounds {
        for micro in Micro::BY_TURNS {
            tokens.bench(&mut criterion, micro, round);
        }
    }
    hashing(&mut criterion.sample_size(20))
}

struct Tokens {
    good: String,
    bad: String,
    verifier: Verifier,
    key: DecodingKey,
    validation: Validation,
}

impl Tokens {
    fn new() -> Result<Self> {
        let issued = unix_seconds();
        let claims = Claims {
            sub: "01934c5e-0000-7000-8000-000000000001".to_owned(),
            email: "person-0000@example.com".to_owned(),
            iat: issued,
            exp: issued + 3600,
            iss: ISSUER.to_owned(),
        };
        let sign = |secret: &str| {
            let key = EncodingKey::from_secret(secret.as_bytes());
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        };
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        let tokens = Self {
            good: sign(SECRET)?,
            bad: sign("another secret of at least 32 bytes")?,
            verifier: Verifier::shared_secret(SECRET).issuer(ISSUER).build()?,
            key: DecodingKey::from_secret(SECRET.as_bytes()),
            validation,
        };
        // What is timed must be what it says.
        ensure!(tokens.verifier.verify(&tokens.good).is_ok());
        ensure!(tokens.verifier.verify(&tokens.bad).is_err());
        ensure!(tokens.decode().is_ok());
        Ok(tokens)
    }

    fn decode(&self) -> jsonwebtoken::errors::Result<Claims> {
        let token = black_box(self.good.as_str());
        jsonwebtoken::decode(token, &self.key, &self.validation).map(|data| data.claims)
    }

    fn bench(&self, criterion: &mut Criterion, micro: Micro, round: usize) {
        criterion.bench_function(&micro.id(round), |bencher| match micro {
            Micro::Decode => bencher.iter(|| self.decode()),
            Micro::Refuse => bencher.iter(|| self.verifier.verify(black_box(&self.bad))),
            _ => bencher.iter(|| self.verifier.verify(black_box(&self.good))),
        });
    }
}

/// What keeping the memory of a hash is worth.
fn hashing(criterion: &mut Criterion) -> Result<()> {
    let argon2 = hash::argon2()?;
    let mut memory = hash::memory(&argon2);
    criterion.bench_function(&Micro::HashKept.id(0), |bencher| {
        bencher.iter(|| hash::hash(&argon2, &mut memory));
    });
    criterion.bench_function(&Micro::HashFresh.id(0), |bencher| {
        bencher.iter(|| hash::hash(&argon2, &mut hash::memory(&argon2)));
    });
    Ok(())
}
