//! Numbers as the language has them: binary floating point of up to 512 bits, each with a precision of its own, rounded
//! to the nearest and to even. What is written is kept, `0.1 + 0.2` is what Terraform makes of it.
//! Knows nothing of expressions.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;

/// Bits of a number that is written in a configuration, as cty's `ParseNumberVal` reads it.
const WRITTEN: u32 = 512;
/// Bits of a number that a function counts, as Go's `big.Float.SetInt64` makes it.
const COUNTED: u32 = 64;
/// Bits of a number that comes out of a `float64`.
const DOUBLE: u32 = 53;
/// Decimal places before or behind the point that are computed with; beyond that lies no infrastructure.
const PLACES: i64 = 5_000;
/// Digits that are read.
const DIGITS: usize = 10_000;

/// A number: `mantissa × 2^exponent`, where the mantissa is odd or zero.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    mantissa: BigInt,
    exponent: i64,
    /// Bits that results of calculations keep.
    precision: u32,
}

impl PartialEq for Number {
    /// Equal in value; precision does not count.
    fn eq(&self, other: &Self) -> bool {
        self.exponent == other.exponent && self.mantissa == other.mantissa
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right, _) = aligned(self, other);
        left.cmp(&right)
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::rounded(BigInt::from(value), 0, false, COUNTED)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::rounded(BigInt::from(value), 0, false, COUNTED)
    }
}

impl Number {
    /// Reads a decimal number such as `-1.50e3`; none where it is not one, or is beyond all measure.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let places = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if !plain || digits.len() > DIGITS || places.abs() > PLACES {
            return None;
        }
        let mantissa = BigUint::parse_bytes(digits.as_bytes(), 10)?;
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        let power = BigUint::from(10_u32).pow(u32::try_from(places.unsigned_abs()).ok()?);
        Some(match places >= 0 {
            true => Self::rounded(BigInt::from_biguint(sign, mantissa * power), 0, false, WRITTEN),
            false => quotient(&BigInt::from_biguint(sign, mantissa), 0, &power.into(), 0, WRITTEN),
        })
    }

    /// The number that a `float64` holds; none for what is no number.
    pub(crate) fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let bits = value.to_bits();
        let biased = i64::try_from((bits >> 52) & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
        let mantissa = BigInt::from(mantissa) * if value < 0.0 { -1 } else { 1 };
        Some(Self::rounded(mantissa, exponent, false, DOUBLE))
    }

    /// The nearest `float64`.
    pub(crate) fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// A whole number that is written in another base.
    pub(crate) fn from_integer(value: BigInt) -> Self {
        let bits = u32::try_from(value.bits()).unwrap_or(u32::MAX).max(COUNTED);
        Self::rounded(value, 0, false, bits)
    }

    fn rounded(mantissa: BigInt, exponent: i64, sticky: bool, precision: u32) -> Self {
        let (sign, magnitude) = mantissa.into_parts();
        let (magnitude, exponent) = round(magnitude, exponent, sticky, precision);
        Self { mantissa: BigInt::from_biguint(sign, magnitude), exponent, precision }
    }

    /// The whole number that it is; none if it has a fraction.
    pub(crate) fn integer(&self) -> Option<BigInt> {
        (self.exponent >= 0).then(|| &self.mantissa << self.exponent)
    }

    /// The whole number without its fraction.
    pub(crate) fn truncated(&self) -> BigInt {
        match self.integer() {
            Some(integer) => integer,
            None => {
                let magnitude = self.mantissa.magnitude() >> self.exponent.unsigned_abs();
                BigInt::from_biguint(self.mantissa.sign(), magnitude)
            }
        }
    }

    /// The number as an index or a count; none if it has a fraction, is negative or too large.
    pub(crate) fn to_usize(&self) -> Option<usize> {
        self.integer()?.to_usize()
    }

    pub(crate) fn to_i64(&self) -> Option<i64> {
        self.integer()?.to_i64()
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.mantissa.is_negative()
    }

    pub(crate) fn negated(&self) -> Self {
        Self { mantissa: -&self.mantissa, ..self.clone() }
    }

    pub(crate) fn absolute(&self) -> Self {
        Self { mantissa: self.mantissa.abs(), ..self.clone() }
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let (left, right, exponent) = aligned(self, other);
        Self::rounded(left + right, exponent, false, self.precision.max(other.precision))
    }

    pub(crate) fn subtract(&self, other: &Self) -> Self {
        self.add(&other.negated())
    }

    /// cty multiplies with 512 bits and keeps as many as the larger operand has, or the product needs.
    pub(crate) fn multiply(&self, other: &Self) -> Self {
        let mantissa = &self.mantissa * &other.mantissa;
        let mut product = Self::rounded(mantissa, self.exponent + other.exponent, false, WRITTEN);
        let needed = u32::try_from(product.mantissa.bits()).unwrap_or(WRITTEN);
        product.precision = self.precision.max(other.precision).max(needed);
        product
    }

    /// None where the divisor is zero.
    pub(crate) fn divide(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let precision = self.precision.max(other.precision);
        Some(quotient(&self.mantissa, self.exponent, &other.mantissa, other.exponent, precision))
    }

    /// What is left of a division with a whole result that has the sign of the exact one.
    pub(crate) fn remainder(&self, other: &Self) -> Option<Self> {
        let whole = self.divide(other)?.truncated();
        let whole = Self::rounded(whole, 0, false, self.precision);
        let mantissa = &other.mantissa * &whole.mantissa;
        let multiple = Self::rounded(mantissa, other.exponent + whole.exponent, false, self.precision);
        let (left, right, exponent) = aligned(self, &multiple);
        Some(Self::rounded(left - right, exponent, false, self.precision))
    }

    /// The largest whole number that is not above it.
    pub(crate) fn floor(&self) -> Self {
        let truncated = self.truncated();
        let whole = if self.exponent < 0 && self.is_negative() { truncated - BigInt::one() } else { truncated };
        Self::rounded(whole, 0, false, self.precision)
    }

    /// The smallest whole number that is not below it.
    pub(crate) fn ceiling(&self) -> Self {
        self.negated().floor().negated()
    }

    /// Decimal digits and the position of the point before the first of them, as many digits as it takes to tell the
    /// number from its neighbours of the same precision: the method of Go's `big.Float.Text` with precision -1.
    fn shortest(&self) -> (Vec<u8>, i64) {
        if let Some(integer) = self.integer()
            && integer.bits() <= u64::from(self.precision)
        {
            return decimal(integer.magnitude(), 0);
        }
        // One bit more than the precision holds: its least bit is half a unit in the last place.
        let bits = i64::try_from(self.mantissa.bits()).unwrap_or(i64::MAX);
        let shift = i64::from(self.precision) + 1 - bits;
        let mantissa = self.mantissa.magnitude() << shift.max(0).unsigned_abs();
        let exponent = self.exponent - shift.max(0);
        let (mut digits, point) = decimal(&mantissa, exponent);
        let (lower, _) = decimal(&(&mantissa - 1_u32), exponent);
        let (upper, _) = decimal(&(&mantissa + 1_u32), exponent);
        let inclusive = !mantissa.bit(1);
        let at = |digits: &[u8], position: usize| digits.get(position).copied().unwrap_or(b'0');
        for position in 0..digits.len() {
            let (digit, low, high) = (digits[position], at(&lower, position), at(&upper, position));
            let down = low != digit || inclusive && position + 1 == lower.len();
            let up = digit != high && (inclusive || digit + 1 < high || position + 1 < upper.len());
            let length = position + 1;
            match (down, up) {
                (true, true) => return round_decimal(digits, point, length),
                (true, false) => {
                    digits.truncate(length);
                    return (trimmed(digits), point);
                }
                (false, true) => return round_up(digits, point, length),
                (false, false) => {}
            }
        }
        (digits, point)
    }

    /// All decimal digits and the position of the point.
    fn exact(&self) -> (Vec<u8>, i64) {
        decimal(self.mantissa.magnitude(), self.exponent)
    }

    fn sign(&self) -> &'static str {
        if self.is_negative() { "-" } else { "" }
    }

    /// With so many places behind the point, as Go's `Text('f', places)`.
    pub(crate) fn fixed(&self, places: usize) -> String {
        let (digits, point) = self.exact();
        let wanted = point + i64::try_from(places).unwrap_or(i64::MAX);
        let (digits, point) = match usize::try_from(wanted) {
            Ok(wanted) => round_decimal(digits, point, wanted),
            Err(_) => (Vec::new(), 0),
        };
        let fraction: String =
            (0..places).map(|place| digit(&digits, point + i64::try_from(place).unwrap_or(i64::MAX))).collect();
        let dot = if places > 0 { "." } else { "" };
        format!("{}{}{dot}{fraction}", self.sign(), whole_part(&digits, point))
    }

    /// With an exponent, as Go's `Text('e', places)`; as many places as it takes where none are given.
    pub(crate) fn scientific(&self, places: Option<usize>) -> String {
        let (digits, point) = self.significant(places.map(|places| places + 1));
        let places = places.unwrap_or(digits.len().saturating_sub(1));
        let first = digits.first().map_or('0', |digit| char::from(*digit));
        let rest: String = (1..=places).map(|place| char::from(digits.get(place).copied().unwrap_or(b'0'))).collect();
        let dot = if places > 0 { "." } else { "" };
        let exponent = if digits.is_empty() { 0 } else { point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}{first}{dot}{rest}e{sign}{:02}", self.sign(), exponent.unsigned_abs())
    }

    /// Whichever of both is shorter, as Go's `Text('g', digits)`.
    pub(crate) fn general(&self, wanted: Option<usize>) -> String {
        let (digits, point) = self.significant(wanted.map(|wanted| wanted.max(1)));
        let shortest = wanted.is_none();
        let mut limit = wanted.map_or(6, |wanted| wanted.max(1));
        if limit > digits.len() && i64::try_from(digits.len()).unwrap_or(i64::MAX) >= point {
            limit = digits.len();
        }
        if shortest {
            limit = 6;
        }
        let exponent = point - 1;
        if exponent < -4 || exponent >= i64::try_from(limit).unwrap_or(i64::MAX) {
            return self.scientific(Some(digits.len().saturating_sub(1)));
        }
        format!("{}{}", self.sign(), plain(&digits, point))
    }

    fn significant(&self, wanted: Option<usize>) -> (Vec<u8>, i64) {
        match wanted {
            None => self.shortest(),
            Some(wanted) => {
                let (digits, point) = self.exact();
                round_decimal(digits, point, wanted)
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, point) = self.shortest();
        write!(f, "{}{}", self.sign(), plain(&digits, point))
    }
}

/// Both mantissas for the lower of both exponents, and that.
fn aligned(one: &Number, other: &Number) -> (BigInt, BigInt, i64) {
    let exponent = match (one.is_zero(), other.is_zero()) {
        (true, _) => other.exponent,
        (_, true) => one.exponent,
        _ => one.exponent.min(other.exponent),
    };
    let shifted = |number: &Number| &number.mantissa << (number.exponent - exponent).max(0).unsigned_abs();
    (shifted(one), shifted(other), exponent)
}

/// The quotient of two numbers, rounded once.
fn quotient(left: &BigInt, one: i64, right: &BigInt, other: i64, precision: u32) -> Number {
    let (left_bits, right_bits) = (left.bits(), right.bits());
    let shift = (right_bits + u64::from(precision) + 2).saturating_sub(left_bits);
    let dividend: BigInt = left << shift;
    let (result, rest) = (&dividend / right, &dividend % right);
    let shift = i64::try_from(shift).unwrap_or(i64::MAX);
    Number::rounded(result, one - other - shift, !rest.is_zero(), precision)
}

/// Rounds to so many bits, to the nearest and to even; `sticky` says that there is more behind the last bit.
fn round(mut magnitude: BigUint, mut exponent: i64, sticky: bool, precision: u32) -> (BigUint, i64) {
    if magnitude.is_zero() {
        return (magnitude, 0);
    }
    let extra = magnitude.bits().saturating_sub(u64::from(precision));
    if extra > 0 {
        let half = magnitude.bit(extra - 1);
        let rest = sticky || magnitude.trailing_zeros().is_some_and(|zeros| zeros < extra - 1);
        magnitude >>= extra;
        exponent += i64::try_from(extra).unwrap_or(i64::MAX);
        if half && (rest || magnitude.bit(0)) {
            magnitude += 1_u32;
        }
    }
    let zeros = magnitude.trailing_zeros().unwrap_or(0);
    (magnitude >> zeros, exponent + i64::try_from(zeros).unwrap_or(i64::MAX))
}

/// All digits of `mantissa × 2^exponent` without zeros at the end, and where the point stands.
fn decimal(mantissa: &BigUint, exponent: i64) -> (Vec<u8>, i64) {
    if mantissa.is_zero() {
        return (Vec::new(), 0);
    }
    let power = exponent.unsigned_abs();
    let (digits, places) = match exponent >= 0 {
        true => ((mantissa << power).to_string(), 0),
        false => {
            let power = u32::try_from(power).unwrap_or(u32::MAX);
            ((mantissa * BigUint::from(5_u32).pow(power)).to_string(), i64::from(power))
        }
    };
    let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) - places;
    (trimmed(digits.into_bytes()), point)
}

fn trimmed(mut digits: Vec<u8>) -> Vec<u8> {
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    digits
}

/// Rounds to so many digits; half goes to even, as the digits are exact.
fn round_decimal(mut digits: Vec<u8>, point: i64, length: usize) -> (Vec<u8>, i64) {
    if length >= digits.len() {
        return (digits, point);
    }
    let up = match digits[length] {
        b'5' if length + 1 == digits.len() => length > 0 && (digits[length - 1] - b'0') % 2 == 1,
        digit => digit >= b'5',
    };
    if up {
        return round_up(digits, point, length);
    }
    digits.truncate(length);
    let digits = trimmed(digits);
    let point = if digits.is_empty() { 0 } else { point };
    (digits, point)
}

fn round_up(mut digits: Vec<u8>, point: i64, length: usize) -> (Vec<u8>, i64) {
    digits.truncate(length);
    while digits.last() == Some(&b'9') {
        digits.pop();
    }
    match digits.last_mut() {
        Some(last) => *last += 1,
        None => return (vec![b'1'], point + 1),
    }
    (digits, point)
}

/// The digit at a position counted from the first digit.
fn digit(digits: &[u8], position: i64) -> char {
    let digit = usize::try_from(position).ok().and_then(|position| digits.get(position));
    char::from(digit.copied().unwrap_or(b'0'))
}

fn whole_part(digits: &[u8], point: i64) -> String {
    if point <= 0 { "0".into() } else { (0..point).map(|position| digit(digits, position)).collect() }
}

fn plain(digits: &[u8], point: i64) -> String {
    let mut text = whole_part(digits, point);
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if length > point {
        text.push('.');
        text.extend((point.min(0)..0).map(|_| '0'));
        text.extend((point.max(0)..length).map(|position| digit(digits, position)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn numbers_are_printed_as_they_were_written() {
        for (text, expected) in [
            ("0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-1.0", "-1"),
            ("1e3", "1000"),
            ("12e-3", "0.012"),
            ("0.1", "0.1"),
            ("1e100", &format!("1{}", "0".repeat(100))),
            (
                "123456789012345678901234567890123456789012345678901234567890",
                "123456789012345678901234567890123456789012345678901234567890",
            ),
            ("0.0000000000000000000000000000000000000001", "0.0000000000000000000000000000000000000001"),
            (
                "3.14159265358979323846264338327950288419716939937510582097494459",
                "3.14159265358979323846264338327950288419716939937510582097494459",
            ),
        ] {
            assert_eq!(number(text).to_string(), expected);
        }
        for text in
            ["", "a", "--1", "0x10", "1_000", "1e", "∞", "-", "1e999999999", "1e-999999999", "1e99999999999999999999"]
        {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    /// Each is what `terraform console` 1.11.4 prints.
    #[test]
    fn arithmetic_rounds_as_terraform_does() {
        let third = number("1").divide(&number("3")).unwrap();
        assert_eq!(third.to_string(), format!("0.{}5", "3".repeat(154)));
        assert_eq!(number("0.1").add(&number("0.2")).to_string(), "0.3");
        assert_eq!(number("2").divide(&number("3")).unwrap().to_string(), format!("0.{}7", "6".repeat(153)));
        assert_eq!(number("-7").remainder(&number("3")).unwrap().to_string(), "-1");
        assert_eq!(number("10").divide(&number("4")).unwrap().to_string(), "2.5");
        assert!(number("1").divide(&number("0")).is_none());
        assert_eq!(number("-1.5").floor().to_string(), "-2");
        assert_eq!(number("-1.5").ceiling().to_string(), "-1");
        assert_eq!(number("1.10"), number("1.1"));
        assert!(number("-2") < number("-1.5"));
        assert_eq!(Number::from_f64(0.1).unwrap().to_string(), "0.1");
        assert_eq!(Number::from_f64(0.1).unwrap().to_f64(), 0.1);
    }

    #[test]
    fn fixed_scientific_and_general_forms_are_those_of_go() {
        for (text, places, expected) in [
            ("1.005", 2, "1.00"),
            ("2.5", 0, "2"),
            ("0.5", 0, "0"),
            ("9.99", 1, "10.0"),
            ("0", 2, "0.00"),
            ("-1234.5", 1, "-1234.5"),
            ("0.001", 2, "0.00"),
            ("1e3", 3, "1000.000"),
        ] {
            assert_eq!(number(text).fixed(places), expected, "{text}");
        }
        assert_eq!(number("1234.5").scientific(Some(2)), "1.23e+03");
        assert_eq!(number("0").scientific(Some(6)), "0.000000e+00");
        assert_eq!(number("0.00001234").scientific(None), "1.234e-05");
        for (text, expected) in [
            ("100000", "100000"),
            ("1234567", "1.234567e+06"),
            ("1e20", "1e+20"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
        ] {
            assert_eq!(number(text).general(None), expected);
        }
    }
}
