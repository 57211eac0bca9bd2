//! Who takes part: root, organisations, service keys and clinicians, each certified by real enrolment (SECURITY T8).
//!
//! Keys of people and of the service last twelve months, so the past needs renewals: whoever is about to act and holds
//! no certificate of that day enrols again with a new key. Every certificate is logged before its key signs anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::plan::person::{Author, Registration, RegistrationBody};
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Custody, OrgCode, OrgKind, Role, TrustPolicy};
use planseal::validate::NumberRange;
use planseal::verify::Verified;
use planseal_signer::authority::{
    Authority, CandidateDetails, Confirmation, OrganisationDetails, RootDetails,
};
use planseal_signer::enrolment::Invite;
use planseal_signer::key_file::{Cost, FileKey, Passphrase};
use planseal_signer::seal::SealAuthority;
use planseal_signer::tls::{TlsAuthority, TlsIdentity, TlsRequest};
use planseal_store::{Store, StoreConfig};

use super::calendar::Calendar;
use super::folder::Folder;
use super::samples::{Clinician, Samples};
use super::watch::Watch;
use crate::listen::TlsFiles;
use crate::service::{Deployment, SealKey, Service, ServiceKey, ServiceKeys};

/// The log's name; printed pointers lead to its first part.
const ORIGIN: &str = "plans.nowhere.example/log";
const CONTACT: &str = "Nowhere Shared Care Plans (fictional), telephone 01632 960000";
/// The passphrase of every key of the demonstration: it is public.
pub(super) const PASSPHRASE: &str = "these keys are public";
/// The host's code in `people.json`.
const HOST: &str = "TEST-HOST";
/// Second person at every enrolment.
const REGISTRAR: &str = "Noor Registrar-Placeholder";

/// Everybody, and the service they use.
pub(super) struct Cast {
    service: Arc<Service>,
    calendar: Arc<Calendar>,
    authorities: BTreeMap<String, Authority>,
    signers: BTreeMap<String, Signer>,
    service_until: Verified<Certificate>,
    keys: PathBuf,
    seals: SealAuthority,
    tls: TlsIdentity,
    /// They listen as long as there is a service.
    _watch: Watch,
}

/// A clinician's key with its certificate.
pub(super) struct Signer {
    pub(super) key: FileKey,
    pub(super) certificate: Verified<Certificate>,
}

impl Cast {
    /// Makes root, organisations, log, store and service, a week before the first event.
    pub(super) async fn found(
        folder: &Folder,
        samples: &Samples,
        calendar: Arc<Calendar>,
    ) -> anyhow::Result<Self> {
        let first = samples
            .events
            .first()
            .ok_or_else(|| anyhow!("the schedule is empty"))?;
        let at = first.at.plus(-7 * 24 * 60 * 60);
        calendar.set(at);
        let keys = folder.keys();
        let mut root = found_root(&keys, at)?;
        let seals = found_seals(&keys, at)?;
        let (log, watch, policy) = found_log(folder, &root, &seals).await?;
        let mut certificates = Vec::new();
        let mut authorities = BTreeMap::new();
        for organisation in &samples.organisations {
            let details = OrganisationDetails {
                organisation: OrgCode::parse(&organisation.code)?,
                organisation_name: organisation.name.clone(),
                kind: organisation.kind,
                custody: Custody::File,
                not_after: at.date().plus_days(3 * 365),
            };
            let home = new_folder(&keys.join(&organisation.code))?;
            let (authority, certificate) = found_organisation(&mut root, details, &home, &policy, at)?;
            // The host's certificate and the service's keys are the first leaves after the root (FORMAT §4).
            let place = if organisation.kind == OrgKind::Host {
                0
            } else {
                certificates.len()
            };
            certificates.insert(place, certificate);
            authorities.insert(organisation.code.clone(), authority);
        }
        let host = authorities
            .get_mut(HOST)
            .ok_or_else(|| anyhow!("people.json names no host"))?;
        let (service_keys, service_certificates) = service_keys(host, &seals, &keys, at)?;
        let service_until = verified(&policy, &certificates[0], &service_certificates[0])?;
        let after_host = 1..1;
        certificates.splice(after_host, service_certificates);
        let store = StoreConfig::folder(folder.store(), keys.join("store.key"));
        let store = Store::open(store, Box::new(log), ORIGIN, calendar.clone()).await?;
        let deployment = Deployment {
            policy,
            numbers: NumberRange::Test,
            witnesses: watch.endpoints.clone(),
        };
        let service =
            Service::found(store, calendar.clone(), deployment, &certificates, service_keys).await?;
        Ok(Self {
            service: Arc::new(service),
            tls: tls(&new_folder(&keys.join("tls"))?, samples, calendar.present())?,
            calendar,
            authorities,
            signers: BTreeMap::new(),
            service_until,
            keys,
            seals,
            _watch: watch,
        })
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    pub(super) fn service_handle(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }

    /// The server's certificate and key.
    pub(super) fn tls_files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.tls.certificate.clone().into_bytes(),
            key: self.tls.key.as_bytes().to_vec(),
        }
    }

    /// A clinician who can sign at this time, enrolled or enrolled again when necessary.
    pub(super) async fn signer(&mut self, clinician: &Clinician, at: Timestamp) -> anyhow::Result<&Signer> {
        let held = self.signers.get(&clinician.name);
        if !held.is_some_and(|held| held.certificate.content().valid_at(at)) {
            let signer = self.enrol(clinician, at.plus(-60 * 60)).await;
            let signer = signer.with_context(|| format!("{} could not be enrolled", clinician.name))?;
            self.signers.insert(clinician.name.clone(), signer);
        }
        Ok(&self.signers[&clinician.name])
    }

    /// Renews the service's keys when their certificates end before this time.
    pub(super) async fn keep_service(&mut self, at: Timestamp) -> anyhow::Result<()> {
        if self.service_until.content().valid_at(at) {
            return Ok(());
        }
        let issued = at.plus(-2 * 60 * 60);
        self.calendar.set(issued);
        let host = self
            .authorities
            .get_mut(HOST)
            .ok_or_else(|| anyhow!("there is no host"))?;
        let (keys, certificates) = service_keys(host, &self.seals, &self.keys, issued)?;
        for certificate in &certificates {
            self.service.register_certificate(certificate).await?;
        }
        self.service_until = self.certificate(certificates[0].id()).await?;
        self.service.renew_keys(keys).await;
        Ok(())
    }

    /// Invite, proof of possession by the new key, a second person's confirmation, certificate, log.
    async fn enrol(&mut self, clinician: &Clinician, at: Timestamp) -> anyhow::Result<Signer> {
        self.calendar.set(at);
        let authority = self.authorities.get_mut(&clinician.org);
        let authority = authority.ok_or_else(|| anyhow!("there is no organisation {}", clinician.org))?;
        let details = CandidateDetails {
            name: clinician.name.clone(),
            registration: Some(clinician.registration.clone()),
            roles: roles(clinician)?,
            custody: Custody::File,
            not_after: at.date().plus_days(365),
        };
        let invite = authority.invite(details, at)?;
        let key = new_key(&self.keys.join(&clinician.org), &clinician.name, at)?;
        let object = answer(authority, &invite, &key, at)?;
        self.service.register_certificate(&object).await?;
        let certificate = self.certificate(object.id()).await?;
        Ok(Signer { key, certificate })
    }

    async fn certificate(&self, id: ObjectId) -> anyhow::Result<Verified<Certificate>> {
        let certificate = self.service.certificate(&id).await;
        certificate.ok_or_else(|| anyhow!("certificate {id} is not registered"))
    }
}

/// The author of a plan, as certified.
pub(super) fn author(clinician: &Clinician) -> anyhow::Result<Author> {
    let body = RegistrationBody::parse(&clinician.registration.body);
    let body = body.ok_or_else(|| anyhow!("{} is no register", clinician.registration.body))?;
    let registration = Registration::new(body, &clinician.registration.number)?;
    let organisation = OrgCode::parse(&clinician.org)?;
    Ok(Author::new(
        &clinician.name,
        Some(registration),
        &clinician.role,
        organisation,
    )?)
}

fn roles(clinician: &Clinician) -> anyhow::Result<Vec<Role>> {
    let role = |word: &String| {
        let word = word.replace('_', "-");
        Role::parse(&word).ok_or_else(|| anyhow!("{word} is no role"))
    };
    clinician.roles.iter().map(role).collect()
}

fn found_root(keys: &Path, at: Timestamp) -> anyhow::Result<Authority> {
    let details = RootDetails {
        organisation: OrgCode::parse(HOST)?,
        organisation_name: "Nowhere Shared Care Plans".into(),
        name: "Demonstration root".into(),
        not_after: at.date().plus_days(15 * 365),
    };
    Ok(Authority::init_root(
        &keys.join("root"),
        details,
        &passphrase(),
        Cost::EXAMPLE_KEYS,
        at,
    )?)
}

/// Who certifies the keys that seal PDFs.
fn found_seals(keys: &Path, at: Timestamp) -> anyhow::Result<SealAuthority> {
    let folder = new_folder(&keys.join("seal"))?;
    let seals = SealAuthority::generate("Nowhere Shared Care Plans, seals (fictional)", at)?;
    seals.save(
        &folder.join("authority-key.pem"),
        &passphrase(),
        Cost::EXAMPLE_KEYS,
    )?;
    write(&folder, "authority.pem", seals.certificate().as_bytes())?;
    Ok(seals)
}

/// The log's key, the witnesses of the log, and the policy that asks for both and for seals.
async fn found_log(
    folder: &Folder,
    root: &Authority,
    seals: &SealAuthority,
) -> anyhow::Result<(FileKey, Watch, TrustPolicy)> {
    let keys = folder.keys();
    let log = FileKey::generate()?;
    log.save_at_cost(&keys.join("log.pem"), &passphrase(), Cost::EXAMPLE_KEYS)?;
    let verifier = VerifierKey::new(ORIGIN, KeyType::Log, log.public_key())?;
    let watch = Watch::begin(&keys, &folder.witnesses(), &verifier).await?;
    let root = root.certificate().object();
    let policy = TrustPolicy::new(root, &verifier.to_string(), &watch.policy, CONTACT)?;
    let policy = policy.with_seals(seals.fingerprint())?;
    Ok((log, watch, policy))
}

fn found_organisation(
    root: &mut Authority,
    details: OrganisationDetails,
    home: &Path,
    policy: &TrustPolicy,
    at: Timestamp,
) -> anyhow::Result<(Authority, SignedObject)> {
    let invite = root.invite_organisation(details, at)?;
    let key = FileKey::generate()?;
    key.save_at_cost(&home.join("key.pem"), &passphrase(), Cost::EXAMPLE_KEYS)?;
    let certificate = answer(root, &invite, &key, at)?;
    let authority = Authority::organisation(home, policy, &certificate, &passphrase(), at)?;
    Ok((authority, certificate))
}

/// Head, status and recorder, and the key that seals PDFs.
fn service_keys(
    host: &mut Authority,
    seals: &SealAuthority,
    keys: &Path,
    at: Timestamp,
) -> anyhow::Result<(ServiceKeys, Vec<SignedObject>)> {
    let folder = new_folder(&keys.join("service"))?;
    let mut certificates = Vec::new();
    let mut make = |name: &str, role: Role| -> anyhow::Result<ServiceKey> {
        let details = CandidateDetails {
            name: name.into(),
            registration: None,
            roles: vec![role],
            custody: Custody::File,
            not_after: at.date().plus_days(365),
        };
        let invite = host.invite(details, at)?;
        let key = new_key(&folder, name, at)?;
        let object = answer(host, &invite, &key, at)?;
        let certificate = object.id();
        certificates.push(object);
        Ok(ServiceKey {
            port: Box::new(key),
            certificate,
        })
    };
    let keys = ServiceKeys {
        head: make("Head key", Role::ServiceHead)?,
        status: make("Status key", Role::ServiceStatus)?,
        recorder: make("Recorder key", Role::ServiceRecorder)?,
        seal: Some(seal_key(seals, &folder, at)?),
    };
    Ok((keys, certificates))
}

fn seal_key(seals: &SealAuthority, folder: &Path, at: Timestamp) -> anyhow::Result<SealKey> {
    let key = seals.issue("Nowhere Shared Care Plans (fictional)", at)?;
    let name = format!("seal-{}", at.date());
    key.save(
        &folder.join(format!("{name}-key.pem")),
        &passphrase(),
        Cost::EXAMPLE_KEYS,
    )?;
    write(folder, &format!("{name}.pem"), key.certificates_pem().as_bytes())?;
    Ok(SealKey {
        port: Arc::new(key),
        time_stamps: None,
    })
}

/// The candidate signs the invite; the registrar reads the fingerprint back; the authority issues.
fn answer(
    authority: &mut Authority,
    invite: &Invite,
    key: &FileKey,
    at: Timestamp,
) -> anyhow::Result<SignedObject> {
    let request = invite.answer(key, at)?;
    let confirmation = Confirmation {
        by: REGISTRAR,
        fingerprint: &key.public_key().fingerprint(),
    };
    Ok(authority.issue(request.bytes(), &confirmation, at)?)
}

/// A new key in an encrypted file named for its holder and day.
fn new_key(folder: &Path, name: &str, at: Timestamp) -> anyhow::Result<FileKey> {
    let key = FileKey::generate()?;
    let name = name.to_lowercase().replace(' ', "-");
    let file = folder.join(format!("{name}-{}.pem", at.date()));
    key.save_at_cost(&file, &passphrase(), Cost::EXAMPLE_KEYS)?;
    Ok(key)
}

fn verified(
    policy: &TrustPolicy,
    issuer: &SignedObject,
    certificate: &SignedObject,
) -> anyhow::Result<Verified<Certificate>> {
    let mut directory = planseal::trust::Directory::pinned(policy);
    directory.admit(issuer)?;
    Ok(directory.admit(certificate)?.clone())
}

/// A CA, the server's certificate, and one client certificate for the systems of each organisation.
fn tls(folder: &Path, samples: &Samples, at: Timestamp) -> anyhow::Result<TlsIdentity> {
    let authority = TlsAuthority::generate("Demonstration TLS authority", at)?;
    write(folder, "ca.pem", authority.certificate().as_bytes())?;
    let server = authority.server(&["localhost", "127.0.0.1"], at)?;
    write(folder, "server.pem", server.certificate.as_bytes())?;
    write(folder, "server.key", server.key.as_bytes())?;
    for organisation in &samples.organisations {
        let code = OrgCode::parse(&organisation.code)?;
        let request = TlsRequest::generate(&organisation.name)?;
        let certificate = authority.client(&request.request, &organisation.name, &code, at)?;
        write(folder, &format!("client-{code}.pem"), certificate.as_bytes())?;
        write(folder, &format!("client-{code}.key"), request.key.as_bytes())?;
    }
    Ok(server)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    use planseal_signer::output::{Access, Existing, write};
    let access = if name.ends_with(".key") {
        Access::Owner
    } else {
        Access::Everyone
    };
    Ok(write(&folder.join(name), bytes, access, Existing::Keep)?)
}

fn new_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder.to_owned())
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.to_owned())
}
