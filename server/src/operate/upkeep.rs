//! Looking after a store: check it, make again what follows from it, copy it away and back, wrap its keys anew.
//!
//! The work is the store's (`planseal_store::upkeep`); here it is asked for by configuration, shown while it lasts, and
//! reported. A full check also verifies every signature, by the fold that a running service stands on.

use std::path::Path;
use std::sync::Arc;

use planseal::log::note::VerifierKey;
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::trust::{PublicKey, TrustPolicy};
use planseal_store::upkeep::{self, CopyReport, Depth, Progress, UpkeepError};
use planseal_store::{KeySource, LocalFileKeys, Location, Store, StoreConfig, SystemClock};

use super::progress::Shown;
use super::report::{Found, Report};
use super::{OpenKey, Refusal, Remember, is_refusal, log_is_refused, open_log_key, place_is_refused};
use crate::config::{Config, StorePlace};
use crate::problem::causes;
use crate::service::verify_log;

/// Where a copy of a store is, and where its wrapped keys are.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    /// The objects.
    pub objects: &'a str,
    /// The wrapped data keys; without them, nothing in the copy can be read.
    pub keys: Option<&'a str>,
}

/// Checks a store.
///
/// # Errors
/// [`Refusal`] when there is no store of this log, and what else kept it from being checked.
pub async fn fsck(config: &Config, depth: Depth) -> anyhow::Result<Report> {
    let task = Task::begin(config, "fsck")?;
    let watch = |progress| task.shown.show(progress);
    let checked = upkeep::fsck(task.store_config()?, task.log_key(), depth, &watch).await;
    let checked = checked.map_err(refusal_or_fault)?;
    let mut report = task.report.clone();
    report.done.push(format!(
        "{} objects read; the log holds {} leaves.",
        checked.objects, checked.leaves
    ));
    report.done.push(match depth {
        Depth::Quick => "Checked: the log's commits and checkpoints, its tiles and index, and every chain.".into(),
        Depth::Full => "Checked: the log's commits and checkpoints, its tiles and index, every chain, and every file, claim, \
                        data key and audit segment, each read and opened."
            .into(),
    });
    report.counts = [("objects", checked.objects), ("leaves", checked.leaves)].into();
    report.checkpoint = checked.checkpoint;
    report.findings = Found::all_in_store(checked.findings);
    if depth == Depth::Full {
        task.verify_signatures(&mut report).await?;
    }
    Ok(report.end())
}

/// Makes everything again that follows from commits and chains.
///
/// # Errors
/// [`Refusal`] when commits or chains do not allow it.
pub async fn rebuild(config: &Config, open: OpenKey<'_>) -> anyhow::Result<Report> {
    let task = Task::begin(config, "rebuild")?;
    let log = open_log_key(config, &task.policy, open)?;
    let watch = |progress| task.shown.show(progress);
    let origin = task.policy.log().name();
    let rebuilt = upkeep::rebuild(task.store_config()?, log, origin, &watch).await;
    let rebuilt = rebuilt.map_err(refusal_or_fault)?;
    let mut report = task.report.clone();
    let (leaves, chains) = (rebuilt.leaves, rebuilt.chains);
    report.done.push(format!(
        "Tiles, index and checkpoint were made again from {leaves} leaves, and claims from {chains} chains."
    ));
    report.counts = [("leaves", leaves), ("chains", chains)].into();
    report.checkpoint = rebuilt.checkpoint;
    Ok(report.end())
}

/// Copies a store away; what is there already stays. May be broken off and begun again.
///
/// # Errors
/// [`Refusal`] when the place holds another store or a newer state of this one.
pub async fn backup(config: &Config, to: Copy<'_>) -> anyhow::Result<Report> {
    let task = Task::begin(config, "backup")?;
    let (place, keys) = to.places()?;
    let watch = |progress| task.shown.show(progress);
    let copied = upkeep::backup(task.store_config()?, place, keys, &watch).await;
    let mut report = task.report.clone();
    report.of_copy(copied.map_err(refusal_or_fault)?, "to", to.objects);
    if to.keys.is_none() {
        report.remarks.push(
            "the wrapped data keys were not copied: without them nothing in the copy can be read; give --keys-to".into(),
        );
    }
    report
        .remarks
        .push("keep a copy of the store's key file apart from both".into());
    Ok(report.end())
}

/// Puts a copy back and checks the result. Never rolls a log back.
///
/// # Errors
/// [`Refusal`] when it would, or the copy is of another store.
pub async fn restore(config: &Config, from: Copy<'_>) -> anyhow::Result<Report> {
    let task = Task::begin(config, RESTORE)?;
    let (place, keys) = from.places()?;
    let watch = |progress| task.shown.show(progress);
    let copied = upkeep::restore(place, keys, task.store_config()?, task.log_key(), &watch).await;
    let mut report = task.report.clone();
    report.of_copy(copied.map_err(refusal_or_fault)?, "from", from.objects);
    Ok(report.end())
}

/// Makes the file of a key that is to wrap the store's data keys, and wraps none yet.
///
/// # Errors
/// When the file cannot be made.
pub fn make_key(config: &Config, new_key_file: &Path) -> anyhow::Result<Report> {
    let mut report = Report::begin("rotate-keys", &config.store()?.url);
    LocalFileKeys::open_or_make(new_key_file)?;
    let new = new_key_file.display();
    report.done.push(format!(
        "The key in {new} is there. No data key was wrapped with it yet."
    ));
    report.remarks.push(format!(
        "on every node, let [store] key_file name {new} and previous_key_file the one before, start it again, and then run \
         rotate-keys without --make-only"
    ));
    Ok(report.end())
}

/// Wraps every data key with a new key, which is made when its file does not exist. The objects are not touched.
///
/// # Errors
/// [`Refusal`] when a data key opens with neither key.
pub async fn rotate_keys(config: &Config, new_key_file: &Path) -> anyhow::Result<Report> {
    let task = Task::begin(config, "rotate-keys")?;
    let place = &task.place;
    let old = place.previous_key_file.as_ref().unwrap_or(&place.key_file);
    if old == new_key_file {
        let reason = format!("{} is the key that is in use: name another file", old.display());
        return Err(Refusal { reason }.into());
    }
    let (from, to) = (
        KeySource::File(old.clone()),
        KeySource::File(new_key_file.to_owned()),
    );
    let watch = |progress| task.shown.show(progress);
    let rotated = upkeep::rotate(place.location.clone(), from, to, &watch).await;
    let rotated = rotated.map_err(refusal_or_fault)?;
    let mut report = task.report.clone();
    report.done.push(format!(
        "{} data keys were wrapped with the key in {}; {} were before.",
        rotated.wrapped,
        new_key_file.display(),
        rotated.before
    ));
    report.counts = [("wrapped", rotated.wrapped), ("before", rotated.before)].into();
    report.remarks.push(format!(
        "[store] key_file is to name {} now, on every node; keep {} until backups made under it are gone",
        new_key_file.display(),
        old.display()
    ));
    Ok(report.end())
}

/// The one task that may begin a store.
const RESTORE: &str = "restore";

/// What every task needs: the place, the log, and somewhere to show how far it has come.
struct Task {
    place: StorePlace,
    policy: TrustPolicy,
    report: Report,
    shown: Shown,
}

impl Task {
    fn begin(config: &Config, name: &'static str) -> anyhow::Result<Self> {
        let place = config.store()?;
        if name != RESTORE {
            place.expect_begun()?;
        }
        Ok(Self {
            policy: config.policy()?,
            report: Report::begin(name, &place.url),
            shown: Shown::on_stderr(),
            place,
        })
    }

    /// The store, compared with what this node has shown.
    fn store_config(&self) -> anyhow::Result<StoreConfig> {
        let remembered = match Remember::of(&self.place, &self.policy) {
            Some(remember) => remember.read().map_err(|fault| Refusal::of(&fault))?,
            None => None,
        };
        Ok(self.place.config(remembered))
    }

    fn log_key(&self) -> VerifierKey {
        self.policy.log().clone()
    }

    /// Opens the store without being able to sign, and verifies what every leaf names.
    async fn verify_signatures(&self, report: &mut Report) -> anyhow::Result<()> {
        let port = Box::new(PublicOnly(self.policy.log().key()));
        let (config, origin) = (self.store_config()?, self.policy.log().name());
        let store = match Store::open(config, port, origin, Arc::new(SystemClock)).await {
            Ok(store) => store,
            Err(fault) => {
                report.findings.push(unverified(&causes(&fault)));
                return Ok(());
            }
        };
        let watch = |done, total| {
            self.shown.show(Progress {
                stage: "signatures",
                done,
                total: Some(total),
            });
        };
        match verify_log(&store, &self.policy, &watch).await {
            Ok(found) => {
                let (statements, cards) = (found.statements, found.cards);
                report.done.push(format!(
                    "Verified: signature, signer and content of {statements} statements and {cards} cards, each against its leaf."
                ));
                report.counts.insert("statements", statements);
                report
                    .findings
                    .extend(found.contradictions.iter().map(Found::at_leaf));
                report
                    .remarks
                    .extend(found.set_aside.iter().map(ToString::to_string));
            }
            Err(fault) => report.findings.push(unverified(&causes(&fault))),
        }
        store.close().await?;
        Ok(())
    }
}

/// Signatures that could not be asked for.
fn unverified(reason: &str) -> Found {
    Found {
        place: "the log".into(),
        rule: "every signature is verified".into(),
        found: format!("they could not be: {reason}"),
    }
}

impl Copy<'_> {
    fn places(&self) -> anyhow::Result<(Location, Option<Location>)> {
        let keys = self.keys.map(Location::parse).transpose()?;
        Ok((Location::parse(self.objects)?, keys))
    }
}

impl Report {
    fn of_copy(&mut self, copied: CopyReport, direction: &str, place: &str) {
        self.done.push(format!(
            "{} objects ({} bytes) and {} data keys were copied {direction} {place}; {} were there before.",
            copied.objects, copied.bytes, copied.keys, copied.skipped
        ));
        self.counts = [
            ("objects", copied.objects),
            ("bytes", copied.bytes),
            ("keys", copied.keys),
            ("skipped", copied.skipped),
        ]
        .into();
        self.checkpoint = copied.checkpoint;
        self.findings = Found::all_in_store(copied.findings);
    }
}

/// The log's public key: enough to read a log, and to continue none.
struct PublicOnly(PublicKey);

impl SigningPort for PublicOnly {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, _: &ToBeSigned) -> Result<Signature, PortError> {
        let reason = "a check signs nothing: start the service once, which completes what a crash left, and check again";
        Err(PortError(reason.into()))
    }
}

fn refusal_or_fault(fault: UpkeepError) -> anyhow::Error {
    let refused = match &fault {
        UpkeepError::NoStore { .. }
        | UpkeepError::OtherStore { .. }
        | UpkeepError::RollsBack { .. }
        | UpkeepError::Outdated { .. }
        | UpkeepError::Differs { .. }
        | UpkeepError::KeyRefused { .. }
        | UpkeepError::Checkpoint { .. } => true,
        UpkeepError::Open(fault) => is_refusal(fault),
        UpkeepError::Log(fault) => log_is_refused(fault),
        UpkeepError::Location(fault) => place_is_refused(fault),
        _ => false,
    };
    match refused {
        true => Refusal::of(&fault).into(),
        false => fault.into(),
    }
}
