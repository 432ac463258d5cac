//! What a sign-in costs does not tell which addresses have accounts.

use std::collections::BTreeMap;

use hallpass::EmailAddress;

use crate::rig::{PASSWORD, TestApp, on_both_engines};

const USUAL: &str = "$argon2id$v=19$m=64,t=1,p=1$";
const LARGE: &str = "$argon2id$v=19$m=128,t=2,p=1$";
const BCRYPT: &str = "$2b$05$";
const SALT_AND_TAG: &str = "c2l4dGVlbi1ieXRlLXNhbA$Ou8q9D8fc81MWF4Wv9OWkzbMYufBzWK+SmGieUKfWog";

async fn cost(app: &TestApp, email: &str) -> String {
    let email = EmailAddress::parse(email).unwrap();
    app.hallpass.sign_in_cost(&email).await.unwrap()
}

/// How many of so many unknown addresses cost what.
async fn costs(app: &TestApp, addresses: usize) -> BTreeMap<String, usize> {
    let mut costs = BTreeMap::new();
    for at in 0..addresses {
        let cost = cost(app, &format!("unknown{at}@example.com")).await;
        *costs.entry(cost).or_default() += 1;
    }
    costs
}

/// Four accounts: two with the usual cost, one that costs more, one with bcrypt.
async fn four_accounts(app: &TestApp) {
    for name in ["ann", "bob", "large", "bcrypt"] {
        app.account(&format!("{name}@example.com")).await;
    }
    let bcrypt = bcrypt::hash(PASSWORD, 5).unwrap();
    plant(app, "large", &format!("'{LARGE}{SALT_AND_TAG}'")).await;
    plant(app, "bcrypt", &format!("'{bcrypt}'")).await;
}

async fn plant(app: &TestApp, name: &str, value: &str) {
    let set =
        format!("update users set password_hash = {value} where email_key = '{name}@example.com'");
    app.database.execute(&set).await;
}

on_both_engines! {
    async fn asvs_6_3_8_unknown_addresses_cost_what_accounts_do(app) {
        four_accounts(&app).await;
        let app = app.another();
        assert_eq!(cost(&app, "ann@example.com").await, USUAL);
        assert_eq!(cost(&app, "large@example.com").await, LARGE);
        assert_eq!(cost(&app, "bcrypt@example.com").await, BCRYPT);
        let costs = costs(&app, 400).await;
        let share = |cost: &str| costs.get(cost).copied().unwrap_or(0);
        assert_eq!(costs.len(), 3, "{costs:?}");
        for (cost, expected) in [(USUAL, 200_usize), (LARGE, 100), (BCRYPT, 100)] {
            assert!(share(cost).abs_diff(expected) < 40, "{costs:?}");
        }
    }

    async fn address_costs_the_same_on_each_server(app) {
        four_accounts(&app).await;
        let (one, two) = (app.another(), app.another());
        for at in 0..50 {
            let email = format!("unknown{at}@example.com");
            let first = cost(&one, &email).await;
            assert_eq!(cost(&one, &email).await, first);
            assert_eq!(cost(&two, &email.to_uppercase()).await, first);
        }
    }

    async fn account_without_usable_hash_costs_like_unknown(app) {
        four_accounts(&app).await;
        let app = app.another();
        let before = cost(&app, "ann@example.com").await;
        app.hallpass.delete_user(app.hallpass.find_user_by_email(&EmailAddress::parse("ann@example.com").unwrap())
            .await.unwrap().unwrap().id).await.unwrap();
        let unknown = cost(&app, "ann@example.com").await;
        app.account("ann@example.com").await;
        assert_eq!(cost(&app, "ann@example.com").await, before);
        for broken in ["null", "'$argon2id$v=19$nonsense'", "''", "'$2b$31$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG'"] {
            plant(&app, "ann", broken).await;
            assert_eq!(cost(&app, "ann@example.com").await, unknown, "{broken}");
        }
    }

    async fn without_accounts_cost_is_the_settings(app) {
        assert_eq!(costs(&app, 20).await, BTreeMap::from([(USUAL.to_owned(), 20)]));
    }

    /// Accounts that were all imported, and none that the setting has hashed.
    async fn only_costlier_accounts_make_all_cost_more(app) {
        app.account("ann@example.com").await;
        plant(&app, "ann", &format!("'{LARGE}{SALT_AND_TAG}'")).await;
        assert_eq!(costs(&app.another(), 20).await, BTreeMap::from([(LARGE.to_owned(), 20)]));
    }

    async fn many_accounts_are_counted_in_pieces(app) {
        let id = match app.engine() {
            crate::rig::Engine::Sqlite => "randomblob(16)",
            crate::rig::Engine::Postgres => "gen_random_uuid()",
        };
        let now = match app.engine() {
            crate::rig::Engine::Sqlite => "1",
            crate::rig::Engine::Postgres => "now()",
        };
        let insert = format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
             insert into users (id, email, email_key, password_hash, created_at, updated_at)
             select {id}, 'a' || i, 'a' || i,
                 case when i % 5 = 0 then '{LARGE}{SALT_AND_TAG}' else '{USUAL}{SALT_AND_TAG}' end, {now}, {now}
             from n");
        app.database.execute(&insert).await;
        let costs = costs(&app, 200).await;
        let large = costs.get(LARGE).copied().unwrap_or(0);
        assert!(large.abs_diff(40) < 25, "{costs:?}");
    }

    /// The answers stay the same bytes, whatever they cost.
    async fn costs_change_no_answer(app) {
        four_accounts(&app).await;
        let app = app.another();
        let mut seen = Vec::new();
        for at in 0..8 {
            let email = format!("unknown{at}@example.com");
            seen.push(app.sign_in(&email, "not the password 7").await.bytes());
        }
        for name in ["ann", "large", "bcrypt"] {
            let email = format!("{name}@example.com");
            seen.push(app.sign_in(&email, "not the password 7").await.bytes());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
    }
}
