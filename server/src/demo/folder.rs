//! The folder that is kept: what anyone needs to check the samples offline, the keys, and the store.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use planseal_signer::output::{Access, Existing, write};
use tempfile::TempDir;

use super::Options;
use super::cast::{Cast, PASSPHRASE};
use super::samples::Samples;
use crate::service::Printed;

/// A kept folder, or one that goes with the process.
pub(super) struct Folder {
    root: PathBuf,
    temporary: Option<TempDir>,
}

impl Folder {
    /// Makes the folder, or refuses one that holds something.
    pub(super) fn prepare(keep: Option<&Path>) -> anyhow::Result<Self> {
        let (root, temporary) = match keep {
            Some(root) => (root.to_owned(), None),
            None => {
                let folder = tempfile::Builder::new().prefix("planseal-demo-").tempdir();
                let folder = folder.context("no temporary folder can be made: give one with --keep DIR")?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let folder = Self { root, temporary };
        folder.refuse_contents()?;
        for part in ["pdf", "envelopes", "bundles", "attachments", "keys"] {
            let part = folder.root.join(part);
            std::fs::create_dir_all(&part).with_context(|| {
                format!(
                    "{} cannot be made: choose a folder that you may write to",
                    part.display()
                )
            })?;
        }
        folder.put("keys/README", &keys_readme())?;
        Ok(folder)
    }

    fn refuse_contents(&self) -> anyhow::Result<()> {
        let found = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries.count(),
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => 0,
            Err(fault) => {
                return Err(fault)
                    .with_context(|| format!("{} cannot be used as a folder", self.root.display()));
            }
        };
        if found > 0 {
            bail!(
                "{} is not empty, and nothing in it was touched: give --keep a folder that is new or empty",
                self.root.display()
            );
        }
        Ok(())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(super) fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Where the witnesses remember.
    pub(super) fn witnesses(&self) -> PathBuf {
        self.root.join("witnesses")
    }

    pub(super) fn pdf(&self, sample: &str, version: u32) -> PathBuf {
        self.root.join("pdf").join(format!("{sample}-v{version}.pdf"))
    }

    /// A file of the folder.
    pub(super) fn read(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.root.join(name);
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))
    }

    /// The attached files, as they lie in the folder.
    pub(super) fn attachments(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let entries = std::fs::read_dir(self.root.join("attachments"))?;
        entries.map(|entry| Ok(std::fs::read(entry?.path())?)).collect()
    }

    pub(super) fn envelope(&self, sample: &str, version: u32, envelope: &[u8]) -> anyhow::Result<()> {
        self.put(&format!("envelopes/{sample}-v{version}.cose"), envelope)
    }

    pub(super) fn printed(&self, sample: &str, version: u32, printed: &Printed) -> anyhow::Result<()> {
        self.put(&format!("pdf/{sample}-v{version}.pdf"), &printed.pdf)?;
        self.put(&format!("bundles/{sample}-v{version}.planseal"), &printed.bundle)
    }

    /// Policy, trust list, snapshot and scans.
    pub(super) async fn publish(&self, cast: &Cast, samples: &Samples) -> anyhow::Result<()> {
        let service = cast.service();
        self.put("trust-policy.cbor", service.policy().bytes().as_slice())?;
        self.put("snapshot.cbor", service.newest_snapshot().await?.bytes())?;
        self.put("trust-list.cbor", service.newest_trust_list().await?.bytes())?;
        for scan in &samples.scans {
            self.put(&format!("attachments/{}", scan.name), &scan.pdf)?;
        }
        Ok(())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(write(
            &self.root.join(name),
            bytes,
            Access::Everyone,
            Existing::Keep,
        )?)
    }

    /// What to open and try.
    pub(super) fn welcome(&self, options: &Options) -> String {
        let scheme = if options.tls { "https" } else { "http" };
        let (port, root) = (options.port, self.root.display());
        let life = if self.temporary.is_some() {
            "The folder goes when the server stops; keep it with --keep DIR."
        } else {
            "The folder stays."
        };
        format!(
            "\nEverything above was read from its file again and verified. Now serving:\n\n  \
             {scheme}://localhost:{port}/            check a plan, or open one of the five\n  \
             {scheme}://localhost:{port}/v           where a printed code leads\n\n\
             Try: upload {root}/pdf/P1-v1.pdf, a paper still in a drawer: it is SUPERSEDED.\n\
             Then change one byte of {root}/pdf/P1-v3.pdf and upload that.\n\
             {life} Stop with Ctrl-C.\n"
        )
    }
}

fn keys_readme() -> Vec<u8> {
    format!(
        "These keys are public; anything they sign proves nothing. They were made for a demonstration with fictional\n\
         people. The passphrase of every encrypted key file (*.pem beside and below this file, except under tls/) is:\n\n    \
         {PASSPHRASE}\n"
    )
    .into_bytes()
}
