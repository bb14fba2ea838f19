//! What needs neither the real MNIST nor a browser nor several ranks, in one program: nineteen would each be built from
//! the same parts again.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/treatments.rs"]
mod treatments;

mod cli;
mod deskew;
mod download;
mod export;
mod formats;
mod geometry;
mod golden;
mod merge;
mod package;
mod plot;
mod predict;
mod readers;
mod report;
mod resume;
mod shifts;
mod show;
#[cfg(unix)]
mod terminal;
mod tune;
mod tutorial;
