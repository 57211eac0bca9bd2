//! A history: one real service over a store in memory, whose clock is set while its past is played.
//!
//! A lying service is made of several of these under the same keys: what one reader is shown, another is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use planseal::envelope::SignedObject;
use planseal::id::ObjectId;
use planseal::log::leaf::Leaf;
use planseal::receipt::Receipt;
use planseal::time::Timestamp;
use planseal::trust::TrustPolicy;
use planseal::validate::NumberRange;
use planseal_server::routes::{self, App, Mode};
use planseal_server::service::{AdmitError, Deployment, Service, ServiceKey, ServiceKeys, Submission};
use planseal_store::{Clock, OperationId, Store, StoreConfig, SystemClock, TilePath};
use planseal_tests::key::FixedKey;

use crate::cast::{CAST, FIRST, ORIGIN, SECOND, STRANGER, Signed, days_ago, log_key};

/// A clock that is set in the past and runs with the machine in the present.
pub(crate) struct Dial(AtomicU64);

/// Nothing happens in 1970.
const RUNNING: u64 = 0;

impl Dial {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.seconds(), Ordering::SeqCst);
    }

    pub(crate) fn release(&self) {
        self.0.store(RUNNING, Ordering::SeqCst);
    }
}

impl Clock for Dial {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::SeqCst) {
            RUNNING => SystemClock.now(),
            seconds => Timestamp::from_seconds(seconds).expect("a time that was set"),
        }
    }
}

/// One service and its clock.
pub(crate) struct History {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<Dial>,
}

impl History {
    /// Everybody is certified, forty days ago; nobody has written a plan.
    pub(crate) async fn begin(policy: TrustPolicy) -> Self {
        let clock = Arc::new(Dial(AtomicU64::new(days_ago(40).seconds())));
        let dial: Arc<dyn Clock> = clock.clone();
        let store = Store::open(
            StoreConfig::memory(),
            Box::new(log_key()),
            ORIGIN,
            Arc::clone(&dial),
        );
        let deployment = Deployment {
            policy,
            numbers: NumberRange::Test,
            witnesses: Vec::new(),
        };
        let store = store.await.expect("a store in memory");
        let certificates = CAST.certificates();
        let founded = Service::found(store, dial, deployment, &certificates, keys());
        Self {
            service: Arc::new(founded.await.expect("honest certificates")),
            clock,
        }
    }

    /// The first version and the other record's, and nothing later.
    pub(crate) async fn until_first() -> Self {
        let history = Self::begin(CAST.policy("quorum none\n")).await;
        history.publish(&FIRST, None).await;
        history.publish(&STRANGER, None).await;
        history.clock.release();
        history
    }

    /// Both versions.
    pub(crate) async fn until_second() -> Self {
        let history = Self::until_first().await;
        history.publish(&SECOND, Some(FIRST.id())).await;
        history.clock.release();
        history
    }

    /// Publishes at the time of signing, and gives the receipt.
    pub(crate) async fn publish(&self, signed: &Signed, replaces: Option<ObjectId>) -> Receipt {
        self.clock.set(signed.version.signed_at().plus(600));
        let published = self.try_publish(signed, replaces).await;
        self.clock.release();
        published.expect("an honest version is published")
    }

    /// Publishes now.
    pub(crate) async fn try_publish(
        &self,
        signed: &Signed,
        replaces: Option<ObjectId>,
    ) -> Result<Receipt, AdmitError> {
        let submission = Submission {
            bundle: &signed.submission(),
            plan: replaces.map(|_| signed.version.content().plan()),
            replaces,
            attachments: &[],
            operation: OperationId::random().expect("randomness"),
        };
        self.service
            .publish(&submission)
            .await
            .map(|published| published.receipt)
    }

    /// Lets the service do something at a time in the past.
    pub(crate) async fn at<T>(&self, at: Timestamp, act: impl Future<Output = T>) -> T {
        self.clock.set(at);
        let done = act.await;
        self.clock.release();
        done
    }

    /// The version's bundle as the service gives it now.
    pub(crate) async fn bundle(&self, signed: &Signed) -> Vec<u8> {
        let content = signed.version.content();
        let bundle = self
            .service
            .bundle(content.plan(), content.version_number())
            .await;
        bundle.expect("a bundle").encode().expect("encodes")
    }

    /// The first version's paper, printed eight days ago, when it was the latest.
    pub(crate) async fn old_paper() -> Vec<u8> {
        let history = Self::until_first().await;
        history.at(days_ago(8), history.bundle(&FIRST)).await
    }

    pub(crate) async fn head(&self, signed: &Signed) -> SignedObject {
        let plan = signed.version.content().plan();
        self.service.head(plan).await.expect("a head")
    }

    /// Every leaf, as the log serves them.
    pub(crate) async fn leaves(&self) -> Vec<Leaf> {
        let checkpoint = self.service.checkpoint().expect("a checkpoint");
        let size = checkpoint.lines().nth(1).expect("a size").to_owned();
        let path = TilePath::parse(&format!("tile/entries/000.p/{size}")).expect("a path");
        let tile = self.service.tile(path).await.expect("a tile").expect("entries");
        let (mut rest, mut leaves) = (tile.as_ref(), Vec::new());
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (leaf, after) = after.split_at(u16::from_be_bytes(*length).into());
            leaves.push(Leaf::decode(leaf).expect("a leaf"));
            rest = after;
        }
        leaves
    }

    /// The real routes over this history.
    pub(crate) fn router(&self) -> Router {
        routes::router(App {
            service: Arc::clone(&self.service),
            mode: Mode::Demo,
        })
    }
}

/// The service's own keys, which are a liar's as well.
fn keys() -> ServiceKeys {
    let key = |seed, certificate: ObjectId| ServiceKey {
        port: Box::new(FixedKey::from_seed(seed)),
        certificate,
    };
    ServiceKeys {
        head: key(4, CAST.head.certificate.id()),
        status: key(5, CAST.status.certificate.id()),
        recorder: key(6, CAST.recorder.certificate.id()),
        seal: None,
    }
}
