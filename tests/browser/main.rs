//! The page of `mnist report` in a real browser: Chromium and its driver (Debian: `apt-get install chromium-driver`).
//!
//! Without them these tests are counted as ignored, and one line says why.

#[path = "../common/mod.rs"]
mod common;
mod driver;
mod pad;

use std::fs;
use std::process::ExitCode;

use common::Sandbox;
use driver::Browser;
use libtest_mimic::{Arguments, Trial};
use mnist_mlp::data::deskew::deskewed;
use mnist_mlp::picture::normalize::centre;
use pad::{DIGITS, Pad};
use serde_json::Value;

fn main() -> ExitCode {
    let is_missing = !driver::is_installed();
    if is_missing {
        println!("\nchromedriver is not installed: the page of `mnist report` is NOT tested in a browser");
    }
    let trial = |name: &str, test: fn()| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(is_missing)
    };
    let tests = vec![
        trial("digits_are_drawn_with_the_mouse_in_a_wide_window", || digits_are_drawn("mouse", 1280, "light")),
        trial("digits_are_drawn_with_a_finger_in_a_narrow_window", || digits_are_drawn("touch", 360, "dark")),
        trial("what_the_pad_makes_of_strokes_is_what_the_library_makes", what_the_pad_makes_of_strokes),
        trial("the_pad_is_for_squares_of_any_size", the_pad_is_for_squares_of_any_size),
        trial("a_digit_is_drawn_with_the_arrow_keys", a_digit_is_drawn_with_the_arrow_keys),
        trial("every_activation_and_precision_answers_as_predict_does", every_activation_and_precision),
        trial("the_page_answers_every_stroke_and_says_how_fast", the_page_answers_every_stroke_and_says_how_fast),
        trial(
            "a_network_that_sees_deskewed_images_sees_them_on_the_pad",
            a_network_that_sees_deskewed_images_sees_them_on_the_pad,
        ),
        trial("nothing_sticks_out_of_a_narrow_window", nothing_sticks_out_of_a_narrow_window),
        trial("a_hostile_model_is_shown_and_not_obeyed", a_hostile_model_is_shown_and_not_obeyed),
    ];
    let mut arguments = Arguments::from_args();
    // Each test has a browser to itself.
    arguments.test_threads.get_or_insert(2);
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// What the network of most tests is trained by.
const WIDE: &str = "--hidden 100 --epochs 2";

/// A sandbox with a network that knows the built-in digits, and its page.
fn trained(options: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.line(&format!("train --data synthetic --monitor evaluation-accuracy --quiet {options}")).success();
    sandbox.line("report model.json --data synthetic").success();
    sandbox
}

/// The page of `sandbox`, open in a window.
fn opened(sandbox: &Sandbox, width: u32, scheme: &str) -> Browser {
    let browser = Browser::start();
    browser.look(width, 800, scheme);
    browser.open(&sandbox.path("report.html"));
    browser
}

/// The page asked for nothing but itself, and nothing went wrong in it.
#[track_caller]
fn was_quiet(browser: &Browser) {
    assert_eq!(browser.console(), Vec::<Value>::new());
    let requests = browser.requests();
    assert!(matches!(&requests[..], [page] if page.ends_with("/report.html")), "{requests:?}");
}

/// What `mnist predict` says of the pad's canvas, saved as a PNG file.
fn predicted(sandbox: &Sandbox, pad: &Pad) -> Value {
    fs::write(sandbox.path("digit.png"), pad.png()).unwrap();
    let run = sandbox.line("predict model.json digit.png --format json").success();
    serde_json::from_str(&run.stdout).unwrap()
}

/// The page answers as the program does: the same digit, the same outputs.
#[track_caller]
fn agrees_with_predict(sandbox: &Sandbox, pad: &Pad) {
    let said = predicted(sandbox, pad);
    assert_eq!(pad.answer(), said["label"].as_u64().map(|digit| digit as usize), "{said}");
    let outputs: Vec<_> = said["outputs"].as_array().unwrap().iter().map(|output| output.as_f64().unwrap()).collect();
    let shown = pad.outputs();
    assert_eq!(shown.len(), outputs.len(), "{shown:?} are shown of {said}");
    for (shown, output) in shown.into_iter().zip(outputs) {
        // Three decimals are shown; single precision is good to more than five.
        assert!((shown - output).abs() < 0.00051, "{shown} is shown of {said}");
    }
}

fn digits_are_drawn(pointer: &str, width: u32, scheme: &str) {
    let sandbox = trained(WIDE);
    let browser = opened(&sandbox, width, scheme);
    let pad = Pad::on(&browser);
    assert_eq!(pad.answer(), None);
    for (digit, strokes) in DIGITS {
        for stroke in strokes {
            pad.draw(pointer, stroke);
        }
        assert_eq!(pad.answer(), Some(digit));
        agrees_with_predict(&sandbox, &pad);
        pad.click("clear");
        assert_eq!((pad.answer(), pad.outputs()), (None, vec![]));
    }
    was_quiet(&browser);
}

fn what_the_pad_makes_of_strokes() {
    let sandbox = trained(WIDE);
    let browser = opened(&sandbox, 1000, "light");
    let pad = Pad::on(&browser);
    let corner = &[(0.0, 0.0), (0.02, 0.1)][..];
    let dot = &[(0.9, 0.5)][..];
    let flat = &[(0.05, 0.97), (0.5, 0.99), (0.95, 0.96)][..];
    let round = &[(0.5, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.5), (0.5, 0.3)][..];
    for stroke in [dot, corner, round, flat, dot] {
        pad.draw("pen", stroke);
        assert_eq!(pad.seen(), centre(&pad.ink(), 28).unwrap(), "after {stroke:?}");
    }
    pad.click("undo");
    pad.click("undo");
    assert_eq!(pad.seen(), centre(&pad.ink(), 28).unwrap(), "after two strokes were taken back");
    was_quiet(&browser);
}

fn a_network_that_sees_deskewed_images_sees_them_on_the_pad() {
    let sandbox = trained(&format!("{WIDE} --deskew"));
    let browser = opened(&sandbox, 1000, "light");
    let pad = Pad::on(&browser);
    for (digit, strokes) in DIGITS {
        for stroke in strokes {
            pad.draw("pen", stroke);
            let centred = centre(&pad.ink(), 28).unwrap();
            assert_eq!(pad.seen().pixels(), deskewed(centred.pixels(), 28), "{digit}");
        }
        assert_eq!(pad.answer(), Some(digit));
        agrees_with_predict(&sandbox, &pad);
        pad.click("clear");
    }
    was_quiet(&browser);
}

fn the_pad_is_for_squares_of_any_size() {
    const SIDE: u8 = 11;
    const IMAGES: u8 = 60;
    let sandbox = Sandbox::new();
    let pixels: Vec<u8> = (0..usize::from(IMAGES) * usize::from(SIDE).pow(2)).map(|i| (i * i % 251) as u8).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|i| i % 3).collect();
    fs::create_dir(sandbox.path("idx")).unwrap();
    for part in ["train", "t10k"] {
        let images = [&[0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE], &pixels[..]].concat();
        fs::write(sandbox.path(&format!("idx/{part}-images-idx3-ubyte")), images).unwrap();
        let labels = [&[0, 0, 8, 1, 0, 0, 0, IMAGES], &labels[..]].concat();
        fs::write(sandbox.path(&format!("idx/{part}-labels-idx1-ubyte")), labels).unwrap();
    }
    sandbox.line("train --data idx --validation 10 --epochs 1 --hidden 5 --quiet").success();
    sandbox.line("report model.json --data idx").success();
    let browser = opened(&sandbox, 1000, "light");
    let pad = Pad::on(&browser);
    for (_, strokes) in DIGITS {
        pad.draw("mouse", strokes[0]);
        assert_eq!(pad.seen(), centre(&pad.ink(), usize::from(SIDE)).unwrap());
        agrees_with_predict(&sandbox, &pad);
    }
    was_quiet(&browser);
}

fn a_digit_is_drawn_with_the_arrow_keys() {
    // WebDriver's names for keys without a letter.
    const UP: &str = "\u{e013}";
    const DOWN: &str = "\u{e015}";
    const BACKSPACE: &str = "\u{e003}";
    const DELETE: &str = "\u{e017}";
    const TAB: &str = "\u{e004}";
    let sandbox = trained(WIDE);
    let browser = opened(&sandbox, 1000, "light");
    let pad = Pad::on(&browser);
    let focused = || browser.run("return document.activeElement.id");
    browser.run("document.querySelector('nav li:last-child a').focus()");
    browser.press(TAB);
    assert_eq!(focused(), "canvas");
    browser.press(&UP.repeat(12));
    assert_eq!(pad.answer(), None, "the pen is up");
    browser.press(&format!(" {} ", DOWN.repeat(24)));
    assert_eq!(pad.answer(), Some(1));
    agrees_with_predict(&sandbox, &pad);
    let said = "return new Promise(done => setTimeout(() => done(document.getElementById('status').textContent), 700))";
    assert!(browser.run(said).as_str().unwrap().starts_with("1 with output "), "when the pen rests");
    let scrolled = browser.run("return scrollY");
    browser.press(&DOWN.repeat(3));
    assert_eq!(browser.run("return scrollY"), scrolled, "arrow keys are for the pen");
    browser.press(" ");
    let two_strokes = pad.ink();
    browser.press(BACKSPACE);
    assert!(pad.ink() != two_strokes && pad.answer() == Some(1));
    browser.press(DELETE);
    assert_eq!(pad.answer(), None);
    browser.press(TAB);
    assert_eq!(focused(), "undo");
    was_quiet(&browser);
}

fn every_activation_and_precision() {
    for options in [
        "--hidden 40,20 --epochs 3 --activation relu --init he --eta 0.05 --cost log-likelihood",
        "--hidden 40 --epochs 3 --activation tanh --init xavier --eta 0.05 --precision f64",
        "--hidden 30,20 --epochs 3 --activation sigmoid,relu --eta 0.5 --cost quadratic --train-size 20000",
    ] {
        let sandbox = trained(options);
        let browser = opened(&sandbox, 800, "light");
        let pad = Pad::on(&browser);
        for (_, strokes) in DIGITS {
            for stroke in strokes {
                pad.draw("mouse", stroke);
            }
            agrees_with_predict(&sandbox, &pad);
            pad.click("clear");
        }
        was_quiet(&browser);
    }
}

/// Prints how fast 784-100-10 opens (it should in a second) and answers a stroke (in 16 ms: before the next frame of a
/// screen). Not asserted, for the machine may be busy: the shortest of several openings counts, and the median answer.
fn the_page_answers_every_stroke_and_says_how_fast() {
    let sandbox = trained(WIDE);
    let browser = Browser::start();
    browser.before_every_page(
        "window.taken = [];
        const original = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = work => original(time => {
            const start = performance.now();
            work(time);
            window.taken.push(performance.now() - start);
        });",
    );
    let opening = || {
        browser.open(&sandbox.path("report.html"));
        browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd").as_f64().unwrap()
    };
    let opened = (0..5).map(|_| opening()).fold(f64::INFINITY, f64::min);
    let pad = Pad::on(&browser);
    for stroke in [DIGITS[2].1[0], DIGITS[1].1[0], DIGITS[2].1[0]] {
        pad.draw("mouse", stroke);
    }
    let taken = browser.run("return window.taken.filter(time => time > 0).sort((a, b) => a - b)");
    let taken: Vec<_> = taken.as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
    let (median, longest) = (taken[taken.len() / 2], taken[taken.len() - 1]);
    println!("opened in {opened:.0} ms; {} answers in {median:.1} ms (median), {longest:.1} ms (longest)", taken.len());
    assert!(taken.len() >= 3, "every stroke is answered: {taken:?}");
}

fn nothing_sticks_out_of_a_narrow_window() {
    let sandbox = trained(WIDE);
    let browser = opened(&sandbox, 320, "light");
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)");
    let root = "document.documentElement";
    assert_eq!(browser.run(&format!("return {root}.scrollWidth - {root}.clientWidth")), 0);
}

/// All that a model file says in words is shown as words, wherever it stands.
fn a_hostile_model_is_shown_and_not_obeyed() {
    let evil =
        "</style></script></title>--><script>document.title = 'owned'</script><img src=x onerror='alert(1)'>\"'{{7*7}}";
    let count = "return document.querySelectorAll('*').length";
    let sandbox = trained("--hidden 10 --epochs 1 --train-size 1000");
    let browser = opened(&sandbox, 1000, "light");
    let words = ["program", "dataset", "evaluate_on", "init", "engine"];
    let elements_if_all_are = |word: &str| {
        let mut model = sandbox.json("model.json");
        for key in words {
            model["training"][key] = word.into();
        }
        fs::write(sandbox.path("model.json"), model.to_string()).unwrap();
        sandbox.line("report model.json --data synthetic").success();
        was_quiet(&browser);
        browser.open(&sandbox.path("report.html"));
        browser.run(count)
    };
    let elements = elements_if_all_are("harmless");
    assert_eq!(elements_if_all_are(evil), elements);
    let text = browser.run("return document.querySelector('.settings').textContent");
    assert_eq!(text.as_str().unwrap().matches(evil).count(), words.len());
    assert!(browser.run("return document.title").as_str().unwrap().starts_with("model.json: "));
    was_quiet(&browser);
    // Even if a script got in, the policy would not let it run.
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.owned = 1' }))",
    );
    assert_eq!(browser.run("return window.owned"), Value::Null);
}
