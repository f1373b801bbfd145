//! The keys of `reboot`, `wait_for_connection` and `wait_for`; the same tables parse, document and complete.

use crate::syntax::Property;
use crate::syntax::Shape;

/// The longest time that may be ordered: a day, in seconds.
const DAY: i64 = 86_400;

const fn seconds(name: &'static str, min: i64, about: &'static str) -> Property {
    Property {
        name,
        shape: Shape::Integer { min, max: DAY },
        required: false,
        about,
    }
}

const fn ignored(name: &'static str) -> Property {
    Property {
        name,
        shape: Shape::Any,
        required: false,
        about: "Taken for Ansible's sake; without effect, because no program is run on the host",
    }
}

const DELAY: Property = seconds("delay", 0, "Seconds before the first look; 0");
const SLEEP: Property = seconds("sleep", 1, "Seconds between looks; 1");
const CONNECT_TIMEOUT: Property = seconds(
    "connect_timeout",
    1,
    "Seconds that one try to connect may take; 5",
);
const MSG: Property = Property {
    name: "msg",
    shape: Shape::Text,
    required: false,
    about: "What is said instead when it was in vain",
};

/// Keys that are taken and have no effect.
pub(super) const IGNORED: [&str; 6] = [
    "boot_time_command",
    "reboot_command",
    "search_paths",
    "shutdown_timeout",
    "shutdown_timeout_sec",
    "test_command",
];

/// The keys of `reboot`.
pub const REBOOT: &[Property] = &[
    seconds(
        "reboot_timeout",
        1,
        "Seconds within which the host has to be back; 600, not counted by `--host-timeout`",
    ),
    seconds(
        "pre_reboot_delay",
        0,
        "Seconds that users are warned before the host goes down; 2",
    ),
    seconds(
        "post_reboot_delay",
        0,
        "Seconds to let the host be once it is back; 0",
    ),
    CONNECT_TIMEOUT,
    Property {
        name: "msg",
        shape: Shape::Text,
        required: false,
        about: "What users are shown and the host's log keeps",
    },
    Property {
        name: "when_pending",
        shape: Shape::Bool,
        required: false,
        about: "Whether to reboot only when the host waits for a reboot; false",
    },
    seconds(
        "reboot_timeout_sec",
        1,
        "The same as `reboot_timeout`, as `win_reboot` spells it",
    ),
    seconds(
        "pre_reboot_delay_sec",
        0,
        "The same as `pre_reboot_delay`, as `win_reboot` spells it",
    ),
    seconds(
        "post_reboot_delay_sec",
        0,
        "The same as `post_reboot_delay`, as `win_reboot` spells it",
    ),
    seconds(
        "connect_timeout_sec",
        1,
        "The same as `connect_timeout`, as `win_reboot` spells it",
    ),
    ignored("boot_time_command"),
    ignored("reboot_command"),
    ignored("search_paths"),
    ignored("shutdown_timeout"),
    ignored("shutdown_timeout_sec"),
    ignored("test_command"),
];

/// The keys of `wait_for_connection`.
pub const WAIT_FOR_CONNECTION: &[Property] = &[
    seconds(
        "timeout",
        1,
        "Seconds in all; 600, not counted by `--host-timeout`",
    ),
    DELAY,
    SLEEP,
    CONNECT_TIMEOUT,
];

/// The keys of `wait_for`.
pub const WAIT_FOR: &[Property] = &[
    Property {
        name: "port",
        shape: Shape::Integer { min: 1, max: 65535 },
        required: false,
        about: "Which TCP port of the host, as seen from here; without one the timeout is slept through",
    },
    Property {
        name: "state",
        shape: Shape::Word(super::PortState::WORDS),
        required: false,
        about: "What the port shall be like; started",
    },
    seconds(
        "timeout",
        0,
        "Seconds in all; 300, not counted by `--host-timeout`",
    ),
    DELAY,
    SLEEP,
    CONNECT_TIMEOUT,
    Property {
        name: "host",
        shape: Shape::Text,
        required: false,
        about: "The host itself, by its name, its address or `127.0.0.1`; another host is refused",
    },
    MSG,
];
