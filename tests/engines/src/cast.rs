//! Who says what in a trial: verified plan versions and reports, made and verified by core as everybody's are.
//!
//! The world is that of `planseal-tests`; its log key and origin are those of the store under trial, so receipts are
//! verified against the policy a reader would pin.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Report, ReportCode};
use planseal::time::Timestamp;
use planseal::trust::Certificate;
use planseal::validate::{Context, Predecessor};
use planseal::verify::{self, Verified};
use planseal_store::{AppendError, ChainRecord, OperationId, Publication, Store};
use planseal_tests::key::FixedKey;
use planseal_tests::sample;
use planseal_tests::world::{World, instant, words};

/// Everybody, and the draft they sign.
pub(crate) struct Cast {
    world: World,
    draft: String,
}

/// The NHS number in the draft, which each record's own replaces.
const DRAFTED_NUMBER: &str = "999 041 2073";

impl Cast {
    pub(crate) fn new() -> Self {
        Self {
            world: World::new(),
            draft: sample::draft("P1-v1").to_json(),
        }
    }

    /// The store's time throughout a trial.
    pub(crate) fn now() -> Timestamp {
        instant("2025-11-18T10:15:00Z")
    }

    /// The log's key.
    pub(crate) fn log_key() -> FixedKey {
        FixedKey::from_seed(2)
    }

    pub(crate) fn certificates(&self) -> Vec<Verified<Certificate>> {
        self.world.certificates().into_iter().cloned().collect()
    }

    /// A version of this person's plan, the first or the next.
    pub(crate) fn version(
        &self,
        plan: PlanId,
        person: u64,
        after: Option<&Predecessor>,
    ) -> anyhow::Result<Said> {
        let at = after.map_or_else(Self::now, |after| after.signed_at.plus(1));
        let context = Context {
            plan,
            ..sample::context(at, after)
        };
        let draft = self.draft.replace(DRAFTED_NUMBER, &test_number(person));
        let version = PlanDraft::from_json(&draft)?.validate(&context)?;
        let version = self.world.sign(&version, &self.world.author);
        Ok(Said::Version(Arc::new(version)))
    }

    /// What a successor of this version has to follow.
    pub(crate) fn predecessor(&self, latest: &ChainRecord) -> anyhow::Result<Predecessor> {
        let object = SignedObject::parse(&latest.envelope)?;
        let version = verify::statement::<PlanVersion>(&object, &self.world.directory)?;
        Ok(Predecessor {
            id: version.id(),
            version: version.content().version_number(),
            signed_at: version.signed_at(),
        })
    }

    /// A reader's report about a version.
    pub(crate) fn report(&self, plan: PlanId, version: ObjectId, number: u64) -> Said {
        let report = Report {
            plan,
            version,
            code: ReportCode::Other,
            words: words(&format!("report {number} of a trial")),
            reporter: words("Paramedic A. Example"),
            issued_at: Self::now(),
        };
        Said::Report(Arc::new(self.world.sign(&report, &self.world.recorder)))
    }

    /// The tree head of a checkpoint that a node has shown.
    pub(crate) fn tree_head(&self, note: &str) -> anyhow::Result<VerifiedCheckpoint> {
        VerifiedCheckpoint::verify(note, &self.world.policy).context("a checkpoint that was shown")
    }

    /// That the log holds it, as a reader proves it.
    pub(crate) fn prove(&self, said: &Said, receipt: &Receipt) -> anyhow::Result<u64> {
        let (policy, directory) = (&self.world.policy, &self.world.directory);
        Ok(match said {
            Said::Version(version) => {
                verify::logged((**version).clone(), receipt, policy, directory)?.index()
            }
            Said::Report(report) => verify::logged((**report).clone(), receipt, policy, directory)?.index(),
        })
    }
}

/// A verified statement, to be appended.
#[derive(Clone)]
pub(crate) enum Said {
    Version(Arc<Verified<PlanVersion>>),
    Report(Arc<Verified<Report>>),
}

impl Said {
    pub(crate) fn id(&self) -> ObjectId {
        match self {
            Self::Version(version) => version.id(),
            Self::Report(report) => report.id(),
        }
    }

    pub(crate) fn plan(&self) -> PlanId {
        match self {
            Self::Version(version) => version.content().plan(),
            Self::Report(report) => report.content().plan,
        }
    }

    pub(crate) fn envelope(&self) -> &[u8] {
        match self {
            Self::Version(version) => version.envelope(),
            Self::Report(report) => report.envelope(),
        }
    }

    pub(crate) async fn append(&self, store: &Store, operation: OperationId) -> Result<Receipt, AppendError> {
        match self {
            Self::Version(version) => {
                let publication = Publication {
                    version,
                    card: None,
                    attachments: &[],
                    operation,
                };
                store.publish(publication).await
            }
            Self::Report(report) => store.append(&**report, operation).await,
        }
    }
}

/// A record nobody else has.
pub(crate) fn new_plan() -> anyhow::Result<PlanId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|found| anyhow!("no randomness: {found}"))?;
    Ok(PlanId::from_bytes(bytes))
}

/// The `person`-th number of the range kept for tests whose check digit exists (ISB 0149).
fn test_number(person: u64) -> String {
    let with_check_digit = |serial: u64| {
        let digits = format!("999{serial:06}");
        let weighted = digits
            .bytes()
            .zip((2..=10).rev())
            .map(|(digit, weight)| u64::from(digit - b'0') * weight);
        match 11 - weighted.sum::<u64>() % 11 {
            10 => None,
            11 => Some(format!("{digits}0")),
            check => Some(format!("{digits}{check}")),
        }
    };
    // At most one of two neighbours lacks a check digit, because it moves by 2 with the last digit.
    let serial = 2 * person;
    with_check_digit(serial)
        .or_else(|| with_check_digit(serial + 1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_a_number_of_their_own_and_a_valid_plan() {
        let cast = Cast::new();
        let numbers: std::collections::BTreeSet<String> = (0..2_000).map(test_number).collect();
        assert_eq!(numbers.len(), 2_000);
        for person in 0..50 {
            let plan = new_plan().expect("randomness");
            let Said::Version(version) = cast.version(plan, person, None).expect("a valid plan") else {
                panic!("a version was asked for");
            };
            let after = Predecessor {
                id: version.id(),
                version: 1,
                signed_at: version.signed_at(),
            };
            cast.version(plan, person, Some(&after))
                .expect("a valid successor");
        }
    }
}
