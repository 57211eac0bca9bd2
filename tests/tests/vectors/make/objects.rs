//! Signed statements: certificates, versions and what is said about versions.

use planseal::id::ObjectId;
use planseal::sign::{SigningPort, ToBeSigned};
use planseal::statement::{
    Endorsement, EndorsementCode, Enrolment, KeyStatus, Report, ReportCode, RevocationReason, Statement,
    Withdrawal, WithdrawalReason,
};
use planseal::time::Timestamp;
use planseal::trust::{Custody, OrgCode};
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{CERTIFICATE, CONTENT_TYPE, Parts};
use planseal_tests::key::{FixedKey, plus_order};
use planseal_tests::sample::PLAN;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::world::{Party, envelope, words};

use super::Maker;

pub(super) fn make(maker: &mut Maker) {
    certificate(maker);
    version(maker);
    version_signature(maker);
    card(maker);
    about_a_version(maker);
    enrolment(maker);
}

fn certificate(maker: &mut Maker) {
    let genuine = maker.world.author.certificate.object().clone();
    let changed = |name: &str, value: Cbor| Parts::of(&genuine).field(name, value);
    let practice = || FixedKey::from_seed(7);
    maker.add(
        "certificate",
        "genuine",
        ACCEPTED,
        "a general practitioner, by the practice",
        genuine.bytes().to_vec(),
    );
    let key = |digits: &str| Cbor::Bytes(hex::decode(digits).expect("hexadecimal"));
    let small = key("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    let small = changed("key", small).signed_by(&practice()).encode();
    maker.add(
        "certificate",
        "key_of_small_order",
        "Shape",
        "a key of order eight",
        small,
    );
    let long = changed("exp", Cbor::text("2026-11-03"))
        .signed_by(&practice())
        .encode();
    maker.add(
        "certificate",
        "person_over_a_year",
        "Value",
        "the last day is 367 days after the first; 366 are allowed",
        long,
    );
    let mixed = Cbor::Array(vec![Cbor::Unsigned(2), Cbor::Unsigned(19)]);
    let mixed = changed("roles", mixed).signed_by(&practice()).encode();
    maker.add(
        "certificate",
        "roles_mixed",
        "Value",
        "an organisation's role and a person's on one key",
        mixed,
    );
    let unknown = Cbor::Array(vec![Cbor::Unsigned(99)]);
    let unknown = changed("roles", unknown).signed_by(&practice()).encode();
    maker.add(
        "certificate",
        "role_unknown",
        "Shape",
        "role 99 is not in the register",
        unknown,
    );
    let service = Cbor::Array(vec![Cbor::Unsigned(3)]);
    let service = Parts::of(&genuine).payload(|payload| {
        payload.put(&Cbor::text("roles"), service);
        payload.remove(&Cbor::text("reg"));
    });
    let service = service.signed_by(&practice()).encode();
    maker.add(
        "certificate",
        "service_outside_host",
        "Value",
        "a practice issues a head key",
        service,
    );
    let elsewhere = changed("org", Cbor::text("TEST-HOS1"))
        .signed_by(&practice())
        .encode();
    maker.add(
        "certificate",
        "of_another_organisation",
        "OtherOrganisation",
        "the practice certifies for the hospice",
        elsewhere,
    );
    let by_person = Cbor::Array(vec![
        Cbor::Negative(15),
        Cbor::Bytes(maker.world.author.certificate.id().as_bytes().to_vec()),
    ]);
    let by_person = Parts::of(&genuine).header(|header| header.put(&CERTIFICATE, by_person));
    let by_person = by_person.signed_by(&maker.world.author.key).encode();
    maker.add(
        "certificate",
        "issued_by_a_person",
        "NotGranted",
        "a finaliser issues a certificate",
        by_person,
    );
}

fn version(maker: &mut Maker) {
    let genuine = maker.sample.version.verified().object().clone();
    let parts = || Parts::of(&genuine);
    let author = || FixedKey::from_seed(9);
    let id = |id: ObjectId| Cbor::Array(vec![Cbor::Negative(15), Cbor::Bytes(id.as_bytes().to_vec())]);
    maker.add(
        "version",
        "genuine",
        ACCEPTED,
        "plan P1, version 1",
        genuine.bytes().to_vec(),
    );
    let endorser = id(maker.world.endorser.certificate.id());
    let endorser = parts()
        .header(|header| header.put(&CERTIFICATE, endorser))
        .signed_by(&maker.world.endorser.key);
    maker.add(
        "version",
        "by_an_endorser",
        "NotGranted",
        "an endorser's key may not sign a version",
        endorser.encode(),
    );
    let stranger = parts()
        .header(|header| header.put(&CERTIFICATE, id(ObjectId::of(b"nobody"))))
        .signed_by(&author());
    maker.add(
        "version",
        "signer_unknown",
        "SignerUnknown",
        "no certificate of this id; says nothing against the plan",
        stranger.encode(),
    );
    let claims = [
        (
            "issuer_differs",
            1,
            Cbor::text("TEST-HOS1"),
            "iss is not the signer's organisation",
        ),
        (
            "subject_differs",
            2,
            Cbor::text("urn:uuid:00000000-0000-0000-0000-000000000000"),
            "sub is not the payload's plan",
        ),
        (
            "issued_at_differs",
            6,
            Cbor::Unsigned(1_763_460_901),
            "iat is a second later than the payload's",
        ),
    ];
    for (name, claim, value, note) in claims {
        maker.add(
            "version",
            name,
            "Claim",
            note,
            parts().claim(claim, value).signed_by(&author()).encode(),
        );
    }
    let name = Cbor::text("name");
    let author_differs = parts()
        .payload(|payload| *payload.at(&Cbor::text("author")).at(&name) = Cbor::text("Another Doctor"));
    maker.add(
        "version",
        "author_differs",
        "Disagreement",
        "the author named is not the one certified",
        author_differs.signed_by(&author()).encode(),
    );
    let newer = parts()
        .field("v", Cbor::Unsigned(2))
        .signed_by(&author())
        .encode();
    maker.add(
        "version",
        "newer_format",
        "NewerFormat",
        "v = 2: neither fine nor forged",
        newer,
    );
    let unknown = parts()
        .field("zz", Cbor::Unsigned(0))
        .signed_by(&author())
        .encode();
    maker.add(
        "version",
        "field_unknown",
        "Shape",
        "a field this format does not have",
        unknown,
    );
    let incomplete = parts()
        .payload(|payload| payload.remove(&Cbor::text("person")))
        .signed_by(&author())
        .encode();
    maker.add(
        "version",
        "person_missing",
        "Content",
        "a signed plan about nobody",
        incomplete,
    );
    let number = Cbor::text("nhs_number");
    let wrong =
        parts().payload(|payload| *payload.at(&Cbor::text("person")).at(&number) = Cbor::text("9990412074"));
    maker.add(
        "version",
        "nhs_number_check_digit",
        "Content",
        "the check digit is one too high",
        wrong.signed_by(&author()).encode(),
    );
    let type_of = Cbor::text("application/vnd.planseal.withdrawal+cbor");
    let relabelled = parts()
        .header(|header| header.put(&CONTENT_TYPE, type_of))
        .signed_by(&author())
        .encode();
    maker.add(
        "version",
        "of_another_kind",
        "Kind",
        "the header says withdrawal",
        relabelled,
    );
}

/// Signatures on which careless verifiers disagree (FORMAT §3).
fn version_signature(maker: &mut Maker) {
    let genuine = maker.sample.version.verified().object().clone();
    let with = |signature: Vec<u8>| {
        let mut parts = Parts::of(&genuine);
        parts.signature = signature;
        parts.encode()
    };
    let signature = Parts::of(&genuine).signature;
    let mut flipped = signature.clone();
    flipped[0] ^= 1;
    maker.add(
        "version",
        "signature_bit_changed",
        "BadSignature",
        "one bit of R",
        with(flipped),
    );
    maker.add(
        "version",
        "signature_s_plus_order",
        "BadSignature",
        "S + L: the same signature to a verifier that reduces S",
        with(plus_order(&signature)),
    );
    let message = Parts::of(&genuine).signed_bytes(&[]);
    let small = FixedKey::from_seed(9)
        .sign_with_small_order_r(0, &message)
        .to_vec();
    maker.add(
        "version",
        "signature_r_of_small_order",
        "BadSignature",
        "R is the neutral point: browsers accept it, nobody strict does",
        with(small),
    );
    let other = Parts::of(&genuine).signed_by(&FixedKey::from_seed(10)).encode();
    maker.add(
        "version",
        "signature_by_another_key",
        "BadSignature",
        "the endorser signed in the author's name",
        other,
    );
}

fn card(maker: &mut Maker) {
    let genuine = maker.sample.card.object().clone();
    let author = FixedKey::from_seed(9);
    maker.add(
        "card",
        "genuine",
        ACCEPTED,
        "the card of the version",
        genuine.bytes().to_vec(),
    );
    let level = Parts::of(&genuine).payload(|payload| payload.put(&Cbor::Unsigned(8), Cbor::Unsigned(6)));
    maker.add(
        "card",
        "level_unknown",
        "Field",
        "a ceiling of treatment beyond the five",
        level.signed_by(&author).encode(),
    );
    let long = Cbor::text(&"x".repeat(200));
    let long = Parts::of(&genuine).payload(|payload| payload.put(&Cbor::Unsigned(11), long));
    maker.add(
        "card",
        "too_long",
        "TooLong",
        "more than 280 bytes",
        long.signed_by(&author).encode(),
    );
}

fn about_a_version(maker: &mut Maker) {
    let (version, at) = (
        maker.sample.version.id(),
        maker.sample.version.content().signed_at().plus(86_400),
    );
    let withdrawal = Withdrawal {
        plan: PLAN,
        version,
        reason: WithdrawalReason::SharingStopped,
        issued_at: at,
    };
    let endorsement = Endorsement {
        plan: PLAN,
        version,
        statement: EndorsementCode::ResponsibleClinician,
        issued_at: at,
    };
    let report = Report {
        plan: PLAN,
        version,
        code: ReportCode::WithdrawalReported,
        words: words("She said this morning that she no longer wants it."),
        reporter: words("Paramedic A. Example, Nowhere Test Ambulance"),
        issued_at: at,
    };
    let key_status = KeyStatus {
        certificate: maker.world.author.certificate.id(),
        reason: RevocationReason::KeyLost,
        from_index: 9,
        issued_at: at,
    };
    let world = &maker.world;
    let made = [
        (
            "withdrawal",
            "reason",
            genuine_and_wrong(&withdrawal, &world.author, "reason"),
        ),
        (
            "endorsement",
            "statement",
            genuine_and_wrong(&endorsement, &world.endorser, "statement"),
        ),
        (
            "report",
            "code",
            genuine_and_wrong(&report, &world.recorder, "code"),
        ),
        (
            "key-status",
            "reason",
            genuine_and_wrong(&key_status, &world.practice, "reason"),
        ),
    ];
    for (kind, field, (genuine, wrong)) in made {
        maker.add(kind, "genuine", ACCEPTED, "signed by the role that may", genuine);
        let note = format!("{field} says nothing this format knows");
        maker.add(kind, &format!("{field}_unknown"), "Shape", &note, wrong);
    }
}

fn genuine_and_wrong<S: Statement>(statement: &S, by: &Party, field: &str) -> (Vec<u8>, Vec<u8>) {
    let genuine = envelope(statement, by);
    let wrong = Parts::of(&genuine)
        .field(field, Cbor::text("because"))
        .signed_by(&by.key);
    (genuine.bytes().to_vec(), wrong.encode())
}

fn enrolment(maker: &mut Maker) {
    let key = FixedKey::from_seed(11);
    let enrolment = Enrolment {
        nonce: *b"thirty-two bytes drawn at random",
        invite: "invite-0001".into(),
        name: "Priya Mockdale".into(),
        organisation: OrgCode::parse("TEST-NHS1").expect("an organisation code"),
        key: key.public_key(),
        custody: Custody::File,
        issued_at: Timestamp::from_seconds(1_763_460_900).expect("a time"),
    };
    let genuine = ToBeSigned::enrolment(&enrolment)
        .expect("encodes")
        .sign(&key)
        .expect("signs");
    maker.add(
        "enrolment",
        "genuine",
        ACCEPTED,
        "signed by the key it names",
        genuine.bytes().to_vec(),
    );
    let substituted = Parts::of(&genuine).signed_by(&FixedKey::from_seed(12)).encode();
    maker.add(
        "enrolment",
        "by_another_key",
        "BadSignature",
        "names a key that its sender does not hold",
        substituted,
    );
}
