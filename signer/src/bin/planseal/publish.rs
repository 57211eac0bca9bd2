//! `planseal publish` and `sign --server`: the author's own client says PUBLISHED, and only after it verified signature,
//! receipt, the version replaced, and a fresh head that names the new one (FORMAT §5). What is judged stands in core.
//!
//! A failure loses nothing: version and card are files, and the service knows a repetition by the version's id.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use planseal::bundle::{self, Bundle};
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::PlanId;
use planseal::log::tree::Hash;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::MAX_ATTACHMENT_SIZE;
use planseal::publication::{self, Answer, Publication, Replaced};
use planseal::receipt::Receipt;
use planseal::verify::{self, Verified, attachment_matches};
use serde_json::{Value as Json, json};

use crate::arguments::{COULD_NOT_RUN, Publish, Shared};
use crate::evidence::{self, Region};
use crate::log_reader::LogReader;
use crate::server::{Sending, Server};
use crate::{files, registration, terminal};

/// A version as it is handed to a service.
pub(crate) struct Edition {
    pub(crate) version: SignedObject,
    pub(crate) card: SignedObject,
    pub(crate) attachments: Vec<Vec<u8>>,
    /// The receipt of what the version replaces, where the author holds it.
    pub(crate) replaced: Option<Receipt>,
}

pub(crate) fn run(arguments: &Publish, shared: &Shared) -> anyhow::Result<ExitCode> {
    let version = files::read_object(&arguments.version)?;
    let replaced = arguments.replaces.as_ref().map(|path| receipt_in(path, &version));
    let edition = Edition {
        card: files::read_object(&arguments.card)?,
        attachments: attachments(&arguments.attachments)?,
        replaced: replaced.transpose()?,
        version,
    };
    let outcome = Server::at(&arguments.server).and_then(|server| {
        let mut region = evidence::region_of(&arguments.trusted, &server)?;
        publish(&edition, &server, &mut region)
    });
    say(&edition.version, &outcome, shared)
}

/// The files named on the command line.
pub(crate) fn attachments(paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<u8>>> {
    let cap = usize::try_from(MAX_ATTACHMENT_SIZE).unwrap_or(usize::MAX);
    paths.iter().map(|path| files::read(path, cap)).collect()
}

/// A receipt file, or the receipt in the bundle or PDF of the version replaced.
fn receipt_in(path: &std::path::Path, version: &SignedObject) -> anyhow::Result<Receipt> {
    let bytes = files::read(path, files::MAX_FILE)?;
    if let Ok(receipt) = Receipt::decode(&bytes) {
        return Ok(receipt);
    }
    let found = if bytes.starts_with(bundle::MAGIC) {
        Bundle::decode(&bytes)
    } else {
        Bundle::find(&bytes)
    };
    let found =
        found.with_context(|| format!("{} is no receipt and no bundle or PDF with one", path.display()))?;
    ensure!(
        found.version.id() != version.id(),
        "{} is the version itself: --replaces names the version before it",
        path.display()
    );
    found
        .receipt_of(&found.version.id())
        .cloned()
        .with_context(|| format!("{} holds no receipt of its version", path.display()))
}

/// Sends everything and confirms the publication.
pub(crate) fn publish(
    edition: &Edition,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Publication> {
    let version = verify::statement::<PlanVersion>(&edition.version, &region.directory)
        .context("the version does not verify; nothing was sent")?;
    let card = verify::statement::<Card>(&edition.card, &region.directory)
        .context("the card does not verify; nothing was sent")?;
    ensure!(
        *card.content() == Card::project(version.content(), version.id()),
        "the card is not this version's; nothing was sent: give the card that was signed with it"
    );
    send_attachments(&version, &edition.attachments, server)?;
    let answer = send(&version, edition, region, server)?;
    confirm(version, edition, &answer, server, region)
}

/// Each file goes under its digest, which is in the signed bytes; what a record holds already is not sent again.
fn send_attachments(
    version: &Verified<PlanVersion>,
    given: &[Vec<u8>],
    server: &Server,
) -> anyhow::Result<()> {
    let content = version.content();
    let strange = given
        .iter()
        .filter(|file| {
            !content
                .attachments()
                .iter()
                .any(|named| attachment_matches(named, file))
        })
        .count();
    ensure!(
        strange == 0,
        "{strange} of the files given are none that the version names; nothing was sent"
    );
    for named in content.attachments() {
        let Some(file) = given.iter().find(|file| attachment_matches(named, file)) else {
            ensure!(
                content.previous().is_some(),
                "the version names a file that was not given ({}, {}): pass it with --attachment; nothing was sent",
                named.role().label(),
                named.sha256()
            );
            continue;
        };
        put_file(
            content.plan(),
            &named.sha256().to_string(),
            named.media_type().code(),
            file,
            server,
        )?;
    }
    Ok(())
}

/// Lays a file down under a record and its digest.
pub(crate) fn put_file(
    plan: PlanId,
    sha256: &str,
    media_type: &str,
    file: &[u8],
    server: &Server,
) -> anyhow::Result<()> {
    server
        .put(&Sending {
            path: &format!("/api/v1/plans/{plan}/attachments/{sha256}"),
            media_type,
            body: file,
            fields: &[],
        })
        .context("an attached file was not taken")
}

fn send(
    version: &Verified<PlanVersion>,
    edition: &Edition,
    region: &Region,
    server: &Server,
) -> anyhow::Result<Json> {
    let parts = Bundle {
        version: edition.version.clone(),
        card: Some(edition.card.clone()),
        stamp: None,
        certificates: Vec::new(),
        endorsements: Vec::new(),
        intakes: Vec::new(),
        reports: Vec::new(),
        resolutions: Vec::new(),
        custody: Vec::new(),
        receipts: Vec::new(),
        head: None,
        root: region.directory.root(),
    };
    let mut fields = vec![("idempotency-key", version.id().to_string())];
    let path = match version.content().previous() {
        None => "/api/v1/plans".to_owned(),
        Some(previous) => {
            fields.push(("if-match", format!("\"{previous}\"")));
            format!("/api/v1/plans/{}/versions", version.content().plan())
        }
    };
    Ok(server.post(&Sending {
        path: &path,
        media_type: "application/cose",
        body: &parts.encode()?,
        fields: &fields,
    })?)
}

fn confirm(
    version: Verified<PlanVersion>,
    edition: &Edition,
    answer: &Json,
    server: &Server,
    region: &mut Region,
) -> anyhow::Result<Publication> {
    let receipt = registration::receipt(answer, "receipt")?;
    let replaced = match answer.get("replaced") {
        Some(Json::String(_)) => Some(registration::receipt(answer, "replaced")?),
        _ => edition.replaced.clone(),
    };
    let head = SignedObject::parse(&registration::base64_of(answer, "head")?)
        .context("the answer's head is no signed object")?;
    let growth = growth(answer)?;
    // Who signs heads is in the service's newest trust list.
    region.learn_from(server)?;
    let log = LogReader::open(server, &region.policy)?;
    let since = match &replaced {
        Some(replaced) => registration::growth_between(replaced, &receipt, &log, region)?,
        None => Vec::new(),
    };
    let replaced = replaced.as_ref().map(|receipt| Replaced {
        receipt,
        growth: &since,
    });
    let shown = Answer {
        receipt: &receipt,
        replaced,
        head: &head,
        growth: &growth,
    };
    let at = terminal::now()?;
    let published = publication::confirm(version, &shown, &region.policy, &region.directory, at)?;
    registration::expect_same_tree(&receipt, &log, region)?;
    Ok(published)
}

/// The hashes from the receipt's tree to the head's; none where they are one.
fn growth(answer: &Json) -> anyhow::Result<Vec<Hash>> {
    let Some(listed) = answer.get("growth") else {
        return Ok(Vec::new());
    };
    let hash = |item: &Json| {
        let bytes = STANDARD.decode(item.as_str()?).ok()?;
        Some(Hash::from_bytes(bytes.try_into().ok()?))
    };
    let hashes = listed
        .as_array()
        .map(|items| items.iter().map(hash).collect::<Option<Vec<_>>>());
    hashes
        .flatten()
        .ok_or_else(|| anyhow!("the answer's growth is no list of hashes"))
}

/// The documented JSON, or the one word that an author looks for.
pub(crate) fn say(
    version: &SignedObject,
    outcome: &anyhow::Result<Publication>,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    let reason = outcome.as_ref().err().map(terminal::in_one_line);
    if shared.json {
        let published = outcome.as_ref().ok();
        terminal::print_json(&json!({
            "published": published.is_some(),
            "id": version.id().to_string(),
            "plan": published.map(|done| done.version().content().plan().to_string()),
            "version": published.map(|done| done.version().content().version_number()),
            "leaf": published.map(|done| done.version().index()),
            "confirmed_at": published.map(|done| done.head().content().issued_at.to_string()),
            "reason": reason,
        }))?;
    } else {
        terminal::print_text(&in_words(version, outcome, &reason.unwrap_or_default()))?;
    }
    Ok(match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(COULD_NOT_RUN),
    })
}

fn in_words(version: &SignedObject, outcome: &anyhow::Result<Publication>, reason: &str) -> String {
    match outcome {
        Ok(done) => {
            let content = done.version().content();
            format!(
                "{}\nPUBLISHED: version {} of {}, leaf {} of the log; the service named it as the latest at {}.",
                version.id(),
                content.version_number(),
                content.plan(),
                done.version().index(),
                done.head().content().issued_at.day_and_time()
            )
        }
        Err(_) => format!(
            "{}\nNOT PUBLISHED: {reason}.\nNothing is lost: version and card are kept. Put the cause right and run \
             planseal publish again; a repetition is safe. Until then a print of it is SIGNED, NOT YET REGISTERED.",
            version.id()
        ),
    }
}
