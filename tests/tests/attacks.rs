//! Attacks that a hostile reviewer tried on the check: who holds which key or file, and what the reader is told.

use planseal::bundle::{Bundle, BundleError};
use planseal::canonical::text_fault;
use planseal::card::Stamp;
use planseal::check::{Question, Reader, State};
use planseal::code::OfflineCode;
use planseal::envelope::SignedObject;
use planseal::head::HeadState;
use planseal::id::ObjectId;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Endorsement, EndorsementCode, KeyStatus, Report, ReportCode, RevocationReason, Withdrawal,
    WithdrawalReason,
};
use planseal::time::Timestamp;
use planseal::trust::{Certificate, OrgKind, Revocation, Role};
use planseal::validate::Predecessor;
use planseal::verify::{self, Verified};
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::sample::{
    PLAN, Sample, context, draft, first_version, head_of, second_version, trust_list,
};
use planseal_tests::world::{Party, World, beginning, certificate_fields, envelope, instant, words};

/// What a trust list says of one certificate.
type Fact = (ObjectId, Revocation);

fn world() -> (World, Sample) {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    (world, sample)
}

/// A reader who pinned the world and took in these trust lists.
fn reader(world: &World, lists: &[&SignedObject]) -> Reader {
    let mut reader = Reader::default().pin(world.policy.clone());
    for list in lists {
        reader.add_trust_list(list).expect("an honest trust list");
    }
    reader
}

/// The status key's list of everybody, with these revocations.
fn list(world: &World, at: &str, revoked: &[Fact]) -> SignedObject {
    envelope(&trust_list(world, instant(at), revoked), &world.status)
}

/// The status key's snapshot of the log as it stands.
fn snapshot(world: &World, at: &str) -> SignedObject {
    let snapshot = Snapshot::of(&world.ledger.statuses(), world.ledger.root(), instant(at));
    envelope(&snapshot, &world.status)
}

/// One party revokes the certificate of another, in the log.
fn revoke(
    world: &mut World,
    by: fn(&World) -> &Party,
    of: fn(&World) -> &Party,
    from_index: u64,
    at: &str,
) -> Fact {
    let certificate = of(world).certificate.id();
    let reason = RevocationReason::KeyCompromised;
    let at = instant(at);
    let revoked = KeyStatus {
        certificate,
        reason,
        from_index,
        issued_at: at,
    };
    let revoked = world.sign(&revoked, by(world));
    let index = world.ledger.append(&revoked, at);
    let fact = Revocation {
        from_index,
        index,
        reason,
        at,
    };
    (certificate, fact)
}

fn second_status_key(world: &mut World) -> Party {
    let key = FixedKey::from_seed(44);
    let fields = certificate_fields(
        "TEST-HOST",
        OrgKind::Host,
        "Status key 2",
        Role::ServiceStatus,
        &key,
    );
    world.certify(fields, key, |world| &world.host, beginning())
}

/// Lays a logged statement's receipt and its signer's certificates into a bundle, in the order of the format.
fn enclose(world: &World, bundle: &mut Bundle, statement: ObjectId, certificates: &[&Verified<Certificate>]) {
    let ids = certificates.iter().map(|certificate| certificate.id());
    let receipts = ids.chain([statement]).map(|id| (id, world.ledger.receipt(&id)));
    bundle.receipts.extend(receipts);
    bundle.receipts.sort_by_key(|(id, _)| *id);
    let objects = certificates
        .iter()
        .map(|certificate| certificate.object().clone());
    bundle.certificates.extend(objects);
    bundle.certificates.sort_by_key(SignedObject::id);
}

fn decoded(bundle: &Bundle) -> Result<Bundle, BundleError> {
    Bundle::decode(&bundle.encode().expect("a bundle encodes"))
}

fn endorsement(sample: &Sample, statement: EndorsementCode) -> Endorsement {
    Endorsement {
        plan: PLAN,
        version: sample.version.id(),
        statement,
        issued_at: sample.head.signed_at(),
    }
}

/// A reader's clock is six minutes slow: the head that says "withdrawn" is still WITHDRAWN.
#[test]
fn a_slow_clock_does_not_hide_a_withdrawn_head() {
    let (world, sample) = world();
    let mut reader = reader(&world, &[sample.trust_list.object()]);
    reader
        .add_snapshot(sample.snapshot.object())
        .expect("an honest snapshot");
    let now = sample.snapshot.signed_at().plus(3600);
    let mut head = head_of(&world, &sample.version, now);
    head.state = HeadState::Withdrawn;
    reader
        .add_head(&envelope(&head, &world.head))
        .expect("an honest head");
    let told = reader.check_bundle(&sample.bundle, &Question::at(now.plus(-360)));
    assert_eq!(told.state(), State::Withdrawn, "{}", told.line());
}

/// A reader's clock stands at 1970: a head carried for a year is old by what the reader holds, and CANNOT CONFIRM.
#[test]
fn a_dead_clock_does_not_make_an_old_carried_head_fresh() {
    let (world, sample) = world();
    let reader = reader(&world, &[&list(&world, "2026-10-01T00:00:00Z", &[])]);
    let dead = Timestamp::from_seconds(0).expect("the epoch");
    let told = reader.check_bundle(&sample.bundle, &Question::at(dead));
    assert_eq!(told.state(), State::CurrencyUnknown, "{}", told.line());
}

/// A thief of a revoked head key names the tree from before its revocation: the head is refused. The honest head and
/// stamp that the plan was printed with count no more either, and the plan is still not called forged.
#[test]
fn a_revoked_head_key_naming_a_smaller_tree_is_refused() {
    let (mut world, sample) = world();
    let size = world.ledger.size();
    let head = head_of(&world, &sample.version, instant("2026-05-01T00:00:00Z"));
    let revoked = revoke(
        &mut world,
        |world| &world.host,
        |world| &world.head,
        size,
        "2026-01-01T00:00:00Z",
    );
    let mut reader = reader(&world, &[&list(&world, "2026-01-02T00:00:00Z", &[revoked])]);
    assert_eq!(head.size, size, "the tree without the revocation");
    assert!(reader.add_head(&envelope(&head, &world.head)).is_err());
    assert!(sample.bundle.head.is_some() && sample.bundle.stamp.is_some());
    let told = reader.check_bundle(&sample.bundle, &Question::at(instant("2026-05-01T00:01:00Z")));
    assert_eq!(told.state(), State::CurrencyUnknown, "{}", told.line());
}

/// A thief of a revoked status key signs a snapshot of the tree from before its revocation: it is refused.
#[test]
fn a_revoked_status_key_naming_a_smaller_tree_is_refused() {
    let (mut world, sample) = world();
    let successor = second_status_key(&mut world);
    let size = world.ledger.size();
    let stolen = snapshot(&world, "2026-05-01T00:00:00Z");
    let revoked = revoke(
        &mut world,
        |world| &world.host,
        |world| &world.status,
        size,
        "2026-01-01T00:00:00Z",
    );
    let honest = trust_list(&world, instant("2026-01-02T00:00:00Z"), &[revoked]);
    let mut reader = reader(&world, &[&envelope(&honest, &successor)]);
    assert!(reader.add_snapshot(&stolen).is_err());
    let told = reader.check_bundle(&sample.bundle, &Question::at(instant("2026-05-01T00:01:00Z")));
    assert_eq!(told.state(), State::CurrencyUnknown, "{}", told.line());
}

/// A thief of a revoked status key signs a larger list in which its revocation begins never: the list is refused.
#[test]
fn a_revoked_status_key_cannot_take_its_revocation_back() {
    let mut world = World::new();
    let successor = second_status_key(&mut world);
    let size = world.ledger.size();
    let revoked = revoke(
        &mut world,
        |world| &world.host,
        |world| &world.status,
        size,
        "2026-01-01T00:00:00Z",
    );
    let honest = trust_list(&world, instant("2026-01-02T00:00:00Z"), &[revoked]);
    let mut reader = reader(&world, &[&envelope(&honest, &successor)]);
    let (certificate, fact) = revoked;
    let never = Revocation {
        from_index: u64::MAX,
        ..fact
    };
    let forged = list(&world, "2026-05-01T00:00:00Z", &[(certificate, never)]);
    let larger = Cbor::Unsigned(world.ledger.size() + 1000);
    let forged = Parts::of(&forged)
        .field("size", larger)
        .signed_by(&world.status.key);
    let forged = SignedObject::parse(&forged.encode()).expect("a well-formed list");
    assert!(reader.add_trust_list(&forged).is_err());
}

/// A second revocation that begins later is laid over the first: the plan signed after the first is not current.
#[test]
fn a_second_key_status_does_not_take_back_the_first() {
    let mut world = World::new();
    let size = world.ledger.size();
    let mut revoke_author = |from_index, at| {
        revoke(
            &mut world,
            |world| &world.root,
            |world| &world.author,
            from_index,
            at,
        )
    };
    let first = revoke_author(size, "2025-11-10T00:00:00Z");
    let second = revoke_author(1_000_000, "2025-11-11T00:00:00Z");
    let sample = Sample::first(&mut world);
    let reader = reader(&world, &[&list(&world, "2025-11-18T10:30:00Z", &[first, second])]);
    let told = reader.check_bundle(&sample.bundle, &Question::at(sample.head.signed_at().plus(60)));
    assert_eq!(told.state(), State::NotGenuine, "{}", told.line());
}

/// An organisation's key is revoked, and its people go on signing plans: NOT GENUINE.
#[test]
fn a_revoked_organisations_people_cannot_go_on_signing() {
    let mut world = World::new();
    let size = world.ledger.size();
    let revoked = revoke(
        &mut world,
        |world| &world.root,
        |world| &world.practice,
        size,
        "2025-11-10T00:00:00Z",
    );
    let sample = Sample::first(&mut world);
    let reader = reader(&world, &[&list(&world, "2025-11-18T10:30:00Z", &[revoked])]);
    let told = reader.check_bundle(&sample.bundle, &Question::at(sample.head.signed_at().plus(60)));
    assert_eq!(told.state(), State::NotGenuine, "{}", told.line());
}

/// A thief of an organisation's key certified an author, which is found out later: the author's plan is SUSPENDED.
#[test]
fn an_organisation_revoked_from_before_suspends_its_peoples_plans() {
    let (mut world, sample) = world();
    let from = world.ledger.place_of(&world.author.certificate.id());
    let revoked = revoke(
        &mut world,
        |world| &world.root,
        |world| &world.practice,
        from,
        "2025-11-19T00:00:00Z",
    );
    let mut reader = reader(&world, &[&list(&world, "2025-11-19T10:30:00Z", &[revoked])]);
    reader
        .add_snapshot(&snapshot(&world, "2025-11-19T11:00:00Z"))
        .expect("an honest snapshot");
    let told = reader.check_bundle(&sample.bundle, &Question::at(instant("2025-11-19T11:01:00Z")));
    assert_eq!(told.state(), State::Suspended, "{}", told.line());
}

/// An author endorses the own plan under a second certificate, with the same key or with another: NOT GENUINE.
#[test]
fn an_author_cannot_endorse_with_a_second_certificate() {
    for seed in [9, 41] {
        let (mut world, sample) = world();
        let key = FixedKey::from_seed(seed);
        let mut fields =
            certificate_fields("TEST-GP01", OrgKind::GpPractice, "R. Demo", Role::Endorser, &key);
        fields.registration = world.author.certificate.content().fields().registration.clone();
        let again = world.certify(fields, key, |world| &world.practice, beginning());
        let endorsed = world.sign(&endorsement(&sample, EndorsementCode::SecondOpinion), &again);
        world.ledger.append(&endorsed, endorsed.signed_at());
        let mut bundle = sample.bundle.clone();
        bundle.endorsements.push(endorsed.object().clone());
        enclose(&world, &mut bundle, endorsed.id(), &[&again.certificate]);
        let bundle = decoded(&bundle).expect("a well-formed bundle");
        let told = reader(&world, &[]).check_bundle(&bundle, &Question::at(endorsed.signed_at()));
        assert_eq!(told.state(), State::NotGenuine, "{:?}", told.notes());
    }
}

/// Two versions replace the same one: the one that was logged later never was current, and is SUPERSEDED.
#[test]
fn the_loser_of_a_fork_is_superseded() {
    let (mut world, first) = world();
    let winner = world.sign(&second_version(&first.version), &world.author);
    let predecessor = Predecessor {
        id: first.version.id(),
        version: first.version.content().version_number(),
        signed_at: first.version.content().signed_at(),
    };
    let later = context(instant("2026-05-06T09:41:00Z"), Some(&predecessor));
    let loser = draft("P1-v2").validate(&later).expect("a complete plan");
    let loser = world.sign(&loser, &world.author);
    world.ledger.append(&winner, winner.signed_at().plus(600));
    let loser = Sample::of(&mut world, loser);
    let mut reader = reader(&world, &[loser.trust_list.object()]);
    reader
        .add_snapshot(loser.snapshot.object())
        .expect("an honest snapshot");
    let told = reader.check_bundle(&loser.bundle, &Question::at(loser.head.signed_at()));
    assert_eq!(told.state(), State::Superseded, "{}", told.line());
}

/// A file carries a newer head that says "current" than the withdrawal that the reader holds: WITHDRAWN.
#[test]
fn a_carried_head_does_not_hide_a_held_withdrawal() {
    let (world, mut sample) = world();
    let mut reader = reader(&world, &[sample.trust_list.object()]);
    let at = sample.head.signed_at();
    let mut held = head_of(&world, &sample.version, at.plus(60));
    held.state = HeadState::Withdrawn;
    reader
        .add_head(&envelope(&held, &world.head))
        .expect("an honest head");
    let carried = head_of(&world, &sample.version, at.plus(61));
    sample.bundle.head = Some(envelope(&carried, &world.head));
    let told = reader.check_bundle(&sample.bundle, &Question::at(at.plus(120)));
    assert_eq!(told.state(), State::Withdrawn, "{}", told.line());
}

/// A thief of a revoked author's key shows a plan without a receipt: it is never called genuine.
#[test]
fn a_forger_who_strips_the_receipt_is_never_called_genuine() {
    let mut world = World::new();
    let size = world.ledger.size();
    let revoked = revoke(
        &mut world,
        |world| &world.root,
        |world| &world.author,
        size,
        "2025-11-10T00:00:00Z",
    );
    let reader = reader(&world, &[&list(&world, "2025-11-17T10:30:00Z", &[revoked])]);
    let forged = envelope(&first_version(), &world.author);
    let told = reader.check_envelope(&forged, &Question::at(instant("2025-11-18T11:00:00Z")));
    assert_ne!(told.state(), State::Current);
    let words = told.line().to_lowercase();
    assert!(!words.contains("genuine"), "{:?}: {words}", told.state());
}

/// Somebody shows an old version without its receipt to a reader who holds a head of the newer: SUPERSEDED.
#[test]
fn a_superseded_plan_without_a_receipt_is_superseded() {
    let (mut world, first) = world();
    let second = world.sign(&second_version(&first.version), &world.author);
    let second = Sample::of(&mut world, second);
    let mut reader = reader(&world, &[second.trust_list.object()]);
    reader.add_head(second.head.object()).expect("an honest head");
    let at = second.head.signed_at().plus(60);
    let told = reader.check_envelope(first.version.verified().object(), &Question::at(at));
    assert_eq!(told.state(), State::Superseded, "{}", told.line());
}

/// A thief of a revoked head key stamps an old card with the leaf of the newer version: it is not current.
#[test]
fn a_code_restamped_with_a_revoked_key_is_not_current() {
    let (mut world, first) = world();
    let second = world.sign(&second_version(&first.version), &world.author);
    let second = Sample::of(&mut world, second);
    let size = world.ledger.size();
    let revoked = revoke(
        &mut world,
        |world| &world.host,
        |world| &world.head,
        size,
        "2026-06-01T00:00:00Z",
    );
    let mut reader = reader(&world, &[&list(&world, "2026-06-02T00:00:00Z", &[revoked])]);
    reader
        .add_snapshot(&snapshot(&world, "2026-06-02T00:00:00Z"))
        .expect("an honest snapshot");
    let forged = Stamp {
        version: second.version.index(),
        issued_at: instant("2026-05-07T00:00:00Z"),
        size,
        signer: world.ledger.place_of(&world.head.certificate.id()),
    };
    let to_be_signed =
        ToBeSigned::stamp(&forged, first.card.object(), &world.head.certificate).expect("a head key stamps");
    let object = to_be_signed.sign(&world.head.key).expect("a stolen key signs");
    let forged = verify::stamp(&object, first.card.object(), &world.directory).expect("a good signature");
    let code = OfflineCode::new(&first.card, &forged).expect("card and stamp fit a code");
    let told = reader.check_code(&code, &Question::at(instant("2026-06-02T00:00:00Z")));
    assert_eq!(told.state(), State::CurrencyUnknown, "{}", told.line());
}

/// A stamp's key has expired: its leaf index alone does not make a printed code current any more.
#[test]
fn a_code_stamped_with_an_expired_key_is_not_current() {
    let (world, sample) = world();
    let mut reader = reader(&world, &[sample.trust_list.object()]);
    reader
        .add_snapshot(&snapshot(&world, "2026-10-31T20:00:00Z"))
        .expect("an honest snapshot");
    let told = |at| {
        reader
            .check_code(&sample.code, &Question::at(instant(at)))
            .state()
    };
    assert_eq!(told("2026-10-31T21:00:00Z"), State::Current, "the key's last day");
    assert_eq!(told("2026-11-01T21:00:00Z"), State::CurrencyUnknown);
}

/// A service leaves a registered report out of its head: the report in the file still makes it CURRENT with a warning.
#[test]
fn a_report_newer_than_the_evidence_warns() {
    let (mut world, mut sample) = world();
    let at = sample.head.signed_at();
    let report = Report {
        plan: PLAN,
        version: sample.version.id(),
        code: ReportCode::WithdrawalReported,
        words: words("She tore it up."),
        reporter: words("A daughter"),
        issued_at: at,
    };
    let report = world.sign(&report, &world.recorder);
    world.ledger.append(&report, at);
    sample.bundle.reports.push(report.object().clone());
    enclose(
        &world,
        &mut sample.bundle,
        report.id(),
        &[&world.recorder.certificate],
    );
    let told = reader(&world, &[]).check_bundle(&sample.bundle, &Question::at(at.plus(60)));
    assert_eq!(told.state(), State::CurrentWithWarning, "{}", told.line());
}

/// An endorser turns out never to have been entitled: the plan is not shown as endorsed by them.
#[test]
fn an_endorser_revoked_from_before_does_not_count() {
    let (mut world, mut sample) = world();
    let endorsed = endorsement(&sample, EndorsementCode::ResponsibleClinician);
    let endorsed = world.sign(&endorsed, &world.endorser);
    let at = endorsed.signed_at();
    world.ledger.append(&endorsed, at);
    sample.bundle.endorsements.push(endorsed.object().clone());
    let signers = [&world.endorser.certificate, &world.hospice.certificate];
    enclose(&world, &mut sample.bundle, endorsed.id(), &signers);
    let is_endorsed = |reader: Reader| {
        let told = reader.check_bundle(&sample.bundle, &Question::at(at.plus(60)));
        told.notes().iter().any(|note| note.starts_with("Endorsed by"))
    };
    assert!(is_endorsed(reader(&world, &[])), "nothing is known against them");
    let revoked = revoke(
        &mut world,
        |world| &world.root,
        |world| &world.endorser,
        0,
        "2025-11-18T10:30:00Z",
    );
    let knowing = reader(&world, &[&list(&world, "2025-11-18T10:31:00Z", &[revoked])]);
    assert!(!is_endorsed(knowing));
}

/// A hospice revokes a practice's doctor: its key status does not verify.
#[test]
fn a_stranger_organisation_cannot_revoke() {
    let (world, sample) = world();
    let revocation = KeyStatus {
        certificate: world.author.certificate.id(),
        reason: RevocationReason::NotEntitled,
        from_index: 0,
        issued_at: sample.head.signed_at(),
    };
    let verified =
        |by: &Party| verify::statement::<KeyStatus>(&envelope(&revocation, by), &world.directory).is_ok();
    assert!(verified(&world.practice), "the doctor's own organisation");
    assert!(!verified(&world.hospice));
}

/// A practice certifies somebody under a hospital's name: the certificate is refused.
#[test]
fn a_certificate_under_another_organisations_name_is_refused() {
    let mut world = World::new();
    let key = FixedKey::from_seed(77);
    let honest = certificate_fields("TEST-GP01", OrgKind::GpPractice, "Anybody", Role::Finaliser, &key);
    let mut renamed = honest.clone();
    renamed.organisation_name = "The Royal London Hospital".into();
    let mut admitted = |fields| {
        let certificate = Certificate::new(fields).expect("a certificate");
        let object = envelope(&certificate, &world.practice);
        world.directory.admit(&object).is_ok()
    };
    assert!(admitted(honest), "the practice's own name");
    assert!(!admitted(renamed));
}

/// A bundle is padded with a certificate of nobody who signed in it, or says something twice: it is no bundle.
#[test]
fn spare_certificates_are_refused() {
    let (mut world, sample) = world();
    assert_eq!(
        decoded(&sample.bundle).as_ref(),
        Ok(&sample.bundle),
        "the honest bundle"
    );
    let mut padded = sample.bundle.clone();
    padded
        .certificates
        .push(world.hospice.certificate.object().clone());
    padded.certificates.sort_by_key(SignedObject::id);
    assert_eq!(decoded(&padded), Err(BundleError::StrayObject), "of nobody here");
    let mut twice = sample.bundle.clone();
    let first = twice.certificates[0].clone();
    twice.certificates.push(first);
    assert_eq!(
        decoded(&twice).as_ref(),
        Ok(&sample.bundle),
        "writing leaves the second away"
    );

    let endorsed = endorsement(&sample, EndorsementCode::SecondOpinion);
    let endorsed = world.sign(&endorsed, &world.endorser);
    world.ledger.append(&endorsed, endorsed.signed_at());
    let mut once = sample.bundle.clone();
    once.endorsements.push(endorsed.object().clone());
    let signers = [&world.endorser.certificate, &world.hospice.certificate];
    enclose(&world, &mut once, endorsed.id(), &signers);
    assert_eq!(
        decoded(&once).as_ref(),
        Ok(&once),
        "an endorsement with its signer"
    );
    let mut repeated = once.clone();
    repeated.endorsements.push(endorsed.object().clone());
    assert_eq!(
        decoded(&repeated),
        Err(BundleError::StrayObject),
        "a statement twice"
    );
    let mut elsewhere = once;
    elsewhere.reports.push(endorsed.object().clone());
    assert_eq!(
        decoded(&elsewhere),
        Err(BundleError::StrayObject),
        "a statement in two places"
    );
}

/// The service's clock ran a month ahead once: a later snapshot of a larger tree is taken in, and says WITHDRAWN.
#[test]
fn a_snapshot_from_a_clock_ahead_does_not_keep_later_ones_out() {
    let (mut world, sample) = world();
    let mut reader = reader(&world, &[sample.trust_list.object()]);
    reader
        .add_snapshot(&snapshot(&world, "2025-12-18T10:26:00Z"))
        .expect("a snapshot from the future");
    let at = instant("2025-11-20T00:00:00Z");
    let withdrawal = Withdrawal {
        plan: PLAN,
        version: sample.version.id(),
        reason: WithdrawalReason::EnteredInError,
        issued_at: at,
    };
    let withdrawal = world.sign(&withdrawal, &world.author);
    world.ledger.append(&withdrawal, at);
    reader
        .add_snapshot(&snapshot(&world, "2025-11-21T00:00:00Z"))
        .expect("an honest snapshot");
    for at in ["2025-11-21T00:00:00Z", "2025-12-18T12:00:00Z"] {
        let told = reader.check_bundle(&sample.bundle, &Question::at(instant(at)));
        assert_eq!(told.state(), State::Withdrawn, "{at}: {}", told.line());
    }
}

/// An author hides characters that show nothing in a text: each of them is refused.
#[test]
fn text_that_shows_nothing_is_refused() {
    let unseen = [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{180e}',
        '\u{2028}',
        '\u{2029}',
        '\u{2060}',
        '\u{206a}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{fff9}',
        '\u{e0041}',
    ];
    for character in unseen {
        let code_point = u32::from(character);
        assert!(
            text_fault(&format!("a{character}b")).is_some(),
            "U+{code_point:04X}"
        );
    }
}
