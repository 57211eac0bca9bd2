//! A record with everybody it needs, founded a week before its one version is signed, and the print of that version.
//!
//! Keys of people last a year and the samples span more, so each document has a root, a host and a log of its own.
//! Keys and times are fixed: a document comes out byte for byte the same on every run.

use planseal::bundle::Bundle;
use planseal::card::{Card, Stamp};
use planseal::check::Reader;
use planseal::code::{OfflineCode, Pointer};
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::plan::PlanVersion;
use planseal::sign::{SigningPort, ToBeSigned};
use planseal::statement::Statement;
use planseal::time::Timestamp;
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgCode, OrgKind, Registration, Role, TrustPolicy,
};
use planseal::verify::{self, Logged, Verified};
use planseal_render::print::{self, Print};
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::Ledger;
use planseal_tests::world::{Party, envelope};

use crate::people::Clinician;

/// What a print is made of, and the print.
pub struct Printed {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// The bundle as embedded.
    pub bundle: Vec<u8>,
    /// What the pointer code says.
    pub pointer: String,
    /// What the offline code says; a version that is not the latest has none.
    pub offline: Option<String>,
}

/// Everybody a version needs, and the log that holds their certificates.
pub(crate) struct Scene {
    root: Party,
    host: Party,
    head: Party,
    organisation: Party,
    author: Party,
    policy: TrustPolicy,
    directory: Directory,
    ledger: Ledger,
}

impl Scene {
    /// Certifies everybody for a version that is signed at this time.
    pub(crate) fn before(signing: Timestamp, clinician: &Clinician) -> Self {
        let at = signing.plus(-WEEK);
        let root_key = FixedKey::from_seed(1);
        let root = Certificate::new(fields(Role::Root, HOST, at, &root_key)).expect("a root");
        let root = ToBeSigned::root(&root).expect("a root").sign(&root_key);
        let mut ledger = Ledger::new(FixedKey::from_seed(2));
        let verifier = ledger.verifier().to_string();
        let root = root.expect("the root signs itself");
        let policy = TrustPolicy::new(&root, &verifier, "quorum none\n", "Ring the test host");
        let policy = policy.expect("a trust policy");
        let root = Party {
            key: root_key,
            certificate: policy.root().clone(),
        };
        ledger.append(&root.certificate, at);
        let mut directory = Directory::pinned(&policy);
        let mut certify = |issuer: &Party, role, organisation, seed, clinician: Option<&Clinician>| {
            let key = FixedKey::from_seed(seed);
            let mut fields = fields(role, organisation, at, &key);
            if let Some(clinician) = clinician {
                name(&mut fields, clinician);
            }
            let object = envelope(&Certificate::new(fields).expect("a certificate"), issuer);
            let certificate = directory.admit(&object).expect("an honest certificate").clone();
            ledger.append(&certificate, at);
            Party { key, certificate }
        };
        let host = certify(&root, Role::Organisation, HOST, 3, None);
        let head = certify(&host, Role::ServiceHead, HOST, 4, None);
        let organisation = certify(&root, Role::Organisation, &clinician.org, 5, None);
        let author = certify(&organisation, Role::Finaliser, &clinician.org, 6, Some(clinician));
        let mut scene = Self {
            root,
            host,
            head,
            organisation,
            author,
            policy,
            directory,
            ledger,
        };
        scene.place_certificates();
        scene
    }

    /// Signs, logs and prints a version; the head says of it what it is told to.
    pub(crate) fn print(mut self, version: &PlanVersion, files: &[Vec<u8>], state: HeadState) -> Printed {
        let version = self.sign(version, &self.author);
        let logged_at = version.signed_at().plus(10 * MINUTE);
        self.ledger.append(&version, logged_at);
        let receipt = self.ledger.receipt(&version.id());
        let version = verify::logged(version, &receipt, &self.policy, &self.directory);
        let version = version.expect("an honest registration");
        let printed_at = logged_at.plus(MINUTE);
        let card = self.sign(&Card::project(version.content(), version.id()), &self.author);
        let stamp = self.stamp(&version, &card, printed_at);
        let head = self.sign(&self.head_of(&version, state, printed_at), &self.head);
        let bundle = self.bundle(&version, &card, &stamp, &head);
        let checked = Reader::default().pin(self.policy.clone()).open_bundle(&bundle);
        let bundle = bundle.encode().expect("a bundle encodes");
        let pdf = print::print(&Print {
            checked: &checked.expect("an honest bundle"),
            bundle: &bundle,
            files,
            policy: &self.policy,
        });
        Printed {
            pdf: pdf.expect("a plan that was validated can be printed"),
            bundle,
            pointer: pointer(&version).address(print::host(&self.policy)),
            offline: (state == HeadState::Current)
                .then(|| OfflineCode::new(&card, &stamp).expect("it fits").text()),
        }
    }

    fn sign<S: Statement>(&self, statement: &S, by: &Party) -> Verified<S> {
        let object = envelope(statement, by);
        verify::statement(&object, &self.directory).expect("an honest statement")
    }

    fn certificates(&self) -> [&Verified<Certificate>; 5] {
        let all = [
            &self.root,
            &self.host,
            &self.head,
            &self.organisation,
            &self.author,
        ];
        all.map(|party| &party.certificate)
    }

    /// A directory knows where a certificate stands only by its receipt.
    fn place_certificates(&mut self) {
        for certificate in self.certificates().map(Verified::clone) {
            let receipt = self.ledger.receipt(&certificate.id());
            let logged = verify::logged(certificate, &receipt, &self.policy, &self.directory);
            let logged = logged.expect("certificates are logged in order");
            self.directory.place_logged(&logged).expect("one place each");
        }
    }

    fn stamp(
        &self,
        version: &Logged<PlanVersion>,
        card: &Verified<Card>,
        issued_at: Timestamp,
    ) -> Verified<Stamp> {
        let Party { key, certificate } = &self.head;
        let stamp = Stamp {
            version: version.index(),
            issued_at,
            size: self.ledger.size(),
            signer: self.ledger.place_of(&certificate.id()),
        };
        let object = ToBeSigned::stamp(&stamp, card.object(), certificate).expect("the head key stamps");
        let object = object.sign(key).expect("the head key signs");
        verify::stamp(&object, card.object(), &self.directory).expect("an honest stamp")
    }

    fn head_of(&self, version: &Logged<PlanVersion>, state: HeadState, issued_at: Timestamp) -> Head {
        Head {
            plan: version.content().plan(),
            latest: version.id(),
            leaf: version.index(),
            version_number: version.content().version_number(),
            signed_at: version.content().signed_at(),
            state,
            warnings: Vec::new(),
            size: self.ledger.size(),
            root: self.ledger.root(),
            issued_at,
        }
    }

    fn bundle(
        &self,
        version: &Logged<PlanVersion>,
        card: &Verified<Card>,
        stamp: &Verified<Stamp>,
        head: &Verified<Head>,
    ) -> Bundle {
        let mut certificates = self.certificates().map(|held| held.object().clone()).to_vec();
        certificates.sort_by_key(SignedObject::id);
        let ids = certificates.iter().map(SignedObject::id).chain([version.id()]);
        let mut receipts: Vec<_> = ids.map(|id| (id, self.ledger.receipt(&id))).collect();
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
            root: self.policy.root().id(),
        }
    }
}

fn pointer(version: &Logged<PlanVersion>) -> Pointer {
    let number = version.content().version_number();
    Pointer {
        plan: version.content().plan(),
        version_number: u16::try_from(number).expect("a first version"),
        version: version.id().prefix(),
    }
}

/// What a certificate of this role says; a person's name and registration are added by [`name`].
fn fields(role: Role, organisation: &str, at: Timestamp, key: &FixedKey) -> CertificateFields {
    CertificateFields {
        issued_at: at,
        not_before: at.date(),
        not_after: at.date().plus_days(300),
        organisation: OrgCode::parse(organisation).expect("an organisation code"),
        organisation_name: format!("{organisation} (fictional)"),
        organisation_kind: if organisation == HOST {
            OrgKind::Host
        } else {
            OrgKind::Hospital
        },
        name: format!("{role:?} key"),
        registration: None,
        roles: vec![role],
        key: key.public_key(),
        custody: Custody::File,
    }
}

fn name(fields: &mut CertificateFields, clinician: &Clinician) {
    fields.name = clinician.name.clone();
    fields.registration = Some(Registration {
        body: clinician.registration.body.clone(),
        number: clinician.registration.number.clone(),
    });
}

const HOST: &str = "TEST-HOST";
const MINUTE: i64 = 60;
const WEEK: i64 = 7 * 24 * 60 * MINUTE;
