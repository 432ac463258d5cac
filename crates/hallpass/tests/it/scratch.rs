use crate::rig::*;
use serde_json::json;
on_both_engines! {
    async fn look(app) {
        let a = app.post("/api/v1/auth/register").json(&json!({"email":"Ann@example.com","password":PASSWORD,"name":"Ann"})).await;
        println!("{a}\n");
        let ann = app.account("bob@example.com").await;
        for r in [app.sign_in("ann@example.com", PASSWORD), app.sign_in("ann@example.com", "x"), app.get("/api/v1/auth/me"), app.get("/api/v1/auth/me").bearer(&ann.token),
          app.get("/api/v1/auth/me").bearer("x"), app.get("/api/v1/users/x").bearer(&ann.token), app.get(&ann.path()).bearer(&ann.token), app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name":"Q"})),
          app.post("/api/v1/auth/signout").bearer(&ann.token), app.get("/healthz"), app.get("/readyz"), app.get("/nope"), app.get("/api/v1/auth/signin"), app.request("TRACE","/api/v1/auth/me"), app.request("HEAD", "/healthz"),
          app.request("OPTIONS", "/api/v1/auth/me"), app.post("/api/v1/auth/register").json(&json!({})), app.post("/api/v1/auth/register").raw("{}"), app.post("/api/v1/auth/register").raw_json("{"), app.post("/api/v1/auth/register").raw_json(vec![b' '; 65537])] {
            println!("{}\n", r.await);
        }
        println!("{:?}", app.hallpass.router());
    }
}
