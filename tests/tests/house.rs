//! The house stands as DESIGN draws it: who may depend on whom, what lies where, and that what the documents name exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use planseal_tests::corpus::files;
use serde::Deserialize;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(top())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo's own format");
    metadata.packages
}

/// What each package needs of the others to run; what only its tests need is left out.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let arrows = packages().into_iter().map(|package| {
        let dependencies = package.dependencies.into_iter();
        let inner = dependencies
            .filter(|dependency| dependency.path.is_some() && dependency.kind.as_deref() != Some("dev"));
        (package.name, inner.map(|dependency| dependency.name).collect())
    });
    arrows.collect()
}

#[test]
fn the_arrows_point_to_core() {
    let allowed = [
        ("planseal", vec![]),
        ("planseal-store", vec!["planseal"]),
        ("planseal-render", vec!["planseal"]),
        ("planseal-signer", vec!["planseal", "planseal-render"]),
        (
            "planseal-server",
            vec!["planseal", "planseal-render", "planseal-signer", "planseal-store"],
        ),
        (
            "planseal-tests",
            vec![
                "planseal",
                "planseal-render",
                "planseal-server",
                "planseal-signer",
                "planseal-store",
            ],
        ),
        (
            "planseal-documents",
            vec!["planseal", "planseal-render", "planseal-signer", "planseal-tests"],
        ),
        (
            "planseal-engines",
            vec!["planseal", "planseal-signer", "planseal-store", "planseal-tests"],
        ),
        (
            "planseal-cost",
            vec!["planseal", "planseal-signer", "planseal-store", "planseal-tests"],
        ),
    ];
    let arrows = arrows();
    let named: BTreeSet<&str> = allowed.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = arrows.keys().map(String::as_str).collect();
    assert_eq!(found, named, "the packages of the workspace");
    for (name, may) in allowed {
        let wrong: Vec<&String> = arrows[name]
            .iter()
            .filter(|needed| !may.contains(&needed.as_str()))
            .collect();
        assert!(wrong.is_empty(), "{name} may not depend on {wrong:?}");
    }
}

#[test]
fn no_package_is_called_core() {
    assert!(packages().iter().all(|package| package.name != "core"));
}

#[test]
fn every_package_holds_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = read(&package.manifest_path);
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}

/// The server runs without private keys of people: only `main` and the demonstration may reach the crate that has them.
#[test]
fn only_main_and_demo_of_the_server_reach_the_signer() {
    let source = top().join("server/src");
    for file in files(&source, "rs") {
        let place = file.strip_prefix(&source).expect("below the source");
        let may = place == Path::new("main.rs") || place == Path::new("demo.rs") || place.starts_with("demo");
        assert!(
            may || !read(&file).contains("planseal_signer"),
            "{}",
            place.display()
        );
    }
}

/// One place verifies signatures, strictly; the browser's and other lenient ways are not used.
#[test]
fn core_verifies_signatures_in_one_place() {
    let calls: Vec<(PathBuf, usize)> = files(&top().join("core/src"), "rs")
        .into_iter()
        .map(|file| {
            let count = read(&file).matches(".verify_strict(").count();
            (file, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(calls, [(top().join("core/src/sign.rs"), 1)]);
}

/// `target` and `.git` are made by tools; everything else has its place in DESIGN.
#[test]
fn the_top_level_holds_what_design_lists_and_nothing_else() {
    let listed = [
        ".ci",
        ".gitignore",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "core",
        "deny.toml",
        "keys-example",
        "render",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "server",
        "signer",
        "store",
        "tests",
    ];
    let entries = fs::read_dir(top())
        .expect("the workspace")
        .map(|entry| entry.expect("an entry").file_name());
    let found: BTreeSet<String> = entries
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), ".git" | "target"))
        .collect();
    assert_eq!(found, listed.map(String::from).into());
}

/// Every `file.rs::test` in SECURITY.md is a test that exists.
#[test]
fn the_tests_that_security_names_exist() {
    let security = read(&top().join("SECURITY.md"));
    let named: Vec<(&str, &str)> = security
        .split('`')
        .filter_map(|words| words.split_once("::"))
        .filter(|(file, _)| file.ends_with(".rs"))
        .collect();
    assert!(named.len() >= 15, "the table names its tests: {}", named.len());
    for (file, test) in named {
        let source = read(&top().join(file));
        let at = source
            .find(&format!("fn {test}("))
            .unwrap_or_else(|| panic!("{file} has no {test}"));
        let before: Vec<&str> = source[..at].lines().rev().take(4).collect();
        let is_test = before
            .iter()
            .any(|line| line.contains("#[test]") || line.contains("#[tokio::test"));
        assert!(is_test, "{test} in {file} is no test");
    }
}

/// Every relative link in a document leads somewhere.
#[test]
fn links_in_documents_lead_somewhere() {
    for package in [
        "",
        "core",
        "signer",
        "store",
        "render",
        "server",
        "tests",
        "keys-example",
    ] {
        let folder = top().join(package);
        for entry in fs::read_dir(&folder).expect("a folder of the project") {
            let document = entry.expect("an entry").path();
            if document.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            for link in links(&read(&document)) {
                assert!(
                    folder.join(&link).exists(),
                    "{} links to {link}",
                    document.display()
                );
            }
        }
    }
}

fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let relative = targets
        .map(|(target, _)| target)
        .filter(|target| !target.contains("://") && !target.starts_with('#'));
    relative
        .map(|target| target.split('#').next().unwrap_or(target).to_owned())
        .collect()
}
