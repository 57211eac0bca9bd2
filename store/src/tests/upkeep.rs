//! Checking, rebuilding, copying and wrapping anew: nothing is lost, nothing is hidden, and each can be begun again.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::path::Path;
use planseal::log::checkpoint::{Checkpoint, VerifiedCheckpoint};
use planseal::log::note::Note;
use planseal::statement::Kind;

use super::kit::{
    Fault, FaultyEngine, Machine, ORIGIN, log_key, now, plan, put_root, request, statement, tell, verifier,
};
use crate::upkeep::{self, Depth, UpkeepError};
use crate::{KeySource, Location, SetClock, Sharing, Store, StoreConfig};

/// A story, and enough beside it for two full bundles.
async fn long_story() -> Machine {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    for n in 0..520_u32 {
        let byte = u8::try_from(n % 100).expect("below 100");
        let said = statement(Kind::Intake, &format!("received {n}"), None);
        let mut request = request(&store, plan(byte), said);
        request.statement.names.clear();
        store.put(request).await.expect("logged");
    }
    store.close().await.expect("an orderly end");
    machine
}

/// Everything but the mark of a place that a copy came to its end there.
async fn contents(machine: &Machine) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    let names = machine.names().await;
    for name in names.into_iter().filter(|name| name.as_ref() != "meta/copying") {
        contents.insert(name.to_string(), machine.bytes(&name).await);
    }
    contents
}

fn is_derived(name: &str) -> bool {
    ["log/tile/", "log/idx/", "x/"]
        .iter()
        .any(|folder| name.starts_with(folder))
        || name == "log/checkpoint"
}

fn place(machine: &Machine) -> Location {
    Location::Objects {
        objects: machine.disk.clone(),
        sharing: Sharing::Alone,
    }
}

async fn rebuild(machine: &Machine) -> Result<upkeep::RebuildReport, UpkeepError> {
    let config = machine.config_over(machine.disk.clone());
    upkeep::rebuild(config, log_key(1), ORIGIN, &|_| {}).await
}

#[tokio::test]
async fn what_follows_from_the_commits_is_made_again_byte_for_byte() {
    let machine = long_story().await;
    let before = contents(&machine).await;
    let derived: Vec<&String> = before.keys().filter(|name| is_derived(name)).collect();
    assert!(derived.len() > 512, "{}", derived.len());
    for name in &derived {
        machine.delete(name).await;
    }
    let report = rebuild(&machine).await.expect("rebuilt");
    assert_eq!(report.leaves, 525);
    let after = contents(&machine).await;
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &before {
        // Index entries and claims are sealed anew; what they say is compared by the check below.
        if !name.starts_with("log/idx/") && !name.starts_with("x/") {
            assert_eq!(after[name], *bytes, "{name}");
        }
    }
    let found = machine.fsck(Depth::Full).await.expect("a check");
    assert_eq!((found.findings, found.leaves), (Vec::new(), 525));
    let store = machine.open().await.expect("the store");
    assert_eq!(store.log_size(), 525);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_rebuilding_puts_derived_objects_right() {
    let machine = long_story().await;
    let tile = Path::from("log/tile/entries/001");
    machine.overwrite(&tile, b"nonsense".to_vec()).await;
    machine.delete("log/tile/0/000").await;
    let stray = Path::from("notes.txt");
    machine.overwrite(&stray, b"left behind".to_vec()).await;
    let found = machine.fsck(Depth::Quick).await.expect("a check").findings;
    let keys: Vec<&str> = found.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["log/tile/0/000", "log/tile/entries/001", "notes.txt"]);
    let store = machine
        .open()
        .await
        .expect("derived damage keeps no store closed");
    assert_eq!(store.log_size(), 525);
    drop(store);
    rebuild(&machine).await.expect("rebuilt");
    let found = machine.fsck(Depth::Quick).await.expect("a check").findings;
    let keys: Vec<&str> = found.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["notes.txt"]);
}

#[tokio::test]
async fn a_store_that_was_rolled_back_is_not_rebuilt() {
    let machine = long_story().await;
    machine.delete("log/c/000000000524").await;
    let refused = rebuild(&machine).await.expect_err("rolled back");
    assert!(refused.to_string().contains("rolled back"), "{refused}");
    let found = machine.fsck(Depth::Quick).await.expect("a check").findings;
    assert!(
        found.iter().any(|finding| finding.key == "log/checkpoint"),
        "{found:?}"
    );
}

async fn backup(
    from: &Machine,
    to: &Machine,
    keys: Option<&Machine>,
) -> Result<upkeep::CopyReport, UpkeepError> {
    let config = from.config_over(from.disk.clone());
    upkeep::backup(config, place(to), keys.map(place), &|_| {}).await
}

async fn restore(
    from: &Machine,
    keys: Option<&Machine>,
    to: &Machine,
) -> Result<upkeep::CopyReport, UpkeepError> {
    let config = to.config_over(to.disk.clone());
    upkeep::restore(place(from), keys.map(place), config, verifier(), &|_| {}).await
}

#[tokio::test]
async fn a_store_is_copied_away_and_back_and_nobody_reads_it_without_its_keys() {
    let machine = long_story().await;
    let (copy, keys, back) = (machine.elsewhere(), machine.elsewhere(), machine.elsewhere());
    let report = backup(&machine, &copy, Some(&keys)).await.expect("copied");
    assert!(report.objects > 1000, "{report:?}");
    assert!(
        copy.names()
            .await
            .iter()
            .all(|name| !name.as_ref().starts_with("k/"))
    );
    assert!(
        keys.names()
            .await
            .iter()
            .all(|name| name.as_ref().starts_with("k/"))
    );
    assert!(copy.open().await.is_err(), "a copy without keys opens for nobody");
    let again = backup(&machine, &copy, Some(&keys)).await.expect("copied again");
    assert_eq!((again.objects, again.skipped), (0, report.objects));
    let report = restore(&copy, Some(&keys), &back).await.expect("restored");
    assert_eq!(report.findings, Vec::new());
    assert_eq!(contents(&machine).await, contents(&back).await);
    back.open().await.expect("the store as it was");
}

#[tokio::test]
async fn a_copy_that_is_broken_off_anywhere_is_gone_on_with() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    store.close().await.expect("an orderly end");
    for fails_at in 1..30 {
        let (copy, keys) = (machine.elsewhere(), machine.elsewhere());
        let objects = Arc::new(FaultyEngine::new(copy.disk.clone(), fails_at, Fault::CutAfter));
        let sharing = Sharing::Alone;
        let config = machine.config_over(machine.disk.clone());
        let broken = upkeep::backup(config, Location::Objects { objects, sharing }, None, &|_| {}).await;
        assert!(broken.is_err() || fails_at > 20, "{fails_at}");
        if broken.is_err() && !copy.names().await.is_empty() {
            let refused = copy.open().await.expect_err("half a copy opens for nobody");
            let refused = refused.to_string();
            // The last write of all says that the objects are whole; their keys are elsewhere.
            let expected = ["has not come to its end", "k/store is missing"];
            assert!(expected.iter().any(|words| refused.contains(words)), "{refused}");
            if refused.contains(expected[0]) {
                let half = restore(&copy, None, &machine.elsewhere()).await;
                let half = half.expect_err("half a copy is restored to nowhere");
                // Before the format came, it is no store; after it, one that is not whole.
                let named = matches!(half, UpkeepError::Unfinished { .. } | UpkeepError::NoStore { .. });
                assert!(named, "{half}");
            }
        }
        backup(&machine, &copy, Some(&keys)).await.expect("gone on with");
        let back = machine.elsewhere();
        let report = restore(&copy, Some(&keys), &back).await.expect("restored");
        assert_eq!(report.findings, Vec::new());
        assert_eq!(contents(&machine).await, contents(&back).await);
    }
}

#[tokio::test]
async fn no_copy_takes_the_place_of_a_newer_state_or_of_another_store() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    drop(store);
    let (old, keys) = (machine.elsewhere(), machine.elsewhere());
    backup(&machine, &old, Some(&keys)).await.expect("copied");
    let store = machine.open().await.expect("the store");
    tell(&store).await.1.expect("the whole story");
    let newest = head(&store);
    drop(store);
    let refused = restore(&old, Some(&keys), &machine).await.expect_err("older");
    assert!(
        matches!(
            refused,
            UpkeepError::RollsBack {
                newer: 5,
                older: 1,
                ..
            }
        ),
        "{refused}"
    );
    let empty = machine.elsewhere();
    let mut config = empty.config_over(empty.disk.clone());
    config.remembered = vec![newest];
    let refused = upkeep::restore(place(&old), Some(place(&keys)), config, verifier(), &|_| {}).await;
    let refused = refused.expect_err("a witness remembers more");
    assert!(matches!(refused, UpkeepError::Outdated { .. }), "{refused}");
    assert!(empty.names().await.is_empty());
    let other = Machine::new();
    let store = other.open().await.expect("another store");
    put_root(&store).await.expect("its root");
    drop(store);
    let refused = backup(&machine, &other, None).await.expect_err("another store");
    assert!(matches!(refused, UpkeepError::OtherStore { .. }), "{refused}");
    let refused = backup(&Machine::new(), &other, None).await.expect_err("no store");
    assert!(matches!(refused, UpkeepError::NoStore { .. }), "{refused}");
}

fn head(store: &Store) -> Checkpoint {
    let note = Note::parse(&store.checkpoint().expect("a checkpoint")).expect("a note");
    let verified = VerifiedCheckpoint::of_log(&note, &verifier()).expect("signed");
    verified.checkpoint().clone()
}

#[tokio::test]
async fn keys_are_wrapped_anew_without_touching_an_object() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (old, new) = (folder.path().join("old.key"), folder.path().join("new.key"));
    let machine = Machine::new();
    let open = |keys| {
        let config = StoreConfig {
            keys,
            ..machine.config_over(machine.disk.clone())
        };
        Store::open(config, log_key(1), ORIGIN, Arc::new(SetClock::new(now())))
    };
    let store = open(KeySource::File(old.clone())).await.expect("a new store");
    tell(&store).await.1.expect("the whole story");
    drop(store);
    let before = contents(&machine).await;
    // Broken off after the first key.
    let objects = Arc::new(FaultyEngine::new(machine.disk.clone(), 1, Fault::CutAfter));
    let cut = Location::Objects {
        objects,
        sharing: Sharing::Alone,
    };
    let files = || (KeySource::File(old.clone()), KeySource::File(new.clone()));
    upkeep::rotate(cut, files().0, files().1, &|_| {})
        .await
        .expect_err("the power is out");
    assert!(open(files().0).await.is_err() || open(files().1).await.is_err());
    let both = KeySource::Rotating {
        file: new.clone(),
        previous: old.clone(),
    };
    let store = open(both).await.expect("both keys open it meanwhile");
    store.chain(plan(9)).await.expect("readable");
    drop(store);
    let report = upkeep::rotate(place(&machine), files().0, files().1, &|_| {})
        .await
        .expect("wrapped anew");
    assert_eq!((report.before, report.wrapped), (1, 1));
    assert!(open(files().0).await.is_err(), "the old key opens nothing");
    let store = open(files().1).await.expect("the new key does");
    store.chain(plan(9)).await.expect("readable");
    let after = contents(&machine).await;
    for (name, bytes) in before.iter().filter(|(name, _)| !name.starts_with("k/")) {
        assert!(
            after[name] == *bytes || name.starts_with("log/checkpoint"),
            "{name}"
        );
    }
}

/// What is missing from the index was logged nevertheless: nothing is logged twice, and nobody is told otherwise.
#[tokio::test]
async fn a_lost_or_damaged_index_entry_decides_nothing() {
    let machine = long_story().await;
    let store = machine.open().await.expect("the store");
    let ids: Vec<_> = store.leaves(0..525).await.expect("all leaves");
    drop(store);
    for (leaf, damaged) in [(&ids[0], false), (&ids[1], true), (&ids[300], false)] {
        let name = Path::from(format!("log/idx/{}/{}", &leaf.id.to_string()[..2], leaf.id));
        match damaged {
            true => machine.overwrite(&name, b"nonsense".to_vec()).await,
            false => machine.delete(name.as_ref()).await,
        }
    }
    let store = machine.open().await.expect("the store");
    for index in [0, 1, 300] {
        let place = usize::try_from(index).expect("small");
        let found = store.leaf_index(ids[place].id).await.expect("searched for");
        assert_eq!(found, Some(index));
    }
    let chain = store.chain(plan(9)).await.expect("a whole chain");
    assert!(chain.iter().any(|record| record.id == ids[1].id));
    let (again, outcome) = tell(&store).await;
    outcome.expect("repeated");
    assert_eq!(again[1].1, 1, "the original answer");
    assert_eq!(store.log_size(), 525, "nothing was logged twice");
}

#[tokio::test]
async fn an_object_that_is_gone_is_named_by_a_full_check() {
    let machine = long_story().await;
    for name in machine.names().await {
        // Without them a store is as it was before they were written: nothing was lost.
        let hints = ["q/", "log/lease/", "log/cosigned"];
        if hints.iter().any(|hint| name.as_ref().starts_with(hint)) || is_left_out(&name) {
            continue;
        }
        let copy = machine.copy().await;
        copy.delete(name.as_ref()).await;
        let found = copy.fsck(Depth::Full).await;
        assert!(
            found.as_ref().map_or(true, |report| !report.findings.is_empty()),
            "{name} is gone and nothing is said"
        );
    }
}

/// `.ended` only spares a reading of the stream; of the kinds that are many, those whose names do not end in a 7 are left
/// out, for the time it takes.
fn is_left_out(name: &Path) -> bool {
    let name = name.as_ref();
    let many = ["log/idx/", "a/", "p/", "log/c/", "k/p/"];
    let is_one_of_many = many.iter().any(|folder| name.starts_with(folder));
    name.ends_with(".ended") || (is_one_of_many && !name.ends_with('7'))
}
