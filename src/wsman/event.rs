//! One event of a log as XML (`schemas.microsoft.com/win/2004/08/events/event`) and back. Knows the schema of events,
//! not how they are asked for.

use jiff::Timestamp;

use crate::cim::EventLevel;
use crate::cim::LogEvent;
use crate::wsman::DecodeError;
use crate::wsman::name::Ns;
use crate::wsman::reader::Node;
use crate::wsman::reader::Reader;
use crate::wsman::unexpected;
use crate::wsman::writer::Writer;

/// The namespace of all of an event's own elements.
const EVENTS: &str = "http://schemas.microsoft.com/win/2004/08/events/event";
/// The bits of `Keywords` that say how an audit ended ([MS-EVEN6] and winmeta.xml: `AuditFailure`, `AuditSuccess`).
const AUDIT_FAILURE: u64 = 0x0010_0000_0000_0000;
const AUDIT_SUCCESS: u64 = 0x0020_0000_0000_0000;

/// Whether an element is an event.
pub(super) fn is_event(node: &Node) -> bool {
    node.name == "Event" && matches!(&node.ns, Ns::Other(uri) if **uri == *EVENTS)
}

/// Reads an event that came as text, as the option `CDATA` has it.
pub(super) fn from_text(text: &str) -> Result<LogEvent, DecodeError> {
    let mut reader = Reader::new(text)?;
    let root = reader
        .whole_child()?
        .ok_or(DecodeError::Missing { element: "Event" })?;
    reader.finish()?;
    if is_event(&root) {
        from_node(&root)
    } else {
        Err(unexpected("Event", &root.name))
    }
}

/// Reads an event.
pub(super) fn from_node(event: &Node) -> Result<LogEvent, DecodeError> {
    let system = part(event, "System").ok_or(DecodeError::Missing { element: "System" })?;
    let id = required(system, "EventID")?;
    let created = part(system, "TimeCreated")
        .and_then(|node| node.attribute(&Ns::Absent, "SystemTime"))
        .ok_or(DecodeError::Missing {
            element: "TimeCreated",
        })?;
    let text = |name| part(system, name).map(Node::trimmed);
    Ok(LogEvent {
        log: text("Channel").unwrap_or_default().to_owned(),
        source: source(system).to_owned(),
        id: id.parse().ok().ok_or_else(|| unexpected("EventID", id))?,
        level: level(text("Level"), text("Keywords")),
        at: created
            .trim()
            .parse::<Timestamp>()
            .ok()
            .ok_or_else(|| unexpected("TimeCreated", created))?,
        strings: strings(event),
        message: message(event),
        record: text("EventRecordID")
            .and_then(|number| number.parse().ok())
            .unwrap_or_default(),
    })
}

fn part<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.children.iter().find(|child| child.name == name)
}

fn required<'n>(system: &'n Node, element: &'static str) -> Result<&'n str, DecodeError> {
    part(system, element)
        .map(Node::trimmed)
        .ok_or(DecodeError::Missing { element })
}

/// The name under which the event stands in the log; programs of the old kind have a provider beside it.
fn source(system: &Node) -> &str {
    let Some(provider) = part(system, "Provider") else {
        return "";
    };
    ["Name", "EventSourceName"]
        .into_iter()
        .filter_map(|name| provider.attribute(&Ns::Absent, name))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

fn level(level: Option<&str>, keywords: Option<&str>) -> EventLevel {
    let keywords = keywords
        .and_then(|text| text.strip_prefix("0x"))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .unwrap_or_default();
    if keywords & AUDIT_FAILURE != 0 {
        return EventLevel::AuditFailure;
    }
    if keywords & AUDIT_SUCCESS != 0 {
        return EventLevel::AuditSuccess;
    }
    match level {
        Some("1" | "2") => EventLevel::Error,
        Some("3") => EventLevel::Warning,
        _ => EventLevel::Information,
    }
}

/// The variable parts: all `Data`, or whatever holds text in `UserData`.
fn strings(event: &Node) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(data) = part(event, "EventData") {
        let data = data.children.iter().filter(|child| child.name == "Data");
        found.extend(data.map(|child| child.text.clone()));
    }
    if let Some(data) = part(event, "UserData") {
        for child in &data.children {
            leaves(child, &mut found);
        }
    }
    found
}

fn leaves(node: &Node, found: &mut Vec<String>) {
    if node.children.is_empty() {
        found.push(node.text.clone());
    }
    for child in &node.children {
        leaves(child, found);
    }
}

fn message(event: &Node) -> Option<String> {
    let text = &part(part(event, "RenderingInfo")?, "Message")?.text;
    (!text.trim().is_empty()).then(|| text.clone())
}

/// Writes an event.
pub(super) fn to_text(event: &LogEvent) -> String {
    let mut writer = Writer::default();
    writer.open("", "Event", &[("xmlns", EVENTS)]);
    writer.open("", "System", &[]);
    writer.empty("", "Provider", &[("Name", &event.source)]);
    writer.leaf("", "EventID", &event.id.to_string());
    writer.leaf("", "Level", level_number(event.level));
    if let Some(keywords) = keywords(event.level) {
        writer.leaf("", "Keywords", &keywords);
    }
    let at = event.at.to_string();
    writer.empty("", "TimeCreated", &[("SystemTime", &at)]);
    writer.leaf("", "EventRecordID", &event.record.to_string());
    writer.leaf("", "Channel", &event.log);
    writer.close("", "System");
    writer.open("", "EventData", &[]);
    for text in &event.strings {
        writer.leaf("", "Data", text);
    }
    writer.close("", "EventData");
    if let Some(message) = &event.message {
        writer.open("", "RenderingInfo", &[("Culture", "en-US")]);
        writer.leaf("", "Message", message);
        writer.close("", "RenderingInfo");
    }
    writer.close("", "Event");
    writer.into_text()
}

fn level_number(level: EventLevel) -> &'static str {
    match level {
        EventLevel::Error => "2",
        EventLevel::Warning => "3",
        EventLevel::Information => "4",
        // Audits have no level of their own.
        EventLevel::AuditSuccess | EventLevel::AuditFailure => "0",
    }
}

fn keywords(level: EventLevel) -> Option<String> {
    /// Bit 63, which every event of a classic log has.
    const CLASSIC: u64 = 1 << 63;
    match level {
        EventLevel::AuditSuccess => Some(CLASSIC | AUDIT_SUCCESS),
        EventLevel::AuditFailure => Some(CLASSIC | AUDIT_FAILURE),
        EventLevel::Error | EventLevel::Warning | EventLevel::Information => None,
    }
    .map(|bits| format!("0x{bits:x}"))
}

#[cfg(test)]
mod tests {
    use super::from_text;
    use crate::cim::EventLevel;
    use crate::wsman::DecodeError;

    /// As Windows renders them: single quotes, namespaces within, parts that nobody needs.
    #[test]
    fn events_of_windows_are_read() {
        let refused = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider \
            Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/><EventID>4625</EventID>\
            <Version>0</Version><Level>0</Level><Task>12544</Task><Opcode>0</Opcode><Keywords>0x8010000000000000</Keywords>\
            <TimeCreated SystemTime='2022-11-25T20:10:35.544859500Z'/><EventRecordID>6170175</EventRecordID><Correlation/>\
            <Execution ProcessID='576' ThreadID='4544'/><Channel>Security</Channel><Computer>h.example</Computer><Security/>\
            </System><EventData><Data Name='SubjectUserSid'>S-1-0-0</Data><Data Name='SubjectUserName'>-</Data></EventData>\
            <RenderingInfo Culture='en-US'><Message>An account failed to log on.</Message><Level>Information</Level>\
            </RenderingInfo></Event>";
        let event = from_text(refused).unwrap();
        assert_eq!((event.id, event.record), (4625, 6_170_175));
        assert_eq!(event.level, EventLevel::AuditFailure);
        assert_eq!(event.strings, ["S-1-0-0", "-"]);
        assert_eq!(
            event.message.as_deref(),
            Some("An account failed to log on.")
        );
        assert_eq!(event.at.to_string(), "2022-11-25T20:10:35.5448595Z");

        let listener = "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider \
            Name=\"Microsoft-Windows-TerminalServices-RemoteConnectionManager\"/><EventID Qualifiers=\"0\">1149</EventID>\
            <Level>4</Level><TimeCreated SystemTime=\"2019-02-13T17:18:30.77Z\"/><EventRecordID>221</EventRecordID>\
            <Channel>C/Operational</Channel></System><UserData><EventXML xmlns=\"Event_NS\"><Param1>user</Param1>\
            <Param2>CORP</Param2><Param3>192.0.2.7</Param3></EventXML></UserData></Event>";
        let event = from_text(listener).unwrap();
        assert_eq!(event.strings, ["user", "CORP", "192.0.2.7"]);
        assert_eq!(
            (event.level, event.message),
            (EventLevel::Information, None)
        );
        assert_eq!(event.log, "C/Operational");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let event = |inside: &str| {
            format!(
                "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>{inside}</Event>"
            )
        };
        for (text, expected) in [
            (String::new(), "Event"),
            ("<Event/>".to_owned(), "Event"),
            (event(""), "System"),
            (event("<System/>"), "EventID"),
            (
                event("<System><EventID>1</EventID></System>"),
                "TimeCreated",
            ),
            (
                event("<System><EventID>x</EventID><TimeCreated SystemTime='1'/></System>"),
                "EventID",
            ),
            (
                event("<System><EventID>1</EventID><TimeCreated SystemTime='1'/></System>"),
                "TimeCreated",
            ),
        ] {
            let error = from_text(&text).unwrap_err();
            let (DecodeError::Missing { element } | DecodeError::Unexpected { element, .. }) =
                error
            else {
                panic!("{text}: {error}");
            };
            assert_eq!(element, expected, "{text}");
        }
        assert!(from_text("<Event").is_err());
    }
}
