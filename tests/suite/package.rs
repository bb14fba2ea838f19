//! What a package of the program holds beside it: completion scripts, manual pages, and what `--version` tells.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use crate::common::{Run, Sandbox};

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
    sandbox.line("man man1").success();
    assert_eq!(fs::read_dir(sandbox.path("man1")).unwrap().count(), commands.len() + 1);
    let script = sandbox.line("completions bash").success().stdout;
    for command in &commands {
        let help = sandbox.line(&format!("{command} --help")).success().stdout;
        assert!(help.contains(&format!("\n  mnist {command}")), "no example: {help}");
        assert!(sandbox.path(&format!("man1/mnist-{command}.1")).exists(), "{command}");
        assert!(script.contains(&format!("cmd=\"mnist__subcmd__{command}\"")), "{command} in:\n{script}");
    }
}

#[test]
fn what_the_help_offers_to_type_starts_no_other_program() {
    let sandbox = Sandbox::new();
    for command in subcommands(&sandbox) {
        let help = sandbox.line(&format!("{command} --help")).success().stdout;
        // A pipe that is meant stands between spaces.
        let unquoted =
            help.split_whitespace().find(|word| word.len() > 1 && word.contains('|') && !word.contains('\''));
        assert_eq!(unquoted, None, "{command}");
    }
}

/// The examples of completions and man are typed where nothing has been prepared.
#[cfg(unix)]
#[test]
fn what_installs_completions_and_manual_pages_works_in_a_fresh_home() {
    let sandbox = Sandbox::new();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_mnist"));
    let path = std::env::join_paths([binary.parent().unwrap(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    for command in ["completions", "man"] {
        let help = sandbox.line(&format!("{command} --help")).success().stdout;
        let examples: Vec<_> = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1).collect();
        for line in examples.iter().map(|line| line.trim()) {
            assert!(line.chars().count() < 78, "a terminal of 80 columns would break it: {line}");
            if let Some(page) = line.strip_prefix("man ~/") {
                assert!(sandbox.path(page).exists(), "{line}");
                continue;
            }
            let mut shell = Command::new("sh");
            let home = sandbox.path("");
            let run = shell.args(["-c", line]).current_dir(&home).env("HOME", &home).env("PATH", &path).output();
            Run::from(run.unwrap()).success();
        }
    }
    for file in ["share/bash-completion/completions/mnist", "share/man/man1/mnist.1"] {
        assert!(sandbox.path(".local").join(file).exists(), "{file}");
    }
    assert!(sandbox.path(".zfunc/_mnist").exists() && sandbox.path(".config/fish/completions/mnist.fish").exists());
}

/// What bash offers for the last of `words`.
#[cfg(unix)]
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let script = r#"source mnist.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_mnist mnist "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}""#;
    let run = Command::new("bash").args(["-c", script, "bash"]).args(words).current_dir(sandbox.path("")).output();
    let run = Run::from(run.expect("bash is there")).success();
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
    assert_eq!(offered(&sandbox, &["mnist", "download", "emnist-b"]).len(), 3);
}

#[test]
fn every_shell_is_given_every_subcommand() {
    let sandbox = Sandbox::new();
    let commands = subcommands(&sandbox);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = sandbox.run(["completions", shell]).success();
        for word in commands.iter().map(String::as_str).chain(["evaluate-on", "log-likelihood"]) {
            assert!(run.stdout.contains(word), "{shell} is not told of {word}");
        }
        assert_eq!(run.stderr, "", "{shell}");
    }
    sandbox.line("completions tcsh").failure(2, &["tcsh", "bash"]);
}

#[test]
fn there_is_a_manual_page_for_each_subcommand_with_its_examples() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("man1")).unwrap();
    let run = sandbox.line("man man1").success();
    let page = sandbox.read("man1/mnist.1");
    assert!(page.contains(".SH SUBCOMMANDS") && page.contains(env!("CARGO_PKG_VERSION")), "{page}");
    let saved: Vec<_> =
        run.stdout.lines().filter_map(|line| Some(line[line.find("mnist-")?..].trim_end_matches('\''))).collect();
    assert!(saved.len() >= 6 && saved.contains(&"mnist-train.1") && saved.contains(&"mnist-man.1"), "{}", run.stdout);
    for name in saved {
        let page = sandbox.read(&format!("man1/{name}"));
        let examples = page.split(".SH EXAMPLES\n.nf\n").nth(1).unwrap_or_else(|| panic!("no examples:\n{page}"));
        let command = name.trim_end_matches(".1").replace("mnist-", "mnist ");
        assert!(examples.lines().any(|line| line.starts_with(&command)), "{name} has no example:\n{page}");
        for words in
            ["EXIT STATUS", "Interrupted", "ENVIRONMENT", "MNIST_DATA_DIR", "CLICOLOR_FORCE", "SEE ALSO", "mnist(1)"]
        {
            assert!(page.contains(words), "{name} has no {words}:\n{page}");
        }
    }
    // Nothing of the machine, so that packages can be reproduced; and written again, the same.
    assert!(!page.contains(std::env::consts::OS) && !page.contains("avx512"), "{page}");
    sandbox.line("man man1").success();
    assert_eq!(page, sandbox.read("man1/mnist.1"));
    fs::write(sandbox.path("man1/mnist.1"), "somebody's work").unwrap();
    sandbox.line("man man1").failure(1, &["mnist.1", "not overwritten"]);
    // One such file, and no page is written.
    fs::create_dir(sandbox.path("other")).unwrap();
    let (file, directory) = (sandbox.path("other/mnist-tune.1"), sandbox.path("other/mnist-train.1"));
    fs::write(&file, "somebody's work").unwrap();
    sandbox.line("man other").failure(1, &["other/mnist-tune.1", "not overwritten"]);
    assert_eq!(fs::read_dir(sandbox.path("other")).unwrap().count(), 1);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&directory).unwrap();
    sandbox.line("man other").failure(1, &["other/mnist-train.1 cannot be written: it is a directory"]);
    assert_eq!(fs::read_dir(sandbox.path("other")).unwrap().count(), 1);
    sandbox.line("man share/man/man1").success();
    assert_eq!(page, sandbox.read("share/man/man1/mnist.1"));
    fs::write(sandbox.path("file"), "").unwrap();
    sandbox.line("man file").failure(1, &["the manual pages in file cannot be written: it is not a directory"]);
}

#[test]
fn a_manual_page_has_the_usage_of_the_help() {
    let sandbox = Sandbox::new();
    sandbox.line("man man1").success();
    for (page, help, usage) in [
        ("mnist", "--help", "mnist <COMMAND>"),
        ("mnist-merge", "merge --help", "mnist merge [OPTIONS] --out <FILE> <MODEL> <MODEL>..."),
        ("mnist-download", "download -h", "mnist download [OPTIONS] [DATASET]"),
    ] {
        let help = sandbox.line(help).success().stdout;
        assert!(help.contains(&format!("\nUsage: {usage}\n")), "{help}");
        let page = sandbox.read(&format!("man1/{page}.1"));
        let synopsis = page.split(".SH SYNOPSIS\n").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(synopsis.replace("\\fB", "").replace("\\fR", "").replace('\\', ""), usage);
    }
}

#[test]
fn the_long_version_tells_of_the_machine_and_the_short_one_does_not() {
    let sandbox = Sandbox::new();
    let short = sandbox.line("-V").success().stdout;
    assert_eq!(short, concat!("mnist ", env!("CARGO_PKG_VERSION"), "\n"));
    let long = sandbox.line("--version").success().stdout;
    for words in
        [short.trim_end(), "\nplatform ", "\ninstructions ", "portable", "\nthreads ", "\nfeatures      none (mpi"]
    {
        assert!(long.contains(words), "no {words} in {long}");
    }
    let version = |simd: &str| sandbox.command().arg("--version").env("MNIST_SIMD", simd).output().unwrap();
    let forced = Run::from(version("portable")).success().stdout;
    assert!(forced.contains("instructions  portable"), "{forced}");
    let unknown = Run::from(version("mmx")).success().stdout;
    assert!(unknown.contains("'mmx' is not an instruction set of this machine"), "{unknown}");
}

#[test]
fn the_citation_has_the_version_of_the_program() {
    let citation = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/CITATION.cff")).unwrap();
    assert!(citation.contains(concat!("\nversion: ", env!("CARGO_PKG_VERSION"), "\n")), "{citation}");
}
