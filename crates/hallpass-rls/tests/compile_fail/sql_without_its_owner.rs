use hallpass_rls::OwnedSql;

const LIST: OwnedSql = OwnedSql::new("select id, title from tasks order by id");

fn main() {
    let _ = LIST;
}
