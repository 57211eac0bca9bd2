//! A small region for the tests of the command: real enrolment, a log in memory, and the files a reader is given.

mod service;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use planseal::bundle::Bundle;
use planseal::card::{Card, Stamp};
use planseal::check::{CheckedBundle, Reader};
use planseal::code::OfflineCode;
use planseal::draft::PlanDraft;
use planseal::envelope::SignedObject;
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::{self, MemoryTree};
use planseal::plan::person::{Author, Registration as Checked, RegistrationBody};
use planseal::receipt::Receipt;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::statement::{Withdrawal, WithdrawalReason};
use planseal::status::Statuses;
use planseal::time::Timestamp;
use planseal::trust::{
    Certificate, Custody, Directory, ListedCertificate, OrgCode, OrgKind, Registration, Role, TrustList,
    TrustPolicy,
};
use planseal::validate::{Context, NumberRange};
use planseal::verify::Verified;
use planseal_render::print::Print;
use planseal_signer::authority::{
    Authority, CandidateDetails, Confirmation, OrganisationDetails, RootDetails,
};
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use tempfile::TempDir;

pub(crate) use service::{Lie, Service};

/// Everything lies in one folder.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) policy: TrustPolicy,
    pub(crate) keys: Arc<Keys>,
}

/// A key with its certificate.
pub(crate) type Holder = (FileKey, SignedObject);

/// The service's own keys, and every certificate of the region.
pub(crate) struct Keys {
    pub(crate) policy: TrustPolicy,
    pub(crate) log: FileKey,
    pub(crate) vkey: VerifierKey,
    pub(crate) status: Holder,
    pub(crate) head: Holder,
    pub(crate) recorder: Holder,
    pub(crate) certificates: Vec<SignedObject>,
}

impl Keys {
    pub(crate) fn certificate(&self, object: &SignedObject) -> Verified<Certificate> {
        let mut directory = Directory::pinned(&self.policy);
        directory.admit_all(&self.certificates[1..]).unwrap();
        directory.certificate(&object.id()).unwrap().clone()
    }
}

pub(crate) const PHRASE: &str = "public example";

pub(crate) fn phrase() -> Passphrase {
    Passphrase::new(PHRASE.into())
}

pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Timestamp::from_seconds(since.as_secs()).unwrap()
}

/// An hour ago: when certificates were made.
fn earlier() -> Timestamp {
    now().plus(-3600)
}

fn certify(authority: &mut Authority, details: CandidateDetails, key: &FileKey) -> SignedObject {
    let invite = authority.invite(details, earlier()).unwrap();
    let request = invite.answer(key, earlier()).unwrap();
    let fingerprint = key.public_key().fingerprint();
    let confirmation = Confirmation {
        by: "Second Person",
        fingerprint: &fingerprint,
    };
    authority
        .issue(request.bytes(), &confirmation, earlier())
        .unwrap()
}

fn organisation(root: &mut Authority, home: &Path, code: &str, name: &str, kind: OrgKind) -> SignedObject {
    std::fs::create_dir(home).unwrap();
    let key = FileKey::generate().unwrap();
    key.save_at_cost(&home.join("key.pem"), &phrase(), Cost::EXAMPLE_KEYS)
        .unwrap();
    let details = OrganisationDetails {
        organisation: OrgCode::parse(code).unwrap(),
        organisation_name: name.into(),
        kind,
        custody: Custody::File,
        not_after: earlier().date().plus_days(700),
    };
    let invite = root.invite_organisation(details, earlier()).unwrap();
    let request = invite.answer(&key, earlier()).unwrap();
    let fingerprint = key.public_key().fingerprint();
    let confirmation = Confirmation {
        by: "Second Person",
        fingerprint: &fingerprint,
    };
    root.issue(request.bytes(), &confirmation, earlier()).unwrap()
}

fn candidate(name: &str, number: Option<&str>, roles: &[Role]) -> CandidateDetails {
    CandidateDetails {
        name: name.into(),
        registration: number.map(|number| Registration {
            body: "gmc".into(),
            number: number.into(),
        }),
        roles: roles.to_vec(),
        custody: Custody::File,
        not_after: earlier().date().plus_days(300),
    }
}

impl World {
    /// Root, host with a status key, a practice with an author, and a colleague who endorses.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let details = RootDetails {
            organisation: OrgCode::parse("TEST-HOST").unwrap(),
            organisation_name: "Nowhere Shared Care Plans".into(),
            name: "Test root".into(),
            not_after: earlier().date().plus_days(3000),
        };
        let mut root =
            Authority::init_root(&path("root"), details, &phrase(), Cost::EXAMPLE_KEYS, earlier()).unwrap();
        let log = FileKey::generate().unwrap();
        let vkey = VerifierKey::new("example.test/log", KeyType::Log, log.public_key()).unwrap();
        let policy = TrustPolicy::new(
            root.certificate().object(),
            &vkey.to_string(),
            "quorum none\n",
            "ring 01632 960000",
        )
        .unwrap();
        let host = organisation(
            &mut root,
            &path("host"),
            "TEST-HOST",
            "Nowhere Shared Care Plans",
            OrgKind::Host,
        );
        let practice = organisation(
            &mut root,
            &path("practice"),
            "TEST-GP01",
            "Larkhill Test Practice",
            OrgKind::GpPractice,
        );
        let mut at_host =
            Authority::organisation(&path("host"), &policy, &host, &phrase(), earlier()).unwrap();
        let mut at_practice =
            Authority::organisation(&path("practice"), &policy, &practice, &phrase(), earlier()).unwrap();
        let status_key = FileKey::generate().unwrap();
        let status = certify(
            &mut at_host,
            candidate("Status key", None, &[Role::ServiceStatus]),
            &status_key,
        );
        let head_key = FileKey::generate().unwrap();
        let head = certify(
            &mut at_host,
            candidate("Head key", None, &[Role::ServiceHead]),
            &head_key,
        );
        let recorder_key = FileKey::generate().unwrap();
        let recorder = certify(
            &mut at_host,
            candidate("Recorder key", None, &[Role::ServiceRecorder]),
            &recorder_key,
        );
        let mut certificates = vec![
            root.certificate().object().clone(),
            host,
            status.clone(),
            head.clone(),
            recorder.clone(),
            practice.clone(),
        ];
        for (name, words, number, roles) in [
            (
                "author",
                "Rowena Demo-Achebe",
                "9900011",
                [Role::Finaliser].as_slice(),
            ),
            ("colleague", "Owen Stub-Lyle", "9900033", &[Role::Endorser]),
            ("clerk", "Nia Trial-Vance", "9900055", &[Role::AdrtIntake]),
            ("governor", "Ada Mock-Field", "9900066", &[Role::Governance]),
        ] {
            let key = FileKey::generate().unwrap();
            key.save_at_cost(&path(&format!("{name}.pem")), &phrase(), Cost::EXAMPLE_KEYS)
                .unwrap();
            let certificate = certify(&mut at_practice, candidate(words, Some(number), roles), &key);
            std::fs::write(path(&format!("{name}.cose")), certificate.bytes()).unwrap();
            certificates.push(certificate);
        }
        std::fs::write(path("practice.cose"), practice.bytes()).unwrap();
        std::fs::write(path("trust-policy.cbor"), policy.bytes().as_slice()).unwrap();
        let phrase_file = path("phrase");
        planseal_signer::output::write(
            &phrase_file,
            PHRASE.as_bytes(),
            planseal_signer::output::Access::Owner,
            planseal_signer::output::Existing::Keep,
        )
        .unwrap();
        let keys = Keys {
            policy: policy.clone(),
            log,
            vkey,
            status: (status_key, status),
            head: (head_key, head),
            recorder: (recorder_key, recorder),
            certificates,
        };
        Self {
            folder,
            policy,
            keys: Arc::new(keys),
        }
    }

    /// A service that has logged these files.
    pub(crate) fn serve(&self, files: &[&str]) -> Service {
        let objects: Vec<SignedObject> = files.iter().map(|name| self.object(name)).collect();
        Service::start(&self.keys, &objects)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn object(&self, name: &str) -> SignedObject {
        SignedObject::parse(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs the command in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_planseal"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        for name in ["TRUST_POLICY", "TRUST_LIST", "SNAPSHOT", "SERVER"] {
            command.env_remove(format!("PLANSEAL_{name}"));
        }
        command
    }

    /// Signs a draft as the author.
    pub(crate) fn sign(&self, draft: &str, more: &[&str]) -> Output {
        let mut arguments = vec!["sign", draft, "--post", "General practitioner", "--test-numbers"];
        arguments.extend(AUTHOR);
        arguments.extend(more);
        self.run(&arguments)
    }

    /// Signs a draft by the library, as the author did ten minutes ago: `NAME.cose` and `NAME.card.cose`.
    pub(crate) fn sign_earlier(&self, name: &str, draft: &str) {
        let certificate = self.certificate(&self.object("author.cose"));
        let key = FileKey::open(&self.path("author.pem"), &phrase(), None).unwrap();
        let author = Author::new(
            certificate.content().name(),
            Some(Checked::new(RegistrationBody::Gmc, "9900011").unwrap()),
            "General practitioner",
            certificate.content().organisation().clone(),
        );
        let context = Context {
            at: now().plus(-600),
            numbers: NumberRange::Test,
            plan: PlanId::from_bytes([7; 16]),
            salt: [7; 16],
            author: author.unwrap(),
            predecessor: None,
        };
        let version = PlanDraft::from_json(draft).unwrap().validate(&context).unwrap();
        let signed = ToBeSigned::statement(&version, &certificate)
            .unwrap()
            .sign(&key)
            .unwrap();
        let card = Card::project(&version, signed.id());
        let card = ToBeSigned::statement(&card, &certificate)
            .unwrap()
            .sign(&key)
            .unwrap();
        self.write(&format!("{name}.cose"), signed.bytes());
        self.write(&format!("{name}.card.cose"), card.bytes());
    }

    /// Withdraws a version by the library, as the author did five minutes ago: `NAME.cose`.
    pub(crate) fn withdraw_earlier(&self, name: &str, version: &str) {
        let certificate = self.certificate(&self.object("author.cose"));
        let key = FileKey::open(&self.path("author.pem"), &phrase(), None).unwrap();
        let withdrawal = Withdrawal {
            plan: PlanId::from_bytes([7; 16]),
            version: self.object(version).id(),
            reason: WithdrawalReason::WithdrawnByClinician,
            issued_at: now().plus(-300),
        };
        let signed = ToBeSigned::statement(&withdrawal, &certificate).unwrap();
        self.write(&format!("{name}.cose"), signed.sign(&key).unwrap().bytes());
    }

    /// Logs all certificates and these versions in order, and writes trust list, snapshot and a bundle of each.
    pub(crate) fn publish(&self, versions: &[(&str, &str)]) {
        let mut entries = self.keys.certificates.clone();
        entries.extend(
            versions
                .iter()
                .map(|(name, _)| self.object(&format!("{name}.cose"))),
        );
        let ids: Vec<ObjectId> = entries.iter().map(SignedObject::id).collect();
        let place = |id: ObjectId| u64::try_from(ids.iter().position(|known| *known == id).unwrap()).unwrap();
        let mut previous = None;
        let mut leaves = Vec::new();
        for object in &entries {
            let own = place(object.id());
            let version = own >= u64::try_from(self.keys.certificates.len()).unwrap();
            leaves.push(Leaf {
                kind: object.kind(),
                id: object.id(),
                time: now().minute(),
                signer: object.claimed_key().map_or(own, place),
                target: previous.filter(|_| version),
                from: None,
            });
            previous = version.then_some(own);
        }
        let mut tree = MemoryTree::default();
        leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
        let (size, root) = (tree.size(), tree::root(&tree, tree.size()).unwrap());
        let checkpoint = Checkpoint {
            origin: "example.test/log".into(),
            size,
            root,
        };
        let note = checkpoint
            .sign(&self.keys.vkey, &self.keys.log)
            .unwrap()
            .to_string();
        let receipts: Vec<(ObjectId, Receipt)> = (0_u64..)
            .zip(&leaves)
            .map(|(index, leaf)| {
                let path = tree::inclusion_proof(&tree, index, size).unwrap();
                (
                    leaf.id,
                    Receipt::new(
                        *leaf,
                        LogProof {
                            index,
                            path,
                            checkpoint: note.clone(),
                        },
                    ),
                )
            })
            .collect();
        let listed = (0_u64..)
            .zip(&self.keys.certificates)
            .map(|(index, object)| ListedCertificate {
                issuer: object.claimed_key().map_or(index, place),
                index,
                object: object.clone(),
            })
            .collect();
        let signer = self.certificate(&self.keys.status.1);
        let list = TrustList::new(&self.policy, now(), size, root, listed, &[]).unwrap();
        let list = ToBeSigned::statement(&list, &signer)
            .unwrap()
            .sign(&self.keys.status.0)
            .unwrap();
        self.write("trust-list.cbor", list.bytes());
        let snapshot = Snapshot::of(&Statuses::replay(&leaves).unwrap(), root, now());
        let snapshot = ToBeSigned::statement(&snapshot, &signer)
            .unwrap()
            .sign(&self.keys.status.0)
            .unwrap();
        self.write("snapshot.cbor", snapshot.bytes());
        for (name, bundle) in versions {
            let version = self.object(&format!("{name}.cose"));
            let card = self.object(&format!("{name}.card.cose"));
            let mut held = receipts.clone();
            held.retain(|(id, _)| {
                *id == version.id() || self.keys.certificates[1..].iter().any(|known| known.id() == *id)
            });
            let parts = Bundle {
                card: Some(card.clone()),
                version: version.clone(),
                stamp: Some(self.stamp(place(version.id()), size, place(self.keys.head.1.id()), &card)),
                certificates: self.keys.certificates[1..].to_vec(),
                endorsements: Vec::new(),
                intakes: Vec::new(),
                resolutions: Vec::new(),
                custody: Vec::new(),
                reports: Vec::new(),
                receipts: held,
                head: None,
                root: self.policy.root().id(),
            };
            self.write(bundle, &parts.without_strays().encode().unwrap());
        }
    }

    fn stamp(&self, version: u64, size: u64, signer: u64, card: &SignedObject) -> SignedObject {
        let stamp = Stamp {
            version,
            issued_at: now(),
            size,
            signer,
        };
        let head = self.certificate(&self.keys.head.1);
        ToBeSigned::stamp(&stamp, card, &head)
            .unwrap()
            .sign(&self.keys.head.0)
            .unwrap()
    }

    /// The offline code that the print of a published bundle carries.
    pub(crate) fn code(&self, bundle: &str) -> String {
        let checked = self.open(bundle);
        OfflineCode::new(checked.card().unwrap(), checked.stamp().unwrap())
            .unwrap()
            .text()
    }

    pub(crate) fn open(&self, bundle: &str) -> CheckedBundle {
        let mut reader = Reader::default().pin(self.policy.clone());
        reader.add_trust_list(&self.object("trust-list.cbor")).unwrap();
        let bytes = std::fs::read(self.path(bundle)).unwrap();
        reader.open_bundle(&Bundle::decode(&bytes).unwrap()).unwrap()
    }

    /// Prints a published bundle with its files, as the service does.
    pub(crate) fn print(&self, bundle: &str, files: &[Vec<u8>]) -> Vec<u8> {
        let checked = self.open(bundle);
        let bytes = std::fs::read(self.path(bundle)).unwrap();
        let print = Print {
            checked: &checked,
            bundle: &bytes,
            files,
            policy: &self.policy,
        };
        planseal_render::print::print(&print).unwrap()
    }

    fn certificate(&self, object: &SignedObject) -> Verified<Certificate> {
        self.keys.certificate(object)
    }
}

/// The author's options; ask nothing.
pub(crate) const AUTHOR: [&str; 11] = [
    "--key",
    "author.pem",
    "--certificate",
    "author.cose",
    "--certificate",
    "practice.cose",
    "--trust-policy",
    "trust-policy.cbor",
    "--passphrase-file",
    "phrase",
    "--yes",
];

/// The options of somebody else; ask nothing.
pub(crate) fn signed_by(name: &str) -> Vec<String> {
    let own = |word: &&str| word.replace("author.", &format!("{name}."));
    AUTHOR.iter().map(own).collect()
}

/// A draft that can be signed today: a sample, moved to today.
pub(crate) fn draft(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../keys-example/plans")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let draft = PlanDraft::from_json(&text).unwrap();
    let dates: serde_json::Value = serde_json::from_str(&text).unwrap();
    let written = planseal::time::Date::parse(dates["effective_from"].as_str().unwrap()).unwrap();
    draft.shifted(now().date().days_since(written)).to_json()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
}
