//! One request to one mirror, and what can go wrong with it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use thiserror::Error;
use ureq::http::header::{CONTENT_RANGE, RANGE};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use super::Observer;
use crate::data::known::PublishedFile;
use crate::replace_file::sync;

/// No file of a known dataset is half as long. Whoever sends more does not send what was asked for.
const MAX_FILE: u64 = 1 << 30;

/// What was wrong with a mirror.
#[derive(Debug, Error)]
pub enum Problem {
    /// It could not be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It was silent for too long.
    #[error("was silent for {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// The connection broke off.
    #[error("broke off: {0}")]
    BrokeOff(String),
    /// It answered, but not with the file.
    #[error("answered {0}")]
    Status(StatusCode),
    /// It sent a page for a browser.
    #[error("sent a web page instead of the file (does the network ask for a login?)")]
    Html,
    /// It sent another part of the file than was asked for.
    #[error("sent another part of the file than was asked for")]
    Range,
    /// It sent far more than any dataset has.
    #[error("sends more than any dataset has")]
    TooLong,
    /// What it sent is not the file that was published.
    #[error("sent a file with the MD5 {found}, expected {expected}: it is damaged, or another file")]
    Sum {
        /// The sum of what was sent.
        found: String,
        /// The published sum.
        expected: &'static str,
    },
}

/// What makes requests.
pub(super) struct Client {
    agent: Agent,
    timeout: Duration,
}

impl Client {
    /// Gives a mirror up when it is silent for `timeout`, however long the whole transfer takes.
    pub fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_per_read(Some(timeout))
            .timeout_per_write(Some(timeout))
            .http_status_as_error(false)
            .user_agent(concat!("mnist/", env!("CARGO_PKG_VERSION")))
            .build();
        Client { agent: config.new_agent(), timeout }
    }

    fn problem(&self, error: ureq::Error) -> Problem {
        match error {
            ureq::Error::Timeout(_) => Problem::Silent(self.timeout),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Problem::BrokeOff("the connection was closed".to_string())
            }
            ureq::Error::Io(error) => Problem::Unreachable(error.to_string()),
            error => Problem::Unreachable(error.to_string()),
        }
    }
}

/// A file to be completed from one address.
pub(super) struct Transfer<'a> {
    pub client: &'a Client,
    pub url: &'a str,
    /// Where it arrives.
    pub part: &'a Path,
    pub file: &'static PublishedFile,
    pub observer: &'a mut dyn Observer,
}

impl Transfer<'_> {
    /// The bytes that have arrived so far.
    pub fn arrived(&self) -> u64 {
        self.part.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Asks for what is missing behind the first `done` bytes and writes what comes. The outer error is that of the
    /// disk.
    pub fn run(&mut self, done: u64) -> io::Result<Result<(), Problem>> {
        let request = self.client.agent.get(self.url);
        let request = if done > 0 { request.header(RANGE, format!("bytes={done}-")) } else { request };
        let response = match request.call() {
            Ok(response) => response,
            Err(error) => return Ok(Err(self.client.problem(error))),
        };
        let start = match start_of(&response, done) {
            Ok(start) => start,
            Err(problem) => {
                if matches!(problem, Problem::Range) {
                    fs::remove_file(self.part)?;
                }
                return Ok(Err(problem));
            }
        };
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(self.part)?;
        file.set_len(start)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let mut body = response.into_body();
        let total = body.content_length().map(|length| length.saturating_add(start));
        self.observer.begin(self.file.name, start, total);
        let received = self.receive(&mut body, start, &mut file)?;
        sync(&file)?;
        Ok(received)
    }

    fn receive(&mut self, body: &mut Body, start: u64, file: &mut File) -> io::Result<Result<(), Problem>> {
        let mut reader = body.as_reader();
        let mut piece = vec![0; 1 << 16];
        let mut length = start;
        loop {
            let count = match reader.read(&mut piece) {
                Ok(0) => return Ok(Ok(())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Ok(Err(match self.client.problem(ureq::Error::from(error)) {
                        Problem::Unreachable(why) => Problem::BrokeOff(why),
                        problem => problem,
                    }));
                }
            };
            length += count as u64;
            if length > MAX_FILE {
                fs::remove_file(self.part)?;
                return Ok(Err(Problem::TooLong));
            }
            file.write_all(&piece[..count])?;
            self.observer.arrived(count as u64);
        }
    }

    /// What arrived whole has the wrong `sum`: takes it away and says what it was.
    pub fn damaged(&mut self, sum: String) -> io::Result<Problem> {
        let mut start = [0];
        let is_html = File::open(self.part)?.read_exact(&mut start).is_ok() && start == *b"<";
        fs::remove_file(self.part)?;
        Ok(if is_html { Problem::Html } else { Problem::Sum { found: sum, expected: self.file.md5 } })
    }
}

/// Where in the file the body of this response begins, if `done` bytes were there: at their end, or at the start of the
/// file if the mirror cannot go on from the middle.
fn start_of(response: &Response<Body>, done: u64) -> Result<u64, Problem> {
    if response.body().mime_type().is_some_and(|kind| kind == "text/html") && response.status().is_success() {
        return Err(Problem::Html);
    }
    match response.status() {
        StatusCode::OK => Ok(0),
        StatusCode::PARTIAL_CONTENT if done > 0 => {
            // As in "bytes 1000-4999/5000".
            let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let start = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
            if start == Some(done) { Ok(done) } else { Err(Problem::Range) }
        }
        // There is nothing behind what is there, and that is not the file.
        StatusCode::RANGE_NOT_SATISFIABLE if done > 0 => Err(Problem::Range),
        status => Err(Problem::Status(status)),
    }
}
