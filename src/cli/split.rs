//! The images of a split, cut as they were when a model was trained.

use std::collections::BTreeSet;

use mnist_mlp::data::known::{are_in_mnists_form, are_pictures, classes_are_numbers};
use mnist_mlp::data::source::Source;
use mnist_mlp::data::splits::{self, SplitError};
use mnist_mlp::data::synthetic::TRAINING_COUNT;
use mnist_mlp::data::{ClassNames, Dataset, Part};

use super::args::{DataArguments, Split};
use super::member::Member;
use super::{Failure, dataset, output};

/// The images that `split` is cut from: all that there are, and of the built-in digits as many as the models were made
/// of.
pub fn whole(arguments: &DataArguments, split: Split, members: &[Member], threads: usize) -> Result<Dataset, Failure> {
    load(&dataset::source(arguments, false)?, split, members, threads)
}

fn load(source: &Source, split: Split, members: &[Member], threads: usize) -> Result<Dataset, Failure> {
    if split == Split::Test {
        return Ok(source.load(Part::Test, threads)?);
    }
    let wanted = members.iter().map(Member::images).max().unwrap_or(0);
    Ok(source.load_at_least(wanted, Part::Training, threads)?)
}

/// The images of `split`, cut as they were when the members, of which there is one at least, were trained. These may
/// have been trained on other numbers of images, as long as this split had the same.
pub fn in_common(
    arguments: &DataArguments,
    split: Split,
    members: &[Member],
    threads: usize,
) -> Result<Dataset, Failure> {
    let source = dataset::source(arguments, false)?;
    let whole = load(&source, split, members, threads)?;
    let there_were = |member: &Member| match source {
        // Built-in digits have no end, so the last N are counted from the number that the training had.
        Source::Synthetic { .. } if split != Split::Test => member.images().max(TRAINING_COUNT),
        _ => whole.len(),
    };
    let range = |member: &Member| {
        let most = there_were(member).saturating_sub(member.validation());
        match split {
            Split::Test => 0..whole.len(),
            Split::Validation => most..most + member.validation(),
            Split::Train => 0..member.train_size().unwrap_or(most),
        }
    };
    let (first, others) = members.split_first().expect("clap demands a model");
    if let Some(other) = others.iter().find(|other| range(other) != range(first)) {
        let [first, other] = [first, other].map(|member| (member.path.clone(), range(member)));
        return Err(Failure::SplitsDiffer { split: name(split), first, other });
    }
    cut_for(first, whole.slice(0..there_were(first)), split)
}

/// Cuts `split` out of `whole`: the last `validation` images, the first `train_size` of the others (all if not given),
/// or the test images, which are whole.
pub fn cut(whole: Dataset, split: Split, train_size: Option<usize>, validation: usize) -> Result<Dataset, SplitError> {
    Ok(match split {
        Split::Test => whole,
        Split::Validation => splits::split(&whole, None, validation)?.1,
        Split::Train => splits::split(&whole, train_size, validation)?.0,
    })
}

/// Cuts `split` out of `whole` as it was when `member` was trained; it is not empty.
pub fn cut_for(member: &Member, whole: Dataset, split: Split) -> Result<Dataset, Failure> {
    let (validation, images) = (member.validation(), whole.len());
    let other = |_| Failure::OtherSplit { split: name(split), validation, images };
    let data = cut(whole, split, member.train_size(), validation).map_err(other)?;
    if data.is_empty() {
        return Err(Failure::EmptySplit { split: name(split), validation });
    }
    Ok(data)
}

/// The images as the models are to be asked about them: with their classes counted and called as in the training. Says
/// so if that was on another dataset.
pub fn for_models(members: &[Member], data: &Dataset) -> Result<Dataset, Failure> {
    warn_of_other_data(members, data);
    let Some((member, names)) = class_names(members)? else { return Ok(data.clone()) };
    let classes = Classes { names: &names, count: member.classes(), are_numbers: member.classes_are_numbers() };
    let data = in_classes(data, &classes, &member.path)?;
    if data.identity().classes().is_empty() && !names.is_empty() && data.classes() <= names.all().len() {
        return Ok(data.in_classes(&names).expect("without names of its own it takes any"));
    }
    Ok(data)
}

/// What is known of the classes of a model.
pub struct Classes<'a> {
    pub names: &'a ClassNames,
    pub count: usize,
    /// Whether they are numbers if they have no names.
    pub are_numbers: bool,
}

/// The images with their classes counted and called as by the model in `path`. Where one side has no names, its classes
/// are numbers if it is known to be of such, or if names on the other side are numbers; if not, they are told by their
/// places.
pub fn in_classes(data: &Dataset, of_model: &Classes, path: &str) -> Result<Dataset, Failure> {
    let (own, names) = (data.identity().classes(), of_model.names);
    let are_numbers = classes_are_numbers(data.identity().name());
    let (own, names) = match (own.is_empty(), names.is_empty()) {
        (false, false) => (own.clone(), names.clone()),
        (false, true) if of_model.are_numbers || own.has_numbers() => {
            (own.clone(), ClassNames::numbers(of_model.count))
        }
        (true, false) if are_numbers || names.has_numbers() => (ClassNames::numbers(data.classes()), names.clone()),
        _ => return Ok(data.clone()),
    };
    data.in_classes(&own).and_then(|data| data.in_classes(&names)).ok_or_else(|| {
        let there: BTreeSet<_> = data.labels().iter().map(|&label| usize::from(label)).collect();
        let unknown = there.into_iter().map(|class| own.of(class)).filter(|name| !names.all().contains(name));
        let unknown = unknown.collect::<ClassNames>().in_words();
        Failure::UnknownClasses { unknown, model: path.to_string(), known: names.in_words() }
    })
}

/// What the models call their classes, all alike as far as they have names for them, and one that does.
fn class_names(members: &[Member]) -> Result<Option<(&Member, ClassNames)>, Failure> {
    let names: Vec<_> = members.iter().map(Member::class_names).collect();
    let have_numbers = names.iter().any(ClassNames::has_numbers);
    let have_names = names.iter().any(|names| !names.is_empty());
    let named = members.iter().zip(names).map(|(member, names)| {
        let are_numbers = have_numbers || (have_names && member.classes_are_numbers());
        (member, if names.is_empty() && are_numbers { ClassNames::numbers(member.classes()) } else { names })
    });
    let mut named = named.filter(|(_, names)| !names.is_empty());
    let Some(first) = named.next() else { return Ok(members.first().map(|member| (member, ClassNames::default()))) };
    match named.find(|(_, others)| *others != first.1) {
        None => Ok(Some(first)),
        Some(other) => {
            let in_words = |(member, names): (&Member, ClassNames)| (member.path.clone(), names.in_words());
            Err(Failure::OtherClasses { first: in_words(first), other: in_words(other) })
        }
    }
}

fn warn_of_other_data(members: &[Member], data: &Dataset) {
    let these = data.identity().name();
    for member in members {
        let others: Vec<_> = member.datasets().into_iter().filter(|&name| name != these).collect();
        let model = if members.len() == 1 { "the model" } else { &member.path };
        let is_of_other_form = |other: &&str| {
            are_pictures(other) && are_pictures(these) && are_in_mnists_form(other) != are_in_mnists_form(these)
        };
        if others.iter().any(is_of_other_form) {
            let forms = ["used unchanged", "brought into MNIST's form"];
            let [of_model, of_these] = if are_in_mnists_form(these) { forms } else { [forms[1], forms[0]] };
            output::warning(format_args!(
                "{model} was trained on pictures that were {of_model}, but those in this directory are {of_these}, as \
                their sizes have it: its answers may mean little"
            ));
        } else if !others.is_empty() {
            let others = others.join(" and ");
            output::warning(format_args!("{model} was trained on {others}, these are {}", data.identity()));
        }
    }
}

pub fn name(split: Split) -> &'static str {
    match split {
        Split::Test => "test",
        Split::Validation => "validation",
        Split::Train => "train",
    }
}
