//! A browser that does as it is told: Chromium behind chromedriver, by the WebDriver protocol
//! (<https://www.w3.org/TR/webdriver2>).

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What says on which port chromedriver listens.
const PORT: &str = "started successfully on port ";

/// A browser with one window. It is closed when this is dropped.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The address of all commands.
    session: String,
    _profile: TempDir,
}

/// Whether there is a browser to start.
pub fn is_installed() -> bool {
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    quiet(Command::new("chromedriver").arg("--version"))
}

impl Browser {
    /// A new browser that remembers nothing.
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| Some(line.split_once(PORT)?.1.trim_end_matches('.').to_string()));
        let port = port.expect("chromedriver says its port");
        // Somebody has to read what it goes on to say.
        thread::spawn(move || lines.for_each(drop));

        let profile = TempDir::new().unwrap();
        let mut arguments: Vec<_> = ARGUMENTS.map(String::from).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments });
        // Elsewhere chromedriver finds the browser by itself.
        if Path::new("/usr/bin/chromium").exists() {
            options["binary"] = "/usr/bin/chromium".into();
        }
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": logs });
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
        let sessions = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { driver, agent, session: sessions.clone(), _profile: profile };
        let session = browser.post("", json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("{sessions}/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    /// Sends a command and gives back its value.
    #[track_caller]
    fn post(&self, command: &str, body: Value) -> Value {
        let mut answer = self.agent.post(format!("{}{command}", self.session)).send(body.to_string()).unwrap();
        let answer = answer.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
        let value = serde_json::from_str::<Value>(&answer).unwrap()["value"].take();
        assert!(value.get("error").is_none(), "{command} {body}: {value}");
        value
    }

    /// A command of Chromium's own protocol (<https://chromedevtools.github.io/devtools-protocol>).
    fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Makes the window so large, in CSS pixels, and light or dark.
    pub fn look(&self, width: u32, height: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// Runs a script in every page before the page's own.
    pub fn before_every_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&self, file: &Path) {
        self.post("/url", json!({ "url": format!("file://{}", file.display()) }));
    }

    /// Runs the body of a function in the page and gives back what it returns; a promise is waited for.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// Waits until the page has been painted with all that happened before.
    pub fn painted(&self) {
        self.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
    }

    /// Presses, moves and releases a "mouse", "pen" or "touch" along points, given in CSS pixels of the window.
    pub fn drag(&self, pointer: &str, points: &[(i32, i32)]) {
        let mut actions = Vec::new();
        for (i, (x, y)) in points.iter().enumerate() {
            actions.push(json!({ "type": "pointerMove", "x": x, "y": y, "duration": 0 }));
            if i == 0 {
                actions.push(json!({ "type": "pointerDown", "button": 0 }));
            }
        }
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        let parameters = json!({ "pointerType": pointer });
        let source = json!({ "type": "pointer", "id": pointer, "parameters": parameters, "actions": actions });
        self.post("/actions", json!({ "actions": [source] }));
        self.painted();
    }

    /// Presses and releases keys one after the other. WebDriver's letters for keys without one are in its chapter
    /// 17.4.2.
    pub fn press(&self, keys: &str) {
        let up_and_down = |key| ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key }));
        let actions: Vec<_> = keys.chars().flat_map(up_and_down).collect();
        self.post("/actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
        self.painted();
    }

    /// What the console has said since it was last asked: errors, warnings, violations of the page's policy.
    pub fn console(&self) -> Vec<Value> {
        self.post("/se/log", json!({ "type": "browser" })).as_array().unwrap().clone()
    }

    /// The addresses that pages from files have asked for since this was last asked, those within the page left out.
    pub fn requests(&self) -> Vec<String> {
        let events = self.post("/se/log", json!({ "type": "performance" }));
        let event = |entry: &Value| serde_json::from_str::<Value>(entry["message"].as_str()?).ok();
        let requests = events.as_array().unwrap().iter().filter_map(event).map(|mut event| event["message"].take());
        // The browser asks for things of its own too, for the empty page that it starts with.
        let of_a_file =
            |event: &Value| event["params"]["documentURL"].as_str().is_some_and(|url| url.starts_with("file:"));
        let requests = requests.filter(|event| event["method"] == "Network.requestWillBeSent" && of_a_file(event));
        let urls = requests.map(|event| event["params"]["request"]["url"].as_str().unwrap().to_string());
        urls.filter(|url| !url.starts_with("data:")).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already, and there is nobody to tell.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
