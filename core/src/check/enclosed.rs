//! What a bundle encloses: each part verified under one pin, in the order of FORMAT §8, and kept with who signed it.

use super::evidence::Pin;
use super::{Refusal, Registration};
use crate::bundle::Bundle;
use crate::card::{Card, Stamp};
use crate::envelope::SignedObject;
use crate::head::Head;
use crate::id::PlanId;
use crate::plan::PlanVersion;
use crate::receipt::Receipt;
use crate::statement::{Custody, Endorsement, Intake, Kind, LoggedStatement, Report, Resolution, Statement};
use crate::trust::{Certificate, Directory, Revocation};
use crate::verify::{self, Logged, RegistrationError, Verified, VerifyError};

/// A bundle whose parts all verified.
#[derive(Debug, Clone)]
pub struct CheckedBundle {
    version: Registration,
    card: Option<Verified<Card>>,
    stamp: Option<Verified<Stamp>>,
    head: Option<Verified<Head>>,
    endorsements: Vec<Attested<Endorsement>>,
    intakes: Vec<Attested<Intake>>,
    reports: Vec<Attested<Report>>,
    resolutions: Vec<Attested<Resolution>>,
    custody: Vec<Attested<Custody>>,
    unplaced_reports: Vec<Verified<Report>>,
    unplaced_intakes: Vec<Verified<Intake>>,
}

/// A registered statement and who made it, as certified.
#[derive(Debug, Clone)]
pub struct Attested<S> {
    statement: Logged<S>,
    by: Certificate,
    revoked: Option<Revocation>,
}

impl CheckedBundle {
    pub(super) const fn unregistered(version: Verified<PlanVersion>) -> Self {
        Self::bare(Registration::NotShown(version))
    }

    fn registered(
        version: Logged<PlanVersion>,
        card: Option<Verified<Card>>,
        stamp: Option<Verified<Stamp>>,
        head: Option<Verified<Head>>,
    ) -> Self {
        Self {
            card,
            stamp,
            head,
            ..Self::bare(Registration::Logged(version))
        }
    }

    const fn bare(version: Registration) -> Self {
        Self {
            version,
            card: None,
            stamp: None,
            head: None,
            endorsements: Vec::new(),
            intakes: Vec::new(),
            reports: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            unplaced_reports: Vec::new(),
            unplaced_intakes: Vec::new(),
        }
    }

    /// The version, and whether its registration was shown.
    #[must_use]
    pub const fn version(&self) -> &Registration {
        &self.version
    }

    /// The version's leaf index, where it is known.
    pub(super) const fn index(&self) -> Option<u64> {
        match &self.version {
            Registration::Logged(version) => Some(version.index()),
            Registration::NotShown(_) => None,
        }
    }

    /// The card.
    #[must_use]
    pub const fn card(&self) -> Option<&Verified<Card>> {
        self.card.as_ref()
    }

    /// The stamp that was printed.
    #[must_use]
    pub const fn stamp(&self) -> Option<&Verified<Stamp>> {
        self.stamp.as_ref()
    }

    /// The head that was carried.
    #[must_use]
    pub const fn head(&self) -> Option<&Verified<Head>> {
        self.head.as_ref()
    }

    /// Endorsements of this version.
    #[must_use]
    pub fn endorsements(&self) -> &[Attested<Endorsement>] {
        &self.endorsements
    }

    /// Advance decisions received for this record.
    #[must_use]
    pub fn intakes(&self) -> &[Attested<Intake>] {
        &self.intakes
    }

    /// Reports about this record.
    #[must_use]
    pub fn reports(&self) -> &[Attested<Report>] {
        &self.reports
    }

    /// How reports and intakes were dealt with.
    #[must_use]
    pub fn resolutions(&self) -> &[Attested<Resolution>] {
        &self.resolutions
    }

    /// The way of the originals.
    #[must_use]
    pub fn custody(&self) -> &[Attested<Custody>] {
        &self.custody
    }

    /// Reports in a file whose registration cannot be shown here: to be read as words, and to count for nothing.
    #[must_use]
    pub fn unplaced_reports(&self) -> &[Verified<Report>] {
        &self.unplaced_reports
    }

    /// Advance decisions received, in a file whose registration cannot be shown here.
    #[must_use]
    pub fn unplaced_intakes(&self) -> &[Verified<Intake>] {
        &self.unplaced_intakes
    }

    /// The resolution that ends this report or intake, or would if its signer's key had not been revoked. What is
    /// confirmed was carried out afterwards.
    pub(super) fn end_of<S>(
        &self,
        open: &Logged<S>,
        settles: impl Fn(&Resolution) -> bool,
    ) -> Option<&Attested<Resolution>> {
        let this = self.version.verified().id();
        let ends = |resolution: &&Attested<Resolution>| {
            let content = resolution.statement.content();
            let carried_out = content.by != Some(this) || self.index() > Some(open.index());
            content.target == open.id() && carried_out && settles(content)
        };
        let ending = self.resolutions.iter().filter(ends);
        ending.min_by_key(|resolution| resolution.revoked.is_some())
    }

    /// Reports that nobody entitled has resolved, as far as this bundle shows.
    pub fn open_reports(&self) -> impl Iterator<Item = &Attested<Report>> {
        self.reports
            .iter()
            .filter(|report| self.is_open(&report.statement, |by| by.settles(report.statement.content())))
    }

    /// Advance decisions received that nobody entitled has resolved, as far as this bundle shows. A later version by itself
    /// resolves none.
    pub fn open_intakes(&self) -> impl Iterator<Item = &Attested<Intake>> {
        self.intakes
            .iter()
            .filter(|intake| self.is_open(&intake.statement, Resolution::settles_intake))
    }

    /// Whether the log's fold takes an open statement for closed: it was logged at another leaf than the one it names,
    /// or a resolution that settles nothing targets it. Head and snapshot then know nothing of it.
    pub(super) fn is_lost_to_the_log<S: LoggedStatement>(&self, open: &Logged<S>) -> bool {
        let this = self.version.verified().id();
        let misplaced = open.content().target() == Some(this) && open.target() != self.index();
        let mut resolutions = self.resolutions.iter();
        misplaced || resolutions.any(|resolution| resolution.statement.content().target == open.id())
    }

    /// Open until a resolution ends it that still counts.
    fn is_open<S>(&self, open: &Logged<S>, settles: impl Fn(&Resolution) -> bool) -> bool {
        self.end_of(open, settles).is_none_or(|end| end.revoked.is_some())
    }
}

impl<S> Attested<S> {
    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &Logged<S> {
        &self.statement
    }

    /// The signer's certificate.
    #[must_use]
    pub const fn by(&self) -> &Certificate {
        &self.by
    }

    /// A revocation that reaches back before this statement: it no longer counts.
    #[must_use]
    pub const fn revoked(&self) -> Option<&Revocation> {
        self.revoked.as_ref()
    }
}

impl Pin {
    /// Verifies everything in a bundle, in the order of FORMAT §8.
    pub(super) fn open(&self, bundle: &Bundle) -> Result<CheckedBundle, Refusal> {
        if bundle.root != self.directory().root() {
            return Err(VerifyError::SignerUnknown {
                certificate: Some(bundle.root),
            }
            .into());
        }
        let mut directory = self.directory().clone();
        directory.admit_all(&bundle.certificates)?;
        let root_not_shown = self.place_certificates(bundle, &mut directory)?;
        let here = Enclosed {
            pin: self,
            bundle,
            directory: &directory,
        };
        let version = verify::statement::<PlanVersion>(&bundle.version, &directory)?;
        let Some(receipt) = bundle.receipt_of(&version.id()) else {
            return Ok(here.unregistered(version));
        };
        match (
            verify::logged(version.clone(), receipt, self.policy(), &directory),
            root_not_shown,
        ) {
            (Ok(version), None) => here.registered(version),
            // The version is in the pinned log, and a receipt beside it is of another: somebody laid it there.
            (Ok(_), Some(fault)) => Err(fault.into()),
            // What cannot be checked here says nothing against the plan: it is shown as signed, not as registered.
            (Err(fault), _) if fault.is_unknown() => Ok(here.unregistered(version)),
            (Err(fault), _) => Err(fault.into()),
        }
    }

    /// A certificate's own receipt says where it stands; a trust list may have said it already.
    /// Gives the root's receipt back where it cannot be checked here: everybody else is then not placed, the root is.
    fn place_certificates(
        &self,
        bundle: &Bundle,
        directory: &mut Directory,
    ) -> Result<Option<RegistrationError>, Refusal> {
        let mut ordered: Vec<(&SignedObject, &Receipt)> = bundle
            .certificates
            .iter()
            .filter_map(|object| Some((object, bundle.receipt_of(&object.id())?)))
            .collect();
        ordered.sort_by_key(|(_, receipt)| receipt.proof().index);
        let mut root_not_shown = None;
        for (object, receipt) in ordered {
            let Some(certificate) = directory.certificate(&object.id()).cloned() else {
                continue;
            };
            match verify::logged::<Certificate>(certificate, receipt, self.policy(), directory) {
                Ok(logged) => directory.place_logged(&logged)?,
                Err(fault) if fault.is_unknown() && object.id() == directory.root() => {
                    root_not_shown = Some(fault);
                }
                Err(fault) if fault.is_unknown() => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(root_not_shown)
    }
}

/// The statements of one bundle, under one pin.
struct Enclosed<'a> {
    pin: &'a Pin,
    bundle: &'a Bundle,
    directory: &'a Directory,
}

impl Enclosed<'_> {
    /// Views, then statements, each in its turn.
    fn registered(&self, version: Logged<PlanVersion>) -> Result<CheckedBundle, Refusal> {
        let bundle = self.bundle;
        let card = bundle.card.as_ref();
        let card = card
            .map(|card| card_of(&version, card, self.directory))
            .transpose()?;
        let stamp = match (&bundle.stamp, &bundle.card) {
            (Some(stamp), Some(card)) => stamp_of(&version, stamp, card, self.directory)?,
            (Some(_), None) => return Err(Refusal::StampWithoutCard),
            (None, _) => None,
        };
        let head = bundle.head.as_ref();
        let head = head
            .map(|head| head_of(&version, head, self.directory))
            .transpose()?;
        let mut checked = CheckedBundle::registered(version, card, stamp, head.flatten());
        checked.endorsements =
            self.each(&bundle.endorsements, |object| self.endorsement(&checked, object))?;
        checked.intakes = self.each(&bundle.intakes, |object| self.about(&checked, object))?;
        checked.reports = self.each(&bundle.reports, |object| self.about(&checked, object))?;
        checked.resolutions = self.each(&bundle.resolutions, |object| self.resolution(&checked, object))?;
        checked.custody = self.each(&bundle.custody, |object| self.about(&checked, object))?;
        Ok(checked)
    }

    /// Whatever cannot be shown to be registered: the version, and what somebody reported or received about its record.
    fn unregistered(&self, version: Verified<PlanVersion>) -> CheckedBundle {
        let plan = version.content().plan();
        let mut checked = CheckedBundle::unregistered(version);
        checked.unplaced_reports = self.unplaced(&self.bundle.reports, plan);
        checked.unplaced_intakes = self.unplaced(&self.bundle.intakes, plan);
        checked
    }

    fn unplaced<S: LoggedStatement>(&self, objects: &[SignedObject], plan: PlanId) -> Vec<Verified<S>> {
        let verified = objects
            .iter()
            .filter_map(|object| verify::statement::<S>(object, self.directory).ok());
        verified
            .filter(|statement| statement.content().record() == Some(plan))
            .collect()
    }

    fn each<T>(
        &self,
        objects: &[SignedObject],
        check: impl Fn(&SignedObject) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        objects.iter().map(check).collect()
    }

    /// An endorsement is about this very version, and by somebody else than its author.
    fn endorsement(
        &self,
        checked: &CheckedBundle,
        object: &SignedObject,
    ) -> Result<Attested<Endorsement>, Refusal> {
        let endorsement = self.about::<Endorsement>(checked, object)?;
        let version = checked.version().verified();
        let this_version = endorsement.statement.content().version == version.id();
        if !this_version || endorsement.statement.target() != checked.index() {
            return Err(Refusal::AboutAnother {
                kind: Kind::Endorsement,
            });
        }
        let author = version
            .signer()
            .and_then(|signer| self.directory.certificate(&signer));
        if author.is_none_or(|author| same_person(author.content(), &endorsement.by)) {
            return Err(Refusal::OwnEndorsement);
        }
        Ok(endorsement)
    }

    /// A resolution stands in the log where it says. Whether it ends anything is asked of what is open.
    fn resolution(
        &self,
        checked: &CheckedBundle,
        object: &SignedObject,
    ) -> Result<Attested<Resolution>, Refusal> {
        let resolution = self.about::<Resolution>(checked, object)?;
        let (content, target) = (resolution.statement.content(), resolution.statement.target());
        let mut reports = checked.reports.iter().map(Attested::statement);
        let mut intakes = checked.intakes.iter().map(Attested::statement);
        let this = (checked.version().verified().id(), checked.index());
        let shown = reports
            .find(|report| report.id() == content.target)
            .map(Logged::index);
        let shown = shown.or_else(|| {
            intakes
                .find(|intake| intake.id() == content.target)
                .map(Logged::index)
        });
        let shown = shown.or_else(|| this.1.filter(|_| content.target == this.0));
        // What it is about may not be here, as with another version's: then it ends nothing here.
        if shown.is_none() || shown == target {
            Ok(resolution)
        } else {
            Err(Refusal::AboutAnother {
                kind: Kind::Resolution,
            })
        }
    }

    /// A registered statement about this record, with who signed it.
    fn about<S: LoggedStatement>(
        &self,
        checked: &CheckedBundle,
        object: &SignedObject,
    ) -> Result<Attested<S>, Refusal> {
        let statement = verify::statement::<S>(object, self.directory)?;
        if statement.content().record() != Some(checked.version().verified().content().plan()) {
            return Err(Refusal::AboutAnother { kind: S::KIND });
        }
        let missing = RegistrationError::NotPlaced {
            certificate: object.id(),
        };
        let receipt = self.bundle.receipt_of(&object.id()).ok_or(missing)?;
        let statement = verify::logged(statement, receipt, self.pin.policy(), self.directory)?;
        let signer = statement.verified().signer();
        let by = signer.and_then(|signer| self.directory.certificate(&signer));
        let by = by
            .ok_or(VerifyError::SignerUnknown { certificate: signer })?
            .content()
            .clone();
        let revoked = signer.and_then(|signer| self.directory.doubt(&signer, statement.index()).copied());
        Ok(Attested {
            statement,
            by,
            revoked,
        })
    }
}

/// A second certificate does not make a second person: the same key, registration, or name in one organisation.
fn same_person(left: &Certificate, right: &Certificate) -> bool {
    let (left, right) = (left.fields(), right.fields());
    let same_registration = left.registration.is_some() && left.registration == right.registration;
    let same_name = left.name == right.name && left.organisation == right.organisation;
    left.key == right.key || same_registration || same_name
}

/// `project(version) == card` wherever both are known (FORMAT §3.2).
fn card_of(
    version: &Logged<PlanVersion>,
    object: &SignedObject,
    directory: &Directory,
) -> Result<Verified<Card>, Refusal> {
    let card = verify::statement::<Card>(object, directory)?;
    let same_author = card.signer() == version.verified().signer();
    if same_author && *card.content() == Card::project(version.content(), version.id()) {
        Ok(card)
    } else {
        Err(Refusal::CardDiffers)
    }
}

fn stamp_of(
    version: &Logged<PlanVersion>,
    object: &SignedObject,
    card: &SignedObject,
    directory: &Directory,
) -> Result<Option<Verified<Stamp>>, Refusal> {
    let stamp = verify::stamp(object, card, directory)?;
    let (stamped, registered) = (stamp.content().version, version.index());
    if stamped != registered {
        return Err(Refusal::StampDiffers { stamped, registered });
    }
    let size = stamp.content().size;
    unless_revoked(stamp, size, directory)
}

fn head_of(
    version: &Logged<PlanVersion>,
    object: &SignedObject,
    directory: &Directory,
) -> Result<Option<Verified<Head>>, Refusal> {
    let head = verify::statement::<Head>(object, directory)?;
    if head.content().plan != version.content().plan() {
        return Err(Refusal::AboutAnother { kind: Kind::Head });
    }
    let size = head.content().size;
    unless_revoked(head, size, directory)
}

/// A view by a service key that was revoked is left out, and says nothing against the plan it was printed with: the
/// author's signature does not depend on the service's keys.
fn unless_revoked<S: Statement>(
    view: Verified<S>,
    size: u64,
    directory: &Directory,
) -> Result<Option<Verified<S>>, Refusal> {
    match verify::view_in_force(&view, size, directory) {
        Ok(()) => Ok(Some(view)),
        Err(RegistrationError::Revoked { .. }) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}
