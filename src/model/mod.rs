//! The model file: JSON, first the four keys of network2.py, then this program's own.
//!
//! ```text
//! sizes      [784, 30, 10]
//! weights    a matrix for each layer after the input, (n_l, n_{l-1}), as nested lists
//! biases     a column for each layer after the input, (n_l, 1), as nested lists
//! cost       "QuadraticCost", "CrossEntropyCost" or "LogLikelihoodCost"
//! precision  "f32" or "f64"; only if it is not the precision under `training` or `members`
//! format     1; a file without it was written by network2.py and loads with the defaults
//! activation "sigmoid", the activation of the hidden layers; a list if they differ, as in ["tanh", "relu"]
//! training   how it was trained, see `TrainingRecord`
//! members    if the model is merged from several: how each network was trained, null where that is unknown
//! history    one record per epoch, see `EpochRecord`
//! checkpoint what is needed to resume the training besides the weights, see `Checkpoint`
//! ```
//!
//! Numbers are written with as many digits as are needed to read back exactly the same number. Nothing in the file
//! depends on the clock, the number of threads or a path: equal runs write equal files.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, ArrayView1};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::network::{Activation, Cost, Network, NetworkError, costs, sizes_in_words};
use crate::real::{Precision, Real};
use crate::replace_file::replace_file;

mod checkpoint;
mod merge;
mod monitor;
mod reader;
mod record;
mod told;
mod training_record;

pub use checkpoint::{Checkpoint, PackedNumbers, UnpackError};
pub use monitor::Monitor;
use reader::{Head, Members, Number, Sizes, layers, precision_of_all};
pub use reader::{UNQUESTIONED_SIZE, precision_of, read_model_file};
pub use record::ModelRecord;
pub use told::Told;
pub use training_record::{CourseRecord, EpochRecord, PROGRAM, TrainingRecord};

/// The version of the file format that is written, and the newest one that can be read.
pub const FORMAT: u32 = 1;

/// The contents of a model file.
#[derive(Debug, Clone)]
pub struct Model<F: Real> {
    /// The trained network.
    pub network: Network<F>,
    /// How the network was trained; `None` for files of network2.py and for merged models.
    pub training: Option<TrainingRecord>,
    /// How each network [merged](Model::merged) into this one was trained; empty if the model is not merged.
    pub members: Vec<Option<TrainingRecord>>,
    /// What the monitors measured, one record per epoch.
    pub history: Vec<EpochRecord>,
    /// What is needed to resume the training; `None` if that is only the network, or if no epoch can follow.
    pub checkpoint: Option<Checkpoint>,
}

/// Why a model file cannot be read or written.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file cannot be written. An existing file at this path is unchanged.
    #[error("{} cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The text is not JSON, a key is missing, or a value has the wrong type.
    #[error("not a model file: {0}{hint}", hint = if .0.is_eof() { "; it ends too soon, so copy or save it again" } else { "" })]
    Json(#[from] serde_json::Error),
    /// Where a number should be is `NaN` or `Infinity`, which JSON does not have, but Python writes.
    #[error("it holds {name} (line {line}, column {column}): its training diverged, so repeat that with a smaller eta")]
    NotFinite {
        /// What stands there.
        name: &'static str,
        /// The line, 1 for the first.
        line: usize,
        /// The byte in it, 1 for the first.
        column: usize,
    },
    /// The text begins like a log of `mnist train --log`.
    #[error("it is the log of a training, no model file: name the .json file of that training")]
    Log,
    /// A later version of this program wrote it.
    #[error("the file has format {0}, this program reads up to {FORMAT}: use a newer mnist")]
    Format(u32),
    /// The cost is not one of [`costs`].
    #[error("unknown cost '{}': known are {}", name.escape_debug(), costs::<f64>().map(Cost::name_in_file).join(", "))]
    Cost {
        /// The name in the file.
        name: String,
    },
    /// A row of a matrix is longer or shorter than the first.
    #[error("layer {layer}: row {row} of the weights has {found} numbers, expected {expected}")]
    Ragged {
        /// The layer in the book's counting, 2 for the first after the input.
        layer: usize,
        /// The row, 1 for the first.
        row: usize,
        /// Numbers in this row.
        found: usize,
        /// Numbers in the first row.
        expected: usize,
    },
    /// The sizes do not match the weights.
    #[error("the sizes {} do not fit the weights, which are those of {}", sizes_in_words(sizes), sizes_in_words(found))]
    Sizes {
        /// The sizes in the file.
        sizes: Vec<usize>,
        /// The sizes of the weights in the file.
        found: Vec<usize>,
    },
    /// There is only one member, or there are members and also a training of the model's own.
    #[error("its 'members' are not those of a merged model, which has two or more and no 'training' of its own")]
    Members,
    /// The weights and biases do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A model that consists of a network only.
impl<F: Real> From<Network<F>> for Model<F> {
    fn from(network: Network<F>) -> Self {
        Model { network, training: None, members: Vec::new(), history: Vec::new(), checkpoint: None }
    }
}

impl<F: Real> Model<F> {
    /// The same model in double precision, which represents every single-precision number exactly. The checkpoint is
    /// dropped, because its numbers are packed in the precision of the training.
    #[must_use]
    pub fn in_double(&self) -> Model<f64> {
        Model {
            training: self.training.clone(),
            members: self.members.clone(),
            history: self.history.clone(),
            ..Model::from(self.network.in_double())
        }
    }

    /// Reads a model from the text of a model file, of this program or of network2.py.
    ///
    /// # Errors
    /// A [`ModelError`] that says what is wrong, and in which layer.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        Head::read(json)?;
        let file: FileRead = serde_json::from_slice(json)?;
        let Sizes(sizes) = file.sizes;
        let cost = cost_in_file(file.cost)?;
        let weights = (2..).zip(layers("weights", file.weights, &sizes)?);
        let weights = weights.map(|(layer, rows)| matrix(layer, rows)).collect::<Result<_, _>>()?;
        let column = |column: Vec<Number<[F; 1]>>| column.into_iter().map(|Number([b])| b).collect();
        let biases = layers("biases", file.biases, &sizes)?.into_iter().map(column).collect();
        let network = Network::from_parts(weights, biases, cost)?.with_activations(&file.activation.into_vec())?;
        if network.sizes() != sizes {
            return Err(ModelError::Sizes { found: network.sizes(), sizes });
        }
        let FileRead { training, members: Members(members), history, checkpoint, .. } = file;
        Ok(Model { network, training, members, history, checkpoint })
    }

    /// Writes the model as JSON.
    ///
    /// # Errors
    /// Errors of `writer` are passed on. A cost that is not one of [`costs`] is an error, because the file could not be
    /// read.
    pub fn write_json(&self, mut writer: impl Write) -> io::Result<()> {
        let cost = self.network.cost().name_in_file();
        if !costs::<F>().iter().any(|known| known.name_in_file() == cost) {
            return Err(io::Error::other(format!(
                "no model file can have the cost '{cost}': give the network another"
            )));
        }
        let told: Vec<_> = self.trainings().into_iter().map(|training| training?.precision.known().ok()).collect();
        let told = precision_of_all(&told);
        let file = FileWritten {
            sizes: self.network.sizes(),
            weights: self.network.weights().iter().map(Rows).collect(),
            biases: self.network.biases().iter().map(Column).collect(),
            cost,
            precision: (F::PRECISION != told).then_some(F::PRECISION),
            format: FORMAT,
            activation: Activations::of(&self.network),
            training: self.training.as_ref(),
            members: &self.members,
            history: &self.history,
            checkpoint: self.checkpoint.as_ref(),
        };
        serde_json::to_writer(&mut writer, &file)?;
        writer.write_all(b"\n")
    }

    /// Reads the model file at `path`. The numbers are converted to `F`, whatever the [precision](precision_of) of the
    /// file.
    ///
    /// # Errors
    /// A [`ModelError`] that says what is wrong.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::from_json(&read_model_file(path)?)
    }

    /// Writes the model file at `path` atomically: a reader sees either the old file or the new one.
    ///
    /// # Errors
    /// [`ModelError::Write`]; an existing file is then unchanged.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        replace_file(path, |file: &mut io::BufWriter<&File>| self.write_json(file))
            .map_err(|error| ModelError::Write { path: path.to_path_buf(), error })
    }
}

/// The cost with this name in model files.
fn cost_in_file<F: Real>(name: String) -> Result<&'static dyn Cost<F>, ModelError> {
    costs().into_iter().find(|cost| cost.name_in_file() == name).ok_or(ModelError::Cost { name })
}

/// A matrix from its rows, which must have the same length.
fn matrix<F: Real>(layer: usize, rows: Vec<Vec<Number<F>>>) -> Result<Array2<F>, ModelError> {
    let shape = (rows.len(), rows.first().map_or(0, Vec::len));
    if let Some(row) = rows.iter().position(|row| row.len() != shape.1) {
        return Err(ModelError::Ragged { layer, row: row + 1, found: rows[row].len(), expected: shape.1 });
    }
    let numbers = rows.into_iter().flatten().map(|Number(number)| number).collect();
    Ok(Array2::from_shape_vec(shape, numbers).expect("every row has the same length"))
}

/// A whole file, with its long lists not yet parsed. (It repeats the keys of [`ModelRecord`]: flattening that into this
/// struct would hold the lists in memory twice, and reading it separately would take another pass over the file.)
#[derive(Deserialize)]
struct FileRead<'a> {
    sizes: Sizes,
    #[serde(borrow)]
    weights: &'a RawValue,
    #[serde(borrow)]
    biases: &'a RawValue,
    cost: String,
    #[serde(default)]
    activation: Activations,
    training: Option<TrainingRecord>,
    #[serde(default)]
    members: Members<TrainingRecord>,
    #[serde(default)]
    history: Vec<EpochRecord>,
    checkpoint: Option<Checkpoint>,
}

#[derive(Serialize)]
#[serde(bound = "F: Real")]
struct FileWritten<'a, F> {
    sizes: Vec<usize>,
    weights: Vec<Rows<'a, F>>,
    biases: Vec<Column<'a, F>>,
    cost: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<Precision>,
    format: u32,
    activation: Activations,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<&'a TrainingRecord>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    members: &'a [Option<TrainingRecord>],
    history: &'a [EpochRecord],
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<&'a Checkpoint>,
}

/// The activations of the hidden layers: one name if all are the same, otherwise a list.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "the activation is one of sigmoid, tanh, relu, or a list of these")]
enum Activations {
    All(Activation),
    Each(Vec<Activation>),
}

impl Default for Activations {
    fn default() -> Self {
        Activations::All(Activation::default())
    }
}

impl Activations {
    fn of<F: Real>(network: &Network<F>) -> Self {
        let each = network.activations();
        let first = each.first().copied().unwrap_or_default();
        if each.iter().all(|&other| other == first) {
            Activations::All(first)
        } else {
            Activations::Each(each.to_vec())
        }
    }

    pub fn into_vec(self) -> Vec<Activation> {
        match self {
            Activations::All(one) => vec![one],
            Activations::Each(each) => each,
        }
    }
}

/// A matrix as a list of rows.
struct Rows<'a, F>(&'a Array2<F>);

impl<F: Real> Serialize for Rows<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows().into_iter().map(Row))
    }
}

/// One row, serialized without the extra structure that ndarray adds to its arrays.
struct Row<'a, F>(ArrayView1<'a, F>);

impl<F: Real> Serialize for Row<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for number in self.0 {
            list.serialize_element(number)?;
        }
        list.end()
    }
}

/// A vector as a list of lists of one number each, like the columns of network2.py.
struct Column<'a, F>(&'a Array1<F>);

impl<F: Real> Serialize for Column<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|b| [b]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CourseRecord;
    use crate::network::{CrossEntropy, Init, MAX_MEMBERS, Quadratic};

    fn json(model: &Model<impl Real>) -> Vec<u8> {
        let mut json = Vec::new();
        model.write_json(&mut json).unwrap();
        json
    }

    fn error(json: &str) -> ModelError {
        Model::<f64>::from_json(json.as_bytes()).unwrap_err()
    }

    fn round_trip<F: Real>() {
        let network = Network::<F>::new(&[7, 5, 4, 3], &CrossEntropy, Init::Large, 5).unwrap();
        let network = network.with_activations(&[Activation::Tanh, Activation::Relu]).unwrap();
        let model = Model { history: vec![EpochRecord { epoch: 1, ..Default::default() }], ..Model::from(network) };
        let again = Model::<F>::from_json(&json(&model)).unwrap();
        assert_eq!(again.network.weights(), model.network.weights());
        assert_eq!(again.network.activations(), [Activation::Tanh, Activation::Relu]);
        assert_eq!(again.network.biases(), model.network.biases());
        assert_eq!(again.history, model.history);
        assert_eq!(json(&again), json(&model));
    }

    #[test]
    fn numbers_round_trip_exactly() {
        round_trip::<f32>();
        round_trip::<f64>();
    }

    #[test]
    fn a_file_without_a_training_tells_its_precision() {
        let network = Network::<f32>::new(&[3, 2], &CrossEntropy, Init::Default, 1).unwrap();
        let single = Model::from(network);
        assert_eq!(precision_of(&json(&single)).unwrap(), Precision::F32);
        assert_eq!(precision_of(&json(&single.in_double())).unwrap(), Precision::F64);
    }

    #[test]
    fn a_cost_that_no_file_can_have_is_not_saved() {
        #[derive(Debug)]
        struct Own;
        impl Cost<f64> for Own {
            fn name(&self) -> &'static str {
                "own"
            }
            fn name_in_file(&self) -> &'static str {
                "OwnCost"
            }
            fn in_double(&self) -> &'static dyn Cost<f64> {
                &Own
            }
            fn value(&self, _: &[f64], _: &[f64], _: &[f64]) -> f64 {
                0.0
            }
            fn delta(&self, _: &[f64], _: &[f64], _: &[f64], delta: &mut [f64]) {
                delta.fill(0.0);
            }
        }
        let network = Network::new(&[3, 2], &Own, Init::Default, 1).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let error = Model::from(network).save(&dir.path().join("own.json")).unwrap_err().to_string();
        assert!(error.ends_with("no model file can have the cost 'OwnCost': give the network another"), "{error}");
        assert!(!dir.path().join("own.json").exists());
    }

    #[test]
    fn schedule_and_stopping_have_keys_only_if_they_were_asked_for() {
        let plain =
            r#"{"program":"mnist 0","dataset":"d","n_train":5,"n_validation":1,"evaluate_on":"test","init":"default",
            "epochs":9,"batch_size":2,"eta":0.30000000000000004,"lambda":5.0,"seed":18446744073709551615,"shuffle":true,
            "precision":"f64","engine":"fast","epochs_done":9}"#
                .replace("\n            ", "");
        let mut record: TrainingRecord = serde_json::from_str(&plain).unwrap();
        assert_eq!(record.course, CourseRecord::default());
        assert_eq!(serde_json::to_string(&record).unwrap(), plain);
        record.course = CourseRecord { warm_up: Some(0.1), early_stop: Some(3), epoch: Some(6), ..Default::default() };
        let json = serde_json::to_string(&record).unwrap();
        assert!(json.ends_with(r#""epochs_done":9,"warm_up":0.1,"early_stop":3,"epoch":6}"#), "{json}");
        assert_eq!(serde_json::from_str::<TrainingRecord>(&json).unwrap(), record);
    }

    #[test]
    fn the_first_four_keys_are_network2s() {
        let network =
            Network::<f64>::from_parts(vec![ndarray::array![[0.5, -2.0]]], vec![ndarray::array![1.25]], &Quadratic);
        let model = Model::from(network.unwrap());
        let text = String::from_utf8(json(&model)).unwrap();
        assert!(text.starts_with(
            r#"{"sizes":[2,1],"weights":[[[0.5,-2.0]]],"biases":[[[1.25]]],"cost":"QuadraticCost","format":1,"#
        ));
    }

    #[test]
    fn a_file_of_network2_loads_with_the_defaults() {
        let json = br#"{"sizes": [2, 1], "weights": [[[1, 2.5]]], "biases": [[[-3]]], "cost": "CrossEntropyCost"}"#;
        let model = Model::<f64>::from_json(json).unwrap();
        assert_eq!(model.network.sizes(), [2, 1]);
        assert_eq!(model.network.cost().name(), "cross-entropy");
        assert!(model.training.is_none() && model.history.is_empty());
        assert_eq!(crate::model::precision_of(json).unwrap(), crate::real::Precision::F64);
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        use ModelError as E;
        let file = |sizes: &str, w: &str, b: &str, cost: &str| {
            error(&format!(r#"{{"sizes":{sizes},"weights":{w},"biases":{b},"cost":"{cost}"}}"#))
        };
        let (w, b, cost) = ("[[[1,2]]]", "[[[3]]]", "QuadraticCost");
        assert!(matches!(file("[3,1]", w, b, cost), E::Sizes { .. }));
        assert!(matches!(file("[2,1]", w, b, "quadratic"), E::Cost { name } if name == "quadratic"));
        let ragged = file("[2,2]", "[[[1,2],[1]]]", "[[[3],[4]]]", cost);
        assert!(matches!(ragged, E::Ragged { layer: 2, row: 2, found: 1, expected: 2 }));
        assert!(matches!(file("[2,1]", w, "[[[3],[4]]]", cost), E::Network(NetworkError::Shape { layer: 2, .. })));
        assert!(matches!(file("[2,1]", w, "[[[3,4]]]", cost), E::Json(_)));
        assert!(matches!(file("[2,1]", "[[[1,1e999]]]", b, cost), E::Json(_)));
        for (number, name) in [("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "Infinity")] {
            let error = file("[2,1]", &format!("[[\n[1, {number}]]]"), b, cost);
            let expected =
                format!("it holds {name} (line 2, column {}): its training diverged", number.len() - name.len() + 5);
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
        assert!(matches!(file("[2,1]", "[[[1,None]]]", b, cost), E::Json(_)));
        assert!(matches!(file("[2]", "[]", "[]", cost), E::Network(NetworkError::TooFewLayers)));
        let activation = |value: &str| {
            let start = r#"{"sizes":[2,1,1],"weights":[[[1,2]],[[1]]],"biases":[[[3]],[[3]]],"cost":"QuadraticCost""#;
            Model::<f64>::from_json(format!(r#"{start},"activation":{value}}}"#).as_bytes())
        };
        assert!(activation(r#""tanh""#).is_ok() && activation(r#"["relu"]"#).is_ok());
        assert!(matches!(activation(r#""softsign""#), Err(E::Json(_))));
        let two = activation(r#"["relu", "tanh"]"#);
        assert!(matches!(two, Err(E::Network(NetworkError::Activations { found: 2, expected: 1 }))));
        let members = |rest: &str| {
            let start = r#"{"sizes":[2,1],"weights":[[[1,2]]],"biases":[[[3]]],"cost":"QuadraticCost""#;
            Model::<f64>::from_json(format!("{start},{rest}}}").as_bytes())
        };
        assert!(members(r#""members":[null,null]"#).is_ok());
        assert!(matches!(members(r#""members":[null]"#), Err(E::Members)));
        assert!(matches!(members(r#""members":[null,{}]"#), Err(E::Json(_))));
        let many = format!(r#""members":[{}]"#, vec!["null"; MAX_MEMBERS + 1].join(","));
        assert!(matches!(members(&many), Err(E::Json(_))), "each would take a hundred times its place in the file");
        let trained = r#""training":{"program":"mnist 0","dataset":"d","n_train":5,"n_validation":1,"evaluate_on":"test",
            "init":"default","epochs":9,"batch_size":2,"eta":0.3,"lambda":5.0,"seed":1,"shuffle":true,
            "precision":"f64","engine":"fast","epochs_done":9}"#;
        assert!(members(trained).is_ok());
        assert!(matches!(members(&format!(r#"{trained},"members":[null,null]"#)), Err(E::Members)));
        assert!(matches!(error("{}"), E::Json(_)));
        assert!(matches!(error("<html>"), E::Json(_)));
        assert!(matches!(error(r#"{"format": 2}"#), E::Format(2)));
        let f32_overflow = r#"{"sizes":[1,1],"weights":[[[1e39]]],"biases":[[[0]]],"cost":"QuadraticCost"}"#;
        let error = Model::<f32>::from_json(f32_overflow.as_bytes()).unwrap_err();
        assert!(matches!(error, E::Json(_) | E::Network(NetworkError::NotFinite { .. })), "{error:?}");
    }
}
