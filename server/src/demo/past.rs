//! The past: the clock moves through the schedule, and each event happens as it would have.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::sign::ToBeSigned;
use planseal::statement::{Endorsement, EndorsementCode, ReportCode};
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
    let mut scene = Scene {
        samples,
        cast,
        folder,
        calendar,
        records: BTreeMap::new(),
    };
    let (mut printed, mut latest) = (Vec::new(), Vec::new());
    for event in &samples.events {
        let name = || format!("{}-v{}", event.sample, event.version);
        scene.happen(event).await.with_context(name)?;
        if !matches!(event.act, Act::Sign { .. }) {
            continue;
        }
        printed.push(expectation(samples, event));
        if samples.is_latest(&event.sample, event.version) {
            latest.push(event);
        } else {
            calendar.set(event.at.plus(PRINTED_AFTER));
            scene.print(event).await.with_context(name)?;
        }
    }
    scene.cast.keep_service(calendar.present()).await?;
    calendar.release();
    for event in latest {
        scene.print(event).await?;
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

/// What an event needs to happen.
struct Scene<'a> {
    samples: &'a Samples,
    cast: &'a mut Cast,
    folder: &'a Folder,
    calendar: &'a Calendar,
    records: BTreeMap<String, Record>,
}

impl Scene<'_> {
    async fn happen(&mut self, event: &Event) -> anyhow::Result<()> {
        self.cast.keep_service(event.at).await?;
        match &event.act {
            Act::Sign { author, draft } => self.sign(event, author, draft).await,
            Act::Endorse { endorser } => self.endorse(event, endorser).await,
            Act::Report { code, words } => self.report(event, *code, words).await,
        }
    }

    async fn sign(&mut self, event: &Event, author: &str, draft: &str) -> anyhow::Result<()> {
        let clinician = self.samples.clinician(author)?;
        let record = self.records.get(&event.sample);
        let signer = self.cast.signer(clinician, event.at).await?;
        self.calendar.set(event.at);
        let signed = sign(event.at, self.samples, signer, clinician, draft, record)?;
        let record = publish(self.cast, &signed, event.at).await?;
        self.folder
            .envelope(&event.sample, event.version, signed.version.bytes())?;
        self.records.insert(event.sample.clone(), record);
        Ok(())
    }

    async fn endorse(&mut self, event: &Event, endorser: &str) -> anyhow::Result<()> {
        let clinician = self.samples.clinician(endorser)?;
        let signer = self.cast.signer(clinician, event.at).await?;
        self.calendar.set(event.at);
        let record = record_of(&self.records, event)?;
        let endorsement = Endorsement {
            plan: record.plan,
            version: record.predecessor.id,
            statement: EndorsementCode::ResponsibleClinician,
            issued_at: event.at,
        };
        let object = ToBeSigned::statement(&endorsement, &signer.certificate)?.sign(&signer.key)?;
        self.cast.service().endorse(record.plan, &object).await?;
        Ok(())
    }

    async fn report(&self, event: &Event, code: ReportCode, words: &str) -> anyhow::Result<()> {
        self.calendar.set(event.at);
        let record = record_of(&self.records, event)?;
        let observed = Observation {
            version: record.predecessor.id,
            code,
            words,
            reporter: "Community neurology nurse K. Sample, Northmere Fictional Hospitals",
        };
        self.cast.service().report(record.plan, &observed).await?;
        Ok(())
    }

    /// Prints the version that an event published, as it stands now.
    async fn print(&self, event: &Event) -> anyhow::Result<()> {
        let record = record_of(&self.records, event)?;
        let printed = self.cast.service().print(record.plan, event.version).await?;
        self.folder.printed(&event.sample, event.version, &printed)
    }
}

fn record_of<'a>(records: &'a BTreeMap<String, Record>, event: &Event) -> anyhow::Result<&'a Record> {
    let record = records.get(&event.sample);
    record.ok_or_else(|| anyhow!("nothing of {} was published before this", event.sample))
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
        intakes: Vec::new(),
        resolutions: Vec::new(),
        custody: Vec::new(),
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

fn random() -> anyhow::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|fault| anyhow!("the system gave no randomness: {fault}"))?;
    Ok(bytes)
}
