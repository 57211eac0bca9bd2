//! What the store costs: `cargo run --release -p planseal-cost`.
//!
//! Two questions. How many versions a second do authors get kept, beside PostgreSQL keeping the same bytes as durably on
//! the same disk (`authors`, `postgres`)? And how does the cost of an operation grow with the store (`sizes`, `bulk`,
//! `visit`)? The answers are printed as tables and written as `cost.json`, `cost.csv` and charts.

mod versions;
mod scene;
mod measure;
mod postgres;
mod authors;
mod bulk;
mod visit;
mod sizes;
mod report;
mod chart;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::report::{Report, Rounds};
use crate::scene::Scene;

const USAGE: &str =
    "planseal-cost [--out DIR] [--disk DIR] [--largest VERSIONS] [--rounds N] [--only appends|sizes]";

/// What the command line asks for.
struct Asked {
    out: PathBuf,
    /// Where stores and the database cluster lie while they are measured.
    disk: PathBuf,
    largest: u32,
    rounds: usize,
    parts: Parts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    All,
    Appends,
    Sizes,
}

impl Asked {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let (mut out, mut disk) = (PathBuf::from("target/cost"), None);
        let (mut largest, mut rounds, mut parts) = (100_000, 3, Parts::All);
        while let Some(flag) = words.next() {
            let value = words
                .next()
                .with_context(|| format!("{flag} needs a value\n{USAGE}"))?;
            match flag.as_str() {
                "--out" => out = value.into(),
                "--disk" => disk = Some(PathBuf::from(value)),
                "--largest" => largest = value.parse().context("--largest is a number")?,
                "--rounds" => rounds = value.parse().context("--rounds is a number")?,
                "--only" if value == "appends" => parts = Parts::Appends,
                "--only" if value == "sizes" => parts = Parts::Sizes,
                _ => bail!("{flag} {value} is not known\n{USAGE}"),
            }
        }
        let disk = disk.unwrap_or_else(|| out.clone()).join("disk");
        Ok(Self {
            out,
            disk,
            largest,
            rounds,
            parts,
        })
    }

    /// Powers of ten from 1 000 to the largest.
    fn sizes(&self) -> Vec<u32> {
        (3..=6)
            .map(|power| 10_u32.pow(power))
            .filter(|size| *size <= self.largest)
            .collect()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if_eq("visit").is_some() {
        let visit = words.next().context("what to visit")?;
        return visit::run(serde_json::from_str(&visit)?).await;
    }
    let asked = Asked::parse(words)?;
    ensure!(
        !asked.disk.exists(),
        "{} is there already: remove it first",
        asked.disk.display()
    );
    fs::create_dir_all(&asked.disk)?;
    // Whoever interrupts a run wants neither a server nor a folder left behind.
    let measured = tokio::select! {
        measured = measure(&asked) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    let told = measured.and_then(|report| tell(&report, &asked.out));
    fs::remove_dir_all(&asked.disk).context("the folder of this run")?;
    told
}

fn tell(report: &Report, out: &Path) -> Result<()> {
    report.write(out)?;
    chart::write(&report.figures, out)?;
    let tables = report.tables();
    fs::write(out.join("cost.md"), &tables)?;
    println!("{tables}");
    Ok(())
}

async fn measure(asked: &Asked) -> Result<Report> {
    let mut machine = machine(&asked.disk)?;
    let scene = Scene::new()?;
    let forged = scene.forge.first(versions::RecordNumber(0)).len();
    machine.push(("bytes of a first version".into(), forged.to_string()));
    let mut rounds = Rounds::default();
    if asked.parts != Parts::Sizes {
        let said = authors::measure(&scene, &asked.disk, asked.rounds, &mut rounds).await?;
        machine.push(("beside".into(), said));
    }
    if asked.parts != Parts::Appends {
        sizes::measure(&scene, &asked.disk, &asked.sizes(), asked.rounds, &mut rounds).await?;
    }
    machine.push(("load after".into(), first_line("/proc/loadavg")?));
    Ok(Report {
        machine,
        figures: rounds.figures(),
    })
}

/// Where the figures come from: they say nothing of another machine.
fn machine(disk: &Path) -> Result<Vec<(String, String)>> {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(disk).output()?;
    let file_system = String::from_utf8(output.stdout)?.trim().to_owned();
    ensure!(
        file_system != "tmpfs",
        "{} is memory: name a folder on a disk with --disk",
        disk.display()
    );
    let processors = std::thread::available_parallelism()?.to_string();
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    Ok(vec![
        (
            "processors".into(),
            format!(
                "{processors} × {}",
                processor.map_or("unknown", |(_, name)| name.trim())
            ),
        ),
        ("kernel".into(), first_line("/proc/sys/kernel/osrelease")?),
        ("file system".into(), file_system),
        ("load before".into(), first_line("/proc/loadavg")?),
    ])
}

fn first_line(path: &str) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
