use hallpass_rls::UserRows;
use hallpass_verify::Claims;

fn begin(rows: &UserRows, claims: &Claims) {
    drop(rows.begin(claims));
}

fn main() {}
