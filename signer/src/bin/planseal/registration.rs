//! Registration: a signed statement goes to a service, and what comes back is verified before anybody is told that it
//! is registered (FORMAT §4, §8).
//!
//! The receipt must be of exactly this object, in the pinned log, by its witness policy, after its signer's certificate
//! and before any revocation; the leaf it acts on must be that of the object named; and the tree in the receipt must be
//! the one that the log shows everybody.

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::tree::Hash;
use planseal::receipt::Receipt;
use planseal::statement::{Kind, LoggedStatement};
use planseal::verify::{self, Logged, Verified};
use serde_json::Value as Json;

use crate::evidence::Region;
use crate::log_reader::LogReader;
use crate::server::{Sending, Server};

/// Sends a statement and verifies that it is registered. A repetition is safe: the service knows objects by their ids.
pub(crate) fn send<S: LoggedStatement>(
    statement: Verified<S>,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Logged<S>> {
    let path = route(S::KIND, statement.content().record())?;
    let mut fields = Vec::new();
    if let (Kind::Withdrawal, Some(withdrawn)) = (S::KIND, statement.content().target()) {
        fields.push(("if-match", format!("\"{withdrawn}\"")));
    }
    let answer = server.post(&Sending {
        path: &path,
        media_type: "application/cose",
        body: statement.envelope(),
        fields: &fields,
    })?;
    confirm(statement, &answer, server, region)
}

/// Verifies the answer to a statement.
pub(crate) fn confirm<S: LoggedStatement>(
    statement: Verified<S>,
    answer: &Json,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Logged<S>> {
    let named = answer.get("id").and_then(Json::as_str);
    ensure!(
        named == Some(statement.id().to_string().as_str()),
        "the answer of {} is about another object",
        server.base()
    );
    let receipt = receipt(answer, "receipt")?;
    // After the answer, so that a certificate registered a moment ago is in it.
    region.learn_from(server)?;
    let logged = verify::logged(statement, &receipt, &region.policy, &region.directory)
        .context("the receipt does not prove the registration")?;
    let log = LogReader::open(server, &region.policy)?;
    expect_same_tree(&receipt, &log, region)?;
    expect_target(&logged, &log)?;
    Ok(logged)
}

/// The receipt in a field of an answer.
pub(crate) fn receipt(answer: &Json, field: &str) -> anyhow::Result<Receipt> {
    let bytes = base64_of(answer, field)?;
    Receipt::decode(&bytes).with_context(|| format!("the answer's {field} cannot be read"))
}

/// The bytes in a base64 field of an answer.
pub(crate) fn base64_of(answer: &Json, field: &str) -> anyhow::Result<Vec<u8>> {
    let text = answer.get(field).and_then(Json::as_str);
    let text = text.with_context(|| format!("the answer has no {field}"))?;
    STANDARD
        .decode(text)
        .with_context(|| format!("the answer's {field} is not base64"))
}

/// A service that shows different trees to different people is caught when anybody compares.
pub(crate) fn expect_same_tree(
    receipt: &Receipt,
    log: &LogReader<'_>,
    region: &Region,
) -> anyhow::Result<()> {
    let shown = VerifiedCheckpoint::verify(&receipt.proof().checkpoint, &region.policy)?;
    ensure!(
        log.root_at(shown.size())? == shown.root(),
        "the receipt rests on another tree than the log shows: keep the receipt, and tell the service's operator"
    );
    Ok(())
}

/// The proof, from the log's own tiles, that the trees of two receipts are one; empty where they have one size.
pub(crate) fn growth_between(
    left: &Receipt,
    right: &Receipt,
    log: &LogReader<'_>,
    region: &Region,
) -> anyhow::Result<Vec<Hash>> {
    let size = |receipt: &Receipt| {
        VerifiedCheckpoint::verify(&receipt.proof().checkpoint, &region.policy)
            .map(|checkpoint| checkpoint.size())
            .context("a receipt's checkpoint was not accepted under the pinned policy")
    };
    let (left, right) = (size(left)?, size(right)?);
    log.growth(left.min(right), left.max(right))
}

/// The leaf acted on is that of the object that the statement names.
fn expect_target<S: LoggedStatement>(logged: &Logged<S>, log: &LogReader<'_>) -> anyhow::Result<()> {
    let (Some(place), Some(named)) = (logged.target(), logged.content().target()) else {
        return Ok(());
    };
    let found: ObjectId = log.leaf(place)?.id;
    ensure!(
        found == named,
        "the log made this act on leaf {place}, which is {found} and not the {named} that was signed"
    );
    Ok(())
}

/// Where a kind is sent to (UX §4).
fn route(kind: Kind, plan: Option<PlanId>) -> anyhow::Result<String> {
    let about = |what: &str| {
        let plan = plan.context("this statement names no record")?;
        anyhow::Ok(format!("/api/v1/plans/{plan}/{what}"))
    };
    match kind {
        Kind::Withdrawal => about("withdrawal"),
        Kind::Endorsement => about("endorsements"),
        Kind::Certificate => Ok("/api/v1/certificates".into()),
        Kind::KeyStatus => Ok("/api/v1/key-status".into()),
        Kind::StaffList => Ok("/api/v1/staff-lists".into()),
        Kind::Intake => about("intakes"),
        Kind::Custody => about("custody"),
        Kind::Resolution => about("resolutions"),
        Kind::Hold => about("holds"),
        other => bail!("a {other} is not sent this way"),
    }
}
