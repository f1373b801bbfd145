//! Names: several addresses, no address, a resolver that never answers.

use std::net::SocketAddr;
use std::sync::Arc;

use rdpfix::probe::surveyor::Target;
use rdpfix::proof::Stage;
use rdpfix::survey::Survey;
use tokio::net::TcpListener;

use super::AMPLE;
use super::Book;
use super::SHORT;
use super::look;
use super::options;
use super::surveyor;
use super::tcp;
use crate::rdp::healthy;
use crate::rdp::open;

async fn by_name(name: &str, book: Book, deadline: std::time::Duration) -> Survey {
    let target = Target {
        host: "pc-1".to_owned(),
        address: name.to_owned(),
        port: 3389,
        gateway: None,
    };
    surveyor(options(deadline))
        .with_resolver(Arc::new(book))
        .survey(&target)
        .await
}

async fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let (refusing, opened) = (closed().await, open(healthy()).await);
    for (addresses, expected) in [
        ([refusing, opened], ["refused", "open"]),
        ([opened, refusing], ["open", "refused"]),
    ] {
        let book = Book {
            addresses: addresses.to_vec(),
            ..Book::default()
        };
        let survey = by_name("pc-1.example", book, AMPLE).await;
        assert_eq!(tcp(&survey), expected);
        let tried: Vec<_> = survey.tcp.iter().map(|tried| tried.address).collect();
        assert_eq!(tried, addresses);
        assert!(survey.offers("nla"));
        assert!(survey.tls.unwrap().picked.is_some());
        assert_eq!(survey.stages[0].stage, Stage::Resolve);
        assert_eq!(survey.stages[1].took.len(), 1);
    }
}

#[tokio::test]
async fn addresses_have_names_and_a_slow_resolver_is_not_waited_for() {
    let addresses: Vec<SocketAddr> = vec![
        open(healthy()).await,
        "127.0.0.2:1".parse().unwrap(),
        "127.0.0.3:1".parse().unwrap(),
    ];
    // Of the second address the resolver never tells.
    let book = Book {
        addresses: addresses.clone(),
        names: vec![
            (addresses[2].ip(), "pc-3.example"),
            (addresses[0].ip(), "pc-1.example"),
        ],
    };
    let survey = by_name("pc-1.example", book, AMPLE).await;
    assert_eq!(
        survey.name.reverse,
        [
            (addresses[0].ip(), "pc-1.example".to_owned()),
            (addresses[2].ip(), "pc-3.example".to_owned())
        ]
    );
    assert_eq!(survey.name.addresses.len(), 3);
    assert!(survey.took < AMPLE / 10, "{:?}", survey.took);
    assert_eq!(survey.out_of_time, None);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_told() {
    let survey = by_name("pc-9.example", Book::default(), AMPLE).await;
    assert_eq!(survey.name.asked, "pc-9.example");
    assert_eq!(survey.name.error.as_deref(), Some("nobody is called that"));
    let without = by_name("pc-1.example", Book::default(), AMPLE).await;
    assert_eq!(without.name.error.as_deref(), Some("no address"));
    for survey in [survey, without] {
        assert!(!survey.name.literal && survey.name.addresses.is_empty());
        assert!(survey.tcp.is_empty() && survey.other_ports.is_empty());
        assert_eq!(survey.out_of_time, None);
    }
}

#[tokio::test]
async fn a_resolver_that_never_answers_costs_the_deadline() {
    let survey = by_name("slow.example", Book::default(), SHORT).await;
    assert_eq!(survey.out_of_time, Some(Stage::Resolve));
    assert_eq!(survey.name.error.as_deref(), Some("no answer in time"));
    assert_eq!(survey.stages[0].failures, 1);
}

#[tokio::test]
async fn an_address_in_brackets_is_an_address() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        // A machine without IPv6 has nothing to tell.
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let target = Target {
        host: "pc-1".to_owned(),
        address: "[::1]".to_owned(),
        port,
        gateway: None,
    };
    drop(listener);
    let survey = surveyor(options(AMPLE)).survey(&target).await;
    assert!(survey.name.literal);
    assert_eq!(survey.name.asked, "::1");
    assert_eq!(tcp(&survey), ["refused"]);
}

#[tokio::test]
async fn an_address_needs_no_lookup() {
    let survey = look(closed().await, AMPLE).await;
    assert!(survey.name.literal);
    assert_eq!(survey.name.addresses.len(), 1);
    assert_eq!(survey.stages[0].stage, Stage::Connect);
}
