//! Every statement of a log, read and verified again: what is asked of a store beyond whether its bytes are whole.
//!
//! The same fold that a running service stands on goes through the log from its first leaf. What comes out apart are
//! leaves that contradict their objects, which no honest store holds, and leaves that count for nothing, which an honest
//! log may hold: they came too late.

use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::log::leaf::Leaf;
use planseal::plan::PlanVersion;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, Kind, LoggedStatement, Report, Resolution, Withdrawal,
};
use planseal::trust::{Directory, TrustPolicy};
use planseal::verify::{self, Verified};
use planseal_store::{ChainRecord, ReadError, RecordError, Store};

use super::error::ServiceError;
use super::ledger::{Ledger, SetAside};
use crate::problem::causes;

/// What a whole log came to.
#[derive(Debug, Default)]
pub struct WholeLog {
    /// How many statements were verified.
    pub statements: u64,
    /// How many cards were verified beside their versions.
    pub cards: u64,
    /// Leaves whose objects do not verify, or say something else than the leaf.
    pub contradictions: Vec<SetAside>,
    /// Leaves that count for nothing.
    pub set_aside: Vec<SetAside>,
}

/// Reads and verifies every statement up to the log's checkpoint. `watch` is told how many leaves are done, of how many.
///
/// # Errors
/// [`ServiceError`] when the store fails or does not begin with the policy's root.
pub async fn verify_log(
    store: &Store,
    policy: &TrustPolicy,
    watch: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<WholeLog, ServiceError> {
    let mut ledger = Ledger::begin(Directory::pinned(policy));
    let mut found = WholeLog::default();
    let size = store.log_size();
    /// As many leaves as a bundle of the log holds.
    const AT_A_TIME: u64 = 256;
    while ledger.statuses.size() < size {
        let first = ledger.statuses.size();
        for leaf in store.leaves(first..size.min(first + AT_A_TIME)).await? {
            let index = ledger.statuses.size();
            match read(&leaf, store).await? {
                Ok(stored) => match judge(&stored, &leaf, &ledger) {
                    Ok(Judged::Counts) => {}
                    Ok(Judged::TooLate(reason)) => found.set_aside.push(aside(index, &leaf, reason)),
                    Err(reason) => found.contradictions.push(aside(index, &leaf, reason)),
                },
                Err(reason) => found.contradictions.push(aside(index, &leaf, reason)),
            }
            found.statements += 1;
            found.cards += u64::from(leaf.kind == Kind::Version);
            ledger.push(&leaf, store).await?;
        }
        watch(ledger.statuses.size(), size);
    }
    found.set_aside.extend_from_slice(ledger.set_aside());
    found.set_aside.sort_by_key(|aside| aside.index);
    Ok(found)
}

fn aside(index: u64, leaf: &Leaf, reason: String) -> SetAside {
    SetAside {
        index,
        kind: leaf.kind,
        id: leaf.id,
        reason,
    }
}

/// The object of a leaf; or in words why it cannot be had.
async fn read(leaf: &Leaf, store: &Store) -> Result<Result<ChainRecord, String>, ServiceError> {
    match store.object(leaf.id).await {
        Ok(Some(stored)) => Ok(Ok(stored)),
        Ok(None) => Ok(Err("the index does not name its object".into())),
        Err(ReadError::Record(
            damage @ (RecordError::Seal(_) | RecordError::Content { .. } | RecordError::Chain { .. }),
        )) => Ok(Err(causes(&damage))),
        Err(fault) => Err(fault.into()),
    }
}

enum Judged {
    Counts,
    TooLate(String),
}

/// Verifies the object by its kind. Certificates, revocations and staff lists are the ledger's.
fn judge(stored: &ChainRecord, leaf: &Leaf, ledger: &Ledger) -> Result<Judged, String> {
    let object = SignedObject::parse(&stored.envelope).map_err(|fault| causes(&fault))?;
    match leaf.kind {
        Kind::Version => {
            let version = verified::<PlanVersion>(&object, leaf, ledger)?;
            judge_card(stored, &version, ledger)?;
            Ok(in_order(leaf, ledger))
        }
        Kind::Withdrawal => of_kind::<Withdrawal>(&object, leaf, ledger),
        Kind::Endorsement => of_kind::<Endorsement>(&object, leaf, ledger),
        Kind::Report => of_kind::<Report>(&object, leaf, ledger),
        Kind::Resolution => of_kind::<Resolution>(&object, leaf, ledger),
        Kind::Intake => of_kind::<Intake>(&object, leaf, ledger),
        Kind::Custody => of_kind::<Custody>(&object, leaf, ledger),
        Kind::Hold => of_kind::<Hold>(&object, leaf, ledger),
        Kind::Snapshot => of_kind::<Snapshot>(&object, leaf, ledger),
        Kind::Certificate | Kind::KeyStatus | Kind::StaffList => Ok(Judged::Counts),
        kind => Err(format!("this release does not know how to verify a {kind}")),
    }
}

fn of_kind<S: LoggedStatement>(
    object: &SignedObject,
    leaf: &Leaf,
    ledger: &Ledger,
) -> Result<Judged, String> {
    verified::<S>(object, leaf, ledger)?;
    Ok(in_order(leaf, ledger))
}

/// Signature, signer and content; and that the leaf says of it what it says itself.
fn verified<S: LoggedStatement>(
    object: &SignedObject,
    leaf: &Leaf,
    ledger: &Ledger,
) -> Result<Verified<S>, String> {
    let statement = verify::statement::<S>(object, &ledger.directory).map_err(|fault| causes(&fault))?;
    let signer = ledger.statuses.leaf(leaf.signer).map(|signer| signer.id);
    if signer != statement.signer() {
        return Err("its leaf names another signer".into());
    }
    let target = leaf
        .target
        .map(|at| ledger.statuses.leaf(at).map(|target| target.id));
    if target != statement.content().target().map(Some) {
        return Err("its leaf acts on something else".into());
    }
    if leaf.from == statement.content().revoked_from() {
        Ok(statement)
    } else {
        Err("its leaf names another reach".into())
    }
}

/// The card was signed by the author and says what the version says.
fn judge_card(stored: &ChainRecord, version: &Verified<PlanVersion>, ledger: &Ledger) -> Result<(), String> {
    let Some(card) = &stored.card else {
        return Ok(());
    };
    let card = SignedObject::parse(card).map_err(|fault| causes(&fault))?;
    let card = verify::statement::<Card>(&card, &ledger.directory).map_err(|fault| causes(&fault))?;
    let projected = Card::project(version.content(), version.id());
    if card.signer() == version.signer() && *card.content() == projected {
        Ok(())
    } else {
        Err("its card is not the projection of the version".into())
    }
}

/// Whether the signer's certificate counted when this was logged.
fn in_order(leaf: &Leaf, ledger: &Ledger) -> Judged {
    let index = ledger.statuses.size();
    if ledger.statuses.is_revoked_at(leaf.signer, index) {
        return Judged::TooLate("its signer was revoked before it".into());
    }
    let signer = ledger.statuses.leaf(leaf.signer).map(|signer| signer.id);
    let certificate = signer.and_then(|id| ledger.directory.certificate(&id));
    match certificate.is_some_and(|held| held.content().valid_at(leaf.time.start())) {
        true => Judged::Counts,
        false => Judged::TooLate("its signer's certificate was not valid when it was logged".into()),
    }
}
