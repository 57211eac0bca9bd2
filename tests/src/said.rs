//! Statements ready to be stored, of the kinds a record's story is made of, and a pool of them that tell the stories of
//! the fault suites.
//!
//! Everything is signed and verified once for a process: making a version is dear, storing it is what is tested.

use std::time::Duration;

use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::statement::{Report, ReportCode, Withdrawal, WithdrawalReason};
use planseal::time::Timestamp;
use planseal::trust::{Certificate, OrgKind, Role};
use planseal::validate::{Context, Predecessor};
use planseal::verify::Verified;
use planseal_store::{AppendError, OperationId, Publication, Store};

use crate::key::FixedKey;
use crate::sample::{context, draft};
use crate::world::{World, certificate_fields, instant, words};

/// A verified statement.
#[derive(Clone)]
pub enum Said {
    /// Somebody's certificate.
    Certificate(Verified<Certificate>),
    /// A version of a plan.
    Version(Box<Verified<PlanVersion>>),
    /// What a reader reported.
    Report(Verified<Report>),
    /// The end of a plan.
    Withdrawal(Verified<Withdrawal>),
}

impl Said {
    /// The object's id.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        match self {
            Self::Certificate(certificate) => certificate.id(),
            Self::Version(version) => version.id(),
            Self::Report(report) => report.id(),
            Self::Withdrawal(withdrawal) => withdrawal.id(),
        }
    }

    /// The envelope, as it must come back.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        match self {
            Self::Certificate(certificate) => certificate.envelope(),
            Self::Version(version) => version.envelope(),
            Self::Report(report) => report.envelope(),
            Self::Withdrawal(withdrawal) => withdrawal.envelope(),
        }
    }

    /// The record it is about, if it is about one.
    #[must_use]
    pub fn plan(&self) -> Option<PlanId> {
        match self {
            Self::Certificate(_) => None,
            Self::Version(version) => Some(version.content().plan()),
            Self::Report(report) => Some(report.content().plan),
            Self::Withdrawal(withdrawal) => Some(withdrawal.content().plan),
        }
    }

    /// Has a store take it.
    ///
    /// # Errors
    /// The store's own.
    pub async fn put(&self, store: &Store, operation: OperationId) -> Result<Receipt, AppendError> {
        match self {
            Self::Certificate(certificate) => store.append(certificate, operation).await,
            Self::Report(report) => store.append(report, operation).await,
            Self::Withdrawal(withdrawal) => store.append(withdrawal, operation).await,
            Self::Version(version) => {
                let publication = Publication {
                    version,
                    card: None,
                    attachments: &[],
                    operation,
                };
                store.publish(publication).await
            }
        }
    }
}

/// The record most stories are about.
pub const RECORD: PlanId = PlanId::from_bytes([0xa1; 16]);
/// Two records for one person: only one of them may begin.
pub const RIVALS: [PlanId; 2] = [PlanId::from_bytes([0xb1; 16]), PlanId::from_bytes([0xc1; 16])];

/// A world and what was said in it.
pub struct Pool {
    /// Who signs.
    pub world: World,
    /// Everybody's certificate, in an order in which they can be logged.
    pub certificates: Vec<Said>,
    /// The record's first version.
    pub first: Said,
    /// Two second versions and a withdrawal, each following the first version: only one of them can be logged.
    pub successors: [Said; 3],
    /// Reports on the first version; all of them can be logged.
    pub reports: Vec<Said>,
    /// The first versions of [`RIVALS`]: only one of them can be logged.
    pub rivals: [Said; 2],
    /// The withdrawal of the first of the successors.
    pub withdrawal: Said,
}

/// A store's clock stands still at [`speaking`], and what is said names its own times, months before and after.
pub const SIGNED_WITHIN: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// When most of it was said.
#[must_use]
pub fn speaking() -> Timestamp {
    instant("2025-11-18T10:15:00Z")
}

impl Pool {
    /// Signs and verifies everything.
    ///
    /// # Panics
    /// When the code under test refuses an honest statement.
    #[must_use]
    pub fn new() -> Self {
        let world = World::new();
        let certificates = world.certificates().into_iter().cloned();
        let certificates = certificates.map(Said::Certificate).collect();
        let first = first_version(&world, RECORD);
        let rivals = RIVALS.map(|plan| Said::Version(rival(&world, plan).into()));
        let second = second_version(&world, &first, 3);
        let withdrawal = |version, reason| Said::Withdrawal(withdrawal(&world, version, reason));
        let successors = [
            Said::Version(second.clone().into()),
            Said::Version(second_version(&world, &first, 4).into()),
            withdrawal(first.id(), WithdrawalReason::EnteredInError),
        ];
        let reports = (0..REPORTS).map(|number| report(&world, first.id(), number));
        Self {
            certificates,
            successors,
            reports: reports.collect(),
            rivals,
            withdrawal: withdrawal(second.id(), WithdrawalReason::WithdrawnByClinician),
            first: Said::Version(first.into()),
            world,
        }
    }

    /// Everything there is, by whatever name it may come back.
    pub fn all(&self) -> impl Iterator<Item = &Said> {
        let single = [&self.first, &self.withdrawal];
        let lists = self.certificates.iter().chain(&self.successors);
        lists.chain(&self.reports).chain(&self.rivals).chain(single)
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

/// More than any story of the suites says.
const REPORTS: u32 = 8;

/// A report on a version of [`RECORD`], different for each number.
#[must_use]
pub fn report(world: &World, version: ObjectId, number: u32) -> Said {
    let report = Report {
        plan: RECORD,
        version,
        code: ReportCode::Other,
        words: words(&format!("Report {number}.")),
        reporter: words("Paramedic Test"),
        issued_at: speaking(),
    };
    Said::Report(world.sign(&report, &world.recorder))
}

/// A certificate of somebody new at the practice, another one for each number.
///
/// # Panics
/// When the code under test refuses an honest certificate.
#[must_use]
pub fn newcomer(world: &World, number: u32) -> Said {
    let (name, key) = (format!("Newcomer Testperson {number}"), FixedKey::from_seed(40));
    let fields = certificate_fields("TEST-GP01", OrgKind::GpPractice, &name, Role::ViewerFull, &key);
    let certificate = Certificate::new(fields).expect("a certificate");
    Said::Certificate(world.sign(&certificate, &world.practice))
}

/// The first version of a record of the person in plan P1 of `keys-example`.
#[must_use]
pub fn first_version(world: &World, plan: PlanId) -> Verified<PlanVersion> {
    version(world, "P1-v1", &context_of(plan, 1, speaking(), None))
}

/// The first version of a record of another person.
fn rival(world: &World, plan: PlanId) -> Verified<PlanVersion> {
    version(
        world,
        "P5-v1",
        &context_of(plan, 2, instant("2026-02-24T10:00:00Z"), None),
    )
}

fn second_version(world: &World, first: &Verified<PlanVersion>, salt: u8) -> Verified<PlanVersion> {
    let predecessor = Predecessor {
        id: first.id(),
        version: first.content().version_number(),
        signed_at: first.content().signed_at(),
    };
    let (plan, at) = (first.content().plan(), instant("2026-05-06T09:40:00Z"));
    version(world, "P1-v2", &context_of(plan, salt, at, Some(&predecessor)))
}

fn context_of(plan: PlanId, salt: u8, at: Timestamp, predecessor: Option<&Predecessor>) -> Context<'_> {
    Context {
        plan,
        salt: [salt; 16],
        ..context(at, predecessor)
    }
}

fn version(world: &World, name: &str, context: &Context<'_>) -> Verified<PlanVersion> {
    let version = draft(name)
        .validate(context)
        .expect("an example plan is complete");
    world.sign(&version, &world.author)
}

fn withdrawal(world: &World, version: ObjectId, reason: WithdrawalReason) -> Verified<Withdrawal> {
    let withdrawal = Withdrawal {
        plan: RECORD,
        version,
        reason,
        issued_at: instant("2026-05-07T09:00:00Z"),
    };
    world.sign(&withdrawal, &world.author)
}
