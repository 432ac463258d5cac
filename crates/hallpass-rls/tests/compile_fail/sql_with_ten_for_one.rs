use hallpass_rls::OwnedSql;

const LIST: OwnedSql = OwnedSql::new("select id, title from tasks where owner = $10");

fn main() {
    let _ = LIST;
}
