//! How many hosts are in flight at once: what was typed, else what the environment says, else a default.

use crate::cli::environment::Environment;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;

/// Hosts in flight at once unless told otherwise.
const DEFAULT: usize = 256;

/// The number; one that is none, or 0, is refused.
pub fn forks(typed: Option<usize>, environment: &Environment) -> Result<usize, Refusal> {
    let usage = |message: String| Refusal::new(ExitStatus::Usage, message);
    let forks = match (typed, &environment.forks) {
        (Some(forks), _) => forks,
        (None, Some(text)) => text.parse().map_err(|error| {
            usage(format!(
                "RDPFIX_FORKS or ANSIBLE_FORKS is `{text}`: {error}"
            ))
        })?,
        (None, None) => DEFAULT,
    };
    if forks == 0 {
        return Err(usage("`--forks` must be at least 1".to_owned()));
    }
    Ok(forks)
}

#[cfg(test)]
mod tests {
    use super::forks;
    use crate::cli::environment::Environment;

    #[test]
    fn what_is_typed_wins_over_the_environment() {
        let environment = |text: Option<&str>| Environment {
            forks: text.map(str::to_owned),
            ..Environment::default()
        };
        assert_eq!(forks(Some(3), &environment(Some("5"))).unwrap(), 3);
        assert_eq!(forks(None, &environment(Some("5"))).unwrap(), 5);
        assert_eq!(forks(None, &environment(None)).unwrap(), 256);
        for (typed, text) in [(Some(0), None), (None, Some("0")), (None, Some("many"))] {
            let refusal = forks(typed, &environment(text)).unwrap_err();
            assert_eq!(refusal.status.code(), 5);
        }
    }
}
