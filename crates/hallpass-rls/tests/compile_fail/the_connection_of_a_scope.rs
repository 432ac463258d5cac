use hallpass_rls::Scope;

fn connection(scope: &mut Scope) -> &mut sqlx::PgConnection {
    scope
}

fn main() {}
