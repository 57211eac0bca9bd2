//! Storage engines that are other programs: Azurite and moto, as `install.sh` brings them.
//!
//! Each runs on a free loopback port with its data in a temporary folder, and ends when its handle is dropped.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::bucket::{AzureContainer, S3Bucket};

/// A running Azurite, the emulator of Azure's blobs.
pub struct Azurite {
    /// The one container there is.
    pub container: AzureContainer,
    _process: Process,
}

impl Azurite {
    /// Starts it and makes the container.
    ///
    /// # Errors
    /// When it is not installed, does not start, or refuses the container.
    pub async fn start() -> anyhow::Result<Self> {
        let program = cache()?.join("azurite/node_modules/.bin/azurite-blob");
        let process = Process::start(&program, |folder, port| {
            let options = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"];
            let mut arguments: Vec<OsString> = options.map(OsString::from).to_vec();
            arguments.extend(["--blobPort".into(), port.to_string().into()]);
            arguments.extend(["--location".into(), folder.into()]);
            arguments
        })
        .await?;
        let container = AzureContainer {
            endpoint: process.endpoint(),
            name: "planseal".to_owned(),
        };
        container.create().await?;
        Ok(Self {
            container,
            _process: process,
        })
    }
}

/// A running moto, an S3 server that looks whether a name exists and writes then, without a lock.
///
/// Python's interpreter lock hides that on most days: of 205 rounds of 32 writers against moto 5.2.5, none had two
/// winners. So its threads are made to give way after each look, as they may at any time.
pub struct Moto {
    /// The one bucket there is.
    pub bucket: S3Bucket,
    _process: Process,
}

impl Moto {
    /// Starts it and makes the bucket.
    ///
    /// # Errors
    /// When it is not installed, does not start, or refuses the bucket.
    pub async fn start() -> anyhow::Result<Self> {
        let program = cache()?.join("moto/bin/python");
        let process = Process::start(&program, |_, port| {
            let port = port.to_string();
            ["-c", MOTO, "--host", "127.0.0.1", "--port", &port]
                .map(OsString::from)
                .to_vec()
        })
        .await?;
        let bucket = S3Bucket {
            endpoint: process.endpoint(),
            name: "planseal".to_owned(),
        };
        bucket.create().await?;
        Ok(Self {
            bucket,
            _process: process,
        })
    }
}

/// moto, whose threads give way where they look.
const MOTO: &str = "
import sys, time
from moto.s3.models import S3Backend
from moto.server import main
look = S3Backend.get_object
def look_and_give_way(*arguments, **named):
    found = look(*arguments, **named)
    time.sleep(0.002)
    return found
S3Backend.get_object = look_and_give_way
main(sys.argv[1:])
";

/// Where `install.sh` puts what it brings.
fn cache() -> anyhow::Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    Ok(cache.join("planseal-tests"))
}

/// A server in a process of its own.
struct Process {
    child: Child,
    port: u16,
    /// Held for its drop, which comes after the process has ended.
    _folder: tempfile::TempDir,
}

impl Process {
    /// Starts a program on a port that was free a moment ago, and waits until it answers.
    async fn start(program: &Path, arguments: impl Fn(&Path, u16) -> Vec<OsString>) -> anyhow::Result<Self> {
        if !program.exists() {
            bail!(
                "{} is missing: tests/engines/install.sh brings it",
                program.display()
            );
        }
        let folder = tempfile::Builder::new().prefix("planseal-engine-").tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new(program)
            .args(arguments(folder.path(), port))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut process = Self {
            child,
            port,
            _folder: folder,
        };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{} ended with {status}", program.display());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{} does not answer", program.display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(process)
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Azurite needs 5 s on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Drop for Process {
    /// An error means that it has ended already.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
