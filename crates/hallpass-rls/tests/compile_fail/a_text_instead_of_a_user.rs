use hallpass_rls::{Error, UserRows};

async fn list(rows: &UserRows) -> Result<(), Error> {
    rows.begin(&"0190a6f4-7c3e-7d00-8a00-00000000000a").await?.commit().await
}

fn main() {}
