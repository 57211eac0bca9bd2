//! A node as an operator installs it: files in a folder, named as the template names them, and the program itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use planseal_server::config::TEMPLATE;
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use planseal_store::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::kit::{World, log_key};

const PASSPHRASE: &str = "these keys are public";

/// Configuration, keys and certificates of a world of today.
pub(crate) struct Installed {
    pub(crate) world: World,
    folder: TempDir,
}

impl Installed {
    /// Everything that the template names, and the template as it is but for the port and what it shows.
    pub(crate) fn new() -> Self {
        let world = World::at(SystemClock.now());
        let folder = tempfile::tempdir().unwrap();
        let installed = Self { world, folder };
        installed.key("log.pem", &log_key());
        for (name, party) in ["head", "status", "recorder"]
            .into_iter()
            .zip(&installed.world.service)
        {
            installed.key(&format!("{name}.pem"), &party.key());
            installed.put(&format!("{name}.cose"), party.certificate.bytes());
        }
        installed.put("host.cose", installed.world.host.certificate.bytes());
        installed.put("passphrase", format!("{PASSPHRASE}\n").as_bytes());
        installed.put("trust-policy.cbor", installed.world.policy().bytes().as_slice());
        let text = TEMPLATE
            .replace("127.0.0.1:8443", "127.0.0.1:0")
            .replace("access = \"closed\"", "access = \"trial\"");
        installed.put("node.toml", text.as_bytes());
        installed
    }

    fn key(&self, name: &str, key: &FileKey) {
        let passphrase = Passphrase::new(PASSPHRASE.into());
        key.save_at_cost(&self.path(name), &passphrase, Cost::EXAMPLE_KEYS)
            .unwrap();
    }

    /// Puts a key in the place of another one.
    pub(crate) fn replace_key(&self, name: &str, key: &FileKey) {
        std::fs::remove_file(self.path(name)).unwrap();
        self.key(name, key);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Changes the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("node.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        self.put("node.toml", text.replace(from, to).as_bytes());
    }

    /// A command on this configuration.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_planseal-server"));
        command.arg(name).arg("--config").arg(self.path("node.toml"));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(name).args(arguments).output().unwrap())
    }

    pub(crate) fn found(&self) -> Ran {
        let mut command = self.command("found");
        for name in ["host", "head", "status", "recorder"] {
            command
                .arg("--certificate")
                .arg(self.path(&format!("{name}.cose")));
        }
        Ran::of(&command.output().unwrap())
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn serve(&self) -> Node {
        let mut command = self.command("serve");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        let address = String::new();
        let mut node = Node { child, told, address };
        let mut before = String::new();
        loop {
            let mut line = String::new();
            assert!(node.told.read_line(&mut line).unwrap() > 0, "{before}");
            if let Some((_, address)) = line.trim().split_once("listens on ") {
                node.address = address.to_owned();
                return node;
            }
            before.push_str(&line);
        }
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Ended with this code, and said this.
    pub(crate) fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.err.contains(words), "{self:?}");
    }
}

/// A server that runs; killed at the end of the test.
pub(crate) struct Node {
    child: Child,
    told: BufReader<ChildStderr>,
    pub(crate) address: String,
}

impl Node {
    /// Asks it to stop, and gives its exit code and what it said since it listened.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let code = self.child.wait().unwrap().code();
        let told: Result<Vec<String>, _> = self.told.by_ref().lines().collect();
        (code, told.unwrap().join("\n"))
    }

    /// Ends it as the kernel does that is out of memory.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let agent = agent();
        let mut answer = agent.get(format!("{}{path}", self.address)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &[u8]) -> (u16, serde_json::Value) {
        let agent = agent();
        let request = agent.post(format!("{}{path}", self.address));
        let mut answer = request.content_type("application/cose").send(body).unwrap();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&bytes).unwrap())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent()
}

/// Copies a folder whole.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
