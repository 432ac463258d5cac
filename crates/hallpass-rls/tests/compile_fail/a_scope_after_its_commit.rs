use hallpass_rls::{Error, OwnedSql, Scope};

const LIST: OwnedSql = OwnedSql::new("select title from tasks where owner = $1");

async fn list(mut scope: Scope) -> Result<u64, Error> {
    scope.commit().await?;
    scope.query(LIST).execute().await
}

fn main() {}
