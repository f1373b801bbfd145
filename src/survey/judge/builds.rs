//! Builds of Windows and until when they get updates. A table; add a row when there is a new release.

use jiff::civil::Date;
use jiff::civil::date;

/// One build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Build {
    /// Its number, as NTLM tells it.
    pub(super) number: u16,
    /// The releases that have it.
    pub(super) name: &'static str,
    /// The last day on which one of them gets updates without a contract of its own (Microsoft's lifecycle pages).
    pub(super) until: Date,
}

const fn row(number: u16, name: &'static str, until: Date) -> Build {
    Build {
        number,
        name,
        until,
    }
}

/// Oldest first.
pub(super) const BUILDS: [Build; 26] = [
    row(2600, "Windows XP", date(2014, 4, 8)),
    row(3790, "Windows Server 2003", date(2015, 7, 14)),
    row(6002, "Windows Server 2008", date(2020, 1, 14)),
    row(6003, "Windows Server 2008", date(2020, 1, 14)),
    row(7600, "Windows 7, Server 2008 R2", date(2013, 4, 9)),
    row(7601, "Windows 7, Server 2008 R2", date(2020, 1, 14)),
    row(9200, "Windows 8, Server 2012", date(2023, 10, 10)),
    row(9600, "Windows 8.1, Server 2012 R2", date(2023, 10, 10)),
    row(10240, "Windows 10 (2015)", date(2025, 10, 14)),
    row(10586, "Windows 10 1511", date(2018, 4, 10)),
    row(14393, "Windows 10 1607, Server 2016", date(2027, 1, 12)),
    row(15063, "Windows 10 1703", date(2019, 10, 8)),
    row(16299, "Windows 10 1709", date(2020, 10, 13)),
    row(17134, "Windows 10 1803", date(2021, 5, 11)),
    row(17763, "Windows 10 1809, Server 2019", date(2029, 1, 9)),
    row(18362, "Windows 10 1903", date(2020, 12, 8)),
    row(18363, "Windows 10 1909", date(2022, 5, 10)),
    row(19041, "Windows 10 2004", date(2021, 12, 14)),
    row(19042, "Windows 10 20H2", date(2023, 5, 9)),
    row(19043, "Windows 10 21H1", date(2022, 12, 13)),
    row(19044, "Windows 10 21H2", date(2027, 1, 12)),
    row(19045, "Windows 10 22H2", date(2025, 10, 14)),
    row(20348, "Windows Server 2022", date(2031, 10, 14)),
    row(22000, "Windows 11 21H2", date(2024, 10, 8)),
    row(22621, "Windows 11 22H2", date(2025, 10, 14)),
    row(22631, "Windows 11 23H2", date(2026, 11, 10)),
];

/// The row of a build; later builds than the last row are left alone.
pub(super) fn build(number: u16) -> Option<&'static Build> {
    BUILDS.iter().find(|build| build.number == number)
}

#[cfg(test)]
mod tests {
    use super::BUILDS;
    use super::build;

    #[test]
    fn rows_ascend_and_each_build_has_one() {
        assert!(BUILDS.is_sorted_by(|one, other| one.number < other.number));
        assert_eq!(
            build(20348).map(|build| build.name),
            Some("Windows Server 2022")
        );
        assert_eq!(build(26100), None);
    }
}
