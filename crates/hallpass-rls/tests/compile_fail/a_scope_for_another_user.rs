use hallpass_rls::{CurrentUser, OwnedSql, Scope};

const LIST: OwnedSql = OwnedSql::new("select title from tasks where owner = $1");

async fn list(mut scope: Scope, other: &CurrentUser) {
    let _ = scope.query_as(LIST, other).execute().await;
}

fn main() {}
