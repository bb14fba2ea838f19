//! `mnist report`, end to end but for the browser, in which `tests/browser` opens the page.

use std::fs;

use crate::common::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

const TRAIN: &str = "train --data idx --validation 11 --epochs 3 --hidden 6 --monitor all --quiet";

/// The page that `mnist report` makes of a tiny model of 5 x 4 pixels.
fn tiny_page(options: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} {options}")).success();
    let run = sandbox.line("report model.json --data idx").success();
    assert!(run.stdout.starts_with("saved     report.html, ") && run.stderr.is_empty(), "{}{}", run.stdout, run.stderr);
    let page = sandbox.read("report.html");
    (sandbox, page)
}

/// What is between `start` and `end`, each the first of its kind.
#[track_caller]
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("'{start}' is not in the page"));
    rest.split_once(end).unwrap_or_else(|| panic!("'{end}' does not follow '{start}'")).0
}

/// The texts of all cells of a piece of the page, tags taken out.
fn cells(html: &str) -> Vec<&str> {
    html.split("<t").filter_map(|cell| cell.split_once('>')?.1.split_once("</t")).map(|(text, _)| text).collect()
}

#[test]
fn the_page_says_what_eval_says() {
    let (sandbox, page) = tiny_page("");
    let eval = sandbox.line("eval model.json --data idx --format json").success();
    let eval: Value = serde_json::from_str(&eval.stdout).unwrap();
    let accuracy = format!(
        "<strong>{:.2}%</strong> right: {} of 13 images",
        100.0 * eval["accuracy"].as_f64().unwrap(),
        eval["correct"]
    );
    assert!(page.contains(&accuracy), "{accuracy}");

    let classes = cells(between(&page, "<h2 id=\"classes\">", "</section>"));
    let percent = |value: &Value| value.as_f64().map_or("-".to_string(), |share| format!("{:.2}%", 100.0 * share));
    for class in eval["per_class"].as_array().unwrap() {
        let row = [class["label"].to_string(), class["support"].to_string()];
        let row: Vec<_> =
            row.into_iter().chain(["precision", "recall", "f1"].map(|key| percent(&class[key]))).collect();
        assert!(classes.windows(row.len()).any(|cells| cells == row), "{row:?} in {classes:?}");
    }
    let matrix = cells(between(&page, "<table class=\"heat\"", "</table>"));
    for (label, row) in eval["confusion"].as_array().unwrap().iter().enumerate() {
        let row = row.as_array().unwrap().iter().map(ToString::to_string);
        let row: Vec<_> = std::iter::once(label.to_string()).chain(row).collect();
        assert!(matrix.windows(row.len()).any(|cells| cells == row), "{row:?} in {matrix:?}");
    }
    let wrong = 13 - eval["correct"].as_u64().unwrap();
    let mistakes = between(&page, "<h2 id=\"mistakes\">", "</section>");
    assert_eq!(mistakes.matches("<img class=\"pixels\" src=\"data:image/png;base64,").count() as u64, wrong);
    assert_eq!(between(&page, "<h2 id=\"neurons\">", "</section>").matches("<img").count(), 6, "six hidden neurons");
}

#[test]
fn settings_and_history_are_those_of_the_model_file() {
    let (sandbox, page) = tiny_page("--eta 0.25 --lambda 0.5 --l1 0.125 --seed 77 --schedule cosine --precision f64");
    let settings = cells(between(&page, "<table class=\"settings\">", "</table>"));
    for (name, value) in [
        ("training images", "53"),
        ("validation images", "11"),
        ("epochs", "3 of 3"),
        ("learning rate η", "0.25"),
        ("schedule", "cosine"),
        ("L2 regularization λ", "0.5"),
        ("L1 regularization", "0.125"),
        ("seed", "77"),
        ("precision", "64 bits"),
    ] {
        assert!(settings.windows(2).any(|pair| pair == [name, value]), "{name} {value} in {settings:?}");
    }
    let history = cells(between(&page, "<details>", "</details>"));
    assert_eq!(history[..5], ["epoch", "training cost", "validation cost", "training accuracy", "validation accuracy"]);
    assert!(between(&page, "<h2 id=\"curves\">", "</section>").contains("<svg "));
    let last = &sandbox.json("model.json")["history"][2];
    let cost = format!("{:.4}", last["training_cost"].as_f64().unwrap());
    assert_eq!(history[15..17], ["3", &cost]);
}

#[test]
fn images_that_were_expanded_are_counted_as_they_are_in_the_file() {
    // Each image and four shifted ones.
    let (_, page) = tiny_page("--train-size 40 --expand shift");
    let settings = cells(between(&page, "<table class=\"settings\">", "</table>"));
    let row = ["training images", "40, expanded by shift to 200"];
    assert!(settings.windows(2).any(|pair| pair == row), "{settings:?}");
}

#[test]
fn the_script_gets_the_weights_as_32_bit_floats() {
    for (options, activations) in [
        ("--activation relu --init he --cost log-likelihood", ["relu", "softmax"]),
        ("--activation tanh --precision f64", ["tanh", "sigmoid"]),
        ("--cost quadratic", ["sigmoid", "sigmoid"]),
    ] {
        let sandbox = Sandbox::new();
        let train = "train --data synthetic --train-size 100 --validation 100 --epochs 1 --hidden 3 --quiet";
        sandbox.line(&format!("{train} {options}")).success();
        sandbox.line("report model.json --data synthetic -o page.html").success();
        let page = sandbox.read("page.html");
        assert_eq!(page.contains("rounded to 32 bits"), options.contains("f64"));
        let network = between(&page, "<script type=\"application/json\" id=\"network\">", "</script>");
        let network: Value = serde_json::from_str(network).unwrap();
        assert_eq!(network["sizes"], serde_json::json!([784, 3, 10]));
        assert_eq!(network["activations"], serde_json::json!(activations));
        let bytes = BASE64.decode(network["parameters"].as_str().unwrap()).unwrap();
        let found: Vec<_> = bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        let model = sandbox.json("model.json");
        let mut expected = Vec::new();
        for (weights, biases) in model["weights"].as_array().unwrap().iter().zip(model["biases"].as_array().unwrap()) {
            let rows = [weights, biases].into_iter().flat_map(|matrix| matrix.as_array().unwrap());
            expected.extend(rows.flat_map(|row| row.as_array().unwrap()).map(|number| number.as_f64().unwrap() as f32));
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn nothing_of_the_page_lies_elsewhere() {
    let sandbox = Sandbox::new();
    let train = "train --data synthetic --train-size 100 --validation 100 --epochs 1 --hidden 3 --monitor all --quiet";
    sandbox.line(train).success();
    sandbox.line("report model.json --data synthetic -o page.html").success();
    let page = sandbox.read("page.html");
    assert!(page.contains("<script type=\"module\">"), "the page has its scripts");
    assert!(page.contains("content=\"default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-"));
    // The name of SVG is an address that nobody goes to.
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for elsewhere in ["http:", "https:", "//cdn", "src=\"/", "url(", "@import", "fetch("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn where_the_pad_does_not_fit_the_page_says_why() {
    let (_, page) = tiny_page("");
    let pad = between(&page, "<h2 id=\"draw\">", "</section>");
    assert!(pad.contains("images of 5 × 4 pixels, and a pad has to be square"), "{pad}");
    assert!(!page.contains("<script"));
}

#[test]
fn words_of_the_model_stay_words() {
    let (sandbox, _) = tiny_page("");
    let keys = ["program", "dataset", "evaluate_on", "init", "engine", "schedule", "keep", "expand"];
    let page_of = |file: &str, words: &str| {
        let mut model = sandbox.json("model.json");
        for key in keys {
            model["training"][key] = words.into();
        }
        fs::write(sandbox.path(file), model.to_string()).unwrap();
        sandbox.run(["report", file, "--data", "idx"]).success();
        sandbox.read("report.html")
    };
    let harmless = page_of("harmless.json", "harmless");
    let evil = "</table><script>alert('1')</script> & \"{{ 7 }}";
    let page = page_of("<img src=x onerror=alert(1)>.json", evil);
    assert!(!page.contains(evil) && !page.contains("<img src=x"));
    let escaped = "&#60;/table&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62; &#38; &#34;{{ 7 }}";
    assert_eq!(between(&page, "<table class=\"settings\">", "</table>").matches(escaped).count(), keys.len());
    assert!(page.contains("<h1>&#60;img src=x onerror=alert(1)&#62;.json</h1>"));
    assert_eq!(page.matches('<').count(), harmless.matches('<').count(), "no tag more, none less");
}

#[test]
fn a_file_of_network2_has_a_page_without_settings() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let model = sandbox.json("model.json");
    let theirs = serde_json::json!({
        "sizes": model["sizes"], "weights": model["weights"], "biases": model["biases"], "cost": model["cost"]
    });
    fs::write(sandbox.path("theirs.json"), theirs.to_string()).unwrap();
    sandbox.line("report theirs.json --data idx").success();
    let page = sandbox.read("report.html");
    assert!(page.contains("The model file does not say how it was trained.") && page.contains("no history"));
}

#[test]
fn equal_models_have_equal_pages_and_only_pages_are_overwritten() {
    let (sandbox, page) = tiny_page("");
    sandbox.line("report model.json --data idx").success();
    assert_eq!(sandbox.read("report.html"), page);
    fs::write(sandbox.path("mine.html"), "<!doctype html>\n<p>of my own").unwrap();
    let words = ["mine.html exists and is not a page of mnist report", "not overwritten"];
    sandbox.line("report model.json --data idx -o mine.html").failure(1, &words);
    assert!(sandbox.read("mine.html").contains("of my own"));
    sandbox.line("report model.json --data idx -o model.json").failure(1, &["model.json exists"]);
}

#[test]
fn what_cannot_be_done_is_said() {
    let (sandbox, _) = tiny_page("");
    sandbox.line("report").failure(2, &["<MODEL>"]);
    sandbox.line("report none.json --data idx").failure(1, &["none.json"]);
    sandbox.line("report model.json --data idx -o nowhere/report.html").failure(1, &["nowhere", "no such directory"]);
    sandbox.line("report model.json --data synthetic").failure(1, &["20 inputs", "28 x 28"]);
}
