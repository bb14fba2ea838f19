use proptest::prelude::*;

use super::*;
use crate::data::distort::Distortion;
use crate::model::{EpochRecord, ModelRecord, Monitor};
use crate::picture::file::is_our_png;

/// A run of 784-30-10 whose accuracy climbs to `best` of 100. `changes` replaces settings in its record.
fn run(name: &str, changes: &str, best: usize) -> Run {
    let mut training = serde_json::json!({
        "program": "mnist", "dataset": "MNIST", "n_train": 1000, "n_validation": 10000, "evaluate_on": "validation",
        "init": "default", "epochs": 30, "batch_size": 10, "eta": 0.5, "lambda": 5.0, "seed": 0, "shuffle": true,
        "precision": "f32", "engine": "fast", "epochs_done": 30
    });
    let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        training[key] = value.clone();
    }
    let history: Vec<_> = (1..=30)
        .map(|epoch| EpochRecord {
            epoch,
            training_cost: Some(3.0 / epoch as f64),
            evaluation_cost: Some(3.5 / epoch as f64 + 0.01 * epoch as f64),
            training_accuracy: Some(1000 - 300 / epoch),
            evaluation_accuracy: Some(best - 20 / epoch),
            n_training: 1000,
            n_evaluation: 100,
            eta: None,
        })
        .collect();
    let model = serde_json::json!({
        "sizes": [784, 30, 10], "cost": "CrossEntropyCost", "training": training, "history": history
    });
    let model = ModelRecord::from_json(model.to_string().as_bytes()).unwrap();
    Run { name: name.to_string(), history, model: Some(model) }
}

fn names(figure: &Figure) -> Vec<&str> {
    figure.panels.iter().flat_map(|panel| &panel.series).map(|series| series.name.as_str()).collect()
}

#[test]
fn one_run_shows_its_costs_and_its_accuracies() {
    let figure = learning_curves(&[run("a", "{}", 95)], &Choice::default()).unwrap();
    assert_eq!(figure.title, "784-30-10, cross-entropy, MNIST");
    assert_eq!(figure.subtitle, "1,000 images, eta 0.5, lambda 5, mini-batches of 10");
    let labels: Vec<_> = figure.panels.iter().map(|panel| panel.y.label.as_str()).collect();
    assert_eq!(labels, ["cost", "accuracy"]);
    assert_eq!(names(&figure), ["training", "validation", "training", "validation"]);
    assert_eq!(figure.panels[1].series[1].points[29], (30.0, 0.95));
}

#[test]
fn the_legend_is_made_of_what_differs() {
    let of = |runs: &[Run]| {
        let metrics = vec![Monitor::EvaluationAccuracy];
        let figure = learning_curves(runs, &Choice { metrics, ..Choice::default() }).unwrap();
        assert_eq!(figure.panels[0].y.label, "validation accuracy");
        names(&figure).into_iter().map(String::from).collect::<Vec<_>>()
    };
    let distorted = |name: &str, fade_to: f64| {
        let distortion = serde_json::to_string(&Distortion { fade_to, ..Distortion::default() }).unwrap();
        run(name, &format!(r#"{{"augment": {distortion}}}"#), 95)
    };
    let fading = of(&[distorted("a", 1.0), distorted("b", 0.5), distorted("c", 0.25)]);
    assert_eq!(fading, ["no fading", "fading to 0.5", "fading to 0.25"]);
    let (a, b) = (run("a", "{}", 95), run("b", r#"{"eta": 0.25}"#, 94));
    assert_eq!(of(&[a.clone(), b.clone()]), ["eta 0.5", "eta 0.25"]);
    let c = run("c", r#"{"eta": 0.25, "dropout": 0.5, "epoch": 3}"#, 94);
    assert_eq!(of(&[a.clone(), c]), ["eta 0.5, no dropout", "eta 0.25, dropout 0.5"]);
    assert_eq!(of(&[a.clone(), Run { name: "again".to_string(), ..a.clone() }]), ["a", "again"]);
    assert_eq!(
        of(&[a.clone(), b, Run { name: "again".to_string(), ..a }]),
        ["eta 0.5 (a)", "eta 0.25", "eta 0.5 (again)"]
    );
}

/// The run with only these monitors on.
fn monitored(metrics: &[Monitor], mut run: Run) -> Run {
    let is_on = |metric| metrics.contains(&metric);
    for record in &mut run.history {
        record.training_cost = record.training_cost.filter(|_| is_on(Monitor::TrainingCost));
        record.evaluation_cost = record.evaluation_cost.filter(|_| is_on(Monitor::EvaluationCost));
        record.training_accuracy = record.training_accuracy.filter(|_| is_on(Monitor::TrainingAccuracy));
        record.evaluation_accuracy = record.evaluation_accuracy.filter(|_| is_on(Monitor::EvaluationAccuracy));
    }
    run
}

/// The names and places of the curves of a panel.
fn signs(panel: &Panel) -> Vec<(&str, usize)> {
    panel.series.iter().map(|series| (series.name.as_str(), series.place)).collect()
}

#[test]
fn a_name_has_the_same_sign_in_all_panels_and_is_in_every_legend() {
    use Monitor::{EvaluationAccuracy, EvaluationCost, TrainingAccuracy, TrainingCost};
    let c = monitored(&[EvaluationAccuracy], run("c", r#"{"eta": 1.0}"#, 95));
    let a = monitored(&[TrainingCost, EvaluationAccuracy], run("a", "{}", 95));
    let figure = learning_curves(&[c.clone(), a], &Choice::default()).unwrap();
    assert_eq!(signs(&figure.panels[0]), [("eta 0.5", 1)]);
    assert_eq!(signs(&figure.panels[1]), [("eta 1", 0), ("eta 0.5", 1)]);
    assert_eq!(figure.text(80, false).matches("  x eta 0.5\n").count(), 2, "{}", figure.text(80, false));
    assert_eq!(figure.svg(Theme::Paper).matches("\neta 0.5\n").count(), 2, "{}", figure.svg(Theme::Paper));

    // The upper panel shows evaluation images only, the lower one both kinds.
    let a = monitored(&[EvaluationCost, TrainingAccuracy, EvaluationAccuracy], run("a", "{}", 95));
    let figure = learning_curves(&[a.clone(), c.clone()], &Choice::default()).unwrap();
    assert_eq!(signs(&figure.panels[0]), [("eta 0.5, validation", 1)]);
    let below = [("eta 0.5, training", 0), ("eta 0.5, validation", 1), ("eta 1, validation", 3)];
    assert_eq!(signs(&figure.panels[1]), below);
    let figure = learning_curves(&[a], &Choice::default()).unwrap();
    assert_eq!(signs(&figure.panels[0]), [("validation", 1)]);
    assert_eq!(figure.panels[0].y.label, "validation cost");

    // Each panel has one curve, which its label describes completely.
    let only = monitored(&[TrainingCost, EvaluationAccuracy], run("a", "{}", 95));
    let figure = learning_curves(&[only], &Choice::default()).unwrap();
    assert_eq!(names(&figure), ["", ""]);
}

#[test]
fn a_run_without_epochs_in_the_range_is_said_to_be_left_out() {
    let mut a = run("a", r#"{"epochs": 10}"#, 95);
    a.history.truncate(10);
    let runs = [a, run("b", "{}", 95)];
    let of = |epochs| {
        let choice = Choice { metrics: vec![Monitor::EvaluationAccuracy], epochs, ..Choice::default() };
        learning_curves(&runs, &choice).unwrap()
    };
    let figure = of(20..=30);
    assert_eq!(figure.left_out(), ["a has nothing in the epochs 20 to 30: it is left out"]);
    assert_eq!(signs(&figure.panels[0]), [("30 epochs", 1)]);
    assert!(figure.text(80, false).contains("  x 30 epochs\n"), "{}", figure.text(80, false));
    assert_eq!(of(11..=usize::MAX).left_out(), ["a has nothing in the epochs from 11 on: it is left out"]);
    assert!(of(10..=30).left_out().is_empty());
}

#[test]
fn what_was_monitored_in_other_epochs_only_has_no_panel() {
    let mut a = run("a", "{}", 95);
    a.history.iter_mut().skip(10).for_each(|record| (record.training_cost, record.evaluation_cost) = (None, None));
    let of = |run: &Run, metrics: Vec<Monitor>| {
        let choice = Choice { metrics, epochs: 20..=30, ..Choice::default() };
        learning_curves(std::slice::from_ref(run), &choice)
    };
    let figure = of(&a, Vec::new()).unwrap();
    let labels: Vec<_> = figure.panels.iter().map(|panel| panel.y.label.as_str()).collect();
    assert_eq!(labels, ["accuracy"]);
    let none = of(&a, vec![Monitor::TrainingCost]).unwrap_err();
    assert_eq!(none, PlotError::NoEpochs { asked: 20..=30, first: 1, last: 10 });

    // The model holds its last epoch, whose cost was not monitored.
    a.model.as_mut().unwrap().history = a.history.clone();
    let against = |runs: &[Run]| {
        let choice = Choice { metrics: vec![Monitor::TrainingCost], against: Against::Eta, ..Choice::default() };
        learning_curves(runs, &choice)
    };
    let expected = PlotError::NotMonitored { run: "a".to_string(), metric: Monitor::TrainingCost };
    assert_eq!(against(std::slice::from_ref(&a)), Err(expected));
    let figure = against(&[a, run("b", "{}", 95)]).unwrap();
    assert_eq!(figure.left_out(), ["a has nothing of the epoch that it holds: it is left out"]);
}

#[test]
fn a_curve_may_begin_and_end_anywhere() {
    let choice = Choice { metrics: vec![Monitor::TrainingCost], epochs: 10..=20, ..Choice::default() };
    let figure = learning_curves(&[run("a", "{}", 95)], &choice).unwrap();
    let points = &figure.panels[0].series[0].points;
    assert_eq!((points.len(), points[0], points[10]), (11, (10.0, 0.3), (20.0, 0.15)));
    assert_eq!((figure.panels[0].y.label.as_str(), names(&figure)), ("training cost", vec![""]));
    assert!(figure.words().ends_with("training cost against epoch. 0.300 at 10, 0.150 at 20"), "{}", figure.words());
    let of = |epochs| learning_curves(&[run("a", "{}", 95)], &Choice { epochs, ..choice.clone() });
    let none = of(31..=40).unwrap_err();
    assert_eq!(none, PlotError::NoEpochs { asked: 31..=40, first: 1, last: 30 });
    assert_eq!(none.to_string(), "none of the epochs 31 to 40 was trained and monitored: there are 1 to 30");
    let none = of(31..=usize::MAX).unwrap_err();
    assert_eq!(none.to_string(), "none of the epochs from 31 on was trained and monitored: there are 1 to 30");
}

#[test]
fn against_a_setting_each_model_is_a_point() {
    let metrics = vec![Monitor::EvaluationAccuracy];
    let choice = Choice { metrics, against: Against::TrainSize, x: Scale::Log, ..Choice::default() };
    // Numbers of epochs differ between sizes and do not divide the curve; 100 images were trained with two seeds.
    let sizes = [
        run("c", r#"{"n_train": 10000, "epochs": 3}"#, 95),
        run("a", r#"{"n_train": 100, "epochs": 300}"#, 70),
        run("b", r#"{"n_train": 100, "epochs": 300, "seed": 1}"#, 72),
    ];
    let figure = learning_curves(&sizes, &choice).unwrap();
    assert_eq!(figure.panels[0].series[0].points, [(100.0, 0.71), (10_000.0, 0.95)]);
    assert_eq!((names(&figure), figure.panels[0].x.label.as_str()), (vec![""], "training images"));

    // A model that holds its best epoch is plotted with that epoch.
    let best = run("best", r#"{"n_train": 100, "epochs": 300, "epoch": 10, "eta": 0.1}"#, 72);
    let figure = learning_curves(&[sizes[1].clone(), best.clone()], &choice).unwrap();
    assert_eq!(names(&figure), ["eta 0.5", "eta 0.1"]);
    assert_eq!(figure.panels[0].series[1].points, [(100.0, 0.70)]);

    // An expanded training set is plotted at its original size, as another curve.
    let shifted = run("shifted", r#"{"n_train": 500, "epochs": 300, "expand": "shift"}"#, 75);
    let figure = learning_curves(&[sizes[1].clone(), shifted], &choice).unwrap();
    assert_eq!(names(&figure), ["no expand", "expand shift"]);
    assert_eq!(figure.panels[0].series[1].points, [(100.0, 0.75)]);

    let unknown = Run { model: None, ..best };
    assert!(matches!(learning_curves(&[unknown], &choice), Err(PlotError::NoSettings { .. })));
}

#[test]
fn against_hidden_neurons_models_of_as_many_layers_are_a_curve() {
    let of = |sizes: &[&[usize]]| {
        let with = |hidden: &&[usize]| {
            let mut run = run("a", "{}", 95);
            run.model.as_mut().unwrap().sizes = [&[784][..], hidden, &[10]].concat();
            run
        };
        let runs: Vec<_> = sizes.iter().map(with).collect();
        let metrics = vec![Monitor::EvaluationAccuracy];
        let choice = Choice { metrics, against: Against::Hidden, ..Choice::default() };
        let figure = learning_curves(&runs, &choice).unwrap();
        let x = |series: &Series| series.points.iter().map(|(x, _)| *x as usize).collect::<Vec<_>>();
        figure.panels[0].series.iter().map(|series| (series.name.clone(), x(series))).collect::<Vec<_>>()
    };
    let curve = |name: &str, x: &[usize]| (name.to_string(), x.to_vec());
    assert_eq!(of(&[&[20], &[40], &[60]]), [curve("", &[20, 40, 60])]);
    assert_eq!(
        of(&[&[20], &[40], &[60], &[20, 20], &[30, 30]]),
        [curve("1 hidden layer", &[20, 40, 60]), curve("2 hidden layers", &[40, 60])]
    );
    assert_eq!(of(&[&[], &[0, 0]]), [curve("no hidden layer", &[0]), curve("2 hidden layers", &[0])]);
    // Different models are not averaged.
    assert_eq!(
        of(&[&[20], &[40], &[20, 20], &[30, 10]]),
        [curve("1 hidden layer", &[20, 40]), curve("784-20-20-10", &[40]), curve("784-30-10-10", &[40])]
    );
}

#[test]
fn a_logarithmic_axis_says_what_it_leaves_out() {
    let of = |x, runs: &[Run]| {
        let choice = Choice { against: Against::Lambda, x, ..Choice::default() };
        learning_curves(runs, &choice).unwrap().left_out()
    };
    let (some, none) = (run("a", "{}", 95), run("b", r#"{"lambda": 0.0}"#, 94));
    // A sentence occurs once, though two panels share the axis.
    let expected = ["lambda of 0 or less has no place on a logarithmic axis: it is left out"];
    assert_eq!(of(Scale::Log, &[some.clone(), none.clone()]), expected);
    assert!(of(Scale::Linear, &[some.clone(), none]).is_empty() && of(Scale::Log, &[some]).is_empty());
}

#[test]
fn what_is_long_goes_on_in_the_next_line() {
    assert_eq!(in_lines("one, two, three", 9), ["one, two, ", "three"]);
    assert_eq!(in_lines("one, two, three", 8), ["one, ", "two, ", "three"]);
    assert_eq!(in_lines("one, two, three", 4), ["one, ", "two, ", "thre", "e"]);
    assert!(in_lines("", 4).is_empty());
    let changes = |eta: f64, seed: u32| {
        let settings = r#""dropout": 0.5, "input_dropout": 0.25, "max_norm": 3.0, "l1": 0.125, "ema": 0.999"#;
        format!(r#"{{"eta": {eta}, "seed": {seed}, {settings}}}"#)
    };
    let runs = [run("a", "{}", 95), run("b", &changes(0.25, 1), 94), run("c", &changes(0.25, 2), 94)];
    let figure = learning_curves(&runs, &Choice::default()).unwrap();
    let (text, svg) = (figure.text(60, false), figure.svg(Theme::Paper));
    for seed in 1..=2 {
        let end = format!("seed {seed}, validation\n");
        assert!(text.contains(&end) && svg.contains(&format!("seed {seed}, validation")), "{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
}

#[test]
fn every_curve_has_a_sign_of_its_own() {
    let runs: Vec<_> = (0..30).map(|seed| run("a", &format!(r#"{{"seed": {seed}}}"#), 95)).collect();
    let metrics = vec![Monitor::EvaluationAccuracy];
    let text = learning_curves(&runs, &Choice { metrics, ..Choice::default() }).unwrap().text(80, false);
    let signs: std::collections::BTreeSet<_> =
        text.lines().filter(|line| line.contains("seed ")).map(|line| line.chars().nth(2)).collect();
    assert_eq!(signs.len(), 30, "{text}");
}

#[test]
fn the_legend_of_a_picture_names_as_many_curves_as_can_be_told_apart() {
    let runs: Vec<_> = (0..100).map(|seed| run("a", &format!(r#"{{"seed": {seed}}}"#), 95)).collect();
    let metrics = vec![Monitor::EvaluationAccuracy];
    let svg = learning_curves(&runs, &Choice { metrics, ..Choice::default() }).unwrap().svg(Theme::Paper);
    assert!(svg.contains("\nseed 41\n") && !svg.contains("\nseed 42\n") && svg.contains("\nand 58 more\n"));
}

#[test]
fn long_numbers_have_their_place_beside_the_plot() {
    let left = |costs: [f64; 2]| {
        let record = |(epoch, &cost)| EpochRecord { epoch, training_cost: Some(cost), ..EpochRecord::default() };
        let history = (1..).zip(&costs).map(record).collect();
        let run = Run { name: "a".to_string(), history, model: None };
        let svg = learning_curves(&[run], &Choice::default()).unwrap().svg(Theme::Paper);
        let numbers = svg.split("<text ").filter(|text| text.contains("text-anchor=\"end\""));
        let room = numbers.map(|text| {
            let x: i32 = text.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
            x - 65 * text.split('\n').nth(1).unwrap().chars().count() as i32 // a digit takes 6.5 pixels
        });
        room.min().unwrap()
    };
    assert!(left([0.1, 0.5]) > 0 && left([0.499_661, 0.499_669]) > 0 && left([1.234_567e7, 1.234_568e7]) > 0);
}

#[test]
fn a_short_curve_beside_a_long_one_has_its_sign() {
    let mut short = run("b", r#"{"eta": 0.25}"#, 94);
    short.history.truncate(10);
    let metrics = vec![Monitor::EvaluationAccuracy];
    let mut long = run("a", "{}", 95);
    let last = long.history[29].clone();
    long.history.extend((31..=400).map(|epoch| EpochRecord { epoch, ..last.clone() }));
    let figure = learning_curves(&[long, short], &Choice { metrics, ..Choice::default() }).unwrap();
    let text = anstream::adapter::strip_str(&figure.text(80, true)).to_string();
    assert_eq!(text.matches('x').count(), 2, "in the legend and on the curve:\n{text}");
    assert!(!draw::marks(&[0.0, 0.001, 0.002], (2, 12), 0.9).is_empty());
}

#[test]
fn words_of_a_file_cannot_move_the_cursor() {
    let record = run("a", r#"{"dataset": "\u001b[2J\n", "evaluate_on": "\u0007test"}"#, 95).model.unwrap();
    let training = record.training.unwrap();
    assert_eq!((training.dataset.as_str(), training.evaluate_on.as_str()), ("\u{FFFD}[2J\u{FFFD}", "\u{FFFD}test"));
}

#[test]
fn on_a_page_the_ink_is_that_of_the_page() {
    let figure =
        learning_curves(&[run("a & <b>", "{}", 95), run("c", r#"{"seed": 7}"#, 95)], &Choice::default()).unwrap();
    let (paper, page) = (figure.svg(Theme::Paper), figure.svg(Theme::Page));
    assert!(paper.starts_with(Figure::SVG_START) && paper.contains("fill=\"white\"") && paper.contains("#000000"));
    assert!(!page.contains("fill=\"white\"") && !page.contains("#000000") && page.contains("currentColor"));
    assert!(is_our_png(&figure.png()));
    for coloured in [true, false] {
        let text = figure.text(60, coloured);
        assert!(text.contains("seed 7, validation") && text.is_ascii() != coloured, "{text}");
    }
}

#[test]
fn a_sign_has_the_colour_of_its_curve_where_another_passes() {
    let axis = || Axis { label: String::new(), scale: Scale::Linear, unit: Unit::Number };
    let points: Vec<_> = (0..40).map(|x| (f64::from(x), 0.5)).collect();
    let curve = |place: usize| Series { name: place.to_string(), place, points: points.clone() };
    let panel = Panel { x: axis(), y: axis(), series: vec![curve(0), curve(1)] };
    let text = Figure { panels: vec![panel], ..Figure::default() }.text(60, true);
    let [cyan, yellow] = ["36m", "33m"].map(|colour| {
        let coloured = text.split("\u{1b}[").filter_map(|part| part.strip_prefix(colour));
        coloured.collect::<String>()
    });
    assert!(cyan.contains('o') && !cyan.contains('x'), "{text}");
    assert!(yellow.contains('x') && !yellow.contains('o'), "{text}");
}

#[test]
fn words_of_any_length_leave_a_picture_its_size() {
    for word in ["a", "a, "] {
        let long = word.repeat(1_000_000 / word.len());
        let settings = serde_json::json!({ "dataset": long, "evaluate_on": long }).to_string();
        let figure = learning_curves(&[run(&long, &settings, 95)], &Choice::default()).unwrap();
        assert!(draw::height(&figure) < 2000, "{}", draw::height(&figure));
        assert!(is_our_png(&figure.png()));
        let text = figure.text(80, false);
        assert!(text.lines().count() < 150 && text.contains("...\n"), "{text}");
    }
    assert_eq!(in_lines(&"one, ".repeat(40), 8)[MAX_LINES - 1], "one, ...");
    assert_eq!(in_lines(&"one, ".repeat(MAX_LINES), 4).last().unwrap(), "one, ");
}

/// Random figures of one panel.
fn figures() -> impl Strategy<Value = Figure> {
    let points = prop::collection::vec((any::<f64>(), any::<f64>()), 0..50);
    let series = prop::collection::vec((".{0,120}", points), 0..12);
    let unit = prop::sample::select(vec![Unit::Number, Unit::Count, Unit::Percent]);
    (".{0,40}", 1..250_usize, series, any::<(bool, bool)>(), unit).prop_map(
        |(title, times, series, (log_x, log_y), unit)| {
            let axis = |log: bool| {
                let scale = if log { Scale::Log } else { Scale::Linear };
                Axis { label: "x".to_string(), scale, unit }
            };
            let series = series.into_iter().zip(0..);
            let series = series.map(|((name, points), place)| Series { name, place, points }).collect();
            let panel = Panel { x: axis(log_x), y: axis(log_y), series };
            Figure { title: title.repeat(times), panels: vec![panel], ..Figure::default() }
        },
    )
}

proptest! {
    // Bitmaps take long to draw.
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn any_figure_can_be_drawn_in_pixels(figure in figures()) {
        prop_assert!(draw::height(&figure) < 3000);
        prop_assert!(is_our_png(&figure.png()));
    }
}

proptest! {
    #[test]
    fn any_figure_can_be_drawn(figure in figures(), columns in 0..200_usize) {
        prop_assert!(draw::height(&figure) < 3000);
        let svg = figure.svg(Theme::Page);
        prop_assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
        prop_assert!(!svg.contains(|c: char| c.is_control() && c != '\n'));
        for line in figure.text(columns, false).lines() {
            prop_assert!(line.chars().count() <= columns.max(40), "{line}");
        }
    }

    #[test]
    fn any_bytes_are_read_as_a_run_or_refused(
        start in prop::sample::select(vec!["", "epoch,output,cost,weight,bias\n0,1,2", "{\"epoch\":1,\"n_training\":1,\"n_evaluation\":1}\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if let Ok(run) = Run::read("any", &[start.as_bytes(), &bytes].concat()) {
            prop_assert!(!run.history.is_empty());
            let _ = learning_curves(&[run], &Choice::default()).map(|figure| figure.svg(Theme::Paper));
        }
    }
}
