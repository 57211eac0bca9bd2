//! What a command about a record is about: a file with a version in it, or the record's id and a service's word on
//! which version is its latest.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use planseal::bundle::Bundle;
use planseal::currency::CLOCK_TOLERANCE;
use planseal::envelope::{MAX_ENVELOPE, SignedObject};
use planseal::head::Head;
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::statement::{Hold, Intake, Kind, Report, Withdrawal};
use planseal::verify::{self, Verified};

use crate::carrier::Carrier;
use crate::evidence::Region;
use crate::server::Server;
use crate::{files, history, terminal};

/// 8 MiB: the largest bundle (FORMAT §2).
const MAX_BUNDLE: usize = 8 << 20;

/// Media type of a bundle.
const BUNDLE: &str = "application/vnd.planseal.bundle+cbor";

/// The carrier that a `FILE|PLAN` argument means. A record's id needs a service.
pub(crate) fn carrier(named: &str, server: Option<&Server>, region: &Region) -> anyhow::Result<Carrier> {
    match (PlanId::parse(named), server) {
        (Ok(plan), Some(server)) if !Path::new(named).exists() => {
            let head = head(plan, server, region)?;
            Ok(Carrier::Bundle(Box::new(latest_bundle(&head, server)?)))
        }
        (Ok(_), None) if !Path::new(named).exists() => {
            bail!("a record's id says nothing without a service: pass --server, or give the version's file")
        }
        _ => {
            let bytes = files::read(Path::new(named), files::MAX_FILE)?;
            match Carrier::of(&bytes) {
                Ok(carrier) => Ok(carrier),
                Err(verdict) => bail!("{named} cannot be read: {}", verdict.reason()),
            }
        }
    }
}

/// The verified version that a `FILE|PLAN` argument means.
pub(crate) fn version(
    named: &str,
    server: Option<&Server>,
    region: &mut Region,
) -> anyhow::Result<Verified<PlanVersion>> {
    let carrier = carrier(named, server, region)?;
    if let Carrier::Bundle(bundle) | Carrier::Pdf(bundle) = &carrier {
        region
            .directory
            .admit_all(&bundle.certificates)
            .context("a certificate beside the plan does not verify")?;
    }
    let object: &SignedObject = carrier
        .version()
        .context("a printed code does not hold the plan: give its file, or the record's id")?;
    verify::statement(object, &region.directory).with_context(|| {
        format!("{named} does not verify here: if its author's certificate was not given, pass --trust-list")
    })
}

/// The service's signed word on a record, fresh and by a key that counts.
pub(crate) fn head(plan: PlanId, server: &Server, region: &Region) -> anyhow::Result<Verified<Head>> {
    let path = format!("/api/v1/plans/{plan}/head");
    let bytes = server.get_if_there(&path, "application/cose", MAX_ENVELOPE)?;
    let bytes = bytes.with_context(|| {
        format!(
            "{} knows no record {plan}; that says nothing about a plan elsewhere",
            server.base()
        )
    })?;
    let object = SignedObject::parse(&bytes).map_err(|_| server.other("a head"))?;
    let head = verify::statement::<Head>(&object, &region.directory)
        .context("the service's word on this record was not accepted")?;
    let content = head.content();
    verify::view_in_force(&head, content.size, &region.directory)
        .context("the service's word on this record was not accepted")?;
    ensure!(content.plan == plan, "the service answered about another record");
    let now = terminal::now()?;
    ensure!(
        now <= content.expires_at() && content.issued_at.since(now) <= CLOCK_TOLERANCE,
        "the service's word on this record is of {}, and it is {} here: check this machine's clock, or ask again",
        content.issued_at.day_and_time(),
        now.day_and_time()
    );
    Ok(head)
}

/// Whether the service has a head of this record at all: a record of intakes alone has none.
pub(crate) fn has_head(plan: PlanId, server: &Server) -> anyhow::Result<bool> {
    let path = format!("/api/v1/plans/{plan}/head");
    Ok(server
        .get_if_there(&path, "application/cose", MAX_ENVELOPE)?
        .is_some())
}

/// The bundle of the version that a head names; what is in it is verified by whoever uses it.
pub(crate) fn latest_bundle(head: &Verified<Head>, server: &Server) -> anyhow::Result<Bundle> {
    let (plan, number) = (head.content().plan, head.content().version_number);
    let path = format!("/api/v1/plans/{plan}/versions/{number}");
    let bundle = Bundle::decode(&server.get(&path, BUNDLE, MAX_BUNDLE)?)?;
    ensure!(
        bundle.version.id() == head.content().latest,
        "the service gave another version than the one that it calls the latest"
    );
    Ok(bundle)
}

/// A statement that another one acts on.
pub(crate) struct Target {
    pub(crate) plan: PlanId,
    pub(crate) id: ObjectId,
    pub(crate) kind: Kind,
}

/// What a `FILE|ID` argument means, verified. An id needs the record's history, which a service shows.
pub(crate) fn target(
    named: &str,
    record: Option<&str>,
    server: Option<&Server>,
    region: &mut Region,
) -> anyhow::Result<Target> {
    if let (Ok(id), false) = (ObjectId::parse(named), Path::new(named).exists()) {
        let (Some(record), Some(server)) = (record, server) else {
            bail!("an id says nothing by itself: pass --record and --server, or give the file");
        };
        let plan = PlanId::parse(record)?;
        let entries = history::of_record(plan, server, region)?;
        let found = entries.iter().find(|entry| entry.id == id);
        let kind = found
            .with_context(|| format!("the record's history holds no {id}"))?
            .kind;
        return Ok(Target { plan, id, kind });
    }
    let path = Path::new(named);
    let bytes = files::read(path, files::MAX_FILE)?;
    let object = match SignedObject::parse(&bytes) {
        Ok(object) if object.kind() != Kind::Version => object,
        _ => {
            let version = version(named, server, region)?;
            return Ok(Target {
                plan: version.content().plan(),
                id: version.id(),
                kind: Kind::Version,
            });
        }
    };
    let directory = &region.directory;
    let plan = match object.kind() {
        Kind::Withdrawal => {
            verify::statement::<Withdrawal>(&object, directory).map(|held| held.content().plan)
        }
        Kind::Report => verify::statement::<Report>(&object, directory).map(|held| held.content().plan),
        Kind::Intake => verify::statement::<Intake>(&object, directory).map(|held| held.content().plan),
        Kind::Hold => verify::statement::<Hold>(&object, directory).map(|held| held.content().plan),
        other => bail!("{named} is a {other}: nothing acts on it"),
    };
    let plan = plan.with_context(|| {
        format!("{named} does not verify here: if its signer's certificate was not given, pass --trust-list")
    })?;
    Ok(Target {
        plan,
        id: object.id(),
        kind: object.kind(),
    })
}
