//! One witness: honest growth, each refusal with the protocol's status, and a memory that survives.

use std::fs;
use std::sync::Arc;

use planseal::log::cosign::{self, AddCheckpoint};
use planseal::log::note::{KeyType, Note, VerifierKey};
use planseal::log::tree::leaf_hash;
use planseal_server::witness::{MemoryError, OpenWitnessError, Witness};
use planseal_signer::key_file::FileKey;
use planseal_store::SystemClock;

use crate::kit::{Answer, Running, TestLog, post, send};

fn cosigned(running: &Running, answer: &Answer, note: &Note) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = cosign::answer(&answer.body).unwrap();
    assert_eq!(lines.len(), 1);
    assert!(cosign::cosigned_at(&running.key, note, &lines[0]).is_some());
}

#[tokio::test]
async fn what_grows_is_cosigned_and_the_same_again_too() {
    let (folder, log) = (tempfile::tempdir().unwrap(), TestLog::of("leaf", 9));
    let running = Running::new(folder.path(), 1, &log.verifier).await;
    for (old, size) in [(0, 1), (1, 4), (4, 4), (4, 9)] {
        let answer = running.ask(&log.request(old, size)).await;
        cosigned(&running, &answer, &log.note(size));
    }
}

#[tokio::test]
async fn every_refusal_has_the_status_of_the_protocol() {
    let (folder, log) = (tempfile::tempdir().unwrap(), TestLog::of("leaf", 9));
    let running = Running::new(folder.path(), 1, &log.verifier).await;
    running.ask(&log.request(0, 4)).await;

    for nonsense in [
        "",
        "old 4\n",
        "old 04\n\nx",
        "old 4\nAAAA\n\nlog\n1\nAAAA\n\n",
        "\u{fe}",
    ] {
        assert_eq!(
            post(running.address, nonsense.as_bytes()).await.status,
            400,
            "{nonsense:?}"
        );
    }
    let shrinking = AddCheckpoint {
        old: 5,
        ..log.request(4, 4)
    };
    assert_eq!(running.ask(&shrinking).await.status, 400);

    let unsigned = AddCheckpoint {
        note: Note::new(log.note(9).text().to_owned(), log_of_another_key()),
        ..log.request(4, 9)
    };
    assert_eq!(running.ask(&unsigned).await.status, 403);

    let text = log
        .note(9)
        .text()
        .replace("log.example/plans", "elsewhere.example");
    let elsewhere = AddCheckpoint {
        note: Note::new(text, log_of_another_key()),
        ..log.request(4, 9)
    };
    assert_eq!(running.ask(&elsewhere).await.status, 404);

    for old in [0, 1, 9] {
        let conflict = running.ask(&log.request(old, 9)).await;
        assert_eq!((conflict.status, conflict.body.as_str()), (409, "4\n"), "{old}");
        assert!(
            conflict.head.contains("content-type: text/x.tlog.size"),
            "{}",
            conflict.head
        );
    }

    let mut proof = log.request(4, 9);
    proof.proof[0] = leaf_hash(b"something else");
    assert_eq!(running.ask(&proof).await.status, 422);
    assert_eq!(
        running.ask(&TestLog::of("other", 9).request(4, 9)).await.status,
        422,
        "a fork"
    );
    let padded = AddCheckpoint {
        proof: vec![leaf_hash(b"x"); 64],
        ..log.request(4, 9)
    };
    assert_eq!(running.ask(&padded).await.status, 400, "at most 63 hashes");

    let large = vec![b'x'; (64 << 10) + 1];
    assert_eq!(post(running.address, &large).await.status, 413);
    let get = b"GET /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\n\r\n";
    assert_eq!(send(running.address, get).await.status, 405);
    cosigned(&running, &running.ask(&log.request(4, 9)).await, &log.note(9));
}

/// A signature line by nobody this witness knows.
fn log_of_another_key() -> Vec<planseal::log::note::NoteSignature> {
    vec![planseal::log::note::NoteSignature {
        name: "log.example/plans".into(),
        key_id: [1, 2, 3, 4],
        bytes: vec![5; 64],
    }]
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_neither_rollback_nor_fork_is_cosigned() {
    let (folder, log) = (tempfile::tempdir().unwrap(), TestLog::of("leaf", 9));
    let running = Running::new(folder.path(), 1, &log.verifier).await;
    cosigned(&running, &running.ask(&log.request(0, 6)).await, &log.note(6));
    running.stop().await;
    let running = Running::again(folder.path(), 1, &log.verifier).await;
    let rolled_back = running.ask(&log.request(0, 5)).await;
    assert_eq!((rolled_back.status, rolled_back.body.as_str()), (409, "6\n"));
    let fork = TestLog::of("other", 9);
    assert_eq!(running.ask(&fork.request(0, 9)).await.status, 409);
    assert_eq!(running.ask(&fork.request(6, 6)).await.status, 409);
    assert_eq!(running.ask(&fork.request(6, 9)).await.status, 422);
    cosigned(&running, &running.ask(&log.request(6, 9)).await, &log.note(9));
}

/// Two histories of one size, shown at the same moment again and again: one of them is cosigned, and only that one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_racing_histories_one_is_cosigned() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (TestLog::of("one", 3), TestLog::of("other", 3));
        let running = Running::new(folder.path(), 1, &one.verifier).await;
        let (one, other) = (one.request(0, 3), other.request(0, 3));
        let asked = [&one, &other, &one, &other].map(|request| running.ask(request));
        let [a, b, c, d] = asked;
        let answers = tokio::join!(a, b, c, d);
        let (one, other) = ((answers.0, answers.2), (answers.1, answers.3));
        let first = one.0.status == 200 || one.1.status == 200;
        let second = other.0.status == 200 || other.1.status == 200;
        assert!(first != second, "round {round}: {one:?} {other:?}");
        for answer in [one.0, one.1, other.0, other.1] {
            assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_memory_that_may_not_be_believed_keeps_the_witness_from_starting() {
    let (folder, log) = (tempfile::tempdir().unwrap(), TestLog::of("leaf", 3));
    let open = |seed: u8, log: &VerifierKey| {
        let key = Box::new(FileKey::from_secret(&[seed; 32]));
        Witness::open(folder.path(), key, vec![log.clone()], Arc::new(SystemClock))
    };
    let refused = |seed, log: &VerifierKey| open(seed, log).err().unwrap();
    assert!(matches!(
        refused(1, &log.verifier),
        OpenWitnessError::Memory(MemoryError::NotMade { .. })
    ));
    let running = Running::new(folder.path(), 1, &log.verifier).await;
    running.ask(&log.request(0, 3)).await;
    assert!(matches!(
        refused(1, &log.verifier),
        OpenWitnessError::Memory(MemoryError::InUse { .. })
    ));
    running.stop().await;
    assert!(matches!(
        refused(2, &log.verifier),
        OpenWitnessError::OtherKey { .. }
    ));
    let other = FileKey::from_secret(&[3; 32]).public_key();
    let other = VerifierKey::new(log.verifier.name(), KeyType::Log, other).unwrap();
    assert!(matches!(
        refused(1, &other),
        OpenWitnessError::Memory(MemoryError::Foreign { .. })
    ));
    let key = FileKey::from_secret(&[1; 32]);
    assert!(matches!(
        Witness::init(folder.path(), "witness.example/again", &key),
        Err(OpenWitnessError::Memory(MemoryError::Made { .. }))
    ));
    let mut files = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let held = files
        .find(|path| path.extension().is_some_and(|kind| kind == "checkpoint"))
        .unwrap();
    fs::write(&held, "log.example/plans\n3\n").unwrap();
    assert!(matches!(
        refused(1, &log.verifier),
        OpenWitnessError::Memory(MemoryError::Damaged { .. })
    ));
}

/// A disk that cannot be written to: nothing is cosigned, then and until the witness starts again.
#[tokio::test]
async fn what_cannot_be_remembered_is_not_cosigned() {
    let (folder, log) = (tempfile::tempdir().unwrap(), TestLog::of("leaf", 3));
    let state = folder.path().join("state");
    let running = Running::new(&state, 1, &log.verifier).await;
    cosigned(&running, &running.ask(&log.request(0, 1)).await, &log.note(1));
    let away = folder.path().join("away");
    fs::rename(&state, &away).unwrap();
    assert_eq!(running.ask(&log.request(1, 3)).await.status, 500);
    fs::rename(&away, &state).unwrap();
    assert_eq!(
        running.ask(&log.request(1, 3)).await.status,
        500,
        "what the disk holds is not known"
    );
    running.stop().await;
    let running = Running::again(&state, 1, &log.verifier).await;
    cosigned(&running, &running.ask(&log.request(1, 3)).await, &log.note(3));
}
