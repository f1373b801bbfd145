//! How a simulated host goes down and comes back when it is told to reboot.

use jiff::SignedDuration;
use jiff::Timestamp;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::RegistryData;
use rdpfix::cim::RegistryKey;
use rdpfix::cim::Value;
use rdpfix::lab::listener;
use rdpfix::lab::listener::ListenerState;
use rdpfix::lab::machine::Machine;
use rdpfix::lab::machine::log::Channel;
use rdpfix::lab::machine::power;
use rdpfix::lab::machine::power::PowerState;
use rdpfix::lab::machine::power::RebootCourse;
use rdpfix::lab::scenario::Kind;

use crate::lab::later;
use crate::lab::machine;
use crate::lab::returned;

#[test]
fn a_host_that_reboots_is_away_for_a_while() {
    let mut host = machine(Kind::Healthy);
    let booted = host.os.booted;
    assert_eq!(order(&mut host, &[], later(0)), 0);
    let down = later(0) + host.power.closing;
    host.settle(down - SignedDuration::from_millis(1));
    assert!(host.power.is_up());
    assert_eq!(host.os.booted, booted);
    host.settle(down);
    assert!(!host.power.is_up());
    assert_eq!(listener::at(&host, 3389, down), ListenerState::Closed);
    host.settle(down + host.power.away);
    assert!(host.power.is_up());
    assert_eq!(host.os.booted, down + host.power.away);
    let system: Vec<u32> = host
        .log
        .of(Channel::System)
        .map(|event| event.id)
        .filter(|id| [1074, 6005, 6006].contains(id))
        .collect();
    assert_eq!(system, [1074, 6006, 6005]);
}

#[test]
fn users_are_warned_as_long_as_the_order_says() {
    let mut host = machine(Kind::Healthy);
    let warned = [("Timeout", Value::Uint(30)), ("Comment", Value::text("x"))];
    assert_eq!(order(&mut host, &warned, later(0)), 0);
    host.settle(later(30_000));
    assert!(host.power.is_up());
    // A second order meets the first.
    assert_eq!(order(&mut host, &[], later(30_000)), 1115);
    host.settle(later(31_000));
    assert_ne!(host.power.state, PowerState::GoingDown(later(31_000)));
    assert!(host.os.booted > later(30_000));
}

#[test]
fn a_reboot_takes_what_was_pending_into_effect() {
    let mut host = machine(Kind::RebootPending);
    let chosen = RegistryKey::local_machine(power::CHOSEN_NAME);
    let name = RegistryData::Text("NEWNAME".to_owned());
    host.registry.set(&chosen, "ComputerName", name);
    assert_eq!(order(&mut host, &[], later(0)), 0);
    host.settle(later(10_000));
    for path in [power::SERVICING_PENDING, power::UPDATE_PENDING] {
        assert!(
            !host.registry.has_key(&RegistryKey::local_machine(path)),
            "{path}"
        );
    }
    let manager = RegistryKey::local_machine(power::SESSION_MANAGER);
    let files = host.registry.get(&manager, "PendingFileRenameOperations");
    assert_eq!(files, None);
    assert_eq!(host.computer_name, "NEWNAME");
}

#[test]
fn hosts_take_the_order_to_reboot_in_their_own_ways() {
    let cases = [
        (RebootCourse::Obeys, [true, true]),
        (RebootCourse::Slow, [false, true]),
        (RebootCourse::NeverReturns, [false, false]),
        (RebootCourse::Ignores, [true, true]),
    ];
    for (course, back) in cases {
        let mut host = machine(Kind::Healthy);
        host.power.course = course;
        let booted = host.os.booted;
        assert_eq!(order(&mut host, &[], later(0)), 0, "{course:?}");
        let seen = [1_000, 60_000].map(|moment| {
            host.settle(later(moment));
            host.power.is_up()
        });
        assert_eq!(seen, back, "{course:?}");
        let anew = host.os.booted > booted;
        assert_eq!(
            anew,
            course == RebootCourse::Obeys || course == RebootCourse::Slow
        );
    }
}

/// Tells a host to reboot, with these arguments besides; what it returns.
fn order(host: &mut Machine, more: &[(&str, Value)], now: Timestamp) -> u64 {
    let path = ObjectPath::class(Namespace::CIMV2, "Win32_OperatingSystem");
    let mut arguments = vec![("Flags", Value::Sint(6))];
    arguments.extend(more.iter().cloned());
    returned(host, path, "Win32ShutdownTracker", &arguments, now)
}
