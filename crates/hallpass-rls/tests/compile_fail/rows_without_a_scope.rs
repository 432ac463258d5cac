use hallpass_rls::{OwnedSql, UserRows};

const LIST: OwnedSql = OwnedSql::new("select title from tasks where owner = $1");

async fn list(rows: &UserRows) {
    let _ = rows.query(LIST).execute().await;
}

fn main() {}
