//! A database that ends connections, is slow to wake up, or is lost between a
//! commit and its answer: nobody is told of what can be mended, and nothing is
//! done twice.

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::rig::{
    Answer, Api, Database, Engine, Loss, PASSWORD, PATIENCE, Place, Proxy, Server, eventually,
    once_hashed,
};

/// A server whose wire to PostgreSQL can be lost, and somebody with an account.
struct Far {
    database: Database,
    proxy: Proxy,
    server: Server,
    token: String,
    user: String,
    _place: Place,
}

impl Far {
    async fn new() -> Self {
        let database = Database::new(Engine::Postgres).await;
        let proxy = Proxy::whole(database.port());
        let place = Place::new();
        let launch = place.over(&database);
        let url = database.url_by(proxy.port());
        let server = launch.set("DATABASE_URL", url).start().await;
        let ann = once_hashed(server.api.registration("ann@example.com")).await;
        assert_eq!(ann.status, 201, "{ann:?}");
        Self {
            token: ann.token(),
            user: ann.json()["user"]["id"].as_str().unwrap().to_owned(),
            database,
            proxy,
            server,
            _place: place,
        }
    }

    async fn rename(&self, name: &str) -> Answer {
        let path = format!("/api/v1/users/{}", self.user);
        let rename = self.server.api.request(Method::PATCH, &path);
        let rename = rename.bearer_auth(&self.token).json(&json!({"name": name}));
        self.server.api.send(rename).await
    }

    /// More at once than there are connections, of every kind.
    async fn all_are_served(&self, round: usize) {
        let api = &self.server.api;
        let mut asking: JoinSet<Answer> = (0..30)
            .map(|_| {
                let (api, token) = (api.clone(), self.token.clone());
                async move { api.me(&token).await }
            })
            .collect();
        asking.spawn(once(api, &format!("a{round}@example.com"), true));
        asking.spawn(once(api, "ann@example.com", false));
        let renamed = self.rename("Ann II").await;
        assert_eq!(renamed.status, 200, "{renamed:?}");
        for answer in asking.join_all().await {
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        }
    }

    async fn end(self) {
        self.server.stop().await;
        self.database.remove().await;
    }
}

/// A registration or a sign-in.
fn once(api: &Api, email: &str, registers: bool) -> impl Future<Output = Answer> + use<> {
    once_hashed(if registers {
        api.registration(email)
    } else {
        api.signing_in(email, PASSWORD)
    })
}

const OTHERS: &str = "from pg_stat_activity \
     where datname = current_database() and pid <> pg_backend_pid()";

#[tokio::test]
async fn connections_that_the_database_has_ended_are_replaced() {
    let far = Far::new().await;
    for round in 0..5 {
        far.all_are_served(round).await;
        let ended = format!("select count(pg_terminate_backend(pid)) {OTHERS}");
        assert!(far.database.number(&ended).await > 0);
        eventually(PATIENCE, "they are gone", async || {
            let left = far
                .database
                .number(&format!("select count(*) {OTHERS}"))
                .await;
            (left == 0).then_some(())
        })
        .await;
    }
    far.all_are_served(5).await;
    far.end().await;
}

#[tokio::test]
async fn a_connection_that_is_hung_up_on_is_made_again() {
    let far = Far::new().await;
    far.proxy.hang_up_on(1);
    let me = far.server.api.me(&far.token).await;
    assert_eq!(me.status, 200, "{me:?}");
    far.proxy.hang_up_on(1);
    let renamed = far.rename("Ann II").await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    far.end().await;
}

/// It may have been done, so it is not done again, and nobody is told that it
/// was.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_not_made_again() {
    let far = Far::new().await;
    let events = "create table happened (what text); \
        create function note() returns trigger language plpgsql as \
        $$ begin insert into happened values (tg_op); return new; end $$; \
        create trigger note after insert or update on users for each row execute function note()";
    far.database.execute(events).await;
    far.proxy.lose_commits(true);
    let bob = once_hashed(far.server.api.registration("bob@example.com")).await;
    bob.assert_unavailable();
    far.rename("Ann II").await.assert_unavailable();
    far.proxy.lose_commits(false);
    let happened = far
        .database
        .texts("select what from happened order by what")
        .await;
    assert_eq!(happened, [["INSERT"], ["UPDATE"]]);
    let again = once_hashed(far.server.api.registration("bob@example.com")).await;
    assert_eq!(again.status, 400, "{again:?}");
    far.end().await;
}

/// A database that wakes up lets in nobody at first, or hangs up on whoever it
/// has let in.
#[tokio::test]
async fn a_command_wakes_a_database_up() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let mut proxy = Proxy::whole(database.port());
    let url = database.url_by(proxy.port());
    let command = place.over(&database).set("DATABASE_URL", url);
    for arguments in [["migrate", "--status"], ["user", "list"]] {
        proxy.hang_up_on(3);
        let command = arguments.iter().fold(command.clone(), |command, argument| {
            command.argument(argument)
        });
        let ended = command.end().await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    }
    proxy.lose(Loss::HungUp).await;
    database.remove().await;
}
