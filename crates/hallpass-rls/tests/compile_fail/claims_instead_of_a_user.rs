use hallpass_rls::{Error, UserRows};
use hallpass_verify::Claims;

async fn list(rows: &UserRows, claims: &Claims) -> Result<(), Error> {
    rows.begin(claims).await?.commit().await
}

fn main() {}
