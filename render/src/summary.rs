//! The emergency summary: what must be known in ten seconds, as data, in fixed order (DOMAIN §2.5).
//!
//! Paper and screen both show these lines, so their words cannot drift apart. Nothing here says that a plan or an
//! advance decision is valid: a plan recommends, and an advance decision is checked at the bedside (DOMAIN §0, §3).

mod status;

use planseal::plan::PlanVersion;
use planseal::plan::adrt::{Adrt, AdrtEntry, RefusedTreatment};
use planseal::plan::clinical::{AllergyState, DeviceKind, DeviceState};
use planseal::plan::contacts::ContactRole;
use planseal::plan::recommendations::{Cpr, CprDecision, CprReasonCode, CprScope};
use planseal::plan::{YesNo, sharing::LastingPower};
use planseal::time::Timestamp;

use crate::known::{Known, Matter};
use crate::words;

/// The lines, first the status.
#[derive(Clone, Debug)]
pub struct EmergencySummary {
    lines: Vec<SummaryLine>,
}

/// One line: a heading and what belongs to it.
#[derive(Clone)]
pub struct SummaryLine {
    topic: Topic,
    headline: String,
    details: Vec<String>,
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// Whether this was the latest version, and when that was known.
    Status,
    /// What a reader must know about the plan before reading on: reports, endorsement, review.
    Notices,
    /// Whom it is about.
    Who,
    /// Cardiopulmonary resuscitation.
    Cpr(CprShown),
    /// How far treatment should go.
    Ceiling,
    /// Advance decisions.
    Refusal,
    /// Allergies and critical alerts.
    Alerts,
    /// Where to care, and where medicines are kept.
    Place,
    /// Whom to call.
    Call,
    /// Who signed.
    Signed,
}

/// The three looks of the CPR block, and a fourth for children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CprShown {
    /// Do not attempt.
    DoNotAttempt,
    /// A recorded decision for CPR.
    Attempt,
    /// Nothing recorded: attempt.
    NoneRecorded,
    /// Modified, for a child.
    Modified,
}

impl EmergencySummary {
    /// The summary of a plan with what was known about it.
    #[must_use]
    pub fn of(plan: &PlanVersion, known: &Known) -> Self {
        let mut lines = vec![status::status(known), status::notices(plan, known)];
        lines.extend(content(plan, &Moment::known(known)));
        let mut signed = signed(plan);
        let endorsements = known.endorsements.iter();
        signed.details.extend(
            endorsements.map(|endorsed| format!("Endorsed by {} on {}.", endorsed.by, endorsed.at.day())),
        );
        lines.push(signed);
        Self { lines }
    }

    /// The summary of a plan that nobody has signed.
    pub(crate) fn unsigned(plan: &PlanVersion) -> Self {
        let mut lines = vec![line(
            Topic::Status,
            "UNSIGNED PREVIEW. Not a plan: do not use for care.",
            ["Signing, registering and printing with codes come after this."],
        )];
        lines.extend(content(plan, &Moment::at(plan.signed_at())));
        lines.push(line(
            Topic::Signed,
            format!("To be signed by {}.", words::author(plan.author())),
            [],
        ));
        Self { lines }
    }

    /// The lines in order.
    #[must_use]
    pub fn lines(&self) -> &[SummaryLine] {
        &self.lines
    }
}

impl SummaryLine {
    /// What it is about.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        self.topic
    }

    /// The words that come first and stand out. Empty when there is nothing to say.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// What else belongs to it, each a sentence or more.
    #[must_use]
    pub fn details(&self) -> &[String] {
        &self.details
    }
}

impl Topic {
    /// A short label for the line.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::Notices => "Before you rely on it",
            Self::Who => "Patient",
            Self::Cpr(_) => "CPR",
            Self::Ceiling => "Treatment",
            Self::Refusal => "Advance decision (ADRT)",
            Self::Alerts => "Allergies and alerts",
            Self::Place => "Place of care",
            Self::Call => "Call",
            Self::Signed => "Signed",
        }
    }
}

/// The topic only: the words are the patient's.
impl core::fmt::Debug for SummaryLine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} (not shown)", self.topic)
    }
}

/// The time that sentences name, and what was reported about advance decisions until then.
pub(crate) struct Moment {
    at: Timestamp,
    adrt_reports: usize,
}

impl Moment {
    pub(crate) fn known(known: &Known) -> Self {
        let about_adrt = known
            .reports
            .iter()
            .filter(|report| report.matter == Matter::AdvanceDecision);
        Self {
            at: known.at,
            adrt_reports: about_adrt.count(),
        }
    }

    /// A plan beside which nothing is known.
    pub(crate) const fn at(at: Timestamp) -> Self {
        Self { at, adrt_reports: 0 }
    }

    /// Beside every recorded advance decision. It is never called valid.
    pub(crate) fn adrt_recorded(&self) -> String {
        if self.adrt_reports > 0 {
            return "ADRT recorded, and something was REPORTED about it (see page 1). Check validity and applicability."
                .to_owned();
        }
        format!(
            "ADRT recorded \u{2014} not known to be withdrawn (as of {}). Check validity and applicability.",
            self.at.day_and_time()
        )
    }
}

fn line<const N: usize>(topic: Topic, headline: impl Into<String>, details: [&str; N]) -> SummaryLine {
    SummaryLine {
        topic,
        headline: headline.into(),
        details: details.map(str::to_owned).to_vec(),
    }
}

/// Everything that the signed words alone decide.
fn content(plan: &PlanVersion, moment: &Moment) -> Vec<SummaryLine> {
    vec![
        who(plan, moment),
        cpr(plan),
        ceiling(plan),
        refusal(plan, moment),
        alerts(plan),
        place(plan),
        call(plan),
    ]
}

fn who(plan: &PlanVersion, moment: &Moment) -> SummaryLine {
    let person = plan.person();
    let mut details = vec![
        format!("Born {}", words::born(person, moment.at.date())),
        format!("NHS No. {}", words::nhs_number(person)),
    ];
    details.extend(person.preferred_name().map(|name| format!("Known as {name}")));
    SummaryLine {
        topic: Topic::Who,
        headline: words::banner_name(person.name()),
        details,
    }
}

fn cpr(plan: &PlanVersion) -> SummaryLine {
    let Some(cpr) = plan.recommendations().cpr() else {
        return line(
            Topic::Cpr(CprShown::NoneRecorded),
            "NO CPR DECISION RECORDED: attempt CPR",
            [],
        );
    };
    match cpr.decision() {
        CprDecision::Attempt => line(
            Topic::Cpr(CprShown::Attempt),
            "FOR CPR",
            ["Attempt resuscitation."],
        ),
        CprDecision::ModifiedChildOnly => line(
            Topic::Cpr(CprShown::Modified),
            "MODIFIED CPR (child)",
            ["See section 4 for what to do.", cpr.scope_note().label()],
        ),
        CprDecision::DoNotAttempt => SummaryLine {
            topic: Topic::Cpr(CprShown::DoNotAttempt),
            headline: "DO NOT ATTEMPT CPR (DNACPR)".to_owned(),
            details: scope(plan, cpr),
        },
    }
}

/// A recommendation carries its scope note; a refusal in an advance decision carries the person's own circumstances.
fn scope(plan: &PlanVersion, cpr: &Cpr) -> Vec<String> {
    let mut scope = Vec::new();
    let by_adrt = |reason: CprReasonCode| reason == CprReasonCode::RefusedByAdrt;
    if cpr.reasons().iter().any(|reason| by_adrt(reason.reason())) {
        for adrt in decisions(plan).filter(|adrt| adrt.record().refuses_cpr()) {
            scope.push(match adrt.record().circumstances() {
                Some(circumstances) => {
                    format!("Refused in an advance decision (ADRT), in these circumstances: \u{201c}{circumstances}\u{201d}")
                }
                None => "Refused in an advance decision (ADRT); no circumstances are named in it.".to_owned(),
            });
        }
    }
    if scope.is_empty() || cpr.reasons().iter().any(|reason| !by_adrt(reason.reason())) {
        scope.push(match cpr.scope_note() {
            CprScope::Scope1 => CprScope::Scope1.label().to_owned(),
        });
    }
    scope
}

fn ceiling(plan: &PlanVersion) -> SummaryLine {
    let recommended = plan.recommendations();
    let level = recommended.treatment_level().label();
    let in_words = recommended.ceiling_words().map(|words| words.as_str());
    let advice = recommended
        .emergency_advice()
        .map(|advice| words::sentence(advice));
    SummaryLine {
        topic: Topic::Ceiling,
        headline: words::sentence(in_words.unwrap_or(level)),
        details: advice.into_iter().collect(),
    }
}

fn decisions(plan: &PlanVersion) -> impl Iterator<Item = &Adrt> {
    plan.adrt().iter().filter_map(|entry| match entry {
        AdrtEntry::AdvanceDecision(adrt) => Some(adrt),
        AdrtEntry::EvidenceOfWishes(_) => None,
    })
}

fn refusal(plan: &PlanVersion, moment: &Moment) -> SummaryLine {
    let mut details = Vec::new();
    for adrt in decisions(plan) {
        details.push(format!(
            "Made {}. Refuses: {}.",
            adrt.record().made().day(),
            refused(adrt)
        ));
        if !later_powers(adrt, plan).is_empty() {
            details.push("LATER LPA RECORDED: check who decides.".to_owned());
        }
    }
    let evidence = plan.adrt().len() - decisions(plan).count();
    let headline = if decisions(plan).next().is_none() {
        "None recorded here (one may still exist).".to_owned()
    } else {
        moment.adrt_recorded()
    };
    if evidence > 0 {
        details.push("Wishes are recorded that are not recorded as an ADRT: see section 5.".to_owned());
    }
    SummaryLine {
        topic: Topic::Refusal,
        headline,
        details,
    }
}

fn refused(adrt: &Adrt) -> String {
    let treatments = adrt
        .record()
        .refuses()
        .iter()
        .map(|refusal| match refusal.treatment() {
            RefusedTreatment::Other => refusal.words().to_string(),
            coded => coded.label().to_owned(),
        });
    treatments.collect::<Vec<_>>().join("; ")
}

pub(crate) fn later_powers<'a>(adrt: &Adrt, plan: &'a PlanVersion) -> Vec<&'a LastingPower> {
    adrt.later_powers(plan.capacity().lpa_hw())
}

fn alerts(plan: &PlanVersion) -> SummaryLine {
    let clinical = plan.clinical();
    let allergies = words::sentence(&words::allergies(clinical.allergies()));
    let mut details = vec![match clinical.allergies().state() {
        AllergyState::Recorded => format!("Allergies: {allergies}"),
        AllergyState::NoneKnown | AllergyState::NotAsked => allergies,
    }];
    let alerts: Vec<&str> = clinical.alerts().iter().map(|alert| alert.as_str()).collect();
    if !alerts.is_empty() {
        details.push(words::sentence(&alerts.join("; ")));
    }
    for device in clinical.implanted_devices() {
        if device.kind() == DeviceKind::Defibrillator && device.state() != DeviceState::Deactivated {
            details.push(format!(
                "{}: {}.",
                device.kind().label(),
                device.state().label().to_lowercase()
            ));
        }
    }
    SummaryLine {
        topic: Topic::Alerts,
        headline: plan.card_line().as_str().to_owned(),
        details,
    }
}

fn place(plan: &PlanVersion) -> SummaryLine {
    let medicines = plan.clinical().anticipatory_medicines();
    let mut details = Vec::new();
    if let Some(location) = plan.person().current_location() {
        details.push(format!(
            "Now at: {} (since {}).",
            location.place(),
            location.since().day()
        ));
    }
    details.push(match (medicines.issued(), medicines.location()) {
        (YesNo::Yes, Some(location)) => format!("Anticipatory medicines: {}", words::sentence(location)),
        (YesNo::Yes, None) => "Anticipatory medicines: issued.".to_owned(),
        (YesNo::No, _) => "Anticipatory medicines: not issued.".to_owned(),
    });
    SummaryLine {
        topic: Topic::Place,
        headline: words::sentence(&words::place(plan.preferences().place_of_care())),
        details,
    }
}

/// One number first, then the attorney or the next of kin if that is somebody else.
fn call(plan: &PlanVersion) -> SummaryLine {
    let contacts = plan.contacts();
    let with = |role: ContactRole| contacts.iter().find(|contact| contact.roles().contains(&role));
    let first = with(ContactRole::Emergency).or_else(|| contacts.first());
    let others = [with(ContactRole::Attorney), with(ContactRole::NextOfKin)];
    let mut details: Vec<String> = Vec::new();
    for other in others.into_iter().flatten() {
        let words = words::contact(other);
        let role = if other.roles().contains(&ContactRole::Attorney) {
            ContactRole::Attorney
        } else {
            ContactRole::NextOfKin
        };
        let entry = format!("{}: {words}", role.label());
        if first.is_none_or(|first| words::contact(first) != words) && !details.contains(&entry) {
            details.push(entry);
        }
    }
    SummaryLine {
        topic: Topic::Call,
        headline: first.map_or_else(String::new, words::to_call),
        details,
    }
}

fn signed(plan: &PlanVersion) -> SummaryLine {
    line(
        Topic::Signed,
        format!(
            "Signed electronically by {}, on {}.",
            words::author(plan.author()),
            plan.signed_at().day()
        ),
        ["No ink signature is needed to check it: scan the code."],
    )
}

#[cfg(test)]
mod tests;
