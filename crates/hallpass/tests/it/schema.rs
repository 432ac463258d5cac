//! The tables, on both engines: the same, and as the contract says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::rig::{Database, Engine, on_both_engines};

/// Of each table each column, in order, and whether it may be NULL.
type Tables = BTreeMap<String, Vec<(String, bool)>>;

async fn tables(database: &Database) -> Tables {
    let columns = match database.engine() {
        Engine::Sqlite => {
            "select t.name, c.name, case when c.\"notnull\" = 1 then 'no' else 'yes' end
             from sqlite_schema t join pragma_table_info(t.name) c
             where t.type = 'table' order by t.name, c.cid"
        }
        Engine::Postgres => {
            "select cast(table_name as text), cast(column_name as text), lower(cast(is_nullable as text))
             from information_schema.columns where table_schema = current_schema()
             order by table_name, ordinal_position"
        }
    };
    let mut tables = Tables::new();
    for row in database.texts(columns).await {
        let [table, column, nullable] = &row[..] else {
            panic!("{row:?}")
        };
        // Made by sqlx, in each engine's own way.
        if table != "hallpass_migrations" {
            tables
                .entry(table.clone())
                .or_default()
                .push((column.clone(), nullable == "yes"));
        }
    }
    tables
}

async fn insert(database: &Database, id: &str, email: &str, key: &str) -> Result<(), sqlx::Error> {
    let (id, now) = match database.engine() {
        Engine::Sqlite => (format!("x'{}'", id.replace('-', "")), "0"),
        Engine::Postgres => (format!("'{id}'"), "now()"),
    };
    let sql = format!(
        "insert into users (id, email, email_key, created_at, updated_at) values ({id}, '{email}', '{key}', {now}, {now})"
    );
    database.try_execute(&sql).await
}

const ID: &str = "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f";
const OTHER: &str = "01936b2e-7c4f-7d3a-9e1b-000000000000";

on_both_engines! {
    async fn users_has_the_columns_of_the_contract(app) {
        let expected = [("id", false), ("email", false), ("email_key", false), ("name", true), ("password_hash", true),
                        ("created_at", false), ("updated_at", false),
                        // Ours, for Better Auth's clients.
                        ("image", true)];
        let expected: Vec<_> = expected.iter().map(|(name, nullable)| ((*name).to_owned(), *nullable)).collect();
        assert_eq!(tables(&app.database).await["users"], expected);
    }

    async fn an_id_and_an_address_are_there_once(app) {
        insert(&app.database, ID, "Ann@example.com", "ann@example.com").await.unwrap();
        assert!(insert(&app.database, ID, "bob@example.com", "bob@example.com").await.is_err());
        assert!(insert(&app.database, OTHER, "ANN@example.com", "ann@example.com").await.is_err());
        insert(&app.database, OTHER, "bob@example.com", "bob@example.com").await.unwrap();
        for column in ["email", "email_key", "created_at", "updated_at", "id"] {
            let sql = format!("update users set {column} = null");
            assert!(app.database.try_execute(&sql).await.is_err(), "{column}");
        }
        app.database.execute("update users set name = null, password_hash = null").await;
    }

    async fn values_of_another_type_are_refused(app) {
        insert(&app.database, ID, "ann@example.com", "ann@example.com").await.unwrap();
        let wrong: &[&str] = match app.engine() {
            Engine::Sqlite => &[
                "update users set id = x'00'", "update users set id = 'text of sixteen.'",
                "update users set created_at = 'today'",
                "update users set updated_at = 1.5", "insert into throttle values (x'00', 1, 1)",
                "insert into throttle values (zeroblob(32), 'many', 1)", "update users set email = x'00'",
            ],
            Engine::Postgres => &[
                "update users set id = 'x'", "update users set created_at = 'whenever'",
                "update users set email = repeat('x', 256)",
                "update users set email_key = repeat('x', 256)", "update users set name = repeat('x', 256)",
                "insert into throttle values ('\\x00', 1, now())",
                "insert into throttle values (decode(repeat('00', 32), 'hex'), 'many', now())",
            ],
        };
        for sql in wrong {
            assert!(app.database.try_execute(sql).await.is_err(), "{sql}");
        }
    }

    async fn asvs_6_3_2_a_fresh_database_has_no_account(app) {
        assert_eq!(app.database.users().await, 0);
        assert_eq!(app.database.number("select count(*) from throttle").await, 0);
    }
}

#[test]
fn both_engines_have_the_same_tables() {
    let of = |engine| {
        crate::rig::block_on(async move {
            let database = Database::migrated(engine).await;
            let tables = tables(&database).await;
            database.remove().await;
            tables
        })
    };
    let (sqlite, postgres) = (of(Engine::Sqlite), of(Engine::Postgres));
    assert_eq!(sqlite, postgres);
    assert_eq!(
        sqlite.keys().collect::<Vec<_>>(),
        ["signing_eras", "signing_keys", "throttle", "users"]
    );
}

#[test]
fn both_engines_have_migrations_of_the_same_names() {
    let names = |engine: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(engine);
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(sqlite.len() >= 2);
    for (at, name) in sqlite.iter().enumerate() {
        assert!(
            name.starts_with(&format!("{:04}_", at + 1)),
            "{name} is number {}",
            at + 1
        );
    }
}

#[test]
fn sqlites_tables_are_strict() {
    crate::rig::run(Engine::Sqlite, |app| async move {
        let lax = "select name from pragma_table_list where type = 'table' and schema = 'main' and strict = 0
                   and name not in ('sqlite_schema', 'hallpass_migrations')";
        assert_eq!(app.database.texts(lax).await, [[""; 0]; 0]);
        assert_eq!(
            app.database
                .number("select count(*) from pragma_table_list where strict = 1")
                .await,
            4
        );
    });
}

#[test]
fn postgresqls_columns_have_the_types_of_the_contract() {
    crate::rig::run(Engine::Postgres, |app| async move {
        let types = "select cast(column_name as text) || ' ' || data_type || coalesce(' ' || character_maximum_length, '')
                     from information_schema.columns where table_name = 'users' order by ordinal_position";
        let types = app.database.texts(types).await.concat();
        assert_eq!(
            types,
            [
                "id uuid",
                "email character varying 255",
                "email_key character varying 255",
                "name character varying 255",
                "password_hash character varying 255",
                "created_at timestamp with time zone",
                "updated_at timestamp with time zone",
                "image character varying 2048",
            ]
        );
    });
}

#[test]
fn on_postgresql_a_trigger_keeps_updated_at() {
    crate::rig::run(Engine::Postgres, |app| async move {
        insert(&app.database, ID, "ann@example.com", "ann@example.com")
            .await
            .unwrap();
        insert(&app.database, OTHER, "bob@example.com", "bob@example.com")
            .await
            .unwrap();
        app.database
            .execute("update users set updated_at = '2001-01-01T00:00:00Z'")
            .await;
        let updated =
            "select cast(extract(year from updated_at) as text) from users order by email_key";
        assert_eq!(app.database.texts(updated).await.concat(), ["2001", "2001"]);
        app.database
            .execute("update users set name = 'Ann' where email_key = 'ann@example.com'")
            .await;
        let recent = "select count(*) from users where updated_at > now() - interval '1 minute'";
        assert_eq!(app.database.number(recent).await, 1);
        assert_eq!(app.database.texts(updated).await[1], ["2001"]);
        // Who says when, is believed.
        app.database
            .execute("update users set name = 'A', updated_at = '2002-01-01T00:00:00Z'")
            .await;
        assert_eq!(app.database.texts(updated).await.concat(), ["2002", "2002"]);
    });
}
