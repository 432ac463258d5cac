use hallpass_rls::UserRows;

async fn list(rows: &UserRows) {
    let _ = sqlx::query("select title from tasks").fetch_all(&rows.pool).await;
}

fn main() {}
