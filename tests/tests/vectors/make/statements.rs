//! What each short statement must say: genuine objects of every kind, and payloads that break one rule.

use planseal::plan::contacts::{Digest, MediaType};
use planseal::statement::{
    Custody, CustodyEvent, Hold, HoldAct, HoldKind, Intake, IntakeForm, Matter, Outcome, Resolution, Scan,
    StaffList, StaffMember, Statement, Words,
};
use planseal::time::Timestamp;
use planseal::trust::Role;
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{CERTIFICATE, Parts, thumbprint};
use planseal_tests::sample::PLAN;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::world::{Party, day, envelope, instant};

use super::Maker;
use crate::later::Later;

pub(super) fn make(maker: &mut Maker, later: &Later) {
    later_kinds(maker, later);
    who_may(maker, later);
    short_statements(maker, later);
}

fn at() -> Timestamp {
    instant("2025-11-20T10:00:00Z")
}

fn words(text: &str) -> Words {
    Words::parse(text).expect("words")
}

fn resolution(maker: &Maker, matter: Matter) -> Resolution {
    Resolution {
        plan: PLAN,
        target: maker.object("report", "genuine").id(),
        matter,
        outcome: Outcome::Unfounded,
        words: words("Rang the daughter: she meant another paper."),
        by: None,
        citation: None,
        issued_at: at(),
    }
}

/// One object of each kind that the sample has none of.
fn later_kinds(maker: &mut Maker, later: &Later) {
    let version = maker.sample.version.id();
    let staff = &later.staff;
    let intake = Intake {
        plan: PLAN,
        version: Some(version),
        form: IntakeForm::Document(
            Scan::new(Digest::of(b"a scan"), 6, MediaType::Pdf).expect("six bytes of a document"),
        ),
        received_from: words("The patient's daughter"),
        identified_by: words("Known to the ward"),
        original: words("Ward office, drawer 2"),
        device: None,
        checklist: Default::default(),
        issued_at: at(),
    };
    let spoken = Intake {
        form: IntakeForm::Spoken(words("She said: no more hospital.")),
        version: None,
        ..intake.clone()
    };
    let custody = Custody {
        plan: PLAN,
        target: version,
        document: Some(Digest::of(b"a scan")),
        event: CustodyEvent::Transferred,
        from: Some(words("Ward office")),
        to: Some(words("The patient's solicitor")),
        place: None,
        happened_at: at(),
        issued_at: at(),
    };
    let hold = Hold {
        plan: PLAN,
        target: version,
        hold: HoldKind::LegalHold,
        act: HoldAct::Begins,
        authority: words("Order 1 of the Test Court"),
        issued_at: at(),
    };
    let list = StaffList {
        number: 1,
        agreement: words("Agreement 1"),
        staff: vec![StaffMember {
            name: words("Rowena Demo-Achebe"),
            registration: None,
            roles: vec![Role::Finaliser],
            trained_until: day("2026-10-31"),
        }],
        issued_at: at(),
    };
    let clinical = resolution(maker, Matter::Clinical);
    let document = resolution(maker, Matter::Document);
    let access = resolution(maker, Matter::Access);
    let court = Resolution {
        outcome: Outcome::CourtDeclaration,
        citation: Some(words("[2026] EWCOP 1 (fictional)")),
        ..document.clone()
    };
    let confirmed = Resolution {
        outcome: Outcome::Confirmed,
        by: Some(version),
        ..clinical.clone()
    };
    let made = [
        (
            "resolution",
            "genuine",
            "a clinical matter, by a finaliser",
            signed(&clinical, &staff.colleague),
        ),
        (
            "resolution",
            "of_the_document",
            "a matter of the document, by governance",
            signed(&document, &staff.governance),
        ),
        (
            "resolution",
            "of_access",
            "a matter of access, by a privacy officer",
            signed(&access, &staff.privacy),
        ),
        (
            "resolution",
            "by_a_court",
            "a declaration with its citation",
            signed(&court, &staff.governance),
        ),
        (
            "resolution",
            "confirmed",
            "carried out by the version it names",
            signed(&confirmed, &staff.colleague),
        ),
        (
            "intake",
            "genuine",
            "a scanned advance decision",
            signed(&intake, &staff.intake),
        ),
        (
            "intake",
            "spoken",
            "spoken words, and no plan version yet",
            signed(&spoken, &staff.colleague),
        ),
        (
            "custody",
            "genuine",
            "an original handed on",
            signed(&custody, &staff.intake),
        ),
        (
            "hold",
            "genuine",
            "a legal hold begins",
            signed(&hold, &staff.governance),
        ),
        (
            "staff-list",
            "genuine",
            "one finaliser",
            signed(&list, &maker.world.practice),
        ),
    ];
    for (kind, name, note, bytes) in made {
        maker.add(kind, name, ACCEPTED, note, bytes);
    }
}

fn signed<S: Statement>(statement: &S, by: &Party) -> Vec<u8> {
    envelope(statement, by).bytes().to_vec()
}

/// Certified people whose roles do not reach so far.
fn who_may(maker: &mut Maker, later: &Later) {
    let staff = &later.staff;
    let world = &maker.world;
    let by = |kind: &str, name: &str, party: &Party| {
        let parts = Parts::of(&maker.object(kind, name));
        let parts = parts.header(|header| {
            header.put(&CERTIFICATE, thumbprint(&party.certificate.id()));
            let organisation = party.certificate.content().organisation().as_str();
            header
                .at(&planseal_tests::forge::CLAIMS)
                .put(&Cbor::Unsigned(1), Cbor::text(organisation));
        });
        parts.signed_by(&party.key).encode()
    };
    let practice = &world.practice;
    let cases = [
        (
            "resolution",
            "document_by_a_finaliser",
            "a matter of the document is governance's",
            by("resolution", "of_the_document", &staff.colleague),
        ),
        (
            "resolution",
            "clinical_by_governance",
            "a clinical matter is a finaliser's",
            by("resolution", "genuine", &staff.governance),
        ),
        (
            "resolution",
            "access_by_governance",
            "a matter of access is a privacy officer's",
            by("resolution", "of_access", &staff.governance),
        ),
        (
            "resolution",
            "by_the_recorder",
            "who records reports does not resolve them",
            by("resolution", "genuine", &world.recorder),
        ),
        (
            "intake",
            "by_the_recorder",
            "the service receives no advance decision",
            by("intake", "genuine", &world.recorder),
        ),
        (
            "custody",
            "by_governance",
            "custody is of finalisers and adrt-intake",
            by("custody", "genuine", &staff.governance),
        ),
        (
            "hold",
            "by_a_finaliser",
            "a hold is governance's",
            by("hold", "genuine", &staff.colleague),
        ),
        (
            "staff-list",
            "by_governance",
            "a staff list is the organisation's",
            by("staff-list", "genuine", &staff.governance),
        ),
        (
            "withdrawal",
            "by_governance",
            "a withdrawal is a finaliser's",
            by("withdrawal", "genuine", &staff.governance),
        ),
        (
            "withdrawal",
            "by_the_organisation",
            "an organisation certifies, and withdraws nothing",
            by("withdrawal", "genuine", practice),
        ),
        (
            "endorsement",
            "by_a_finaliser",
            "an endorsement needs the endorser's role",
            by("endorsement", "genuine", &staff.colleague),
        ),
        (
            "report",
            "by_a_finaliser",
            "reports are recorded by the recorder key",
            by("report", "genuine", &staff.colleague),
        ),
        (
            "report",
            "by_the_head_key",
            "one key, one role",
            by("report", "genuine", &world.head),
        ),
        (
            "key-status",
            "by_a_stranger_organisation",
            "the hospice revokes the practice's doctor",
            by("key-status", "genuine", &world.hospice),
        ),
        (
            "key-status",
            "by_the_person",
            "a doctor revokes the own certificate",
            by("key-status", "genuine", &world.author),
        ),
        (
            "head",
            "by_the_status_key",
            "one key, one role",
            by("head", "genuine", &world.status),
        ),
        (
            "snapshot",
            "by_the_head_key",
            "one key, one role",
            by("snapshot", "genuine", &world.head),
        ),
        (
            "trust-list",
            "by_the_head_key",
            "one key, one role",
            by("trust-list", "genuine", &world.head),
        ),
        (
            "card",
            "by_the_head_key",
            "the service signs no card",
            by("card", "genuine", &world.head),
        ),
        (
            "version",
            "by_adrt_intake",
            "who takes advance decisions in signs no plan",
            by("version", "genuine", &staff.intake),
        ),
        (
            "version",
            "by_the_host",
            "an organisation signs no plan",
            by("version", "genuine", &world.host),
        ),
    ];
    let by_root = by("key-status", "genuine", &world.root);
    let colleague = by("version", "genuine", &staff.colleague);
    let named = Parts::of(&maker.object("version", "genuine"))
        .header(|header| header.put(&CERTIFICATE, thumbprint(&staff.colleague.certificate.id())))
        .signed_by(&world.author.key)
        .encode();
    for (kind, name, note, bytes) in cases {
        maker.add_new(kind, name, "NotGranted", note, bytes);
    }
    maker.add(
        "key-status",
        "by_the_root",
        ACCEPTED,
        "the root may revoke anybody",
        by_root,
    );
    maker.add(
        "version",
        "by_a_colleague_as_the_author",
        "Disagreement",
        "a second finaliser signs what names the first as its author",
        colleague,
    );
    maker.add(
        "version",
        "certificate_of_a_colleague",
        "BadSignature",
        "the author signs under a colleague's certificate",
        named,
    );
}

/// One field of a genuine statement is another; its signer signs it.
fn short_statements(maker: &mut Maker, later: &Later) {
    let staff = &later.staff;
    let text = Cbor::text;
    let long = "x".repeat(2001);
    let id = |byte| Cbor::Bytes(vec![byte; 32]);
    let form = |name: &str, value: Cbor| Cbor::Map(vec![(text(name), value)]);
    let scan = |size: u64, media: &str| {
        let mut scan = Cbor::Map(Vec::new());
        for (name, value) in [
            ("size", Cbor::Unsigned(size)),
            ("sha256", id(7)),
            ("media_type", text(media)),
        ] {
            scan.put(&text(name), value);
        }
        form("document", scan)
    };
    let member = |roles: Vec<Cbor>| {
        let mut member = Cbor::Map(Vec::new());
        for (name, value) in [
            ("name", text("A")),
            ("roles", Cbor::Array(roles)),
            ("trained_until", text("2026-10-31")),
        ] {
            member.put(&text(name), value);
        }
        Cbor::Array(vec![member])
    };
    let number = Cbor::Unsigned;
    type Change<'a> = (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'a Party,
        &'static str,
        Option<Cbor>,
    );
    let (gp, intake, governance, practice) = (
        &staff.colleague,
        &staff.intake,
        &staff.governance,
        &maker.world.practice,
    );
    let (author, endorser, recorder) = (&maker.world.author, &maker.world.endorser, &maker.world.recorder);
    let changes: Vec<Change<'_>> = vec![
        (
            "resolution",
            "confirmed_by_nothing",
            "Value",
            "confirmed, and nothing carried it out",
            gp,
            "outcome",
            Some(text("confirmed")),
        ),
        (
            "resolution",
            "cited_without_a_court",
            "Value",
            "a citation and no declaration",
            gp,
            "citation",
            Some(text("[2026] EWCOP 1")),
        ),
        (
            "resolution",
            "declared_in_a_clinical_matter",
            "Value",
            "a court's declaration without citation, in a clinical matter",
            gp,
            "outcome",
            Some(text("court_declaration")),
        ),
        (
            "resolution",
            "matter_unknown",
            "Shape",
            "a matter this format does not know",
            gp,
            "matter",
            Some(text("financial")),
        ),
        (
            "resolution",
            "words_missing",
            "Shape",
            "no reason is given",
            gp,
            "words",
            None,
        ),
        (
            "resolution",
            "words_empty",
            "Shape",
            "the reason is empty",
            gp,
            "words",
            Some(text("")),
        ),
        (
            "resolution",
            "words_with_outer_space",
            "Shape",
            "white space around the reason",
            gp,
            "words",
            Some(text(" x")),
        ),
        (
            "resolution",
            "words_too_long",
            "Shape",
            "2001 bytes",
            gp,
            "words",
            Some(text(&long)),
        ),
        (
            "resolution",
            "target_of_31_bytes",
            "Shape",
            "a byte of the target is missing",
            gp,
            "target",
            Some(Cbor::Bytes(vec![7; 31])),
        ),
        (
            "intake",
            "form_unknown",
            "Shape",
            "neither a document nor spoken words",
            intake,
            "form",
            Some(form("film", text("x"))),
        ),
        (
            "intake",
            "form_of_nothing",
            "Shape",
            "an empty form",
            intake,
            "form",
            Some(Cbor::Map(Vec::new())),
        ),
        (
            "intake",
            "document_of_no_bytes",
            "Shape",
            "a scan of size zero",
            intake,
            "form",
            Some(scan(0, "application/pdf")),
        ),
        (
            "intake",
            "document_too_large",
            "Shape",
            "a byte more than 20 MiB",
            intake,
            "form",
            Some(scan((20 << 20) + 1, "application/pdf")),
        ),
        (
            "intake",
            "document_of_another_type",
            "Shape",
            "a media type this format does not know",
            intake,
            "form",
            Some(scan(6, "image/gif")),
        ),
        (
            "intake",
            "checklist_empty",
            "NotCanonical",
            "an empty list is an absent key",
            intake,
            "checklist",
            Some(Cbor::Array(Vec::new())),
        ),
        (
            "intake",
            "original_missing",
            "Shape",
            "it is not said where the original is",
            intake,
            "original",
            None,
        ),
        (
            "custody",
            "handed_on_to_nobody",
            "Value",
            "transferred, and nobody has it since",
            intake,
            "to",
            None,
        ),
        (
            "custody",
            "handed_on_by_nobody",
            "Value",
            "transferred, and nobody had it before",
            intake,
            "from",
            None,
        ),
        (
            "custody",
            "stored_nowhere",
            "Value",
            "stored, and no place is named",
            intake,
            "event",
            Some(text("stored")),
        ),
        (
            "custody",
            "event_unknown",
            "Shape",
            "an event this format does not know",
            intake,
            "event",
            Some(text("burnt")),
        ),
        (
            "custody",
            "happened_later",
            "Value",
            "it happened a second after it was signed",
            intake,
            "happened_at",
            Some(number(at().seconds() + 1)),
        ),
        (
            "hold",
            "kind_unknown",
            "Shape",
            "a hold this format does not know",
            governance,
            "hold",
            Some(text("secret")),
        ),
        (
            "hold",
            "act_unknown",
            "Shape",
            "neither begins nor ends",
            governance,
            "act",
            Some(text("pauses")),
        ),
        (
            "hold",
            "authority_missing",
            "Shape",
            "nobody's authority is named",
            governance,
            "authority",
            None,
        ),
        (
            "staff-list",
            "member_without_role",
            "Value",
            "a person without a role",
            practice,
            "staff",
            Some(member(vec![])),
        ),
        (
            "staff-list",
            "member_with_a_service_role",
            "Value",
            "a person as the head key",
            practice,
            "staff",
            Some(member(vec![number(3)])),
        ),
        (
            "staff-list",
            "roles_out_of_order",
            "Value",
            "20 before 19",
            practice,
            "staff",
            Some(member(vec![number(20), number(19)])),
        ),
        (
            "staff-list",
            "role_unknown",
            "Shape",
            "role 99 is not in the register",
            practice,
            "staff",
            Some(member(vec![number(99)])),
        ),
        (
            "staff-list",
            "agreement_missing",
            "Shape",
            "under no agreement",
            practice,
            "agreement",
            None,
        ),
        (
            "withdrawal",
            "target_missing",
            "Shape",
            "nothing is withdrawn",
            author,
            "target",
            None,
        ),
        (
            "withdrawal",
            "plan_of_15_bytes",
            "Shape",
            "a byte of the plan's id is missing",
            author,
            "plan",
            Some(Cbor::Bytes(vec![7; 15])),
        ),
        (
            "endorsement",
            "target_missing",
            "Shape",
            "nothing is endorsed",
            endorser,
            "target",
            None,
        ),
        (
            "report",
            "reporter_missing",
            "Shape",
            "nobody reported it",
            recorder,
            "reporter",
            None,
        ),
        (
            "report",
            "words_with_control",
            "Control",
            "a bell in the words",
            recorder,
            "words",
            Some(text("a\u{7}b")),
        ),
        (
            "key-status",
            "from_index_negative",
            "Shape",
            "revoked from leaf -1 on",
            practice,
            "from_index",
            Some(Cbor::Negative(0)),
        ),
        (
            "key-status",
            "certificate_missing",
            "Shape",
            "no certificate is named",
            practice,
            "certificate",
            None,
        ),
    ];
    let mut cases = Vec::new();
    for (kind, name, expect, note, by, field, value) in changes {
        let parts = Parts::of(&maker.object(kind, "genuine")).payload(|payload| match value {
            Some(value) => payload.put(&text(field), value),
            None => payload.remove(&text(field)),
        });
        cases.push((kind, name, expect, note, parts.signed_by(&by.key).encode()));
    }
    let zero = Parts::of(&maker.object("staff-list", "genuine"))
        .field("number", number(0))
        .claim(2, text("urn:planseal:staff-list:0000000000000000"))
        .signed_by(&practice.key);
    cases.push((
        "staff-list",
        "number_zero",
        "Value",
        "lists are counted from 1",
        zero.encode(),
    ));
    for (kind, name, expect, note, bytes) in cases {
        maker.add(kind, name, expect, note, bytes);
    }
}
