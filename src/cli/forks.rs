//! How many hosts are in flight at once: what was typed, else what is set, else a default.

use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::cli::settings::Settings;

/// Hosts in flight at once unless told otherwise.
const DEFAULT: usize = 256;

/// The number; 0 is refused.
pub fn forks(typed: Option<usize>, settings: &Settings) -> Result<usize, Refusal> {
    match typed.or(settings.forks).unwrap_or(DEFAULT) {
        0 => Err(Refusal::new(
            ExitStatus::Usage,
            "`--forks` must be at least 1",
        )),
        forks => Ok(forks),
    }
}

#[cfg(test)]
mod tests {
    use super::forks;
    use crate::cli::settings::Settings;

    #[test]
    fn what_is_typed_wins_over_what_is_set() {
        let settings = |forks| Settings {
            forks,
            ..Settings::default()
        };
        assert_eq!(forks(Some(3), &settings(Some(5))).unwrap(), 3);
        assert_eq!(forks(None, &settings(Some(5))).unwrap(), 5);
        assert_eq!(forks(None, &settings(None)).unwrap(), 256);
        let refusal = forks(Some(0), &settings(None)).unwrap_err();
        assert_eq!(refusal.status.code(), 5);
    }
}
