//! What people are shown: everything that is there, whatever hosts are called, and what to do when nothing is there.

use super::fleet::HOSTILE;
use super::fleet::Size;
use super::rig::Rig;
use super::rig::Setup;

const HARMFUL: &str =
    "/hosts/%3Cscript%3Edocument.title%3D%27owned%27%3C%2Fscript%3E%22%27%26%2F..%2F%1B%5B31m";

#[tokio::test]
async fn a_name_that_means_harm_is_a_name_on_every_page() {
    let rig = Rig::start(Setup::default()).await;
    let hosts = rig.page("/hosts").await;
    assert!(hosts.contains(HARMFUL), "the list has no link to it");
    for path in [
        "/",
        "/hosts",
        HARMFUL,
        "/controls/RDP-NLA?limit=200",
        "/certificates?limit=200",
    ] {
        let page = rig.page(path).await;
        assert!(!page.contains("<script>document"), "{path}");
        assert!(!page.contains('\u{1b}'), "{path}");
    }
    let page = rig.page(HARMFUL).await;
    assert!(page.contains("&lt;script&gt;"), "{page}");
    let json = rig.json(&format!("/api/v1{HARMFUL}")).await;
    assert_eq!(json["host"]["host"], HOSTILE);
}

#[tokio::test]
async fn searches_stand_in_the_page_as_text() {
    let rig = Rig::start(Setup::default()).await;
    let page = rig
        .page("/hosts?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .await;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("No host fits these filters"));
    let runs = rig.page("/runs?job=%3Cb%3E").await;
    assert!(!runs.contains("<b>"), "{runs}");
}

#[tokio::test]
async fn no_page_has_scripts_or_styles_in_itself() {
    let rig = Rig::start(Setup::default()).await;
    for path in super::guard::PATHS {
        let page = rig.get(path).await.body;
        if !page.starts_with("<!doctype html>") {
            continue;
        }
        assert!(
            !page.contains(" style=") && !page.contains("<style"),
            "{path}"
        );
        assert!(
            !page.contains(" onclick=") && !page.contains("javascript:"),
            "{path}"
        );
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/"), "{path}");
        }
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_empty_history_says_what_to_type() {
    let none = Setup {
        size: Size {
            hosts: 0,
            controls: 0,
            runs: 0,
        },
        ..Setup::default()
    };
    let rig = Rig::start(none).await;
    assert!(rig.page("/").await.contains("rdpfix audit"));
    for path in [
        "/hosts",
        "/controls",
        "/certificates",
        "/drift",
        "/runs",
        "/jobs",
    ] {
        rig.page(path).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_as_it_is() {
    let rig = Rig::start(Setup::default()).await;
    for path in ["/runs?job=certificates", "/runs?after=01K0PRUNED"] {
        let page = rig.page(path).await;
        assert!(page.contains("No such run has been recorded"), "{path}");
        assert!(!page.contains("how to begin"), "{path}");
    }
}

#[tokio::test]
async fn fields_hold_all_that_they_were_given() {
    let rig = Rig::start(Setup::default()).await;
    let long = "x".repeat(250);
    let page = rig.page(&format!("/sign-in?to=/hosts?q={long}")).await;
    let to = format!("value=\"&#x2f;hosts?q={long}\"");
    assert!(page.contains(&to), "{page}");
    let page = rig.page(&format!("/hosts?q={long}")).await;
    assert!(page.contains(&format!("value=\"{long}\"")), "{page}");
    let harmful = rig.page("/sign-in?to=/%22onfocus%3D%22alert(1)").await;
    assert!(!harmful.contains("\"onfocus"), "{harmful}");
}

#[tokio::test]
async fn browsers_keep_files_until_they_change() {
    let rig = Rig::start(Setup::default()).await;
    let page = rig.page("/hosts").await;
    for name in ["style.css", "app.js", "heat.js", "icon.svg"] {
        let (_, after) = page.split_once(&format!("\"/{name}")).unwrap();
        let query = after.split_once('"').unwrap().0;
        let kept = rig.get(&format!("/{name}{query}")).await;
        let told = kept.header("cache-control").unwrap();
        assert!(told.contains("immutable"), "{name}: {told}");
        // Without its stamp, or with another one, nobody knows how long it holds.
        for other in ["", "?v=0000000000000000"] {
            let asked = rig.get(&format!("/{name}{other}")).await;
            assert_eq!(asked.header("cache-control"), Some("no-cache"), "{name}");
            assert_eq!(asked.body, kept.body);
        }
    }
}

#[tokio::test]
async fn every_page_is_reached_by_following_links() {
    let rig = Rig::start(Setup::default()).await;
    let mut known: Vec<String> = vec!["/".to_owned()];
    let mut at = 0;
    while let Some(path) = known.get(at).cloned() {
        at += 1;
        let reply = rig.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        for link in reply.body.split("href=\"").skip(1) {
            let (link, _) = link.split_once('"').unwrap();
            let link = link.replace("&amp;", "&");
            let target = match link.strip_prefix('?') {
                Some(query) => format!("{}?{query}", path.split('?').next().unwrap()),
                None => link,
            };
            if target.starts_with('/') && !known.contains(&target) && known.len() < 400 {
                known.push(target);
            }
        }
    }
    for begin in [
        "/hosts/",
        "/controls/",
        "/runs/",
        "/drift?days=",
        "/hosts?state=",
    ] {
        assert!(known.iter().any(|path| path.starts_with(begin)), "{begin}");
    }
}

#[tokio::test]
async fn a_host_shows_what_differs_and_what_was_changed() {
    let rig = Rig::start(Setup::default()).await;
    let differing = rig.json("/api/v1/hosts?state=drift&limit=1").await;
    let name = differing["hosts"][0]["host"].as_str().unwrap();
    let page = rig.page(&format!("/hosts/{name}")).await;
    assert!(
        page.contains("<del>") && page.contains("as it should be"),
        "{page}"
    );
    assert!(page.contains("class=\"strip\""), "{page}");
}
