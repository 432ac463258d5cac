use hallpass_rls::CurrentUser;
use hallpass_verify::Claims;

fn somebody(claims: Claims) -> CurrentUser {
    CurrentUser(claims)
}

fn main() {}
