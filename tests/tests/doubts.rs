//! Doubts about a record: reports, intakes and what ends them; who tries to close one that is open, to hide one, or to make
//! one up; and who tries to accuse an honest service.

use planseal::bundle::Bundle;
use planseal::check::{Question, Reader, State, Verdict};
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::proof::LogProof;
use planseal::log::tree::{MemoryTree, inclusion_proof, leaf_hash, root};
use planseal::monitor::{Contradiction, Monitor, Observed};
use planseal::plan::checklist::Checklist;
use planseal::publication::{Answer, NotPublished, Replaced, confirm};
use planseal::receipt::Receipt;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Intake, IntakeForm, KeyStatus, Kind, LoggedStatement, Matter, Outcome, Report, ReportCode, Resolution,
    RevocationReason,
};
use planseal::status::Warning;
use planseal::time::Timestamp;
use planseal::trust::{Certificate, CertificateFields, OrgKind, Role};
use planseal::verify::Verified;
use planseal_tests::cbor::Cbor;
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::sample::{PLAN, Sample, head_of, second_version, trust_list};
use planseal_tests::world::{Party, World, beginning, certificate_fields, envelope, instant, words};

/// One version, and what is logged and laid into its bundle afterwards.
struct Record {
    world: World,
    sample: Sample,
    now: Timestamp,
}

impl Record {
    fn begin() -> Self {
        let mut world = World::new();
        let sample = Sample::first(&mut world);
        let now = sample.head.signed_at();
        Self { world, sample, now }
    }

    /// Logs a statement a minute later and lays it, its receipt and its signer's certificate into the bundle.
    fn log<S: LoggedStatement>(
        &mut self,
        statement: &S,
        by: impl Fn(&World) -> &Party,
        place: impl Fn(&mut Bundle) -> &mut Vec<SignedObject>,
    ) -> Verified<S> {
        let signed = self.world.sign(statement, by(&self.world));
        self.world.ledger.append(&signed, self.now);
        place(&mut self.sample.bundle).push(signed.object().clone());
        let certificate = by(&self.world).certificate.clone();
        let certificates = &mut self.sample.bundle.certificates;
        if !certificates.iter().any(|object| object.id() == certificate.id()) {
            certificates.push(certificate.object().clone());
            certificates.sort_by_key(SignedObject::id);
        }
        for id in [signed.id(), certificate.id()] {
            let receipt = self.world.ledger.receipt(&id);
            self.enclose(id, receipt);
        }
        signed
    }

    fn enclose(&mut self, id: ObjectId, receipt: Receipt) {
        let receipts = &mut self.sample.bundle.receipts;
        if !receipts.iter().any(|(of, _)| *of == id) {
            receipts.push((id, receipt));
            receipts.sort_by_key(|(id, _)| *id);
        }
    }

    fn report(&mut self, code: ReportCode) -> Verified<Report> {
        let report = Report {
            plan: PLAN,
            version: self.sample.version.id(),
            code,
            words: words("not that again"),
            reporter: words("Paramedic Test"),
            issued_at: self.now,
        };
        self.log(&report, |world| &world.recorder, |bundle| &mut bundle.reports)
    }

    fn resolve(&mut self, resolution: &Resolution) {
        self.log(
            resolution,
            |world| &world.author,
            |bundle| &mut bundle.resolutions,
        );
    }

    fn resolution(&self, target: ObjectId, outcome: Outcome) -> Resolution {
        Resolution {
            plan: PLAN,
            target,
            matter: Matter::Clinical,
            outcome,
            words: words("spoke to the patient"),
            by: None,
            citation: None,
            issued_at: self.now,
        }
    }

    /// The honest head of the log as it stands, with whatever it is said to say besides.
    fn head(&self, change: impl FnOnce(&mut Head)) -> SignedObject {
        let mut head = head_of(&self.world, &self.sample.version, self.now.plus(60));
        let status = self.world.ledger.statuses().of(self.sample.version.index());
        if status.expect("a version").warning == Warning::Open {
            head.warnings = vec!["something is open".into()];
        }
        change(&mut head);
        envelope(&head, &self.world.head)
    }

    /// What a reader is told who has this file and nothing else.
    fn told(&mut self) -> Verdict {
        self.sample.bundle.head = Some(self.head(|_| {}));
        self.told_as_it_is()
    }

    fn told_as_it_is(&self) -> Verdict {
        let bytes = self.sample.bundle.encode().expect("a bundle encodes");
        let bundle = Bundle::decode(&bytes).expect("a bundle decodes");
        let reader = Reader::default().pin(self.world.policy.clone());
        reader.check_bundle(&bundle, &Question::at(self.now.plus(120)))
    }

    /// What a reader is told who holds a trust list and this head.
    fn told_with_head(&self, head: &SignedObject) -> Verdict {
        let mut reader = Reader::default().pin(self.world.policy.clone());
        let list = trust_list(&self.world, self.now, &[]);
        let list = envelope(&list, &self.world.status);
        reader.add_trust_list(&list).expect("an honest list");
        reader.add_head(head).expect("a head by the head key");
        reader.check_bundle(&self.sample.bundle, &Question::at(self.now.plus(120)))
    }

    fn leaves(&self) -> Vec<Leaf> {
        self.world.ledger.leaves().to_vec()
    }
}

fn tree(leaves: &[Leaf]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
    tree
}

fn checkpoint(world: &World, leaves: &[Leaf]) -> String {
    let tree = tree(leaves);
    let checkpoint = Checkpoint {
        origin: ORIGIN.into(),
        size: tree.size(),
        root: root(&tree, tree.size()).expect("a tree"),
    };
    let signed = checkpoint.sign(&world.ledger.verifier(), &FixedKey::from_seed(2));
    signed.expect("the log's key signs").to_string()
}

/// The receipt of the last of these leaves, by the log's own key.
fn receipt_of_last(world: &World, leaves: &[Leaf]) -> Receipt {
    let tree = tree(leaves);
    let index = tree.size() - 1;
    let proof = LogProof {
        index,
        path: inclusion_proof(&tree, index, tree.size()).expect("a leaf"),
        checkpoint: checkpoint(world, leaves),
    };
    Receipt::new(leaves[leaves.len() - 1], proof)
}

#[test]
fn a_report_warns_until_somebody_entitled_ends_it() {
    let mut record = Record::begin();
    assert_eq!(record.told().state(), State::Current, "the control");
    let report = record.report(ReportCode::WithdrawalReported);
    assert_eq!(record.told().state(), State::CurrentWithWarning);
    let unfounded = record.resolution(report.id(), Outcome::Unfounded);
    record.resolve(&unfounded);
    let told = record.told();
    assert_eq!(told.state(), State::Current, "{}", told.line());
    assert!(
        told.notes()
            .iter()
            .any(|note| note.contains("found to be unfounded by Rowena"))
    );
}

/// The plan that was reported cannot be what carried the report out.
#[test]
fn a_report_is_not_confirmed_by_the_very_version_it_is_about() {
    let mut record = Record::begin();
    let report = record.report(ReportCode::WithdrawalReported);
    let mut confirmed = record.resolution(report.id(), Outcome::Confirmed);
    confirmed.by = Some(record.sample.version.id());
    record.resolve(&confirmed);
    assert_eq!(record.told().state(), State::CurrentWithWarning);
}

#[test]
fn a_privacy_officer_closes_no_advance_decision() {
    let mut record = Record::begin();
    let key = FixedKey::from_seed(70);
    let fields = certificate_fields(
        "TEST-GP01",
        OrgKind::GpPractice,
        "Privacy Test",
        Role::PrivacyOfficer,
        &key,
    );
    let officer = record
        .world
        .certify(fields, key, |world| &world.practice, beginning());
    let intake = Intake {
        plan: PLAN,
        version: Some(record.sample.version.id()),
        form: IntakeForm::Spoken(words("no more")),
        received_from: words("the daughter"),
        identified_by: words("known to the ward"),
        original: words("nothing was written"),
        device: None,
        checklist: Checklist::default(),
        issued_at: record.now,
    };
    let intake = record.log(&intake, |world| &world.author, |bundle| &mut bundle.intakes);
    let closing = Resolution {
        matter: Matter::Access,
        ..record.resolution(intake.id(), Outcome::Unfounded)
    };
    let signed = record.world.sign(&closing, &officer);
    record.world.ledger.append(&signed, record.now);
    record.sample.bundle.resolutions.push(signed.object().clone());
    record
        .sample
        .bundle
        .certificates
        .push(officer.certificate.object().clone());
    record.sample.bundle.certificates.sort_by_key(SignedObject::id);
    for id in [signed.id(), officer.certificate.id()] {
        let receipt = record.world.ledger.receipt(&id);
        record.enclose(id, receipt);
    }
    assert_eq!(record.told().state(), State::CurrentWithWarning);
}

/// The report's leaf acts on another patient's version: head and snapshot then know nothing of it.
#[test]
fn a_report_logged_at_another_leaf_still_warns() {
    let mut record = Record::begin();
    let report = Report {
        plan: PLAN,
        version: record.sample.version.id(),
        code: ReportCode::WithdrawalReported,
        words: words("not that again"),
        reporter: words("Paramedic Test"),
        issued_at: record.now,
    };
    let signed = record.world.sign(&report, &record.world.recorder);
    let mut leaves = record.leaves();
    let place = |id: &ObjectId| record.world.ledger.place_of(id);
    let other = Leaf {
        kind: Kind::Version,
        id: ObjectId::of(b"another patient's"),
        time: record.now.minute(),
        signer: place(&record.world.author.certificate.id()),
        target: None,
        from: None,
    };
    let misplaced = Leaf {
        kind: Kind::Report,
        id: signed.id(),
        signer: place(&record.world.recorder.certificate.id()),
        target: u64::try_from(leaves.len()).ok(),
        ..other
    };
    leaves.extend([other, misplaced]);
    let head = record.head(|head| {
        let tree = tree(&leaves);
        (head.size, head.root) = (tree.size(), root(&tree, tree.size()).expect("a tree"));
    });
    let receipt = receipt_of_last(&record.world, &leaves);
    record.enclose(signed.id(), receipt);
    let recorder = record.world.recorder.certificate.clone();
    record.enclose(recorder.id(), record.world.ledger.receipt(&recorder.id()));
    let bundle = &mut record.sample.bundle;
    bundle.reports.push(signed.object().clone());
    bundle.certificates.push(recorder.object().clone());
    bundle.certificates.sort_by_key(SignedObject::id);
    bundle.head = Some(head);
    assert_eq!(record.told_as_it_is().state(), State::CurrentWithWarning);
}

#[test]
fn without_the_versions_receipt_its_reports_are_still_read_out() {
    let mut record = Record::begin();
    record.report(ReportCode::WithdrawalReported);
    let version = record.sample.version.id();
    record.sample.bundle.receipts.retain(|(id, _)| *id != version);
    let told = record.told();
    let read_out = |note: &String| note.contains("withdrawal of the advance decision was reported");
    assert!(told.notes().iter().any(read_out), "{:?}", told.notes());
    assert_ne!(
        told.state(),
        State::CurrentWithWarning,
        "and nothing is called registered"
    );
}

#[test]
fn a_withdrawn_record_still_says_what_is_open() {
    let record = Record::begin();
    let head = record.head(|head| {
        head.state = HeadState::Withdrawn;
        head.warnings = vec![Intake::WORDS.into()];
    });
    let told = record.told_with_head(&head);
    assert_eq!(told.state(), State::Withdrawn);
    assert!(told.line().contains("not yet reviewed"), "{}", told.line());
}

#[test]
fn a_newer_version_by_a_thief_is_not_called_the_newer_plan() {
    let record = Record::begin();
    let head = record.head(|head| {
        (head.latest, head.version_number) = (ObjectId::of(b"the thief's"), 2);
        head.state = HeadState::Suspended;
    });
    let told = record.told_with_head(&head);
    assert_eq!(told.state(), State::Superseded);
    assert!(told.line().contains("read both"), "{}", told.line());
}

#[test]
fn a_newer_version_that_was_withdrawn_is_not_offered_as_the_plan_to_follow() {
    let record = Record::begin();
    let head = record.head(|head| {
        (head.latest, head.version_number) = (ObjectId::of(b"the newer one"), 2);
        head.state = HeadState::Withdrawn;
    });
    let told = record.told_with_head(&head);
    assert_eq!(told.state(), State::Superseded);
    assert!(told.line().contains("it was withdrawn"), "{}", told.line());
}

/// A device three days slow holds an old snapshot; the file itself was signed later than its clock says.
#[test]
fn what_a_file_carries_moves_a_slow_clock() {
    let mut record = Record::begin();
    let snapshot = Snapshot::of(
        &record.world.ledger.statuses(),
        record.world.ledger.root(),
        record.now,
    );
    let snapshot = envelope(&snapshot, &record.world.status);
    let later = record.now.plus(3 * 24 * 60 * 60);
    record.sample.bundle.head = Some(record.head(|head| head.issued_at = later));
    let mut reader = Reader::default().pin(record.world.policy.clone());
    reader
        .add_trust_list(record.sample.trust_list.object())
        .expect("an honest list");
    reader.add_snapshot(&snapshot).expect("an honest snapshot");
    let told = reader.check_bundle(&record.sample.bundle, &Question::at(record.now.plus(60)));
    assert_eq!(told.state(), State::CurrencyUnknown, "{}", told.line());
}

/// The version replaced is shown in a tree of its own, at the place that the new version's leaf targets.
#[test]
fn nothing_is_published_over_a_place_in_another_tree() {
    let record = Record::begin();
    let (world, sample) = (&record.world, &record.sample);
    let at = instant("2026-05-06T09:41:00Z");
    let second = world.sign(&second_version(&sample.version), &world.author);
    let first = record.leaves()[usize::try_from(sample.version.index()).expect("a small log")];
    let other = Leaf {
        id: ObjectId::of(b"another patient's"),
        ..first
    };
    let misplaced = Leaf {
        id: second.id(),
        time: at.minute(),
        target: u64::try_from(record.leaves().len()).ok(),
        ..first
    };
    let leaves = [record.leaves(), vec![other, misplaced]].concat();
    let fork = [record.leaves(), vec![first]].concat();
    let tree = tree(&leaves);
    let head = Head {
        plan: PLAN,
        latest: second.id(),
        leaf: tree.size() - 1,
        version_number: 2,
        signed_at: second.signed_at(),
        state: HeadState::Current,
        warnings: Vec::new(),
        size: tree.size(),
        root: root(&tree, tree.size()).expect("a tree"),
        issued_at: at,
    };
    let head = envelope(&head, &world.head);
    let (receipt, replaced) = (receipt_of_last(world, &leaves), receipt_of_last(world, &fork));
    let answer = Answer {
        receipt: &receipt,
        replaced: Some(Replaced {
            receipt: &replaced,
            growth: &[],
        }),
        head: &head,
        growth: &[],
    };
    let refused = confirm(second, &answer, &world.policy, &world.directory, at);
    assert!(matches!(refused, Err(NotPublished::TwoTrees(_))), "{refused:?}");
}

/// A file that a stranger puts together: what an honest service signed, and views that are not this log's.
fn accused(record: &Record, view: &SignedObject, certificates: &[&Party]) -> Option<String> {
    let bytes = |items: Vec<Vec<u8>>| Cbor::Array(items.into_iter().map(Cbor::Bytes).collect());
    let certificates = certificates
        .iter()
        .map(|party| party.certificate.envelope().to_vec());
    let mut file = Cbor::Map(Vec::new());
    for (name, value) in [
        ("typ", Cbor::text("planseal.contradiction")),
        ("v", Cbor::Unsigned(1)),
        (
            "checkpoints",
            bytes(vec![record.world.ledger.checkpoint().into_bytes()]),
        ),
        ("views", bytes(vec![view.bytes().to_vec()])),
        ("certificates", bytes(certificates.collect())),
        (
            "leaves",
            bytes(record.leaves().iter().map(Leaf::encode).collect()),
        ),
    ] {
        file.put(&Cbor::text(name), value);
    }
    let evidence = Contradiction::decode(&file.encode()).expect("a file of evidence");
    evidence
        .verify(&record.world.policy)
        .ok()
        .map(|fault| fault.to_string())
}

#[test]
fn a_false_head_convicts_and_the_same_head_by_a_revoked_key_does_not() {
    let mut record = Record::begin();
    let lie = record.head(|head| head.state = HeadState::Withdrawn);
    let signers = |record: &Record| accused(record, &lie, &[&record.world.host, &record.world.head]);
    assert!(signers(&record).is_some(), "the control");
    let revoked = KeyStatus {
        certificate: record.world.head.certificate.id(),
        reason: RevocationReason::KeyCompromised,
        from_index: 0,
        issued_at: record.now,
    };
    let revoked = record.world.sign(&revoked, &record.world.host);
    record.world.ledger.append(&revoked, record.now);
    assert_eq!(signers(&record), None, "a thief signed it");
}

#[test]
fn the_head_of_another_log_under_the_same_root_accuses_nobody() {
    let mut record = Record::begin();
    let key = FixedKey::from_seed(60);
    let fields = certificate_fields(
        "TEST-HST2",
        OrgKind::Host,
        "Second host",
        Role::Organisation,
        &key,
    );
    let host = party_elsewhere(&mut record.world, fields, key, |world| &world.root);
    let key = FixedKey::from_seed(61);
    let fields = certificate_fields(
        "TEST-HST2",
        OrgKind::Host,
        "Second head key",
        Role::ServiceHead,
        &key,
    );
    let certificate = Certificate::new(fields).expect("a certificate");
    let object = envelope(&certificate, &host);
    let certificate = record.world.directory.admit(&object).expect("genuine").clone();
    let second = Party { key, certificate };
    let mut head = head_of(&record.world, &record.sample.version, record.now);
    head.root = leaf_hash(b"the other log's own tree");
    assert_eq!(
        accused(&record, &envelope(&head, &second), &[&host, &second]),
        None
    );
}

/// Certified under the root, and registered in another log than this one.
fn party_elsewhere(
    world: &mut World,
    fields: CertificateFields,
    key: FixedKey,
    by: fn(&World) -> &Party,
) -> Party {
    let certificate = Certificate::new(fields).expect("a certificate");
    let object = envelope(&certificate, by(world));
    let certificate = world.directory.admit(&object).expect("genuine").clone();
    Party { key, certificate }
}

#[test]
fn a_strange_line_in_a_checkpoint_keeps_no_evidence_from_being_written() {
    let record = Record::begin();
    let leaves: Vec<Vec<u8>> = record.leaves().iter().map(Leaf::encode).collect();
    let strange = |checkpoint: String| format!("{checkpoint}\u{2014} e\u{301} AAAAAAE=\n");
    let mut monitor = Monitor::begin(record.world.policy.clone());
    let honest = strange(record.world.ledger.checkpoint());
    monitor.grow(&honest, &leaves).expect("an honest log");
    let state = monitor.state().expect("something to keep");
    let resumed = Monitor::resume(record.world.policy.clone(), state.as_slice());
    assert_eq!(resumed.expect("its own state").size(), monitor.size());
    let mut other = record.leaves();
    other[3].id = ObjectId::of(b"another object");
    match monitor.grow(&strange(checkpoint(&record.world, &other)), &[]) {
        Err(Observed::Contradiction { evidence, .. }) => {
            let written = Contradiction::decode(evidence.encode().as_slice()).expect("what was written");
            assert!(written.verify(&record.world.policy).is_ok());
        }
        met => panic!("{met:?}"),
    }
}
