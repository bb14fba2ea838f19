//! Drives the real binary in a directory of its own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub mod formats;

/// A fresh directory in which the binary runs, with no dataset in reach but what a test names.
pub struct Sandbox {
    dir: TempDir,
}

/// What a run of the binary left behind.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Sandbox {
    pub fn new() -> Self {
        Sandbox { dir: TempDir::new().unwrap() }
    }

    /// A sandbox with a tiny dataset of 64 training and 13 test images of 5 x 4 in `idx/`.
    pub fn with_tiny_data() -> Self {
        let sandbox = Self::new();
        fs::create_dir(sandbox.path("idx")).unwrap();
        for file in fs::read_dir(golden("idx")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), sandbox.path("idx").join(file.file_name())).unwrap();
        }
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The binary, ready to be given arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnist"));
        command.current_dir(self.dir.path()).env_remove("MNIST_DATA_DIR");
        // As a user would run it, not as a child of cargo.
        command.env_remove("CARGO_MANIFEST_DIR");
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.command().args(arguments).output().unwrap().into()
    }

    /// Runs a command line given as one string, split at spaces.
    pub fn line(&self, line: &str) -> Run {
        self.run(line.split_whitespace())
    }
}

/// What a run left behind that a signal has asked to stop.
pub fn stopped(mut child: Child) -> Run {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!(
                "it did not stop: were the tests started with SIGINT ignored, as a script does it in the background?"
            );
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap().into()
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Run {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

impl Run {
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The run failed with this exit code, said all of `words` on standard error, and did not panic.
    #[track_caller]
    pub fn failure(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        // Windows joins the names in a path by a backslash.
        let said = self.stderr.replace('\\', "/");
        for word in words {
            assert!(said.contains(word), "'{word}' is not in: {}", self.stderr);
        }
        self
    }
}

/// A file of `tests/golden`.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}
