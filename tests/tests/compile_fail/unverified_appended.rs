//! The store takes verified objects only.
use planseal::envelope::SignedObject;
use planseal_store::{OperationId, Store};

async fn append(store: &Store, object: &SignedObject, operation: OperationId) {
    let _ = store.append(object, operation).await;
}

fn main() {}
