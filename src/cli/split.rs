//! The images of a split, cut as in the training of a model.

use std::ops::Range;

use mnist_mlp::data::classes::OtherNames;
use mnist_mlp::data::known::{are_in_mnists_form, are_pictures};
use mnist_mlp::data::source::Source;
use mnist_mlp::data::splits::{self, SplitError};
use mnist_mlp::data::synthetic::TRAINING_COUNT;
use mnist_mlp::data::{ClassNames, Classes, Dataset, Part};
use mnist_mlp::report::{Seen, thousands};

use super::args::{DataArguments, Split};
use super::member::Member;
use super::{Failure, dataset, output};

/// The images from which `split` is cut: the whole part or, of the built-in digits, as many as the models' trainings
/// had. If the command is quiet, a warning takes the place of the note about digits that nobody named.
pub fn whole(
    arguments: &DataArguments,
    split: Split,
    members: &[Member],
    threads: usize,
    quiet: bool,
) -> Result<Dataset, Failure> {
    let source = dataset::source(arguments, quiet)?;
    dataset::warning(arguments).filter(|_| quiet).iter().for_each(output::warning);
    load(&source, split, members, threads)
}

fn load(source: &Source, split: Split, members: &[Member], threads: usize) -> Result<Dataset, Failure> {
    if split == Split::Test {
        return Ok(source.load(Part::Test, threads)?);
    }
    let wanted = members.iter().map(Member::images).max().unwrap_or(0);
    Ok(source.load_at_least(wanted, Part::Training, threads)?)
}

/// The images of `split`, cut as in the training of the members, of which there must be at least one. Their trainings
/// may have had different numbers of images, provided that this split is the same for all.
pub fn in_common(
    arguments: &DataArguments,
    split: Split,
    members: &[Member],
    threads: usize,
) -> Result<Dataset, Failure> {
    let source = dataset::source(arguments, false)?;
    let whole = load(&source, split, members, threads)?;
    let there_were = |member: &Member| match source {
        // The number of built-in digits is unlimited, so the validation set is at the end of those that the training
        // had.
        Source::Synthetic { .. } if split != Split::Test => member.images().max(TRAINING_COUNT),
        _ => whole.len(),
    };
    let (first, others) = members.split_first().expect("clap demands a model");
    let expected = range_for(first, there_were(first), split)?;
    for other in others {
        let range = range_for(other, there_were(other), split)?;
        if range != expected {
            let (first, other) = ((first.path.clone(), expected), (other.path.clone(), range));
            return Err(Failure::SplitsDiffer { split: name(split), first, other });
        }
    }
    for other in others {
        warn_of_known(other, &whole, split);
    }
    cut_for(first, &whole.slice(0..there_were(first)), split)
}

/// Cuts `split` out of `whole`: the last `validation` images; the first `train_size` of the other images, or all of
/// them if `train_size` is `None`; or the whole.
pub fn cut(whole: &Dataset, split: Split, train_size: Option<usize>, validation: usize) -> Result<Dataset, SplitError> {
    Ok(whole.slice(range(whole.len(), split, train_size, validation)?))
}

/// The indices of the images of `split` among all `total`, see [`cut`].
fn range(total: usize, split: Split, train_size: Option<usize>, validation: usize) -> Result<Range<usize>, SplitError> {
    Ok(match split {
        Split::Test | Split::All => 0..total,
        Split::Validation => splits::ranges(total, None, validation)?.1,
        Split::Train => splits::ranges(total, train_size, validation)?.0,
    })
}

/// The indices of the images of `split` among all `total`, as in the training of `member`.
fn range_for(member: &Member, total: usize, split: Split) -> Result<Range<usize>, Failure> {
    let validation = member.validation(total);
    let other = |_| Failure::OtherSplit { path: member.path.clone(), split: name(split), validation, images: total };
    range(total, split, member.train_size(), validation).map_err(other)
}

/// Cuts `split` out of `whole` as in the training of `member`. An error if the split is empty.
pub fn cut_for(member: &Member, whole: &Dataset, split: Split) -> Result<Dataset, Failure> {
    let data = whole.slice(range_for(member, whole.len(), split)?);
    if data.is_empty() {
        return Err(Failure::EmptySplit { split: name(split), validation: member.validation(whole.len()) });
    }
    warn_of_known(member, &data, split);
    Ok(data)
}

/// Warns of a model that was trained on some of all images.
fn warn_of_known(member: &Member, all: &Dataset, split: Split) {
    if split == Split::All && member.datasets().contains(&all.identity().name()) {
        let n = member.train_size().map_or_else(|| "some".to_string(), thousands);
        output::warning(format_args!("{} was trained on {n} of these images, whose answers it knows", member.path));
    }
}

/// The images with the labels and class names of the models. Warns if a model was trained on another dataset.
pub fn for_models(members: &[Member], data: &Dataset) -> Result<Dataset, Failure> {
    let mut data = data.clone();
    for member in members {
        data = data.shaped(member.shape_for(data.geometry())?);
    }
    let data = &data;
    warn_of_other_data(members, data);
    let all: Vec<_> = members.iter().map(Member::known_classes).collect();
    let named = Classes::in_common(&all).map_err(|OtherNames { place, found, first, expected }| {
        let of = |place: usize, names: ClassNames| (members[place].path.clone(), names.in_words());
        Failure::OtherClasses { first: of(first, expected), other: of(place, found) }
    })?;
    let place = named.unwrap_or(0);
    let Some(classes) = all.get(place) else { return Ok(data.clone()) };
    let path = &members[place].path;
    if !members[place].datasets().contains(&data.identity().name()) {
        told_by_place(data, classes, path).into_iter().for_each(output::warning);
    }
    let data = in_classes(data, classes, path)?;
    let is_nameless = data.identity().classes().is_empty();
    Ok(if is_nameless && data.classes() <= classes.names.all().len() {
        data.called(classes.names.clone())
    } else {
        data
    })
}

/// The images with the labels and class names of the model in `path`.
pub fn in_classes(data: &Dataset, classes: &Classes, path: &str) -> Result<Dataset, Failure> {
    data.in_classes_of(classes).map_err(|error| Failure::UnknownClasses { model: path.to_string(), error })
}

/// A warning if classes of these images and of the model in `path` can only be matched by position, because only one
/// side has names.
pub fn told_by_place(data: &Dataset, model: &Classes, path: &str) -> Option<String> {
    let own = Classes::of(data);
    let names = own.names_told_by_place(model)?;
    let (names, numbers) = (names.in_words(), ClassNames::numbers(names.all().len()).in_words());
    Some(if model.names.is_empty() {
        format!("{path} knows its classes by numbers alone: {names} are taken for {numbers}, in this order")
    } else {
        format!(
            "the labels of these images are numbers, the classes of {path} have names: {numbers} are taken for {names}, \
            in this order"
        )
    })
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

/// The height and width that the model in `path` gives to images of the height and width `found`. It may record the shape
/// of its own images. Others of as many pixels are refused, but squares are taken for its own, since what has no shape,
/// such as a table, is read as squares.
pub fn shape_for(
    path: &str,
    recorded: Option<(usize, usize)>,
    found: (usize, usize),
) -> Result<(usize, usize), Failure> {
    let has_as_many = |&(height, width): &(usize, usize)| height * width == found.0 * found.1;
    match recorded.filter(has_as_many) {
        Some(own) if own != found && found.0 != found.1 => {
            Err(Failure::Shape { path: path.to_string(), expected: own, found })
        }
        Some(own) => Ok(own),
        None => Ok(found),
    }
}

/// The images of a split, each seen in so many places, for reports.
pub fn seen(images: &Dataset, split: Split, views: usize) -> Seen {
    let identity = images.identity();
    Seen { dataset: identity.to_string(), names: identity.classes().clone(), split: name(split), views }
}

pub fn name(split: Split) -> &'static str {
    match split {
        Split::Test => "test",
        Split::Validation => "validation",
        Split::Train => "train",
        Split::All => "all",
    }
}
