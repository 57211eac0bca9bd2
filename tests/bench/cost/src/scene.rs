//! Who signs, who is trusted, what time it is: the same for every store here.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use planseal::envelope::SignedObject;
use planseal::plan::PlanVersion;
use planseal::verify::{self, Verified};
use planseal_store::{OperationId, Publication, SetClock, Store, StoreConfig};
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::world::{World, beginning};

use crate::versions::{Forge, publishing_time};

/// The world, with an author whose versions are published in it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) forge: Forge,
    clock: Arc<SetClock>,
}

impl Scene {
    pub(crate) fn new() -> Result<Arc<Self>> {
        let world = World::new();
        let forge = Forge::new(&world)?;
        let clock = Arc::new(SetClock::new(publishing_time()));
        Ok(Arc::new(Self { world, forge, clock }))
    }

    /// Opens a store, with everybody's certificates when it is new.
    pub(crate) async fn open(&self, config: StoreConfig) -> Result<Store> {
        let key = Box::new(FixedKey::from_seed(2));
        let store = Store::open(config, key, ORIGIN, Arc::<SetClock>::clone(&self.clock)).await;
        let store = store.context("the store opens")?;
        if store.is_new() {
            self.clock.set(beginning());
            for certificate in self.world.certificates() {
                store.append(certificate, OperationId::random()?).await?;
            }
            self.clock.set(publishing_time());
        }
        Ok(store)
    }

    pub(crate) fn verify(&self, envelope: &[u8]) -> Result<Verified<PlanVersion>> {
        let object = SignedObject::parse(envelope)?;
        Ok(verify::statement(&object, &self.world.directory)?)
    }

    /// What a service does with a version that arrives: verified, stored, logged, receipted.
    pub(crate) async fn publish(&self, store: &Store, envelope: &[u8]) -> Result<()> {
        let version = self.verify(envelope)?;
        let publication = Publication {
            version: &version,
            card: None,
            attachments: &[],
            operation: OperationId::random()?,
        };
        let receipt = store.publish(publication).await?;
        anyhow::ensure!(
            receipt.proof().index < store.log_size(),
            "the receipt is of a leaf that is shown"
        );
        Ok(())
    }
}
