//! The data model's tables are the ones that the migrations make.

use crate::markdown::rows_under;
use crate::{SPECIFICATION, path, text};

/// A column: its name and its type on an engine.
type Column = (String, String);

/// The migrations of an engine, in their order.
fn migrations(engine: &str) -> String {
    let folder = path("crates/hallpass/migrations").join(engine);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts.collect()
}

/// The columns of a table, as the migrations of an engine make it. They create
/// tables, one column on a line, and add columns, one with a statement.
fn columns(engine: &str, table: &str) -> Vec<Column> {
    let sql = migrations(engine);
    let head = format!("create table {table} (\n");
    let (_, body) = sql
        .rsplit_once(&head)
        .unwrap_or_else(|| panic!("no table {table} on {engine}"));
    let (body, _) = body.split_once("\n)").unwrap();
    let of_columns = |line: &&str| {
        !["unique (", "check ("]
            .iter()
            .any(|rule| line.trim().starts_with(rule))
    };
    let addition = format!("alter table {table} add column ");
    let added = sql
        .split("alter table ")
        .skip(1)
        .map(|rest| rest.split(';').next().unwrap());
    let added = added.filter_map(|statement| {
        // A rule may change, and a table be made anew under its name.
        let of_rules = [" constraint ", " rename to "];
        let changes_rules = of_rules.iter().any(|words| statement.contains(words));
        let other = !changes_rules && !statement.contains(" add column ");
        assert!(
            !other,
            "teach this test what `alter table {statement}` does"
        );
        addition
            .strip_prefix("alter table ")
            .and_then(|head| statement.strip_prefix(head))
    });
    let words = body
        .lines()
        .filter(of_columns)
        .chain(added)
        .map(|line| line.trim().trim_end_matches(',').split(' '));
    let column = |mut words: std::str::Split<'_, char>| {
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    words.filter_map(column).collect()
}

/// The names of the tables that the migrations of an engine make.
fn tables(engine: &str) -> Vec<String> {
    let sql = migrations(engine);
    let names = sql.lines().filter_map(|line| {
        line.strip_prefix("create table ")?
            .split(' ')
            .next()
            .map(str::to_owned)
    });
    // SQLite's are made anew where a check has changed.
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

#[test]
fn every_table_is_described_with_its_columns_and_types() {
    let page = text(&format!("{SPECIFICATION}/data-model.md"));
    assert_eq!(tables("sqlite"), tables("postgres"));
    for table in tables("sqlite") {
        let rows = rows_under(&page, &format!("### `{table}`"));
        let described = |of: usize| -> Vec<Column> {
            let cell = |text: &str| text.trim_matches('`').to_owned();
            rows.iter()
                .map(|row| (cell(row[0]), cell(row[of])))
                .collect()
        };
        assert_eq!(described(1), columns("sqlite", &table), "{table} on SQLite");
        assert_eq!(
            described(2),
            columns("postgres", &table),
            "{table} on PostgreSQL"
        );
    }
}
