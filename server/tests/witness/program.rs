//! `planseal-server witness` as a program.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use planseal::log::cosign;
use planseal::log::note::VerifierKey;

use crate::kit::{TestLog, post};

fn server() -> Command {
    Command::new(env!("CARGO_BIN_EXE_planseal-server"))
}

/// Ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_witness_is_made_and_run_by_two_commands() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("passphrase"), "correct horse battery\n").unwrap();
    let (state, key, passphrase) = (path("state"), path("key.pem"), path("passphrase"));
    let files = ["--state", &state, "--key", &key, "--passphrase-file", &passphrase];
    let init = || {
        let made = server()
            .args(["witness", "init", "--name", "witness.example/w"])
            .args(files)
            .output();
        made.unwrap()
    };
    let made = init();
    assert!(made.status.success(), "{made:?}");
    let vkey = VerifierKey::parse(String::from_utf8(made.stdout).unwrap().trim()).unwrap();
    assert_eq!(init().status.code(), Some(1), "an existing key is never touched");

    let log = TestLog::of("leaf", 2);
    let mut running = server();
    running
        .arg("witness")
        .args(files)
        .args(["--log", &log.verifier.to_string()]);
    running.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
    let mut running = Process(running.spawn().unwrap());
    let mut told = String::new();
    BufReader::new(running.0.stderr.take().unwrap())
        .read_line(&mut told)
        .unwrap();
    let address = told.trim().rsplit_once("http://").unwrap().1.parse().unwrap();
    let answer = post(address, log.request(0, 2).to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = cosign::answer(&answer.body).unwrap();
    assert!(cosign::cosigned_at(&vkey, &log.note(2), &lines[0]).is_some());
}

#[test]
fn a_witness_without_log_or_folder_is_a_usage_error() {
    assert_eq!(server().arg("witness").output().unwrap().status.code(), Some(2));
    assert_eq!(
        server().args(["witness", "init"]).output().unwrap().status.code(),
        Some(2)
    );
}
