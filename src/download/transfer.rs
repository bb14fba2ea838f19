//! A request to a mirror, and its possible errors.

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

/// The maximum size of a download. No file of a known dataset is half as long, so a longer one is not the right file.
const MAX_FILE: u64 = 1 << 30;

/// The problem with a mirror.
#[derive(Debug, Error)]
pub enum Problem {
    /// The mirror could not be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The mirror sent nothing for too long.
    #[error("was silent for {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// The connection broke off.
    #[error("broke off: {0}")]
    BrokeOff(String),
    /// The mirror answered with an error status.
    #[error("answered {0}")]
    Status(StatusCode),
    /// The mirror sent an HTML page.
    #[error("sent a web page instead of the file (does the network ask for a login?)")]
    Html,
    /// The mirror sent another part of the file than requested.
    #[error("sent another part of the file than was asked for")]
    Range,
    /// The mirror sent far more than any dataset has.
    #[error("sends more than any dataset has")]
    TooLong,
    /// The file is not the published one.
    #[error("sent a file with the MD5 {found}, expected {expected}: it is damaged, or another file")]
    Sum {
        /// The MD5 of the file.
        found: String,
        /// The published MD5.
        expected: &'static str,
    },
}

/// An HTTP client.
pub(super) struct Client {
    agent: Agent,
    timeout: Duration,
}

impl Client {
    /// A client that gives up when a mirror sends nothing for `timeout`, however long the whole transfer takes.
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

/// A file to complete from one address.
pub(super) struct Transfer<'a> {
    pub client: &'a Client,
    pub url: &'a str,
    /// The path of the `.part` file.
    pub part: &'a Path,
    pub file: &'static PublishedFile,
    pub observer: &'a mut dyn Observer,
}

impl Transfer<'_> {
    /// The number of bytes that have arrived so far.
    pub fn arrived(&self) -> u64 {
        self.part.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Requests the data after the first `done` bytes and writes it to the file. The outer error is a disk error.
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

    /// Removes a complete file with the wrong `sum`, and returns the problem.
    pub fn damaged(&mut self, sum: String) -> io::Result<Problem> {
        let mut start = [0];
        let is_html = File::open(self.part)?.read_exact(&mut start).is_ok() && start == *b"<";
        fs::remove_file(self.part)?;
        Ok(if is_html { Problem::Html } else { Problem::Sum { found: sum, expected: self.file.md5 } })
    }
}

/// The position in the file where the body of this response begins: at `done`, or at 0 if the mirror cannot send a part
/// of the file.
fn start_of(response: &Response<Body>, done: u64) -> Result<u64, Problem> {
    if response.body().mime_type().is_some_and(|kind| kind == "text/html") && response.status().is_success() {
        return Err(Problem::Html);
    }
    match response.status() {
        StatusCode::OK => Ok(0),
        StatusCode::PARTIAL_CONTENT if done > 0 => {
            // For example "bytes 1000-4999/5000".
            let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let start = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
            if start == Some(done) { Ok(done) } else { Err(Problem::Range) }
        }
        // There is no more data after what has arrived, yet its checksum is wrong.
        StatusCode::RANGE_NOT_SATISFIABLE if done > 0 => Err(Problem::Range),
        status => Err(Problem::Status(status)),
    }
}
