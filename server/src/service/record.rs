//! What is known of a record: its versions with what the log says of each, and the statements beside them.
//!
//! How it is read and verified is told in `reading`.

use std::collections::BTreeSet;

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::tree::Hash;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::{Digest, MediaType};
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, IntakeForm, Kind, LoggedStatement, Report, Resolution, Withdrawal,
};
use planseal::status::{State, Status};
use planseal::time::Timestamp;
use planseal::trust::Revocation;
use planseal::verify::{Logged, RegistrationError, Verified};

/// Everything that is known of a record, verified. A record may begin with an intake, before any version.
#[derive(Debug)]
pub struct History {
    pub(super) as_of: TreeHead,
    pub(super) versions: Vec<Edition>,
    pub(super) withdrawals: Vec<Logged<Withdrawal>>,
    pub(super) endorsements: Vec<Logged<Endorsement>>,
    pub(super) reports: Vec<Logged<Report>>,
    pub(super) resolutions: Vec<Logged<Resolution>>,
    pub(super) intakes: Vec<Logged<Intake>>,
    pub(super) custody: Vec<Logged<Custody>>,
    pub(super) holds: Vec<Logged<Hold>>,
    /// What came into the log too late to count, beside versions.
    pub(super) late: Vec<Late>,
    /// Leaves that warn of the record as it stands: reports and intakes that nothing resolved, a doubtful withdrawal.
    pub(super) open: BTreeSet<u64>,
    /// What the next version or withdrawal has to follow, by the log.
    pub(super) end: Option<ObjectId>,
}

/// A record that has a version.
#[derive(Debug)]
pub struct PlanRecord(pub(super) History);

/// The tree that a record was read in.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeHead {
    pub(super) size: u64,
    pub(super) root: Hash,
}

/// One version of a record.
#[derive(Debug)]
pub struct Edition {
    pub(super) version: Registered<PlanVersion>,
    /// The card that was signed with it.
    pub card: Option<SignedObject>,
    /// What the log says of it now.
    pub status: Status,
    /// A revocation of its signer, or of somebody above, that reaches back to it.
    pub doubted: Option<Revocation>,
}

/// A statement that the log holds, in an order that lets it count or in one that does not.
#[derive(Debug)]
pub(super) enum Registered<S> {
    /// It counts.
    Counts(Box<Logged<S>>),
    /// Signed as it should be, and logged when its signer's certificate did not count any more: a node that had not
    /// seen the revocation accepted it, or a crash kept it from the log until then.
    Late(Box<Verified<S>>, Late),
}

/// A statement that came into the log too late to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// Its leaf.
    pub index: u64,
    /// When it says it was signed.
    pub signed_at: Timestamp,
    /// The rule of the log's order that it breaks.
    pub fault: RegistrationError,
}

impl Edition {
    /// The version, as signed.
    #[must_use]
    pub const fn verified(&self) -> &Verified<PlanVersion> {
        match &self.version {
            Registered::Counts(logged) => logged.verified(),
            Registered::Late(verified, _) => verified,
        }
    }

    /// The version's content.
    #[must_use]
    pub const fn content(&self) -> &PlanVersion {
        self.verified().content()
    }

    /// The version's id.
    #[must_use]
    pub const fn id(&self) -> ObjectId {
        self.verified().id()
    }

    /// The version's leaf.
    #[must_use]
    pub const fn index(&self) -> u64 {
        match &self.version {
            Registered::Counts(logged) => logged.index(),
            Registered::Late(_, late) => late.index,
        }
    }

    /// Why the order of the log keeps this version from counting, if it does.
    #[must_use]
    pub const fn late(&self) -> Option<&Late> {
        match &self.version {
            Registered::Counts(_) => None,
            Registered::Late(_, late) => Some(late),
        }
    }

    /// Its state as it is shown: a version that came too late is never current.
    #[must_use]
    pub const fn state(&self) -> State {
        match (self.status.state, self.late()) {
            (State::Current, Some(_)) => State::Suspended,
            (state, _) => state,
        }
    }
}

impl History {
    pub(super) const fn empty(as_of: TreeHead) -> Self {
        Self {
            as_of,
            versions: Vec::new(),
            withdrawals: Vec::new(),
            endorsements: Vec::new(),
            reports: Vec::new(),
            resolutions: Vec::new(),
            intakes: Vec::new(),
            custody: Vec::new(),
            holds: Vec::new(),
            late: Vec::new(),
            open: BTreeSet::new(),
            end: None,
        }
    }

    /// The versions, first to last.
    #[must_use]
    pub fn versions(&self) -> &[Edition] {
        &self.versions
    }

    /// The version that no other replaced; none when the record holds intakes only.
    #[must_use]
    pub fn latest(&self) -> Option<&Edition> {
        let mut standing = self.versions.iter().rev();
        standing
            .find(|edition| !matches!(edition.status.state, State::Superseded { .. }))
            .or_else(|| self.versions.last())
    }

    /// The version of this number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&Edition> {
        self.versions
            .iter()
            .find(|edition| edition.content().version_number() == number)
    }

    /// The version of this id.
    #[must_use]
    pub fn edition(&self, id: ObjectId) -> Option<&Edition> {
        self.versions.iter().find(|edition| edition.id() == id)
    }

    /// Withdrawals in the order of the log.
    #[must_use]
    pub fn withdrawals(&self) -> &[Logged<Withdrawal>] {
        &self.withdrawals
    }

    /// The withdrawal in force: the latest version is withdrawn, and nothing was published since.
    #[must_use]
    pub fn withdrawal(&self) -> Option<&Logged<Withdrawal>> {
        let latest = self.latest()?;
        self.withdrawals
            .iter()
            .find(|withdrawal| withdrawal.content().version == latest.id())
    }

    /// Whether the latest version is withdrawn, and nothing was published since. The withdrawal itself may have come too
    /// late to be shown.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.latest()
            .is_some_and(|latest| matches!(latest.status.state, State::Withdrawn { .. }))
    }

    /// What the next version or withdrawal has to follow, and what an intake has to name.
    #[must_use]
    pub const fn end(&self) -> Option<ObjectId> {
        self.end
    }

    /// What came into the log too late to count, beside versions: it is shown to nobody as a fact.
    #[must_use]
    pub fn late(&self) -> &[Late] {
        &self.late
    }

    /// Endorsements of a version.
    pub fn endorsements_of(&self, version: ObjectId) -> impl Iterator<Item = &Logged<Endorsement>> {
        self.endorsements
            .iter()
            .filter(move |endorsement| endorsement.content().version == version)
    }

    /// Reports about the record, resolved or not.
    #[must_use]
    pub fn reports(&self) -> &[Logged<Report>] {
        &self.reports
    }

    /// Resolutions of reports and intakes.
    #[must_use]
    pub fn resolutions(&self) -> &[Logged<Resolution>] {
        &self.resolutions
    }

    /// Advance decisions as they were received.
    #[must_use]
    pub fn intakes(&self) -> &[Logged<Intake>] {
        &self.intakes
    }

    /// The way of the originals.
    #[must_use]
    pub fn custody(&self) -> &[Logged<Custody>] {
        &self.custody
    }

    /// Holds that begin and end.
    #[must_use]
    pub fn holds(&self) -> &[Logged<Hold>] {
        &self.holds
    }

    /// Reports that nothing resolved: they warn.
    pub fn open_reports(&self) -> impl Iterator<Item = &Logged<Report>> {
        self.reports
            .iter()
            .filter(|report| self.open.contains(&report.index()))
    }

    /// Intakes that nothing resolved: received, not yet reviewed. A later version by itself says nothing of them.
    pub fn open_intakes(&self) -> impl Iterator<Item = &Logged<Intake>> {
        self.intakes
            .iter()
            .filter(|intake| self.open.contains(&intake.index()))
    }

    /// Reports with what ended them, where something did.
    pub fn resolved_reports(&self) -> impl Iterator<Item = (&Logged<Report>, &Logged<Resolution>)> {
        let closed = self
            .reports
            .iter()
            .filter(|report| !self.open.contains(&report.index()));
        closed.filter_map(|report| Some((report, self.resolution_of(report.id())?)))
    }

    /// The last resolution of a report or intake.
    #[must_use]
    pub fn resolution_of(&self, target: ObjectId) -> Option<&Logged<Resolution>> {
        self.resolutions
            .iter()
            .rev()
            .find(|resolution| resolution.content().target == target)
    }

    /// What is open, in the fixed words for its kind, with its day.
    pub(super) fn warnings(&self) -> Vec<String> {
        let reports = self.open_reports().map(|report| {
            let report = report.content();
            format!("{} ({})", report.code.words(), report.issued_at.day())
        });
        let intakes = self.open_intakes().map(|intake| {
            let day = intake.content().issued_at.day();
            format!("{} ({day})", Intake::WORDS)
        });
        let is_open = |index: u64| self.open.contains(&index);
        let doubtful = self.withdrawals.iter().filter(|held| is_open(held.index()));
        let doubtful = doubtful.map(|held| doubtful_withdrawal(held.content().issued_at));
        let late = self.late.iter().filter(|late| is_open(late.index));
        let late = late.map(|late| match late.kind {
            Kind::Withdrawal => doubtful_withdrawal(late.signed_at),
            _ => format!("{LATE} ({})", late.signed_at.day()),
        });
        reports.chain(intakes).chain(doubtful).chain(late).collect()
    }

    /// Digest and media type of the files that versions and intakes of this record name.
    pub fn files(&self) -> impl Iterator<Item = (Digest, MediaType)> {
        let counting = self.versions.iter().filter(|edition| edition.late().is_none());
        let attached = counting.flat_map(|edition| {
            let attachments = edition.content().attachments().iter();
            attachments.map(|file| (file.sha256(), file.media_type()))
        });
        let scanned = self
            .intakes
            .iter()
            .filter_map(|intake| match &intake.content().form {
                IntakeForm::Document(scan) => Some((scan.sha256(), scan.media_type())),
                IntakeForm::Spoken(_) => None,
            });
        attached.chain(scanned)
    }

    /// Whether nothing at all is known under this name.
    pub(super) const fn is_unknown(&self) -> bool {
        self.versions.is_empty() && self.intakes.is_empty()
    }

    /// The leaf of a statement of the record, with its kind.
    pub(super) fn find(&self, id: ObjectId) -> Option<(Kind, u64)> {
        fn of<S: LoggedStatement>(all: &[Logged<S>], id: ObjectId) -> Option<(Kind, u64)> {
            let found = all.iter().find(|logged| logged.id() == id)?;
            Some((S::KIND, found.index()))
        }
        let version = self.edition(id).map(|edition| (Kind::Version, edition.index()));
        version
            .or_else(|| of(&self.withdrawals, id))
            .or_else(|| of(&self.endorsements, id))
            .or_else(|| of(&self.reports, id))
            .or_else(|| of(&self.resolutions, id))
            .or_else(|| of(&self.intakes, id))
            .or_else(|| of(&self.custody, id))
            .or_else(|| of(&self.holds, id))
    }

    /// The tree in which this is so: what is signed about the record names this size and no later one.
    pub(super) const fn as_of(&self) -> TreeHead {
        self.as_of
    }
}

impl PlanRecord {
    /// The version that no other replaced.
    #[must_use]
    pub fn latest(&self) -> &Edition {
        self.0
            .latest()
            .expect("a record of a plan is made with a version")
    }

    /// The last version before a suspended latest one whose signer is not in doubt (FORMAT §5).
    #[must_use]
    pub fn last_not_suspended(&self) -> Option<&Edition> {
        let latest = self.latest();
        if latest.state() != State::Suspended {
            return None;
        }
        let earlier = self.versions().iter().rev();
        earlier
            .filter(|edition| edition.index() < latest.index())
            .find(|edition| edition.doubted.is_none() && edition.late().is_none())
    }
}

impl core::ops::Deref for PlanRecord {
    type Target = History;

    fn deref(&self) -> &History {
        &self.0
    }
}

/// Of something sent in under a key that did not count any more: not what it says, which nobody entitled said.
const LATE: &str = "something was registered under a key that did not count any more; ask";

fn doubtful_withdrawal(signed_at: Timestamp) -> String {
    let day = signed_at.day();
    format!(
        "the key that signed the withdrawal was later reported lost, or its signer was not entitled ({day})"
    )
}
