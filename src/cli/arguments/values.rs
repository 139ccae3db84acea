//! Values of options, and what is said where one cannot be: words that go on behind "--pages cannot be “x”.", without a
//! full stop. The parser's own words are for people who write programs.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

/// A whole number.
pub(super) fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "allowed is a whole number".to_owned())
}

pub(super) fn at_least_one(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "allowed is a whole number from 1 on".to_owned())
}

/// Dots per inch that some scanner could have.
const RESOLUTIONS: std::ops::RangeInclusive<u32> = 1..=9600;

pub(super) fn resolution(text: &str) -> Result<u32, String> {
    let allowed = || format!("allowed are {} to {}", RESOLUTIONS.start(), RESOLUTIONS.end());
    text.parse().ok().filter(|dpi| RESOLUTIONS.contains(dpi)).ok_or_else(allowed)
}

pub(super) fn address(text: &str) -> Result<std::net::SocketAddr, String> {
    text.parse().map_err(|_| "an address is like 127.0.0.1:0, or [::1]:0".to_owned())
}

/// A number in a range.
fn within(text: &str, range: RangeInclusive<i16>) -> Result<i16, String> {
    let allowed = || format!("allowed are {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(allowed)
}

/// How much lighter or darker, in percent.
pub(super) fn more_or_less(text: &str) -> Result<i8, String> {
    within(text, -100..=100).map(|number| number as i8)
}

/// A shade of gray.
pub(super) fn gray(text: &str) -> Result<u8, String> {
    within(text, 0..=255).map(|number| number as u8)
}

/// A part of something, which is neither nothing nor all of it.
pub(super) fn percent_within(text: &str) -> Result<u8, String> {
    within(text, 1..=99).map(|number| number as u8)
}
