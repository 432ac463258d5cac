use hallpass_rls::OwnedSql;

const DROP: OwnedSql = OwnedSql::new("delete from tasks where owner = $1; delete from tasks");

fn main() {
    let _ = DROP;
}
