use hallpass_rls::CurrentUser;
use serde::Deserialize as _;

fn main() {
    let user = CurrentUser::deserialize(serde_json::Value::Null);
    drop(user);
}
