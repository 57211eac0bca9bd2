//! Every engine is put to the store's rules: the fit ones pass, and the start-up probe refuses the others by the rule
//! they break.

use std::process::Command;
use std::sync::Arc;

use object_store::ObjectStore;
use planseal_engines::fault::Faults;
use planseal_engines::light_s3::LightS3;
use planseal_engines::outside::{Azurite, Moto};
use planseal_store::conformance;

const ONE_WINNER: &str = "of many writers that create one name at once, exactly one wins, every time";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_light_s3_server_keeps_every_rule() {
    let server = LightS3::start(Faults::none()).expect("a server");
    keeps_every_rule(server.object_store()).await;
    assert_eq!(
        probe(&server.bucket().url(), &server.bucket().environment()),
        Ok(())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s3s_fs_as_shipped_is_refused_because_several_writers_win() {
    let server = LightS3::as_shipped().expect("a server");
    let refused = probe(&server.bucket().url(), &server.bucket().environment());
    let refused = refused.expect_err("an unfit engine was accepted");
    assert!(refused.contains(ONE_WINNER), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs Azurite: tests/run installs it"]
async fn azurite_keeps_every_rule() {
    let server = Azurite::start().await.expect("Azurite");
    keeps_every_rule(server.container.object_store()).await;
    assert_eq!(
        probe(&server.container.url(), &server.container.environment()),
        Ok(())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs moto: tests/run installs it"]
async fn moto_is_refused_because_several_writers_win() {
    let server = Moto::start().await.expect("moto");
    let refused = probe(&server.bucket.url(), &server.bucket.environment());
    let refused = refused.expect_err("an unfit engine was accepted");
    assert!(refused.contains(ONE_WINNER), "{refused}");
}

async fn keeps_every_rule(objects: Arc<dyn ObjectStore>) {
    let breaches = conformance::run(objects, 0).await;
    assert!(breaches.is_empty(), "{breaches:?}");
}

/// The start-up probe in a process of its own, because a place's credentials come from the environment.
fn probe(url: &str, environment: &[(&str, String)]) -> Result<(), String> {
    let program = env!("CARGO_BIN_EXE_planseal-engines");
    let mut command = Command::new(program);
    command
        .args(["probe", url])
        .envs(environment.iter().map(|(name, value)| (name, value)));
    let output = command.output().expect("the program starts");
    match output.status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        other => panic!("{program} ended with {other:?}"),
    }
}
