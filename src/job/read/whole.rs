//! What contradicts itself in a job as a whole, whatever the time.

use crate::diag::Diagnostic;
use crate::job::Job;
use crate::job::Mode;
use crate::job::Schedule;
use crate::job::Splay;
use crate::job::SplayBy;
use crate::job::duration;

/// Tells what the job can never do.
pub(super) fn check(job: &Job, mistakes: &mut Vec<Diagnostic>) {
    match job.mode {
        Mode::Audit => {
            if let Some(window) = job.windows.iter().chain(&job.blackouts).next() {
                mistakes.push(
                    Diagnostic::warning(
                        "without-effect",
                        format!("windows bound changes, and `{}` makes none", job.name),
                    )
                    .at(&window.span)
                    .label("has no effect")
                    .help("an audit runs at all its times; `mode: audit-then-apply-in-window` corrects while a window is open"),
                );
            }
        }
        Mode::ApplyInWindow if job.windows.is_empty() => mistakes.push(
            Diagnostic::error(
                "missing-key",
                format!("`{}` applies in windows and has none", job.name),
            )
            .at(&job.span)
            .label("needs `windows`")
            .help("say when changes may be made, as in `windows: [{from: \"22:00\", to: \"05:00\"}]`, or take `mode: apply`"),
        ),
        Mode::Apply | Mode::ApplyInWindow => {}
    }
    if let (Schedule::Every(every), Some(splay)) = (&job.schedule, job.splay)
        && splay.up_to > *every
    {
        mistakes.push(splay_beyond(job, splay, *every));
    }
}

fn splay_beyond(job: &Job, splay: Splay, every: std::time::Duration) -> Diagnostic {
    let effect = match splay.by {
        SplayBy::Job => "the splay is longer than the time between two runs",
        SplayBy::Host => "hosts wait longer than the time between two runs",
    };
    Diagnostic::warning("splay-beyond-interval", effect)
        .at(&job.span)
        .label(format!(
            "splay {}, every {}",
            duration::words(splay.up_to),
            duration::words(every)
        ))
        .help("a splay of at most the interval spreads runs as evenly")
}
