//! Numbers as the language has them: exact as long as they are only passed on, and calculated with only where the
//! result is exact too.
//! Knows nothing of expressions.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Digits that a number may have; the language itself keeps about 154.
const DIGITS: usize = 150;

/// A number in decimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Number {
    /// `mantissa / 10^scale`, without trailing zeros behind the point.
    Small { mantissa: i128, scale: u32 },
    /// Canonical text of what does not fit; passed on and never calculated with.
    Big(Arc<str>),
}

impl Number {
    /// Reads a decimal number such as `-1.50e3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || text.ends_with('.') {
            return None;
        }
        let mut scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        let mut digits = digits.trim_start_matches('0').to_owned();
        while scale > 0 && digits.ends_with('0') {
            digits.pop();
            scale -= 1;
        }
        if digits.is_empty() {
            return Some(Self::from(0));
        }
        if digits.len() > DIGITS || scale.unsigned_abs() > DIGITS as u64 {
            return None;
        }
        while scale < 0 {
            digits.push('0');
            scale += 1;
        }
        let scale = u32::try_from(scale).ok()?;
        Some(match digits.parse::<i128>() {
            Ok(mantissa) if scale <= 30 => Self::Small { mantissa: if negative { -mantissa } else { mantissa }, scale },
            _ => Self::Big(plain(negative, &digits, scale as usize).into()),
        })
    }

    /// The whole number, if it is one and fits.
    pub(crate) fn integer(&self) -> Option<i128> {
        match self {
            Self::Small { mantissa, scale: 0 } => Some(*mantissa),
            _ => None,
        }
    }

    pub(crate) fn negated(&self) -> Option<Self> {
        match self {
            Self::Small { mantissa, scale } => Some(Self::Small { mantissa: mantissa.checked_neg()?, scale: *scale }),
            Self::Big(_) => None,
        }
    }

    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        let (left, right, scale) = self.exact()?.aligned(other.exact()?)?;
        Self::small(left.checked_add(right)?, scale)
    }

    pub(crate) fn subtract(&self, other: &Self) -> Option<Self> {
        self.add(&other.negated()?)
    }

    pub(crate) fn multiply(&self, other: &Self) -> Option<Self> {
        let (Self::Small { mantissa: left, scale: one }, Self::Small { mantissa: right, scale: two }) =
            (self.exact()?, other.exact()?)
        else {
            return None;
        };
        Self::small(left.checked_mul(*right)?, one + two)
    }

    /// None where the result has no end, which the language would round.
    pub(crate) fn divide(&self, other: &Self) -> Option<Self> {
        let (mut left, right, _) = self.exact()?.aligned(other.exact()?)?;
        if right == 0 {
            return None;
        }
        for scale in 0..=30 {
            if left % right == 0 {
                return Self::small(left / right, scale);
            }
            left = left.checked_mul(10)?;
        }
        None
    }

    /// The remainder with the sign of the first operand, for whole numbers.
    pub(crate) fn remainder(&self, other: &Self) -> Option<Self> {
        Self::small(self.integer()?.checked_rem(other.integer()?)?, 0)
    }

    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        let (left, right, _) = self.aligned(other)?;
        Some(left.cmp(&right))
    }

    /// The largest whole number that is not above it.
    pub(crate) fn floor(&self) -> Option<Self> {
        let Self::Small { mantissa, scale } = self else { return None };
        Self::small(mantissa.div_euclid(10_i128.checked_pow(*scale)?), 0)
    }

    fn small(mut mantissa: i128, mut scale: u32) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (scale <= 30).then_some(Self::Small { mantissa, scale })
    }

    /// The number, if the language's binary arithmetic holds it exactly: `0.5` and not `0.1`.
    fn exact(&self) -> Option<&Self> {
        match self {
            Self::Small { mantissa, scale } => (mantissa % 5_i128.checked_pow(*scale)? == 0).then_some(self),
            Self::Big(_) => None,
        }
    }

    fn aligned(&self, other: &Self) -> Option<(i128, i128, u32)> {
        let (Self::Small { mantissa: left, scale: one }, Self::Small { mantissa: right, scale: two }) = (self, other)
        else {
            return None;
        };
        let scale = *one.max(two);
        let widen = |mantissa: &i128, from: &u32| mantissa.checked_mul(10_i128.checked_pow(scale - from)?);
        Some((widen(left, one)?, widen(right, two)?, scale))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::Small { mantissa: value as i128, scale: 0 }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small { mantissa, scale } => {
                f.write_str(&plain(*mantissa < 0, &mantissa.unsigned_abs().to_string(), *scale as usize))
            }
            Self::Big(text) => f.write_str(text),
        }
    }
}

/// Digits with a point `scale` places from the right.
fn plain(negative: bool, digits: &str, scale: usize) -> String {
    let sign = if negative { "-" } else { "" };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_keep_every_digit() {
        for (text, expected) in [
            ("0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-1.0", "-1"),
            ("1e3", "1000"),
            ("12e-3", "0.012"),
            ("- 5", "-5"),
            (
                "123456789012345678901234567890123456789012345678901234567890",
                "123456789012345678901234567890123456789012345678901234567890",
            ),
            ("0.0000000000000000000000000000000000000001", "0.0000000000000000000000000000000000000001"),
        ] {
            assert_eq!(number(text).to_string(), expected);
        }
        for text in ["", "a", "1.", ".5", "1e999999999", "1e-999999999", "--1", "0x10", "1_000", "1e", "∞"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_or_not_done() {
        let check = |result: Option<Number>, expected: Option<&str>| {
            assert_eq!(result.map(|number| number.to_string()).as_deref(), expected);
        };
        check(number("65000").add(&number("1")), Some("65001"));
        check(number("0.5").add(&number("0.25")), Some("0.75"));
        check(number("0.1").add(&number("0.2")), None);
        check(number("1.1").multiply(&number("3")), None);
        check(number("10").divide(&number("4")), Some("2.5"));
        check(number("1").divide(&number("3")), None);
        check(number("1").divide(&number("0")), None);
        check(number("-7").remainder(&number("3")), Some("-1"));
        check(number("7").remainder(&number("0")), None);
        check(Number::Small { mantissa: i128::MAX, scale: 0 }.add(&number("1")), None);
        check(number("-1.5").floor(), Some("-2"));
        assert_eq!(number("1.10").compare(&number("1.1")), Some(Ordering::Equal));
        assert_eq!(number("-2").compare(&number("-1.5")), Some(Ordering::Less));
    }
}
