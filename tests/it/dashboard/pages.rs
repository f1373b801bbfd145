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
