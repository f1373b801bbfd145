//! Facts about what the tables cover: every number that the research names, section by section (windows-facts 0 to 11).
#![cfg(test)]

use crate::code;
use crate::code::Table;
use crate::code::event;
use crate::code::pair;

/// Section, table and the numbers that it names.
const NUMBERS: &[(&str, Table, &[u32])] = &[
    (
        "0.2 return values of the terminal services provider",
        Table::HResult,
        &[
            0x8004_1001,
            0x8004_1002,
            0x8004_1003,
            0x8004_1008,
            0x8004_1009,
            0x8004_100C,
            0x8004_100E,
            0x8004_1014,
            0x8004_1016,
            0x8004_1019,
            0x8004_1023,
            0x8004_1024,
            0x8004_102B,
            0x8004_102E,
            0x8004_102F,
            0x8004_103A,
        ],
    ),
    ("0.3 StdRegProv", Table::Win32, &[0, 1, 2, 5]),
    (
        "1.1 disconnect reasons",
        Table::Disconnect,
        &[
            0x0, 0x1, 0x2, 0x3, 0x4, 0x104, 0x508, 0x604, 0x208, 0x108, 0x704, 0x204, 0x304, 0x404,
            0x308, 0x804, 0x904, 0x406, 0x506, 0x606, 0x706, 0x906, 0xA06, 0xB06, 0xC06, 0xC08,
            0x408, 0x608, 0x106, 0x206, 0x306, 0x808, 0x908, 0x807, 0xA07, 0xB07, 0xC07, 0xD07,
            0xE07, 0xF07, 0x1207, 0x1607, 0x1707, 0x1807, 0x1B07, 0x1C07, 0x2207, 0x2107, 0xD06,
            0x1104, 0x112F, 50_331_673,
        ],
    ),
    (
        "1.2 extended codes",
        Table::Extended,
        &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 256, 257, 258, 259, 260, 261, 262, 263, 264,
            265, 266, 267, 768, 4096, 32_767,
        ],
    ),
    (
        "1.3 error info",
        Table::ErrorInfo,
        &[
            0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x9, 0xA, 0xB, 0xC, 0xF, 0x10, 0x11, 0x12, 0x17,
            0x18, 0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x109, 0x10A,
            0x400, 0x402, 0x404, 0x405, 0x406, 0x407, 0x408, 0x409, 0x410, 0x411, 0x412, 0x10C9,
            0x10F3, 0x112D, 0x112E, 0x112F, 0x1191, 0x1192, 0x1193, 0x1194, 0x1195, 0x1196,
        ],
    ),
    ("1.4 negotiation", Table::Negotiation, &[1, 2, 3, 4, 5, 6]),
    ("1.5 CredSSP", Table::Link, &[866_660]),
    (
        "3 file methods",
        Table::FileMethod,
        &[0, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 21],
    ),
    ("3 rights of files", Table::FileSecurity, &[0, 2, 8, 9, 21]),
    (
        "7.1 return values of services",
        Table::Win32Service,
        &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
            24,
        ],
    ),
    (
        "7 exit codes and start failures of services",
        Table::Win32,
        &[
            5, 1053, 1058, 1059, 1066, 1067, 1068, 1069, 1070, 1077, 1079,
        ],
    ),
    ("7.2 processes", Table::ProcessCreate, &[0, 2, 3, 8, 9, 21]),
    (
        "9.2 licence servers",
        Table::LicenceServer,
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    ),
    (
        "9.4 gateway over HTTP",
        Table::GatewayHttp,
        &[101, 200, 401, 403, 404, 405, 410, 503],
    ),
    (
        "9.4 gateway",
        Table::HResult,
        &[
            0x8007_59D8,
            0x8007_59DA,
            0x8007_59DB,
            0x8007_59DD,
            0x0000_59E6,
            0x8007_59E9,
            0x8007_59ED,
            0x8007_59EE,
            0x0000_59F6,
            0x8007_59F7,
            0x8007_59F8,
            0x8007_59F9,
        ],
    ),
    (
        "10.2 TLS alerts",
        Table::TlsAlert,
        &[40, 42, 43, 44, 45, 46, 47, 48, 70, 80],
    ),
    (
        "10.2 states of Schannel",
        Table::SchannelState,
        &[10_001, 10_013],
    ),
    ("10.2 Schannel", Table::HResult, &[0x8009_030D]),
    ("10.2 and 11 Kerberos", Table::Kerberos, &[0x18, 0x25]),
    (
        "11 pings",
        Table::Ping,
        &[0, 11_003, 11_009, 11_010, 11_050],
    ),
    (
        "11 sign-ins",
        Table::NtStatus,
        &[
            0xC000_005E,
            0xC000_0064,
            0xC000_006A,
            0xC000_006D,
            0xC000_006E,
            0xC000_006F,
            0xC000_0070,
            0xC000_0071,
            0xC000_0072,
            0xC000_0133,
            0xC000_015B,
            0xC000_018B,
            0xC000_018C,
            0xC000_018D,
            0xC000_0193,
            0xC000_0224,
            0xC000_0234,
            0xC000_0413,
        ],
    ),
    (
        "wsman-wire 8, faults that sessions judge",
        Table::WsMan,
        &[
            0x8033_8000,
            0x8033_8001,
            0x8033_800F,
            0x8033_8010,
            0x8033_8011,
            0x8033_8013,
            0x8033_8015,
            0x8033_801A,
            0x8033_801B,
            0x8033_8026,
            0x8033_8027,
            0x8033_8029,
            0x8033_8033,
            0x8033_8035,
            0x8033_803B,
            0x8033_803D,
            0x8033_803F,
            0x8033_8041,
            0x8033_8042,
            0x8033_8048,
            0x8033_805A,
            0x8033_805B,
            0x8033_805D,
            0x8033_8063,
            0x8033_80ED,
            0x8033_80FA,
            0x8033_80FB,
            0x8033_8102,
            0x8033_8103,
            0x8033_8104,
            0x8033_8105,
            0x8033_8106,
            0x8033_8111,
            0x8033_811E,
            0x8033_813B,
            0x8033_81A5,
            0x8033_81A6,
            0x8033_81A7,
            0x8033_81A8,
            0x8033_81AB,
            0x8033_81AC,
            0x8033_81E4,
            0x8033_81E5,
            0x8033_81E6,
            0x8033_81E7,
            0x8033_81E8,
            0x8033_81E9,
            0x8033_81EA,
        ],
    ),
    (
        "wsman-wire 8, CIM status",
        Table::CimStatus,
        &[2, 3, 4, 5, 6, 7, 11, 16, 17, 27],
    ),
    ("wsman-wire 8, Windows", Table::Win32, &[5, 50, 87, 995]),
    (
        "wsman-wire 7 and 8, HRESULT",
        Table::HResult,
        &[0x8007_0002, 0x8007_0005, 0x8004_1005],
    ),
];

/// Section, source and the events that it names.
const EVENTS: &[(&str, &str, &[u32])] = &[
    (
        "2.5",
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
        &[
            1050, 1051, 1052, 1053, 1054, 1055, 1056, 1057, 1058, 1059, 1060, 1061, 1062, 1063,
            1064, 1065,
        ],
    ),
    ("8.2", "rdpclient", &[226, 1024, 1025, 1026]),
    ("9.2", "rcm", &[1003, 1004, 1011, 1068, 1069, 1136]),
    (
        "9.3",
        "Microsoft-Windows-TerminalServices-SessionBroker",
        &[2056],
    ),
    (
        "9.3",
        "Microsoft-Windows-TerminalServices-SessionBroker-Client",
        &[1296],
    ),
    (
        "9.4",
        "Microsoft-Windows-TerminalServices-Gateway",
        &[
            100, 101, 102, 103, 200, 201, 203, 300, 301, 302, 303, 304, 400, 700,
        ],
    ),
    (
        "10.2",
        "Schannel",
        &[
            36_869, 36_870, 36_871, 36_872, 36_873, 36_874, 36_876, 36_877, 36_880, 36_881, 36_882,
            36_884, 36_886, 36_887, 36_888,
        ],
    ),
    ("10.2", "TermDD", &[50, 56]),
    (
        "10.2",
        "Service Control Manager",
        &[7000, 7001, 7009, 7011, 7022, 7023, 7031, 7034, 7036, 7040],
    ),
    ("10.2", "NETLOGON", &[5719, 3210, 5783]),
    (
        "10.2",
        "Microsoft-Windows-Time-Service",
        &[36, 50, 129, 134],
    ),
    ("10.2", "Microsoft-Windows-GroupPolicy", &[1058, 1030]),
    (
        "10.2",
        "rcm",
        &[1006, 1035, 1036, 1041, 258, 259, 260, 261, 262, 1149],
    ),
    (
        "10.2",
        "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",
        &[
            65, 66, 69, 97, 98, 99, 100, 101, 102, 103, 105, 129, 131, 132, 135, 136, 138, 139,
            140, 141, 142, 143, 144, 145, 147, 149, 153, 226, 227, 228, 291,
        ],
    ),
    (
        "10.2",
        "Microsoft-Windows-TerminalServices-LocalSessionManager",
        &[21, 22, 23, 24, 25, 39, 40],
    ),
    (
        "10.2",
        "Microsoft-Windows-Security-Auditing",
        &[4624, 4625, 4740, 4771, 4778, 4779, 5378],
    ),
    ("10.2", "Application Error", &[1000]),
    ("10.2", "Windows Error Reporting", &[1001]),
];

#[test]
fn every_number_of_the_research_is_in_its_table() {
    for (section, table, numbers) in NUMBERS {
        for number in *numbers {
            let row = code::entry(*table, *number);
            assert!(row.is_some(), "{section}: {}", table.number(*number));
        }
    }
    assert!(pair::pair(0x904, 7).is_some());
}

#[test]
fn every_event_of_the_research_is_in_the_table() {
    for (section, source, ids) in EVENTS {
        assert!(event::source(source).is_some(), "{section}: {source}");
        for id in *ids {
            assert!(event(source, *id).is_some(), "{section}: {source} {id}");
        }
    }
}

/// What sources disagree about, or nobody confirms, is told as such.
#[test]
fn contested_readings_are_named() {
    let contested = [0xD06, 0x4, 0x1104, 50_331_673];
    for number in contested {
        let row = code::entry(Table::Disconnect, number);
        assert!(
            row.is_some_and(|row| row.beware.contains("Contested")),
            "0x{number:X}"
        );
    }
    for number in [0x18, 0x25] {
        let row = code::entry(Table::Kerberos, number);
        assert!(
            row.is_some_and(|row| row.beware.contains("swaps")),
            "0x{number:X}"
        );
    }
}
