//! Several nodes on one store: whoever answers, the answer is the same, and a node that stops takes nothing with it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use planseal::statement::Kind;
use tokio::time::{Duration, sleep};

use super::kit::{Fault, FaultyEngine, Machine, plan, put_root, request, statement, story};
use crate::append::Request;
use crate::{AppendError, Store};
use std::sync::Arc;

fn report(store: &Store, byte: u8, words: &str) -> Request {
    let mut request = request(store, plan(byte), statement(Kind::Intake, words, None));
    request.statement.names.clear();
    request
}

/// Both nodes show the same log, and every chain holds what was logged of it, once.
async fn expect_one_log(nodes: &[Store], leaves: u64) {
    for node in nodes {
        node.refresh().await.expect("the others' commits");
        assert_eq!(node.log_size(), leaves);
        assert_eq!(node.checkpoint(), nodes[0].checkpoint());
    }
    let ids = nodes[0].leaves(0..leaves).await.expect("all leaves");
    let different: BTreeSet<_> = ids.iter().map(|leaf| leaf.id).collect();
    assert_eq!(different.len(), ids.len(), "nothing was logged twice");
    for leaf in ids {
        for node in nodes {
            let object = node.object(leaf.id).await.expect("readable");
            assert_eq!(object.expect("the leaf's object").id, leaf.id);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_node_logs_every_node_shows() {
    let machine = Machine::new();
    let nodes = [
        machine.open_node().await.expect("a node"),
        machine.open_node().await.expect("another"),
        machine.open_node().await.expect("a third"),
    ];
    put_root(&nodes[0]).await.expect("the root");
    let writers = (0..60_u8).map(|n| {
        let node = nodes[usize::from(n % 3)].clone();
        async move {
            let request = report(&node, n % 5, &format!("received {n}"));
            let id = request.statement.id;
            (id, node.put(request).await.expect("logged").proof().index)
        }
    });
    let told = join_all(writers).await;
    expect_one_log(&nodes, 61).await;
    for (id, index) in told {
        for node in &nodes {
            assert_eq!(node.leaf_index(id).await.expect("readable"), Some(index));
        }
    }
    let commits = machine.names().await;
    let commits = commits
        .iter()
        .filter(|name| name.as_ref().starts_with("log/c/"))
        .count();
    assert!(commits < 50, "{commits} commits: one node sequences for all");
}

#[tokio::test(start_paused = true)]
async fn of_two_successors_at_two_nodes_one_is_stored_and_a_repetition_elsewhere_gets_the_same_leaf() {
    let machine = Machine::new();
    let (a, b) = (
        machine.open_node().await.expect("a node"),
        machine.open_node().await.expect("another"),
    );
    put_root(&a).await.expect("the root");
    let first = story().remove(0);
    let previous = first.id;
    let (here, there) = tokio::join!(
        a.put(request(&a, plan(9), first.clone())),
        b.put(request(&b, plan(9), first.clone()))
    );
    let index = here.expect("version 1").proof().index;
    assert_eq!(there.expect("version 1 again").proof().index, index);
    let says = |words: &str| statement(Kind::Version, words, Some(previous));
    let (here, there) = tokio::join!(
        a.put(request(&a, plan(9), says("by a"))),
        b.put(request(&b, plan(9), says("by b")))
    );
    let (winner, loser) = match (here, there) {
        (Ok(_), Err(loser)) => (says("by a").id, loser),
        (Err(loser), Ok(_)) => (says("by b").id, loser),
        other => panic!("{other:?}"),
    };
    let AppendError::LostRace { expected, found } = loser else {
        panic!("{loser:?}");
    };
    assert_eq!((expected, found), (Some(previous), Some(winner)));
    expect_one_log(&[a, b], 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_stops_is_followed_by_another_and_what_it_had_begun_is_completed() {
    for fails_at in 1..40 {
        let machine = Machine::new();
        let engine = Arc::new(FaultyEngine::new(machine.disk.clone(), fails_at, Fault::CutAfter));
        let mut told = Vec::new();
        // The first node sequences, until its power is cut.
        if let Ok(first) = machine.open_node_over(engine).await {
            let _ = put_root(&first).await;
            for n in 0..4 {
                let request = report(&first, 1, &format!("received {n}"));
                let id = request.statement.id;
                if let Ok(receipt) = first.put(request).await {
                    told.push((id, receipt.proof().index));
                }
            }
        }
        let second = machine.open_node().await.expect("another node");
        put_root(&second).await.expect("the root");
        let begun = second.chain(plan(1)).await.expect("a whole chain");
        let last = second.put(report(&second, 1, "after it stopped")).await;
        last.unwrap_or_else(|refusal| panic!("{fails_at}: {refusal}"));
        for (id, index) in &told {
            assert_eq!(second.leaf_index(*id).await.expect("readable"), Some(*index));
        }
        assert!(begun.len() >= told.len());
        let leaves = second.log_size();
        assert_eq!(leaves, u64::try_from(begun.len()).expect("few") + 2);
        expect_one_log(&[second], leaves).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_thought_dead_registers_again_and_an_orderly_stop_frees_the_lease() {
    let machine = Machine::new();
    let quiet = machine.open_node().await.expect("a node");
    put_root(&quiet).await.expect("the root");
    let other = machine.open_node().await.expect("another");
    sleep(Duration::from_secs(1500)).await;
    let names = machine.names().await;
    let ended = names
        .iter()
        .filter(|name| name.as_ref().ends_with(".ended"))
        .count();
    assert!(ended > 0, "a silent node's stream is ended");
    quiet
        .put(report(&quiet, 1, "still here"))
        .await
        .expect("it registers again");
    quiet.close().await.expect("an orderly stop");
    let before = tokio::time::Instant::now();
    other
        .put(report(&other, 1, "next"))
        .await
        .expect("the lease is free");
    assert!(
        before.elapsed() < Duration::from_millis(900),
        "{:?}",
        before.elapsed()
    );
    expect_one_log(&[other], 3).await;
}
