//! Lies about the log itself: forks, truncation, rewritten leaves, and logs that break their own rules.
//!
//! A liar holds the log's key, so whatever it serves is signed. What it signed before convicts it.

use planseal::check::State::{CurrencyUnknown, Current};
use planseal::id::ObjectId;
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::note::{KeyType, VerifierKey};
use planseal::log::proof::LogProof;
use planseal::log::tree::{MemoryTree, TreeHead, inclusion_proof, root};
use planseal::receipt::Receipt;
use planseal::sign::SigningPort as _;
use planseal::statement::Kind;
use planseal_tests::key::FixedKey;

use crate::cast::{CAST, FIRST, NOW, ORIGIN, RIVAL, SECOND, days_ago, log_key};
use crate::history::History;
use crate::liar::{Answer, Asked, Liar, RUNTIME};
use crate::scene::{CONTRADICTION, NOT_CONFIRMED, Outcome, Scene};

/// A log written by hand and signed by whoever holds a key.
pub(crate) struct Forgery {
    leaves: Vec<Leaf>,
    key: FixedKey,
    origin: &'static str,
}

impl Forgery {
    pub(crate) fn of(leaves: Vec<Leaf>) -> Self {
        Self {
            leaves,
            key: log_key(),
            origin: ORIGIN,
        }
    }

    fn tree(&self) -> MemoryTree {
        let mut tree = MemoryTree::default();
        self.leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
        tree
    }

    pub(crate) fn head(&self) -> TreeHead {
        let tree = self.tree();
        TreeHead {
            size: tree.size(),
            root: root(&tree, tree.size()).expect("a tree"),
        }
    }

    pub(crate) fn receipt(&self, index: u64) -> Receipt {
        let tree = self.tree();
        let path = inclusion_proof(&tree, index, tree.size()).expect("a leaf of this tree");
        let leaf = self.leaves[usize::try_from(index).expect("a small log")];
        let checkpoint = self.checkpoint();
        Receipt::new(
            leaf,
            LogProof {
                index,
                path,
                checkpoint,
            },
        )
    }

    fn checkpoint(&self) -> String {
        let TreeHead { size, root } = self.head();
        let checkpoint = Checkpoint {
            origin: self.origin.into(),
            size,
            root,
        };
        let key = VerifierKey::new(self.origin, KeyType::Log, self.key.public_key()).expect("a name");
        checkpoint.sign(&key, &self.key).expect("signed").to_string()
    }

    fn entries(&self) -> Vec<u8> {
        let entry = |leaf: &Leaf| {
            let bytes = leaf.encode();
            let length = u16::try_from(bytes.len()).expect("a leaf is short");
            [length.to_be_bytes().as_slice(), &bytes].concat()
        };
        self.leaves.iter().flat_map(entry).collect()
    }

    fn hashes(&self) -> Vec<u8> {
        self.leaves
            .iter()
            .flat_map(|leaf| *leaf.hash().as_bytes())
            .collect()
    }

    /// Answers every question about the log, which has fewer than 256 leaves.
    fn tell(self) -> impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static {
        assert!(self.leaves.len() < 256, "one tile of each kind");
        let (checkpoint, entries, hashes) = (self.checkpoint(), self.entries(), self.hashes());
        move |asked, honest| match asked.path.strip_prefix("/api/v1/log/") {
            Some("checkpoint") => Answer::text(&checkpoint),
            Some(tile) if tile.starts_with("tile/entries/000") => binary(&entries),
            Some(tile) if tile.starts_with("tile/0/000") => binary(&hashes),
            _ => honest,
        }
    }
}

fn binary(bytes: &[u8]) -> Answer {
    Answer::of("application/octet-stream", bytes)
}

/// The second version's paper while the log is served as it is forged; heads stay honest.
fn told(monitor: i32, forge: impl AsyncFnOnce(&History) -> Forgery) {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        let lie = forge(&history).await.tell();
        (Liar::changing(history.router(), lie).await, paper)
    });
    let expected = Outcome {
        honest: Current,
        told: Current,
        monitor,
    };
    Scene::of(liar).online(&paper, expected);
}

/// One more leaf than the honest log has.
async fn with(history: &History, change: impl FnOnce(&[Leaf]) -> Leaf) -> Forgery {
    let mut leaves = history.leaves().await;
    let added = change(&leaves);
    leaves.push(added);
    Forgery::of(leaves)
}

pub(crate) fn place(leaves: &[Leaf], id: ObjectId) -> u64 {
    let at = leaves.iter().position(|leaf| leaf.id == id).expect("logged");
    u64::try_from(at).expect("a small log")
}

/// A leaf that an honest log could have: the author's, now.
pub(crate) fn leaf(leaves: &[Leaf], kind: Kind, target: Option<u64>) -> Leaf {
    Leaf {
        kind,
        id: RIVAL.id(),
        time: NOW.minute(),
        signer: place(leaves, CAST.author.certificate.id()),
        target,
        from: None,
    }
}

/// Another history of the same keys, with a rival in the place of the second version.
async fn rival_history() -> History {
    let history = History::until_first().await;
    history.publish(&RIVAL, Some(FIRST.id())).await;
    history.clock.release();
    history
}

/// One history first and then another one, to everybody.
fn replaced(told: planseal::check::State, monitor: i32, by: impl AsyncFnOnce() -> History) {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        (
            Liar::replacing(history.router(), by().await.router()).await,
            paper,
        )
    });
    let expected = Outcome {
        honest: Current,
        told,
        monitor,
    };
    Scene::of(liar).online(&paper, expected);
}

#[test]
fn the_log_is_forked_at_the_same_size() {
    replaced(CurrencyUnknown, CONTRADICTION, rival_history);
}

#[test]
fn the_log_is_truncated_and_grown_again_with_another_past() {
    replaced(CurrencyUnknown, CONTRADICTION, async || {
        let history = rival_history().await;
        for _ in 0..3 {
            history.service.snapshot().await.expect("a snapshot");
        }
        history
    });
}

#[test]
fn the_log_is_truncated_and_goes_on() {
    replaced(CurrencyUnknown, CONTRADICTION, History::until_first);
}

#[test]
fn the_log_is_truncated_and_nothing_new_is_signed() {
    let (liar, paper) = RUNTIME.block_on(async {
        let (history, before) = (History::until_second().await, History::until_first().await);
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        let silent = |asked: &Asked, honest| match asked.path.as_str() {
            "/api/v1/snapshot" => Answer::missing(),
            _ => honest,
        };
        let histories = vec![history.router(), before.router()];
        (Liar::listen(histories, |_| 1, silent).await, paper)
    });
    let expected = Outcome {
        honest: Current,
        told: CurrencyUnknown,
        monitor: NOT_CONFIRMED,
    };
    Scene::of(liar).online(&paper, expected);
}

#[test]
fn a_leaf_is_rewritten_in_the_entries_alone() {
    let (liar, paper) = RUNTIME.block_on(async {
        let history = History::until_second().await;
        let paper = history.at(days_ago(3), history.bundle(&SECOND)).await;
        history.service.snapshot().await.expect("a snapshot");
        let mut leaves = history.leaves().await;
        let last = leaves.len() - 1;
        leaves[last].id = RIVAL.id();
        let entries = Forgery::of(leaves).entries();
        let change = move |asked: &Asked, honest| match asked.path.contains("/log/tile/entries/") {
            true => binary(&entries),
            false => honest,
        };
        (Liar::changing(history.router(), change).await, paper)
    });
    let scene = Scene::of(liar);
    scene.liar().lie();
    assert_eq!(scene.monitor(None), NOT_CONFIRMED);
    drop(paper);
}

#[test]
fn a_leaf_is_rewritten_and_the_tree_signed_again() {
    told(CONTRADICTION, async |history| {
        let mut leaves = history.leaves().await;
        let at = usize::try_from(place(&leaves, FIRST.id())).expect("a small log");
        leaves[at].id = RIVAL.id();
        Forgery::of(leaves)
    });
}

#[test]
fn another_key_signs_the_checkpoint() {
    told(NOT_CONFIRMED, async |history| Forgery {
        key: FixedKey::from_seed(66),
        ..Forgery::of(history.leaves().await)
    });
}

#[test]
fn the_checkpoint_is_of_another_origin() {
    told(NOT_CONFIRMED, async |history| Forgery {
        origin: "other.planseal.example/log",
        ..Forgery::of(history.leaves().await)
    });
}

#[test]
fn two_successors_are_logged() {
    told(CONTRADICTION, async |history| {
        with(history, |leaves| {
            leaf(leaves, Kind::Version, Some(place(leaves, FIRST.id())))
        })
        .await
    });
}

#[test]
fn a_withdrawal_is_logged_beside_the_successor() {
    told(CONTRADICTION, async |history| {
        with(history, |leaves| {
            leaf(leaves, Kind::Withdrawal, Some(place(leaves, FIRST.id())))
        })
        .await
    });
}

#[test]
fn the_time_of_the_log_goes_back() {
    told(CONTRADICTION, async |history| {
        let earlier = |leaves: &[Leaf]| Leaf {
            time: days_ago(30).minute(),
            ..leaf(leaves, Kind::Version, None)
        };
        with(history, earlier).await
    });
}

#[test]
fn an_object_is_logged_twice() {
    told(CONTRADICTION, async |history| {
        let again = |leaves: &[Leaf]| Leaf {
            id: FIRST.id(),
            ..leaf(leaves, Kind::Version, None)
        };
        with(history, again).await
    });
}

#[test]
fn an_object_is_logged_under_a_certificate_that_is_none() {
    told(CONTRADICTION, async |history| {
        let unlogged = |leaves: &[Leaf]| Leaf {
            signer: place(leaves, FIRST.id()),
            ..leaf(leaves, Kind::Version, None)
        };
        with(history, unlogged).await
    });
}

#[test]
fn a_person_certifies_another() {
    told(CONTRADICTION, async |history| {
        with(history, |leaves| leaf(leaves, Kind::Certificate, None)).await
    });
}

#[test]
fn an_object_acts_on_nothing_before_it() {
    told(CONTRADICTION, async |history| {
        with(history, |leaves| leaf(leaves, Kind::Version, Some(200))).await
    });
}

#[test]
fn an_object_is_logged_after_its_signer_was_revoked() {
    told(CONTRADICTION, async |history| {
        let mut leaves = history.leaves().await;
        let author = place(&leaves, CAST.author.certificate.id());
        let practice = place(&leaves, CAST.practice.certificate.id());
        let from = u64::try_from(leaves.len()).expect("a small log");
        leaves.push(Leaf {
            kind: Kind::KeyStatus,
            id: ObjectId::of(b"a revocation"),
            time: NOW.minute(),
            signer: practice,
            target: Some(author),
            from: Some(from),
        });
        let added = leaf(&leaves, Kind::Version, None);
        leaves.push(added);
        Forgery::of(leaves)
    });
}

#[test]
fn the_log_begins_with_another_root() {
    told(CONTRADICTION, async |history| {
        let mut leaves = history.leaves().await;
        leaves[0].id = ObjectId::of(b"another root");
        Forgery::of(leaves)
    });
}
