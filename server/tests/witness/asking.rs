//! A service that asks its witnesses: honest, silent, lying and late ones.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::time::Timestamp;
use planseal::trust::{Custody, OrgCode, OrgKind, Role, TrustPolicy};
use planseal::validate::NumberRange;
use planseal_server::service::{Deployment, Service, ServiceKey, ServiceKeys, WitnessEndpoint};
use planseal_signer::authority::{
    Authority, CandidateDetails, Confirmation, OrganisationDetails, RootDetails,
};
use planseal_signer::enrolment::Invite;
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use planseal_store::{Clock as _, Store, StoreConfig, SystemClock};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::kit::{ORIGIN, Running};

fn passphrase() -> Passphrase {
    Passphrase::new("these keys are public".into())
}

fn answer(
    authority: &mut Authority,
    invite: &Invite,
    key: &FileKey,
    at: Timestamp,
) -> planseal::envelope::SignedObject {
    let request = invite.answer(key, at).unwrap();
    let confirmation = Confirmation {
        by: "Second Person",
        fingerprint: &key.public_key().fingerprint(),
    };
    authority.issue(request.bytes(), &confirmation, at).unwrap()
}

/// Root and host on this machine.
struct House {
    root: Authority,
    host: Authority,
    certificates: Vec<planseal::envelope::SignedObject>,
    at: Timestamp,
}

impl House {
    fn new(folder: &Path) -> Self {
        let at = SystemClock.now().plus(-60);
        let code = OrgCode::parse("TEST-HOST").unwrap();
        let details = RootDetails {
            organisation: code.clone(),
            organisation_name: "Test host".into(),
            name: "Test root".into(),
            not_after: at.date().plus_days(1000),
        };
        let cost = Cost::EXAMPLE_KEYS;
        let mut root = Authority::init_root(&folder.join("root"), details, &passphrase(), cost, at).unwrap();
        let details = OrganisationDetails {
            organisation: code,
            organisation_name: "Test host".into(),
            kind: OrgKind::Host,
            custody: Custody::File,
            not_after: at.date().plus_days(400),
        };
        let invite = root.invite_organisation(details, at).unwrap();
        let key = FileKey::generate().unwrap();
        let home = folder.join("host");
        std::fs::create_dir_all(&home).unwrap();
        key.save_at_cost(&home.join("key.pem"), &passphrase(), cost)
            .unwrap();
        let certificate = answer(&mut root, &invite, &key, at);
        let log = VerifierKey::new(ORIGIN, KeyType::Log, key.public_key()).unwrap();
        let object = root.certificate().object();
        let policy = TrustPolicy::new(object, &log.to_string(), "quorum none\n", "x").unwrap();
        let host = Authority::organisation(&home, &policy, &certificate, &passphrase(), at).unwrap();
        Self {
            root,
            host,
            certificates: vec![certificate],
            at,
        }
    }

    fn key(&mut self, name: &str, role: Role) -> ServiceKey {
        let details = CandidateDetails {
            name: name.into(),
            registration: None,
            roles: vec![role],
            custody: Custody::File,
            not_after: self.at.date().plus_days(300),
        };
        let invite = self.host.invite(details, self.at).unwrap();
        let key = FileKey::generate().unwrap();
        let object = answer(&mut self.host, &invite, &key, self.at);
        self.certificates.push(object.clone());
        ServiceKey {
            port: Box::new(key),
            certificate: object.id(),
        }
    }

    /// A service over a store in memory, with these witnesses.
    async fn service(&mut self, policy: &str, witnesses: Vec<WitnessEndpoint>) -> Service {
        let log = FileKey::from_secret(&[9; 32]);
        let verifier = VerifierKey::new(ORIGIN, KeyType::Log, log.public_key()).unwrap();
        let root = self.root.certificate().object();
        let deployment = Deployment {
            policy: TrustPolicy::new(root, &verifier.to_string(), policy, "x").unwrap(),
            numbers: NumberRange::Test,
            witnesses,
        };
        let keys = ServiceKeys {
            head: self.key("Head key", Role::ServiceHead),
            status: self.key("Status key", Role::ServiceStatus),
            recorder: self.key("Recorder key", Role::ServiceRecorder),
            seal: None,
        };
        let clock = Arc::new(SystemClock);
        let store = Store::open(StoreConfig::memory(), Box::new(log), ORIGIN, clock.clone())
            .await
            .unwrap();
        Service::found(store, clock, deployment, &self.certificates, keys)
            .await
            .unwrap()
    }
}

fn log_key() -> VerifierKey {
    let key = FileKey::from_secret(&[9; 32]);
    VerifierKey::new(ORIGIN, KeyType::Log, key.public_key()).unwrap()
}

fn endpoint(running: &Running) -> WitnessEndpoint {
    WitnessEndpoint::new(running.key.clone(), &format!("http://{}", running.address)).unwrap()
}

/// A witness that accepts connections and never says a word.
async fn silent(seed: u8) -> WitnessEndpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 64];
            drop(stream.read(&mut some).await);
            held.push(stream);
        }
    });
    WitnessEndpoint::new(witness_key(seed), &format!("http://{address}")).unwrap()
}

fn witness_key(seed: u8) -> VerifierKey {
    let key = FileKey::from_secret(&[seed; 32]).public_key();
    VerifierKey::new(&format!("witness.example/w{seed}"), KeyType::Witness, key).unwrap()
}

fn policy(keys: &[&VerifierKey], quorum: usize) -> String {
    let mut text = String::new();
    let names: Vec<String> = (1..=keys.len()).map(|n| format!("w{n}")).collect();
    for (name, key) in names.iter().zip(keys) {
        text.push_str(&format!("witness {name} {key}\n"));
    }
    text.push_str(&format!("group g {quorum} {}\nquorum g\n", names.join(" ")));
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_carry_the_quorum_as_soon_as_it_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::new(&folder.path().join("w1"), 1, &log_key()).await;
    let two = Running::new(&folder.path().join("w2"), 2, &log_key()).await;
    let slow = silent(3).await;
    let mut house = House::new(&folder.path().join("house"));
    let text = policy(&[&one.key, &two.key, &witness_key(3)], 2);
    let began = Instant::now();
    let service = house
        .service(&text, vec![endpoint(&one), slow, endpoint(&two)])
        .await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "the silent one is not waited for"
    );
    for object in &house.certificates {
        let receipt = service.receipt(object.id()).await.unwrap();
        VerifiedCheckpoint::verify(&receipt.proof().checkpoint, service.policy()).unwrap();
    }
    VerifiedCheckpoint::verify(&service.checkpoint().unwrap(), service.policy()).unwrap();
    let snapshot = service.snapshot().await.unwrap();
    let receipt = service.receipt(snapshot.id()).await.unwrap();
    VerifiedCheckpoint::verify(&receipt.proof().checkpoint, service.policy()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_witnesses_stop_no_publication_and_the_receipt_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::new(&folder.path().join("w1"), 1, &log_key()).await;
    // The second answers with another key than the policy names.
    let liar = Running::new(&folder.path().join("w4"), 4, &log_key()).await;
    let lying = WitnessEndpoint::new(witness_key(2), &format!("http://{}", liar.address)).unwrap();
    let nobody = WitnessEndpoint::new(witness_key(3), "http://127.0.0.1:9").unwrap();
    let mut house = House::new(&folder.path().join("house"));
    let text = policy(&[&one.key, &witness_key(2), &witness_key(3)], 2);
    let began = Instant::now();
    let service = house
        .service(&text, vec![endpoint(&one), lying, nobody, silent(5).await])
        .await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "after one round they are left alone for a while"
    );
    let receipt = service.receipt(house.certificates[0].id()).await.unwrap();
    let unwitnessed = VerifiedCheckpoint::verify(&receipt.proof().checkpoint, service.policy());
    assert!(unwitnessed.is_err(), "the reader's policy decides");
    service.newest_trust_list().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_remembers_more_than_the_log_is_not_fooled() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::new(&folder.path().join("w1"), 1, &log_key()).await;
    let text = policy(&[&one.key], 1);
    let mut house = House::new(&folder.path().join("house"));
    let service = house.service(&text, vec![endpoint(&one)]).await;
    VerifiedCheckpoint::verify(&service.checkpoint().unwrap(), service.policy()).unwrap();
    // The same log key begins another history, as after a restored backup.
    let mut again = House::new(&folder.path().join("again"));
    let forked = again.service(&text, vec![endpoint(&one)]).await;
    assert!(VerifiedCheckpoint::verify(&forked.checkpoint().unwrap(), forked.policy()).is_err());
}

#[test]
fn only_plain_addresses_of_witnesses_are_taken_from_the_configuration() {
    let key = witness_key(1);
    for prefix in [
        "",
        "witness.example",
        "file:///etc/passwd",
        "http://",
        "https://a b",
        "http://user@host/",
    ] {
        assert!(WitnessEndpoint::new(key.clone(), prefix).is_err(), "{prefix}");
    }
    assert!(WitnessEndpoint::new(key, "https://witness.example/w1/").is_ok());
    assert!(
        WitnessEndpoint::new(log_key(), "https://witness.example").is_err(),
        "a log's key"
    );
}
