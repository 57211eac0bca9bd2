//! Everybody who signs, certified forty days ago, and what the clinicians signed since: the same bytes in every history
//! that a service may show.

use std::path::Path;
use std::sync::LazyLock;

use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::note::{KeyType, VerifierKey};
use planseal::plan::PlanVersion;
use planseal::sign::{SigningPort as _, ToBeSigned};
use planseal::statement::Statement;
use planseal::time::{Date, Timestamp};
use planseal::trust::{Certificate, CertificateFields, Directory, OrgKind, Registration, Role, TrustPolicy};
use planseal::validate::{Context, Predecessor};
use planseal::verify::{self, Verified};
use planseal_store::{Clock as _, SystemClock};
use planseal_tests::corpus::json;
use planseal_tests::key::FixedKey;
use planseal_tests::sample::{PLAN, context, draft};
use planseal_tests::world::{Party, certificate_fields};

/// The log's origin.
pub(crate) const ORIGIN: &str = "lying.planseal.example/log";
/// The record that nobody lies about.
pub(crate) const OTHER_PLAN: PlanId = PlanId::from_bytes(*b"another plan's i");
/// One day, in seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// The minute in which these tests began.
pub(crate) static NOW: LazyLock<Timestamp> = LazyLock::new(|| SystemClock.now().minute().start());

/// A time some days ago.
pub(crate) fn days_ago(days: i64) -> Timestamp {
    NOW.plus(-days * DAY)
}

/// Certified once for all tests.
pub(crate) static CAST: LazyLock<Cast> = LazyLock::new(Cast::certify);

/// Who there is.
pub(crate) struct Cast {
    pub(crate) root: Party,
    pub(crate) host: Party,
    pub(crate) head: Party,
    pub(crate) status: Party,
    pub(crate) recorder: Party,
    pub(crate) practice: Party,
    pub(crate) author: Party,
    pub(crate) colleague: Party,
    pub(crate) hospice: Party,
    pub(crate) endorser: Party,
    pub(crate) directory: Directory,
}

/// A version with its card, as a clinician hands it over.
pub(crate) struct Signed {
    pub(crate) version: Verified<PlanVersion>,
    pub(crate) card: Verified<Card>,
}

impl Cast {
    fn certify() -> Self {
        let key = FixedKey::from_seed(1);
        let fields = fields("TEST-ROOT", OrgKind::Host, "Test root", Role::Root, &key);
        let certificate = Certificate::new(fields).expect("a root certificate");
        let prepared = ToBeSigned::root(&certificate).expect("a root");
        let object = prepared.sign(&key).expect("signed");
        let directory = Directory::pinned(&policy_of(&object, "quorum none\n"));
        let certificate = verify::root(&object).expect("a root");
        let root = Party { key, certificate };
        let mut issuing = Issuing { directory };
        let host = issuing.organisation(&root, "TEST-HOST", OrgKind::Host, 3);
        let head = issuing.service(&host, "Head key", Role::ServiceHead, 4);
        let status = issuing.service(&host, "Status key", Role::ServiceStatus, 5);
        let recorder = issuing.service(&host, "Recorder key", Role::ServiceRecorder, 6);
        let practice = issuing.organisation(&root, "TEST-GP01", OrgKind::GpPractice, 7);
        let author = issuing.doctor(&practice, "Rowena Demo-Achebe", "9900011", Role::Finaliser, 9);
        let colleague = issuing.doctor(&practice, "Idris Sample-Okoro", "9900077", Role::Finaliser, 11);
        let hospice = issuing.organisation(&root, "TEST-HOS1", OrgKind::Hospice, 8);
        let endorser = issuing.doctor(&hospice, "Tomas Sandbox-Ivers", "9900022", Role::Endorser, 10);
        Self {
            root,
            host,
            head,
            status,
            recorder,
            practice,
            author,
            colleague,
            hospice,
            endorser,
            directory: issuing.directory,
        }
    }

    /// The certificates that a service is founded with, the root's left out.
    pub(crate) fn certificates(&self) -> Vec<SignedObject> {
        let all = [
            &self.host,
            &self.head,
            &self.status,
            &self.recorder,
            &self.practice,
            &self.author,
            &self.colleague,
            &self.hospice,
            &self.endorser,
        ];
        all.map(|party| party.certificate.object().clone()).to_vec()
    }

    /// What readers pin, with these witnesses (tlog-policy).
    pub(crate) fn policy(&self, witnesses: &str) -> TrustPolicy {
        policy_of(self.root.certificate.object(), witnesses)
    }

    /// Somebody whom the practice certified in the author's name, and whose certificate no log holds.
    pub(crate) fn unlogged(&self, issued_at: Timestamp) -> Party {
        let key = FixedKey::from_seed(90);
        let certified = self.author.certificate.content().fields().clone();
        let fields = CertificateFields {
            key: key.public_key(),
            issued_at,
            ..certified
        };
        let certificate = Certificate::new(fields).expect("a certificate");
        let mut issuing = Issuing {
            directory: self.directory.clone(),
        };
        let object = ToBeSigned::statement(&certificate, &self.practice.certificate).expect("an issuer");
        let object = object.sign(&self.practice.key).expect("signed");
        let certificate = issuing
            .directory
            .admit(&object)
            .expect("a genuine certificate")
            .clone();
        Party { key, certificate }
    }

    /// Signs what a party's role allows.
    pub(crate) fn sign<S: Statement>(&self, statement: &S, by: &Party) -> Verified<S> {
        let prepared = ToBeSigned::statement(statement, &by.certificate).expect("the role allows this");
        let object = prepared.sign(&by.key).expect("signed");
        verify::statement(&object, &self.directory).expect("an honest statement")
    }

    /// The author's version of a record, from one of the example drafts moved to this time.
    pub(crate) fn version(
        &self,
        plan: PlanId,
        sample: &str,
        at: Timestamp,
        predecessor: Option<&Predecessor>,
    ) -> Signed {
        let written = written(sample);
        let draft = draft(sample).shifted(at.date().days_since(written));
        let context = Context {
            plan,
            ..context(at, predecessor)
        };
        let version = draft.validate(&context).expect("an example plan is complete");
        let version = self.sign(&version, &self.author);
        let card = Card::project(version.content(), version.id());
        Signed {
            card: self.sign(&card, &self.author),
            version,
        }
    }
}

impl Signed {
    /// The version as what comes next names it.
    pub(crate) fn predecessor(&self) -> Predecessor {
        Predecessor {
            id: self.version.id(),
            version: self.version.content().version_number(),
            signed_at: self.version.signed_at(),
        }
    }

    /// Version and card in a bundle, as they are sent to a service.
    pub(crate) fn submission(&self) -> Bundle {
        Bundle {
            version: self.version.object().clone(),
            card: Some(self.card.object().clone()),
            stamp: None,
            certificates: Vec::new(),
            endorsements: Vec::new(),
            intakes: Vec::new(),
            reports: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            receipts: Vec::new(),
            head: None,
            root: CAST.root.certificate.id(),
        }
    }

    pub(crate) fn id(&self) -> ObjectId {
        self.version.id()
    }
}

/// The record's first version, twenty days old.
pub(crate) static FIRST: LazyLock<Signed> = LazyLock::new(|| CAST.version(PLAN, "P1-v1", days_ago(20), None));

/// Its second, five days old.
pub(crate) static SECOND: LazyLock<Signed> =
    LazyLock::new(|| CAST.version(PLAN, "P1-v2", days_ago(5), Some(&FIRST.predecessor())));

/// Another second version of the same record, which a service must never log beside the other.
pub(crate) static RIVAL: LazyLock<Signed> =
    LazyLock::new(|| CAST.version(PLAN, "P1-v3", days_ago(5).plus(60), Some(&FIRST.predecessor())));

/// The only version of another person's record.
pub(crate) static STRANGER: LazyLock<Signed> =
    LazyLock::new(|| CAST.version(OTHER_PLAN, "P2-v1", days_ago(10), None));

/// The day an example draft was written against.
fn written(sample: &str) -> Date {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/plans/index.json");
    let index: serde_json::Value = json(&index);
    let versions = index["versions"].as_array().expect("a list of versions");
    let line = versions
        .iter()
        .find(|line| line["draft"] == format!("{sample}.json"));
    let signed_at = line
        .and_then(|line| line["signed_at"].as_str())
        .expect("a scheduled draft");
    Timestamp::parse(signed_at).expect("a time").date()
}

/// The log's key, which a lying service holds as well as an honest one.
pub(crate) fn log_key() -> FixedKey {
    FixedKey::from_seed(2)
}

pub(crate) fn log_verifier() -> VerifierKey {
    VerifierKey::new(ORIGIN, KeyType::Log, log_key().public_key()).expect("a key name")
}

fn policy_of(root: &SignedObject, witnesses: &str) -> TrustPolicy {
    let log = log_verifier().to_string();
    TrustPolicy::new(root, &log, witnesses, "Ring the test host").expect("a trust policy")
}

/// What a certificate of forty days ago says.
pub(crate) fn fields(
    organisation: &str,
    kind: OrgKind,
    name: &str,
    role: Role,
    key: &FixedKey,
) -> CertificateFields {
    let issued_at = days_ago(40);
    let first = issued_at.date();
    let last = match role {
        Role::Root => 5000,
        Role::Organisation => 1000,
        _ => 300,
    };
    CertificateFields {
        issued_at,
        not_before: first.plus_days(-1),
        not_after: first.plus_days(last),
        ..certificate_fields(organisation, kind, name, role, key)
    }
}

struct Issuing {
    directory: Directory,
}

impl Issuing {
    fn organisation(&mut self, root: &Party, code: &str, kind: OrgKind, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let fields = fields(code, kind, code, Role::Organisation, &key);
        self.issue(root, key, fields)
    }

    fn service(&mut self, host: &Party, name: &str, role: Role, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let fields = fields("TEST-HOST", OrgKind::Host, name, role, &key);
        self.issue(host, key, fields)
    }

    fn doctor(&mut self, employer: &Party, name: &str, number: &str, role: Role, seed: u8) -> Party {
        let key = FixedKey::from_seed(seed);
        let of = employer.certificate.content().fields();
        let mut fields = fields(of.organisation.as_str(), of.organisation_kind, name, role, &key);
        fields.registration = Some(Registration {
            body: "gmc".into(),
            number: number.into(),
        });
        self.issue(employer, key, fields)
    }

    fn issue(&mut self, issuer: &Party, key: FixedKey, fields: CertificateFields) -> Party {
        let certificate = Certificate::new(fields).expect("a certificate");
        let prepared = ToBeSigned::statement(&certificate, &issuer.certificate).expect("an issuer");
        let object = prepared.sign(&issuer.key).expect("signed");
        let certificate = self
            .directory
            .admit(&object)
            .expect("an honest certificate")
            .clone();
        Party { key, certificate }
    }
}
