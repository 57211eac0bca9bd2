//! A root, a host, a practice and its clinicians; and a store that outlives the nodes over it.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use planseal::bundle::Bundle;
use planseal::card::Card;
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::note::{KeyType, VerifierKey};
use planseal::plan::person::Author;
use planseal::sign::ToBeSigned;
use planseal::statement::{KeyStatus, LoggedStatement, RevocationReason, Statement};
use planseal::time::Timestamp;
use planseal::trust::{
    Certificate, CertificateFields, Custody, Directory, OrgCode, OrgKind, Role, TrustPolicy,
};
use planseal::validate::{Context, NumberRange, Predecessor};
use planseal::verify::{self, Loggable, Verified};
use planseal_server::routes::{self, App, Mode};
use planseal_server::service::{
    AdmitError, Deployment, Published, Service, ServiceKey, ServiceKeys, StartError, Submission,
};
use planseal_signer::key_file::FileKey;
use planseal_store::{
    KeyPort, KeySource, LocalFileKeys, Location, OperationId, Publication, SetClock, Sharing, Store,
    StoreConfig,
};
use tower::ServiceExt as _;

pub(crate) const ORIGIN: &str = "log.example/nodes";

/// Noon of the day for which the sample draft was written.
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-08-25T12:00:00Z").unwrap()
}

/// Somebody who can sign.
pub(crate) struct Party {
    seed: u8,
    pub(crate) certificate: SignedObject,
}

impl Party {
    pub(crate) fn key(&self) -> FileKey {
        FileKey::from_secret(&[self.seed; 32])
    }
}

/// Everybody, and the one place where their log lies.
pub(crate) struct World {
    pub(crate) root: Party,
    pub(crate) host: Party,
    pub(crate) practice: Party,
    /// Finalises plans.
    pub(crate) doctor: Party,
    /// Finalises and endorses plans, takes advance decisions in, resolves reports; and is revoked in most tests.
    pub(crate) leaver: Party,
    pub(crate) service: [Party; 3],
    objects: Arc<dyn ObjectStore>,
    keys: Arc<dyn KeyPort>,
    pub(crate) clock: Arc<SetClock>,
    /// When everybody was certified, and everything is signed.
    pub(crate) at: Timestamp,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(noon())
    }

    /// The same people at another time.
    pub(crate) fn at(at: Timestamp) -> Self {
        Self::of(at, 0)
    }

    /// People of the same names, under another root.
    pub(crate) fn strangers() -> Self {
        Self::of(noon(), 100)
    }

    fn of(at: Timestamp, family: u8) -> Self {
        let fields = |code, kind, name, roles, seed| fields(code, kind, name, roles, family + seed, at);
        let root = {
            let fields = fields("TEST-HOST", OrgKind::Host, "Root", vec![Role::Root], 1);
            let certificate = Certificate::new(fields).unwrap();
            let key = FileKey::from_secret(&[family + 1; 32]);
            let certificate = ToBeSigned::root(&certificate).unwrap().sign(&key).unwrap();
            let seed = family + 1;
            Party { seed, certificate }
        };
        let issue = |by: &Party, code, kind, name, roles, seed| {
            let above = [&root.certificate, &by.certificate];
            certify(&above, by, fields(code, kind, name, roles, seed), family + seed)
        };
        let organisation = vec![Role::Organisation];
        let host = issue(&root, "TEST-HOST", OrgKind::Host, "Host", organisation.clone(), 2);
        let practice = issue(
            &root,
            "TEST-GP01",
            OrgKind::GpPractice,
            "Practice",
            organisation,
            3,
        );
        let key = |name, role, seed| issue(&host, "TEST-HOST", OrgKind::Host, name, vec![role], seed);
        let service = [
            key("Head key", Role::ServiceHead, 4),
            key("Status key", Role::ServiceStatus, 5),
            key("Recorder key", Role::ServiceRecorder, 6),
        ];
        let person =
            |name, roles, seed| issue(&practice, "TEST-GP01", OrgKind::GpPractice, name, roles, seed);
        let doctor = person("Rowena Demo-Achebe", vec![Role::Finaliser], 7);
        let mut roles = vec![Role::Finaliser, Role::Endorser, Role::AdrtIntake];
        roles.sort();
        let leaver = person("Leaver Testperson", roles, 8);
        Self {
            host,
            practice,
            doctor,
            leaver,
            service,
            root,
            objects: Arc::new(InMemory::new()),
            keys: Arc::new(LocalFileKeys::in_memory().unwrap()),
            clock: Arc::new(SetClock::new(at)),
            at,
        }
    }

    /// The first leaves after the root.
    pub(crate) fn beginning(&self) -> Vec<SignedObject> {
        let service = self.service.iter();
        [&self.host]
            .into_iter()
            .chain(service)
            .map(|party| party.certificate.clone())
            .collect()
    }

    pub(crate) fn policy(&self) -> TrustPolicy {
        let log = VerifierKey::new(ORIGIN, KeyType::Log, log_key().public_key()).unwrap();
        TrustPolicy::new(&self.root.certificate, &log.to_string(), "quorum none\n", "x").unwrap()
    }

    pub(crate) fn deployment(&self) -> Deployment {
        Deployment {
            policy: self.policy(),
            numbers: NumberRange::Test,
            witnesses: Vec::new(),
        }
    }

    pub(crate) fn service_keys(&self) -> ServiceKeys {
        let [head, status, recorder] = &self.service;
        let key = |party: &Party| ServiceKey {
            port: Box::new(party.key()),
            certificate: party.certificate.id(),
        };
        ServiceKeys {
            head: key(head),
            status: key(status),
            recorder: key(recorder),
            seal: None,
        }
    }

    /// Opens the store where it lies.
    pub(crate) async fn store(&self) -> Store {
        let config = StoreConfig {
            location: Location::Objects {
                objects: Arc::clone(&self.objects),
                sharing: Sharing::Nodes,
            },
            keys: KeySource::Port(Arc::clone(&self.keys)),
            ..StoreConfig::memory()
        };
        Store::open(config, Box::new(log_key()), ORIGIN, self.clock.clone())
            .await
            .unwrap()
    }

    /// A new log with everybody in it, and the store below it.
    pub(crate) async fn founded(&self) -> (Service, Store) {
        let store = self.store().await;
        let service = Service::found(
            store.clone(),
            self.clock.clone(),
            self.deployment(),
            &self.beginning(),
            self.service_keys(),
        )
        .await
        .unwrap();
        for party in [&self.practice, &self.doctor, &self.leaver] {
            service.register_certificate(&party.certificate).await.unwrap();
        }
        (service, store)
    }

    /// Another node over an open store.
    pub(crate) async fn node(&self, store: Store) -> Result<Service, StartError> {
        Service::open(store, self.clock.clone(), self.deployment(), self.service_keys()).await
    }

    /// Everybody's certificates, and no revocation.
    pub(crate) fn directory(&self) -> Directory {
        let mut directory = Directory::pinned(&self.policy());
        let issued = [&self.practice, &self.doctor, &self.leaver];
        let issued = issued.map(|party| party.certificate.clone());
        directory
            .admit_all(self.beginning().iter().chain(&issued))
            .unwrap();
        directory
    }

    pub(crate) fn sign<S: Statement>(&self, statement: &S, by: &Party) -> SignedObject {
        let directory = self.directory();
        let holder = directory.certificate(&by.certificate.id()).unwrap();
        ToBeSigned::statement(statement, holder)
            .unwrap()
            .sign(&by.key())
            .unwrap()
    }

    /// The practice revokes a certificate of its own, from this leaf on.
    pub(crate) fn revocation(&self, of: &Party, from_index: u64) -> SignedObject {
        let revoked = KeyStatus {
            certificate: of.certificate.id(),
            reason: RevocationReason::KeyCompromised,
            from_index,
            issued_at: self.at,
        };
        self.sign(&revoked, &self.practice)
    }

    /// Signs a version of the sample plan and its card.
    pub(crate) fn version(&self, by: &Party, name: &str, after: Option<ObjectId>) -> Bundle {
        let predecessor = after.map(|id| Predecessor {
            id,
            version: 1,
            signed_at: self.at.plus(-60),
        });
        let organisation = OrgCode::parse("TEST-GP01").unwrap();
        let context = Context {
            // A first version is a minute old, so that another can follow it at once.
            at: predecessor
                .as_ref()
                .map_or_else(|| self.at.plus(-60), |_| self.at),
            numbers: NumberRange::Test,
            plan: plan(),
            salt: [7; 16],
            author: Author::new(name, None, "Consultant", organisation).unwrap(),
            predecessor: predecessor.as_ref(),
        };
        let draft = include_str!("../../../keys-example/plans/P5-v2.json");
        let days = self.at.date().days_since(noon().date());
        let draft = PlanDraft::from_json(draft).unwrap().shifted(days);
        let version = draft.validate(&context).unwrap();
        let object = self.sign(&version, by);
        let card = self.sign(&Card::project(&version, object.id()), by);
        Bundle {
            version: object,
            card: Some(card),
            stamp: None,
            certificates: Vec::new(),
            endorsements: Vec::new(),
            intakes: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            reports: Vec::new(),
            receipts: Vec::new(),
            head: None,
            root: self.root.certificate.id(),
        }
    }

    /// Writes a version past the service, as a node does that has not seen a revocation.
    pub(crate) async fn write_version(&self, store: &Store, bundle: &Bundle) {
        let directory = self.directory();
        let version = verify::statement(&bundle.version, &directory).unwrap();
        let card = verify::statement(bundle.card.as_ref().unwrap(), &directory).unwrap();
        let publication = Publication {
            version: &version,
            card: Some(&card),
            attachments: &[],
            operation: operation(),
        };
        store.publish(publication).await.unwrap();
    }

    /// Writes any other statement past the service.
    pub(crate) async fn write<S: LoggedStatement>(&self, store: &Store, statement: &S, by: &Party) -> ObjectId
    where
        Verified<S>: Loggable,
    {
        let object = self.sign(statement, by);
        let statement: Verified<S> = verify::statement(&object, &self.directory()).unwrap();
        store.append(&statement, operation()).await.unwrap();
        statement.id()
    }
}

fn operation() -> OperationId {
    OperationId::random().unwrap()
}

/// The one record of these tests.
pub(crate) fn plan() -> PlanId {
    PlanId::from_bytes([0xb0; 16])
}

pub(crate) fn log_key() -> FileKey {
    FileKey::from_secret(&[9; 32])
}

/// Publishes through a node.
pub(crate) async fn publish(
    node: &Service,
    bundle: &Bundle,
    replaces: Option<ObjectId>,
) -> Result<Published, AdmitError> {
    let submission = Submission {
        bundle,
        plan: replaces.map(|_| plan()),
        replaces,
        attachments: &[],
        operation: operation(),
    };
    node.publish(&submission).await
}

/// A page or answer of a node that shows everything.
pub(crate) async fn get(node: &Arc<Service>, path: &str) -> String {
    let app = App {
        service: Arc::clone(node),
        mode: Mode::Demo,
    };
    let request = axum::http::Request::builder().uri(path);
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = routes::router(app).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn certify(above: &[&SignedObject], by: &Party, fields: CertificateFields, seed: u8) -> Party {
    let certificate = Certificate::new(fields).unwrap();
    let root = verify::root(above[0]).unwrap();
    let log = VerifierKey::new(ORIGIN, KeyType::Log, log_key().public_key()).unwrap();
    let policy = TrustPolicy::new(root.object(), &log.to_string(), "quorum none\n", "x").unwrap();
    let mut directory = Directory::pinned(&policy);
    directory.admit_all(above.iter().copied()).unwrap();
    let holder = directory.certificate(&by.certificate.id()).unwrap();
    let prepared = ToBeSigned::statement(&certificate, holder).unwrap();
    Party {
        seed,
        certificate: prepared.sign(&by.key()).unwrap(),
    }
}

fn fields(
    code: &str,
    kind: OrgKind,
    name: &str,
    roles: Vec<Role>,
    seed: u8,
    at: Timestamp,
) -> CertificateFields {
    let days = match roles.first() {
        Some(Role::Root) => 5000,
        Some(Role::Organisation) => 900,
        _ => 300,
    };
    CertificateFields {
        issued_at: at.plus(-60),
        not_before: at.plus(-60).date(),
        not_after: at.date().plus_days(days),
        organisation: OrgCode::parse(code).unwrap(),
        organisation_name: format!("{code} (fictional)"),
        organisation_kind: kind,
        name: name.into(),
        registration: None,
        roles,
        key: FileKey::from_secret(&[seed; 32]).public_key(),
        custody: Custody::File,
    }
}
