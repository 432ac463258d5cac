//! Every SQL text of the library is one that both engines can read. `query!`
//! checks one engine, so this checks them all, on both.

use syn::visit::Visit;

use crate::rig::{Database, Engine, on_both_engines};
use crate::sources::{self, Source};

/// As many as there were when this was written; a search that finds fewer has
/// missed some.
const AT_LEAST: usize = 14;

/// Written for one engine alone, in db/, which alone may know the engines.
const OF_ONE_ENGINE: [(&str, &str, Engine); 4] = [
    ("db/server.rs", "SERVER", Engine::Postgres),
    ("db/postgres.rs", "WHICH_SESSION", Engine::Postgres),
    ("db/migrations.rs", "LOCK", Engine::Postgres),
    ("db/mod.rs", "BEGIN_IMMEDIATE", Engine::Sqlite),
];

struct Statement {
    path: String,
    name: String,
    sql: String,
}

/// The `const NAME: &str` items that hold SQL.
fn statements_of(source: &Source) -> Vec<Statement> {
    struct Constants<'a>(&'a str, Vec<Statement>);
    impl<'ast> Visit<'ast> for Constants<'_> {
        fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
            if let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = &*item.expr
                && is_sql(&text.value())
            {
                let (path, name) = (self.0.to_owned(), item.ident.to_string());
                self.1.push(Statement {
                    path,
                    name,
                    sql: text.value(),
                });
            }
        }
    }
    let mut constants = Constants(&source.path, Vec::new());
    constants.visit_file(&syn::parse_file(&source.text).unwrap());
    constants.1
}

fn is_sql(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    matches!(
        first,
        "select"
            | "insert"
            | "update"
            | "delete"
            | "with"
            | "create"
            | "alter"
            | "drop"
            | "begin"
            | "commit"
            | "rollback"
    )
}

fn statements() -> Vec<Statement> {
    sources::all().iter().flat_map(statements_of).collect()
}

/// What is given to sqlx to run, in the order of the source.
fn texts_run(source: &Source) -> Vec<String> {
    let tokens = sources::tokens(&source.text);
    let runs = ["query", "query_as", "query_scalar", "query_with", "raw_sql"];
    let mut texts = Vec::new();
    for (at, path) in tokens.windows(4).enumerate() {
        let [krate, _, mark, function] = path else {
            continue;
        };
        if krate == "sqlx" && mark == ":" && runs.contains(&function.as_str()) {
            texts.push(argument(&tokens[at + 4..]));
        }
    }
    texts
}

/// The first argument of a call, past its `::<_, i64>`.
fn argument(tokens: &[String]) -> String {
    let mut angles = 0_i32;
    let mut tokens = tokens.iter();
    for token in tokens.by_ref() {
        match token.as_str() {
            "<" => angles += 1,
            ">" => angles -= 1,
            "(" if angles == 0 => break,
            _ => {}
        }
    }
    tokens
        .take_while(|token| !matches!(token.as_str(), ")" | ","))
        .cloned()
        .collect()
}

on_both_engines! {
    async fn every_statement_can_be_prepared(app) {
        let mut broken = Vec::new();
        for Statement { path, name, sql } in statements() {
            let is_it = |(one, of, _): &&(&str, &str, Engine)| *one == path && *of == name;
            if OF_ONE_ENGINE.iter().find(is_it).is_some_and(|(_, _, engine)| *engine != app.engine()) {
                continue;
            }
            if let Err(error) = app.database.prepare(&sql).await {
                broken.push(format!("{path} {name}: {error}"));
            }
        }
        assert!(broken.is_empty(), "{broken:#?}");
    }

    async fn a_statement_that_is_wrong_cannot_be_prepared(app) {
        for sql in ["select nope from users", "select 1 from nope", "selekt 1", "update users set nope = $1"] {
            assert!(app.database.prepare(sql).await.is_err(), "{sql}");
        }
        let dialects = ["select id::text from users", "select hex(id) from users"];
        let read: Vec<bool> = [app.database.prepare(dialects[0]).await.is_ok(), app.database.prepare(dialects[1]).await.is_ok()].into();
        assert_eq!(read, [app.engine() == Engine::Postgres, app.engine() == Engine::Sqlite]);
    }
}

#[test]
fn the_search_finds_the_statements() {
    let found = statements();
    assert!(found.len() >= AT_LEAST, "only {} statements", found.len());
    for source in sources::all() {
        let in_store = source.path.ends_with("/store.rs");
        assert!(
            !in_store || !statements_of(&source).is_empty(),
            "{} has none",
            source.path
        );
    }
    for (path, name, _) in OF_ONE_ENGINE {
        assert!(path.starts_with("db/"), "{path} may not know the engines");
        assert!(
            found.iter().any(|one| one.path == path && one.name == name),
            "{path} {name} is gone"
        );
    }
}

/// SQL that is put together at run time would escape the search.
#[test]
fn what_is_run_is_a_constant_that_the_search_finds() {
    let mut runs = 0;
    for source in sources::all() {
        let constants: Vec<_> = statements_of(&source)
            .into_iter()
            .map(|one| one.name)
            .collect();
        for text in texts_run(&source) {
            runs += 1;
            // Two literals, one for each engine, about the engines' own catalogues.
            let own = source.path == "db/migrations.rs" && text.starts_with("self.table_exists");
            assert!(
                own || constants.contains(&text),
                "{} runs `{text}`, which is no constant of it",
                source.path
            );
        }
    }
    assert!(runs >= AT_LEAST, "only {runs} calls");
}

#[test]
fn what_is_no_constant_is_noticed() {
    let source = |text: &str| Source {
        path: "x/store.rs".to_owned(),
        text: text.to_owned(),
    };
    let bad = source(
        "fn f() { sqlx::query(&format!(\"select {x}\")).execute(c); sqlx::query_as::<_, (i64,)>(\"select 1\") }",
    );
    let texts = texts_run(&bad);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts[0].starts_with("&format!") && texts[1].starts_with("\"select"),
        "{texts:?}"
    );
    let good = source(
        "const A: &str = \"\n    select 1\"; const B: &str = \"hallpass\"; fn f() { sqlx::query_scalar(A) }",
    );
    assert_eq!(texts_run(&good), ["A"]);
    assert_eq!(statements_of(&good).len(), 1);
}

/// For [`Database::prepare`]: PostgreSQL and SQLite each name what is wrong.
#[test]
fn the_two_engines_are_asked() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let error = crate::rig::block_on(async {
            let database = Database::migrated(engine).await;
            let error = database
                .prepare("select nope from users")
                .await
                .unwrap_err()
                .to_string();
            database.remove().await;
            error
        });
        assert!(error.contains("nope"), "{error}");
    }
}
