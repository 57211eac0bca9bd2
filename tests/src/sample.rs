//! Everything that exists about one plan version: its envelope, card, stamp, printed code, receipts, head, snapshot,
//! trust list and bundle.

use std::path::Path;

use planseal::bundle::Bundle;
use planseal::card::{Card, Stamp};
use planseal::code::OfflineCode;
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::id::{ObjectId, PlanId};
use planseal::plan::PlanVersion;
use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::receipt::Receipt;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::time::Timestamp;
use planseal::trust::{ListedCertificate, Revocation, TrustList};
use planseal::validate::{Context, NumberRange, Predecessor};
use planseal::verify::{self, Logged, Verified};

use crate::world::{Party, World, instant};

/// The record that the sample is about.
pub const PLAN: PlanId = PlanId::from_bytes(*b"a test plan's id");

/// One logged version with all the evidence about it.
pub struct Sample {
    /// The version, proved to be in the log.
    pub version: Logged<PlanVersion>,
    /// Its card.
    pub card: Verified<Card>,
    /// "Latest when printed".
    pub stamp: Verified<Stamp>,
    /// The printed code.
    pub code: OfflineCode,
    /// The head that names the version.
    pub head: Verified<Head>,
    /// The status of every leaf.
    pub snapshot: Verified<Snapshot>,
    /// Every certificate.
    pub trust_list: Verified<TrustList>,
    /// The version with its evidence, as a document carries it.
    pub bundle: Bundle,
}

impl Sample {
    /// The first version of plan P1 of `keys-example`, signed by the world's author and logged ten minutes later.
    ///
    /// # Panics
    /// When the code under test refuses an honest object.
    #[must_use]
    pub fn first(world: &mut World) -> Self {
        let version = first_version();
        let version = world.sign(&version, &world.author);
        Self::of(world, version)
    }

    /// Logs a signed version and makes everything else about it.
    ///
    /// # Panics
    /// When the code under test refuses an honest object.
    #[must_use]
    pub fn of(world: &mut World, version: Verified<PlanVersion>) -> Self {
        let logged_at = version.signed_at().plus(600);
        let version = world.log(version, logged_at);
        let printed_at = logged_at.plus(60);
        let card = Card::project(version.content(), version.id());
        let card = world.sign(&card, &world.author);
        let stamp = stamp(world, &version, &card, printed_at);
        let code = OfflineCode::new(&card, &stamp).expect("card and stamp fit a code");
        let head = world.sign(&head_of(world, &version, printed_at), &world.head);
        let snapshot = Snapshot::of(&world.ledger.statuses(), world.ledger.root(), printed_at);
        let snapshot = world.sign(&snapshot, &world.status);
        let trust_list = world.sign(&trust_list(world, printed_at, &[]), &world.status);
        let bundle = bundle(world, &version, &card, &stamp, &head);
        Self {
            version,
            card,
            stamp,
            code,
            head,
            snapshot,
            trust_list,
            bundle,
        }
    }
}

/// A draft of `keys-example/plans`, by its file name without `.json`.
///
/// # Panics
/// When the file is missing or is no draft.
#[must_use]
pub fn draft(name: &str) -> PlanDraft {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../keys-example/plans")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("keys-example holds this draft");
    PlanDraft::from_json(&text).expect("an example draft parses")
}

/// What validation needs beside a draft: this world's author at a set time.
#[must_use]
pub fn context(at: Timestamp, predecessor: Option<&Predecessor>) -> Context<'_> {
    let registration = Registration::new(RegistrationBody::Gmc, "9900011").expect("seven digits");
    let organisation = planseal::trust::OrgCode::parse("TEST-GP01").expect("an organisation code");
    let author = Author::new(
        "Rowena Demo-Achebe",
        Some(registration),
        "General practitioner",
        organisation,
    );
    Context {
        at,
        numbers: NumberRange::Test,
        plan: PLAN,
        salt: *b"sixteen fixed by",
        author: author.expect("an author"),
        predecessor,
    }
}

/// P1's first version, validated and not yet signed.
///
/// # Panics
/// When validation refuses the example.
#[must_use]
pub fn first_version() -> PlanVersion {
    let context = context(instant("2025-11-18T10:15:00Z"), None);
    draft("P1-v1")
        .validate(&context)
        .expect("an example plan is complete")
}

/// P1's second version, which replaces the first.
///
/// # Panics
/// When validation refuses the example.
#[must_use]
pub fn second_version(first: &Logged<PlanVersion>) -> PlanVersion {
    let predecessor = Predecessor {
        id: first.id(),
        version: first.content().version_number(),
        signed_at: first.content().signed_at(),
    };
    let context = context(instant("2026-05-06T09:40:00Z"), Some(&predecessor));
    draft("P1-v2")
        .validate(&context)
        .expect("an example plan is complete")
}

fn stamp(
    world: &World,
    version: &Logged<PlanVersion>,
    card: &Verified<Card>,
    at: Timestamp,
) -> Verified<Stamp> {
    let Party { key, certificate } = &world.head;
    let stamp = Stamp {
        version: version.index(),
        issued_at: at,
        size: world.ledger.size(),
        signer: world.ledger.place_of(&certificate.id()),
    };
    let to_be_signed = ToBeSigned::stamp(&stamp, card.object(), certificate).expect("the head key stamps");
    let object = to_be_signed.sign(key).expect("the head key signs");
    verify::stamp(&object, card.object(), &world.directory).expect("an honest stamp verifies")
}

/// What the head key would say of a record whose latest version is this one.
#[must_use]
pub fn head_of(world: &World, version: &Logged<PlanVersion>, at: Timestamp) -> Head {
    Head {
        plan: version.content().plan(),
        latest: version.id(),
        leaf: version.index(),
        version_number: version.content().version_number(),
        signed_at: version.content().signed_at(),
        state: HeadState::Current,
        warnings: Vec::new(),
        size: world.ledger.size(),
        root: world.ledger.root(),
        issued_at: at,
    }
}

/// Every certificate of the world, and these revocations.
///
/// # Panics
/// When a revoked certificate is not of this world.
#[must_use]
pub fn trust_list(world: &World, at: Timestamp, revoked: &[(ObjectId, Revocation)]) -> TrustList {
    let place = |id: &ObjectId| world.ledger.place_of(id);
    let listed = world
        .certificates()
        .into_iter()
        .map(|certificate| ListedCertificate {
            index: place(&certificate.id()),
            issuer: certificate.signer().map_or(0, |issuer| place(&issuer)),
            object: certificate.object().clone(),
        });
    let list = TrustList::new(
        &world.policy,
        at,
        world.ledger.size(),
        world.ledger.root(),
        listed.collect(),
        revoked,
    );
    list.expect("certificates stand in leaf order")
}

fn bundle(
    world: &World,
    version: &Logged<PlanVersion>,
    card: &Verified<Card>,
    stamp: &Verified<Stamp>,
    head: &Verified<Head>,
) -> Bundle {
    let mut certificates: Vec<SignedObject> = [
        &world.root,
        &world.host,
        &world.head,
        &world.practice,
        &world.author,
    ]
    .map(|party| party.certificate.object().clone())
    .to_vec();
    certificates.sort_by_key(SignedObject::id);
    let ids = certificates.iter().map(SignedObject::id);
    let mut receipts: Vec<(ObjectId, Receipt)> = ids
        .chain([version.id()])
        .map(|id| (id, world.ledger.receipt(&id)))
        .collect();
    receipts.sort_by_key(|(id, _)| *id);
    Bundle {
        version: version.verified().object().clone(),
        card: Some(card.object().clone()),
        stamp: Some(stamp.object().clone()),
        certificates,
        endorsements: Vec::new(),
        intakes: Vec::new(),
        resolutions: Vec::new(),
        custody: Vec::new(),
        reports: Vec::new(),
        receipts,
        head: Some(head.object().clone()),
        root: world.policy.root().id(),
    }
}
