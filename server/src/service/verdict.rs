//! Verifying what readers bring: PDF, bundle, envelope, or the text of a code (FORMAT §8).
//!
//! Core judges; the service adds its own freshest evidence: its certificates, and a head made now.

use planseal::bundle::{Bundle, BundleError};
use planseal::check::{Question, Reader, Verdict};
use planseal::code::{OfflineCode, Pointer};
use planseal::envelope::SignedObject;
use planseal::id::PlanId;
use planseal::status::State;

use super::Service;
use super::error::ServiceError;
use planseal_render::carried::{self, is_pdf};
use planseal_render::picture;
use planseal_render::print::Print;

/// What a reader brought came to.
#[derive(Debug)]
pub enum Judged {
    /// A plan, a code with content, or something unreadable.
    Verdict(Box<Verdict>),
    /// A pointer: it names a version and holds no content.
    Pointed(Pointed),
}

/// What a pointer's version is now. No patient data.
#[derive(Debug, Clone)]
pub struct Pointed {
    /// The version the paper names.
    pub version_number: u16,
    /// The record's latest.
    pub latest: u32,
    /// Whether the paper's version is the latest, and can be relied on.
    pub standing: PointedStanding,
    /// Open warnings in fixed words.
    pub warnings: Vec<String>,
}

/// What can be said to a stranger who scanned a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointedStanding {
    /// The latest version.
    Latest,
    /// A newer one exists.
    Superseded,
    /// The record is withdrawn.
    Withdrawn,
    /// The signer was not entitled.
    Suspended,
}

impl Service {
    /// Judges bytes: a PDF or any file with a bundle in it, a bundle, an envelope, a picture of a code, or its text.
    ///
    /// # Errors
    /// [`ServiceError`] when the service could not gather its own evidence; a bad document is a verdict, not an error.
    pub async fn judge(&self, bytes: &[u8]) -> Result<Judged, ServiceError> {
        if picture::is_picture(bytes) {
            return self.judge_picture(bytes.to_vec()).await;
        }
        if let Some(text) = code_text(bytes) {
            return self.judge_code(text).await;
        }
        let verdict = match carried::bundle(bytes) {
            Ok(bundle) => self.judge_bundle(&bundle, bytes).await?,
            Err(BundleError::NotFound) => self.judge_envelope(bytes).await?,
            Err(fault) => Verdict::of_unopened(&fault),
        };
        Ok(Judged::Verdict(Box::new(verdict)))
    }

    /// Judges a stored version as an outside reader with a fresh head would.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] without such a version.
    pub async fn judge_version(&self, plan: PlanId, version_number: u32) -> Result<Verdict, ServiceError> {
        let bundle = self.bundle(plan, version_number).await?;
        self.judge_bundle(&bundle, &[]).await
    }

    async fn judge_bundle(&self, bundle: &Bundle, file: &[u8]) -> Result<Verdict, ServiceError> {
        let plan = peek_plan(&bundle.version);
        let reader = self.reader(plan).await?;
        let Ok(checked) = reader.open_bundle(bundle) else {
            return Ok(reader.check_bundle(bundle, &Question::at(self.now())));
        };
        let version = checked.version().verified().content();
        let files = self
            .files_of(version.plan(), version.attachments())
            .await
            .unwrap_or_default();
        let question = Question {
            attachments: &files,
            ..Question::at(self.now())
        };
        let verdict = reader.check_bundle(bundle, &question);
        if !is_pdf(file) {
            return Ok(verdict);
        }
        let plan = version.plan();
        let bytes = bundle.encode()?;
        let again = Print {
            checked: &checked,
            bundle: &bytes,
            files: &files,
            policy: self.policy(),
        };
        let state = self.file_state(file, plan, again).await?;
        Ok(verdict.in_file(state))
    }

    async fn judge_envelope(&self, bytes: &[u8]) -> Result<Verdict, ServiceError> {
        let Ok(object) = SignedObject::parse(bytes) else {
            return Ok(if is_pdf(bytes) {
                Verdict::no_plan_in_file()
            } else {
                Verdict::cannot_read(
                    "This is neither a plan's PDF, bundle or envelope, nor the text of its code.".into(),
                )
            });
        };
        let reader = self.reader(peek_plan(&object)).await?;
        Ok(reader.check_envelope(&object, &Question::at(self.now())))
    }

    /// The code with content, if the picture shows it whole, or else the pointer. A look takes seconds and hundreds of
    /// megabytes at worst, so it is made on a thread of its own, and one at a time.
    async fn judge_picture(&self, bytes: Vec<u8>) -> Result<Judged, ServiceError> {
        let one_at_a_time = self.looking.lock().await;
        let looked = tokio::task::spawn_blocking(move || picture::code(&bytes)).await;
        drop(one_at_a_time);
        match looked {
            Ok(Ok(Some(text))) => self.judge_code(&text).await,
            Ok(Ok(None)) => Ok(unreadable(
                "No code can be read in this picture: hold the camera straight above the larger code, in even light.",
            )),
            Ok(Err(fault)) => Ok(unreadable(&format!("{fault}."))),
            Err(_) => Ok(unreadable("Looking at this picture broke off.")),
        }
    }

    async fn judge_code(&self, text: &str) -> Result<Judged, ServiceError> {
        let digits = text.rsplit_once('#').map_or(text, |(_, digits)| digits);
        if let Ok(pointer) = Pointer::parse(digits) {
            return match self.point(&pointer).await {
                Ok(pointed) => Ok(Judged::Pointed(pointed)),
                Err(ServiceError::NotFound) => Ok(unreadable(
                    "This code names no plan of this service. That says nothing about the patient's wishes.",
                )),
                Err(fault) => Err(fault),
            };
        }
        match OfflineCode::parse(text) {
            Ok(code) => {
                let plan = code.peek_unverified().ok().map(|card| card.plan());
                let reader = self.reader(plan).await?;
                let verdict = reader.check_code(&code, &Question::at(self.now()));
                Ok(Judged::Verdict(Box::new(verdict)))
            }
            Err(fault) => Ok(unreadable(&format!("{fault}."))),
        }
    }

    /// What the version a pointer names is now.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is no such version: the record is not told from the version.
    pub async fn point(&self, pointer: &Pointer) -> Result<Pointed, ServiceError> {
        let record = self.record(pointer.plan).await?;
        let named = record.version(pointer.version_number.into());
        if named.is_none_or(|edition| edition.id().prefix() != pointer.version) {
            return Err(ServiceError::NotFound);
        }
        let latest = record.latest().content().version_number();
        let warnings = self.say(&record).warnings;
        let standing = match record.latest().state() {
            State::Withdrawn { .. } => PointedStanding::Withdrawn,
            State::Suspended => PointedStanding::Suspended,
            State::Current | State::Superseded { .. } if latest == u32::from(pointer.version_number) => {
                PointedStanding::Latest
            }
            State::Current | State::Superseded { .. } => PointedStanding::Superseded,
        };
        Ok(Pointed {
            version_number: pointer.version_number,
            latest,
            standing,
            warnings,
        })
    }

    /// A reader who pins this service's policy and holds its trust list and, for one record, a head made now.
    async fn reader(&self, plan: Option<PlanId>) -> Result<Reader, ServiceError> {
        let mut reader = Reader::default().pin(self.policy().clone());
        reader.add_trust_list(&self.newest_trust_list().await?)?;
        let head = match plan {
            None => None,
            Some(plan) => match self.head(plan).await {
                Ok(head) => Some(head),
                Err(ServiceError::NotFound) => None,
                Err(fault) => return Err(fault),
            },
        };
        head.map_or(Ok(()), |head| reader.add_head(&head))?;
        Ok(reader)
    }
}

/// Which record an object says it is about: for finding a head, never for relying on.
fn peek_plan(object: &SignedObject) -> Option<PlanId> {
    let (header, _) = object.peek_unverified();
    PlanId::parse(header.subject.strip_prefix("urn:uuid:")?).ok()
}

/// A code is short printable text.
fn code_text(bytes: &[u8]) -> Option<&str> {
    /// 2 KiB: an offline code has at most 700 characters, a pointer's address about 120.
    const MAX_CODE_TEXT: usize = 2 << 10;
    let text = core::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() <= MAX_CODE_TEXT)?
        .trim();
    let printable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    printable.then_some(text)
}

fn unreadable(reason: &str) -> Judged {
    Judged::Verdict(Box::new(Verdict::cannot_read(reason.to_owned())))
}

impl Pointed {
    /// Neutral words for a stranger who scanned the paper (UX §1).
    #[must_use]
    pub fn line(&self) -> String {
        let (paper, latest) = (self.version_number, self.latest);
        match self.standing {
            PointedStanding::Latest if self.warnings.is_empty() => format!("Version {paper} is the latest."),
            PointedStanding::Latest => {
                format!(
                    "Version {paper} is the latest, but: {}.",
                    self.warnings.join("; ")
                )
            }
            PointedStanding::Superseded => {
                format!(
                    "This paper is version {paper}. Version {latest} is the latest: do not rely on this copy."
                )
            }
            PointedStanding::Withdrawn => {
                "This plan was withdrawn. An advance decision may still bind.".into()
            }
            PointedStanding::Suspended => {
                format!("Version {latest} is the latest, and its signature was later put in doubt.")
            }
        }
    }
}
