//! Power is lost at every write there is; the store is opened again, and nothing acknowledged is gone.

use std::sync::Arc;

use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::log::note::Note;
use planseal::log::tree::{leaf_hash, verify_inclusion};

use super::kit::{Fault, FaultyEngine, Machine, ORIGIN, SCAN, log_key, now, plan, root, story, tell};
use crate::{EngineError, Location, SetClock, Sharing, Store, StoreConfig};
use object_store::path::Path;
use planseal::id::ObjectId;
use planseal::plan::contacts::Digest;
use sha2::{Digest as _, Sha256};

/// How many writes the whole story takes, opening included.
async fn writes_of_the_story() -> u64 {
    let machine = Machine::new();
    let engine = Arc::new(FaultyEngine::new(
        machine.disk.clone(),
        u64::MAX,
        Fault::CutBefore,
    ));
    let store = machine.open_over(engine.clone()).await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    engine.writes()
}

/// Tells the story on an engine that fails; gives what was acknowledged.
async fn tell_until_it_fails(machine: &Machine, fails_at: u64, fault: Fault) -> Vec<(ObjectId, u64)> {
    let engine = Arc::new(FaultyEngine::new(machine.disk.clone(), fails_at, fault));
    match machine.open_over(engine).await {
        Ok(store) => tell(&store).await.0,
        Err(_) => Vec::new(),
    }
}

/// Everything the store shows hangs together: each object in a chain has its leaf, each leaf its object, and each
/// receipt proves it.
async fn expect_whole(store: &Store) {
    let size = store.log_size();
    let leaves = store.leaves(0..size).await.expect("all leaves");
    assert_eq!(u64::try_from(leaves.len()).expect("small"), size);
    let chain = store.chain(plan(9)).await.expect("a whole chain");
    for (index, leaf) in (0..).zip(&leaves) {
        let object = store
            .object(leaf.id)
            .await
            .expect("readable")
            .expect("the leaf's object");
        assert_eq!((object.index, object.id), (index, leaf.id));
        expect_proved(store, leaf.id).await;
    }
    let in_chain = chain
        .iter()
        .filter(|record| leaves.iter().any(|leaf| leaf.id == record.id))
        .count();
    assert_eq!(in_chain, chain.len());
    assert_eq!(
        chain.len() + usize::from(size > 0),
        leaves.len(),
        "no leaf stands for a record that is not there"
    );
}

async fn expect_proved(store: &Store, id: ObjectId) {
    let receipt = store.receipt(id).await.expect("readable").expect("a receipt");
    let note = Note::parse(&receipt.proof().checkpoint).expect("a note");
    let checkpoint = VerifiedCheckpoint::of_log(&note, store.log_key()).expect("signed by the log");
    let leaf = leaf_hash(&receipt.leaf().encode());
    let proof = receipt.proof();
    verify_inclusion(
        &leaf,
        proof.index,
        checkpoint.size(),
        &proof.path,
        &checkpoint.root(),
    )
    .expect("proved");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_a_repetition_gets_the_original_answer() {
    let writes = writes_of_the_story().await;
    assert!(writes > 25, "{writes}");
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for fails_at in 1..=writes {
            let machine = Machine::new();
            let acknowledged = tell_until_it_fails(&machine, fails_at, fault).await;
            let store = machine
                .open()
                .await
                .unwrap_or_else(|error| panic!("{fault:?} {fails_at}: {error}"));
            for (id, index) in &acknowledged {
                let found = store.leaf_index(*id).await.expect("readable");
                assert_eq!(found, Some(*index), "{fault:?} at write {fails_at}");
            }
            expect_whole(&store).await;
            let (again, outcome) = tell(&store).await;
            outcome.unwrap_or_else(|error| panic!("{fault:?} {fails_at}: {error}"));
            assert_eq!(
                again[..acknowledged.len()],
                acknowledged,
                "{fault:?} at write {fails_at}"
            );
            expect_whole(&store).await;
            assert_eq!(store.log_size(), 5, "no object was logged twice");
        }
    }
}

#[tokio::test]
async fn a_crash_while_a_crash_is_made_good_loses_nothing() {
    for fails_at in 1..=writes_of_the_story().await {
        let machine = Machine::new();
        let acknowledged = tell_until_it_fails(&machine, fails_at, Fault::CutAfter).await;
        for again in 1..8 {
            tell_until_it_fails(&machine, again, Fault::CutAfter).await;
        }
        let store = machine.open().await.expect("it opens");
        for (id, index) in &acknowledged {
            assert_eq!(store.leaf_index(*id).await.expect("readable"), Some(*index));
        }
        expect_whole(&store).await;
    }
}

#[tokio::test]
async fn a_write_that_fails_once_or_lands_unheard_is_made_good_at_once() {
    for fault in [Fault::RefusedOnce, Fault::LandsUnheard] {
        for fails_at in 1..=writes_of_the_story().await {
            let machine = Machine::new();
            let engine = Arc::new(FaultyEngine::new(machine.disk.clone(), fails_at, fault));
            // The checkpoint is the one object that is replaced, not created: its failure is reported, and the
            // repetition completes it.
            let mut outcome = machine.open_over(engine.clone()).await;
            if outcome.is_err() {
                outcome = machine.open_over(engine).await;
            }
            let store = outcome.unwrap_or_else(|error| panic!("{fault:?} {fails_at}: {error}"));
            let (first, outcome) = tell(&store).await;
            let (told, second) = tell(&store).await;
            second.unwrap_or_else(|error| panic!("{fault:?} {fails_at}: {error}"));
            assert_eq!(told[..first.len()], first);
            assert!(outcome.is_ok() || first.len() < 5);
            expect_whole(&store).await;
            assert_eq!(store.log_size(), 5);
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_named_loses_nothing_and_goes_on_when_space_is_free() {
    let (writes, mut refused) = (writes_of_the_story().await, 0);
    // The story's last write is the checkpoint in the store, which is made again and is nobody's answer.
    for fails_at in 1..writes - 1 {
        let machine = Machine::new();
        let engine = Arc::new(FaultyEngine::new(machine.disk.clone(), fails_at, Fault::Full));
        let Ok(store) = machine.open_over(engine.clone()).await else {
            continue;
        };
        let (told, outcome) = tell(&store).await;
        let failure = outcome.expect_err("the disk is full");
        let full = matches!(failure.engine(), Some(EngineError::DiskFull { .. }));
        assert!(full, "{fails_at}: {failure:?}");
        refused += 1;
        engine.free_space();
        let (again, outcome) = tell(&store).await;
        outcome.unwrap_or_else(|error| panic!("{fails_at}: {error}"));
        assert_eq!(again[..told.len()], told);
        expect_whole(&store).await;
    }
    assert!(refused > 20, "{refused}");
}

#[tokio::test]
async fn what_was_told_is_read_back_from_a_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || {
        let config = StoreConfig::folder(folder.path().join("store"), folder.path().join("keys/store.key"));
        Store::open(config, log_key(1), ORIGIN, Arc::new(SetClock::new(now())))
    };
    let store = open().await.expect("a new store");
    let (told, outcome) = tell(&store).await;
    outcome.expect("the whole story");
    let checkpoint = store.checkpoint();
    drop(store);
    let store = open().await.expect("the same store");
    assert_eq!(store.checkpoint(), checkpoint);
    expect_whole(&store).await;
    let chain = store.chain(plan(9)).await.expect("a chain");
    let envelopes: Vec<&[u8]> = chain.iter().map(|record| record.envelope.as_slice()).collect();
    let expected = story();
    assert_eq!(
        envelopes,
        expected
            .iter()
            .map(|said| said.envelope.as_slice())
            .collect::<Vec<_>>()
    );
    assert_eq!(told[0].0, root().id);
    let card = store.card(expected[0].id).await.expect("readable");
    assert_eq!(card, expected[0].card);
    let scan = store
        .attachment(plan(9), &Digest::of(SCAN))
        .await
        .expect("readable");
    assert_eq!(scan.as_deref(), Some(SCAN));
    assert_eq!(store.list_every_plan().await.expect("a listing"), [plan(9)]);
}

#[tokio::test]
async fn everything_that_is_evidence_lies_in_the_second_place_before_it_is_acknowledged() {
    let (machine, worm) = (Machine::new(), Machine::new());
    let copies = |objects| Location::Objects {
        objects,
        sharing: Sharing::Alone,
    };
    let open = |worm| {
        let config = StoreConfig {
            worm: Some(copies(worm)),
            ..machine.config_over(machine.disk.clone())
        };
        Store::open(config, log_key(1), ORIGIN, machine.clock.clone())
    };
    let store = open(worm.disk.clone()).await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    let copied = worm.names().await;
    for name in machine.names().await {
        let bytes = machine.bytes(&name).await;
        let copy = Path::from(format!("{name}/{}", hex::encode(Sha256::digest(&bytes))));
        let evidence = ["p/", "b/", "r/", "n/", "a/", "log/c/"];
        let expected = evidence.iter().any(|folder| name.as_ref().starts_with(folder));
        assert_eq!(copied.contains(&copy), expected, "{name}");
    }
    drop(store);
    let before = machine.names().await;
    let cut = FaultyEngine::new(worm.disk.clone(), 1, Fault::CutBefore);
    open(Arc::new(cut)).await.expect_err("the second place is gone");
    assert_eq!(
        machine.names().await,
        before,
        "nothing is stored that was not copied"
    );
}
