use hallpass_rls::{CurrentUser, Scope};

fn become_them(mut scope: Scope, other: CurrentUser) -> Scope {
    scope.owner = other;
    scope
}

fn main() {}
