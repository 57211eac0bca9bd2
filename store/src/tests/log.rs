//! The log as its clients see it, and what is refused when it was rolled back, cut or forked.

use planseal::log::checkpoint::{Checkpoint, VerifiedCheckpoint};
use planseal::log::note::{Note, NoteSignature};
use planseal::log::tree::{Hash, empty_root, leaf_hash, node_hash, verify_consistency};
use planseal::statement::Kind;

use super::kit::{Machine, ORIGIN, log_key, plan, put_root, request, root, statement, story, tell};
use crate::log::LogOpenError;
use crate::{CosignedError, OpenError, Store, TilePath};

fn signed(store: &Store) -> Checkpoint {
    let note = Note::parse(&store.checkpoint().expect("a checkpoint")).expect("a note");
    VerifiedCheckpoint::of_log(&note, store.log_key())
        .expect("signed")
        .checkpoint()
        .clone()
}

async fn refusal(opened: Result<Store, OpenError>) -> LogOpenError {
    match opened {
        Err(OpenError::Log(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_that_lost_its_last_commit_is_refused() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    drop(store);
    machine.delete("log/c/000000000004").await;
    let refused = refusal(machine.open().await).await;
    assert!(
        matches!(refused, LogOpenError::Smaller { signed: 5, found: 4 }),
        "{refused}"
    );
    assert!(refused.to_string().contains("rolled back"), "{refused}");
}

#[tokio::test]
async fn an_old_backup_is_refused_by_whoever_remembers_more() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    drop(store);
    let backup = machine.copy().await;
    let store = machine.open().await.expect("the store");
    tell(&store).await.1.expect("the whole story");
    let latest = signed(&store);
    drop(store);
    let refused = refusal(backup.open_remembering(latest.clone()).await).await;
    assert!(
        matches!(refused, LogOpenError::Smaller { signed: 5, found: 1 }),
        "{refused}"
    );
    machine
        .open_remembering(latest)
        .await
        .expect("the store itself agrees");
}

#[tokio::test]
async fn another_history_of_the_same_length_is_refused() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    drop(store);
    let fork = machine.copy().await;
    let store = machine.open().await.expect("the store");
    store
        .put(request(&store, plan(9), story().remove(0)))
        .await
        .expect("one history");
    let latest = signed(&store);
    drop(store);
    let store = fork.open().await.expect("the copy");
    let other = statement(Kind::Version, "another history", None);
    store
        .put(request(&store, plan(9), other))
        .await
        .expect("another history");
    drop(store);
    let refused = refusal(fork.open_remembering(latest).await).await;
    assert!(
        matches!(refused, LogOpenError::Differs { size: 2, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn the_log_key_of_another_store_is_refused() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    drop(store);
    let opened = Store::open(
        machine.config_over(machine.disk.clone()),
        log_key(2),
        ORIGIN,
        machine.clock.clone(),
    );
    let refused = refusal(opened.await).await;
    assert!(matches!(refused, LogOpenError::Checkpoint(_)), "{refused}");
}

/// A client that knows only tiles and checkpoint rebuilds the tree (C2SP tlog-tiles).
#[tokio::test]
async fn a_client_of_the_tiles_finds_every_leaf_and_the_signed_root() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    let mut old = signed(&store);
    for n in 0..600_u32 {
        let byte = u8::try_from(n % 200).expect("below 200");
        let mut request = request(
            &store,
            plan(byte),
            statement(Kind::Intake, &format!("received {n}"), None),
        );
        request.statement.names.clear();
        store.put(request).await.expect("logged");
        if n == 255 {
            let checkpoint = signed(&store);
            let (size, proof) = store.prove_growth(old.size).expect("a proof");
            assert_eq!(size, checkpoint.size);
            verify_consistency(old.size, size, &proof, &old.root, &checkpoint.root).expect("it grew");
            old = checkpoint;
        }
    }
    let checkpoint = signed(&store);
    assert_eq!(checkpoint.size, 601);
    let leaves = leaves_by_tiles(&store).await;
    assert_eq!(root_of(&leaves), checkpoint.root);
    assert_eq!(hashes_by_tile(&store, "tile/0/001").await, leaves[256..512]);
    assert_eq!(hashes_by_tile(&store, "tile/0/002.p/89").await, leaves[512..]);
    let second = hashes_by_tile(&store, "tile/1/000.p/2").await;
    assert_eq!(second, [root_of(&leaves[..256]), root_of(&leaves[256..512])]);
    for absent in [
        "tile/0/003",
        "tile/0/002",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/entries/002.p/90",
    ] {
        let path = TilePath::parse(absent).expect("a path");
        assert_eq!(store.tile(path).await.expect("readable"), None, "{absent}");
    }
    drop(store);
    let store = machine.open().await.expect("the same store");
    assert_eq!(signed(&store), checkpoint);
    let some = store.leaves(250..520).await.expect("leaves");
    let hashes: Vec<Hash> = some.iter().map(planseal::log::leaf::Leaf::hash).collect();
    assert_eq!(hashes, leaves[250..520]);
}

async fn leaves_by_tiles(store: &Store) -> Vec<Hash> {
    let mut leaves = Vec::new();
    for path in ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/89"] {
        let path = TilePath::parse(path).expect("a path");
        let bundle = store.tile(path).await.expect("readable").expect("a bundle");
        let mut rest = &bundle[..];
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (leaf, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            leaves.push(leaf_hash(leaf));
            rest = after;
        }
    }
    leaves
}

async fn hashes_by_tile(store: &Store, path: &str) -> Vec<Hash> {
    let path = TilePath::parse(path).expect("a path");
    let tile = store.tile(path).await.expect("readable").expect("a tile");
    tile.chunks(32)
        .map(|hash| Hash::from_bytes(hash.try_into().expect("32 bytes")))
        .collect()
}

/// RFC 6962 §2.1, written down as it stands there.
fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(&root_of(&leaves[..split]), &root_of(&leaves[split..]))
        }
    }
}

/// A line as a witness would add it; the store leaves it to its caller to judge the witness.
fn with_a_line(store: &Store) -> Note {
    let mut note = Note::parse(&store.checkpoint().expect("a checkpoint")).expect("a note");
    note.push(NoteSignature {
        name: "w.example".into(),
        key_id: [1, 2, 3, 4],
        bytes: vec![7; 72],
    });
    note
}

#[tokio::test]
async fn receipts_are_given_under_the_newest_cosigned_checkpoint_that_covers_them() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    let cosigned = with_a_line(&store);
    store.keep_cosigned(&cosigned).await.expect("kept");
    assert_eq!(store.checkpoint(), Some(cosigned.to_string()), "the same size");
    let request = request(&store, plan(9), story().remove(0));
    let id = request.statement.id;
    let newer = store.put(request).await.expect("logged");
    assert!(!newer.proof().checkpoint.contains("w.example"), "not covered yet");
    assert_ne!(store.checkpoint(), Some(cosigned.to_string()));
    let covered = |store: &Store, id| {
        let store = store.clone();
        async move { store.receipt(id).await.expect("readable").expect("a receipt") }
    };
    assert_eq!(
        covered(&store, root().id).await.proof().checkpoint,
        cosigned.to_string()
    );
    let both = with_a_line(&store);
    store.keep_cosigned(&both).await.expect("kept");
    store
        .keep_cosigned(&cosigned)
        .await
        .expect("an older one changes nothing");
    assert_eq!(covered(&store, id).await.proof().checkpoint, both.to_string());
    drop(store);
    let store = machine.open().await.expect("the store again");
    assert_eq!(store.cosigned_size(), 2);
    assert_eq!(covered(&store, id).await.proof().checkpoint, both.to_string());
}

#[tokio::test]
async fn a_cosigned_checkpoint_of_another_history_is_not_kept_and_keeps_a_store_from_opening() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    drop(store);
    let fork = machine.copy().await;
    let store = machine.open().await.expect("the store");
    let first = request(&store, plan(9), story().remove(0));
    store.put(first).await.expect("one history");
    let note = with_a_line(&store);
    store.keep_cosigned(&note).await.expect("kept");
    drop(store);
    let store = fork.open().await.expect("the copy");
    let refused = store.keep_cosigned(&note).await;
    assert!(
        matches!(refused, Err(CosignedError::Beyond { size: 2, shown: 1 })),
        "{refused:?}"
    );
    let other = statement(Kind::Version, "another history", None);
    let other = request(&store, plan(9), other);
    store.put(other).await.expect("another history");
    let refused = store.keep_cosigned(&note).await;
    assert!(
        matches!(refused, Err(CosignedError::Differs { size: 2, .. })),
        "{refused:?}"
    );
    drop(store);
    let name = object_store::path::Path::from("log/cosigned");
    fork.overwrite(&name, note.to_string().into_bytes()).await;
    let refused = refusal(fork.open().await).await;
    assert!(
        matches!(refused, LogOpenError::Differs { size: 2, .. }),
        "{refused}"
    );
}
