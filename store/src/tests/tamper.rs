//! Stored bytes are changed, moved and deleted behind the store's back; it refuses, and names what and not whom.

use object_store::path::Path;
use planseal::plan::contacts::Digest;
use planseal::statement::Kind;
use sha2::{Digest as _, Sha256};

use super::kit::{Machine, NUMBER, SCAN, plan, put_root, request, statement, tell};
use crate::Store;
use crate::index::{self, IndexName};
use crate::upkeep::Depth;

/// What reading refuses, or else what a check of everything finds.
async fn examine(machine: &Machine) -> Result<(), String> {
    read_everything(machine).await?;
    let findings = machine
        .fsck(Depth::Full)
        .await
        .map_err(|error| words(&error))?
        .findings;
    match findings.as_slice() {
        [] => Ok(()),
        _ => Err(findings.iter().map(ToString::to_string).collect()),
    }
}

/// Opens the store and reads all there is; the first refusal, with its causes, in words.
async fn read_everything(machine: &Machine) -> Result<(), String> {
    let store = machine.open().await.map_err(|error| words(&error))?;
    read_all(&store).await?;
    Ok(())
}

async fn read_all(store: &Store) -> Result<(), String> {
    for leaf in store
        .leaves(0..store.log_size())
        .await
        .map_err(|error| words(&error))?
    {
        store.object(leaf.id).await.map_err(|error| words(&error))?;
        store.receipt(leaf.id).await.map_err(|error| words(&error))?;
    }
    store.chain(plan(9)).await.map_err(|error| words(&error))?;
    let scan = store.attachment(plan(9), &Digest::of(SCAN)).await;
    scan.map_err(|error| words(&error))?.ok_or("the scan is gone")?;
    let records = &store.0.records;
    let found = index::find(records, &store.0.chains, IndexName::of_number(records, NUMBER)).await;
    found.map_err(|error| words(&error)).map(drop)
}

fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        next = cause.source();
    }
    words
}

async fn told() -> Machine {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    machine
}

#[tokio::test]
async fn every_object_refuses_a_changed_byte_and_is_named() {
    let machine = told().await;
    examine(&machine.copy().await)
        .await
        .expect("untouched, all is read");
    let mut classes = std::collections::BTreeSet::new();
    for name in machine.names().await {
        let bytes = machine.bytes(&name).await;
        for at in [0, 40, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            let at = at.min(bytes.len() - 1);
            changed[at] ^= 1;
            let machine = machine.copy().await;
            machine.overwrite(&name, changed).await;
            let refused = examine(&machine).await.expect_err(name.as_ref());
            let plain = ["log/checkpoint", "log/cosigned", "meta/format", "k/store"].contains(&name.as_ref());
            assert!(plain || refused.contains(name.as_ref()), "{name}: {refused}");
            for secret in [NUMBER, "of a plan", "endorsed", "%PDF"] {
                assert!(!refused.contains(secret), "{name}: {refused}");
            }
        }
        let class = name.as_ref().split('/').next().expect("a first part");
        classes.insert(class.to_owned());
    }
    assert_eq!(
        classes.into_iter().collect::<Vec<_>>(),
        ["a", "b", "k", "log", "meta", "n", "p", "r", "x"]
    );
}

#[tokio::test]
async fn every_object_refuses_to_be_cut_short() {
    let machine = told().await;
    for name in machine.names().await {
        let bytes = machine.bytes(&name).await;
        for length in [0, 3, bytes.len() / 2, bytes.len() - 1] {
            let machine = machine.copy().await;
            machine.overwrite(&name, bytes[..length].to_vec()).await;
            assert!(examine(&machine).await.is_err(), "{name} cut to {length} bytes");
        }
    }
}

#[tokio::test]
async fn records_of_two_plans_cannot_be_exchanged() {
    let machine = told().await;
    let store = machine.open().await.expect("the store");
    let other = statement(Kind::Version, "somebody else's plan", None);
    let mut other = request(&store, plan(8), other);
    other.statement.names.clear();
    store.put(other).await.expect("another record");
    drop(store);
    let mine = Path::from(format!("p/09/{}/0000000001", "09".repeat(16)));
    let theirs = Path::from(format!("p/08/{}/0000000001", "08".repeat(16)));
    let (a, b) = (machine.bytes(&mine).await, machine.bytes(&theirs).await);
    machine.overwrite(&mine, b).await;
    machine.overwrite(&theirs, a).await;
    let refused = read_everything(&machine).await.expect_err("exchanged");
    assert!(refused.contains("written with another key"), "{refused}");
}

#[tokio::test]
async fn records_of_one_plan_cannot_be_exchanged_or_left_out() {
    let machine = told().await;
    let folder = format!("p/09/{}", "09".repeat(16));
    let (first, second) = (
        Path::from(format!("{folder}/0000000001")),
        Path::from(format!("{folder}/0000000002")),
    );
    let swapped = machine.copy().await;
    let (a, b) = (machine.bytes(&first).await, machine.bytes(&second).await);
    swapped.overwrite(&first, b).await;
    swapped.overwrite(&second, a).await;
    let refused = read_everything(&swapped).await.expect_err("exchanged");
    assert!(refused.contains("altered or moved"), "{refused}");
    machine.delete(second.as_ref()).await;
    let store = machine
        .open()
        .await
        .expect("one damaged record keeps no other from being read");
    assert!(!store.damage_found_on_opening().is_empty());
    let refused = store.chain(plan(9)).await.expect_err("a gap");
    assert!(refused.to_string().contains("is broken at record 2"), "{refused}");
    let refused = store
        .object(super::kit::story().remove(1).id)
        .await
        .expect_err("a gap");
    assert!(refused.to_string().contains("record 2"), "{refused}");
}

/// SECURITY T11: nothing on the disk, nor any plain digest of it, lets a number be found.
#[tokio::test]
async fn no_number_nor_its_digest_nor_any_plan_text_lies_on_the_disk() {
    let machine = told().await;
    let digest: [u8; 32] = Sha256::digest(NUMBER).into();
    let scan = Digest::of(SCAN);
    let hidden: [&[u8]; 6] = [
        NUMBER.as_bytes(),
        &digest,
        b"of a plan",
        b"%PDF",
        scan.as_bytes(),
        b"endorsed",
    ];
    for name in machine.names().await {
        let bytes = machine.bytes(&name).await;
        for hidden in hidden {
            let spelled = hex::encode(hidden);
            assert!(
                !bytes.windows(hidden.len()).any(|window| window == hidden),
                "{name}"
            );
            assert!(!name.as_ref().contains(&spelled), "{name}");
        }
    }
    let store = machine.open().await.expect("the store");
    put_root(&store).await.expect("the root again");
}
