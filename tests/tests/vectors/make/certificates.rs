//! Certificates: what each says by itself, and what may stand under what (FORMAT §3.3).

use planseal::id::ObjectId;
use planseal::trust::{Certificate, CertificateFields, OrgKind, Role};
use planseal_tests::cbor::Cbor;
use planseal_tests::forge::{CERTIFICATE, Parts, thumbprint};
use planseal_tests::key::FixedKey;
use planseal_tests::vector::ACCEPTED;
use planseal_tests::world::{Party, certificate_fields, day, envelope, instant};

use super::{Case, Maker};
use crate::later::Later;

pub(super) fn make(maker: &mut Maker, later: &Later) {
    by_themselves(maker);
    under_issuers(maker, later);
    roots(maker);
}

fn roles(numbers: &[u64]) -> Cbor {
    Cbor::Array(numbers.iter().copied().map(Cbor::Unsigned).collect())
}

/// One field of the author's certificate is another; the practice signs it.
fn by_themselves(maker: &mut Maker) {
    let genuine = maker.world.author.certificate.object().clone();
    let with = |name: &str, value: Cbor| {
        let parts = Parts::of(&genuine).field(name, value);
        subject_follows_key(parts)
            .signed_by(&FixedKey::from_seed(7))
            .encode()
    };
    let key = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
    let honest = FixedKey::from_seed(9).with_torsion();
    let neutral = [&[1][..], &[0; 31]].concat();
    let signed_neutral = [&[1][..], &[0; 30], &[0x80]].concat();
    let above_field = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
    let text = Cbor::text;
    let cases: Vec<Case> = vec![
        (
            "two_roles_of_people",
            ACCEPTED,
            "a finaliser who may also endorse",
            with("roles", roles(&[19, 20])),
        ),
        (
            "roles_out_of_order",
            "Value",
            "20 before 19",
            with("roles", roles(&[20, 19])),
        ),
        ("role_twice", "Value", "19 twice", with("roles", roles(&[19, 19]))),
        ("roles_empty", "Value", "no role", with("roles", roles(&[]))),
        (
            "role_root_and_person",
            "Value",
            "root and finaliser on one key",
            with("roles", roles(&[1, 19])),
        ),
        (
            "two_service_roles",
            "Value",
            "head and status on one key",
            with("roles", roles(&[3, 4])),
        ),
        (
            "key_neutral",
            "Shape",
            "the neutral point as a key",
            with("key", key(&neutral)),
        ),
        (
            "key_not_canonical",
            "Shape",
            "the neutral point with its sign bit set",
            with("key", key(&signed_neutral)),
        ),
        (
            "key_above_the_field",
            "Shape",
            "y = p + 1, another encoding of the neutral point",
            with("key", key(&above_field)),
        ),
        (
            "key_with_torsion",
            "Shape",
            "an honest key plus a point of order eight",
            with("key", key(&honest)),
        ),
        (
            "key_no_point",
            "Shape",
            "y = 2 is on no point of the curve",
            with("key", key(&[&[2][..], &[0; 31]].concat())),
        ),
        (
            "key_of_31_bytes",
            "Shape",
            "a byte of the key is missing",
            with("key", key(&[9; 31])),
        ),
        (
            "key_as_text",
            "Shape",
            "the key in hexadecimal",
            with("key", text(&"ab".repeat(32))),
        ),
        (
            "organisation_in_small_letters",
            "Shape",
            "org is capitals, digits and inner hyphens",
            with("org", text("test-gp01")),
        ),
        (
            "organisation_of_two_letters",
            "Shape",
            "org has three to twelve characters",
            with("org", text("GP")),
        ),
        (
            "organisation_kind_unknown",
            "Shape",
            "orgkind says nothing this format knows",
            with("orgkind", text("pharmacy")),
        ),
        (
            "custody_unknown",
            "Shape",
            "custody says nothing this format knows",
            with("custody", text("paper")),
        ),
        ("name_empty", "Value", "no name", with("name", text(""))),
        (
            "name_of_two_lines",
            "Value",
            "a line feed in the name",
            with("name", text("Rowena\nDemo")),
        ),
        (
            "name_of_129_characters",
            "Value",
            "one character too many",
            with("name", text(&"x".repeat(129))),
        ),
        (
            "organisation_name_empty",
            "Value",
            "no name of the organisation",
            with("orgname", text(" ")),
        ),
        (
            "day_that_does_not_exist",
            "Shape",
            "30 February",
            with("exp", text("2026-02-30")),
        ),
        (
            "day_in_other_order",
            "Shape",
            "day, month, year",
            with("exp", text("31-10-2026")),
        ),
        (
            "ends_before_it_begins",
            "Value",
            "exp is the day before nbf",
            with("exp", text("2025-10-31")),
        ),
        (
            "registration_of_text",
            "Shape",
            "reg is a map of body and number",
            with("reg", text("gmc 9900011")),
        ),
    ];
    maker.add_all("certificate", cases);
}

/// A certificate speaks about its key: `sub` follows it, so that the key is the only fault.
fn subject_follows_key(mut parts: Parts) -> Parts {
    if let Cbor::Bytes(key) = parts.payload.at(&Cbor::text("key")).clone() {
        parts = parts.claim(
            2,
            Cbor::Text(format!("urn:planseal:certificate:{}", hex::encode(key))),
        );
    }
    parts
}

/// Honest by itself, and wrong where it stands.
fn under_issuers(maker: &mut Maker, later: &Later) {
    let world = &maker.world;
    let (root, practice, host) = (&world.root, &world.practice, &world.host);
    let key = FixedKey::from_seed(50);
    let person = || {
        certificate_fields(
            "TEST-GP01",
            OrgKind::GpPractice,
            "Somebody Testperson",
            Role::Finaliser,
            &key,
        )
    };
    let organisation = || {
        certificate_fields(
            "TEST-NEW1",
            OrgKind::Hospital,
            "TEST-NEW1",
            Role::Organisation,
            &key,
        )
    };
    let service = |kind| certificate_fields("TEST-GP01", kind, "Head key 2", Role::ServiceHead, &key);
    let changed = |mut fields: CertificateFields, change: &dyn Fn(&mut CertificateFields)| {
        change(&mut fields);
        fields
    };
    let cases: Vec<Case> = vec![
        (
            "of_a_new_person",
            ACCEPTED,
            "a finaliser, by the practice",
            issued(person(), practice),
        ),
        (
            "of_a_new_organisation",
            ACCEPTED,
            "a hospital, by the root",
            issued(organisation(), root),
        ),
        (
            "person_by_the_root",
            "Depth",
            "people are certified by their organisation",
            issued(person(), root),
        ),
        (
            "organisation_by_an_organisation",
            "Depth",
            "organisations are certified by the root",
            issued(organisation(), host),
        ),
        (
            "root_by_a_root",
            "Depth",
            "a root is pinned, not certified",
            issued(
                certificate_fields("TEST-ROOT", OrgKind::Host, "Root 2", Role::Root, &key),
                root,
            ),
        ),
        (
            "service_by_a_practice",
            "OtherOrganisation",
            "a practice that calls itself a host issues a head key",
            issued(service(OrgKind::Host), practice),
        ),
        (
            "organisation_kind_differs",
            "OtherOrganisation",
            "a practice certifies people of a hospital",
            issued(
                changed(person(), &|fields| fields.organisation_kind = OrgKind::Hospital),
                practice,
            ),
        ),
        (
            "organisation_name_differs",
            "OtherOrganisation",
            "the practice's code under another name",
            issued(
                changed(person(), &|fields| {
                    fields.organisation_name = "The Royal Test Hospital".into()
                }),
                practice,
            ),
        ),
        (
            "begins_before_its_issuer",
            "OutlivesIssuer",
            "nbf is before the practice's",
            issued(
                changed(person(), &|fields| {
                    fields.not_before = day("2025-10-01");
                    fields.not_after = day("2026-09-01");
                }),
                practice,
            ),
        ),
        (
            "ends_after_its_issuer",
            "OutlivesIssuer",
            "exp is after the practice's",
            issued(
                changed(person(), &|fields| {
                    fields.not_before = day("2028-10-01");
                    fields.not_after = day("2028-11-01");
                }),
                practice,
            ),
        ),
        (
            "signed_before_its_issuer",
            "IssuerNotValid",
            "iat is before the practice's first day",
            issued(
                changed(person(), &|fields| {
                    fields.issued_at = instant("2025-10-31T23:59:59Z")
                }),
                practice,
            ),
        ),
        (
            "by_a_service_key",
            "NotGranted",
            "a head key issues a certificate",
            issued_as(&person(), &world.head, practice),
        ),
        (
            "by_a_governance_lead",
            "NotGranted",
            "governance issues a certificate",
            issued_as(&person(), &later.staff.governance, practice),
        ),
        (
            "in_the_name_of_another_issuer",
            "BadSignature",
            "the host signs, and names the practice's certificate",
            in_the_name_of(&person(), host, practice),
        ),
        (
            "organisation_over_three_years",
            "Value",
            "1097 days; 1096 are allowed",
            lasting(&organisation(), "2028-11-02", root),
        ),
        (
            "registration_without_person",
            "Value",
            "an organisation with a professional registration",
            registered(&organisation(), root),
        ),
    ];
    maker.add_all("certificate", cases);
}

fn issued(fields: CertificateFields, by: &Party) -> Vec<u8> {
    let certificate = Certificate::new(fields).expect("honest by itself");
    envelope(&certificate, by).bytes().to_vec()
}

fn id_of(party: &Party) -> ObjectId {
    party.certificate.id()
}

/// As the practice would issue it, but named and signed by somebody without the role.
fn issued_as(fields: &CertificateFields, by: &Party, stand_in: &Party) -> Vec<u8> {
    let certificate = Certificate::new(fields.clone()).expect("honest by itself");
    let parts = Parts::of(&envelope(&certificate, stand_in));
    let parts = parts.header(|header| header.put(&CERTIFICATE, thumbprint(&id_of(by))));
    parts.signed_by(&by.key).encode()
}

fn in_the_name_of(fields: &CertificateFields, by: &Party, named: &Party) -> Vec<u8> {
    let certificate = Certificate::new(fields.clone()).expect("honest by itself");
    Parts::of(&envelope(&certificate, named))
        .signed_by(&by.key)
        .encode()
}

fn lasting(fields: &CertificateFields, until: &str, by: &Party) -> Vec<u8> {
    let certificate = Certificate::new(fields.clone()).expect("honest by itself");
    let parts = Parts::of(&envelope(&certificate, by)).field("exp", Cbor::text(until));
    parts.signed_by(&by.key).encode()
}

fn registered(fields: &CertificateFields, by: &Party) -> Vec<u8> {
    let certificate = Certificate::new(fields.clone()).expect("honest by itself");
    let entry = |name: &str, value: &str| (Cbor::text(name), Cbor::text(value));
    let registration = Cbor::Map(vec![entry("body", "gmc"), entry("number", "9900011")]);
    let parts = Parts::of(&envelope(&certificate, by)).field("reg", registration);
    parts.signed_by(&by.key).encode()
}

/// The one certificate without a signer's certificate, as a trust policy carries it.
fn roots(maker: &mut Maker) {
    let world = &maker.world;
    let root = world.root.certificate.object();
    let policy = world.policy.bytes().as_slice();
    let with_root = |root: Vec<u8>| {
        let mut policy = Cbor::decode(policy);
        policy.put(&Cbor::text("root"), Cbor::Bytes(root));
        policy.encode()
    };
    let key = &world.root.key;
    let neutral = key.sign_with_small_order_r(0, &Parts::of(root).signed_bytes(&[]));
    let mut small = Parts::of(root);
    small.signature = neutral.to_vec();
    let other_key = Parts::of(root).signed_by(&world.host.key).encode();
    let named = Parts::of(root).header(|header| header.put(&CERTIFICATE, thumbprint(&id_of(&world.root))));
    let elsewhere = Parts::of(root)
        .claim(1, Cbor::text("TEST-HOST"))
        .signed_by(key)
        .encode();
    let organisation = world.host.certificate.envelope().to_vec();
    let changed = |field: &str, value: Cbor| {
        let mut policy = Cbor::decode(policy);
        policy.put(&Cbor::text(field), value);
        policy.encode()
    };
    let mut newer = Cbor::decode(policy);
    newer.put(&Cbor::text("v"), Cbor::Unsigned(2));
    newer.put(&Cbor::text("zz"), Cbor::Unsigned(0));
    let torsion = [&[1][..], &FixedKey::from_seed(2).with_torsion()].concat();
    let cases: Vec<Case> = vec![
        (
            "root_signed_by_another",
            "BadSignature",
            "the root's certificate signed by the host",
            with_root(other_key),
        ),
        (
            "root_signature_r_of_small_order",
            "BadSignature",
            "R of the root's own signature is the neutral point",
            with_root(small.encode()),
        ),
        (
            "root_names_a_signer",
            "Depth",
            "label 34 in a root's certificate",
            with_root(named.signed_by(key).encode()),
        ),
        (
            "root_issuer_differs",
            "Claim",
            "iss of the root is not its own organisation",
            with_root(elsewhere),
        ),
        (
            "root_is_an_organisation",
            "Depth",
            "an organisation's certificate as the root",
            with_root(organisation),
        ),
        (
            "root_cut_short",
            "Value",
            "the root's envelope lacks its last byte",
            with_root(root.bytes()[..root.bytes().len() - 1].to_vec()),
        ),
        (
            "vkey_of_a_witness",
            "KeyId",
            "the log's key under type 4 and the id of type 1",
            changed("vkey", Cbor::Text(retyped(&world.ledger.verifier().to_string()))),
        ),
        (
            "vkey_with_torsion",
            "MixedOrder",
            "the log's key plus a point of order eight",
            changed(
                "vkey",
                Cbor::Text(super::notes::vkey("test.planseal.example/log", &torsion)),
            ),
        ),
        (
            "quorum_missing",
            "NoQuorum",
            "a witness policy that does not say how many",
            changed("witness", Cbor::text("")),
        ),
        (
            "newer_format",
            "NewerFormat",
            "v = 2, with a field that v = 1 does not have",
            newer.encode(),
        ),
        (
            "type_of_another",
            "Type",
            "typ is a bundle's",
            changed("typ", Cbor::text("planseal.bundle")),
        ),
        (
            "field_unknown",
            "Shape",
            "a field this format does not have",
            changed("zz", Cbor::Unsigned(0)),
        ),
        (
            "cut_short",
            "Truncated",
            "the last byte is missing",
            policy[..policy.len() - 1].to_vec(),
        ),
    ];
    maker.add_all("trust-policy", cases);
}

/// The same key said to be a witness's, under the old id.
fn retyped(vkey: &str) -> String {
    let (name, material) = vkey.rsplit_once('+').expect("three parts");
    let mut bytes =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, material).expect("base64");
    bytes[0] = 4;
    format!(
        "{name}+{}",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
    )
}
