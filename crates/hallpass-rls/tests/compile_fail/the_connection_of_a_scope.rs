use hallpass_rls::Scope;

async fn list(mut scope: Scope) {
    let _ = sqlx::query("select title from tasks").fetch_all(&mut scope).await;
}

fn main() {}
