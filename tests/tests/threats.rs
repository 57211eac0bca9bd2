//! The attacks of SECURITY.md that are decided by verification alone, each with what the reader is told.

use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::check::{Question, Reader, State, Verdict};
use planseal::envelope::SignedObject;
use planseal::head::Head;
use planseal::plan::PlanVersion;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Endorsement, EndorsementCode, KeyStatus, Report, ReportCode, RevocationReason, Statement, Withdrawal,
    WithdrawalReason,
};
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Directory, Revocation, TrustList};
use planseal::verify::{self, RegistrationError};
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{CERTIFICATE, Parts};
use planseal_tests::sample::{PLAN, Sample, first_version, head_of, second_version, trust_list};
use planseal_tests::world::{World, envelope, words};

/// 26 hours and a second; and a year.
const STALE: i64 = 26 * 60 * 60 + 1;
const YEAR: i64 = 366 * 24 * 60 * 60;

fn world() -> (World, Sample) {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    (world, sample)
}

fn reader(world: &World) -> Reader {
    Reader::default().pin(world.policy.clone())
}

/// T4: whoever runs the service holds no clinician's key, and none of the service's keys may sign a plan.
#[test]
fn no_service_key_signs_a_plan() {
    let world = World::new();
    let version = first_version();
    let genuine = envelope(&version, &world.author);
    for party in [
        &world.head,
        &world.status,
        &world.recorder,
        &world.host,
        &world.root,
    ] {
        assert!(ToBeSigned::statement(&version, &party.certificate).is_err());
        let id = party.certificate.id();
        let forged = Parts::of(&genuine)
            .header(|header| {
                let thumbprint = Cbor::Array(vec![Cbor::Negative(15), Cbor::Bytes(id.as_bytes().to_vec())]);
                header.put(&CERTIFICATE, thumbprint);
            })
            .signed_by(&party.key)
            .encode();
        let object = SignedObject::parse(&forged).expect("a well-formed envelope");
        assert!(verify::statement::<PlanVersion>(&object, &world.directory).is_err());
    }
}

/// T5, T29: "latest" needs evidence that is fresh by the reader's clock; hidden or old evidence never says it.
#[test]
fn old_evidence_never_says_latest() {
    let (world, sample) = world();
    let signed = sample.head.signed_at();
    let told = |at: Timestamp| {
        reader(&world)
            .check_bundle(&sample.bundle, &Question::at(at))
            .state()
    };
    assert_eq!(told(signed.plus(60)), State::Current);
    assert_eq!(
        told(signed.plus(601)),
        State::CurrencyUnknown,
        "a head is believed for ten minutes"
    );
    assert_eq!(told(signed.plus(YEAR)), State::CurrencyUnknown);
    // A clock that is behind is set right by the version's own leaf, not by what the head says of itself.
    let later = world.sign(&head_of(&world, &sample.version, signed.plus(3600)), &world.head);
    let mut with_later = sample.bundle.clone();
    with_later.head = Some(later.object().clone());
    let told = reader(&world)
        .check_bundle(&with_later, &Question::at(signed.plus(-YEAR)))
        .state();
    assert_eq!(told, State::CurrencyUnknown, "evidence from the reader's future");
    let mut bare = sample.bundle.clone();
    bare.head = None;
    let told = reader(&world)
        .check_bundle(&bare, &Question::at(signed.plus(60)))
        .state();
    assert_eq!(told, State::CurrencyUnknown, "withheld evidence");
}

/// T5, T10: a snapshot is believed for 26 hours; "superseded" does not go stale.
#[test]
fn superseded_does_not_go_stale() {
    let (mut world, first) = world();
    let second = world.sign(&second_version(&first.version), &world.author);
    let second = Sample::of(&mut world, second);
    let mut reader = reader(&world);
    reader
        .add_trust_list(second.trust_list.object())
        .expect("a trust list of this world");
    reader
        .add_snapshot(second.snapshot.object())
        .expect("a snapshot of this world");
    let at = second.snapshot.signed_at();
    let mut bare = second.bundle.clone();
    bare.head = None;
    let told = |bundle, later| reader.check_bundle(bundle, &Question::at(at.plus(later))).state();
    assert_eq!(told(&bare, 0), State::Current);
    assert_eq!(told(&bare, STALE), State::CurrencyUnknown);
    assert_eq!(told(&first.bundle, 0), State::Superseded);
    assert_eq!(told(&first.bundle, YEAR), State::Superseded);
    let code = reader.check_code(&first.code, &Question::at(at)).state();
    assert_eq!(code, State::Superseded, "the printed code of the first version");
}

/// T6: signed and logged before the revocation counts, after it does not, and a backdated revocation suspends.
#[test]
fn a_revoked_key_counts_by_log_order() {
    let (mut world, sample) = world();
    let revocation = KeyStatus {
        certificate: world.author.certificate.id(),
        reason: RevocationReason::KeyCompromised,
        from_index: sample.version.index() + 1,
        issued_at: sample.version.content().signed_at().plus(86_400),
    };
    let at = revocation.issued_at;
    let revoked = world.sign(&revocation, &world.practice);
    let revoked = world.log(revoked, at);
    let late = world.sign(&second_version(&sample.version), &world.author);
    let late_at = late.signed_at().plus(60);
    world.ledger.append(&late, late_at);

    let fact = |from_index| Revocation {
        from_index,
        index: revoked.index(),
        reason: RevocationReason::KeyCompromised,
        at,
    };
    let knowing = |from_index: u64| {
        let list = trust_list(
            &world,
            late_at,
            &[(world.author.certificate.id(), fact(from_index))],
        );
        let list = world.sign(&list, &world.status);
        let mut directory = world.directory.clone();
        directory.apply(&list).expect("a list that contradicts nothing");
        (directory, list)
    };
    let (directory, list) = knowing(revocation.from_index);
    let logged = |version: &verify::Verified<PlanVersion>, directory: &Directory| {
        let receipt = world.ledger.receipt(&version.id());
        verify::logged(version.clone(), &receipt, &world.policy, directory).map(|_| ())
    };
    assert_eq!(logged(sample.version.verified(), &directory), Ok(()), "before");
    assert!(
        matches!(logged(&late, &directory), Err(RegistrationError::Revoked { .. })),
        "after"
    );

    // The version that was signed in time is still the latest that counts, and a head of that day says so.
    let head = world.sign(&head_of(&world, &sample.version, late_at), &world.head);
    let mut bundle = sample.bundle.clone();
    bundle.head = Some(head.object().clone());
    let told = |list: &verify::Verified<TrustList>| {
        let mut reader = reader(&world);
        reader
            .add_trust_list(list.object())
            .expect("a trust list of this world");
        reader
            .check_bundle(&bundle, &Question::at(late_at.plus(60)))
            .state()
    };
    assert_eq!(told(&list), State::Current, "signed before");
    let (_, backdated) = knowing(sample.version.index());
    assert_eq!(
        told(&backdated),
        State::Suspended,
        "the key was in other hands already"
    );
}

/// T7: a signature made for one kind is never accepted for another.
#[test]
fn every_kind_is_refused_by_every_other_verifier() {
    let (world, sample) = world();
    let (version, at) = (sample.version.id(), sample.head.signed_at());
    let withdrawal = Withdrawal {
        plan: PLAN,
        version,
        reason: WithdrawalReason::WithdrawnByClinician,
        issued_at: at,
    };
    let endorsement = Endorsement {
        plan: PLAN,
        version,
        statement: EndorsementCode::SecondOpinion,
        issued_at: at,
    };
    let report = Report {
        plan: PLAN,
        version,
        code: ReportCode::Other,
        words: words("Something else."),
        reporter: words("Nobody in particular"),
        issued_at: at,
    };
    let objects = [
        sample.version.verified().object().clone(),
        sample.card.object().clone(),
        sample.head.object().clone(),
        sample.snapshot.object().clone(),
        sample.trust_list.object().clone(),
        world.author.certificate.object().clone(),
        envelope(&withdrawal, &world.author),
        envelope(&endorsement, &world.endorser),
        envelope(&report, &world.recorder),
    ];
    for (place, object) in objects.iter().enumerate() {
        let accepted = accepted_by(object, &world.directory);
        let own: Vec<usize> = (0..accepted.len()).filter(|at| accepted[*at]).collect();
        assert_eq!(own, [place], "{object:?}");
    }
}

fn accepted_by(object: &SignedObject, directory: &Directory) -> [bool; 9] {
    fn by<S: Statement>(object: &SignedObject, directory: &Directory) -> bool {
        verify::statement::<S>(object, directory).is_ok()
    }
    [
        by::<PlanVersion>(object, directory),
        by::<Card>(object, directory),
        by::<Head>(object, directory),
        by::<Snapshot>(object, directory),
        by::<TrustList>(object, directory),
        by::<Certificate>(object, directory),
        by::<Withdrawal>(object, directory),
        by::<Endorsement>(object, directory),
        by::<Report>(object, directory),
    ]
}

/// T26: a receipt proves one object; beside another version of the same plan it proves nothing.
#[test]
fn a_receipt_beside_another_version_is_refused() {
    let (mut world, first) = world();
    let second = world.sign(&second_version(&first.version), &world.author);
    let second = Sample::of(&mut world, second);
    let receipt = world.ledger.receipt(&first.version.id());
    let moved = verify::logged(
        second.version.verified().clone(),
        &receipt,
        &world.policy,
        &world.directory,
    );
    assert!(matches!(moved, Err(RegistrationError::OtherObject { .. })));
}

/// Unknown is never shown as invalid: an unverifiable refusal of treatment may still be valid in law.
#[test]
fn what_cannot_be_checked_is_not_called_forged() {
    let (world, sample) = world();
    let at = sample.head.signed_at();
    let nothing_pinned = Reader::default()
        .check_bundle(&sample.bundle, &Question::at(at))
        .state();
    assert_eq!(nothing_pinned, State::SignerUnknown);
    let mut without_receipts = sample.bundle.clone();
    without_receipts.receipts.clear();
    let told = reader(&world)
        .check_bundle(&without_receipts, &Question::at(at))
        .state();
    assert_eq!(told, State::CurrencyUnknown);
}

/// T7: one key, one role: what the head key says, the status key cannot.
#[test]
fn a_head_by_another_service_key_is_refused() {
    let (world, sample) = world();
    let head = head_of(&world, &sample.version, sample.head.signed_at());
    assert!(ToBeSigned::statement(&head, &world.status.certificate).is_err());
}

/// T1: a plan changed inside its bundle has another id, so its receipt is of nothing there. That is no damage that "says
/// nothing about the plan": the reader is told that it is not genuine.
#[test]
fn a_plan_changed_inside_its_bundle_is_not_genuine() {
    let (world, sample) = world();
    let mut changed = sample.bundle.clone();
    let forged = Parts::of(&sample.bundle.version).field("change_reason", Cbor::text("Another reason."));
    changed.version = SignedObject::parse(&forged.encode()).expect("a well-formed envelope");
    let bytes = changed.encode().expect("a bundle encodes");
    let refused = Bundle::decode(&bytes).expect_err("its receipt is of nothing here");
    assert_eq!(Verdict::of_unopened(&refused).state(), State::NotGenuine);
    let told = reader(&world).check_bundle(&changed, &Question::at(sample.head.signed_at()));
    assert_eq!(told.state(), State::NotGenuine);
    let cut = Bundle::decode(&bytes[..bytes.len() - 1]).expect_err("cut short");
    assert_eq!(Verdict::of_unopened(&cut).state(), State::CannotRead);
}
