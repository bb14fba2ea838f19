//! The search space: named settings, each with a range or a list of values.

use std::fmt;

use rand::Rng;
use thiserror::Error;

use crate::random::{Purpose, stream};

/// A range whose ends differ by this factor or more is drawn from log-uniformly.
const WIDE: f64 = 10.0;

/// The settings to search.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// The settings; the values of a trial are in the same order.
    pub parameters: Vec<Parameter>,
}

/// A setting to search.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, such as "eta".
    pub name: String,
    /// Its possible values.
    pub values: Values,
}

/// The possible values of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Real numbers, both ends included; a draw has three significant digits.
    Real {
        /// The smallest value.
        low: f64,
        /// The largest value.
        high: f64,
    },
    /// Whole numbers, both ends included.
    Whole {
        /// The smallest value.
        low: u64,
        /// The largest value.
        high: u64,
    },
    /// Values of a list, all equally likely; at least one.
    Choices(Vec<Value>),
}

/// The kind of values of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers.
    Real,
    /// Whole numbers.
    Whole,
    /// Words, which have no order.
    Word,
}

/// A value of a setting. It is displayed as on the command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A real number.
    Real(f64),
    /// A whole number.
    Whole(u64),
    /// A word of a list; empty if the setting is left out.
    Word(String),
}

/// Why a text does not describe the possible values of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValuesError {
    /// An end of a range is not a number.
    #[error("'{0}' is not a number: write a range as 0.01..10, or values as '0.1|0.3|1'")]
    Number(String),
    /// An end of a range is not a whole number.
    #[error("'{0}' is not a whole number: write a range as 10..200, or values as '30|100'")]
    WholeNumber(String),
    /// The low end of a range is not below the high end.
    #[error("the low end, {low}, is not below the high end, {high}")]
    Empty {
        /// The first end.
        low: String,
        /// The second end.
        high: String,
    },
    /// The text is a range, but the values are words, which have no order.
    #[error("'{0}' is a range, but these values have no order: list them, as 'one|another'")]
    NoOrder(String),
}

impl Space {
    /// The values of trial `number` under `seed`. They do not depend on other trials.
    #[must_use]
    pub fn draw(&self, seed: u64, number: usize) -> Vec<Value> {
        let mut random = stream(seed, Purpose::Trial, number as u64);
        self.parameters.iter().map(|parameter| parameter.values.at(random.random())).collect()
    }
}

impl Values {
    /// Parses "0.01..10" or "one|another" for a setting of this kind.
    ///
    /// ```
    /// use mnist_mlp::tune::{Kind, Values};
    /// assert_eq!(Values::parse("0.01..10", Kind::Real), Ok(Values::Real { low: 0.01, high: 10.0 }));
    /// ```
    ///
    /// # Errors
    /// A [`ValuesError`] if the text is neither.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, ValuesError> {
        let Some((low, high)) = text.split_once("..").filter(|_| !text.contains('|')) else {
            return Ok(Values::Choices(text.split('|').map(|choice| Value::parse(choice.trim(), kind)).collect()));
        };
        let (low, high) = (low.trim(), high.trim());
        let empty = || ValuesError::Empty { low: low.to_string(), high: high.to_string() };
        match kind {
            Kind::Word => Err(ValuesError::NoOrder(text.to_string())),
            Kind::Real => {
                let end = |text: &str| text.parse().ok().filter(|end: &f64| end.is_finite());
                let end = |text: &str| end(text).ok_or_else(|| ValuesError::Number(text.to_string()));
                let (low, high) = (end(low)?, end(high)?);
                if low < high { Ok(Values::Real { low, high }) } else { Err(empty()) }
            }
            Kind::Whole => {
                let end = |text: &str| text.parse().map_err(|_| ValuesError::WholeNumber(text.to_string()));
                let (low, high) = (end(low)?, end(high)?);
                if low < high { Ok(Values::Whole { low, high }) } else { Err(empty()) }
            }
        }
    }

    /// The ends of a range, or all values of a list. If these are valid, so are all possible values.
    #[must_use]
    pub fn extremes(&self) -> Vec<Value> {
        match self {
            Values::Real { low, high } => vec![Value::Real(*low), Value::Real(*high)],
            Values::Whole { low, high } => vec![Value::Whole(*low), Value::Whole(*high)],
            Values::Choices(choices) => choices.clone(),
        }
    }

    /// Whether to draw log-uniformly, so that equal factors are equally likely, not equal differences. This suits
    /// values that span orders of magnitude: both ends are above 0, and one is at least ten times the other.
    #[must_use]
    pub fn by_factors(&self) -> bool {
        match *self {
            Values::Real { low, high } => low > 0.0 && high / low >= WIDE,
            Values::Whole { low, high } => low > 0 && high as f64 / low as f64 >= WIDE,
            Values::Choices(_) => false,
        }
    }

    /// The value at `position`, which is from 0 (the first value) to just below 1.
    fn at(&self, position: f64) -> Value {
        let between = |low: f64, high: f64| {
            if self.by_factors() {
                (low.ln() + position * (high.ln() - low.ln())).exp()
            } else {
                low + position * (high - low)
            }
        };
        match self {
            Values::Real { low, high } => Value::Real(short(between(*low, *high)).clamp(*low, *high)),
            Values::Whole { low, high } => {
                // Each number has the interval up to the next one; so does the last.
                let number = between(*low as f64, *high as f64 + 1.0) as u64;
                Value::Whole(number.clamp(*low, *high))
            }
            Values::Choices(choices) => choices[(position * choices.len() as f64) as usize].clone(),
        }
    }
}

/// A number rounded to three significant digits. That is precise enough to try, short to type, and the same on every
/// machine, even where logarithms differ in the last bit.
fn short(number: f64) -> f64 {
    format!("{number:.2e}").parse().unwrap_or(number)
}

impl Value {
    /// A number if the text is one of this kind, else a word.
    fn parse(text: &str, kind: Kind) -> Self {
        let word = || Value::Word(text.to_string());
        match kind {
            Kind::Real => text.parse().ok().filter(|number: &f64| number.is_finite()).map_or_else(word, Value::Real),
            Kind::Whole => text.parse().map_or_else(|_| word(), Value::Whole),
            Kind::Word => word(),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Values::Real { low, high } => write!(f, "{low}..{high}"),
            Values::Whole { low, high } => write!(f, "{low}..{high}"),
            Values::Choices(choices) => {
                let named = |choice: &Value| match choice {
                    Value::Word(word) if word.is_empty() => "left out".to_string(),
                    choice => choice.to_string(),
                };
                f.write_str(&choices.iter().map(named).collect::<Vec<_>>().join("|"))
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Real(number) => write!(f, "{number}"),
            Value::Whole(number) => write!(f, "{number}"),
            Value::Word(word) => f.write_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_and_lists_are_read() {
        let parse = Values::parse;
        assert_eq!(parse("10..200", Kind::Whole), Ok(Values::Whole { low: 10, high: 200 }));
        assert_eq!(parse("1e-3 .. 2", Kind::Real), Ok(Values::Real { low: 0.001, high: 2.0 }));
        let word = |word: &str| Value::Word(word.to_string());
        let list = |values: [Value; 2]| Ok(Values::Choices(values.to_vec()));
        assert_eq!(parse("30|100,50", Kind::Whole), list([Value::Whole(30), word("100,50")]));
        assert_eq!(parse("1e-3|0.5", Kind::Real), list([Value::Real(0.001), Value::Real(0.5)]));
        assert_eq!(parse("|affine", Kind::Word), list([word(""), word("affine")]));
        assert_eq!(parse("|affine", Kind::Word).unwrap().to_string(), "left out|affine");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        use ValuesError as E;
        let error = |text, kind| Values::parse(text, kind).unwrap_err();
        for end in ["x..1", "1..x", "..1", "1..", "nan..1", "0..inf", "1..2..3"] {
            assert!(matches!(error(end, Kind::Real), E::Number(_)), "{end}");
        }
        for end in ["1.5..3", "-1..3", "1..1e3", "0..99999999999999999999"] {
            assert!(matches!(error(end, Kind::Whole), E::WholeNumber(_)), "{end}");
        }
        assert_eq!(error("2..1", Kind::Real), E::Empty { low: "2".into(), high: "1".into() });
        assert_eq!(error("5..5", Kind::Whole), E::Empty { low: "5".into(), high: "5".into() });
        assert_eq!(error("relu..tanh", Kind::Word), E::NoOrder("relu..tanh".into()));
    }

    #[test]
    fn a_wide_range_is_drawn_from_by_factors() {
        // 0.01 to 100 is four decades: the middle is 1, and a quarter of the way is 0.1.
        let wide = Values::Real { low: 0.01, high: 100.0 };
        assert_eq!([0.0, 0.25, 0.5].map(|u| wide.at(u)), [0.01, 0.1, 1.0].map(Value::Real));
        let narrow = Values::Real { low: 0.5, high: 0.9 };
        assert_eq!(narrow.at(0.5), Value::Real(0.7));
        let from_zero = Values::Real { low: 0.0, high: 20.0 };
        assert_eq!(from_zero.at(0.123_456), Value::Real(2.47));
    }

    #[test]
    fn whole_numbers_are_equally_likely_in_a_narrow_range() {
        let values = Values::Whole { low: 3, high: 5 };
        let at = |i: usize| values.at(i as f64 / 9.0 + 0.01);
        let found: Vec<_> = (0..9).map(at).collect();
        assert_eq!(found, [3, 3, 3, 4, 4, 4, 5, 5, 5].map(Value::Whole));
    }

    /// The expected values were printed by this program when the test was written. If they change, results published
    /// with a seed can no longer be reproduced.
    #[test]
    fn the_trials_of_a_seed_stay_what_they_are() {
        let parameter =
            |name: &str, text, kind| Parameter { name: name.to_string(), values: Values::parse(text, kind).unwrap() };
        let (eta, hidden) = (parameter("eta", "0.01..10", Kind::Real), parameter("hidden", "10..200", Kind::Whole));
        let space = Space { parameters: vec![eta, hidden] };
        assert_eq!(space.draw(0, 1), [Value::Real(0.254), Value::Whole(75)]);
    }

    #[test]
    fn a_trial_depends_on_seed_and_number_alone() {
        let parameter =
            |name: &str, text, kind| Parameter { name: name.to_string(), values: Values::parse(text, kind).unwrap() };
        let eta = parameter("eta", "0.01..10", Kind::Real);
        let space = Space { parameters: vec![eta.clone(), parameter("hidden", "10..200", Kind::Whole)] };
        assert_eq!(space.draw(0, 7), space.draw(0, 7));
        assert_ne!(space.draw(0, 7), space.draw(0, 8));
        assert_ne!(space.draw(0, 7), space.draw(1, 7));
        assert_eq!(Space { parameters: vec![eta] }.draw(0, 7)[0], space.draw(0, 7)[0]);
    }

    proptest! {
        #[test]
        fn a_draw_lies_between_the_ends_and_is_read_back_as_it_is(
            low in -1e6..1e6_f64, width in 1e-9..1e9_f64, whole in 0..u64::MAX - 1, position in 0.0..1.0_f64,
        ) {
            let (real, high) = (Values::Real { low, high: low + width }, low + width);
            let Value::Real(number) = real.at(position) else { panic!("not a real number") };
            prop_assert!((low..=high).contains(&number), "{number} of {real}");
            prop_assert_eq!(Value::Real(number).to_string().parse::<f64>().unwrap().to_bits(), number.to_bits());
            let Value::Whole(number) = (Values::Whole { low: whole, high: u64::MAX }).at(position) else { panic!() };
            prop_assert!(number >= whole);
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,20}|[0-9.|eE+-]{0,12}") {
            for kind in [Kind::Real, Kind::Whole, Kind::Word] {
                if let Ok(values) = Values::parse(&text, kind) {
                    prop_assert!(!values.extremes().is_empty());
                    let _ = values.at(0.999_999);
                }
            }
        }
    }
}
