//! The range, the ticks and the labels of an axis.

use crate::report::thousands;

/// Values beyond these are drawn at these, so that no sum, ratio or power below overflows or underflows.
const FAR: f64 = 1e150;
const NEAR: f64 = 1e-150;

/// The fraction of a step by which rounding errors are tolerated.
const ROUNDING: f64 = 1e-6;

/// Linear or logarithmic spacing of values along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences have equal distances.
    #[default]
    Linear,
    /// Equal ratios have equal distances. Values of 0 or less cannot be shown.
    Log,
}

/// The format of the numbers beside an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// 0.25
    #[default]
    Number,
    /// 50,000
    Count,
    /// A fraction from 0 to 1, shown as in 25%.
    Percent,
}

/// An axis from its first tick to its last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruler {
    scale: Scale,
    /// Values and labels, ascending; at least two.
    pub ticks: Vec<(f64, String)>,
}

impl Ruler {
    /// The axis for `values`, with about `wanted` ticks. Values that cannot be shown are ignored.
    pub fn new(values: impl IntoIterator<Item = f64>, scale: Scale, unit: Unit, wanted: usize) -> Self {
        let placed = values.into_iter().filter_map(|value| placed(value, scale));
        let range = placed.fold(None, |range: Option<(f64, f64)>, value| {
            Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (low, high) = range.unwrap_or((1.0, 1.0));
        let even = linear(low, high, unit, wanted.max(4));
        // Over less than a decade, evenly spaced ticks are better on a logarithmic axis, too.
        let ticks = if scale == Scale::Linear || (high < 5.0 * low && even[0] > 0.0) {
            let step = even[1] - even[0];
            even.into_iter().map(|tick| (tick, label(tick, step, unit))).collect()
        } else {
            let ticks = logarithmic(low, high, wanted.max(4)).into_iter();
            ticks.map(|tick| (tick, label(tick, tick, unit))).collect()
        };
        Ruler { scale, ticks }
    }

    /// The position of a value along the axis: 0 at the first tick, 1 at the last. A value beyond an end, such as a
    /// fraction above 1, is placed at that end. `None` if the value cannot be shown.
    pub fn place(&self, value: f64) -> Option<f64> {
        let along = |value: f64| if self.scale == Scale::Log { value.ln() } else { value };
        let (first, last) = (along(self.ticks[0].0), along(self.ticks[self.ticks.len() - 1].0));
        let place = (along(placed(value, self.scale)?) - first) / (last - first);
        Some(place.clamp(0.0, 1.0))
    }
}

/// The value limited to what can be drawn; `None` if it cannot be shown.
fn placed(value: f64, scale: Scale) -> Option<f64> {
    match scale {
        _ if !value.is_finite() => None,
        Scale::Linear => Some(value.clamp(-FAR, FAR)),
        Scale::Log => (value > 0.0).then(|| value.clamp(NEAR, FAR)),
    }
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten.
fn linear(low: f64, high: f64, unit: Unit, wanted: usize) -> Vec<f64> {
    // A difference that rounding errors may have caused is not a range.
    let (low, high) = if high - low <= (1e-9 * low.abs().max(high.abs())).max(NEAR) {
        let around = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
        (low - around, high + around)
    } else {
        (low, high)
    };
    let (low, high) = match unit {
        Unit::Number => (low, high),
        Unit::Count => (low.max(0.0), high.max(1.0)),
        Unit::Percent => {
            let low = low.clamp(0.0, 0.999);
            (low, high.clamp(low + 0.001, 1.0))
        }
    };
    let least = (high - low) / wanted as f64;
    let power = power_of_ten(least.log10().floor() as i32);
    let steps = [power, 2.0 * power, 5.0 * power];
    let step = steps.into_iter().find(|&step| step >= least * (1.0 - ROUNDING)).unwrap_or(10.0 * power);
    let step = if unit == Unit::Count { step.max(1.0) } else { step };
    let first = (low / step + ROUNDING).floor();
    let tick = |i: usize| (first + i as f64) * step;
    let mut ticks = vec![tick(0), tick(1)];
    while ticks[ticks.len() - 1] < high - ROUNDING * step {
        ticks.push(tick(ticks.len()));
    }
    ticks
}

/// Ticks at powers of ten, also at 2 and 5 times them if there is room.
fn logarithmic(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let decade = (low.log10() + ROUNDING).floor() as i32;
    let decades = (high.log10() - low.log10()).ceil();
    let fine =
        enclosing(low, high, 3 * decade, |i| [1.0, 2.0, 5.0][i.rem_euclid(3) as usize] * power_of_ten(i.div_euclid(3)));
    if fine.len() <= wanted + 2 {
        return fine;
    }
    let every = (decades / wanted as f64).ceil().max(1.0) as i32;
    enclosing(low, high, decade.div_euclid(every), |i| power_of_ten(i * every))
}

/// The ticks, of an ascending sequence, that enclose a range. Tick number `start` is at or before its beginning.
fn enclosing(low: f64, high: f64, start: i32, tick: impl Fn(i32) -> f64) -> Vec<f64> {
    let mut first = start;
    while tick(first + 1) <= low * (1.0 + ROUNDING) {
        first += 1;
    }
    let mut ticks = vec![tick(first), tick(first + 1)];
    while ticks[ticks.len() - 1] < high * (1.0 - ROUNDING) {
        ticks.push(tick(first + ticks.len() as i32));
    }
    ticks
}

/// A power of ten as the decimal is parsed: 10^-3 is exactly 0.001, unlike a product of tenths.
fn power_of_ten(power: i32) -> f64 {
    format!("1e{power}").parse().expect("a decimal")
}

/// A value as text, with three digits or, for percentages, with two decimals.
pub(super) fn in_words(value: f64, unit: Unit) -> String {
    let step = if unit == Unit::Percent {
        1e-4
    } else {
        power_of_ten(value.abs().log10().floor().clamp(-99.0, 99.0) as i32 - 2)
    };
    label(value, step, unit)
}

/// A tick as text, precise enough to differ from its neighbour at distance `step`.
fn label(tick: f64, step: f64, unit: Unit) -> String {
    let digits = |number: f64| (number.abs().log10() + ROUNDING).floor() as i32;
    let decimals = |step: f64| usize::try_from(-digits(step)).unwrap_or(0);
    match unit {
        Unit::Count if tick == 0.0 || (1.0..1e15).contains(&tick) => thousands(tick as usize),
        Unit::Percent if (1e-6..1e6).contains(&step) => format!("{:.*}%", decimals(100.0 * step), 100.0 * tick),
        _ if tick == 0.0 => "0".to_string(),
        _ => {
            let plain = format!("{tick:.*}", decimals(step));
            let short = format!("{tick:.*e}", usize::try_from(digits(tick) - digits(step)).unwrap_or(0));
            let is_long = tick.abs() >= 1e6 || step < 1e-4;
            if is_long && short.len() < plain.len() { short } else { plain }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(values: &[f64], scale: Scale, unit: Unit) -> String {
        let ruler = Ruler::new(values.iter().copied(), scale, unit, 6);
        ruler.ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(labels(&[1.0, 30.0], Scale::Linear, Unit::Count), "0 5 10 15 20 25 30");
        assert_eq!(labels(&[200.0, 399.0], Scale::Linear, Unit::Count), "200 250 300 350 400");
        assert_eq!(labels(&[1.0, 3.0], Scale::Linear, Unit::Count), "1 2 3");
        assert_eq!(labels(&[0.9234, 0.9655], Scale::Linear, Unit::Percent), "92% 93% 94% 95% 96% 97%");
        assert_eq!(labels(&[0.9951, 0.9968], Scale::Linear, Unit::Percent), "99.50% 99.55% 99.60% 99.65% 99.70%");
        assert_eq!(labels(&[0.1, 0.75], Scale::Linear, Unit::Number), "0 0.2 0.4 0.6 0.8");
        assert_eq!(labels(&[-2e7, 1e7], Scale::Linear, Unit::Number), "-2.0e7 -1.5e7 -1.0e7 -5e6 0 5e6 1.0e7");
        assert_eq!(labels(&[3e-6, 1e-5], Scale::Linear, Unit::Number), "2e-6 4e-6 6e-6 8e-6 1.0e-5");
        let plateau = labels(&[0.499_661, 0.499_669], Scale::Linear, Unit::Number);
        assert_eq!(plateau, "0.499660 0.499662 0.499664 0.499666 0.499668 0.499670");
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_or_round_numbers_between() {
        assert_eq!(labels(&[100.0, 50_000.0], Scale::Log, Unit::Count), "100 1,000 10,000 100,000");
        assert_eq!(labels(&[0.03, 0.9], Scale::Log, Unit::Number), "0.02 0.05 0.1 0.2 0.5 1");
        assert_eq!(labels(&[0.0, 1.0, 1e12], Scale::Log, Unit::Number), "1 100 10000 1e6 1e8 1e10 1e12");
        assert_eq!(labels(&[0.02, 0.1], Scale::Log, Unit::Percent), "2% 5% 10%");
        assert_eq!(labels(&[0.53, 1.0], Scale::Log, Unit::Percent), "50% 60% 70% 80% 90% 100%");
    }

    #[test]
    fn no_range_is_still_an_axis() {
        assert_eq!(labels(&[], Scale::Linear, Unit::Count), "0 1 2");
        assert_eq!(labels(&[5.0], Scale::Linear, Unit::Number), "4.4 4.6 4.8 5.0 5.2 5.4 5.6");
        assert_eq!(labels(&[1.0, 1.0], Scale::Linear, Unit::Percent), "90% 92% 94% 96% 98% 100%");
        assert_eq!(labels(&[0.0], Scale::Log, Unit::Number), "0.90 0.95 1.00 1.05 1.10");
    }

    proptest! {
        #[test]
        fn any_values_have_a_place_between_few_ticks(
            values in prop::collection::vec(any::<f64>(), 0..6),
            log in any::<bool>(),
            unit in prop::sample::select(vec![Unit::Number, Unit::Count, Unit::Percent]),
        ) {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let ruler = Ruler::new(values.iter().copied(), scale, unit, 6);
            prop_assert!((2..=10).contains(&ruler.ticks.len()), "{:?}", ruler.ticks);
            prop_assert!(ruler.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
            for &value in &values {
                let drawn = value.is_finite() && (value > 0.0 || !log);
                prop_assert_eq!(ruler.place(value).is_some_and(|place| (0.0..=1.0).contains(&place)), drawn);
                if unit == Unit::Number && (1e-150..1e150).contains(&value.abs()) && drawn {
                    let (first, last) = (ruler.ticks[0].0, ruler.ticks[ruler.ticks.len() - 1].0);
                    let around = 1e-5 * (last - first);
                    prop_assert!(first - around <= value && value <= last + around, "{:?}", ruler.ticks);
                }
            }
        }
    }
}
