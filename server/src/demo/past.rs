//! The past: the clock moves through the schedule, and each event happens as it would have.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::sign::ToBeSigned;
use planseal::statement::{Endorsement, EndorsementCode};
use planseal::time::Timestamp;
use planseal::trust::Directory;
use planseal::validate::{Context, NumberRange, Predecessor};
use planseal::verify;
use planseal_store::OperationId;

use super::calendar::Calendar;
use super::cast::{self, Cast, Signer};
use super::folder::Folder;
use super::samples::{Act, Event, Samples};
use crate::service::{Observation, Submission};

/// A printed version and the verdict that it must come to.
pub(super) struct Printed {
    pub(super) sample: String,
    pub(super) version: u32,
    pub(super) expected: u8,
}

/// What has been published of a sample.
struct Record {
    plan: PlanId,
    predecessor: Predecessor,
}

/// Plays every event in order. Each version is printed as it is published; the latest ones are printed today, with
/// everything that is known of them by now.
pub(super) async fn play(
    samples: &Samples,
    cast: &mut Cast,
    folder: &Folder,
    calendar: &Calendar,
) -> anyhow::Result<Vec<Printed>> {
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let mut printed = Vec::new();
    for event in &samples.events {
        let name = format!("{}-v{}", event.sample, event.version);
        let happened = happen(event, samples, cast, folder, calendar, &mut records).await;
        happened.with_context(|| name.clone())?;
        if matches!(event.act, Act::Sign { .. }) {
            printed.push(expectation(samples, event));
            if !samples.is_latest(&event.sample, event.version) {
                calendar.set(event.at.plus(PRINTED_AFTER));
                print(cast, folder, &records, event).await.with_context(|| name)?;
            }
        }
    }
    calendar.release();
    cast.keep_service(calendar.present()).await?;
    calendar.release();
    let signed = samples
        .events
        .iter()
        .filter(|event| matches!(event.act, Act::Sign { .. }));
    for event in signed.filter(|event| samples.is_latest(&event.sample, event.version)) {
        print(cast, folder, &records, event).await?;
    }
    printed.sort_by(|left, right| (&left.sample, left.version).cmp(&(&right.sample, right.version)));
    Ok(printed)
}

/// Two minutes between signing and paper.
const PRINTED_AFTER: i64 = 120;

fn expectation(samples: &Samples, event: &Event) -> Printed {
    use planseal::check::State;
    let state = match samples.is_latest(&event.sample, event.version) {
        false => State::Superseded,
        true if samples.is_reported(&event.sample, event.version) => State::CurrentWithWarning,
        true => State::Current,
    };
    Printed {
        sample: event.sample.clone(),
        version: event.version,
        expected: state.exit_code(),
    }
}

async fn happen(
    event: &Event,
    samples: &Samples,
    cast: &mut Cast,
    folder: &Folder,
    calendar: &Calendar,
    records: &mut BTreeMap<String, Record>,
) -> anyhow::Result<()> {
    cast.keep_service(event.at).await?;
    match &event.act {
        Act::Sign { author, draft } => {
            let clinician = samples.clinician(author)?;
            cast.signer(clinician, event.at).await?;
            calendar.set(event.at);
            let signer = cast.signer(clinician, event.at).await?;
            let signed = sign(
                event.at,
                samples,
                signer,
                clinician,
                draft,
                records.get(&event.sample),
            )?;
            let record = publish(cast, &signed, event.at).await?;
            folder.envelope(&event.sample, event.version, signed.version.bytes())?;
            records.insert(event.sample.clone(), record);
        }
        Act::Endorse { endorser } => {
            let clinician = samples.clinician(endorser)?;
            let record = records
                .get(&event.sample)
                .ok_or_else(|| anyhow!("nothing to endorse"))?;
            let endorsement = Endorsement {
                plan: record.plan,
                version: record.predecessor.id,
                statement: EndorsementCode::ResponsibleClinician,
                issued_at: event.at,
            };
            let signer = cast.signer(clinician, event.at).await?;
            let object = ToBeSigned::statement(&endorsement, &signer.certificate)?.sign(&signer.key)?;
            calendar.set(event.at);
            cast.service().endorse(&object).await?;
        }
        Act::Report { code, words } => {
            let record = records
                .get(&event.sample)
                .ok_or_else(|| anyhow!("nothing to report about"))?;
            calendar.set(event.at);
            let observed = Observation {
                version: record.predecessor.id,
                code: *code,
                words,
                reporter: "Community neurology nurse K. Sample, Northmere Fictional Hospitals",
            };
            cast.service().report(record.plan, &observed).await?;
        }
    }
    Ok(())
}

/// A version and its card, signed in one ceremony.
struct Signed<'a> {
    version: SignedObject,
    card: SignedObject,
    plan: PlanId,
    number: u32,
    id: ObjectId,
    follows: Option<ObjectId>,
    files: Vec<&'a [u8]>,
}

/// Draft, validate, sign the version, project its card, sign the card.
fn sign<'a>(
    at: Timestamp,
    samples: &'a Samples,
    signer: &Signer,
    clinician: &super::samples::Clinician,
    draft: &str,
    record: Option<&Record>,
) -> anyhow::Result<Signed<'a>> {
    let context = Context {
        at,
        numbers: NumberRange::Test,
        plan: match record {
            Some(record) => record.plan,
            None => PlanId::from_bytes(random()?),
        },
        salt: random()?,
        author: cast::author(clinician)?,
        predecessor: record.map(|record| &record.predecessor),
    };
    let (plan, number) = (context.plan, context.version_number());
    let version = samples.draft(draft)?.validate(&context)?;
    let object = ToBeSigned::statement(&version, &signer.certificate)?.sign(&signer.key)?;
    let card = Card::project(&version, object.id());
    let card = ToBeSigned::statement(&card, &signer.certificate)?.sign(&signer.key)?;
    let named = |file: &&[u8]| {
        version
            .attachments()
            .iter()
            .any(|named| verify::attachment_matches(named, file))
    };
    let files = samples
        .scans
        .iter()
        .map(|scan| scan.pdf.as_slice())
        .filter(named)
        .collect();
    let (id, follows) = (object.id(), record.map(|record| record.predecessor.id));
    Ok(Signed {
        version: object,
        card,
        plan,
        number,
        id,
        follows,
        files,
    })
}

/// Publishes, and believes it only after the receipt and a head that names the version were verified, as the
/// author's own client does (FORMAT §5).
async fn publish(cast: &Cast, signed: &Signed<'_>, at: Timestamp) -> anyhow::Result<Record> {
    let service = cast.service();
    let bundle = Bundle {
        version: signed.version.clone(),
        card: Some(signed.card.clone()),
        stamp: None,
        certificates: Vec::new(),
        endorsements: Vec::new(),
        reports: Vec::new(),
        receipts: Vec::new(),
        head: None,
        root: service.policy().root().id(),
    };
    let submission = Submission {
        bundle: &bundle,
        plan: signed.follows.map(|_| signed.plan),
        replaces: signed.follows,
        attachments: &signed.files,
        operation: OperationId::random()?,
    };
    let published = service.publish(&submission).await?;
    let published_bundle = service.bundle(signed.plan, signed.number).await?;
    let mut directory = Directory::pinned(service.policy());
    directory.admit_all(&published_bundle.certificates)?;
    let head = published_bundle
        .head
        .ok_or_else(|| anyhow!("no head came back"))?;
    let head = verify::statement::<planseal::head::Head>(&head, &directory)?;
    if published.id != signed.id || head.content().latest != signed.id {
        return Err(anyhow!("NOT PUBLISHED: the head names another version"));
    }
    let predecessor = Predecessor {
        id: signed.id,
        version: signed.number,
        signed_at: at,
    };
    Ok(Record {
        plan: signed.plan,
        predecessor,
    })
}

async fn print(
    cast: &Cast,
    folder: &Folder,
    records: &BTreeMap<String, Record>,
    event: &Event,
) -> anyhow::Result<()> {
    let record = records
        .get(&event.sample)
        .ok_or_else(|| anyhow!("nothing to print"))?;
    let printed = cast.service().print(record.plan, event.version).await?;
    folder.printed(&event.sample, event.version, &printed)
}

fn random() -> anyhow::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| anyhow!("the system gave no randomness: {fault}"))?;
    Ok(bytes)
}
