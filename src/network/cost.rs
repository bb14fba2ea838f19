//! The cost functions. To add one: implement [`Cost`] here and add it to the list that [`costs`] returns.

use std::fmt::Debug;

use super::activation::{Output, sigmoid_prime};
use crate::real::Real;

/// A cost function: how wrong an output is, and the derivative of that with respect to the output layer's weighted
/// inputs.
///
/// Each slice holds one number per output neuron, (n_L): `z` the weighted inputs, `a` the activations that
/// [`output`](Cost::output) computes from them, `y` the target.
///
/// Both engines train with any cost, but a model file can hold only one of the built-in [`costs`].
///
/// ```
/// use mnist_mlp::network::{Cost, sigmoid_prime};
///
/// /// C_x = sum ln cosh(a-y): quadratic where the error is small, linear where it is large.
/// #[derive(Debug)]
/// struct LogCosh;
///
/// impl Cost<f64> for LogCosh {
///     fn name(&self) -> &'static str {
///         "log-cosh"
///     }
///     fn name_in_file(&self) -> &'static str {
///         "LogCoshCost"
///     }
///     fn in_double(&self) -> &'static dyn Cost<f64> {
///         &LogCosh
///     }
///     fn value(&self, _z: &[f64], a: &[f64], y: &[f64]) -> f64 {
///         a.iter().zip(y).map(|(a, y)| (a - y).cosh().ln()).sum()
///     }
///     fn delta(&self, z: &[f64], a: &[f64], y: &[f64], delta: &mut [f64]) {
///         for (j, delta) in delta.iter_mut().enumerate() {
///             *delta = (a[j] - y[j]).tanh() * sigmoid_prime(z[j]);
///         }
///     }
/// }
///
/// # use mnist_mlp::data::{Part, source::Source, splits::split};
/// # use mnist_mlp::network::{Init, Network};
/// # use mnist_mlp::trainer::{Settings, Silent, train};
/// # let digits = Source::Synthetic { seed: 0 }.load(Part::Training, 1).unwrap();
/// # let (training, validation) = split(&digits, Some(1_000), 1_000).unwrap();
/// let network = Network::new(&[784, 30, 10], &LogCosh, Init::Default, 0).unwrap();
/// # let settings = Settings { epochs: 3, eta: 3.0, ..Settings::default() };
/// # let config = settings.check(training.len(), validation.len()).unwrap();
/// let trained = train(network, &training, &validation, &config, &mut Silent).unwrap();
/// assert!(trained.history[2].evaluation_accuracy > Some(300));
/// ```
pub trait Cost<F: Real>: Debug + Send + Sync {
    /// The name on the command line and in reports.
    fn name(&self) -> &'static str;

    /// The name in model files, in the style of network2.py.
    fn name_in_file(&self) -> &'static str;

    /// The same cost for networks in double precision.
    fn in_double(&self) -> &'static dyn Cost<f64>;

    /// The activation of the output layer that belongs to this cost.
    fn output(&self) -> Output {
        Output::Sigmoid
    }

    /// C_x, the cost of one image, computed in double precision. It is finite for every single-precision z, and for
    /// every double-precision z that is not close to overflow.
    fn value(&self, z: &[F], a: &[F], y: &[F]) -> f64;

    /// delta^L, the derivative of C_x with respect to each z^L (BP1), written to `delta`.
    fn delta(&self, z: &[F], a: &[F], y: &[F], delta: &mut [F]);
}

/// All built-in costs. The command line and the model file look names up here.
#[must_use]
pub fn costs<F: Real>() -> [&'static dyn Cost<F>; 3] {
    [&CrossEntropy, &Quadratic, &LogLikelihood]
}

/// The cost with this command-line name.
#[must_use]
pub fn cost_named<F: Real>(name: &str) -> Option<&'static dyn Cost<F>> {
    costs().into_iter().find(|cost| cost.name() == name)
}

/// C_x = 1/2 sum (a-y)^2 over sigmoid outputs.
#[derive(Debug, Clone, Copy)]
pub struct Quadratic;

impl<F: Real> Cost<F> for Quadratic {
    fn name(&self) -> &'static str {
        "quadratic"
    }

    fn name_in_file(&self) -> &'static str {
        "QuadraticCost"
    }

    fn in_double(&self) -> &'static dyn Cost<f64> {
        &Quadratic
    }

    fn value(&self, _z: &[F], a: &[F], y: &[F]) -> f64 {
        let square = |(a, y): (f64, f64)| (a - y) * (a - y);
        doubles(a).zip(doubles(y)).map(square).sum::<f64>() / 2.0
    }

    /// delta = (a-y) sigma'(z): small where the neuron is saturated, however wrong it is. This is the learning
    /// slowdown.
    fn delta(&self, z: &[F], a: &[F], y: &[F], delta: &mut [F]) {
        for (((delta, &z), &a), &y) in delta.iter_mut().zip(z).zip(a).zip(y) {
            *delta = (a - y) * sigmoid_prime(z);
        }
    }
}

/// C_x = -sum [y ln a + (1-y) ln(1-a)] over sigmoid outputs, with 0 ln 0 = 0.
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropy;

impl<F: Real> Cost<F> for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn name_in_file(&self) -> &'static str {
        "CrossEntropyCost"
    }

    fn in_double(&self) -> &'static dyn Cost<f64> {
        &CrossEntropy
    }

    /// With a = sigma(z) the terms are ln(1 + e^z) - y z. They are computed so that e^z cannot overflow and a cannot
    /// round to 1. One logarithm of the product of all 1 + e^-|z| replaces one logarithm per output. Where z < 0,
    /// e^-|z| is a/(1-a), so only the few outputs above 1/2 need an exponential.
    fn value(&self, z: &[F], a: &[F], y: &[F]) -> f64 {
        let (mut linear, mut product_less_1) = (0.0, 0.0);
        for ((z, a), y) in doubles(z).zip(doubles(a)).zip(doubles(y)) {
            let e = if z < 0.0 { a / (1.0 - a) } else { (-z).exp() };
            linear += z.max(0.0) - y * z;
            product_less_1 += e + e * product_less_1; // less 1, so that a tiny e is not rounded away
            if product_less_1 > 1e300 {
                linear += product_less_1.ln_1p(); // no factor is above 2, but a thousand of them are too many
                product_less_1 = 0.0;
            }
        }
        linear + product_less_1.ln_1p()
    }

    /// delta = a-y: the factor sigma'(z) has cancelled, so the neuron learns faster the more wrong it is.
    fn delta(&self, _z: &[F], a: &[F], y: &[F], delta: &mut [F]) {
        difference(a, y, delta);
    }
}

/// C_x = -ln a_y over softmax outputs; for a target that is not one-hot, -sum y ln a.
#[derive(Debug, Clone, Copy)]
pub struct LogLikelihood;

impl<F: Real> Cost<F> for LogLikelihood {
    fn name(&self) -> &'static str {
        "log-likelihood"
    }

    fn name_in_file(&self) -> &'static str {
        "LogLikelihoodCost"
    }

    fn in_double(&self) -> &'static dyn Cost<f64> {
        &LogLikelihood
    }

    fn output(&self) -> Output {
        Output::Softmax
    }

    /// With a = softmax(z), -ln a is ln(sum of e^z) - z, computed so that e^z cannot overflow and a cannot round to 0.
    fn value(&self, z: &[F], _a: &[F], y: &[F]) -> f64 {
        let largest = doubles(z).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = doubles(z).map(|z| (z - largest).exp()).sum();
        // The subtraction comes first: added to a huge z, ln(sum) would be rounded away.
        doubles(z).zip(doubles(y)).map(|(z, y)| y * ((largest - z) + sum.ln())).sum()
    }

    /// delta = a-y, as for the cross-entropy: each of these costs is paired with the output activation that makes this
    /// true.
    fn delta(&self, _z: &[F], a: &[F], y: &[F], delta: &mut [F]) {
        difference(a, y, delta);
    }
}

fn doubles<F: Real>(numbers: &[F]) -> impl Iterator<Item = f64> {
    numbers.iter().map(|number| number.to_double())
}

/// delta = a-y.
fn difference<F: Real>(a: &[F], y: &[F], delta: &mut [F]) {
    for ((delta, &a), &y) in delta.iter_mut().zip(a).zip(y) {
        *delta = a - y;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayView1, array};

    use super::*;

    const Z: [f64; 4] = [-1.5, 0.25, 3.0, -0.5];
    const Y: [f64; 4] = [0.0, 0.0, 1.0, 0.0];

    fn value(cost: &dyn Cost<f64>, z: &[f64], y: &[f64]) -> f64 {
        let a = cost.output().of(ArrayView1::from(z)).to_vec();
        cost.value(z, &a, y)
    }

    #[test]
    fn values_agree_with_the_formulas() {
        let a = array![-1.5, 0.25, 3.0, -0.5].mapv(crate::network::sigmoid::<f64>);
        let y = ArrayView1::from(&Y);
        let quadratic = a.iter().zip(y).map(|(a, y)| (a - y).powi(2)).sum::<f64>() / 2.0;
        let cross_entropy = -a.iter().zip(y).map(|(a, y)| y * a.ln() + (1.0 - y) * (1.0 - a).ln()).sum::<f64>();
        let softmax = crate::network::softmax(ArrayView1::from(&Z));
        for (cost, expected) in [
            (&Quadratic as &dyn Cost<f64>, quadratic),
            (&CrossEntropy, cross_entropy),
            (&LogLikelihood, -softmax[2].ln()),
        ] {
            let found = value(cost, &Z, &Y);
            assert!((found - expected).abs() < 1e-14, "{}: {found} and {expected}", cost.name());
        }
    }

    #[test]
    fn delta_is_the_slope_of_the_value() {
        for cost in costs::<f64>() {
            let a = cost.output().of(ArrayView1::from(&Z)).to_vec();
            let mut delta = [0.0; 4];
            cost.delta(&Z, &a, &Y, &mut delta);
            for j in 0..4 {
                let h = 1e-5;
                let (mut up, mut down) = (Z, Z);
                up[j] += h;
                down[j] -= h;
                let slope = (value(cost, &up, &Y) - value(cost, &down, &Y)) / (2.0 * h);
                assert!((slope - delta[j]).abs() < 1e-9, "{}, output {j}: {slope} and {}", cost.name(), delta[j]);
            }
        }
    }

    #[test]
    fn values_are_finite_for_every_finite_z() {
        for cost in costs::<f32>() {
            for z in [1e-30, 40.0, 1e4, 1e30, f32::MAX] {
                for y in [[0.0, 1.0], [1.0, 0.0]] {
                    let z = [z, -z];
                    let a = cost.output().of(ArrayView1::from(&z)).to_vec();
                    assert!(cost.value(&z, &a, &y).is_finite(), "{} at {z:?}", cost.name());
                }
            }
        }
    }

    #[test]
    fn values_are_finite_for_any_number_of_outputs() {
        // Each output contributes ln 2; the product would be 2^3000, which overflows.
        let found = value(&CrossEntropy, &vec![0.0; 3000], &vec![0.0; 3000]);
        assert!((found - 3000.0 * 2f64.ln()).abs() < 1e-9, "{found}");
    }

    #[test]
    fn zero_times_the_logarithm_of_zero_is_zero() {
        // a = 1 to the last bit and y = 1: the output is right, so the cost is 0.
        assert!(value(&CrossEntropy, &[800.0, -800.0], &[1.0, 0.0]).abs() < f64::MIN_POSITIVE);
        assert!(value(&LogLikelihood, &[800.0, -800.0], &[1.0, 0.0]).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn names_lead_back_to_the_cost() {
        for cost in costs::<f32>() {
            assert_eq!(cost_named::<f32>(cost.name()).unwrap().name(), cost.name());
        }
        assert!(cost_named::<f32>("hinge").is_none());
    }
}
