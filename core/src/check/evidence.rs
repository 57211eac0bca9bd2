//! What a reader holds: pinned policies, trust lists, snapshots and heads; and a bundle's parts once they verified.

use std::collections::BTreeMap;

use super::{Question, Refusal, Registration};
use crate::bundle::Bundle;
use crate::card::{Card, Stamp};
use crate::code::{OfflineCode, VerifiedCode};
use crate::currency::{Evidence, Subject};
use crate::envelope::SignedObject;
use crate::head::Head;
use crate::id::{ObjectId, PlanId};
use crate::plan::PlanVersion;
use crate::receipt::Receipt;
use crate::snapshot::Snapshot;
use crate::statement::{Endorsement, Kind, LoggedStatement, Report, Statement};
use crate::time::Timestamp;
use crate::trust::{Certificate, Directory, ListError, Revocation, TrustList, TrustPolicy};
use crate::verify::{self, Logged, RegistrationError, Verified, VerifyError};

/// A reader with what it pinned and what it was given.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    pins: Vec<Pin>,
}

/// One pinned policy and everything verified under it.
#[derive(Debug, Clone)]
pub(super) struct Pin {
    policy: TrustPolicy,
    directory: Directory,
    trust_list: Option<Verified<TrustList>>,
    snapshot: Option<Verified<Snapshot>>,
    heads: BTreeMap<PlanId, Verified<Head>>,
}

impl Reader {
    /// Pins a policy. A reader may pin several, one for each region.
    #[must_use]
    pub fn pin(mut self, policy: TrustPolicy) -> Self {
        let directory = Directory::pinned(&policy);
        self.pins.push(Pin {
            policy,
            directory,
            trust_list: None,
            snapshot: None,
            heads: BTreeMap::new(),
        });
        self
    }

    /// Takes a trust list in, after verifying it and every certificate in it. An older list never replaces a newer.
    ///
    /// # Errors
    /// [`ReaderError`] when it verifies under no pinned policy.
    pub fn add_trust_list(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        self.under_any_pin(|pin| pin.add_trust_list(object))
    }

    /// Takes a snapshot in. An older one never replaces a newer.
    ///
    /// # Errors
    /// [`ReaderError`] when it verifies under no pinned policy; a trust list must have been given before.
    pub fn add_snapshot(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        self.under_any_pin(|pin| pin.add_snapshot(object))
    }

    /// Takes a head in. An older one never replaces a newer.
    ///
    /// # Errors
    /// [`ReaderError`] when it verifies under no pinned policy.
    pub fn add_head(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        self.under_any_pin(|pin| pin.add_head(object))
    }

    /// When the newest trust list and snapshot were made, for showing their ages.
    #[must_use]
    pub fn ages(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let list = self
            .pins
            .iter()
            .filter_map(|pin| pin.trust_list.as_ref().map(Verified::signed_at))
            .max();
        let snapshot = self
            .pins
            .iter()
            .filter_map(|pin| pin.snapshot.as_ref().map(Verified::signed_at))
            .max();
        (list, snapshot)
    }

    pub(super) fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// Evidence goes to every pin under which it verifies.
    fn under_any_pin(
        &mut self,
        add: impl Fn(&mut Pin) -> Result<(), ReaderError>,
    ) -> Result<(), ReaderError> {
        let outcomes: Vec<Result<(), ReaderError>> = self.pins.iter_mut().map(add).collect();
        if outcomes.iter().any(Result::is_ok) {
            return Ok(());
        }
        outcomes
            .into_iter()
            .next_back()
            .unwrap_or(Err(ReaderError::NothingPinned))
    }
}

impl From<ListError> for ReaderError {
    fn from(fault: ListError) -> Self {
        match fault {
            ListError::Verify(fault) => Self::Verify(fault),
            ListError::Registration(fault) => Self::Registration(fault),
            other @ ListError::OtherLog { .. } => Self::OtherLog(other),
        }
    }
}

/// Why evidence was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// No policy was pinned.
    #[error("no trust policy is pinned; give one first")]
    NothingPinned,
    /// It does not verify.
    #[error("this evidence does not verify under a pinned trust policy")]
    Verify(#[from] VerifyError),
    /// Its signer's certificate does not count.
    #[error("the signer of this evidence does not count")]
    Registration(#[from] RegistrationError),
    /// It is a view of another log.
    #[error(transparent)]
    OtherLog(ListError),
}

impl Pin {
    pub(super) const fn policy(&self) -> &TrustPolicy {
        &self.policy
    }

    pub(super) const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What this pin holds about a version.
    pub(super) fn evidence(
        &self,
        subject: &Subject,
        signer: Option<ObjectId>,
        question: &Question<'_>,
    ) -> Evidence<'_> {
        let held = [
            self.trust_list.as_ref().map(Verified::signed_at),
            self.snapshot.as_ref().map(Verified::signed_at),
            self.heads.values().map(Verified::signed_at).max(),
        ];
        Evidence {
            heads: self.heads.get(&subject.plan).into_iter().collect(),
            snapshot: self.snapshot.as_ref(),
            stamp: None,
            revocations: signer
                .iter()
                .flat_map(|signer| self.directory.revocations_of(signer))
                .collect(),
            reports: Vec::new(),
            max_age: question.max_age,
            clock_floor: held.into_iter().flatten().max(),
        }
    }

    /// Whether the key behind a stamp is neither revoked nor expired at the reader's time.
    pub(super) fn still_trusts(&self, stamp: &Verified<Stamp>, at: Timestamp) -> bool {
        let signer = stamp.signer();
        let certificate = signer.and_then(|signer| self.directory.certificate(&signer));
        let revoked = signer.is_some_and(|signer| self.directory.revocations_of(&signer).next().is_some());
        !revoked && certificate.is_some_and(|certificate| certificate.content().valid_at(at))
    }

    fn add_trust_list(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        let list = self.directory.admit_list(object)?;
        let size = list.content().size();
        if self
            .trust_list
            .as_ref()
            .is_none_or(|held| held.content().size() <= size)
        {
            self.trust_list = Some(list);
        }
        self.judge_views_again();
        Ok(())
    }

    /// A revocation learnt later counts for the views taken in before.
    fn judge_views_again(&mut self) {
        let directory = &self.directory;
        self.heads
            .retain(|_, head| verify::view_in_force(head, head.content().size, directory).is_ok());
        self.snapshot = self
            .snapshot
            .take()
            .filter(|held| verify::view_in_force(held, held.content().size(), directory).is_ok());
    }

    /// The larger tree wins, then the later time: a clock that ran ahead cannot keep later snapshots out.
    fn add_snapshot(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        let snapshot = verify::statement::<Snapshot>(object, &self.directory)?;
        verify::view_in_force(&snapshot, snapshot.content().size(), &self.directory)?;
        let freshness = |held: &Verified<Snapshot>| (held.content().size(), held.signed_at());
        if self
            .snapshot
            .as_ref()
            .is_none_or(|held| freshness(held) <= freshness(&snapshot))
        {
            self.snapshot = Some(snapshot);
        }
        Ok(())
    }

    fn add_head(&mut self, object: &SignedObject) -> Result<(), ReaderError> {
        let head = verify::statement::<Head>(object, &self.directory)?;
        verify::view_in_force(&head, head.content().size, &self.directory)?;
        let freshness = |held: &Verified<Head>| (held.content().size, held.signed_at());
        let held = self.heads.get(&head.content().plan);
        if held.is_none_or(|held| freshness(held) <= freshness(&head)) {
            self.heads.insert(head.content().plan, head);
        }
        Ok(())
    }

    pub(super) fn version(&self, object: &SignedObject) -> Result<Verified<PlanVersion>, Refusal> {
        Ok(verify::statement::<PlanVersion>(object, &self.directory)?)
    }

    pub(super) fn code(&self, code: &OfflineCode) -> Result<VerifiedCode, Refusal> {
        let verified = code.verify(&self.directory)?;
        let stamp = verified.stamp.content();
        verify::in_force(&verified.stamp, stamp.size, &self.directory)?;
        // A card is judged with its version's leaf (FORMAT §3), which the stamp names.
        verify::in_force(&verified.card, stamp.version, &self.directory)?;
        Ok(verified)
    }

    /// Verifies everything in a bundle, in the order of FORMAT §8.
    pub(super) fn open(&self, bundle: &Bundle) -> Result<CheckedBundle, Refusal> {
        if bundle.root != self.directory.root() {
            return Err(VerifyError::SignerUnknown {
                certificate: Some(bundle.root),
            }
            .into());
        }
        let mut directory = self.directory.clone();
        directory.admit_all(&bundle.certificates)?;
        self.place_certificates(bundle, &mut directory)?;
        let version = verify::statement::<PlanVersion>(&bundle.version, &directory)?;
        let Some(receipt) = bundle.receipt_of(&version.id()) else {
            return Ok(CheckedBundle::unregistered(version));
        };
        let version = match verify::logged(version.clone(), receipt, &self.policy, &directory) {
            Ok(logged) => logged,
            // What cannot be checked here says nothing against the plan: it is shown as signed, not as registered.
            Err(fault) if fault.is_unknown() => return Ok(CheckedBundle::unregistered(version)),
            Err(fault) => return Err(fault.into()),
        };
        let card = bundle
            .card
            .as_ref()
            .map(|card| card_of(&version, card, &directory))
            .transpose()?;
        let stamp = match (&bundle.stamp, &bundle.card) {
            (Some(stamp), Some(card)) => stamp_of(&version, stamp, card, &directory)?,
            (Some(_), None) => return Err(Refusal::StampWithoutCard),
            (None, _) => None,
        };
        let head = bundle
            .head
            .as_ref()
            .map(|head| head_of(&version, head, &directory))
            .transpose()?
            .flatten();
        let mut checked = CheckedBundle::registered(version, card, stamp, head);
        for object in &bundle.endorsements {
            checked
                .endorsements
                .push(self.endorsement(&checked, bundle, object, &directory)?);
        }
        for object in &bundle.reports {
            checked
                .reports
                .push(self.report(&checked, bundle, object, &directory)?);
        }
        Ok(checked)
    }

    /// A certificate's own receipt says where it stands; a trust list may have said it already.
    fn place_certificates(&self, bundle: &Bundle, directory: &mut Directory) -> Result<(), Refusal> {
        let mut ordered: Vec<(&SignedObject, &Receipt)> = bundle
            .certificates
            .iter()
            .filter_map(|object| Some((object, bundle.receipt_of(&object.id())?)))
            .collect();
        ordered.sort_by_key(|(_, receipt)| receipt.proof().index);
        for (object, receipt) in ordered {
            let Some(certificate) = directory.certificate(&object.id()).cloned() else {
                continue;
            };
            match verify::logged::<Certificate>(certificate, receipt, &self.policy, directory) {
                Ok(logged) => directory.place_logged(&logged)?,
                Err(fault) if fault.is_unknown() => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    fn logged<S: LoggedStatement>(
        &self,
        verified: Verified<S>,
        receipt: &Receipt,
        directory: &Directory,
    ) -> Result<Logged<S>, Refusal> {
        Ok(verify::logged(verified, receipt, &self.policy, directory)?)
    }

    fn endorsement(
        &self,
        checked: &CheckedBundle,
        bundle: &Bundle,
        object: &SignedObject,
        directory: &Directory,
    ) -> Result<Endorsed, Refusal> {
        let endorsement = self.about::<Endorsement>(checked, bundle, object, directory)?;
        let signer = endorsement.verified().signer();
        let by = signer
            .and_then(|signer| directory.certificate(&signer))
            .map(|held| held.content().clone());
        let by = by.ok_or(VerifyError::SignerUnknown { certificate: signer })?;
        let author = checked
            .version()
            .verified()
            .signer()
            .and_then(|signer| directory.certificate(&signer));
        if author.is_none_or(|author| same_person(author.content(), &by)) {
            return Err(Refusal::OwnEndorsement);
        }
        if endorsement.target() != checked.index() {
            return Err(Refusal::AboutAnother {
                kind: Kind::Endorsement,
            });
        }
        let mut revocations = signer.iter().flat_map(|signer| directory.revocations_of(signer));
        let revoked = revocations
            .find(|revoked| revoked.from_index <= endorsement.index())
            .copied();
        Ok(Endorsed {
            endorsement,
            by,
            revoked,
        })
    }

    fn report(
        &self,
        checked: &CheckedBundle,
        bundle: &Bundle,
        object: &SignedObject,
        directory: &Directory,
    ) -> Result<Reported, Refusal> {
        Ok(Reported {
            report: self.about::<Report>(checked, bundle, object, directory)?,
        })
    }

    /// A registered statement about this record; an endorsement must be about this very version.
    fn about<S: LoggedStatement>(
        &self,
        checked: &CheckedBundle,
        bundle: &Bundle,
        object: &SignedObject,
        directory: &Directory,
    ) -> Result<Logged<S>, Refusal> {
        let statement = verify::statement::<S>(object, directory)?;
        let version = checked.version().verified();
        let this_version = statement.content().target() == Some(version.id());
        let this_record = statement.content().record() == Some(version.content().plan());
        if !this_record || (S::KIND == Kind::Endorsement && !this_version) {
            return Err(Refusal::AboutAnother { kind: S::KIND });
        }
        let missing = RegistrationError::NotPlaced {
            certificate: object.id(),
        };
        let receipt = bundle.receipt_of(&object.id()).ok_or(missing)?;
        self.logged(statement, receipt, directory)
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

/// A bundle whose parts all verified.
#[derive(Debug, Clone)]
pub struct CheckedBundle {
    version: Registration,
    card: Option<Verified<Card>>,
    stamp: Option<Verified<Stamp>>,
    head: Option<Verified<Head>>,
    endorsements: Vec<Endorsed>,
    reports: Vec<Reported>,
}

/// An endorsement and who made it, as certified.
#[derive(Debug, Clone)]
pub struct Endorsed {
    endorsement: Logged<Endorsement>,
    by: Certificate,
    revoked: Option<Revocation>,
}

/// A report recorded by the service.
#[derive(Debug, Clone)]
pub struct Reported {
    report: Logged<Report>,
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
            reports: Vec::new(),
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
    pub fn endorsements(&self) -> &[Endorsed] {
        &self.endorsements
    }

    /// Reports about this record.
    #[must_use]
    pub fn reports(&self) -> &[Reported] {
        &self.reports
    }
}

impl Endorsed {
    /// The endorsement.
    #[must_use]
    pub const fn endorsement(&self) -> &Logged<Endorsement> {
        &self.endorsement
    }

    /// A revocation that reaches back before this endorsement: it no longer counts.
    #[must_use]
    pub const fn revoked(&self) -> Option<&Revocation> {
        self.revoked.as_ref()
    }

    /// The endorser's certificate.
    #[must_use]
    pub const fn by(&self) -> &Certificate {
        &self.by
    }
}

impl Reported {
    /// The report.
    #[must_use]
    pub const fn report(&self) -> &Logged<Report> {
        &self.report
    }
}
