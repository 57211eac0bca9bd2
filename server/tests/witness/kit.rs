//! A log in memory, a witness on a port of this machine, and requests between them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use planseal::log::checkpoint::Checkpoint;
use planseal::log::cosign::AddCheckpoint;
use planseal::log::note::{KeyType, Note, VerifierKey};
use planseal::log::tree::{self, MemoryTree, leaf_hash};
use planseal_server::listen;
use planseal_server::witness::{self, Witness};
use planseal_signer::key_file::FileKey;
use planseal_store::SystemClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

pub(crate) const ORIGIN: &str = "log.example/plans";

/// A log that grows by one leaf at a time, and its key.
pub(crate) struct TestLog {
    key: FileKey,
    pub(crate) verifier: VerifierKey,
    tree: MemoryTree,
}

impl TestLog {
    pub(crate) fn new() -> Self {
        let key = FileKey::from_secret(&[9; 32]);
        let verifier = VerifierKey::new(ORIGIN, KeyType::Log, key.public_key()).unwrap();
        Self {
            key,
            verifier,
            tree: MemoryTree::default(),
        }
    }

    /// The same key over a tree whose leaves begin with these words.
    pub(crate) fn of(words: &str, size: u64) -> Self {
        let mut log = Self::new();
        for n in 0..size {
            log.tree.push(leaf_hash(format!("{words} {n}").as_bytes()));
        }
        log
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        let checkpoint = Checkpoint {
            origin: ORIGIN.into(),
            size,
            root: tree::root(&self.tree, size).unwrap(),
        };
        checkpoint.sign(&self.verifier, &self.key).unwrap()
    }

    pub(crate) fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        let proof = match old {
            0 => Vec::new(),
            old => tree::consistency_proof(&self.tree, old, size).unwrap(),
        };
        let note = self.note(size);
        AddCheckpoint { old, proof, note }
    }
}

/// A witness that listens, until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) key: VerifierKey,
    listening: JoinHandle<()>,
}

impl Running {
    /// Makes a witness in a folder; the seed is its key's.
    pub(crate) async fn new(folder: &Path, seed: u8, log: &VerifierKey) -> Self {
        let key = FileKey::from_secret(&[seed; 32]);
        Witness::init(folder, &format!("witness.example/w{seed}"), &key).unwrap();
        Self::again(folder, seed, log).await
    }

    /// Starts the witness of a folder again.
    pub(crate) async fn again(folder: &Path, seed: u8, log: &VerifierKey) -> Self {
        let key = Box::new(FileKey::from_secret(&[seed; 32]));
        let witness = Witness::open(folder, key, vec![log.clone()], Arc::new(SystemClock)).unwrap();
        let key = witness.key().clone();
        let listener = listen::bind(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = witness::router(Arc::new(witness));
        let listening = tokio::spawn(async move {
            listen::serve(listener, router, None).await.unwrap();
        });
        Self {
            address,
            key,
            listening,
        }
    }

    pub(crate) async fn ask(&self, request: &AddCheckpoint) -> Answer {
        post(self.address, request.to_string().as_bytes()).await
    }

    /// Ends it as a power cut would: nothing is written any more.
    pub(crate) async fn stop(self) {
        self.listening.abort();
        // Connections that were accepted end with their sockets; the folder's lock goes with the last of them.
        for _ in 0..50 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            if self.listening.is_finished() {
                return;
            }
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) async fn post(address: SocketAddr, body: &[u8]) -> Answer {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: witness\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    send(address, &[head.as_bytes(), body].concat()).await
}

/// Sends bytes as they are and reads to the end.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses a large body may close before it was sent.
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
    Answer {
        status,
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}
