//! What a model sees of images, and what it answers to them.

use mnist_mlp::committee::Committee;
use mnist_mlp::data::Dataset;
use mnist_mlp::data::shift::Shift;
use mnist_mlp::engine::{Machine, evaluate, outputs};
use mnist_mlp::evaluate::Evaluation;
use mnist_mlp::views::{Answers, ViewError};
use ndarray::Array2;

use super::{AnyModel, Member};
use crate::cli::{Failure, split};

impl Member {
    /// Whether the network takes deskewed images.
    pub fn sees_deskewed(&self) -> bool {
        ask!(self, model => model.sees_deskewed())
    }

    /// The images as the network takes them: deskewed if need be.
    pub fn seen(&self, data: &Dataset, machine: Machine) -> Result<Dataset, Failure> {
        Ok(if self.sees_deskewed() { data.deskewed(machine.threads)? } else { data.clone() })
    }

    /// Height and width of its images, if they are no squares and its file says so.
    pub fn image(&self) -> Option<(usize, usize)> {
        ask!(self, model => model.image())
    }

    /// The height and width that it gives to images that have these.
    pub fn shape_for(&self, found: (usize, usize)) -> Result<(usize, usize), Failure> {
        split::shape_for(&self.path, self.image(), found)
    }

    /// In how many places it sees each image.
    pub fn views(&self) -> usize {
        Shift::within(self.shifts).len()
    }

    /// The evaluation of its answers.
    pub fn evaluate(&self, data: &Dataset, machine: Machine) -> Result<Evaluation, Failure> {
        if self.shifts > 0 {
            return Ok(self.answers(data, machine)?.0);
        }
        let seen = &self.seen(data, machine)?;
        let evaluation = ask!(self, model => evaluate(&model.network, seen, machine));
        let evaluation = evaluation.map_err(|error| self.cannot_see(error))?;
        if evaluation.mean_cost().is_nan() {
            // An infinite z makes the cost NaN, but with a sigmoid it may be a certain answer: check the outputs.
            self.outputs_of_seen(seen, machine)?;
        }
        Ok(evaluation)
    }

    /// The evaluation of its answers, and a^L of every image, (n, n_L).
    pub fn answers(&self, data: &Dataset, machine: Machine) -> Result<(Evaluation, Array2<f64>), Failure> {
        let seen = &self.seen(data, machine)?;
        if self.shifts > 0 {
            let answers = self.views_of(seen, machine)?;
            return Ok((answers.evaluation(data), self.checked(answers.outputs)?));
        }
        let evaluation = ask!(self, model => evaluate(&model.network, seen, machine));
        Ok((evaluation.map_err(|error| self.cannot_see(error))?, self.outputs_of_seen(seen, machine)?))
    }

    fn views_of(&self, seen: &Dataset, machine: Machine) -> Result<Answers, Failure> {
        let answers = ask!(self, model => Answers::of(&model.network, seen, self.shifts, machine));
        answers.map_err(|error| self.cannot_see(error))
    }

    fn cannot_see(&self, error: impl Into<ViewError>) -> Failure {
        match error.into() {
            ViewError::Fit(error) => Failure::Fit { path: self.path.clone(), error },
            ViewError::Memory(error) => error.into(),
        }
    }

    /// The outputs, if they are numbers.
    fn checked(&self, outputs: Array2<f64>) -> Result<Array2<f64>, Failure> {
        if outputs.iter().any(|output| output.is_nan()) {
            return Err(Failure::NoAnswer { model: self.path.clone(), images: "some of these images".to_string() });
        }
        Ok(outputs)
    }

    /// a^L of every image, (n, n_L).
    pub fn outputs(&self, data: &Dataset, machine: Machine) -> Result<Array2<f64>, Failure> {
        self.outputs_of_seen(&self.seen(data, machine)?, machine)
    }

    /// The outputs for images that are already deskewed if need be.
    pub fn outputs_of_seen(&self, seen: &Dataset, machine: Machine) -> Result<Array2<f64>, Failure> {
        if self.shifts > 0 {
            return self.checked(self.views_of(seen, machine)?.outputs);
        }
        let outputs = ask!(self, model => outputs(&model.network, seen, machine));
        self.checked(outputs.map_err(|error| self.cannot_see(error))?)
    }

    /// Joins a committee with its outputs.
    pub fn join(&self, committee: &mut Committee, outputs: Array2<f64>) -> Result<(), Failure> {
        committee.join_with(outputs).map_err(|error| Failure::Join { path: self.path.clone(), error })
    }
}
