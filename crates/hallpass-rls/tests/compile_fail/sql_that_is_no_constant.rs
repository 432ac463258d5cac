use hallpass_rls::OwnedSql;

fn list(table: &str) -> OwnedSql {
    let sql = format!("select title from {table} where owner = $1");
    OwnedSql::new(&sql)
}

fn main() {
    list("tasks");
}
