//! Every command of the tutorial runs, in its order, on tiny data and for two epochs. Those of README, guide and
//! help, which stand for themselves, are understood at least. The keys of the files that they write are in the guide.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{Run, Sandbox};

/// The commands of the page: the lines of its console blocks that begin with a prompt.
fn commands() -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split_whitespace().map(str::to_string).collect()).collect()
}

/// The same command for the tiny dataset: fewer images, fewer epochs, and no regularization that is made for many
/// images.
fn shrunk(command: &[String]) -> Vec<String> {
    let mut words = command.to_vec();
    for (option, value) in [("--epochs", "2"), ("--train-size", "30"), ("--validation", "11"), ("--lambda", "0.1")] {
        if let Some(place) = words.iter().position(|word| word == option) {
            words[place + 1] = value.to_string();
        } else if words[0] == "train" && option != "--train-size" {
            words.extend([option, value].map(str::to_string));
        }
    }
    words
}

#[test]
fn every_command_of_the_tutorial_runs() {
    let sandbox = Sandbox::with_tiny_data();
    let commands = commands();
    for command in &commands {
        assert_eq!(command[0], "mnist", "{command:?}: only this program's commands are kept alive here");
        let run = sandbox.command().args(shrunk(&command[1..])).env("MNIST_DATA_DIR", "idx").output().unwrap();
        Run::from(run).success();
    }
    assert!(commands.len() > 20, "{} commands found", commands.len());
}

/// The words of this program's commands in lines that are typed, up to where the shell has its own.
fn typed(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ").replace(';', " ; ");
    let lines = text.lines().map(|line| line.split_whitespace().take_while(|word| !word.starts_with('#')));
    let lines: Vec<Vec<_>> = lines.map(Iterator::collect).collect();
    let parts = lines.iter().flat_map(|line| line.split(|word| ["|", "&&", ";"].contains(word)));
    let commands = parts.filter_map(|words| {
        let words = words.iter().skip_while(|word| ["$", "do"].contains(word)).collect::<Vec<_>>();
        words.strip_prefix(&[&"mnist"]).map(<[_]>::to_vec)
    });
    let words = commands.map(|words| words.into_iter().take_while(|word| !word.starts_with(['>', '&', '<'])));
    words.map(|words| words.flat_map(|word| expanded(word.trim_matches('\''))).collect()).collect()
}

/// The commands that a text mentions within its sentences. One of which only the name is mentioned is asked for its
/// help.
fn mentioned(text: &str) -> Vec<Vec<String>> {
    let pieces = text.split('`').skip(1).step_by(2).filter(|piece| piece.starts_with("mnist "));
    let mut commands: Vec<_> = pieces.flat_map(|piece| typed(&piece.replace('\n', " "))).collect();
    for words in commands.iter_mut().filter(|words| words.len() == 1) {
        words.push("--help".to_string());
    }
    commands
}

/// What a shell makes of a pattern, and a reader of a placeholder.
fn expanded(word: &str) -> Vec<String> {
    let word = word.replace("$seed", "0").replace("SHELL", "bash").replace("DIR", "nowhere");
    if word.contains('*') { ["0", "1"].map(|seed| word.replace('*', seed)).to_vec() } else { vec![word] }
}

#[test]
fn commands_are_found_wherever_they_stand() {
    let found = |commands: Vec<Vec<String>>| commands.iter().map(|words| words.join(" ")).collect::<Vec<_>>();
    let text = "$ mnist a 'b|c' | mnist d - # mnist e\nfor seed in 0 1; do mnist f-$seed.json; done\nmnist g && \\\n mnist h > i";
    assert_eq!(found(typed(text)), ["a b|c", "d -", "f-0.json", "g", "h"]);
    assert_eq!(found(mentioned("as `mnist a`, or `mnist b\n--c *` does; not `d`")), ["a --help", "b --c 0 1"]);
}

#[test]
fn no_command_of_the_readme_the_guide_and_the_help_is_refused() {
    let sandbox = Sandbox::new();
    let (mut commands, mut inline) = (Vec::new(), Vec::new());
    for page in ["README.md", "docs/guide.md"] {
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        for (number, part) in page.split("```").enumerate() {
            if number % 2 == 1 { commands.extend(typed(part)) } else { inline.extend(mentioned(part)) }
        }
    }
    assert!(inline.len() > 30, "{inline:?}");
    commands.extend(inline);
    let overview = sandbox.line("--help").success().stdout;
    let listed = overview.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let help = sandbox.line(&format!("{name} --help")).success().stdout;
        commands.extend(help.split_once("Examples:").map(|(_, examples)| typed(examples)).unwrap_or_default());
    }
    for words in &mut commands {
        // What loads or draws something would take its time; all others find no data and no model here.
        if words[0] == "download" || words.iter().any(|word| word.starts_with("synthetic")) {
            words.push("--help".to_string());
        }
        let run: Run = sandbox.command().args(&*words).env("MNIST_DATA_DIR", "nowhere").output().unwrap().into();
        assert!(matches!(run.code, Some(0 | 1)), "mnist {}: {}", words.join(" "), run.stderr);
    }
    assert!(commands.len() > 100, "{} commands found", commands.len());
}

#[test]
fn the_guide_has_every_key_of_the_files() {
    let sandbox = Sandbox::with_tiny_data();
    let lines = [
        "--monitor all --log log.jsonl --schedule one-cycle --optimizer adamw --max-norm 3 --l1 0.1 --expand shift --deskew \
        --dropout 0.1 --input-dropout 0.1 --tolerance 0.1 --ema 0.9 --augment affine,elastic --fade-to 0.5 -o all.json",
        "--schedule halve-on-plateau --patience 1 --early-stop 9 --momentum 0.5 --nesterov --eta 9 -o best.json",
        "-o plain.json",
    ];
    for line in lines {
        let line = format!("train --data idx --validation 11 --epochs 3 --lambda 0.1 --quiet {line}");
        sandbox.line(&line).success();
    }
    sandbox.line("merge plain.json plain.json -o merged.json").success();
    let mut keys = BTreeSet::new();
    for file in ["all.json", "best.json", "merged.json"] {
        collect_keys(&sandbox.json(file), &mut keys);
    }
    for line in sandbox.read("log.jsonl").lines() {
        collect_keys(&serde_json::from_str(line).unwrap(), &mut keys);
    }
    for expected in ["seconds", "moments", "patience", "members", "fade_to", "nesterov", "warm_up"] {
        assert!(keys.contains(expected), "{expected} is not among {keys:?}");
    }
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md")).unwrap();
    let section = guide.split("\n## ").find(|section| section.starts_with("Files it writes")).unwrap();
    for key in keys {
        assert!(section.contains(&format!("`{key}`")) || section.contains(&format!("\"{key}\":")), "{key}");
    }
}

/// The keys of all objects within `value`.
fn collect_keys(value: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                keys.insert(key.clone());
                collect_keys(value, keys);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => (),
    }
}
