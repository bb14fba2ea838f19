//! Merges several models into one: merges their networks and keeps their training records.

use super::{Model, TrainingRecord};
use crate::data::classes::OtherNames;
use crate::data::known::classes_are_numbers;
use crate::data::{ClassNames, Classes};
use crate::network::{MAX_MEMBERS, MergeError, Network, Unlike};
use crate::real::Real;

impl<F: Real> Model<F> {
    /// Merges the networks of the models into one, side by side. Its z^L, from which the outputs are computed, is the
    /// mean of theirs. A model that was merged itself has as many votes as networks were merged into it. The training
    /// record of every network is kept.
    ///
    /// The models must have the same numbers of inputs, outputs and layers, the same activations and the same cost; the
    /// hidden layers may have any size. Either all of them or none must see deskewed images. Those that record the height
    /// and width of their images must record the same, and models with class names must have the same ones. Each hidden
    /// layer of the merged network has as many neurons as those of all the networks together, and weights of 0 between
    /// different networks; further training changes these weights too.
    ///
    /// # Errors
    /// A [`MergeError`] if there are fewer than two models, if one is not like the first, or if together they are too
    /// many or too large.
    pub fn merged(models: &[&Self]) -> Result<Self, MergeError> {
        let members: Vec<_> = models.iter().flat_map(|model| model.trainings()).map(Option::<&_>::cloned).collect();
        if members.len() > MAX_MEMBERS {
            return Err(MergeError::TooMany(members.len()));
        }
        let seen = |model: &Self| if model.sees_deskewed() { "deskewed images" } else { "images as they are" };
        if let [first, others @ ..] = models
            && let Some(place) = others.iter().position(|other| other.sees_deskewed() != first.sees_deskewed())
        {
            let (found, expected) = (seen(others[place]).to_string(), seen(first).to_string());
            return Err(MergeError::OtherKind(Unlike { network: place + 1, found, expected }));
        }
        let mut images = models.iter().enumerate().filter_map(|(place, model)| Some((place, model.image()?)));
        if let Some((_, first)) = images.next()
            && let Some((network, other)) = images.find(|(_, other)| *other != first)
        {
            let [found, expected] =
                [other, first].map(|(height, width)| format!("images of {height} x {width} pixels"));
            return Err(MergeError::OtherTask(Unlike { network, found, expected }));
        }
        let classes: Vec<_> = models.iter().map(|model| model.classes()).collect();
        if let Err(OtherNames { place, found, expected, .. }) = Classes::in_common(&classes) {
            let [found, expected] = [found, expected].map(|names| format!("the classes {}", names.in_words()));
            return Err(MergeError::OtherTask(Unlike { network: place, found, expected }));
        }
        let voters: Vec<_> = models.iter().map(|model| (&model.network, model.trainings().len())).collect();
        Ok(Model { members, ..Model::from(Network::merged(&voters)?) })
    }

    /// The names of the classes: from the training record, or from the first member's record that has names.
    #[must_use]
    pub fn class_names(&self) -> ClassNames {
        let mut named = self.trainings().into_iter().flatten().map(|training| &training.classes);
        named.find(|classes| !classes.is_empty()).cloned().unwrap_or_default()
    }

    /// What is known of the classes. Classes without names are numbers if a training is known and all known trainings
    /// were on digits, or on directories named by numbers.
    #[must_use]
    pub fn classes(&self) -> Classes {
        let mut trainings = self.trainings().into_iter().flatten().peekable();
        let is_known = trainings.peek().is_some();
        let are_numbers = is_known && trainings.all(|training| classes_are_numbers(&training.dataset));
        Classes { names: self.class_names(), count: self.network.outputs(), are_numbers }
    }

    /// Height and width of the images on which the network was trained, if they are no squares; `None` if they are, or if
    /// the file does not say.
    #[must_use]
    pub fn image(&self) -> Option<(usize, usize)> {
        let fits = |&(height, width): &(usize, usize)| height.checked_mul(width) == Some(self.network.inputs());
        self.trainings().into_iter().flatten().find_map(|training| training.image).filter(fits)
    }

    /// Whether the network sees deskewed images.
    #[must_use]
    pub fn sees_deskewed(&self) -> bool {
        self.trainings().into_iter().flatten().any(|training| training.deskew)
    }

    /// The training records of the model: its own, or those of its members. An unknown training is `None`.
    #[must_use]
    pub fn trainings(&self) -> Vec<Option<&TrainingRecord>> {
        match &self.members[..] {
            [] => vec![self.training.as_ref()],
            members => members.iter().map(Option::as_ref).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::model::precision_of;
    use crate::network::{CrossEntropy, Init, Quadratic};
    use crate::real::Precision;

    #[test]
    fn too_many_are_refused() {
        let small = Model::from(Network::<f32>::new(&[2, 2], &Quadratic, Init::Default, 0).unwrap());
        assert!(Model::merged(&[&small; MAX_MEMBERS]).is_ok());
        assert_eq!(Model::merged(&[&small; MAX_MEMBERS + 1]).unwrap_err(), MergeError::TooMany(MAX_MEMBERS + 1));
    }

    #[test]
    fn networks_that_were_merged_before_have_a_vote_each() {
        let model = |b: f64| Model::from(Network::from_parts(vec![array![[b]]], vec![array![b]], &Quadratic).unwrap());
        let (a, b, c) = (model(1.0), model(2.0), model(6.0));
        let two = Model::merged(&[&a, &b]).unwrap();
        let three = Model::merged(&[&two, &c]).unwrap();
        assert_eq!((two.network.biases()[0][0], three.members.len()), (1.5, 3));
        assert!((three.network.biases()[0][0] - 3.0).abs() < 1e-15, "not 3.75");
    }

    #[test]
    fn networks_that_see_images_otherwise_or_have_other_classes_are_not_merged() {
        let network = Network::<f64>::new(&[2, 2], &Quadratic, Init::Default, 0).unwrap();
        let model =
            |deskew| Model { training: Some(TrainingRecord { deskew, ..record(0) }), ..Model::from(network.clone()) };
        assert!(Model::merged(&[&model(true), &model(true)]).unwrap().sees_deskewed());
        assert!(!Model::merged(&[&model(false), &Model::from(network.clone())]).unwrap().sees_deskewed());
        let error = Model::merged(&[&model(true), &model(true), &model(false)]).unwrap_err();
        assert!(matches!(&error, MergeError::OtherKind(Unlike { network: 2, .. })), "{error}");

        let named = |names: [&str; 2]| {
            let training = TrainingRecord { classes: names.iter().collect(), ..record(0) };
            Model { training: Some(training), ..Model::from(network.clone()) }
        };
        let unknown = Model::from(network.clone());
        assert!(Model::merged(&[&unknown, &named(["a", "b"]), &named(["a", "b"])]).is_ok());
        assert!(Model::merged(&[&unknown, &named(["0", "1"])]).is_ok(), "0 and 1 are numbers");
        let digits = Model::merged(&[&model(false), &named(["a", "b"])]).unwrap_err();
        assert_eq!(digits.to_string(), "it has the classes a, b, but the first has the classes 0, 1");
        let error = Model::merged(&[&unknown, &named(["a", "b"]), &named(["b", "a"])]).unwrap_err();
        assert!(matches!(&error, MergeError::OtherTask(Unlike { network: 2, .. })), "{error}");
        assert_eq!(error.to_string(), "it has the classes b, a, but the first has the classes a, b");
    }

    fn record(seed: u64) -> TrainingRecord {
        let json = format!(
            r#"{{"program":"mnist 0","dataset":"d","n_train":5,"n_validation":1,"evaluate_on":"test",
            "init":"default","epochs":9,"batch_size":2,"eta":0.3,"lambda":5.0,"seed":{seed},"shuffle":true,
            "precision":"f32","engine":"fast","epochs_done":9}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn the_model_knows_the_training_of_each_member() {
        let network = Network::<f32>::new(&[4, 3, 2], &CrossEntropy, Init::Default, 0).unwrap();
        let model = |training| Model { training, ..Model::from(network.clone()) };
        let merged = Model::merged(&[&model(Some(record(1))), &model(Some(record(2)))]).unwrap();
        assert_eq!((&merged.training, &merged.members[..]), (&None, &[Some(record(1)), Some(record(2))][..]));
        let mut json = Vec::new();
        merged.write_json(&mut json).unwrap();
        assert_eq!(precision_of(&json).unwrap(), Precision::F32);
        assert_eq!(Model::<f32>::from_json(&json).unwrap().members, merged.members);

        assert!(!String::from_utf8(json).unwrap().contains(r#","precision":"f32","format":"#), "its members say it");

        let again = Model::merged(&[&merged, &model(None)]).unwrap();
        assert_eq!(again.members, [Some(record(1)), Some(record(2)), None]);
        let mut json = Vec::new();
        again.write_json(&mut json).unwrap();
        assert_eq!(precision_of(&json).unwrap(), Precision::F32, "one does not say, so the file does");
    }
}
