//! `planseal intake`, `custody`, `resolve`, `hold`: statements beside the versions of a record. Which roles may sign
//! which is core's rule; a signature that it would refuse is not given away.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use planseal::id::{ObjectId, PlanId};
use planseal::plan::checklist::Checklist;
use planseal::plan::contacts::{Digest, MAX_ATTACHMENT_SIZE, MediaType};
use planseal::statement::{
    Custody, CustodyEvent, Hold, HoldAct, Intake, IntakeForm, Kind, LoggedStatement, Outcome, Resolution,
    Scan, Words,
};
use planseal_signer::random;

use crate::arguments::{self, Outgoing, Shared, SignedBy};
use crate::server::Server;
use crate::signer::{self, Signer};
use crate::subject::{self, Target};
use crate::{files, history, publish, statement, terminal};

/// 64 KiB: fourteen answers with a paragraph each.
const MAX_CHECKLIST: usize = 64 << 10;

pub(crate) fn intake(asked: &arguments::Intake, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut at = Desk::open(&asked.by, &asked.outgoing, Kind::Intake, shared)?;
    let (plan, version) = match asked.plan.as_deref() {
        None => (PlanId::from_bytes(random::bytes()?), None),
        Some(named) => at.record_and_end(named)?,
    };
    let scan = asked.form.document.as_deref().map(scan).transpose()?;
    let form = form(&asked.form, scan.as_ref(), shared)?;
    let checklist = checklist(asked.checklist.as_deref())?;
    let intake = Intake {
        plan,
        version,
        form,
        received_from: words("received-from", &asked.received_from)?,
        identified_by: words("identified-by", &asked.identified_by)?,
        original: words("original", &asked.original)?,
        device: optional("device", asked.device.as_deref())?,
        checklist,
        issued_at: terminal::now()?,
    };
    let signed = statement::sign(&intake, &[], &at.signer, &asked.by, shared)?;
    if let (Some(server), Some((scan, bytes))) = (&at.server, &scan) {
        let (digest, media_type) = (scan.sha256().to_string(), scan.media_type().code());
        let sent = publish::put_file(plan, &digest, media_type, bytes, server);
        return statement::deliver_after::<Intake>(
            &signed,
            sent,
            &mut at.signer.region,
            &asked.outgoing,
            shared,
        );
    }
    at.deliver::<Intake>(&signed, &asked.outgoing, shared)
}

fn form(
    asked: &arguments::Form,
    scan: Option<&(Scan, Vec<u8>)>,
    shared: &Shared,
) -> anyhow::Result<IntakeForm> {
    let said = match (scan, &asked.spoken) {
        (Some((scan, _)), _) => return Ok(IntakeForm::Document(*scan)),
        (None, Some(said)) if !said.is_empty() => said.clone(),
        (None, _) => terminal::ask(shared, "What was said, in those words: ")?,
    };
    Ok(IntakeForm::Spoken(words("spoken", &said)?))
}

fn checklist(path: Option<&Path>) -> anyhow::Result<Checklist> {
    path.map_or_else(
        || Ok(Checklist::default()),
        |path| {
            Checklist::from_json(&files::read_text(path, MAX_CHECKLIST)?)
                .with_context(|| format!("{} is no checklist", path.display()))
        },
    )
}

pub(crate) fn custody(asked: &arguments::Custody, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut at = Desk::open(&asked.by, &asked.outgoing, Kind::Custody, shared)?;
    let target = at.target(&asked.target, asked.record.as_deref())?;
    expect(&target, &[Kind::Version, Kind::Intake])?;
    let now = terminal::now()?;
    let event: CustodyEvent = asked.event.into();
    let document = asked.document.as_deref().map(scan).transpose()?;
    let custody = Custody {
        plan: target.plan,
        target: target.id,
        document: document.map(|(scan, _)| scan.sha256()),
        event,
        from: optional("from", asked.from.as_deref())?,
        to: optional("to", asked.to.as_deref())?,
        place: optional("place", asked.place.as_deref())?,
        happened_at: asked.happened_at.unwrap_or(now),
        issued_at: now,
    };
    let signed = statement::sign(&custody, &[], &at.signer, &asked.by, shared)?;
    at.deliver::<Custody>(&signed, &asked.outgoing, shared)
}

pub(crate) fn resolve(asked: &arguments::Resolve, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut at = Desk::open(&asked.by, &asked.outgoing, Kind::Resolution, shared)?;
    let record = asked.record.as_deref();
    let target = at.target(&asked.target, record)?;
    let outcome: Outcome = asked.outcome.into();
    let may_be = match outcome {
        Outcome::CourtDeclaration => &[Kind::Report, Kind::Intake, Kind::Version, Kind::Withdrawal][..],
        Outcome::Confirmed | Outcome::Unfounded => &[Kind::Report, Kind::Intake],
    };
    expect(&target, may_be)?;
    let by = match asked.carried_out_by.as_deref() {
        None => None,
        Some(named) => {
            let by = at.target(named, record)?;
            expect(&by, &[Kind::Version, Kind::Withdrawal])?;
            ensure!(by.plan == target.plan, "what carried it out is of another record");
            Some(by.id)
        }
    };
    let resolution = Resolution {
        plan: target.plan,
        target: target.id,
        matter: asked.matter.into(),
        outcome,
        words: words("words", &asked.words)?,
        by,
        citation: optional("citation", asked.citation.as_deref())?,
        issued_at: terminal::now()?,
    };
    let signed = statement::sign(&resolution, &[], &at.signer, &asked.by, shared)?;
    at.deliver::<Resolution>(&signed, &asked.outgoing, shared)
}

pub(crate) fn hold(asked: &arguments::Hold, shared: &Shared) -> anyhow::Result<ExitCode> {
    let mut at = Desk::open(&asked.by, &asked.outgoing, Kind::Hold, shared)?;
    let target = at.target(&asked.target, asked.record.as_deref())?;
    let act: HoldAct = asked.act.into();
    match act {
        HoldAct::Begins => expect(&target, &[Kind::Version, Kind::Intake])?,
        HoldAct::Ends => expect(&target, &[Kind::Hold])?,
    }
    let hold = Hold {
        plan: target.plan,
        target: target.id,
        hold: asked.kind.into(),
        act,
        authority: words("authority", &asked.authority)?,
        issued_at: terminal::now()?,
    };
    let signed = statement::sign(&hold, &[], &at.signer, &asked.by, shared)?;
    at.deliver::<Hold>(&signed, &asked.outgoing, shared)
}

/// The signer, and the service where one is named.
struct Desk {
    signer: Signer,
    server: Option<Server>,
}

impl Desk {
    fn open(by: &SignedBy, outgoing: &Outgoing, kind: Kind, shared: &Shared) -> anyhow::Result<Self> {
        let mut signer = signer::open(by, kind, shared)?;
        let server = outgoing.server.as_deref().map(Server::at).transpose()?;
        if let Some(server) = &server {
            signer.region.learn_from(server)?;
        }
        Ok(Self { signer, server })
    }

    fn target(&mut self, named: &str, record: Option<&str>) -> anyhow::Result<Target> {
        subject::target(named, record, self.server.as_ref(), &mut self.signer.region)
    }

    /// The record, and its latest version or withdrawal; a record of intakes alone has none.
    fn record_and_end(&mut self, named: &str) -> anyhow::Result<(PlanId, Option<ObjectId>)> {
        if let (Ok(plan), Some(server)) = (PlanId::parse(named), &self.server)
            && !Path::new(named).exists()
        {
            let entries = history::of_record(plan, server, &self.signer.region)?;
            return Ok((plan, history::end(&entries)));
        }
        let target = self.target(named, None)?;
        expect(&target, &[Kind::Version, Kind::Withdrawal])?;
        Ok((target.plan, Some(target.id)))
    }

    fn deliver<S: LoggedStatement>(
        &mut self,
        signed: &planseal::envelope::SignedObject,
        outgoing: &Outgoing,
        shared: &Shared,
    ) -> anyhow::Result<ExitCode> {
        statement::deliver::<S>(signed, &mut self.signer.region, outgoing, shared)
    }
}

fn expect(target: &Target, kinds: &[Kind]) -> anyhow::Result<()> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    ensure!(
        kinds.contains(&target.kind),
        "this acts on a {}, and what was given is a {}",
        names.join(" or "),
        target.kind
    );
    Ok(())
}

/// A scan, by its digest; what it is, by its first bytes.
fn scan(path: &Path) -> anyhow::Result<(Scan, Vec<u8>)> {
    let cap = usize::try_from(MAX_ATTACHMENT_SIZE).unwrap_or(usize::MAX);
    let bytes = files::read(path, cap)?;
    let media_type = match bytes.as_slice() {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(MediaType::Pdf),
        [0x89, b'P', b'N', b'G', ..] => Some(MediaType::Png),
        [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
        _ => None,
    };
    let media_type =
        media_type.with_context(|| format!("{} is no PDF, PNG or JPEG: scan it again", path.display()))?;
    let size = u64::try_from(bytes.len())?;
    Ok((Scan::new(Digest::of(&bytes), size, media_type)?, bytes))
}

fn words(option: &str, text: &str) -> anyhow::Result<Words> {
    Words::parse(text.trim()).with_context(|| format!("--{option} cannot be signed"))
}

fn optional(option: &str, text: Option<&str>) -> anyhow::Result<Option<Words>> {
    text.map(|text| words(option, text)).transpose()
}
