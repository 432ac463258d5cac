//! Every known hole is found, and nothing where `Policies` has been.

use hallpass_rls::{Finding, Severity};
use sqlx::ConnectOptions as _;

use crate::rig::{Server, policies};

/// A table with everything that `Policies` says.
async fn server() -> Server {
    let server = Server::new().await;
    server
        .own("create table tasks (owner uuid not null, title text not null)")
        .await;
    server.own(&policies(&server, "tasks").to_string()).await;
    server
}

fn said(findings: &[Finding]) -> Vec<String> {
    let one = |finding: &Finding| {
        let level = match finding.hole.severity() {
            Severity::Serious => "serious",
            Severity::Warning => "warning",
        };
        format!("{level} {} {}", finding.hole.code(), finding.subject)
    };
    findings.iter().map(one).collect()
}

/// Each hole: what digs it, as whom, what is found, and nothing but that.
/// `APP` and `OWNER` stand for the roles.
const HOLES: &[(&str, &str, &[&str])] = &[
    ("admin", "alter role APP superuser", &["serious superuser APP"]),
    ("admin", "alter role APP bypassrls", &["serious power APP"]),
    ("admin", "alter role APP createrole", &["serious power APP"]),
    ("admin", "alter role APP replication", &["serious power APP"]),
    ("admin", "grant pg_read_server_files to APP", &["serious power APP"]),
    ("admin", "alter role APP set hallpass.user_id = 'x'", &["serious preset_user APP"]),
    ("admin", "alter table tasks owner to APP", &["serious owned_by_role public.tasks"]),
    ("admin", "grant OWNER to APP", &["serious owned_by_role public.tasks"]),
    ("own", "alter table tasks disable row level security", &["serious not_enabled public.tasks"]),
    ("own", "alter table tasks no force row level security", &["serious not_forced public.tasks"]),
    (
        "own",
        "drop policy hallpass_owner_only on tasks",
        &["warning not_restricted public.tasks"; 4],
    ),
    (
        "own",
        "drop policy hallpass_owner_only on tasks; create policy shared on tasks for select using (true)",
        &[
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "serious permissive_or public.tasks",
        ],
    ),
    (
        "own",
        "alter policy hallpass_owner_only on tasks to APP",
        &["warning not_for_everybody public.tasks"],
    ),
    (
        "own",
        "alter policy hallpass_owner_only on tasks to OWNER",
        &[
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_for_everybody public.tasks",
        ],
    ),
    (
        "own",
        "drop policy hallpass_owner_only on tasks;
         create policy only_select on tasks as restrictive for select using (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid);
         create policy only_insert on tasks as restrictive for insert with check (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid);
         create policy only_update on tasks as restrictive for update using (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid)",
        &["warning not_restricted public.tasks"],
    ),
    (
        "own",
        "alter policy hallpass_owner_only on tasks with check (true)",
        &[
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
        ],
    ),
    (
        "own",
        "alter policy hallpass_owner_only on tasks using (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid or true)
             with check (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid)",
        &[
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "warning not_restricted public.tasks",
            "serious unclear public.tasks",
        ],
    ),
    (
        "own",
        "create policy bare on tasks using (owner = current_setting('hallpass.user_id', true)::uuid)",
        &["warning empty_user public.tasks"],
    ),
    ("own", "drop policy hallpass_owner on tasks", &["warning closed public.tasks"]),
    ("own", "grant truncate on tasks to APP", &["serious right public.tasks"]),
    ("own", "grant truncate on tasks to public", &["serious right public.tasks"]),
    ("own", "grant references on tasks to APP", &["warning right public.tasks"]),
    ("own", "grant references (owner) on tasks to APP", &["warning right public.tasks"]),
    ("own", "grant trigger on tasks to public", &["warning right public.tasks"]),
    ("own", "drop index tasks_owner_idx", &["warning no_index public.tasks"]),
    (
        "own",
        "drop index tasks_owner_idx; create index on tasks (title, owner); create index on tasks (owner) where title <> ''",
        &["warning no_index public.tasks"],
    ),
    (
        "admin",
        "create view \"All tasks\" as select * from tasks; grant select on \"All tasks\" to APP",
        &["serious view public.\"All tasks\""],
    ),
    (
        "admin",
        "create view inner_view as select * from tasks; grant select on inner_view to APP;
         create view outer_view with (security_invoker) as select * from inner_view; grant select on outer_view to APP",
        &["serious view public.inner_view"],
    ),
    (
        "admin",
        "create view inner_view with (security_invoker) as select * from tasks;
         create view outer_view as select title from inner_view; grant select (title) on outer_view to APP",
        &["serious view public.outer_view"],
    ),
    (
        "admin",
        "create materialized view kept as select * from tasks; grant select on kept to public",
        &["serious materialized_view public.kept"],
    ),
    (
        "admin",
        "create function all_tasks(\"Of\" text) returns bigint language sql security definer as 'select count(*) from tasks'",
        &["serious definer public.all_tasks(\"Of\" text)"],
    ),
    (
        "admin",
        "create function all_tasks() returns bigint language sql security definer set search_path = pg_catalog, pg_temp as 'select count(*) from public.tasks'",
        &["warning definer public.all_tasks()"],
    ),
    (
        "own",
        "create table archive () inherits (tasks); grant select on archive to APP",
        &["serious relative public.archive"],
    ),
    (
        "own",
        "create table everything (owner uuid not null, title text not null); alter table tasks inherit everything; grant delete on everything to APP",
        &["serious relative public.everything"],
    ),
];

/// What is like a hole, and is none.
const NO_HOLES: &[(&str, &str)] = &[
    ("own", "select 1"),
    ("own", "alter policy hallpass_owner on tasks to public"),
    ("own", "create policy more on tasks for select using (true)"),
    ("own", "create policy fresh on tasks as restrictive using (title <> '')"),
    ("own", "create view mine with (security_barrier, check_option = local, security_invoker = on) as select * from tasks where title <> ''; grant select on mine to APP"),
    ("own", "create view hidden as select * from tasks"),
    ("own", "create materialized view hidden as select * from tasks"),
    ("own", "create table archive () inherits (tasks)"),
    ("own", "drop index tasks_owner_idx; create unique index on tasks (owner, title)"),
    ("admin", "create function f() returns int language sql security definer as 'select 1'; revoke execute on function f() from public"),
    ("admin", "create function f() returns int language sql as 'select 1'"),
    (
        "own",
        "alter policy hallpass_owner_only on tasks using (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid)
             with check (nullif(current_setting('hallpass.user_id', true), '')::uuid is not null and false or owner = owner) ;
         alter policy hallpass_owner_only on tasks with check (owner = nullif(current_setting('hallpass.user_id', true), '')::uuid)",
    ),
];

async fn dig(server: &Server, who: &str, sql: &str) {
    let sql = sql
        .replace("APP", &server.app())
        .replace("OWNER", &server.owner());
    match who {
        "own" => server.own(&sql).await,
        _ => server.admin(&sql).await,
    }
}

#[tokio::test]
async fn each_hole_is_found_and_no_other() {
    for (who, sql, expected) in HOLES {
        let server = server().await;
        dig(&server, who, sql).await;
        let found = said(&server.inspect(&["tasks"]).await);
        let expected: Vec<_> = expected
            .iter()
            .map(|one| one.replace("APP", &server.app()))
            .collect();
        assert_eq!(found, expected, "{sql}");
        server.remove().await;
    }
}

#[tokio::test]
async fn what_is_no_hole_is_not_found() {
    for (who, sql) in NO_HOLES {
        let server = server().await;
        dig(&server, who, sql).await;
        assert_eq!(server.inspect(&["tasks"]).await, [], "{sql}");
        server.remove().await;
    }
}

#[tokio::test]
async fn what_is_found_is_mended_by_the_sql_that_it_names() {
    for (who, sql, _) in HOLES {
        let server = server().await;
        dig(&server, who, sql).await;
        let found = server.inspect(&["tasks"]).await;
        for finding in &found {
            let (subject, fix) = (&finding.subject, finding.fix());
            // A step that needs names which are the operator's to choose.
            if fix.contains('…') || fix.contains("another role") || fix.starts_with("compare with")
            {
                continue;
            }
            if fix.contains("hallpass rls") {
                if fix.starts_with("drop policy") {
                    let (drop, _) = fix.split_once(';').unwrap();
                    server
                        .admin(&drop.replace("drop policy", "drop policy if exists"))
                        .await;
                }
                if !fix.starts_with("revoke") {
                    server.admin(&policies(&server, subject).to_string()).await;
                    continue;
                }
            }
            let (first, _) = fix.split_once(';').unwrap_or_else(|| {
                let (revoke, _) = fix.split_at(fix.len());
                (revoke.rsplit_once("others, or ").unwrap().1, "")
            });
            let first = first
                .rsplit_once("others, or ")
                .map_or(first, |(_, sql)| sql);
            server.admin(first).await;
        }
        let left = server.inspect(&["tasks"]).await;
        let expected: Vec<_> = found
            .iter()
            .filter(|one| {
                let fix = one.fix();
                fix.contains('…')
                    || fix.contains("another role")
                    || fix.starts_with("compare with")
                    || fix.contains("read what it does, or")
            })
            .map(|one| one.hole.code())
            .collect();
        let left: Vec<_> = left.iter().map(|one| one.hole.code()).collect();
        assert_eq!(left, expected, "{sql}");
        server.remove().await;
    }
}

#[tokio::test]
async fn tables_and_roles_that_are_not_there_are_told_of() {
    let server = server().await;
    server
        .own("create view v as select * from tasks; create table \"Tasks\" (owner uuid)")
        .await;
    let found = said(
        &server
            .inspect(&["nope", "v", "other.tasks", "\"Tasks\""])
            .await,
    );
    assert_eq!(
        found,
        [
            "serious table_missing \"nope\"",
            "serious table_missing \"v\"",
            "serious table_missing \"other\".\"tasks\"",
            "serious not_enabled public.\"Tasks\"",
        ]
    );
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&server.url())
        .await
        .unwrap();
    let (tables, role) = (["tasks".parse().unwrap()], "nobody_at_all".parse().unwrap());
    let found = hallpass_rls::inspect(&mut connection, &tables, Some(&role))
        .await
        .unwrap();
    assert_eq!(said(&found), ["serious role_missing nobody_at_all"]);
    // Without a role it is the one that logs in.
    let found = hallpass_rls::inspect(&mut connection, &tables, None)
        .await
        .unwrap();
    assert_eq!(said(&found), ["serious superuser hallpass"]);
    let url = server.url_of(&server.app());
    let mut app = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    assert_eq!(
        hallpass_rls::inspect(&mut app, &tables, None)
            .await
            .unwrap(),
        []
    );
    server.remove().await;
}

#[tokio::test]
async fn partitions_are_held_to_the_same_rules() {
    let server = Server::new().await;
    server
        .own(
            "create schema app; create table app.tasks (owner uuid not null, year int not null) partition by list (year);
             create table app.tasks_1 partition of app.tasks for values in (1);
             create table app.tasks_2 partition of app.tasks for values in (2)",
        )
        .await;
    server
        .own(&policies(&server, "app.tasks").to_string())
        .await;
    assert_eq!(
        server.inspect(&["app.tasks"]).await,
        [],
        "closed to the role"
    );
    server
        .own(&format!(
            "grant all on all tables in schema app to {}",
            server.app()
        ))
        .await;
    let found = said(&server.inspect(&["app.tasks"]).await);
    let expected = [
        "serious right app.tasks",
        "warning right app.tasks",
        "warning right app.tasks",
        "serious relative app.tasks_1",
        "serious relative app.tasks_2",
    ];
    assert_eq!(found, expected);
    for table in ["app.tasks", "app.tasks_1", "app.tasks_2"] {
        server.own(&policies(&server, table).to_string()).await;
    }
    assert_eq!(server.inspect(&["app.tasks"]).await, []);
    assert_eq!(
        server
            .inspect(&["app.tasks", "app.tasks_1", "app.tasks_2"])
            .await,
        []
    );
    dig(
        &server,
        "own",
        "alter table app.tasks_1 no force row level security",
    )
    .await;
    dig(&server, "admin", "alter table app.tasks_2 owner to APP").await;
    let found = said(&server.inspect(&["app.tasks"]).await);
    assert_eq!(
        found,
        expected[3..],
        "policies that do not apply to everybody"
    );
    server.remove().await;
}

/// In transaction mode, with the connections behind it shared.
#[tokio::test]
async fn a_pooler_may_stand_in_between() {
    let server = server().await;
    server.own("drop index tasks_owner_idx").await;
    let options = server.pooled();
    let mut connection = options.connect().await.unwrap();
    let (tables, role) = (["tasks".parse().unwrap()], server.app().parse().unwrap());
    for _ in 0..3 {
        let found = hallpass_rls::inspect(&mut connection, &tables, Some(&role)).await;
        assert_eq!(said(&found.unwrap()), ["warning no_index public.tasks"]);
    }
    drop(connection);
    server.remove().await;
}
