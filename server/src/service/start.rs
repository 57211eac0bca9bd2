//! Beginning a log, and taking up one that exists.
//!
//! Both end in the same state: whatever the service knows is folded from the log, so a node that was just started
//! knows what the node knew that wrote it.

use std::sync::Arc;

use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::time::Timestamp;
use planseal::trust::{Certificate, Directory, PublicKey, Role, TrustPolicy};
use planseal::verify::{Verified, VerifyError};
use planseal_store::{AppendError, Clock, OperationId, RandomError, ReadError, Store};

use super::error::ServiceError;
use super::keys::{ServiceKey, ServiceKeys};
use super::{Deployment, Service};

impl Service {
    /// Begins a new log: the root, the host's certificate and those of the service's keys, in this order, are its
    /// first leaves (FORMAT §4). A beginning that was cut short is completed.
    ///
    /// # Errors
    /// [`StartError`]; [`StartError::Begun`] when the log begins with anything else.
    pub async fn found(
        store: Store,
        clock: Arc<dyn Clock>,
        deployment: Deployment,
        certificates: &[SignedObject],
        keys: ServiceKeys,
    ) -> Result<Self, StartError> {
        expect_log(&store, &deployment.policy)?;
        let beginning = beginning(&deployment.policy, certificates, clock.now())?;
        expect_prefix(&store, &beginning).await?;
        for certificate in &beginning {
            let operation = OperationId::random()?;
            store.append(certificate, operation).await.map_err(Box::new)?;
        }
        let service = Self::open(store, clock, deployment, keys).await?;
        if let Some(last) = service.store.log_size().checked_sub(1) {
            service.cosign_up_to(last).await;
        }
        Ok(service)
    }

    /// Takes up a log that exists.
    ///
    /// # Errors
    /// [`StartError`]; most of them refuse, and say what to do.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        deployment: Deployment,
        keys: ServiceKeys,
    ) -> Result<Self, StartError> {
        expect_log(&store, &deployment.policy)?;
        let first = store.leaves(0..store.log_size().min(1)).await?;
        let first = first.first().ok_or(StartError::Empty)?;
        let root = deployment.policy.root().id();
        if first.id != root {
            let found = first.id;
            return Err(StartError::OtherRoot { found, pinned: root });
        }
        let service = Self::over(store, clock, deployment, keys)?;
        service.fold(&mut *service.ledger.write().await).await?;
        service.expect_keys().await?;
        service.catch_up().await?;
        Ok(service)
    }

    /// Each service key is the one its certificate names, and the log holds the certificate.
    async fn expect_keys(&self) -> Result<(), StartError> {
        let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
        for (role, key) in keys.by_role() {
            key.is_certified(role, &ledger.directory)?;
        }
        Ok(())
    }

    /// The service's keys that cannot sign now, because their certificates are not valid now or were revoked: with the
    /// role of each. What is stored can be read all the same.
    pub async fn keys_not_in_force(&self) -> Vec<Role> {
        let (keys, ledger) = (self.keys.read().await, self.ledger.read().await);
        let now = self.now();
        let in_force = |key: &ServiceKey| {
            let held = ledger.directory.certificate(&key.certificate);
            let revoked = ledger.directory.revocations_of(&key.certificate).next();
            revoked.is_none() && held.is_some_and(|held| held.content().valid_at(now))
        };
        keys.by_role()
            .into_iter()
            .filter(|(_, key)| !in_force(key))
            .map(|(role, _)| role)
            .collect()
    }
}

impl ServiceKeys {
    fn by_role(&self) -> [(Role, &ServiceKey); 3] {
        [
            (Role::ServiceHead, &self.head),
            (Role::ServiceStatus, &self.status),
            (Role::ServiceRecorder, &self.recorder),
        ]
    }
}

impl ServiceKey {
    fn is_certified(&self, role: Role, directory: &Directory) -> Result<(), StartError> {
        let certificate = self.certificate;
        let held = directory
            .certificate(&certificate)
            .ok_or(StartError::KeyNotLogged { role, certificate })?
            .content();
        if !held.fields().roles.contains(&role) {
            return Err(StartError::OtherRole { role, certificate });
        }
        let (found, expected) = (self.port.public_key(), held.key());
        if found == expected {
            Ok(())
        } else {
            Err(StartError::OtherKey {
                role,
                found,
                expected,
            })
        }
    }
}

/// The store's log is signed by the key, and under the name, that readers pin.
fn expect_log(store: &Store, policy: &TrustPolicy) -> Result<(), StartError> {
    let (found, pinned) = (store.log_key(), policy.log());
    if found == pinned {
        return Ok(());
    }
    Err(StartError::OtherLog {
        found: found.to_string(),
        pinned: pinned.to_string(),
    })
}

/// The first leaves: each verified up to the root, by an issuer whose certificate is valid now.
fn beginning(
    policy: &TrustPolicy,
    certificates: &[SignedObject],
    now: Timestamp,
) -> Result<Vec<Verified<Certificate>>, StartError> {
    let mut directory = Directory::pinned(policy);
    let mut beginning = vec![policy.root().clone()];
    for object in certificates {
        let certificate = directory.admit(object)?.clone();
        let issuer = certificate.signer().and_then(|id| directory.certificate(&id));
        if !issuer.is_some_and(|issuer| issuer.content().valid_at(now)) {
            let certificate = certificate.id();
            return Err(StartError::IssuerNotValid { certificate, now });
        }
        beginning.push(certificate);
    }
    Ok(beginning)
}

/// Whatever the log holds is the beginning of this beginning.
async fn expect_prefix(store: &Store, beginning: &[Verified<Certificate>]) -> Result<(), StartError> {
    let size = store.log_size();
    let expected = u64::try_from(beginning.len()).unwrap_or(u64::MAX);
    if size > expected {
        return Err(StartError::Begun { size });
    }
    let leaves = store.leaves(0..size).await?;
    let mut pairs = leaves.iter().zip(beginning);
    match pairs.all(|(leaf, certificate)| leaf.id == certificate.id()) {
        true => Ok(()),
        false => Err(StartError::Begun { size }),
    }
}

/// The service was not started. Messages are sentences for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no log yet.
    #[error(
        "the store holds no log yet: begin one with `planseal-server found`, or give the store that has one"
    )]
    Empty,
    /// There is a log already.
    #[error(
        "the store's log holds {size} leaves that are not these certificates, and nothing was written: start the \
         service with `planseal-server serve`, or give an empty store"
    )]
    Begun {
        /// How many leaves it holds.
        size: u64,
    },
    /// A log under another key or name.
    #[error(
        "the log key and origin given make {found}, and the trust policy pins {pinned}: give the log key of this policy"
    )]
    OtherLog {
        /// Made of key and origin.
        found: String,
        /// Named by the policy.
        pinned: String,
    },
    /// A log of somebody else.
    #[error(
        "the store's log begins with {found}, and the trust policy pins the root {pinned}: this is the store of another \
         service"
    )]
    OtherRoot {
        /// The object of the first leaf.
        found: ObjectId,
        /// The policy's root.
        pinned: ObjectId,
    },
    /// A service key's certificate is not in the log, or does not count.
    #[error(
        "the {role} key's certificate {certificate} is not in the log: register it on a node that runs, or give the \
         certificate that is"
    )]
    KeyNotLogged {
        /// What the key is for.
        role: Role,
        /// The certificate given.
        certificate: ObjectId,
    },
    /// A certificate for something else.
    #[error(
        "certificate {certificate} does not grant the role {role}: give the certificate that was issued for it"
    )]
    OtherRole {
        /// What the key is for.
        role: Role,
        /// The certificate given.
        certificate: ObjectId,
    },
    /// Key and certificate do not belong together.
    #[error(
        "the {role} key is {found}, and its certificate names {expected}: give the key that it was issued for"
    )]
    OtherKey {
        /// What the key is for.
        role: Role,
        /// Of the key file.
        found: PublicKey,
        /// Of the certificate.
        expected: PublicKey,
    },
    /// A certificate whose issuer's is not valid now.
    #[error("the issuer of certificate {certificate} is not valid at {now}: have it issued again")]
    IssuerNotValid {
        /// The certificate.
        certificate: ObjectId,
        /// The service's time.
        now: Timestamp,
    },
    /// A certificate that does not verify.
    #[error("a certificate given does not verify under the trust policy: give them from the root down")]
    Verify(#[from] VerifyError),
    /// The store did not take the beginning.
    #[error("the beginning of the log could not be stored")]
    Append(#[from] Box<AppendError>),
    /// The store failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be folded.
    #[error("the log cannot be replayed")]
    Service(#[source] Box<ServiceError>),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<ServiceError> for StartError {
    fn from(fault: ServiceError) -> Self {
        Self::Service(Box::new(fault))
    }
}

impl StartError {
    /// Whether starting again cannot help: something that was given, or the store, has to be changed first.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Append(_) | Self::Read(_) | Self::Service(_) | Self::Random(_)
        )
    }
}
