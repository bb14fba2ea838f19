//! Every command of the tutorial runs, in its order, on tiny data and for two epochs. Those of the README and of the
//! help, which stand for themselves, are understood at least.

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

/// The same command for the tiny dataset: fewer images, fewer epochs, and no regularization that is made for many images.
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

/// The words of the commands in a text, up to where the shell has its own: those of lines that begin with the program.
fn typed(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter_map(|line| line.trim_start().trim_start_matches("$ ").strip_prefix("mnist "));
    let words =
        lines.map(|line| line.split_whitespace().take_while(|word| !word.starts_with(['|', '>', '#', '&', '<'])));
    words.map(|words| words.flat_map(|word| expanded(word.trim_matches('\''))).collect()).collect()
}

/// What a shell makes of a pattern: several words.
fn expanded(word: &str) -> Vec<String> {
    if word.contains('*') { ["0", "1"].map(|seed| word.replace('*', seed)).to_vec() } else { vec![word.to_string()] }
}

#[test]
fn no_command_of_the_readme_and_of_the_help_is_refused() {
    let sandbox = Sandbox::new();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = readme.split("```").skip(1).step_by(2);
    let mut commands: Vec<_> = blocks.flat_map(typed).collect();
    let overview = sandbox.line("--help").success().stdout;
    let listed = overview.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let help = sandbox.line(&format!("{name} --help")).success().stdout;
        commands.extend(help.split_once("Examples:").map(|(_, examples)| typed(examples)).unwrap_or_default());
    }
    // What loads or draws something would take its time; all others find no data and no model here.
    let is_quick =
        |words: &&Vec<String>| words[0] != "download" && !words.iter().any(|word| word.starts_with("synthetic"));
    let quick: Vec<_> = commands.iter().filter(is_quick).collect();
    for words in &quick {
        let run: Run = sandbox.command().args(*words).env("MNIST_DATA_DIR", "nowhere").output().unwrap().into();
        assert!(matches!(run.code, Some(0 | 1)), "mnist {}: {}", words.join(" "), run.stderr);
    }
    assert!(quick.len() > 60, "{} commands found", quick.len());
}
