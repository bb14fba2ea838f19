//! What is drawn on a terminal, and what happens if it closes.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::common::{Sandbox, stopped};

/// Starts a command line on a terminal of its own with so many columns. The terminal closes when the file is dropped.
fn on_terminal(sandbox: &Sandbox, columns: u16, line: &str) -> (File, Child) {
    let terminal: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    fcntl_setfd(&terminal, FdFlags::CLOEXEC).unwrap(); // or the command itself would keep it open
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let end = File::options().read(true).write(true).open(&name).unwrap();
    tcsetwinsize(&end, size).unwrap();
    let end = || Stdio::from(end.try_clone().unwrap());
    let mut command = sandbox.command();
    command.args(line.split(' ')).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    (File::from(terminal), child)
}

/// All that a command draws on a terminal with so many columns.
fn drawn(sandbox: &Sandbox, columns: u16, line: &str) -> String {
    let (mut terminal, child) = on_terminal(sandbox, columns, line);
    let mut drawn = Vec::new();
    let _ = terminal.read_to_end(&mut drawn); // it ends with an error, because the other end is closed
    assert_eq!(stopped(child).code, Some(0));
    String::from_utf8(drawn).unwrap()
}

#[test]
fn a_training_outlives_its_terminal() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --hidden 6 --epochs 20000 --log run.jsonl";
    let (terminal, child) = on_terminal(&sandbox, 80, line);
    let epochs = || std::fs::read_to_string(sandbox.path("run.jsonl")).unwrap_or_default().lines().count();
    while epochs() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(terminal);
    assert!(epochs() < 20_000, "it ended by itself: the test is too short");
    assert_eq!(stopped(child).code, Some(1), "results were lost with the terminal");
    assert_eq!((epochs(), sandbox.json("model.json")["training"]["epochs_done"].as_u64()), (20_000, Some(20_000)));
}

#[test]
fn bars_come_after_what_introduces_a_training() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --train-size 50 --hidden 6 --epochs 3";
    let text = drawn(&sandbox, 100, line);
    let (before, after) = text.split_once("this epoch").expect("there are bars");
    assert!(before.contains("data      ") && before.ends_with("time\r\n"), "{text:?}");
    assert!(after.contains("– images/s  – left"), "what is not known yet is not told: {text:?}");
}

#[test]
fn bars_of_a_narrow_window_fit_into_it() {
    let sandbox = Sandbox::with_tiny_data();
    let text = drawn(&sandbox, 40, "train --data idx --validation 11 --hidden 6 --epochs 3");
    let bars: Vec<_> = text.split("all epochs").skip(1).filter_map(|rest| rest.split(['\r', '\x1b']).next()).collect();
    assert!(!bars.is_empty(), "{text:?}");
    for rest in bars {
        let bar = format!("all epochs{}", rest.split("this epoch").next().unwrap_or_default().trim_end());
        assert!(bar.contains('[') && bar.ends_with(" left") && bar.chars().count() <= 40, "{bar:?} of {text:?}");
    }
}
