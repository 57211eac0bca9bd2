//! What operations cost in stores of different sizes.
//!
//! All stores are filled first; then each is visited in turn, round after round. In a round a store is opened twice: after
//! an orderly close, and after its process was killed while sixteen authors were publishing.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::bulk::{self, VERSIONS_OF_A_RECORD};
use crate::report::{PLANSEAL, Rounds};
use crate::scene::Scene;
use crate::visit::{Ending, FRESH_FOR_A_VISIT, Findings, MARK, Visit};

pub(crate) async fn measure(
    scene: &Arc<Scene>,
    disk: &Path,
    sizes: &[u32],
    rounds: usize,
    into: &mut Rounds,
) -> Result<()> {
    let mut stores = Vec::new();
    for size in sizes {
        let (root, key_file) = (
            disk.join(format!("size-{size}")),
            disk.join(format!("size-{size}.key")),
        );
        eprintln!("filling a store with {size} versions");
        let begun = Instant::now();
        let records = bulk::fill(scene, &root, &key_file, *size).await?;
        let seconds = begun.elapsed().as_secs_f64();
        into.add(
            name("fill with the bulk generator", "versions per second", *size),
            f64::from(*size) / seconds,
        );
        let (fresh, before, ending) = (
            size / u32::from(VERSIONS_OF_A_RECORD),
            Ending::Closed,
            Ending::Killed,
        );
        stores.push((
            *size,
            Visit {
                root,
                key_file,
                records,
                fresh,
                before,
                ending,
            },
        ));
    }
    for round in 0..rounds {
        for (size, store) in &mut stores {
            for (before, ending) in [(Ending::Closed, Ending::Killed), (Ending::Killed, Ending::Closed)] {
                eprintln!("round {round}: {size} versions, {}", before.opening());
                (store.before, store.ending) = (before, ending);
                for (operation, measures) in visit(store)? {
                    for (measure, value) in measures {
                        into.add(name(&operation, &measure, *size), value);
                    }
                }
                store.fresh += FRESH_FOR_A_VISIT;
            }
        }
    }
    Ok(())
}

fn name(operation: &str, measure: &str, size: u32) -> crate::report::Name {
    (
        "sizes",
        operation.to_owned(),
        PLANSEAL.to_owned(),
        1,
        size,
        measure.to_owned(),
    )
}

/// Has another process visit a store, and kills it if that is how the visit ends.
fn visit(visit: &Visit) -> Result<Findings> {
    let mut visitor = Command::new(std::env::current_exe()?)
        .args(["visit", &serde_json::to_string(visit)?])
        .stdout(Stdio::piped())
        .spawn()?;
    let findings = listen(&mut visitor);
    if visit.ending == Ending::Killed {
        // Long enough that publications are under way.
        thread::sleep(Duration::from_millis(300));
        visitor.kill()?;
    }
    let status = visitor.wait()?;
    anyhow::ensure!(
        visit.ending == Ending::Killed || status.success(),
        "the visitor ended with {status}"
    );
    findings
}

fn listen(visitor: &mut Child) -> Result<Findings> {
    let output = visitor.stdout.take().context("the visitor's output")?;
    for line in BufReader::new(output).lines() {
        if let Some(findings) = line?.strip_prefix(MARK) {
            return Ok(serde_json::from_str(findings)?);
        }
    }
    Err(anyhow::anyhow!("the visitor said nothing"))
}
