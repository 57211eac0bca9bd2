//! Each fault of the light S3 server does what its name says: whether the write landed is another question than what the
//! client was told.

use std::time::{Duration, Instant};

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;

const ALWAYS: u32 = 10_000;

#[derive(Debug, PartialEq, Eq)]
enum Landed {
    Yes,
    No,
}

/// Creates one object amid these faults: what the client was told, and whether it is there afterwards.
async fn create_amid(faults: Faults) -> (Result<(), Error>, Landed) {
    let server = LightS3::start(Faults::none()).expect("a server");
    let (client, name) = (server.object_store(), Path::from("log/c/1"));
    server.set_faults(faults);
    let mode = PutOptions::from(PutMode::Create);
    let told = client.put_opts(&name, "one".into(), mode).await.map(drop);
    server.set_faults(Faults::none());
    let landed = match client.head(&name).await {
        Ok(_) => Landed::Yes,
        Err(Error::NotFound { .. }) => Landed::No,
        Err(found) => panic!("the faults ended: {found}"),
    };
    (told, landed)
}

#[tokio::test]
async fn refused_before_it_is_done() {
    let refused_before = Faults {
        refused_before: ALWAYS,
        ..Faults::none()
    };
    let (told, landed) = create_amid(refused_before).await;
    assert!(matches!(told, Err(Error::Generic { .. })), "{told:?}");
    assert_eq!(landed, Landed::No);
}

/// The client's own repetition meets the same answer; nobody told it that the first try landed.
#[tokio::test]
async fn refused_after_it_is_done() {
    let refused_after = Faults {
        refused_after: ALWAYS,
        ..Faults::none()
    };
    let (told, landed) = create_amid(refused_after).await;
    assert!(matches!(told, Err(Error::Generic { .. })), "{told:?}");
    assert_eq!(landed, Landed::Yes);
}

#[tokio::test]
async fn dropped_before_it_is_done() {
    let dropped_before = Faults {
        dropped_before: ALWAYS,
        ..Faults::none()
    };
    let (told, landed) = create_amid(dropped_before).await;
    assert!(matches!(told, Err(Error::Generic { .. })), "{told:?}");
    assert_eq!(landed, Landed::No);
}

#[tokio::test]
async fn dropped_after_it_is_done() {
    let dropped_after = Faults {
        dropped_after: ALWAYS,
        ..Faults::none()
    };
    let (told, landed) = create_amid(dropped_after).await;
    assert!(told.is_err());
    assert_eq!(landed, Landed::Yes);
}

/// The client library takes 409 for "exists": the store has to look.
#[tokio::test]
async fn a_conflict_reads_as_if_the_name_were_taken() {
    let conflicts = Faults {
        conflicts: ALWAYS,
        ..Faults::none()
    };
    let (told, landed) = create_amid(conflicts).await;
    assert!(matches!(told, Err(Error::AlreadyExists { .. })), "{told:?}");
    assert_eq!(landed, Landed::No);
}

#[tokio::test]
async fn an_answer_is_as_late_as_asked() {
    let begun = Instant::now();
    let late = Faults {
        slow: ALWAYS,
        slow_by: Duration::from_millis(200),
        latency: Duration::from_millis(100),
        ..Faults::none()
    };
    let (told, landed) = create_amid(late).await;
    assert!(told.is_ok() && begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(landed, Landed::Yes);
}

#[tokio::test]
async fn an_outage_is_outlasted_by_a_clients_repetitions() {
    let server = LightS3::start(Faults::none()).expect("a server");
    let (client, name) = (server.object_store(), Path::from("log/c/1"));
    client.put(&name, "one".into()).await.expect("there");
    let begun = Instant::now();
    server.go_out_for(Duration::from_millis(150));
    client.head(&name).await.expect("there again");
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_server_started_again_in_its_folder_holds_what_it_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = Path::from("log/c/1");
    let server = LightS3::start_in(folder.path(), 0, Faults::none()).expect("a server");
    server
        .object_store()
        .put(&name, "one".into())
        .await
        .expect("there");
    server.stop();
    let server = LightS3::start_in(folder.path(), 0, Faults::none()).expect("a server");
    server.object_store().head(&name).await.expect("there again");
}
