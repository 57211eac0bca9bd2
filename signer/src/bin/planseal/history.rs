//! The history of a record as a service shows it: every statement verified, and proved to be registered.

use anyhow::{Context as _, bail, ensure};
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, Kind, LoggedStatement, Report, Resolution, Withdrawal,
};
use planseal::time::Timestamp;
use planseal::verify::{self, Logged};

use crate::evidence::Region;
use crate::server::{Server, ServerFault};
use crate::{registration, words};

/// 64 MiB: a record with hundreds of statements, each with its receipt.
const MAX_STATEMENTS: usize = 64 << 20;

/// One verified statement of a record.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) id: ObjectId,
    pub(crate) leaf: u64,
    pub(crate) logged_at: Timestamp,
    pub(crate) by: String,
    pub(crate) says: String,
    pub(crate) standing: Standing,
}

/// Whether the signer's key was later revoked from before this statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Stands,
    Suspended,
}

/// All statements of a record, each verified and proved to be registered, in leaf order.
pub(crate) fn of_record(plan: PlanId, server: &Server, region: &Region) -> anyhow::Result<Vec<Entry>> {
    let list = server.json(&format!("/api/v1/plans/{plan}/statements"), MAX_STATEMENTS);
    let list = match list {
        Err(ServerFault::Refused { status: 404, .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let list = list
        .as_array()
        .context("the service sent no list of statements")?;
    let mut entries = Vec::new();
    for item in list {
        let object = SignedObject::parse(&registration::base64_of(item, "object")?)?;
        let receipt = registration::receipt(item, "receipt")?;
        entries.push(entry(plan, &object, &receipt, region)?);
    }
    ensure!(
        entries.is_sorted_by(|earlier, later| earlier.leaf < later.leaf),
        "the service's history is not in the order of its log"
    );
    Ok(entries)
}

/// The record's latest version or withdrawal, as far as the service shows it.
pub(crate) fn end(entries: &[Entry]) -> Option<ObjectId> {
    let mut ends = entries.iter().rev();
    ends.find(|entry| matches!(entry.kind, Kind::Version | Kind::Withdrawal))
        .map(|entry| entry.id)
}

fn entry(plan: PlanId, object: &SignedObject, receipt: &Receipt, region: &Region) -> anyhow::Result<Entry> {
    match object.kind() {
        Kind::Version => {
            let logged = logged::<PlanVersion>(plan, object, receipt, region)?;
            let number = logged.content().version_number();
            Ok(listed(&logged, region, format!("version {number}")))
        }
        Kind::Withdrawal => spoken::<Withdrawal>(plan, object, receipt, region),
        Kind::Endorsement => spoken::<Endorsement>(plan, object, receipt, region),
        Kind::Report => spoken::<Report>(plan, object, receipt, region),
        Kind::Resolution => spoken::<Resolution>(plan, object, receipt, region),
        Kind::Intake => spoken::<Intake>(plan, object, receipt, region),
        Kind::Custody => spoken::<Custody>(plan, object, receipt, region),
        Kind::Hold => spoken::<Hold>(plan, object, receipt, region),
        other => bail!("the service's history holds a {other}, which this software cannot judge: update it"),
    }
}

fn spoken<S: LoggedStatement>(
    plan: PlanId,
    object: &SignedObject,
    receipt: &Receipt,
    region: &Region,
) -> anyhow::Result<Entry> {
    let logged = logged::<S>(plan, object, receipt, region)?;
    let says = words::sentence(S::KIND, object.peek_unverified().1).unwrap_or_else(|| S::KIND.to_string());
    Ok(listed(&logged, region, says))
}

fn logged<S: LoggedStatement>(
    plan: PlanId,
    object: &SignedObject,
    receipt: &Receipt,
    region: &Region,
) -> anyhow::Result<Logged<S>> {
    let statement = verify::statement::<S>(object, &region.directory)
        .with_context(|| format!("a {} in the service's history does not verify", S::KIND))?;
    ensure!(
        statement.content().record() == Some(plan),
        "a {} in the service's history is about another record",
        S::KIND
    );
    verify::logged(statement, receipt, &region.policy, &region.directory).with_context(|| {
        format!(
            "a {} in the service's history is not registered as it says",
            S::KIND
        )
    })
}

fn listed<S: LoggedStatement>(logged: &Logged<S>, region: &Region, says: String) -> Entry {
    let signer = logged.verified().signer();
    let by = signer.and_then(|signer| region.directory.certificate(&signer));
    Entry {
        kind: S::KIND,
        id: logged.id(),
        leaf: logged.index(),
        logged_at: logged.time().start(),
        by: by.map_or_else(String::new, |by| {
            format!("{}, {}", by.content().name(), by.content().organisation())
        }),
        says,
        standing: standing(signer, logged.index(), region),
    }
}

/// By log order (FORMAT §4): the signer, or whoever certified the signer, was revoked from this leaf or an earlier one.
fn standing(signer: Option<ObjectId>, leaf: u64, region: &Region) -> Standing {
    let doubted = signer.is_some_and(|signer| region.directory.doubt(&signer, leaf).is_some());
    if doubted {
        Standing::Suspended
    } else {
        Standing::Stands
    }
}
