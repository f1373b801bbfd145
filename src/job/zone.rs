//! Time zones by name.
//!
//! The machine's own database comes first, because it is kept up to date; where there is none (a bare container, Windows)
//! the one that is built into the program answers.

use jiff::tz::TimeZone;

use crate::job::Zone;

/// The zone of jobs that name none.
pub(crate) const DEFAULT: &str = "UTC";

impl Zone {
    /// The zone of this name in the IANA database, letter case ignored; `None` when there is none.
    pub fn named(name: &str) -> Option<Self> {
        let official = names()
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))?;
        let rules = TimeZone::get(&official).ok()?;
        Some(Self {
            name: official.into(),
            rules,
        })
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self {
            name: DEFAULT.into(),
            rules: TimeZone::UTC,
        }
    }
}

/// The names of all zones.
pub(super) fn names() -> Vec<String> {
    jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::Zone;

    #[test]
    fn zones_are_found_in_any_letter_case_and_named_officially() {
        let zone = Zone::named("europe/berlin").unwrap();
        assert_eq!(&*zone.name, "Europe/Berlin");
        assert_eq!(Zone::named("UTC").unwrap().rules.iana_name(), Some("UTC"));
    }

    #[test]
    fn what_is_no_zone_is_not_looked_for_on_the_disk() {
        for name in ["", "Berlin", "../../etc/passwd", "/etc/localtime", "local"] {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }

    #[test]
    fn a_machine_without_zones_has_those_of_the_program() {
        let bundled = TimeZoneDatabase::bundled();
        assert!(bundled.get("Europe/Berlin").is_ok());
    }
}
