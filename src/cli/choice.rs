//! The choice of images from a split.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use clap::Args;
use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::data::{ClassNames, Dataset};
use mnist_mlp::mistakes::Mistake;
use mnist_mlp::report::thousands;

use super::Failure;
use super::usage::Usage;

/// Number of pictures to show if no number is given.
const DEFAULT_COUNT: usize = 10;

/// The options that choose images. Each leaves fewer of them.
#[derive(Debug, Args)]
pub struct ChoiceArguments {
    /// Images by their numbers in the split, counted from 0, as in 3,17,100-110.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = range, allow_hyphen_values = true)]
    pub index: Vec<RangeInclusive<usize>>,

    /// Images with these labels, as in 7 or 4,9; names of classes, if they have any.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = label, allow_hyphen_values = true)]
    pub label: Vec<String>,

    /// Images in random order, the order of --seed.
    #[arg(long)]
    pub random: bool,

    /// At most N images [default: 10, counting distorted and shifted versions; all that --index names].
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,

    /// Seed of --random and --augment, as in training.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// The chosen images.
pub struct Chosen {
    /// Their indices, in the order in which to show them.
    pub indices: Vec<usize>,
    /// Number of images from which they were chosen.
    pub available: usize,
    /// The names of the labels that were asked for; empty if all were.
    pub labels: Vec<String>,
}

impl ChoiceArguments {
    /// Chooses images of `data`, or only of the `mistakes` if these are given. They are in the order of the mistakes,
    /// of `--index` or of the file. Of each image, `versions` pictures will be shown.
    pub fn choose(
        &self,
        data: &Dataset,
        mistakes: Option<&[Mistake]>,
        versions: usize,
        split: &'static str,
    ) -> Result<Chosen, Failure> {
        let labels = self.labels(data)?;
        if let Some(range) = self.index.iter().find(|range| *range.end() >= data.len()) {
            return Err(Failure::Usage(Usage::Index { index: *range.end(), split, images: data.len() }));
        }
        let mut indices: Vec<usize> = match mistakes {
            Some(mistakes) => {
                let all = self.index.is_empty();
                let named = |index| all || self.index.iter().any(|range| range.contains(&index));
                mistakes.iter().map(|mistake| mistake.index).filter(|&index| named(index)).collect()
            }
            None if self.index.is_empty() => (0..data.len()).collect(),
            None => self.index.iter().cloned().flatten().collect(),
        };
        indices.retain(|&index| labels.is_empty() || labels.contains(&data.label(index)));
        let available = indices.len();
        if self.random && available > 0 {
            // The order in which the first epoch of a training on this many images visits them.
            let mut order = EpochOrder::new(available, Some(self.seed));
            let shuffled = order.mini_batches(1, available).flatten().map(|&place| indices[place as usize]);
            indices = shuffled.collect();
        }
        let unless_said = if self.index.is_empty() { (DEFAULT_COUNT / versions).max(1) } else { usize::MAX };
        indices.truncate(self.count.map_or(unless_said, |count| count as usize));
        let labels = labels.into_iter().map(|class| data.identity().classes().of(class)).collect();
        Ok(Chosen { indices, available, labels })
    }

    /// The classes given by `--label`.
    fn labels(&self, data: &Dataset) -> Result<Vec<usize>, Failure> {
        let (names, count) = (data.identity().classes(), data.classes());
        let class = |called: &String| {
            let class = names.class(called.trim()).filter(|&class| class < count);
            class.ok_or_else(|| {
                let known = match names.all() {
                    [] => format!("there are {count} classes, 0 to {}", count - 1),
                    all => format!("the classes are {}", all.iter().take(count).collect::<ClassNames>().in_words()),
                };
                Failure::Usage(Usage::Label { label: called.clone(), known })
            })
        };
        let labels: BTreeSet<_> = self.label.iter().map(class).collect::<Result<_, _>>()?;
        Ok(labels.into_iter().collect())
    }

    /// Describes the choice: "10 of 344 mistakes with label 4 or 9, the most confident first".
    pub fn description(&self, chosen: &Chosen, mistakes: bool) -> String {
        let (shown, available) = (chosen.indices.len(), chosen.available);
        let noun = match (mistakes, available) {
            (true, 1) => "mistake",
            (true, _) => "mistakes",
            (false, 1) => "image",
            (false, _) => "images",
        };
        let mut text = if shown < available { format!("{} of ", thousands(shown)) } else { String::new() };
        text += &format!("{} {noun}", thousands(available));
        if !chosen.labels.is_empty() {
            text += &format!(" with label {}", chosen.labels.join(" or "));
        }
        text += match (self.random, mistakes) {
            (true, _) => ", in random order",
            (false, true) => ", the most confident first",
            (false, false) => "",
        };
        text
    }
}

/// A label. Its name may begin with a hyphen, but not with two, as options do.
fn label(text: &str) -> Result<String, &'static str> {
    if text.starts_with("--") { Err("that is an option: write labels as in 4,9") } else { Ok(text.to_string()) }
}

/// Parses "17" or "100-110".
fn range(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |part: &str| part.trim().parse().map_err(|_| format!("'{text}' is not a number such as 17"));
    let Some((first, last)) = text.split_once('-') else { return number(text).map(|index| index..=index) };
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err(format!("{first} is above {last}: write {last}-{first}")) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use mnist_mlp::data::Identity;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        choice: ChoiceArguments,
    }

    /// Twenty images with labels 0, 1, 2, 0, ...
    fn data() -> Dataset {
        let labels = (0..20).map(|i| i % 3).collect();
        Dataset::new(vec![0; 20], labels, (1, 1), 4, Identity::named("toy")).unwrap()
    }

    fn choose(line: &str, mistakes: Option<&[Mistake]>) -> Result<Vec<usize>, Failure> {
        let words = std::iter::once("show").chain(line.split_whitespace());
        let choice = Line::try_parse_from(words).unwrap().choice;
        choice.choose(&data(), mistakes, 1, "test").map(|chosen| chosen.indices)
    }

    #[test]
    fn each_option_leaves_fewer() {
        let chosen = |line| choose(line, None).unwrap();
        assert_eq!(chosen(""), (0..10).collect::<Vec<_>>());
        assert_eq!(chosen("-n 2"), [0, 1]);
        assert_eq!(chosen("--index 3,17,5-7"), [3, 17, 5, 6, 7]);
        assert_eq!(chosen("--index 0-19").len(), 20);
        assert_eq!(chosen("--index 3,17,5-7 --label 0,2"), [3, 17, 5, 6]);
        assert_eq!(chosen("--label 3"), [0; 0]);
        assert_eq!(chosen("--label 1 -n 3"), [1, 4, 7]);
    }

    #[test]
    fn classes_are_chosen_by_name_too() {
        let names = ["ant", "bee", "cow", "fly"].iter().collect();
        let data = data().called(names);
        let chosen = |label: &str| {
            let choice = Line::try_parse_from(["show", "-n", "2", "--label", label]).unwrap().choice;
            choice.choose(&data, None, 1, "test").map(|chosen| chosen.indices)
        };
        assert_eq!((chosen("bee").unwrap(), chosen("1").unwrap()), (vec![1, 4], vec![1, 4]));
        assert_eq!(chosen("fly").unwrap(), [0; 0], "the name of a class without images");
        let error = chosen("dog").unwrap_err().to_string();
        assert_eq!(error, "no image can have the label dog: the classes are ant, bee, cow, fly");
    }

    #[test]
    fn mistakes_keep_their_order() {
        let mistake = |index| Mistake { index, label: 0, predicted: 1, confidence: 1.0, of_label: 0.0 };
        let mistakes = [9, 2, 12, 0].map(mistake);
        let chosen = |line| choose(line, Some(&mistakes)).unwrap();
        assert_eq!(chosen(""), [9, 2, 12, 0]);
        assert_eq!(chosen("--label 0 -n 2"), [9, 12]);
        assert_eq!(chosen("--index 0-2"), [2, 0]);
    }

    #[test]
    fn a_seed_draws_the_same_images_again() {
        let chosen = |line| choose(line, None).unwrap();
        let drawn = chosen("--random -n 20");
        assert_ne!(drawn, (0..20).collect::<Vec<_>>());
        assert_eq!(drawn[..5], chosen("--random -n 5"));
        assert_ne!(drawn, chosen("--random -n 20 --seed 1"));
        // The first mini-batch of a training on all images.
        let mut order = EpochOrder::new(20, Some(0));
        let first: Vec<_> = order.mini_batches(1, 5).next().unwrap().iter().map(|&index| index as usize).collect();
        assert_eq!(drawn[..5], first);
        let mut sorted = drawn;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_not_there_cannot_be_chosen() {
        assert!(matches!(
            choose("--index 3,20", None),
            Err(Failure::Usage(Usage::Index { index: 20, images: 20, .. }))
        ));
        let all = format!("--index 0-{}", usize::MAX);
        assert!(matches!(choose(&all, None), Err(Failure::Usage(Usage::Index { index: usize::MAX, .. }))));
        assert!(matches!(choose("--label 4", None), Err(Failure::Usage(Usage::Label { label, .. })) if label == "4"));
        assert!(choose("--label x", None).unwrap_err().to_string().ends_with("there are 4 classes, 0 to 3"));
        for wrong in ["7-3", "-3", "3-", "x", "", "1-2-3", "99999999999999999999999"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_description_counts() {
        let describe = |line: &str, shown, available, mistakes| {
            let choice = Line::try_parse_from(std::iter::once("show").chain(line.split_whitespace())).unwrap().choice;
            let labels = choice.label.clone();
            choice.description(&Chosen { indices: vec![0; shown], available, labels }, mistakes)
        };
        assert_eq!(describe("", 10, 10_000, false), "10 of 10,000 images");
        assert_eq!(describe("--label 4,9", 1, 1, false), "1 image with label 4 or 9");
        assert_eq!(describe("", 10, 344, true), "10 of 344 mistakes, the most confident first");
        assert_eq!(describe("--random", 7, 7, true), "7 mistakes, in random order");
    }
}
