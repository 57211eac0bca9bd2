//! What a reader holds: pinned policies, trust lists, snapshots and heads.

use std::collections::BTreeMap;

use super::{Question, Refusal};
use crate::card::Stamp;
use crate::code::{OfflineCode, VerifiedCode};
use crate::currency::{Evidence, Subject};
use crate::envelope::SignedObject;
use crate::head::Head;
use crate::id::{ObjectId, PlanId};
use crate::plan::PlanVersion;
use crate::snapshot::Snapshot;
use crate::time::Timestamp;
use crate::trust::{Directory, ListError, TrustList, TrustPolicy};
use crate::verify::{self, RegistrationError, Verified, VerifyError};

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
            tree: None,
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
        self.judge_views_again();
        let size = list.content().size();
        if self
            .trust_list
            .as_ref()
            .is_none_or(|held| held.content().size() <= size)
        {
            self.trust_list = Some(list);
        }
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
        self.trust_list = self
            .trust_list
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
}
