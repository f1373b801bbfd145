//! The event logs of a machine as its management service shows them: Win32_NTLogEvent for those of the old kind, and
//! any channel by subscription.

use jiff::Timestamp;

use crate::cim::EventLevel;
use crate::cim::Instance;
use crate::cim::LogEvent;
use crate::cim::Namespace;
use crate::cim::Value;
use crate::cim::event::LOG_EVENT_CLASS;
use crate::lab::machine::Machine;
use crate::lab::machine::log::Channel;
use crate::lab::machine::log::Forwarding;
use crate::lab::provider::fault;
use crate::wsman::Fault;
use crate::wsman::Subscription;
use crate::wsman::fault::CHANNEL_NOT_FOUND;

/// Bits 30 and 31 of `EventIdentifier` by how grave an event is.
fn severity(level: EventLevel) -> u32 {
    match level {
        EventLevel::Error => 0xC000_0000,
        EventLevel::Warning => 0x8000_0000,
        EventLevel::Information => 0x4000_0000,
        EventLevel::AuditSuccess | EventLevel::AuditFailure => 0,
    }
}

/// Win32_NTLogEvent: the newest first, as Windows reads them.
pub(super) fn events(machine: &Machine, _: Timestamp) -> Vec<Instance> {
    Channel::ALL
        .into_iter()
        .filter(|channel| channel.is_classic() && !machine.log.is_denied(*channel))
        .flat_map(|channel| {
            let mut rows: Vec<&LogEvent> = machine.log.of(channel).collect();
            rows.reverse();
            rows
        })
        .map(|event| instance(machine, event))
        .collect()
}

fn instance(machine: &Machine, event: &LogEvent) -> Instance {
    let texts = event.strings.iter().map(|text| Value::text(text.as_str()));
    Instance::new(Namespace::CIMV2, LOG_EVENT_CLASS)
        .with("Category", 0_u32)
        .with("CategoryString", Value::Null)
        .with("ComputerName", machine.computer_name.as_str())
        .with("Data", Value::Null)
        .with("EventCode", event.id)
        .with("EventIdentifier", severity(event.level) | event.id)
        .with("EventType", event.level.event_type())
        .with("InsertionStrings", Value::List(texts.collect()))
        .with("Logfile", event.log.as_str())
        .with(
            "Message",
            event.message.as_deref().map_or(Value::Null, Value::text),
        )
        .with("RecordNumber", event.record)
        .with("SourceName", event.source.as_str())
        .with("TimeGenerated", Value::DateTime(event.at))
        .with("TimeWritten", Value::DateTime(event.at))
        .with("Type", word(event.level))
        .with("User", Value::Null)
}

fn word(level: EventLevel) -> &'static str {
    match level {
        EventLevel::Error => "Error",
        EventLevel::Warning => "Warning",
        EventLevel::Information => "Information",
        EventLevel::AuditSuccess => "Audit Success",
        EventLevel::AuditFailure => "Audit Failure",
    }
}

/// Whether a query names a log that the account may not read.
///
/// Assumption: it is refused then, instead of finding nothing.
pub(super) fn is_refused(machine: &Machine, logs: &[&str]) -> bool {
    logs.iter()
        .any(|name| Channel::named(name).is_some_and(|channel| machine.log.is_denied(channel)))
}

/// The events of a subscription, oldest first.
///
/// Assumption: a channel that is missing is refused with the Windows code 15007, one that the account may not read with
/// 5, and a host without the plug-in knows no such resource.
pub(super) fn subscribed(machine: &Machine, wanted: &Subscription) -> Result<Vec<LogEvent>, Fault> {
    if machine.log.forwarding == Forwarding::Off {
        return Err(fault::not_found());
    }
    let channel = Channel::named(&wanted.channel)
        .filter(|channel| machine.log.has(*channel))
        .ok_or_else(|| {
            let message = "The specified channel could not be found. Check channel configuration. ";
            fault::internal(CHANNEL_NOT_FOUND, message)
        })?;
    if machine.log.is_denied(channel) {
        return Err(fault::access_denied());
    }
    let is_wanted = |event: &&LogEvent| {
        event.at >= wanted.since && (wanted.ids.is_empty() || wanted.ids.contains(&event.id))
    };
    Ok(machine.log.of(channel).filter(is_wanted).cloned().collect())
}
