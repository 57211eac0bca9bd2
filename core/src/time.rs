//! Instants, log minutes and calendar dates.
//!
//! Instants are seconds since 1970 UTC, the log counts whole minutes, dates are `YYYY-MM-DD` (FORMAT §2).
//! Nothing here reads a clock. Words for people are given in United Kingdom civil time, by rule and not by a
//! time-zone database, so that a page printed twice is the same page.

use core::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Greenwich Mean Time, and British Summer Time from the last Sunday of March to the last of October.
const UNITED_KINGDOM: &str = "GMT0BST,M3.5.0/1,M10.5.0";

/// An instant, in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 9999-12-31T00:00:00Z: the calendar's four-digit years end there.
    const MAX: i64 = 253_402_214_400;

    /// Takes seconds since 1970.
    ///
    /// # Errors
    /// [`TimeError`] beyond the year 9999.
    pub fn from_seconds(seconds: u64) -> Result<Self, TimeError> {
        match i64::try_from(seconds) {
            Ok(seconds) if seconds <= Self::MAX => Ok(Self(seconds)),
            _ => Err(TimeError("an instant lies between 1970 and 9999".into())),
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0).expect("the constructor admits no instant before 1970")
    }

    /// Parses RFC 3339, for example `2026-11-22T14:32:00Z`.
    ///
    /// # Errors
    /// [`TimeError`] with what was expected.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let instant: jiff::Timestamp = text
            .parse()
            .map_err(|_| TimeError("expected a time such as 2026-11-22T14:32:00Z".into()))?;
        let seconds = u64::try_from(instant.as_second());
        seconds
            .map_err(|_| TimeError("an instant lies between 1970 and 9999".into()))
            .and_then(Self::from_seconds)
    }

    /// This instant moved by a number of seconds, held inside 1970–9999.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(0, Self::MAX))
    }

    /// Seconds from `earlier` to this instant; negative when this is the earlier one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The whole minute the log records for this instant.
    #[must_use]
    pub fn minute(self) -> Minute {
        Minute(self.seconds() / 60)
    }

    /// The calendar date in the United Kingdom.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.civil().0.date())
    }

    /// `22-Nov-2026`, as clinical screens and prints write dates.
    #[must_use]
    pub fn day(self) -> String {
        self.date().day()
    }

    /// `14:32 GMT`, in United Kingdom civil time.
    #[must_use]
    pub fn time_of_day(self) -> String {
        let (civil, zone) = self.civil();
        format!("{:02}:{:02} {zone}", civil.hour(), civil.minute())
    }

    /// `22-Nov-2026 14:32 GMT`.
    #[must_use]
    pub fn day_and_time(self) -> String {
        format!("{} {}", self.day(), self.time_of_day())
    }

    fn civil(self) -> (civil::DateTime, String) {
        let zone = TimeZone::posix(UNITED_KINGDOM).expect("the rule above is a POSIX time zone");
        let instant = jiff::Timestamp::from_second(self.0).expect("the constructor holds the range");
        let zoned = instant.to_zoned(zone);
        (zoned.datetime(), zoned.strftime("%Z").to_string())
    }
}

/// A whole minute since 1970, the log's unit of time (FORMAT §4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(u64);

impl Minute {
    /// Takes minutes since 1970.
    ///
    /// # Errors
    /// [`TimeError`] beyond the year 9999.
    pub fn from_minutes(minutes: u64) -> Result<Self, TimeError> {
        let seconds = minutes
            .checked_mul(60)
            .ok_or_else(|| TimeError("this minute lies beyond 9999".into()))?;
        Timestamp::from_seconds(seconds).map(|_| Self(minutes))
    }

    /// Minutes since 1970.
    #[must_use]
    pub const fn minutes(self) -> u64 {
        self.0
    }

    /// The instant at which this minute begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_seconds(self.0.saturating_mul(60)).unwrap_or(Timestamp(Timestamp::MAX))
    }
}

/// A calendar date, `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(civil::Date);

impl Date {
    /// Parses exactly `YYYY-MM-DD`, a day that exists.
    ///
    /// # Errors
    /// [`TimeError`] with what was expected.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let expected = || TimeError("expected a date such as 2026-11-22".into());
        let shape_holds = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| {
                if at == 4 || at == 7 {
                    byte == b'-'
                } else {
                    byte.is_ascii_digit()
                }
            });
        if !shape_holds {
            return Err(expected());
        }
        text.parse().map(Self).map_err(|_| expected())
    }

    /// This date moved by a number of days, held inside the calendar.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days)))
    }

    /// Days from `earlier` to this date; negative when this is the earlier one.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0.since(earlier.0).map_or(0, |span| span.get_days())
    }

    /// Completed years from this date of birth to `on`; zero when `on` is earlier.
    #[must_use]
    pub fn age_on(self, on: Self) -> u16 {
        let had_birthday = (on.0.month(), on.0.day()) >= (self.0.month(), self.0.day());
        let years = i32::from(on.0.year()) - i32::from(self.0.year()) - i32::from(!had_birthday);
        u16::try_from(years).unwrap_or(0)
    }

    /// The first instant of this date in UTC; certificate validity is judged in UTC days.
    #[must_use]
    pub fn start_utc(self) -> Timestamp {
        let midnight = self
            .0
            .to_zoned(TimeZone::UTC)
            .map_or(0, |zoned| zoned.timestamp().as_second());
        Timestamp(midnight.clamp(0, Timestamp::MAX))
    }

    /// `22-Nov-2026`, as clinical screens and prints write dates.
    #[must_use]
    pub fn day(self) -> String {
        self.0.strftime("%d-%b-%Y").to_string()
    }
}

/// A text or number that is not a time this format can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TimeError(String);

impl TryFrom<u64> for Timestamp {
    type Error = TimeError;

    fn try_from(seconds: u64) -> Result<Self, TimeError> {
        Self::from_seconds(seconds)
    }
}

impl From<Timestamp> for u64 {
    fn from(instant: Timestamp) -> Self {
        instant.seconds()
    }
}

impl TryFrom<String> for Date {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        Self::parse(&text)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

/// RFC 3339 in UTC, for machines; [`Timestamp::day_and_time`] is for people.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_second(self.0).expect("the constructor holds the range");
        fmt::Display::fmt(&instant, f)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

macro_rules! debug_is_display {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

debug_is_display!(Timestamp, Date);

impl fmt::Debug for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.start(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_exact() {
        assert!(Date::parse("2026-02-29").is_err());
        assert!(Date::parse("2026-2-9").is_err());
        assert!(Date::parse("2026-11-22 ").is_err());
        let date = Date::parse("2024-02-29").expect("a leap day");
        assert_eq!(date.to_string(), "2024-02-29");
        assert_eq!(date.day(), "29-Feb-2024");
    }

    #[test]
    fn ages_count_completed_years() {
        let born = Date::parse("2008-11-23").expect("a date");
        assert_eq!(born.age_on(Date::parse("2026-11-22").expect("a date")), 17);
        assert_eq!(born.age_on(Date::parse("2026-11-23").expect("a date")), 18);
    }

    #[test]
    fn words_are_in_united_kingdom_time() {
        let summer = Timestamp::parse("2026-07-01T23:30:00Z").expect("an instant");
        assert_eq!(summer.day_and_time(), "02-Jul-2026 00:30 BST");
        let winter = Timestamp::parse("2026-11-22T14:32:00Z").expect("an instant");
        assert_eq!(winter.day_and_time(), "22-Nov-2026 14:32 GMT");
        assert_eq!(winter.to_string(), "2026-11-22T14:32:00Z");
    }

    #[test]
    fn days_between_dates_are_days_only() {
        let (from, to) = (
            Date::parse("2026-01-31").expect("a date"),
            Date::parse("2026-11-22").expect("a date"),
        );
        assert_eq!(to.days_since(from), 295);
        assert_eq!(from.plus_days(295), to);
    }
}
