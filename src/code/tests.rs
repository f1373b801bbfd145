//! Facts about the tables as a whole.
#![cfg(test)]

mod facts;

use std::collections::BTreeSet;

use super::Table;
use super::all;
use super::entry;
use super::event;
use super::fault;
use super::named;
use super::pair;
use super::returned;
use super::search;
use crate::finding::Cause;

#[test]
fn no_number_stands_twice_in_a_table() {
    let mut seen = BTreeSet::new();
    for entry in all() {
        let key = (entry.table, entry.source, entry.code);
        assert!(seen.insert(key), "{key:?}");
    }
    let mut pairs = BTreeSet::new();
    assert!(pair::all().all(|pair| pairs.insert((pair.code, pair.extended))));
}

#[test]
fn every_row_says_who_sends_it_and_what_it_means() {
    for entry in all() {
        let ask = entry.ask();
        assert!(
            !entry.sender.is_empty() && !entry.sender.ends_with('.'),
            "{ask}"
        );
        assert!(entry.means.ends_with('.'), "{ask}: {}", entry.means);
        assert!(
            entry.beware.is_empty() || entry.beware.ends_with('.'),
            "{ask}: {}",
            entry.beware
        );
        assert_eq!(
            entry.table == Table::Event,
            !entry.source.is_empty(),
            "{ask}"
        );
        let gist = entry.gist();
        assert!(
            gist.chars().count() <= 160 && !gist.ends_with('.'),
            "{ask}: {gist}"
        );
        for text in [entry.means, entry.beware, entry.sender, entry.name] {
            assert!(!text.contains("  ") && text.trim() == text, "{ask}: {text}");
        }
    }
}

#[test]
fn causes_are_named_once_for_a_row_and_each_of_them_somewhere() {
    let mut used = BTreeSet::new();
    for entry in all() {
        let causes: BTreeSet<Cause> = entry.causes.iter().copied().collect();
        assert_eq!(causes.len(), entry.causes.len(), "{}", entry.ask());
        used.extend(causes);
    }
    for pair in pair::all() {
        let causes: BTreeSet<Cause> = pair.causes.iter().copied().collect();
        assert_eq!(causes.len(), pair.causes.len(), "0x{:X}", pair.code);
    }
    for row in Cause::catalogue() {
        assert!(used.contains(&row.cause), "{} fits no number", row.id);
    }
}

#[test]
fn every_source_of_events_is_known_and_has_events() {
    let sources: BTreeSet<&str> = all()
        .filter(|entry| entry.table == Table::Event)
        .map(|entry| entry.source)
        .collect();
    let known: BTreeSet<&str> = event::SOURCES.iter().map(|source| source.name).collect();
    assert_eq!(sources, known);
    let mut words = BTreeSet::new();
    for source in event::SOURCES {
        for word in source.words {
            assert!(
                words.insert(word) && Table::from_word(word).is_none(),
                "{word}"
            );
            assert_eq!(event::source(&word.to_uppercase()), Some(source));
        }
        assert_eq!(event::source(&source.name.to_lowercase()), Some(source));
    }
    assert_eq!(
        event::source("TerminalServices-Gateway").map(|source| source.name),
        Some("Microsoft-Windows-TerminalServices-Gateway")
    );
    assert_eq!(event::source("nothing"), None);
}

#[test]
fn every_table_has_rows_and_is_found_by_its_word() {
    for table in Table::ALL {
        assert!(all().any(|entry| entry.table == table), "{table:?}");
        assert_eq!(Table::from_word(&table.word().to_uppercase()), Some(table));
    }
    assert!(Table::ALL.is_sorted());
}

#[test]
fn numbers_are_shown_with_their_names() {
    assert_eq!(
        named(Table::NtStatus, 0xC000_006D),
        "0xC000006D (STATUS_LOGON_FAILURE)"
    );
    assert_eq!(named(Table::NtStatus, 0xC000_9999), "0xC0009999");
    assert_eq!(named(Table::TlsAlert, 40), "40 (handshake_failure)");
    assert_eq!(named(Table::Disconnect, 0x112F), "0x112F");
    assert_eq!(
        fault(2_150_858_778),
        "2150858778 (0x8033801A, ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER)"
    );
    assert_eq!(
        fault(0x8004_1016),
        "2147749910 (0x80041016, WBEM_E_INVALID_OPERATION)"
    );
    assert_eq!(fault(87), "87 (ERROR_INVALID_PARAMETER)");
    assert_eq!(fault(27), "27 (CIM_ERR_SERVER_LIMITS_EXCEEDED)");
    assert_eq!(fault(0), "0 (ERROR_SUCCESS)");
    assert_eq!(fault(9_999), "9999");
}

#[test]
fn return_values_are_named_by_their_class() {
    assert_eq!(returned("win32_service", 14), "14 (Service Disabled)");
    assert_eq!(returned("StdRegProv", 5), "5 (ERROR_ACCESS_DENIED)");
    assert_eq!(returned("CIM_DataFile", 9), "9 (Invalid Object)");
    assert_eq!(
        returned("Win32_LogicalFileSecuritySetting", 9),
        "9 (Privilege Missing)"
    );
    assert_eq!(returned("Win32_Process", 9), "9 (Path Not Found)");
    assert_eq!(
        returned("Win32_TSGeneralSetting", 0x8004_1016),
        "2147749910 (0x80041016, WBEM_E_INVALID_OPERATION)"
    );
    assert_eq!(returned("Win32_Other", 1_234), "1234");
}

#[test]
fn a_search_is_over_all_words_and_regardless_of_letter_case() {
    let found =
        |words: &str| -> Vec<String> { search(words).iter().map(|row| row.ask()).collect() };
    assert_eq!(found("Certificate eXpired"), found("expired certificate"));
    assert!(found("certificate").len() > 20);
    assert!(found("certificate").contains(&"schannel:36870".to_owned()));
    assert_eq!(found("status_logon_failure"), ["ntstatus:0xC000006D"]);
    assert_eq!(found("0x904"), ["disconnect:0x904"]);
    assert_eq!(found(" "), [""; 0]);
    assert_eq!(found("certificate xyzzy"), [""; 0]);
}

#[test]
fn an_event_is_found_by_any_name_of_its_source() {
    let wanted = event("Schannel", 36870);
    assert!(wanted.is_some());
    assert_eq!(event("SCHANNEL", 36870), wanted);
    assert_eq!(event("Schannel", 1), None);
    let listener = event(
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
        1057,
    );
    assert!(listener.is_some());
    assert_eq!(event("rcm", 1057), listener);
    assert_eq!(
        event("TerminalServices-RemoteConnectionManager", 1057),
        listener
    );
}

/// What the code of this program calls by a number of its own is in the table under that very number.
#[test]
fn sentences_that_stand_in_messages_are_short() {
    for code in 1..=6 {
        let gist = entry(Table::Negotiation, code).map(super::Entry::gist);
        assert!(
            gist.is_some_and(|gist| gist.starts_with("the host ")),
            "{code}"
        );
    }
}
