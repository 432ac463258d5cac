//! What a scope sees and writes, and what it leaves behind.

use hallpass_rls::{Error, InvalidPostgresUrl, OwnedSql, UserRows};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::rig::{ADD, ANN, BOB, DROP, Database, LIST, RENAME, add, on_both_engines, titles, user};

/// As if the condition had been forgotten: `$1` is there, and says nothing.
const LIST_ALL: OwnedSql = OwnedSql::new("select title from tasks where $1 = $1 order by title");

/// As if the owner of a row came from the caller.
const ADD_FOR: OwnedSql =
    OwnedSql::new("insert into tasks (owner, title) select $2, $3 where $1 = $1");
const GIVE: OwnedSql = OwnedSql::new("update tasks set owner = $2 where owner = $1");

const WHO: OwnedSql = OwnedSql::new(
    "select current_setting('hallpass' || '.user_id', true) from (select $1) as mine",
);

on_both_engines! {
    async fn each_user_sees_and_changes_their_own_rows(database) {
        let rows = database.rows();
        add(&rows, ANN, "ann's").await.unwrap();
        add(&rows, BOB, "bob's").await.unwrap();
        assert_eq!(titles(&rows, ANN).await, ["ann's"]);
        assert_eq!(titles(&rows, BOB).await, ["bob's"]);

        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        for (title, changed) in [("bob's", 0), ("ann's", 1)] {
            let done = scope.query(RENAME).bind(title).bind("renamed").execute().await;
            assert_eq!(done, Ok(changed), "{title}");
        }
        assert_eq!(scope.query(DROP).bind("bob's").execute().await, Ok(0));
        let one: Option<(String,)> = scope.query(LIST).fetch_optional().await.unwrap();
        assert_eq!(one.unwrap().0, "renamed");
        scope.commit().await.unwrap();
        assert_eq!(titles(&rows, ANN).await, ["renamed"]);
        assert_eq!(titles(&rows, BOB).await, ["bob's"]);
        rows.close().await;
    }

    async fn what_is_not_committed_is_not_written(database) {
        let rows = database.rows();
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        scope.query(ADD).bind("dropped").execute().await.unwrap();
        drop(scope);
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        scope.query(ADD).bind("rolled back").execute().await.unwrap();
        scope.roll_back().await.unwrap();
        assert_eq!(titles(&rows, ANN).await, [""; 0]);
        rows.close().await;
    }

    async fn nothing_is_written_after_a_statement_has_failed(database) {
        let rows = database.rows();
        add(&rows, BOB, "taken").await.unwrap();
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        scope.query(ADD).bind("first").execute().await.unwrap();
        assert_eq!(scope.query(ADD).bind("taken").execute().await, Err(Error::Conflict));
        let none: Result<Vec<(String,)>, _> = scope.query(LIST).fetch_all().await;
        assert_eq!(none, Err(Error::Failed), "no statement after it");
        assert_eq!(scope.commit().await, Err(Error::Failed), "and no commit that says it has written");
        assert_eq!(titles(&rows, ANN).await, [""; 0]);

        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        assert_eq!(scope.query(ADD).bind("taken").execute().await, Err(Error::Conflict));
        drop(scope);
        assert_eq!(titles(&rows, BOB).await, ["taken"], "the connection is in order");
        rows.close().await;
    }

    async fn values_that_are_missing_are_no_nulls(database) {
        let rows = database.rows();
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        let too_few = scope.query(ADD).execute().await;
        assert_eq!(too_few, Err(Error::Parameters { named: 2, bound: 1 }));
        let too_many = scope.query(ADD).bind("a").bind("b").execute().await;
        assert_eq!(too_many, Err(Error::Parameters { named: 2, bound: 3 }));
        let none: Result<(String,), _> = scope.query(LIST).fetch_one().await;
        assert_eq!(none, Err(Error::NoRow));
        scope.query(ADD).bind("still in order").execute().await.unwrap();
        scope.commit().await.unwrap();
        assert_eq!(titles(&rows, ANN).await, ["still in order"]);
        rows.close().await;
    }

    async fn users_who_are_no_uuid_have_no_rows(database) {
        let rows = database.rows();
        let upper = ANN.to_uppercase();
        let braced = format!("{{{ANN}}}");
        for id in ["ann", "' or true --", &upper, &braced, "00000000-0000"] {
            assert_eq!(rows.begin(&user(id)).await.unwrap_err(), Error::NotAnOwner, "{id}");
        }
        rows.close().await;
    }

    async fn a_url_opens_them_too(database) {
        let rows = UserRows::connect(&database.url()).unwrap();
        add(&rows, ANN, "by url").await.unwrap();
        assert_eq!(titles(&rows, ANN).await, ["by url"]);
        rows.close().await;
    }
}

#[test]
fn a_url_of_something_else_is_refused_and_not_repeated() {
    for url in ["", "mysql://a:secret@b/c", "postgres//", "tasks.db"] {
        let refused = UserRows::connect(url).unwrap_err();
        assert_eq!(refused, Error::Url, "{url}");
        assert!(!refused.to_string().contains("secret"));
    }
}

/// What the driver would pass over, and write into the log.
#[test]
fn a_url_whose_parameters_nobody_keeps_is_refused() {
    for (rest, fault) in [
        ("[/", InvalidPostgresUrl::Host),
        (
            "b/c?sslmode=secret",
            InvalidPostgresUrl::Value {
                name: "sslmode",
                rule: "must be disable, allow, prefer, require, verify-ca or verify-full",
            },
        ),
        (
            "b/c?sslmodus=secret",
            InvalidPostgresUrl::Parameter {
                name: "sslmodus".to_owned(),
                near: Some("sslmode"),
            },
        ),
        (
            "b/c?channel_binding=secret",
            InvalidPostgresUrl::ChannelBinding,
        ),
        ("b/c?pgbouncer=secret", InvalidPostgresUrl::Pgbouncer),
    ] {
        let refused = UserRows::connect(&format!("postgres://a:secret@{rest}")).unwrap_err();
        assert_eq!(refused, Error::PostgresUrl(fault), "{rest}");
        assert!(!format!("{refused} {refused:?}").contains("secret"));
    }
}

/// It asks for encryption, which the server here does not offer.
#[tokio::test]
async fn a_required_channel_binding_is_kept() {
    let database = Database::postgres().await;
    let url = format!("{}?sslmode=disable&pgbouncer=true", database.url());
    let rows = UserRows::connect(&url).unwrap();
    add(&rows, ANN, "in the clear").await.unwrap();
    rows.close().await;
    let rows = UserRows::connect(&format!("{url}&channel_binding=require")).unwrap();
    let refused = add(&rows, ANN, "in the clear").await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    rows.close().await;
    database.remove().await;
}

#[tokio::test]
async fn on_sqlite_the_sql_alone_limits_what_a_user_sees() {
    let database = Database::sqlite().await;
    let rows = database.rows();
    add(&rows, BOB, "bob's").await.unwrap();
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    let all: Vec<(String,)> = scope.query(LIST_ALL).fetch_all().await.unwrap();
    assert_eq!(all.len(), 1, "which is why there is PostgreSQL");
    drop(scope);
    rows.close().await;
}

/// What SQLite takes for a name: with `$1` in it, everybody's rows come back.
#[tokio::test]
async fn no_name_of_sqlite_can_hide_the_owner() {
    let database = Database::sqlite().await;
    let rows = database.rows();
    add(&rows, BOB, "bob's").await.unwrap();
    rows.close().await;
    let options: sqlx::sqlite::SqliteConnectOptions = database.url().parse().unwrap();
    let mut file = options.connect().await.unwrap();
    for text in [
        "select title as `$1` from tasks",
        "select title as [$1] from tasks",
        "select title as [a $1] from tasks",
        "select title as ['], 'x' as [$1'] from tasks",
        "select title as ['], '$1' as [a'] from tasks",
        "select title as ['], t.title as [$1, '] from tasks as t",
    ] {
        let all: Vec<sqlx::sqlite::SqliteRow> =
            sqlx::query(text).fetch_all(&mut file).await.unwrap();
        assert_eq!(all.len(), 1, "{text}");
        assert!(
            std::panic::catch_unwind(|| OwnedSql::new(text)).is_err(),
            "{text}"
        );
    }
    file.close().await.unwrap();
}

#[tokio::test]
async fn on_postgresql_a_wrong_condition_shows_no_row_of_others() {
    let database = Database::postgres().await;
    let rows = database.rows();
    add(&rows, BOB, "bob's").await.unwrap();
    add(&rows, ANN, "ann's").await.unwrap();
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    let all: Vec<(String,)> = scope.query(LIST_ALL).fetch_all().await.unwrap();
    assert_eq!(all, [("ann's".to_owned(),)]);
    scope.commit().await.unwrap();

    let bob: uuid::Uuid = BOB.parse().unwrap();
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    let forbidden = scope
        .query(ADD_FOR)
        .bind(bob)
        .bind("for bob")
        .execute()
        .await;
    assert!(
        matches!(forbidden, Err(Error::Forbidden(_))),
        "{forbidden:?}"
    );
    drop(scope);
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    let forbidden = scope.query(GIVE).bind(bob).execute().await;
    assert!(
        matches!(forbidden, Err(Error::Forbidden(_))),
        "{forbidden:?}"
    );
    drop(scope);
    assert_eq!(titles(&rows, BOB).await, ["bob's"]);
    rows.close().await;
    database.remove().await;
}

/// A type of one's own: the driver asks for it by name, on the same connection,
/// between the statement and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "lowercase")]
enum Mood {
    Calm,
    Wild,
}

const FEEL: OwnedSql = OwnedSql::new("insert into moods (owner, mood, name) values ($1, $2, $3)");
const FELT: OwnedSql =
    OwnedSql::new("select mood, name from moods where owner = $1 and mood = $2 and name = $3");
const NAMES: OwnedSql =
    OwnedSql::new("select mood, name from moods where owner = $1 order by name");

const PLAIN: OwnedSql =
    OwnedSql::new("insert into moods (owner, mood, name) values ($1, 'wild', $2)");
const HUES: OwnedSql = OwnedSql::new("select hue from moods where owner = $1");
const PAINT: OwnedSql =
    OwnedSql::new("update moods set hue = 'red' where owner = $1 and name = $2 returning hue");

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "hue", rename_all = "lowercase")]
enum Hue {
    Blue,
    Red,
}

#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Felt {
    mood: Mood,
    name: String,
}

#[tokio::test]
async fn types_of_ones_own_are_read_and_bound() {
    let server = crate::rig::Server::new().await;
    server
        .own(
            "create type mood as enum ('calm', 'wild'); create type hue as enum ('blue', 'red'); create domain short as text check (length(value) < 9);
             create table moods (owner uuid not null, mood mood not null, name short not null, hue hue not null default 'blue')",
        )
        .await;
    let policies = crate::rig::policies(&server, "moods");
    server.own(&policies.to_string()).await;
    let calm = || Felt {
        mood: Mood::Calm,
        name: "ann".to_owned(),
    };
    // Each time on a connection that knows none of the types.
    let bound = server.rows(1);
    let mut scope = bound.begin(&user(ANN)).await.unwrap();
    let added = scope.query(FEEL).bind(Mood::Calm).bind("ann");
    assert_eq!(added.execute().await, Ok(1));
    let one: Result<Felt, _> = scope
        .query(FELT)
        .bind(Mood::Calm)
        .bind("ann")
        .fetch_one()
        .await;
    assert_eq!(one, Ok(calm()));
    let none: Result<Vec<Felt>, _> = scope
        .query(FELT)
        .bind(Mood::Wild)
        .bind("ann")
        .fetch_all()
        .await;
    assert_eq!(none, Ok(vec![]));
    scope.commit().await.unwrap();
    bound.close().await;
    let read = server.rows(1);
    let mut scope = read.begin(&user(ANN)).await.unwrap();
    let all: Result<Vec<Felt>, _> = scope.query(NAMES).fetch_all().await;
    assert_eq!(all, Ok(vec![calm()]));
    scope.commit().await.unwrap();
    read.close().await;
    // What the scope has done before it is kept, and its user.
    let later = server.rows(1);
    let mut scope = later.begin(&user(ANN)).await.unwrap();
    assert_eq!(scope.query(PLAIN).bind("bea").execute().await, Ok(1));
    for time in ["first", "again"] {
        let all: Result<Vec<Felt>, _> = scope.query(NAMES).fetch_all().await;
        assert_eq!(all.unwrap().len(), 2);
        let hues: Result<Vec<(Hue,)>, _> = scope.query(HUES).fetch_all().await;
        assert_eq!(hues.unwrap().len(), 2);
        let changed = scope.query(PAINT).bind("bea").fetch_all::<(Hue,)>().await;
        assert_eq!(changed, Ok(vec![(Hue::Red,)]), "{time}");
    }
    scope.commit().await.unwrap();
    let mut scope = later.begin(&user(ANN)).await.unwrap();
    let all: Vec<Felt> = scope.query(NAMES).fetch_all().await.unwrap();
    assert_eq!(all.len(), 2);
    scope.commit().await.unwrap();
    later.close().await;
    server.remove().await;
}

#[tokio::test]
async fn text_owners_are_taken_as_they_are() {
    let server = crate::rig::Server::new().await;
    server
        .own("create table tasks (owner varchar(200) not null, title text not null)")
        .await;
    let policies = crate::rig::policies(&server, "tasks").text_owners();
    server.own(&policies.to_string()).await;
    let rows = server.rows(1).text_owners();
    let hostile = [
        "aB3xyzBetterAuth",
        "' or true --",
        "'; select 1; --",
        "\\",
        "\\'; --",
        "ö\u{202e}",
        "$1",
        "a\nb",
        "hallpass.user_id",
    ];
    for id in hostile {
        add(&rows, id, id).await.unwrap();
    }
    for id in hostile {
        assert_eq!(titles(&rows, id).await, [id]);
        let mut scope = rows.begin(&user(id)).await.unwrap();
        let who: (String,) = scope.query(WHO).fetch_one().await.unwrap();
        assert_eq!(who.0, id);
    }
    assert_eq!(
        titles(&rows, "ab3xyzbetterauth").await,
        [""; 0],
        "letter case counts"
    );
    assert_eq!(
        rows.begin(&user("a\0b")).await.unwrap_err(),
        Error::NotAnOwner
    );
    rows.close().await;
    assert!(server.inspect(&["tasks"]).await.is_empty());
    server.remove().await;
}
