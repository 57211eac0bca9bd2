//! `planseal sign`: validate a draft, show what the very bytes say, sign version and card.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use planseal::card::Card;
use planseal::draft::{MAX_DRAFT, PlanDraft};
use planseal::envelope::SignedObject;
use planseal::id::PlanId;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::MAX_ATTACHMENT_SIZE;
use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::sign::ToBeSigned;
use planseal::statement::{Kind, Statement, Withdrawal};
use planseal::trust::Certificate;
use planseal::validate::{Context, Findings, NumberRange, Predecessor};
use planseal::verify::{self, Verified};
use planseal_signer::output::Access;
use planseal_signer::random;
use serde_json::json;

use crate::arguments::{Shared, Sign};
use crate::evidence::Region;
use crate::publish::{self, Edition};
use crate::server::Server;
use crate::signer::{self, Signer};
use crate::{files, terminal, words};

pub(crate) fn run(arguments: &Sign, shared: &Shared) -> anyhow::Result<ExitCode> {
    let draft = read_draft(arguments)?;
    let mut signer = signer::open(&arguments.by, Kind::Version, shared)?;
    let previous = Previous::read(&arguments.previous, &signer)?;
    let predecessor = previous.as_ref().map(Previous::predecessor);
    let context = context(arguments, &signer, previous.as_ref(), predecessor.as_ref())?;
    let version = match draft.validate(&context) {
        Ok(version) => version,
        Err(findings) => return refuse(&findings, shared),
    };
    let to_be_signed = ToBeSigned::statement(&version, &signer.certificate)?;
    show(&to_be_signed, previous.as_ref())?;
    if !arguments.by.yes {
        terminal::confirm(shared, "Sign this plan?")?;
    }
    let signed = to_be_signed.sign(&signer.key)?;
    let card = Card::project(&version, signed.id());
    let card = ToBeSigned::statement(&card, &signer.certificate)?.sign(&signer.key)?;
    write(arguments, &signed, &card, shared)?;
    match &arguments.server {
        None => report(&version, &signed, shared),
        Some(address) => {
            let edition = Edition {
                version: signed,
                card,
                attachments: publish::attachments(&arguments.attach)?,
                replaced: None,
            };
            publish_at(address, &edition, &mut signer.region, shared)
        }
    }
}

/// Both files are written by now, so a failure here loses nothing.
fn publish_at(
    address: &str,
    edition: &Edition,
    region: &mut Region,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    let outcome = Server::at(address).and_then(|server| {
        region.learn_from(&server)?;
        publish::publish(edition, &server, region)
    });
    publish::say(&edition.version, &outcome, shared)
}

fn context<'a>(
    arguments: &Sign,
    signer: &Signer,
    previous: Option<&Previous>,
    predecessor: Option<&'a Predecessor>,
) -> anyhow::Result<Context<'a>> {
    Ok(Context {
        at: terminal::now()?,
        numbers: if arguments.test_numbers {
            NumberRange::Test
        } else {
            NumberRange::Live
        },
        plan: record(arguments, previous)?,
        salt: random::bytes()?,
        author: author(signer.certificate.content(), &arguments.post)?,
        predecessor,
    })
}

/// The draft with its attachments filled in from the files given.
fn read_draft(arguments: &Sign) -> anyhow::Result<PlanDraft> {
    let text = files::read_text(&arguments.draft, MAX_DRAFT)?;
    let mut draft = PlanDraft::from_json(&text)
        .with_context(|| format!("{} is not a draft", arguments.draft.display()))?;
    let cap = usize::try_from(MAX_ATTACHMENT_SIZE).unwrap_or(usize::MAX);
    for path in &arguments.attach {
        let name = path
            .file_name()
            .and_then(OsStr::to_str)
            .context("an attachment has no name in UTF-8")?;
        draft.fill_attachment(name, &files::read(path, cap)?)?;
    }
    let missing = draft.unfilled_attachments();
    if !missing.is_empty() {
        bail!(
            "the draft names files that were not given: pass --attach for {}",
            missing.join(", ")
        );
    }
    Ok(draft)
}

/// What the new version follows: a version, or the withdrawal of one.
struct Previous {
    version: Verified<PlanVersion>,
    withdrawal: Option<Verified<Withdrawal>>,
}

impl Previous {
    /// Reads what was given. A withdrawal does not say which number its version has, so both are needed.
    fn read(paths: &[PathBuf], signer: &Signer) -> anyhow::Result<Option<Self>> {
        let (mut version, mut withdrawal) = (None, None);
        for path in paths {
            let object = files::read_object(path)?;
            if object.kind() == Kind::Withdrawal {
                withdrawal = Some(verified::<Withdrawal>(path, &object, signer)?);
            } else {
                version = Some(verified::<PlanVersion>(path, &object, signer)?);
            }
        }
        match (version, withdrawal) {
            (None, None) => Ok(None),
            (None, Some(_)) => {
                bail!("this withdraws a version: give that version too, with another --previous")
            }
            (Some(version), Some(withdrawal)) if withdrawal.content().version != version.id() => bail!(
                "the withdrawal is of {}, and not of the version given with it ({})",
                withdrawal.content().version,
                version.id()
            ),
            (Some(version), withdrawal) => Ok(Some(Self { version, withdrawal })),
        }
    }

    fn predecessor(&self) -> Predecessor {
        let (id, signed_at) = match &self.withdrawal {
            Some(withdrawal) => (withdrawal.id(), withdrawal.signed_at()),
            None => (self.version.id(), self.version.signed_at()),
        };
        Predecessor {
            id,
            version: self.version.content().version_number(),
            signed_at,
        }
    }
}

fn verified<S: Statement>(
    path: &Path,
    object: &SignedObject,
    signer: &Signer,
) -> anyhow::Result<Verified<S>> {
    verify::statement(object, &signer.region.directory).with_context(|| {
        format!(
            "the previous {} {} does not verify here: if a colleague signed it, pass --trust-list",
            S::KIND,
            path.display()
        )
    })
}

fn record(arguments: &Sign, previous: Option<&Previous>) -> anyhow::Result<PlanId> {
    match (previous, &arguments.plan) {
        (Some(previous), _) => Ok(previous.version.content().plan()),
        (None, Some(text)) => Ok(PlanId::parse(text)?),
        (None, None) => Ok(PlanId::from_bytes(random::bytes()?)),
    }
}

/// Name, registration and organisation are the certificate's; only the post is typed.
fn author(certificate: &Certificate, post: &str) -> anyhow::Result<Author> {
    let fields = certificate.fields();
    let registration = fields
        .registration
        .as_ref()
        .map(|held| {
            let body = RegistrationBody::parse(&held.body)
                .ok_or_else(|| anyhow!("the certificate names a register that plans do not know"))?;
            anyhow::Ok(Registration::new(body, &held.number)?)
        })
        .transpose()?;
    Ok(Author::new(
        &fields.name,
        registration,
        post,
        fields.organisation.clone(),
    )?)
}

/// All findings at once.
fn refuse(findings: &Findings, shared: &Shared) -> anyhow::Result<ExitCode> {
    if shared.json {
        let list: Vec<_> = findings
            .iter()
            .map(
                |finding| json!({ "field": finding.field, "rule": finding.rule, "message": finding.message }),
            )
            .collect();
        terminal::print_json(&json!({ "signed": false, "findings": list }))?;
    }
    let lines: Vec<String> = findings.iter().map(|finding| format!("\n  {finding}")).collect();
    bail!(
        "nothing was signed; {} to put right in the draft:{}",
        lines.len(),
        lines.concat()
    )
}

/// Decodes the payload that the key is about to sign, and nothing else, for the signer to read.
fn show(to_be_signed: &ToBeSigned, previous: Option<&Previous>) -> anyhow::Result<()> {
    let version = PlanVersion::from_payload(to_be_signed.payload())?;
    eprintln!("What you are about to sign:\n");
    if let Some(previous) = previous {
        if previous.withdrawal.is_some() {
            eprintln!("The record was withdrawn: this version brings it back into use.\n");
        }
        let (before, after) = (
            words::cpr(previous.version.content().recommendations()),
            words::cpr(version.recommendations()),
        );
        if before != after {
            eprintln!("THE CPR DECISION CHANGES: from \"{before}\" to \"{after}\"\n");
        }
    }
    let lines = [
        words::headline(&version),
        words::frame(&version),
        words::sections(&version),
    ];
    eprintln!("{}\n", lines.concat().join("\n"));
    Ok(())
}

fn write(
    arguments: &Sign,
    version: &SignedObject,
    card: &SignedObject,
    shared: &Shared,
) -> anyhow::Result<()> {
    let (version_file, card_file) = outputs(arguments);
    files::write(&version_file, version.bytes(), Access::Owner, shared)?;
    files::write(&card_file, card.bytes(), Access::Owner, shared)
}

/// `OUTPUT.cose` and `OUTPUT.card.cose`.
fn outputs(arguments: &Sign) -> (PathBuf, PathBuf) {
    let base = arguments
        .output
        .clone()
        .unwrap_or_else(|| arguments.draft.with_extension(""));
    let with = |extension: &str| {
        let mut name = base.clone().into_os_string();
        name.push(extension);
        PathBuf::from(name)
    };
    (with(".cose"), with(".card.cose"))
}

fn report(version: &PlanVersion, signed: &SignedObject, shared: &Shared) -> anyhow::Result<ExitCode> {
    let (plan, number) = (version.plan().to_string(), version.version_number());
    if shared.json {
        terminal::print_json(&json!({
            "signed": true, "plan": plan, "version": number, "id": signed.id().to_string(),
        }))?;
    } else {
        terminal::print_text(&signed.id().to_string())?;
        terminal::remark(
            shared,
            &format!("Signed version {number} of {plan}: NOT PUBLISHED until the service has registered it."),
        );
    }
    Ok(ExitCode::SUCCESS)
}
