//! Every command of the tutorial runs, in its order, on tiny data and for two epochs.

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
