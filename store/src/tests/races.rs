//! Many writers at once: one wins, and the others are told who did.

use futures_util::future::join_all;
use planseal::statement::Kind;

use super::kit::{Fault, FaultyEngine, Machine, NUMBER, plan, put_root, request, statement, story};
use crate::AppendError;
use crate::durable::DurableLocal;
use crate::index::{self, IndexName};
use crate::log::LogError;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_successors_one_is_stored_and_the_other_is_told_which() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    put_root(&store).await.expect("the root");
    let first = story().remove(0);
    let previous = first.id;
    store
        .put(request(&store, plan(9), first))
        .await
        .expect("version 1");
    let writers = (0..8).map(|writer| {
        let said = statement(Kind::Version, &format!("version 2 by {writer}"), Some(previous));
        let (id, store) = (said.id, store.clone());
        async move { (id, store.put(request(&store, plan(9), said)).await) }
    });
    let outcomes = join_all(writers).await;
    let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let winner = winners[0].0;
    for (id, outcome) in &outcomes {
        if *id != winner {
            let Err(AppendError::LostRace { expected, found }) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!((*expected, *found), (Some(previous), Some(winner)));
        }
    }
    assert_eq!(store.log_size(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_records_for_one_number_one_begins() {
    for _ in 0..20 {
        let machine = Machine::new();
        let store = machine.open().await.expect("a new store");
        put_root(&store).await.expect("the root");
        let writers = (0..8).map(|writer| {
            let said = statement(Kind::Version, &format!("first version by {writer}"), None);
            let store = store.clone();
            async move { (plan(writer), store.put(request(&store, plan(writer), said)).await) }
        });
        let outcomes = join_all(writers).await;
        let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
        assert_eq!(winners.len(), 1);
        let winner = winners[0].0;
        for (record, outcome) in &outcomes {
            if *record != winner {
                assert!(
                    matches!(outcome, Err(AppendError::NumberTaken { record }) if *record == winner),
                    "{outcome:?}"
                );
            }
        }
        let records = &store.0.records;
        let found = index::find(records, &store.0.chains, IndexName::of_number(records, NUMBER)).await;
        assert_eq!(found.expect("readable"), Some(winner));
        assert_eq!(store.list_every_plan().await.expect("a listing"), [winner]);
    }
}

/// A writer claims the number and loses power; another record takes it; the first writer comes back.
#[tokio::test]
async fn a_claim_that_never_became_a_record_does_not_block_the_number() {
    let mut blocked = 0;
    for fails_at in 1..60 {
        let machine = Machine::new();
        let late = statement(Kind::Version, "the late one", None);
        let engine = Arc::new(FaultyEngine::new(machine.disk.clone(), fails_at, Fault::CutAfter));
        if let Ok(store) = machine.open_over(engine).await
            && put_root(&store).await.is_ok()
        {
            drop(store.put(request(&store, plan(1), late.clone())).await);
        }
        let store = machine.open().await.expect("it opens");
        put_root(&store).await.expect("the root");
        let quick = statement(Kind::Version, "the quick one", None);
        let quick = store.put(request(&store, plan(2), quick)).await;
        let late = store.put(request(&store, plan(1), late)).await;
        let (loser, winner) = match (&quick, &late) {
            (Ok(_), Err(loser)) => {
                blocked += 1;
                (loser, plan(2))
            }
            (Err(loser), Ok(_)) => (loser, plan(1)),
            other => panic!("{fails_at}: {other:?}"),
        };
        assert!(
            matches!(loser, AppendError::NumberTaken { record } if *record == winner),
            "{fails_at}: {loser:?}"
        );
    }
    assert!(blocked > 3, "the claim alone was never what the crash left");
}

#[tokio::test]
async fn what_may_not_be_appended_is_refused_before_anything_is_written() {
    let machine = Machine::new();
    let store = machine.open().await.expect("a new store");
    let before = machine.names().await;
    let first = story().remove(0);
    let unsigned = store.put(request(&store, plan(9), first.clone())).await;
    assert!(
        matches!(unsigned, Err(AppendError::Log(LogError::SignerNotLogged { signer })) if signer == first.signer)
    );
    assert_eq!(machine.names().await, before);
    put_root(&store).await.expect("the root");
    let before = machine.names().await;
    let stray = statement(Kind::Endorsement, "of nothing", Some(first.id));
    let stray = store.put(request(&store, plan(9), stray)).await;
    assert!(
        matches!(stray, Err(AppendError::Log(LogError::TargetNotLogged { target })) if target == first.id)
    );
    let mut early = first.clone();
    early.signed_at = early.signed_at.plus(-86_401);
    let early = store.put(request(&store, plan(9), early)).await;
    assert!(matches!(early, Err(AppendError::TimeOutside { .. })));
    let successor = statement(Kind::Version, "version 2 of nothing", Some(first.id));
    let successor = store.put(request(&store, plan(9), successor)).await;
    assert!(matches!(
        successor,
        Err(AppendError::LostRace { found: None, .. })
    ));
    assert_eq!(machine.names().await, before);
    let mut within = first;
    within.signed_at = within.signed_at.plus(-86_400);
    store
        .put(request(&store, plan(9), within))
        .await
        .expect("within 24 hours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_that_arrive_together_share_a_commit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let durable = DurableLocal::open(folder.path()).expect("a store's folder");
    let store = Machine::new()
        .open_over(Arc::new(durable))
        .await
        .expect("a new store");
    put_root(&store).await.expect("the root");
    let writers = (0..64_u8).map(|writer| {
        let said = statement(Kind::Intake, &format!("received {writer}"), None);
        let store = store.clone();
        let mut request = request(&store, plan(writer), said);
        request.statement.names.clear();
        async move { store.put(request).await }
    });
    for outcome in join_all(writers).await {
        outcome.expect("logged");
    }
    assert_eq!(store.log_size(), 65);
    let commits = std::fs::read_dir(folder.path().join("log/c"))
        .expect("the commits")
        .count();
    assert!(commits < 40, "{commits} commits");
}
