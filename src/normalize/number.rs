//! Numbers by value, of any length.
//! Knows nothing of where a number came from.

/// One spelling for each decimal number: sign, digits without needless zeros, power of ten. None for what is no number.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some("0".into());
    }
    let power = exponent
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(significant.len() - trimmed.len()).ok()?)?;
    Some(format!("{}{trimmed}e{power}", if negative { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn equal_numbers_have_one_spelling() {
        for (one, other) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0.5", "5E-1"),
            ("-0", "0.00"),
            ("12345678901234567890", "12345678901234567890.0"),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
            assert!(canonical(one).is_some());
        }
        assert_ne!(canonical("12345678901234567890"), canonical("12345678901234567891"));
        for text in ["", "-", "x", "1.2.3", "1e", "0x1", ".5", " 1"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
