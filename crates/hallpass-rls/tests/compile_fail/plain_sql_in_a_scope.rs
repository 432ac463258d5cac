use hallpass_rls::Scope;

async fn list(mut scope: Scope) {
    let _ = scope.query("select title from tasks").execute().await;
}

fn main() {}
