use hallpass_rls::CurrentUser;

fn main() {
    let user: CurrentUser = serde_json::from_str("{}").unwrap();
    drop(user);
}
