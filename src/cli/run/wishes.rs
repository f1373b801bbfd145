//! What was typed about the rollout, read; mistakes are told before anything is opened.

use crate::cli::args::RolloutArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::playbook::Batch;
use crate::runner::rollout::Bounds;
use crate::runner::rollout::Shard;
use crate::runner::rollout::batch;
use crate::runner::rollout::time_span;

/// What was typed about the rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// The sizes of waves of plays that say none.
    pub serial: Vec<Batch>,
    /// What ends the run early.
    pub bounds: Bounds,
    /// The share of the hosts that take part.
    pub shard: Option<Shard>,
}

impl Wishes {
    /// Reads them.
    pub fn read(typed: &RolloutArguments, environment: &Environment) -> Result<Self, Refusal> {
        let usage = |text: String| Refusal::new(ExitStatus::Usage, text);
        let serial = typed.serial.iter().map(|size| {
            batch(size).map_err(|error| {
                usage(format!("`--serial`: {error}"))
                    .hint("sizes of waves, the last repeating: `--serial 1,10%,50%`")
            })
        });
        let serial = serial.collect::<Result<Vec<Batch>, Refusal>>()?;
        let deadline = typed.deadline.as_deref().map(|text| {
            time_span(text).map_err(|error| {
                usage(format!("`--deadline`: {error}"))
                    .hint("a number with its unit: `90s`, `30m`, `2h`, `1d`, `1h30m`")
            })
        });
        let index = environment.job_completion_index.as_deref();
        let shard = typed.shard.as_deref().map(|text| {
            Shard::parse(text, index)
                .map_err(|error| usage(format!("`--shard`: {error}")).hint("the second of five shares is `--shard 2/5`; `--shard auto/5` in an indexed job"))
        });
        let fail_percent = typed.fail_percent;
        if let Some(percent) = fail_percent.filter(|percent| !(0.0..=100.0).contains(percent)) {
            return Err(usage(format!(
                "`--fail-percent`: {percent} is no percentage from 0 to 100"
            )));
        }
        if typed.step && !environment.stdin_is_terminal {
            return Err(usage(
                "`--step` asks before each task, but standard input is no terminal".to_owned(),
            )
            .hint("`--check` shows what would be done without asking"));
        }
        Ok(Self {
            serial,
            bounds: Bounds {
                fail_percent,
                deadline: deadline.transpose()?,
            },
            shard: shard.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Wishes;
    use crate::cli::args::RolloutArguments;
    use crate::cli::environment::Environment;

    fn told(typed: &RolloutArguments) -> String {
        let refusal = Wishes::read(typed, &Environment::default()).unwrap_err();
        assert_eq!(refusal.status.code(), 5);
        refusal.message
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let nothing = RolloutArguments::default();
        for (typed, text) in [
            (
                RolloutArguments {
                    serial: vec!["1".to_owned(), "0".to_owned()],
                    ..nothing.clone()
                },
                "`--serial`: `0` is neither",
            ),
            (
                RolloutArguments {
                    deadline: Some("30".to_owned()),
                    ..nothing.clone()
                },
                "`--deadline`: `30` is no span",
            ),
            (
                RolloutArguments {
                    shard: Some("auto/2".to_owned()),
                    ..nothing.clone()
                },
                "`--shard`: `auto/2` takes its number from JOB_COMPLETION_INDEX",
            ),
            (
                RolloutArguments {
                    fail_percent: Some(f64::NAN),
                    ..nothing.clone()
                },
                "`--fail-percent`: NaN is no percentage",
            ),
            (
                RolloutArguments {
                    step: true,
                    ..nothing
                },
                "`--step` asks before each task",
            ),
        ] {
            let told = told(&typed);
            assert!(told.starts_with(text), "{told}");
        }
    }

    #[test]
    fn bounds_are_read() {
        let typed = RolloutArguments {
            fail_percent: Some(2.5),
            deadline: Some("2h".to_owned()),
            ..RolloutArguments::default()
        };
        let bounds = Wishes::read(&typed, &Environment::default())
            .unwrap()
            .bounds;
        assert_eq!(bounds.fail_percent, Some(2.5));
        assert_eq!(bounds.deadline, Some(Duration::from_hours(2)));
    }
}
