//! What a package of the program holds beside it: completion scripts, manual pages, and what `--version` tells.

mod common;

use std::fs;
#[cfg(unix)]
use std::process::Command;

use common::Sandbox;

/// The subcommands, as the help lists them.
fn subcommands(sandbox: &Sandbox) -> Vec<String> {
    let help = sandbox.line("--help").success().stdout;
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_string();
    let lines = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(String::from).collect()
}

#[test]
fn every_subcommand_has_an_example_a_manual_page_and_completions() {
    let sandbox = Sandbox::new();
    let commands = subcommands(&sandbox);
    assert!(commands.len() >= 12, "{commands:?}");
    fs::create_dir(sandbox.path("man1")).unwrap();
    let saved = sandbox.line("man man1").success().stdout;
    assert_eq!(saved.lines().count(), commands.len() + 1, "{saved}");
    let scripts = ["bash", "elvish", "fish", "powershell", "zsh"]
        .map(|shell| sandbox.line(&format!("completions {shell}")).success().stdout);
    let main = sandbox.read("man1/mnist.1");
    for command in &commands {
        let help = sandbox.line(&format!("{command} --help")).success().stdout;
        assert!(help.contains(&format!("\n  mnist {command}")), "no example: {help}");
        let page = sandbox.read(&format!("man1/mnist-{command}.1"));
        for section in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"]
        {
            assert!(page.contains(section), "{command}: {section}");
        }
        assert!(main.contains(&format!("mnist\\-{command}(1)")), "{main}");
        assert!(scripts.iter().all(|script| script.contains(command.as_str())), "{command}");
    }
    // Written again over its own, but not over what is not its own, nor into nowhere.
    sandbox.line("man man1").success();
    fs::write(sandbox.path("man1/mnist-eval.1"), "mine").unwrap();
    sandbox.line("man man1").failure(1, &["man1/mnist-eval.1 is there", "not overwritten"]);
    assert_eq!(sandbox.read("man1/mnist-eval.1"), "mine");
    sandbox.line("man nowhere").failure(1, &["nowhere"]);
    sandbox.line("completions tcsh").failure(2, &["powershell"]);
}

/// What bash offers for the last of `words`.
#[cfg(unix)]
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let script = r#"source mnist.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_mnist mnist "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}""#;
    let run = Command::new("bash").args(["-c", script, "bash"]).args(words).current_dir(sandbox.path("")).output();
    let run = common::Run::from(run.expect("bash is there")).success();
    run.stdout.lines().map(String::from).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("mnist.bash"), sandbox.line("completions bash").success().stdout).unwrap();
    assert_eq!(offered(&sandbox, &["mnist", "tr"]), ["train"]);
    assert_eq!(offered(&sandbox, &["mnist", "train", "--ep"]), ["--epochs"]);
    assert_eq!(offered(&sandbox, &["mnist", "train", "--cost", "l"]), ["log-likelihood"]);
    assert_eq!(offered(&sandbox, &["mnist", "download", "f"]), ["fashion-mnist"]);
}

#[test]
fn the_version_tells_what_a_report_of_a_fault_needs() {
    let sandbox = Sandbox::new();
    let line = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_string()
    };
    let version = sandbox.line("--version").success().stdout;
    assert_eq!(version.lines().next().unwrap(), concat!("mnist ", env!("CARGO_PKG_VERSION")));
    assert_eq!(line(&version, "platform"), format!("{} {}", std::env::consts::ARCH, std::env::consts::OS));
    assert!(line(&version, "features").starts_with("all"));
    assert!(line(&version, "threads").parse::<usize>().unwrap() > 0);
    let all = line(&version, "instructions");
    assert!(all.contains(&format!("(of {}", all.split(' ').next().unwrap())), "the fastest comes first: {all}");

    let forced = |name| sandbox.command().arg("--version").env("MNIST_SIMD", name).output().unwrap().into();
    let forced: [common::Run; 2] = ["portable", "abacus"].map(forced);
    let [portable, unknown] = forced.map(|run| line(&run.success().stdout, "instructions"));
    assert!(portable.starts_with("portable (of "), "{portable}");
    assert!(unknown.starts_with("'abacus' is no instruction set"), "{unknown}");
    assert_eq!(sandbox.line("-V").success().stdout, version.lines().next().unwrap().to_string() + "\n");
}
