//! Who may act: nobody without the token, and no page but ours with a browser that has it.

use super::rig::Rig;
use super::rig::SMALL;
use super::rig::Setup;
use super::rig::TOKEN;

const RUN: &str = "POST /api/v1/jobs/nightly/run";

#[tokio::test]
async fn nothing_is_done_without_the_token() {
    let rig = Rig::start(Setup::default()).await;
    let wrong = format!("Authorization: Bearer {}", &TOKEN.to_uppercase());
    let basic = format!("Authorization: Basic {TOKEN}");
    for header in [
        "",
        "Authorization: Bearer ",
        &wrong,
        &basic,
        "Cookie: rdpfix_session=1",
    ] {
        let reply = rig.ask(RUN, &[header], "").await;
        assert_eq!(reply.status, 401, "{header}");
        assert!(reply.header("www-authenticate").is_some(), "{header}");
    }
    assert_eq!(rig.jobs.asked(), Vec::<String>::new());
    let without = Setup {
        token: None,
        ..Setup::default()
    };
    let rig = Rig::start(without).await;
    assert_eq!(rig.ask(RUN, &[], "").await.status, 403);
    assert_eq!(rig.jobs.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_program_with_the_token_asks_for_a_run_once() {
    let rig = Rig::start(Setup::default()).await;
    let token = format!("Authorization: Bearer {TOKEN}");
    let foreign = "Origin: http://evil.example";
    assert_eq!(rig.ask(RUN, &[&token, foreign], "").await.status, 403);
    assert_eq!(rig.jobs.asked(), Vec::<String>::new());
    assert_eq!(rig.ask(RUN, &[&token], "").await.status, 202);
    assert_eq!(rig.ask(RUN, &[&token], "").await.status, 409);
    let odd = "POST /api/v1/jobs/a%2Fb%20%3Codd%3E/run";
    assert_eq!(rig.ask(odd, &[&token], "").await.status, 202);
    let unknown = "POST /api/v1/jobs/unknown/run";
    assert_eq!(rig.ask(unknown, &[&token], "").await.status, 404);
    let looked = "GET /api/v1/jobs/nightly/run";
    assert_eq!(rig.ask(looked, &[&token], "").await.status, 405);
    assert_eq!(rig.jobs.asked(), ["nightly", "a/b <odd>"]);
}

/// The mark that forms of a page carry.
fn mark(page: &str) -> &str {
    let (_, after) = page.split_once("name=\"mark\" value=\"").unwrap();
    after.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_signed_in_browser_acts_from_our_pages_only() {
    let rig = Rig::start(Setup::default()).await;
    let cookie = rig.cookie().await;
    let page = rig.ask("GET /jobs", &[&cookie], "").await.body;
    let form = format!("mark={}", mark(&page));
    let own = rig.own_origin();
    let same = "Sec-Fetch-Site: same-origin";
    let refused: [(&[&str], &str); 6] = [
        (&[&cookie], &form),
        (&[&cookie, "Origin: http://evil.example"], &form),
        (&[&cookie, "Origin: null"], &form),
        (&[&cookie, &own, "Sec-Fetch-Site: cross-site"], &form),
        (&[&cookie, &own, same], ""),
        (&[&cookie, &own, same], "mark=00"),
    ];
    for (headers, form) in refused {
        assert_eq!(rig.ask(RUN, headers, form).await.status, 403, "{headers:?}");
    }
    assert_eq!(rig.ask(RUN, &[&own, same], &form).await.status, 401);
    assert_eq!(rig.jobs.asked(), Vec::<String>::new());
    let html = "Accept: text/html";
    let sent = rig.ask(RUN, &[&cookie, &own, same, html], &form).await;
    assert_eq!((sent.status, sent.header("location")), (303, Some("/jobs")));
    assert_eq!(rig.jobs.asked(), ["nightly"]);
    // Another browser's mark is worth nothing.
    let other = rig.cookie().await;
    assert_eq!(rig.ask(RUN, &[&other, &own], &form).await.status, 403);
}

#[tokio::test]
async fn signing_out_ends_it() {
    let rig = Rig::start(Setup::default()).await;
    let cookie = rig.cookie().await;
    let own = rig.own_origin();
    assert_eq!(rig.ask("POST /sign-out", &[&cookie], "").await.status, 403);
    assert_eq!(
        rig.ask("POST /sign-out", &[&cookie, &own], "").await.status,
        303
    );
    assert_eq!(rig.ask(RUN, &[&cookie, &own], "mark=1").await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_for_this_site_and_no_script() {
    let rig = Rig::start(Setup::default()).await;
    let own = rig.own_origin();
    let form = format!("token={TOKEN}&to=%2F%2Fevil.example");
    let reply = rig.ask("POST /sign-in", &[&own], &form).await;
    assert_eq!(reply.header("location"), Some("/"));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly"), "{cookie}");
    assert!(cookie.contains("; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(TOKEN), "{cookie}");
    assert!(!cookie.contains("Secure"), "{cookie}");
    // Behind a proxy with TLS it never travels without.
    let name = "compliance.corp.example";
    let (host, origin) = (format!("Host: {name}"), format!("Origin: https://{name}"));
    let reply = rig.ask("POST /sign-in", &[&host, &origin], &form).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    let wrong = rig.ask("POST /sign-in", &[&own], "token=wrong").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("This is not the token."));
    assert!(wrong.header("set-cookie").is_none());
}

#[tokio::test]
async fn where_others_can_reach_it_reading_needs_the_token_too() {
    let outside = Setup {
        listening: Some("10.0.0.5:8080"),
        size: SMALL,
        ..Setup::default()
    };
    let rig = Rig::start(outside).await;
    for path in super::guard::PATHS {
        let reply = rig.get(path).await;
        let is_api = path.starts_with("/api") || path == "/metrics";
        let is_file = path.contains('.') && !is_api && !path.contains("corp");
        let expected = match path {
            "/sign-in" | "/healthz" => 200,
            _ if is_file => 200,
            _ if is_api => 401,
            _ => 303,
        };
        assert_eq!(reply.status, expected, "{path}");
        assert!(!reply.body.contains("corp.example"), "{path}");
    }
    let there = rig.get("/hosts?q=a%26b").await;
    let to = "/sign-in?to=%2Fhosts%3Fq%3Da%2526b";
    assert_eq!(there.header("location"), Some(to));
    let cookie = rig.cookie().await;
    assert_eq!(rig.ask("GET /hosts", &[&cookie], "").await.status, 200);
    let token = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(rig.ask("GET /metrics", &[&token], "").await.status, 200);
}
