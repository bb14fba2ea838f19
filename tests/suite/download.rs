//! Downloads from a server on this machine, which does all that servers do: it truncates, stalls, damages, redirects,
//! knows nothing of the file, and shows web pages. (The real mirrors are asked by nobody here.)

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::formats::{Digits, gzip, zip};
use crate::common::{Run, Sandbox};
use md5::{Digest, Md5};
use mnist_mlp::claim::claim;
use mnist_mlp::data::Part;
use mnist_mlp::data::emnist::EMNIST;
use mnist_mlp::data::known::{Known, PublishedFile};
use mnist_mlp::data::source::Source;
use mnist_mlp::download::{DownloadError, Observer, Outcome, Problem, fetch};
use tempfile::TempDir;

const TIMEOUT: Duration = Duration::from_millis(700);
const IMAGES: &str = "train-images-idx3-ubyte.gz";

/// What a server does with a request.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    /// Sends the file, or the part of it that was asked for.
    Good,
    /// Sends the file from its beginning, whatever was asked for.
    NoRanges,
    /// Breaks off after so many bytes.
    Truncates(usize),
    /// Sends so many bytes and then nothing, but stays connected.
    Stalls(usize),
    /// Sends a byte now and then, all in all for longer than the time-out.
    Drips,
    /// Changes a byte.
    Damages,
    /// Does not say how long the file is and breaks off after so many bytes.
    BreaksOffUnnoticed(usize),
    /// Sends another part of the file than was asked for.
    WrongRange,
    NotFound,
    /// A page, called one.
    Page,
    /// A page, called a file.
    PageInDisguise,
    /// Sends the client to where all is good.
    Redirects,
    /// Sends the client round in circles.
    Circles,
}

/// A server with files. A mood for each request in turn, the last one for all that follow.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(files: &HashMap<String, Vec<u8>>, moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/data", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (files, moods, log) = (files.clone(), moods.to_vec(), Arc::clone(&requests));
        // Ends with the test's process.
        thread::spawn(move || {
            for (i, stream) in listener.incoming().enumerate() {
                let (files, mood, log) = (files.clone(), moods[i.min(moods.len() - 1)], Arc::clone(&log));
                thread::spawn(move || answer(stream.unwrap(), &files, mood, &log));
            }
        });
        Server { address, requests }
    }

    fn good(files: &HashMap<String, Vec<u8>>) -> Self {
        Self::start(files, &[Mood::Good])
    }

    /// What was asked for, such as "train-images-idx3-ubyte.gz bytes=100-".
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads a request: its path and its range.
fn request(stream: &TcpStream) -> (String, Option<usize>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let range = lines.filter_map(|line| {
        let line = line.to_lowercase();
        line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok()
    });
    let range = range.last();
    (first.split(' ').nth(1).unwrap_or_default().to_string(), range)
}

fn answer(mut stream: TcpStream, files: &HashMap<String, Vec<u8>>, mood: Mood, log: &Mutex<Vec<String>>) {
    let (path, range) = request(&stream);
    let name = path.rsplit('/').next().unwrap();
    let asked = range.map_or_else(|| name.to_string(), |start| format!("{name} bytes={start}-"));
    log.lock().unwrap().push(asked);
    let file = files.get(name);
    let start = if mood == Mood::NoRanges { 0 } else { range.unwrap_or(0) };
    let mut head = |status: &str, headers: &str| {
        let _ = write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    };
    let page = b"<!DOCTYPE html><title>Please log in</title>";
    match (mood, file) {
        (Mood::Page, _) => {
            head("200 OK", &format!("Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n", page.len()));
            return drop(stream.write_all(page));
        }
        (Mood::PageInDisguise, _) => {
            head("200 OK", &format!("Content-Length: {}\r\n", page.len()));
            return drop(stream.write_all(page));
        }
        (Mood::Circles, _) => return head("302 Found", &format!("Location: {path}\r\nContent-Length: 0\r\n")),
        (Mood::Redirects, _) if !path.contains("moved") => {
            return head("302 Found", &format!("Location: /moved/{name}\r\nContent-Length: 0\r\n"));
        }
        (Mood::NotFound, _) | (_, None) => return head("404 Not Found", "Content-Length: 0\r\n"),
        (_, Some(file)) if start >= file.len() => {
            return head("416 Range Not Satisfiable", &format!("Content-Range: bytes */{}\r\n", file.len()));
        }
        _ => {}
    }
    let file = file.unwrap();
    let mut body = file[start..].to_vec();
    let length = match mood {
        Mood::BreaksOffUnnoticed(_) => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    if range.is_some() && mood != Mood::NoRanges {
        let start = if mood == Mood::WrongRange { start + 1 } else { start };
        let range = format!("Content-Range: bytes {start}-{}/{}\r\n{length}", file.len() - 1, file.len());
        head("206 Partial Content", &range);
    } else {
        head("200 OK", &length);
    }
    match mood {
        Mood::Truncates(n) | Mood::BreaksOffUnnoticed(n) => body.truncate(n),
        Mood::Stalls(n) => {
            let _ = stream.write_all(&body[..n.min(body.len())]);
            return thread::sleep(Duration::from_secs(20));
        }
        Mood::Drips => {
            for piece in body.chunks(body.len() / 8 + 1) {
                let _ = stream.write_all(piece);
                thread::sleep(TIMEOUT / 4);
            }
            return;
        }
        Mood::Damages => {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        _ => {}
    }
    let _ = stream.write_all(&body);
}

/// The packed files of a toy dataset, and its entry in a table.
fn toy() -> (HashMap<String, Vec<u8>>, &'static Known) {
    let dir = TempDir::new().unwrap();
    Digits::toy(60, 1).write_idx(dir.path(), "train");
    Digits::toy(20, 2).write_idx(dir.path(), "t10k");
    let names = [IMAGES, "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
    let read = |name: &str| gzip(&fs::read(dir.path().join(name.trim_end_matches(".gz"))).unwrap());
    let files: Vec<_> = names.into_iter().map(|name| (name, read(name))).collect();
    (files.iter().map(|(name, bytes)| ((*name).to_string(), bytes.clone())).collect(), known("toy", &files))
}

fn known(id: &'static str, files: &[(&'static str, Vec<u8>)]) -> &'static Known {
    let digits = |digits: String, byte: &u8| digits + &format!("{byte:02x}");
    let md5 = |bytes: &[u8]| Md5::digest(bytes).iter().fold(String::new(), digits);
    let files = files.iter().map(|(name, bytes)| PublishedFile { name, md5: md5(bytes).leak() });
    let files = files.collect::<Vec<_>>().leak();
    Box::leak(Box::new(Known { id, name: "Toy", about: "toys", classes: &[], mirrors: &[], files }))
}

/// Remembers what it was told.
#[derive(Default)]
struct Told {
    begun: Vec<(String, u64, Option<u64>)>,
    arrived: u64,
    failed: Vec<String>,
    done: Vec<String>,
}

impl Observer for Told {
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        self.begun.push((file.to_string(), done, total));
    }
    fn arrived(&mut self, bytes: u64) {
        self.arrived += bytes;
    }
    fn mirror_failed(&mut self, url: &str, problem: &Problem) {
        self.failed.push(format!("{url} {problem}"));
    }
    fn file_done(&mut self, file: &str, _bytes: u64) {
        self.done.push(file.to_string());
    }
}

fn fetch_from(servers: &[&Server], known: &'static Known, to: &Path) -> (Result<Outcome, DownloadError>, Told) {
    let mirrors: Vec<_> = servers.iter().map(|server| server.address.clone()).collect();
    let mut told = Told::default();
    (fetch(known, to, &mirrors, TIMEOUT, &mut told), told)
}

#[track_caller]
fn assert_whole(dir: &Path, files: &HashMap<String, Vec<u8>>) {
    let there: HashMap<_, _> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect::<Vec<_>>()
        .iter()
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    assert!(there == *files, "{:?}", there.keys());
}

/// The problem of each mirror for the first file.
fn problems(result: Result<Outcome, DownloadError>) -> Vec<Problem> {
    match result.unwrap_err() {
        DownloadError::NoMirror { attempts, .. } => attempts.into_iter().map(|(_, problem)| problem).collect(),
        other => panic!("expected a fault of mirrors, got {other:?}"),
    }
}

#[test]
fn a_dataset_is_fetched_once() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let server = Server::good(&files);
    let to = dir.path().join("new/data");
    let (outcome, told) = fetch_from(&[&server], known, &to);
    assert_eq!(outcome.unwrap(), Outcome::Fetched);
    assert_whole(&to, &files);
    assert_eq!(Source::Directory(to.clone()).load(Part::Training, 1).unwrap().len(), 60);
    assert_eq!(told.done, known.files.iter().map(|file| file.name).collect::<Vec<_>>());
    assert_eq!(told.begun[0], (IMAGES.to_string(), 0, Some(files[IMAGES].len() as u64)));
    assert_eq!(told.arrived, files.values().map(|file| file.len() as u64).sum::<u64>());

    let (outcome, _) = fetch_from(&[&server], known, &to);
    assert_eq!((outcome.unwrap(), server.requests().len()), (Outcome::WasThere, 4));
    // The rest of a dataset is fetched alone, though what is there is write-protected.
    fs::remove_file(to.join(IMAGES)).unwrap();
    for file in fs::read_dir(&to).unwrap().map(|file| file.unwrap().path()) {
        let mut permissions = file.metadata().unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
    }
    let (outcome, _) = fetch_from(&[&server], known, &to);
    assert_eq!((outcome.unwrap(), server.requests().len()), (Outcome::Fetched, 5));
    assert_whole(&to, &files);
}

#[test]
fn a_transfer_that_breaks_off_is_gone_on_with() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let server = Server::start(&files, &[Mood::Truncates(300), Mood::Truncates(50), Mood::Good]);
    let (outcome, told) = fetch_from(&[&server], known, dir.path());
    assert_eq!(outcome.unwrap(), Outcome::Fetched);
    assert_whole(dir.path(), &files);
    let ranges = [IMAGES.to_string(), format!("{IMAGES} bytes=300-"), format!("{IMAGES} bytes=350-")];
    assert_eq!(server.requests()[..3], ranges);
    assert_eq!(told.begun[1], (IMAGES.to_string(), 300, Some(files[IMAGES].len() as u64)));
    assert!(told.failed.is_empty(), "{:?}", told.failed);
}

#[test]
fn what_an_earlier_download_left_is_used() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let file = &files[IMAGES];
    let part = dir.path().join(format!("{IMAGES}.part"));
    for (left, requests) in [
        // A beginning; all of it, but for its name; a damaged beginning; one that is too long; another file.
        (file[..100].to_vec(), vec![format!("{IMAGES} bytes=100-")]),
        (file.clone(), vec![]),
        ([b"x", &file[1..100]].concat(), vec![format!("{IMAGES} bytes=100-"), IMAGES.to_string()]),
        ([&file[..], b"x"].concat(), vec![format!("{IMAGES} bytes={}-", file.len() + 1), IMAGES.to_string()]),
    ] {
        let server = Server::good(&files);
        fs::write(&part, left).unwrap();
        let (outcome, told) = fetch_from(&[&server], known, dir.path());
        assert_eq!(outcome.unwrap(), Outcome::Fetched);
        assert_whole(dir.path(), &files);
        assert_eq!(server.requests()[..requests.len()], requests);
        assert!(told.failed.is_empty(), "{:?}", told.failed);
        fs::remove_file(dir.path().join(IMAGES)).unwrap();
    }
}

#[test]
fn a_mirror_without_ranges_starts_anew() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    fs::write(dir.path().join(format!("{IMAGES}.part")), &files[IMAGES][..100]).unwrap();
    let server = Server::start(&files, &[Mood::NoRanges]);
    fetch_from(&[&server], known, dir.path()).0.unwrap();
    assert_whole(dir.path(), &files);
    // One that sends what was not asked for is asked for all.
    fs::remove_file(dir.path().join(IMAGES)).unwrap();
    fs::write(dir.path().join(format!("{IMAGES}.part")), &files[IMAGES][..100]).unwrap();
    let server = Server::start(&files, &[Mood::WrongRange]);
    fetch_from(&[&server], known, dir.path()).0.unwrap();
    assert_whole(dir.path(), &files);
    assert_eq!(server.requests(), [format!("{IMAGES} bytes=100-"), IMAGES.to_string()]);
}

#[test]
fn the_next_mirror_goes_on_where_the_last_fell_silent() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let (silent, good) = (Server::start(&files, &[Mood::Stalls(200), Mood::Stalls(0)]), Server::good(&files));
    let (outcome, told) = fetch_from(&[&silent, &good], known, dir.path());
    assert_eq!(outcome.unwrap(), Outcome::Fetched);
    assert_whole(dir.path(), &files);
    assert_eq!(good.requests()[0], format!("{IMAGES} bytes=200-"));
    assert!(told.failed[0].contains("was silent for 0.7 s"), "{:?}", told.failed);
}

#[test]
fn a_mirror_that_never_answers_is_given_up() {
    let ((_, known), dir) = (toy(), TempDir::new().unwrap());
    // Connections are taken by the system, and nobody reads them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}", listener.local_addr().unwrap());
    let start = Instant::now();
    let result = fetch(known, dir.path(), &[mirror], TIMEOUT, &mut Told::default());
    assert!(matches!(problems(result)[..], [Problem::Silent(TIMEOUT)]));
    assert!(start.elapsed() < 10 * TIMEOUT);
}

#[test]
fn a_slow_mirror_is_not_a_silent_one() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let server = Server::start(&files, &[Mood::Drips, Mood::Good]);
    let start = Instant::now();
    let (outcome, told) = fetch_from(&[&server], known, dir.path());
    assert_eq!((outcome.unwrap(), told.begun.len()), (Outcome::Fetched, 4));
    assert!(start.elapsed() > TIMEOUT, "the transfer took longer than the time-out");
    assert_whole(dir.path(), &files);
}

#[test]
fn each_bad_mirror_is_passed_over_and_called_what_it_is() {
    let (files, known) = toy();
    // Nobody listens at port 1. One that was free a moment ago may be another test's by now.
    let closed = Server { address: "http://127.0.0.1:1".to_string(), requests: Arc::default() };
    let in_mood = |mood| Server::start(&files, &[mood]);
    for (server, words) in [
        (closed, "cannot be reached"),
        (in_mood(Mood::NotFound), "answered 404 Not Found"),
        (in_mood(Mood::Page), "sent a web page"),
        (in_mood(Mood::PageInDisguise), "sent a web page"),
        (in_mood(Mood::Damages), "it is damaged, or another file"),
        (in_mood(Mood::BreaksOffUnnoticed(20)), "it is damaged, or another file"),
        (in_mood(Mood::Truncates(0)), "broke off"),
        (in_mood(Mood::Circles), "redirects"),
    ] {
        let dir = TempDir::new().unwrap();
        let good = Server::good(&files);
        let (outcome, told) = fetch_from(&[&server, &good], known, dir.path());
        assert_eq!(outcome.unwrap(), Outcome::Fetched, "{words}");
        assert_whole(dir.path(), &files);
        assert_eq!(told.failed.len(), 4, "a failure for each file: {:?}", told.failed);
        assert!(told.failed[0].contains(words) && told.failed[0].contains(IMAGES), "{}", told.failed[0]);
    }
}

#[test]
fn what_is_damaged_never_gets_its_name() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let (damages, missing) = (Server::start(&files, &[Mood::Damages]), Server::start(&files, &[Mood::NotFound]));
    let (result, _) = fetch_from(&[&damages, &missing], known, dir.path());
    let error = result.as_ref().unwrap_err().to_string();
    for words in [IMAGES, &damages.address, &missing.address, "404", "--mirror", "HTTPS_PROXY", known.files[0].md5] {
        assert!(error.contains(words), "'{words}' is not in: {error}");
    }
    assert!(matches!(problems(result)[..], [Problem::Sum { .. }, Problem::Status(_)]));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing stays of what was damaged");

    let truncates = Server::start(&files, &[Mood::Truncates(100), Mood::Truncates(0)]);
    let (result, _) = fetch_from(&[&truncates], known, dir.path());
    assert!(matches!(problems(result)[..], [Problem::BrokeOff(_)]));
    let part = dir.path().join(format!("{IMAGES}.part"));
    assert_eq!(fs::read(part).unwrap(), files[IMAGES][..100], "what has arrived is kept");
}

#[test]
fn a_mirror_that_always_breaks_off_is_given_up() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let server = Server::start(&files, &[Mood::Truncates(1)]);
    let (result, _) = fetch_from(&[&server], known, dir.path());
    assert!(matches!(problems(result)[..], [Problem::BrokeOff(_)]));
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn redirections_are_followed() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    fs::write(dir.path().join(format!("{IMAGES}.part")), &files[IMAGES][..100]).unwrap();
    let server = Server::start(&files, &[Mood::Redirects]);
    let (outcome, told) = fetch_from(&[&server], known, dir.path());
    assert_eq!((outcome.unwrap(), told.failed.len()), (Outcome::Fetched, 0));
    assert_whole(dir.path(), &files);
    assert_eq!(server.requests()[1], format!("{IMAGES} bytes=100-"));
}

#[test]
fn files_of_other_datasets_are_not_touched() {
    let (files, known) = toy();
    for name in [IMAGES, "train-images-idx3-ubyte", "train-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"] {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join(name), "of another dataset").unwrap();
        let server = Server::good(&files);
        let (result, _) = fetch_from(&[&server], known, dir.path());
        let error = result.unwrap_err();
        assert!(matches!(&error, DownloadError::Foreign { path, .. } if path.ends_with(name)), "{error:?}");
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), "of another dataset");
        assert_eq!((fs::read_dir(dir.path()).unwrap().count(), server.requests().len()), (1, 0));
    }
}

#[test]
fn what_was_unpacked_by_hand_is_not_called_another_dataset() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let server = Server::good(&files);
    fetch_from(&[&server], known, dir.path()).0.unwrap();
    Digits::toy(60, 1).write_idx(dir.path(), "train");
    for name in [IMAGES, "train-labels-idx1-ubyte.gz"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let error = fetch_from(&[&server], known, dir.path()).0.unwrap_err().to_string();
    assert!(
        error.contains("train-images-idx3-ubyte exists and is not the published, compressed file of Toy"),
        "{error}"
    );
    assert!(error.contains("compressed") && error.contains("--data"), "{error}");
}

#[test]
fn a_dataset_is_not_fetched_beside_one_whose_files_are_called_otherwise() {
    let (files, mnist) = toy();
    let renamed = mnist.files.iter().map(|file| match file.name.trim_end_matches("-idx1-ubyte.gz") {
        "train-labels" => "qmnist-train-labels-idx2-int.gz",
        "t10k-labels" => "qmnist-test-labels-idx2-int.gz",
        name if name.starts_with("train") => "qmnist-train-images-idx3-ubyte.gz",
        _ => "qmnist-test-images-idx3-ubyte.gz",
    });
    let qmnist = known(
        "qmnist",
        &renamed.zip(mnist.files).map(|(name, file)| (name, files[file.name].clone())).collect::<Vec<_>>(),
    );
    let server = Server::good(&files);
    for (there, known) in [
        ("t10k-labels.idx1-ubyte", qmnist),
        ("qmnist-test-images-idx3-ubyte.gz", mnist),
        ("emnist-letters-train-labels-idx1-ubyte.gz", mnist),
    ] {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join(there), "of another dataset").unwrap();
        let error = fetch_from(&[&server], known, dir.path()).0.unwrap_err();
        assert!(matches!(&error, DownloadError::OtherDataset { path, .. } if path.ends_with(there)), "{error:?}");
        assert!(
            error.to_string().contains("another dataset than Toy") && error.to_string().contains("--data"),
            "{error}"
        );
        assert_eq!((fs::read_dir(dir.path()).unwrap().count(), server.requests().len()), (1, 0));
    }
}

#[test]
fn two_downloads_to_one_place_do_not_mix() {
    let ((files, known), dir) = (toy(), TempDir::new().unwrap());
    let first = claim(&dir.path().join(format!("{IMAGES}.part"))).unwrap();
    let server = Server::good(&files);
    let (result, _) = fetch_from(&[&server], known, dir.path());
    assert!(matches!(&result, Err(DownloadError::Busy { path }) if path.ends_with(IMAGES)), "{result:?}");
    assert!(result.unwrap_err().to_string().contains("--data") && server.requests().is_empty());
    drop(first);
    fetch_from(&[&server], known, dir.path()).0.unwrap();
    assert_whole(dir.path(), &files);
}

#[test]
fn emnist_is_unpacked_into_six_directories() {
    let splits = ["balanced", "byclass", "bymerge", "digits", "letters", "mnist"];
    let dir = TempDir::new().unwrap();
    for split in splits {
        for (n, part) in [(30, "train"), (10, "test")] {
            let mut digits = Digits::toy(n, 1);
            digits.labels.iter_mut().for_each(|label| *label += u8::from(split == "letters"));
            digits.write_idx(dir.path(), &format!("emnist-{split}-{part}"));
        }
    }
    let members = |except: &str| {
        let mut members = vec![("gzip/readme.txt".to_string(), b"not asked for".to_vec())];
        for entry in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if name != except {
                members.push((format!("gzip/{name}.gz"), gzip(&fs::read(entry.path()).unwrap())));
            }
        }
        zip(&members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect::<Vec<_>>())
    };
    let serve = |archive: Vec<u8>| {
        let known = known("emnist", &[("gzip.zip", archive.clone())]);
        (Server::good(&HashMap::from([("gzip.zip".to_string(), archive)])), known)
    };
    let to = TempDir::new().unwrap();
    let (server, known) = serve(members(""));
    assert_eq!(fetch_from(&[&server], known, to.path()).0.unwrap(), Outcome::Fetched);
    for split in splits {
        let source = Source::Directory(to.path().join(split));
        let lengths = [Part::Training, Part::Test].map(|part| source.load(part, 1).unwrap().len());
        assert_eq!(lengths, [30, 10], "{split}");
    }
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 6, "the archive is gone");
    assert_eq!(fetch_from(&[&server], known, to.path()).0.unwrap(), Outcome::WasThere);
    assert_eq!(server.requests().len(), 1);
    // What is missing is added beside what is write-protected.
    let mut letters = fs::read_dir(to.path().join("letters")).unwrap().map(|file| file.unwrap().path());
    let (missing, protected) = (letters.next().unwrap(), letters.next().unwrap());
    fs::remove_file(&missing).unwrap();
    let mut permissions = protected.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&protected, permissions).unwrap();
    assert_eq!(fetch_from(&[&server], known, to.path()).0.unwrap(), Outcome::Fetched);
    assert!(missing.is_file());

    let (server, known) = serve(members("emnist-mnist-test-labels-idx1-ubyte"));
    // MNIST above the six directories is in nobody's way.
    let beside = TempDir::new().unwrap();
    fs::write(beside.path().join(IMAGES), "of MNIST").unwrap();
    let (result, _) = fetch_from(&[&server], known, beside.path());
    assert!(matches!(result, Err(DownloadError::Archive { .. })), "{result:?}");
}

#[test]
fn each_of_emnists_six_can_be_asked_for_by_name() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("data/emnist")).unwrap();
    for dataset in EMNIST {
        let directory = sandbox.path("data/emnist").join(dataset.directory());
        fs::create_dir(&directory).unwrap();
        for file in ["train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"] {
            fs::write(directory.join(format!("{}-{file}-ubyte.gz", dataset.id)), "").unwrap();
        }
    }
    for (asked, split) in
        [("emnist", "letters"), ("emnist-letters", "letters"), ("emnist-mnist", "mnist"), ("EMNIST-Digits", "digits")]
    {
        let said = command(&sandbox, &format!("download {asked}"), None).success().stdout.replace('\\', "/");
        assert!(said.contains(&format!("its {split} (beside them: balanced")), "{said}");
        assert!(said.contains(&format!("--data data/emnist/{split}\n")), "{said}");
    }
    command(&sandbox, "download emnist-digit", None).failure(2, &["emnist-digit", "emnist-mnist]", "'emnist-digits'"]);
    let help = command(&sandbox, "download --help", None).success().stdout;
    assert!(EMNIST.iter().all(|dataset| help.contains(&format!("- {}:", dataset.id))), "{help}");
}

fn command(sandbox: &Sandbox, line: &str, proxy: Option<&str>) -> Run {
    let mut command = sandbox.command();
    for variable in
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
    {
        command.env_remove(variable);
    }
    if let Some(proxy) = proxy {
        command.env("HTTP_PROXY", proxy);
    }
    command.args(line.split_whitespace()).output().unwrap().into()
}

#[test]
fn the_command_names_what_went_wrong_and_what_to_do() {
    let sandbox = Sandbox::new();
    let (files, _) = toy();
    let (missing, other) = (Server::start(&files, &[Mood::NotFound]), Server::good(&files));
    let line = format!("download --mirror {} --mirror {}", missing.address, other.address);
    let run = command(&sandbox, &line, None);
    let run =
        run.failure(1, &["warning: http://", "answered 404", "expected f68b3c2dcbeaaa9fbdd348bbdeb94873", "--mirror"]);
    assert_eq!(run.stdout, "");
    assert_eq!(missing.requests(), [IMAGES], "the first file that fails ends it");
    assert!(sandbox.path("data").read_dir().unwrap().next().is_none());

    fs::create_dir_all(sandbox.path("data/kmnist")).unwrap();
    fs::write(sandbox.path("data/kmnist").join(IMAGES), "mine").unwrap();
    let line = format!("download kmnist --mirror {}", other.address);
    command(&sandbox, &line, None).failure(1, &["data/kmnist/train-images-idx3-ubyte.gz exists", "KMNIST", "--data"]);
    assert_eq!(sandbox.read("data/kmnist/train-images-idx3-ubyte.gz"), "mine");

    command(&sandbox, "download mnits", None).failure(2, &["fashion-mnist", "qmnist"]);
    command(&sandbox, "download --mirror ftp://x/", None).failure(2, &["http://"]);
    command(&sandbox, "download --timeout 0", None).failure(2, &["--timeout 0 is out of range: choose 1 to 3600"]);
    let help = command(&sandbox, "download --help", None).success().stdout;
    assert!(help.contains("  mnist download ") && help.contains("Fashion-MNIST: articles of clothing"), "{help}");
}

#[test]
fn the_command_goes_through_the_proxy_that_the_environment_names() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let asked = lines.next().unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
        asked
    });
    let run = command(&Sandbox::new(), "download --mirror http://mirror.invalid/mnist", Some(&proxy));
    run.failure(1, &["mirror.invalid/mnist/train-images-idx3-ubyte.gz"]);
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("CONNECT mirror.invalid:80") || asked.contains("http://mirror.invalid/"), "{asked}");
}
