//! Which events of a channel are wanted, as a `QueryList` with XPath (`schemas.microsoft.com/win/2004/08/events/eventquery`)
//! and back. The server's side reads exactly what the client's side writes, and `*`.

use jiff::Timestamp;

use crate::wsman::Fault;
use crate::wsman::Subscription;
use crate::wsman::fault;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::writer::Writer;

/// An XPath of the event log holds 20 expressions or so (Microsoft Learn, `EvtSubscribe`); more numbers make more
/// `Select`s, of which one is enough for an event.
const MOST_IDS: usize = 16;

/// Writes the query within an open `w:Filter`.
pub(super) fn write(writer: &mut Writer, wanted: &Subscription) {
    let path = [("Path", wanted.channel.as_str())];
    writer.open("", "QueryList", &[]);
    writer.open("", "Query", &[("Id", "0"), ("Path", &wanted.channel)]);
    if wanted.ids.is_empty() {
        writer.leaf_with("", "Select", &path, &xpath(&[], wanted.since));
    }
    for ids in wanted.ids.chunks(MOST_IDS) {
        writer.leaf_with("", "Select", &path, &xpath(ids, wanted.since));
    }
    writer.close("", "Query");
    writer.close("", "QueryList");
}

fn xpath(ids: &[u32], since: Timestamp) -> String {
    let since = format!("TimeCreated[@SystemTime>='{since}']");
    let ids: Vec<String> = ids.iter().map(|id| format!("EventID={id}")).collect();
    if ids.is_empty() {
        return format!("*[System[{since}]]");
    }
    format!("*[System[({}) and {since}]]", ids.join(" or "))
}

/// Reads the content of a `w:Filter`, which holds the query as elements or as text.
pub(super) fn read(filter: &Node) -> Result<Subscription, Fault> {
    if let Some(list) = by_name(filter, "QueryList") {
        return from_list(list);
    }
    let parsed = Reader::new(filter.trimmed()).and_then(|mut reader| reader.whole_child());
    match parsed {
        Ok(Some(list)) if list.name == "QueryList" => from_list(&list),
        _ => Err(wrong("The filter holds no QueryList.")),
    }
}

fn by_name<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.children.iter().find(|child| child.name == name)
}

fn from_list(list: &Node) -> Result<Subscription, Fault> {
    let mut found: Option<Subscription> = None;
    for query in list.children.iter().filter(|node| node.name == "Query") {
        for select in query.children.iter().filter(|node| node.name == "Select") {
            let next = from_select(query, select)?;
            match &mut found {
                None => found = Some(next),
                Some(known) if known.channel == next.channel && known.since == next.since => {
                    known.ids.extend(next.ids);
                }
                Some(_) => return Err(wrong("The queries differ in more than numbers.")),
            }
        }
    }
    found.ok_or_else(|| wrong("The QueryList holds no query."))
}

fn from_select(query: &Node, select: &Node) -> Result<Subscription, Fault> {
    let channel = select
        .attribute(&Ns::Absent, "Path")
        .or_else(|| query.attribute(&Ns::Absent, "Path"))
        .ok_or_else(|| wrong("The query names no channel."))?;
    let (ids, since) =
        from_xpath(select.trimmed()).ok_or_else(|| wrong("The specified query is invalid."))?;
    Ok(Subscription {
        channel: channel.to_owned(),
        ids,
        since,
    })
}

fn wrong(message: &str) -> Fault {
    fault::filter(message)
}

/// Numbers and the first moment; `None` for any other XPath.
fn from_xpath(text: &str) -> Option<(Vec<u32>, Timestamp)> {
    if text == "*" {
        return Some((Vec::new(), Timestamp::MIN));
    }
    let inside = text.strip_prefix("*[System[")?.strip_suffix("]]")?;
    let (ids, rest) = match inside.strip_prefix('(') {
        None => (Vec::new(), inside),
        Some(list) => {
            let (list, rest) = list.split_once(')')?;
            let ids: Option<Vec<u32>> = list
                .split(" or ")
                .map(|term| term.strip_prefix("EventID=")?.parse().ok())
                .collect();
            (ids?, rest.strip_prefix(" and ")?)
        }
    };
    let since = rest
        .strip_prefix("TimeCreated[@SystemTime>='")?
        .strip_suffix("']")?;
    Some((ids, since.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::from_xpath;
    use super::xpath;

    #[test]
    fn numbers_and_a_moment_are_one_xpath() {
        let since: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(
            xpath(&[261, 1149], since),
            "*[System[(EventID=261 or EventID=1149) and TimeCreated[@SystemTime>='2026-03-01T12:00:00Z']]]"
        );
        assert_eq!(from_xpath("*"), Some((Vec::new(), Timestamp::MIN)));
    }

    proptest! {
        #[test]
        fn any_text_is_an_xpath_or_not(text in "[*\\[\\]()A-Za-z='>@ 0-9:.-]{0,60}") {
            let _either = from_xpath(&text);
        }

        #[test]
        fn what_is_written_is_read(ids in proptest::collection::vec(any::<u32>(), 0..5), second in 0..4_000_000_000_i64) {
            let since = Timestamp::from_second(second).unwrap();
            prop_assert_eq!(from_xpath(&xpath(&ids, since)), Some((ids, since)));
        }
    }
}
