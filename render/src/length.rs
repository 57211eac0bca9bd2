//! Lengths on the page, in whole 1/64 of a point.
//!
//! All layout arithmetic is done in these integers, so that no processor, compiler or optimisation can move a
//! line break or a byte. The one conversion to floating point, at the PDF writer, is exact.

use core::iter::Sum;
use core::ops::{Add, AddAssign, Div, Mul, Sub};

/// A length or coordinate in 1/64 of a point (1 point = 1/72 inch); y grows downwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Length(i32);

impl Length {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) const fn points(points: i32) -> Self {
        Self(points * 64)
    }

    /// For sizes such as 8.5 pt.
    pub(crate) const fn half_points(halves: i32) -> Self {
        Self(halves * 32)
    }

    pub(crate) const fn sixty_fourths(count: i32) -> Self {
        Self(count)
    }

    /// Hundredths of a millimetre, rounded down to 1/64 pt (0.0055 mm).
    pub(crate) const fn hundredths_of_mm(hundredths: i32) -> Self {
        Self(hundredths * 64 * 72 / 2540)
    }

    pub(crate) const fn in_sixty_fourths(self) -> i32 {
        self.0
    }

    /// How many of `part` fit; zero when `part` is.
    pub(crate) const fn whole(self, part: Self) -> i32 {
        if part.0 == 0 { 0 } else { self.0 / part.0 }
    }

    /// This length scaled by the fraction `over / under`, rounded towards zero.
    pub(crate) fn fraction(self, over: i32, under: i32) -> Self {
        let product = i64::from(self.0) * i64::from(over) / i64::from(under.max(1));
        Self(i32::try_from(product).unwrap_or(i32::MAX))
    }

    /// Points as the PDF writer takes them. Exact: a page is far below 2^15 points, and 1/64 is a power of two.
    pub(crate) fn to_points(self) -> f32 {
        let whole = i16::try_from(self.0.div_euclid(64)).unwrap_or(i16::MAX);
        let rest = u8::try_from(self.0.rem_euclid(64)).unwrap_or(0);
        f32::from(whole) + f32::from(rest) / 64.0
    }
}

impl Add for Length {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Length {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<i32> for Length {
    type Output = Self;

    fn mul(self, times: i32) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Div<i32> for Length {
    type Output = Self;

    fn div(self, parts: i32) -> Self {
        Self(self.0 / parts)
    }
}

impl Sum for Length {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_are_points() {
        assert_eq!(Length::hundredths_of_mm(2540), Length::points(72));
        assert_eq!(Length::hundredths_of_mm(5000).in_sixty_fourths(), 9070);
    }

    #[test]
    fn the_way_to_points_is_exact_on_both_sides_of_zero() {
        assert_eq!(
            Length::sixty_fourths(-1).to_points().to_bits(),
            (-0.015_625_f32).to_bits()
        );
        assert_eq!(
            Length::sixty_fourths(97).to_points().to_bits(),
            1.515_625_f32.to_bits()
        );
    }
}
