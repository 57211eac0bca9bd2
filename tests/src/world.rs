//! A root, a host with its service keys, a practice and a hospice, one clinician in each, all certified and logged.

use planseal::envelope::SignedObject;
use planseal::sign::SigningPort;
use planseal::sign::ToBeSigned;
use planseal::statement::{LoggedStatement, Statement, Words};
use planseal::time::{Date, Timestamp};
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgCode, OrgKind, Registration, Role, TrustPolicy,
};
use planseal::verify::{self, Logged, Verified};

use crate::key::FixedKey;
use crate::ledger::Ledger;

/// Somebody who can sign: a key and the certificate it was issued.
pub struct Party {
    /// The key.
    pub key: FixedKey,
    /// Its certificate.
    pub certificate: Verified<Certificate>,
}

/// Everybody needed for one plan, and the log that holds their certificates.
pub struct World {
    /// The pinned root.
    pub root: Party,
    /// The host organisation.
    pub host: Party,
    /// Signs heads and stamps.
    pub head: Party,
    /// Signs snapshots and trust lists.
    pub status: Party,
    /// Signs what readers report.
    pub recorder: Party,
    /// The general practice's own key.
    pub practice: Party,
    /// The hospice's own key.
    pub hospice: Party,
    /// A general practitioner who may finalise plans.
    pub author: Party,
    /// A consultant at the hospice who may endorse them, and no more.
    pub endorser: Party,
    /// What a reader pins.
    pub policy: TrustPolicy,
    /// Every certificate, with its place in the log.
    pub directory: Directory,
    /// The log.
    pub ledger: Ledger,
    /// Certificates issued after the beginning, in the order of the log.
    joined: Vec<Verified<Certificate>>,
}

/// When the world began: its certificates are signed and logged at this minute.
#[must_use]
pub fn beginning() -> Timestamp {
    instant("2025-11-01T09:00:00Z")
}

/// Parses a time written in a test.
///
/// # Panics
/// When it is none: a mistake in the test.
#[must_use]
pub fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time such as 2025-11-01T09:00:00Z")
}

/// Words written in a test.
///
/// # Panics
/// When they are outside the format: a mistake in the test.
#[must_use]
pub fn words(text: &str) -> Words {
    Words::parse(text).expect("words of 1 to 2000 bytes")
}

/// Parses a date written in a test.
///
/// # Panics
/// When it is none: a mistake in the test.
#[must_use]
pub fn day(text: &str) -> Date {
    Date::parse(text).expect("a date such as 2025-11-01")
}

/// What a certificate of this world says; tests change single fields of it.
///
/// # Panics
/// When `organisation` is no organisation code: a mistake in the test.
#[must_use]
pub fn certificate_fields(
    organisation: &str,
    kind: OrgKind,
    name: &str,
    role: Role,
    key: &FixedKey,
) -> CertificateFields {
    let not_after = match role {
        Role::Root => "2040-10-31",
        Role::Organisation => "2028-10-31",
        _ => "2026-10-31",
    };
    CertificateFields {
        issued_at: beginning(),
        not_before: day("2025-11-01"),
        not_after: day(not_after),
        organisation: OrgCode::parse(organisation).expect("an organisation code"),
        organisation_name: format!("{organisation} (fictional)"),
        organisation_kind: kind,
        name: name.into(),
        registration: None,
        roles: vec![role],
        key: key.public_key(),
        custody: Custody::File,
    }
}

impl World {
    /// The world at its beginning: everybody is certified, nobody has written a plan.
    ///
    /// # Panics
    /// When the code under test refuses an honest object; every test then fails, and says where.
    #[must_use]
    pub fn new() -> Self {
        let root_key = FixedKey::from_seed(1);
        let fields = certificate_fields("TEST-ROOT", OrgKind::Host, "Test root", Role::Root, &root_key);
        let certificate = Certificate::new(fields).expect("a root certificate");
        let root = ToBeSigned::root(&certificate)
            .expect("a root")
            .sign(&root_key)
            .expect("signed");
        let mut ledger = Ledger::new(FixedKey::from_seed(2));
        let policy = TrustPolicy::new(
            &root,
            &ledger.verifier().to_string(),
            "quorum none\n",
            "Ring the test host",
        );
        let policy = policy.expect("a trust policy");
        let root = Party {
            key: root_key,
            certificate: policy.root().clone(),
        };
        ledger.append(&root.certificate, beginning());
        let mut builder = Builder {
            directory: Directory::pinned(&policy),
            ledger,
        };
        let host = builder.organisation(&root, "TEST-HOST", OrgKind::Host, 3);
        let head = builder.service(&host, "Head key", Role::ServiceHead, 4);
        let status = builder.service(&host, "Status key", Role::ServiceStatus, 5);
        let recorder = builder.service(&host, "Recorder key", Role::ServiceRecorder, 6);
        let practice = builder.organisation(&root, "TEST-GP01", OrgKind::GpPractice, 7);
        let hospice = builder.organisation(&root, "TEST-HOS1", OrgKind::Hospice, 8);
        let author = builder.doctor(&practice, "Rowena Demo-Achebe", "9900011", Role::Finaliser, 9);
        let endorser = builder.doctor(&hospice, "Tomas Sandbox-Ivers", "9900022", Role::Endorser, 10);
        let mut world = Self {
            root,
            host,
            head,
            status,
            recorder,
            practice,
            hospice,
            author,
            endorser,
            policy,
            directory: builder.directory,
            ledger: builder.ledger,
            joined: Vec::new(),
        };
        world.place_certificates();
        world
    }

    /// Signs a statement as a party and verifies it, as everybody would.
    ///
    /// # Panics
    /// When an honest statement is refused.
    #[must_use]
    pub fn sign<S: Statement>(&self, statement: &S, by: &Party) -> Verified<S> {
        let object = envelope(statement, by);
        verify::statement(&object, &self.directory).expect("an honest statement verifies")
    }

    /// Appends a statement to the log and proves that it is there.
    ///
    /// # Panics
    /// When an honest registration is refused.
    pub fn log<S: LoggedStatement>(&mut self, statement: Verified<S>, at: Timestamp) -> Logged<S> {
        self.ledger.append(&statement, at);
        let receipt = self.ledger.receipt(&statement.id());
        let logged = verify::logged(statement, &receipt, &self.policy, &self.directory);
        logged.expect("an honest registration verifies")
    }

    /// Certifies somebody after the world's beginning, in the log, at a set time.
    ///
    /// # Panics
    /// When an honest certificate is refused.
    pub fn certify(
        &mut self,
        fields: CertificateFields,
        key: FixedKey,
        by: fn(&Self) -> &Party,
        at: Timestamp,
    ) -> Party {
        let certificate = Certificate::new(fields).expect("a certificate");
        let object = envelope(&certificate, by(self));
        let admitted = self
            .directory
            .admit(&object)
            .expect("an honest certificate")
            .clone();
        let logged = self.log(admitted, at);
        self.directory.place_logged(&logged).expect("one place each");
        let certificate = logged.verified().clone();
        self.joined.push(certificate.clone());
        Party { key, certificate }
    }

    /// Every certificate of the world in the order of the log, the root first.
    #[must_use]
    pub fn certificates(&self) -> Vec<&Verified<Certificate>> {
        let mut all: Vec<&Party> = vec![
            &self.root,
            &self.host,
            &self.head,
            &self.status,
            &self.recorder,
            &self.practice,
            &self.hospice,
            &self.author,
            &self.endorser,
        ];
        all.sort_by_key(|party| self.ledger.place_of(&party.certificate.id()));
        let first = all.into_iter().map(|party| &party.certificate);
        first.chain(&self.joined).collect()
    }

    /// A directory knows where a certificate stands only by its receipt.
    fn place_certificates(&mut self) {
        let certificates: Vec<Verified<Certificate>> = self.certificates().into_iter().cloned().collect();
        for certificate in certificates {
            let receipt = self.ledger.receipt(&certificate.id());
            let logged = verify::logged(certificate, &receipt, &self.policy, &self.directory);
            let logged = logged.expect("certificates are logged in order");
            self.directory.place_logged(&logged).expect("one place each");
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Signs a statement as a party; nothing is verified.
///
/// # Panics
/// When the party's roles do not allow it.
#[must_use]
pub fn envelope<S: Statement>(statement: &S, by: &Party) -> SignedObject {
    let to_be_signed = ToBeSigned::statement(statement, &by.certificate).expect("the role allows this kind");
    to_be_signed.sign(&by.key).expect("the party's own key signs")
}

/// The world while its certificates are being issued.
struct Builder {
    directory: Directory,
    ledger: Ledger,
}

impl Builder {
    fn organisation(&mut self, root: &Party, code: &str, kind: OrgKind, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let fields = certificate_fields(code, kind, code, Role::Organisation, &key);
        self.issue(root, key, fields)
    }

    fn service(&mut self, host: &Party, name: &str, role: Role, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let fields = certificate_fields("TEST-HOST", OrgKind::Host, name, role, &key);
        self.issue(host, key, fields)
    }

    fn doctor(&mut self, organisation: &Party, name: &str, number: &str, role: Role, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let employer = organisation.certificate.content().fields();
        let mut fields = certificate_fields(
            employer.organisation.as_str(),
            employer.organisation_kind,
            name,
            role,
            &key,
        );
        fields.registration = Some(Registration {
            body: "gmc".into(),
            number: number.into(),
        });
        self.issue(organisation, key, fields)
    }

    fn issue(&mut self, issuer: &Party, key: FixedKey, fields: CertificateFields) -> Party {
        let certificate = Certificate::new(fields).expect("a certificate");
        let object = envelope(&certificate, issuer);
        let certificate = self
            .directory
            .admit(&object)
            .expect("an honest certificate")
            .clone();
        self.ledger.append(&certificate, beginning());
        Party { key, certificate }
    }
}
