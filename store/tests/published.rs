//! A real plan, verified by core, through the public interface: stored, logged, proved, read back and verified again.

use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use planseal::card::Card;
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::PlanId;
use planseal::plan::PlanVersion;
use planseal::plan::contacts::Digest;
use planseal::plan::person::{self, Author, RegistrationBody};
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::time::Timestamp;
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgCode, OrgKind, PublicKey, Role, TrustPolicy,
};
use planseal::validate::{Context, NumberRange};
use planseal::verify::{self, Verified};
use planseal_store::{
    AppendError, OperationId, PrintRecord, PrintRecordError, Publication, SetClock, Store, StoreConfig,
};

const DRAFT: &str = include_str!("../../keys-example/plans/P3-v2.json");
const SCAN: &[u8] = b"%PDF-1.7\nthe scan of an advance decision";
const ORIGIN: &str = "test.example/log";

struct Key(SigningKey);

impl Key {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }
}

impl SigningPort for Key {
    fn public_key(&self) -> PublicKey {
        PublicKey::parse(&self.0.verifying_key().to_bytes()).expect("an honest key")
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(
            self.0.sign(to_be_signed.bytes()).to_bytes(),
        ))
    }
}

fn signed_at() -> Timestamp {
    Timestamp::parse("2026-06-24T15:10:00Z").expect("an instant")
}

fn certificate(key: &Key, org: &str, kind: OrgKind, name: &str, role: Role) -> Certificate {
    let registration = (role == Role::Finaliser).then(|| planseal::trust::Registration {
        body: "gmc".into(),
        number: "9900011".into(),
    });
    Certificate::new(CertificateFields {
        issued_at: signed_at(),
        not_before: signed_at().date(),
        not_after: signed_at().date().plus_days(360),
        organisation: OrgCode::parse(org).expect("a code"),
        organisation_name: "Sandbox Hospice".into(),
        organisation_kind: kind,
        name: name.into(),
        registration,
        roles: vec![role],
        key: key.public_key(),
        custody: Custody::File,
    })
    .expect("a certificate")
}

/// Root, organisation and clinician, each verified.
struct People {
    policy: TrustPolicy,
    directory: Directory,
    certificates: [Verified<Certificate>; 3],
    clinician: Key,
}

fn people() -> People {
    let (root, organisation, clinician) = (Key::new(1), Key::new(2), Key::new(3));
    let root_certificate = certificate(&root, "TEST-HOST", OrgKind::Host, "Root", Role::Root);
    let root_object = ToBeSigned::root(&root_certificate).and_then(|root_bytes| root_bytes.sign(&root));
    let root_object = root_object.expect("signed");
    let verified_root = verify::root(&root_object).expect("the root");
    let vkey = planseal::log::note::VerifierKey::new(
        ORIGIN,
        planseal::log::note::KeyType::Log,
        Key::new(9).public_key(),
    );
    let vkey = vkey.expect("a name").to_string();
    let policy = TrustPolicy::new(&root_object, &vkey, "quorum none", "01632 960000").expect("a policy");
    let mut directory = Directory::pinned(&policy);
    let mut admit = |content: &Certificate, issuer: &Verified<Certificate>, key: &Key| {
        let object = ToBeSigned::statement(content, issuer).and_then(|bytes| bytes.sign(key));
        directory
            .admit(&object.expect("signed"))
            .expect("admitted")
            .clone()
    };
    let org = certificate(
        &organisation,
        "TEST-HOS1",
        OrgKind::Hospice,
        "Hospice",
        Role::Organisation,
    );
    let org = admit(&org, &verified_root, &root);
    let person = certificate(
        &clinician,
        "TEST-HOS1",
        OrgKind::Hospice,
        "Tomas Sandbox-Ivers",
        Role::Finaliser,
    );
    let person = admit(&person, &org, &organisation);
    People {
        policy,
        directory,
        certificates: [verified_root, org, person],
        clinician,
    }
}

fn version_of(people: &People, plan: PlanId) -> (Verified<PlanVersion>, Verified<Card>) {
    let mut draft = PlanDraft::from_json(DRAFT).expect("a draft");
    draft
        .fill_attachment("P3-adrt.pdf", SCAN)
        .expect("the draft names it");
    let registration = person::Registration::new(RegistrationBody::Gmc, "9900011").expect("a registration");
    let org = OrgCode::parse("TEST-HOS1").expect("a code");
    let author = Author::new("Tomas Sandbox-Ivers", Some(registration), "Consultant", org);
    let context = Context {
        at: signed_at(),
        numbers: NumberRange::Test,
        plan,
        salt: [6; 16],
        author: author.expect("an author"),
        predecessor: None,
    };
    let version = draft.validate(&context).expect("a valid plan");
    let signer = &people.certificates[2];
    let sign = |bytes: ToBeSigned| bytes.sign(&people.clinician).expect("signed");
    let object = sign(ToBeSigned::statement(&version, signer).expect("its kind"));
    let card = Card::project(&version, object.id());
    let card = sign(ToBeSigned::statement(&card, signer).expect("its kind"));
    let verified = verify::statement(&object, &people.directory).expect("verified");
    (
        verified,
        verify::statement(&card, &people.directory).expect("verified"),
    )
}

fn operation() -> OperationId {
    OperationId::random().expect("randomness")
}

#[tokio::test]
async fn a_plan_is_published_proved_and_verified_again_from_what_was_stored() {
    let people = people();
    let clock = Arc::new(SetClock::new(signed_at()));
    let store = Store::open(StoreConfig::memory(), Box::new(Key::new(9)), ORIGIN, clock).await;
    let store = store.expect("a new store");
    for certificate in &people.certificates {
        store.append(certificate, operation()).await.expect("logged");
    }
    let (version, card) = version_of(&people, PlanId::from_bytes([5; 16]));
    let (_, foreign_card) = version_of(&people, PlanId::from_bytes([4; 16]));
    let publication = Publication {
        version: &version,
        card: Some(&card),
        attachments: &[],
        operation: operation(),
    };
    let foreign = Publication {
        card: Some(&foreign_card),
        attachments: &[SCAN],
        ..publication
    };
    let foreign = store
        .publish(foreign)
        .await
        .expect_err("the card of another plan");
    assert!(matches!(foreign, AppendError::CardDiffers));
    let missing = store
        .publish(publication)
        .await
        .expect_err("the scan was not given");
    assert!(matches!(missing, AppendError::AttachmentMissing { sha256 } if sha256 == Digest::of(SCAN)));
    let unnamed = Publication {
        attachments: &[SCAN, b"another file"],
        ..publication
    };
    let unnamed = store.publish(unnamed).await.expect_err("one file too many");
    assert!(matches!(unnamed, AppendError::AttachmentNotNamed { .. }));
    assert_eq!(store.log_size(), 3, "nothing was logged by the refusals");

    let whole = Publication {
        attachments: &[SCAN],
        ..publication
    };
    let receipt = store.publish(whole).await.expect("published");
    assert_eq!(receipt.proof().index, 3);
    assert_eq!(store.publish(whole).await.expect("the same answer"), receipt);

    let stored = store
        .object(version.id())
        .await
        .expect("readable")
        .expect("there");
    let object = SignedObject::parse(&stored.envelope).expect("an envelope");
    let again = verify::statement::<PlanVersion>(&object, &people.directory).expect("verified again");
    let mut directory = people.directory.clone();
    for certificate in people.certificates {
        let receipt = store
            .receipt(certificate.id())
            .await
            .expect("readable")
            .expect("there");
        let logged = verify::logged(certificate, &receipt, &people.policy, &directory).expect("in the log");
        directory.place_logged(&logged).expect("one place each");
    }
    let logged = verify::logged(again, &receipt, &people.policy, &directory).expect("in the log");
    assert_eq!(logged.index(), 3);
    assert_eq!(stored.card.as_deref(), Some(card.envelope()));
    let number = version
        .content()
        .person()
        .nhs_number()
        .expect("the sample has one");
    let plan = version.content().plan();
    assert_eq!(store.find_by_nhs(&number).await.expect("readable"), Some(plan));
    let scan = store.attachment(plan, &Digest::of(SCAN)).await.expect("readable");
    assert_eq!(scan.as_deref(), Some(SCAN));

    let print = PrintRecord {
        version: version.id(),
        renderer: "renderer 1".into(),
        document: Digest::of(b"pages"),
        sealed: Digest::of(b"pages and seal"),
        at: Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant"),
    };
    store.record_print(plan, &print).await.expect("kept");
    store.record_print(plan, &print).await.expect("the same again");
    let other = PrintRecord {
        renderer: "renderer 2".into(),
        ..print.clone()
    };
    let refused = store.record_print(plan, &other).await;
    assert!(
        matches!(refused, Err(PrintRecordError::Differs { .. })),
        "one file is made once"
    );
    let found = store.print_of(plan, &print.sealed).await.expect("readable");
    assert_eq!(found, Some(print));
    let unknown = store.print_of(plan, &Digest::of(b"another file")).await;
    assert!(unknown.expect("readable").is_none());
}
