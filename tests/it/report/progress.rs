//! Facts about progress where there is no terminal.

use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::report::Reporter;
use rdpfix::report::progress::Progress;

use super::events::Paper;
use super::events::at;
use super::events::end;
use super::events::start;

#[test]
fn a_line_is_written_every_ten_seconds_at_most() {
    let paper = Paper::default();
    let mut progress = Progress::lines(paper.pen());
    progress.event(&start(RunMode::Check, 60)).unwrap();
    for second in 0..30 {
        let host = format!("h{second}");
        let begun = Event::HostStart {
            host: host.as_str().into(),
            at: at(second),
        };
        progress.event(&begun).unwrap();
        let mut ended = end(&host, HostStatus::Drifted, &[], None);
        if let Event::HostEnd(summary) = &mut ended {
            summary.at = at(second);
        }
        progress.event(&ended).unwrap();
    }
    assert_eq!(
        paper.text(),
        "10/60 hosts, 1 in flight, 10 drifted\n20/60 hosts, 1 in flight, 20 drifted\n"
    );
}
