//! A root, an organisation and a clinician with fixed keys: enough evidence to print a verified version.
//!
//! These keys are public; anything they sign proves nothing.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not stand is a failed test"
)]

use ed25519_dalek::{Signer, SigningKey};
use planseal::code::Pointer;
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::PlanId;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::plan::PlanVersion;
use planseal::plan::person::{
    Author, OrgCode as PlanOrg, Registration as PlanRegistration, RegistrationBody,
};
use planseal::sign::{PortError, Signature, SigningPort, ToBeSigned};
use planseal::time::{Date, Timestamp};
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgCode, OrgKind, PublicKey, Registration, Role,
    TrustPolicy,
};
use planseal::validate::{Context, NumberRange};
use planseal::verify::{self, Verified};
use planseal_render::{Attached, Codes, Document, Known, RenderError, Standing, document};

/// A sample plan, signed and verified, with the files it names.
pub(crate) struct Printable {
    version: Verified<PlanVersion>,
    files: Vec<Vec<u8>>,
    pub(crate) codes: Codes,
}

impl Printable {
    /// The sample `keys-example/plans/NAME.json`.
    pub(crate) fn sample(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../keys-example");
        let text = std::fs::read_to_string(format!("{folder}/plans/{name}.json")).unwrap();
        let day = text
            .split("\"effective_from\": \"")
            .nth(1)
            .unwrap()
            .get(..10)
            .unwrap();
        let at = Timestamp::parse(&format!("{day}T10:32:00Z")).unwrap();
        let mut draft = PlanDraft::from_json(&text).unwrap();
        let names: Vec<String> = draft
            .unfilled_attachments()
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut files = Vec::new();
        for name in names {
            let file = std::fs::read(format!("{folder}/adrt/{name}")).unwrap();
            draft.fill_attachment(&name, &file).unwrap();
            files.push(file);
        }
        let plan = draft.validate(&context(at)).unwrap();
        let version = verified(&plan, at);
        let pointer = Pointer {
            plan: plan.plan(),
            version_number: 1,
            version: version.id().prefix(),
        };
        let codes = Codes {
            pointer: pointer.address("plans.example"),
            offline: Some(format!("PS1:{}", "A7F%3:K9".repeat(86))),
        };
        Self {
            version,
            files,
            codes,
        }
    }

    /// The document as printed at a fixed time.
    pub(crate) fn print(&self) -> Result<Vec<u8>, RenderError> {
        let printed_at = Timestamp::parse("2026-11-22T14:32:00Z").unwrap();
        let known = Known {
            at: printed_at,
            standing: Standing::Latest,
            endorsements: Vec::new(),
            reports: Vec::new(),
        };
        let attachments: Vec<Attached<'_>> = self.files.iter().map(|bytes| Attached { bytes }).collect();
        document(&Document {
            version: &self.version,
            known: &known,
            codes: &self.codes,
            bundle: b"PLANSEAL-BUNDLE-1\0\0\0\x01\xa0",
            attachments: &attachments,
            printed_at,
        })
    }
}

fn context(at: Timestamp) -> Context<'static> {
    let registration = PlanRegistration::new(RegistrationBody::Gmc, "9900022").unwrap();
    let org = PlanOrg::parse("TEST-HOS1").unwrap();
    Context {
        at,
        numbers: NumberRange::Test,
        plan: PlanId::from_bytes([0x5a; 16]),
        salt: [1; 16],
        author: Author::new("Dr Tomas Sandbox-Ivers", Some(registration), "Consultant", org).unwrap(),
        predecessor: None,
    }
}

fn verified(plan: &PlanVersion, at: Timestamp) -> Verified<PlanVersion> {
    let (root_key, org_key, person_key) = (Key::of(1), Key::of(2), Key::of(3));
    let root = certificate(&root_key, Role::Root, at);
    let root = ToBeSigned::root(&root).unwrap().sign(&root_key).unwrap();
    let log = VerifierKey::new("log.example", KeyType::Log, Key::of(4).public_key()).unwrap();
    let policy = TrustPolicy::new(&root, &log.to_string(), "quorum none\n", "nobody").unwrap();
    let mut directory = Directory::pinned(&policy);
    let org = issued(
        &certificate(&org_key, Role::Organisation, at),
        &root_key,
        policy.root(),
    );
    let org = directory.admit(&org).unwrap().clone();
    let person = issued(&certificate(&person_key, Role::Finaliser, at), &org_key, &org);
    let person = directory.admit(&person).unwrap().clone();
    let signed = ToBeSigned::statement(plan, &person)
        .unwrap()
        .sign(&person_key)
        .unwrap();
    verify::statement(&signed, &directory).unwrap()
}

fn issued(certificate: &Certificate, key: &Key, issuer: &Verified<Certificate>) -> SignedObject {
    ToBeSigned::statement(certificate, issuer)
        .unwrap()
        .sign(key)
        .unwrap()
}

fn certificate(key: &Key, role: Role, at: Timestamp) -> Certificate {
    let (organisation, kind) = match role {
        Role::Root => ("TEST-HOST", OrgKind::Host),
        _ => ("TEST-HOS1", OrgKind::Hospice),
    };
    let registration = (role == Role::Finaliser).then(|| Registration {
        body: "gmc".into(),
        number: "9900022".into(),
    });
    let day = at.date();
    Certificate::new(CertificateFields {
        issued_at: at,
        not_before: Date::plus_days(day, -1),
        not_after: Date::plus_days(day, 300),
        organisation: OrgCode::parse(organisation).unwrap(),
        organisation_name: "Saint Nowhere's Hospice".into(),
        organisation_kind: kind,
        name: "Dr Tomas Sandbox-Ivers".into(),
        registration,
        roles: vec![role],
        key: key.public_key(),
        custody: Custody::File,
    })
    .unwrap()
}

struct Key(SigningKey);

impl Key {
    fn of(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }
}

impl SigningPort for Key {
    fn public_key(&self) -> PublicKey {
        PublicKey::parse(self.0.verifying_key().as_bytes()).unwrap()
    }

    fn sign(&self, to_be_signed: &ToBeSigned) -> Result<Signature, PortError> {
        Ok(Signature::from_bytes(
            self.0.sign(to_be_signed.bytes()).to_bytes(),
        ))
    }
}
