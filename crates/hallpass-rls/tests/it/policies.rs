//! What PostgreSQL itself refuses, whatever the application's SQL says.

use crate::rig::{ANN, BOB, Server, policies};

/// With rows of two users, written as superuser.
async fn server(table: &str, column: &str) -> Server {
    let server = Server::new().await;
    server
        .own(&format!(
            "create table {table} ({column} uuid not null, title text not null)"
        ))
        .await;
    let rows = format!(
        "insert into {table} select owner::uuid, title from (values ('{ANN}', 'ann''s'), ('{BOB}', 'bob''s')) as v(owner, title)"
    );
    server.admin(&rows).await;
    server
}

#[tokio::test]
async fn without_a_user_there_are_no_rows() {
    let server = server("tasks", "owner").await;
    server.own(&policies(&server, "tasks").to_string()).await;
    for setting in [
        "select title from tasks",
        "begin; select set_config('hallpass.user_id', '', true); select title from tasks",
    ] {
        // A setting that was there once is empty afterwards, and no error.
        let empty = format!("set hallpass.user_id = ''; {setting}");
        for sql in [setting, &empty] {
            let rows = titles(&server, sql).await;
            assert_eq!(rows, [""; 0], "{sql}");
        }
    }
    let one = format!("set hallpass.user_id = '{ANN}'; select title from tasks");
    assert_eq!(titles(&server, &one).await, ["ann's"]);
    let nobody =
        "set hallpass.user_id = '00000000-0000-0000-0000-000000000000'; select title from tasks";
    assert_eq!(titles(&server, nobody).await, [""; 0]);
    server.remove().await;
}

/// The titles that the last of several statements answers with.
async fn titles(server: &Server, sql: &str) -> Vec<String> {
    use sqlx::{Connection as _, Row as _};
    let url = server.url_of(&server.app());
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let titles = rows
        .iter()
        .filter_map(|row| row.try_get::<String, _>("title").ok());
    titles.collect()
}

#[tokio::test]
async fn rights_end_where_policies_do_not_reach() {
    let server = server("tasks", "owner").await;
    server.own("grant all on tasks to public").await;
    server.own(&policies(&server, "tasks").to_string()).await;
    for sql in [
        "truncate tasks",
        "alter table tasks disable row level security",
        "alter table tasks no force row level security",
        "drop policy hallpass_owner_only on tasks",
        "drop table tasks",
        "create trigger t before insert on tasks execute function suppress_redundant_updates_trigger()",
    ] {
        let refused = server.as_app(sql).await.unwrap_err();
        let code = refused
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(code, "42501", "{sql}: {refused}");
    }
    server.remove().await;
}

#[tokio::test]
async fn another_permissive_policy_adds_nothing() {
    let server = server("tasks", "owner").await;
    server.own(&policies(&server, "tasks").to_string()).await;
    server
        .own("create policy everything on tasks for all to public using (true) with check (true)")
        .await;
    let one = format!("set hallpass.user_id = '{ANN}'; select title from tasks");
    assert_eq!(titles(&server, &one).await, ["ann's"]);
    assert_eq!(titles(&server, "select title from tasks").await, [""; 0]);
    server.remove().await;
}

#[tokio::test]
async fn the_owner_of_the_table_is_not_exempt() {
    let server = server("tasks", "owner").await;
    server.own(&policies(&server, "tasks").to_string()).await;
    server
        .own("do $$ begin if exists (select from tasks) then raise 'rows'; end if; end $$")
        .await;
    server.remove().await;
}

#[tokio::test]
async fn it_can_be_run_again_and_under_odd_names() {
    let server = Server::new().await;
    let odd = r#""My $hallpass$ ""schema""; --""#;
    server.own(&format!("create schema {odd}")).await;
    for (table, column) in [
        ("plain".to_owned(), "owner"),
        (format!("{odd}.\"It's \\\\ tasks\""), "\"The Owner's\""),
        (format!("{odd}.\"$hallpass$\""), "\"select\""),
    ] {
        server
            .own(&format!(
                "create table {table} ({column} uuid not null, title text not null)"
            ))
            .await;
        let role = server.app().parse().unwrap();
        let policies =
            hallpass_rls::Policies::new(table.parse().unwrap(), column.parse().unwrap(), role);
        for _ in 0..2 {
            server.own(&policies.to_string()).await;
        }
        assert_eq!(server.inspect(&[&table]).await, [], "{table}");
        server
            .admin(&format!(
                "insert into {table} values ('{ANN}', 'ann''s'), ('{BOB}', 'bob''s')"
            ))
            .await;
        let one = format!("set hallpass.user_id = '{BOB}'; select title from {table}");
        assert_eq!(titles(&server, &one).await, ["bob's"], "{table}");
    }
    let indexes = "select count(*)::text from pg_indexes where schemaname <> 'pg_catalog'";
    assert_eq!(server.as_app(indexes).await.unwrap(), ["3"], "one each");
    server.remove().await;
}

#[tokio::test]
async fn an_index_that_is_there_is_enough() {
    let server = server("tasks", "owner").await;
    server
        .own("create unique index mine on tasks (owner, title)")
        .await;
    server.own(&policies(&server, "tasks").to_string()).await;
    let indexes = "select indexname::text from pg_indexes where tablename = 'tasks'";
    assert_eq!(server.as_app(indexes).await.unwrap(), ["mine"]);
    server.remove().await;
}

#[tokio::test]
async fn the_setting_is_read_once_a_query_and_the_index_is_used() {
    let server = server("tasks", "owner").await;
    server.own(&policies(&server, "tasks").to_string()).await;
    server.admin("insert into tasks select gen_random_uuid(), 'x' from generate_series(1, 5000); analyze tasks").await;
    let plan = server
        .as_app("explain select title from tasks")
        .await
        .unwrap()
        .join("\n");
    assert!(
        plan.contains("Index") && plan.contains("InitPlan"),
        "{plan}"
    );
    server.remove().await;
}
