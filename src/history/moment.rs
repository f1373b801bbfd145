//! Moments as they stand in the file: milliseconds since 1970.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Milliseconds since 1970.
pub(super) type Moment = i64;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A moment for the file.
pub(super) fn of(at: Timestamp) -> Moment {
    at.as_millisecond()
}

/// A moment from the file; the nearest that can be told when somebody wrote nonsense there.
pub(super) fn timestamp(moment: Moment) -> Timestamp {
    let edge = if moment < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_millisecond(moment).unwrap_or(edge)
}

/// The day of a moment, counted from 1970 in UTC.
pub(super) fn day(moment: Moment) -> i64 {
    moment.div_euclid(DAY)
}

/// The day with that number.
pub(super) fn date_of(day: i64) -> Date {
    let moment = timestamp(day.saturating_mul(DAY));
    let known = moment.to_zoned(TimeZone::UTC).date();
    known.max(date(1970, 1, 1))
}
