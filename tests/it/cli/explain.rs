//! Facts about `rdpfix explain`.

use super::Finished;
use super::run;

/// The order in which texts stand in the output.
#[track_caller]
fn in_order(finished: &Finished, texts: &[&str]) {
    let mut rest = finished.stdout.as_str();
    for text in texts {
        let Some((_, behind)) = rest.split_once(text) else {
            panic!("`{text}` is not in its place in:\n{}", finished.stdout);
        };
        rest = behind;
    }
}

#[tokio::test]
async fn the_pair_of_the_show_is_told_with_its_readings_causes_and_next_steps() {
    let told = run(&["explain", "0x904", "0x7"]).await.exits(0);
    in_order(
        &told,
        &[
            "Error code 0x904 (2308) with extended error code 0x7 (7)",
            "no article of the vendor covers",
            "disconnectReasonAtClientWinsockFDCLOSE",
            "exDiscReasonServerDeniedConnection",
            "Readings of the two together:",
            "reported",
            "renamed machine",
            "plausible",
            "wrong ",
            "ERROR_ARENA_TRASHED",
            "harmful:",
            "renaming MachineKeys",
            "Causes, likeliest first:",
            "cert-expired",
            "machine-keys",
            "path-mtu",
            "Run next:",
            "rdpfix diagnose HOST --code 0x904 --extended 0x7",
            "rdpfix probe HOST\n",
        ],
    );
    let decimal = run(&["explain", "2308", "7"]).await.exits(0);
    assert_eq!(decimal.stdout, told.stdout);
}

#[tokio::test]
async fn a_number_is_told_however_it_is_written() {
    let told = run(&["explain", "2308"]).await.exits(0);
    in_order(
        &told,
        &[
            "disconnectReasonAtClientWinsockFDCLOSE",
            "0x904 (2308)",
            "Fits",
            "cert-expired",
            "rdpfix diagnose HOST --code 0x904\n",
        ],
    );
    let status = run(&["explain", "-1073741715"]).await.exits(0);
    in_order(
        &status,
        &[
            "STATUS_LOGON_FAILURE - NTSTATUS 0xC000006D (3221225581, -1073741715)",
            "User name or password is wrong.",
            "Sent by",
            "credentials-rejected",
            "rdpfix probe HOST --login USER",
        ],
    );
    for typed in [
        "0xC000006D",
        "3221225581",
        "ntstatus:0xc000006d",
        "status_logon_failure",
    ] {
        let same = run(&["explain", typed]).await.exits(0);
        assert_eq!(same.stdout, status.stdout, "{typed}");
    }
}

#[tokio::test]
async fn an_event_is_told_with_its_source_or_without() {
    let told = run(&["explain", "schannel:36870"]).await.exits(0);
    in_order(
        &told,
        &["Schannel 36870 - event", "private key", "machine-keys"],
    );
    let bare = run(&["explain", "event", "36870"]).await.exits(0);
    assert_eq!(bare.stdout, told.stdout);
    let several = run(&["explain", "event", "1058"]).await.exits(0);
    in_order(
        &several,
        &[
            "Event 1058 has 2 meanings",
            "RemoteConnectionManager 1058",
            "GroupPolicy 1058",
        ],
    );
}

#[tokio::test]
async fn a_number_of_several_tables_is_told_in_each() {
    let told = run(&["explain", "5"]).await.exits(0);
    in_order(
        &told,
        &[
            "0x5 (5) has 7 meanings; the likeliest comes first.",
            "1. exDiscReasonReplacedByOtherConnection",
            "2. HYBRID_REQUIRED_BY_SERVER",
            "ERROR_ACCESS_DENIED - Win32 error 5",
            "Service Cannot Accept Control - return value of Win32_Service 5",
        ],
    );
}

#[tokio::test]
async fn words_are_searched_for_in_everything() {
    let found = run(&["explain", "--search", "certificate"]).await.exits(0);
    in_order(
        &found,
        &[
            "schannel:36870",
            "rcm:1057",
            "rows have the words `certificate`",
        ],
    );
    let both = run(&["explain", "--search", "EXPIRED", "certificate"])
        .await
        .exits(0);
    assert!(both.stdout.lines().count() < found.stdout.lines().count());
    both.says("rcm:1058");
    run(&["explain", "--search", "xyzzy"])
        .await
        .exits(2)
        .says("Nothing in the table has the words `xyzzy`");
}

#[tokio::test]
async fn what_is_no_number_exits_5_with_a_remedy() {
    for (typed, says) in [
        (&["0xZZ"][..], "`0xZZ` is not a hexadecimal number"),
        (&["12a4"], "`12a4` is neither a number nor a name of one"),
        (&["0x123456789"], "longer than the 32 bits"),
        (
            &["nonsense:5"],
            "neither a table of numbers nor a source of events",
        ),
        (&[""], "there is no number"),
    ] {
        let words: Vec<&str> = ["explain"].iter().chain(typed).copied().collect();
        let refused = run(&words).await.exits(5).says(says).says("hint: ");
        assert_eq!(refused.stdout, "", "{typed:?}");
    }
    run(&["explain"]).await.exits(5);
    run(&["explain", "5", "--search", "x"]).await.exits(5);
}

#[tokio::test]
async fn a_number_that_is_not_known_exits_2_and_is_told_by_its_kind() {
    run(&["explain", "0xC0009999"])
        .await
        .exits(2)
        .says("0xC0009999 (3221264793) is not in the table.")
        .says("It is an NTSTATUS that tells an error.");
    run(&["explain", "904"])
        .await
        .exits(2)
        .says("Perhaps one of these is meant:")
        .says("disconnect:0x904");
    run(&["explain", "schannel:5"])
        .await
        .exits(2)
        .says("event 5 of Schannel is not in the table.");
    run(&["explain", "ERROR_NOTHING_LIKE_THIS"]).await.exits(2);
}

#[tokio::test]
async fn lines_fit_an_old_console_and_end_without_blanks() {
    for words in [
        &["0x904", "0x7"][..],
        &["5"],
        &["1058"],
        &["3", "258"],
        &["904"],
        &["--search", "certificate"],
        &["0xD0000184"],
    ] {
        let words: Vec<&str> = ["explain"].iter().chain(words).copied().collect();
        let told = run(&words).await;
        for line in told
            .stdout
            .lines()
            .filter(|line| !line.contains("tells one as a whole"))
        {
            assert!(line.chars().count() <= 80, "{words:?}: {line}");
            assert_eq!(line.trim_end(), line, "{words:?}");
        }
    }
}
