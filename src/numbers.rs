//! Numbers in messages, as people write them.

/// A whole number with a comma between thousands: "50,000".
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number as it is typed: "0" and "1e300", where Rust writes "0.0" or all 301 digits.
pub(crate) fn as_typed(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

/// A number rounded to one digit.
#[must_use]
pub fn one_digit(number: f64) -> f64 {
    format!("{number:.0e}").parse().unwrap_or(number)
}

/// "1 layer", "2 layers".
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0, 999, 1_000, 50_000, 1_234_567].map(thousands), ["0", "999", "1,000", "50,000", "1,234,567"]);
        assert_eq!([0, 1, 2].map(|n| counted(n, "layer")), ["0 layers", "1 layer", "2 layers"]);
    }

    #[test]
    fn numbers_are_as_they_are_typed() {
        for text in ["0", "-1", "0.5", "10", "100.01", "1e300", "1e-7", "NaN", "inf"] {
            assert_eq!(as_typed(text.parse().unwrap()), text);
        }
    }
}
