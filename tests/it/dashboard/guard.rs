//! Who is refused: other names, other sites' pages, ways out, and clients that ask too slowly or for too much.

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::rig::Rig;
use super::rig::Setup;

/// A path of every kind that there is.
pub(super) const PATHS: [&str; 22] = [
    "/",
    "/hosts",
    "/hosts/ts0001.berlin.corp.example",
    "/controls",
    "/controls/RDP-NLA",
    "/certificates",
    "/drift",
    "/runs",
    "/runs/01K00000000000000000000008",
    "/jobs",
    "/sign-in",
    "/style.css",
    "/app.js",
    "/heat.js",
    "/icon.svg",
    "/api/v1/fleet",
    "/api/v1/matrix",
    "/api/v1/openapi.json",
    "/metrics",
    "/healthz",
    "/nothing",
    "/api/v1/nothing",
];

#[tokio::test]
async fn every_answer_tells_browsers_what_it_may_do() {
    let rig = Rig::start(Setup::default()).await;
    for path in PATHS {
        let missing = path.ends_with("nothing");
        let reply = rig.get(path).await;
        assert_eq!(reply.status, if missing { 404 } else { 200 }, "{path}");
        let elsewhere = rig
            .ask(&format!("GET {path}"), &["Host: evil.example"], "")
            .await;
        let wrong = rig.ask(&format!("DELETE {path}"), &[], "").await;
        for reply in [reply, elsewhere, wrong] {
            let policy = reply.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none';"), "{path}");
            assert!(!policy.contains("unsafe"), "{path}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert!(reply.header("permissions-policy").is_some(), "{path}");
            let referrer = reply.header("referrer-policy").unwrap();
            let has_forms = matches!(path, "/jobs" | "/sign-in") && reply.status == 200;
            let expected = if has_forms {
                "same-origin"
            } else {
                "no-referrer"
            };
            assert_eq!(referrer, expected, "{path}");
            assert!(reply.header("access-control-allow-origin").is_none());
        }
    }
}

#[tokio::test]
async fn problems_are_told_to_programs_as_problem_json_and_to_people_as_pages() {
    let rig = Rig::start(Setup::default()).await;
    for (path, status) in [
        ("/api/v1/nothing", 404),
        ("/api/v1/hosts/nobody", 404),
        ("/api/v1/hosts?state=sad", 400),
        ("/api/v1/hosts?limit=0", 400),
        ("/api/v1/hosts?limit=99999999999999999999", 400),
        ("/api/v1/hosts?limit=%2B5", 400),
        ("/api/v1/hosts?colour=red", 400),
        ("/api/v1/hosts?q=a&q=b", 400),
        ("/api/v1/hosts/%ff", 400),
        ("/api/v1/runs/x/since/y?after=1.2", 400),
    ] {
        let reply = rig.get(path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        let kind = reply.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{path}");
        let problem: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(problem["status"], status, "{path}");
    }
    let page = rig.get("/hosts/nobody").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("there is no such host"), "{}", page.body);
    // Addresses of pages are typed by people: what is wrong in them is left aside.
    rig.page("/hosts?state=sad&limit=none&colour=red").await;
}

#[tokio::test]
async fn other_names_and_other_sites_pages_are_refused() {
    let rig = Rig::start(Setup::default()).await;
    for path in ["/", "/api/v1/fleet", "/style.css", "/healthz"] {
        let line = format!("GET {path}");
        for host in ["Host: evil.example", "Host: ", "Host: 10.1.2.3"] {
            assert_eq!(rig.ask(&line, &[host], "").await.status, 421, "{host}");
        }
        let twice = ["Host: localhost", "Host: localhost"];
        assert!(matches!(rig.ask(&line, &twice, "").await.status, 400 | 421));
        for own in [
            "Host: localhost:80",
            "Host: [::1]",
            "Host: compliance.corp.example",
        ] {
            assert_eq!(rig.ask(&line, &[own], "").await.status, 200, "{own}");
        }
        for origin in [
            "Origin: http://evil.example",
            "Origin: null",
            "Origin: http://127.0.0.1:1",
        ] {
            assert_eq!(rig.ask(&line, &[origin], "").await.status, 403, "{origin}");
        }
    }
}

#[tokio::test]
async fn no_path_leads_out() {
    let rig = Rig::start(Setup::default()).await;
    for path in [
        "/../../../../etc/passwd",
        "/style.css/../../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/hosts/../../etc/passwd",
        "/hosts/..%2f..%2fetc%2fpasswd",
        "/api/v1/hosts/..%2F..%2Fetc%2Fpasswd",
        "/pages/base.html",
        "//evil.example/",
        "/style.css%00.html",
    ] {
        let reply = rig.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.body.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let rig = Rig::start(Setup::default()).await;
    let long = "x".repeat(9_000);
    let target = rig.get(&format!("/hosts?q={long}")).await;
    assert_eq!(target.status, 414, "{}", target.body);
    let header = format!("X-Long: {}", "x".repeat(40_000));
    let head = rig.ask("GET /", &[&header], "").await;
    assert!(matches!(head.status, 0 | 431), "{}", head.status);
    let form = format!("token={}", "x".repeat(40_000));
    let origin = rig.own_origin();
    let body = rig.ask("POST /sign-in", &[&origin], &form).await;
    assert_eq!(body.status, 413, "{}", body.body);
    let text = rig
        .get(&format!("/api/v1/hosts?q={}", "x".repeat(300)))
        .await;
    assert_eq!(text.status, 400, "{}", text.body);
}

/// Time passes by itself as soon as nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn clients_that_say_nothing_keep_nobody_out_for_long() {
    let rig = Rig::start(Setup::default()).await;
    let mut silent = Vec::new();
    // As many as there are places, half of them in the middle of a request.
    for number in 0..64 {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        }
        silent.push(stream);
    }
    assert_eq!(rig.get("/healthz").await.status, 200);
    for mut stream in silent {
        let mut told = Vec::new();
        let _reset = stream.read_to_end(&mut told).await;
        assert!(!told.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_told_without_its_place() {
    let rig = Rig::start(Setup::default()).await;
    assert_eq!(rig.get("/healthz").await.status, 200);
    std::fs::remove_file(&rig.file).unwrap();
    for path in ["/healthz", "/metrics", "/api/v1/fleet", "/", "/hosts"] {
        let reply = rig.get(path).await;
        assert_eq!(reply.status, 503, "{path}");
        let folder = rig.file.parent().unwrap().display().to_string();
        assert!(!reply.body.contains(&folder), "{path}: {}", reply.body);
    }
    // What the service knows by itself is still there.
    rig.page("/jobs").await;
}
