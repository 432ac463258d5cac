use hallpass_rls::OwnedSql;

const BECOME: OwnedSql = OwnedSql::new("select set_config('hallpass.user_id', $2, true), $1");

fn main() {
    let _ = BECOME;
}
