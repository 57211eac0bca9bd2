//! Looking after a store with the program: checked, damaged and named, made again, copied away and back, wrapped anew.

use std::path::{Path, PathBuf};

use crate::installed::{Installed, Ran, copy};
use crate::program::{publish, statements};

/// A store with a plan in it, at rest.
fn at_rest() -> Installed {
    let installed = Installed::new();
    assert_eq!(installed.found().code, Some(0));
    let node = installed.serve();
    publish(&installed, &node);
    assert_eq!(node.stop().0, Some(0));
    installed
}

fn report(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_whole_store_is_clean_and_the_report_says_what_was_checked() {
    let installed = at_rest();
    let quick = installed.run("fsck", &[]);
    assert_eq!(quick.code, Some(0), "{quick:?}");
    assert!(quick.out.contains("the log holds 8 leaves"), "{quick:?}");
    assert!(quick.out.ends_with("fsck: nothing is wrong.\n"), "{quick:?}");
    let full = installed.run("fsck", &["--full", "--report", "-"]);
    assert_eq!(full.code, Some(0), "{full:?}");
    let told = report(&full);
    assert_eq!(told["task"], "fsck");
    assert_eq!(told["counts"]["statements"], 8);
    assert_eq!(told["findings"].as_array().map(Vec::len), Some(0));
    let done = told["done"].to_string();
    assert!(
        done.contains("signature, signer and content of 8 statements and 1 cards"),
        "{done}"
    );
    assert!(
        told["checkpoint"]
            .as_str()
            .unwrap()
            .starts_with("log.example/nodes\n8\n"),
        "{told}"
    );
    let node = installed.serve();
    installed
        .run("fsck", &[])
        .refused(1, "is open in another process");
    drop(node);
}

#[test]
fn a_damaged_statement_is_named_and_exits_with_4() {
    let installed = at_rest();
    let damaged = files(&installed.path("store/p")).remove(0);
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let file = installed.path("report.json");
    for depth in [&[][..], &["--full"]] {
        let arguments = [depth, &["--report", file.to_str().unwrap()]].concat();
        let found = installed.run("fsck", &arguments);
        assert_eq!(found.code, Some(4), "{found:?}");
        assert!(found.out.contains("planseal-server restore"), "{found:?}");
        let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert!(!told["findings"].as_array().unwrap().is_empty(), "{told}");
        let place = damaged.strip_prefix(installed.path("store")).unwrap();
        let chain = place.parent().unwrap().to_str().unwrap();
        assert!(told["findings"].to_string().contains(chain), "{told}");
    }
}

#[test]
fn what_follows_from_the_log_is_made_again() {
    let installed = at_rest();
    let before = std::fs::read(installed.path("store/log/checkpoint")).unwrap();
    let derived =
        ["log/checkpoint", "log/idx", "log/tile"].map(|name| installed.path(&format!("store/{name}")));
    for place in derived.iter().filter(|place| place.exists()) {
        let removed = if place.is_dir() {
            std::fs::remove_dir_all(place)
        } else {
            std::fs::remove_file(place)
        };
        removed.unwrap();
    }
    let rebuilt = installed.run("rebuild", &[]);
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    let after = std::fs::read(installed.path("store/log/checkpoint")).unwrap();
    assert_eq!(after, before, "the same leaves have the same checkpoint");
    let checked = installed.run("fsck", &["--full"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn a_copy_is_put_back_and_served_and_never_rolls_the_log_back() {
    let installed = at_rest();
    let url = |name: &str| format!("file:{}", installed.path(name).display());
    let (to, keys_to) = (url("copy"), url("copied-keys"));
    let arguments = ["--to", to.as_str(), "--keys-to", &keys_to];
    let copied = installed.run("backup", &arguments);
    assert_eq!(copied.code, Some(0), "{copied:?}");
    let again = report(&installed.run("backup", &[&arguments[..], &["--report", "-"]].concat()));
    assert_eq!(again["counts"]["objects"], 0, "{again}");
    let node = installed.serve();
    let before = statements(&node);
    assert_eq!(node.stop().0, Some(0));

    std::fs::rename(installed.path("store"), installed.path("lost")).unwrap();
    let back = ["--from", to.as_str(), "--keys-from", &keys_to];
    let restored = installed.run("restore", &back);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let node = installed.serve();
    assert_eq!(statements(&node), before, "the same receipts from a copy");
    let (status, _) = node.post("/api/v1/certificates", installed.world.leaver.certificate.bytes());
    assert_eq!(status, 201);
    assert_eq!(node.stop().0, Some(0));
    installed.run("restore", &back).refused(3, "nothing was copied");
    std::fs::remove_dir_all(installed.path("store")).unwrap();
    installed.run("restore", &back).refused(3, "nothing was copied");
    assert!(files_or_none(&installed.path("store")).is_empty());
}

fn files_or_none(folder: &Path) -> Vec<PathBuf> {
    if folder.exists() {
        files(folder)
    } else {
        Vec::new()
    }
}

#[test]
fn keys_are_wrapped_anew_and_the_old_one_opens_nothing_any_more() {
    let installed = at_rest();
    copy(&installed.path("store"), &installed.path("before"));
    let new = installed.path("new.key");
    let rotated = installed.run("rotate-keys", &["--new-key-file", new.to_str().unwrap()]);
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    installed
        .run("serve", &[])
        .refused(3, "is this the key file of this store?");
    installed.edit("key_file = \"store.key\"", "key_file = \"new.key\"");
    assert_eq!(installed.run("fsck", &["--full"]).code, Some(0));
    let node = installed.serve();
    assert_eq!(statements(&node).as_array().map(Vec::len), Some(1));
    let objects = |root: &Path| {
        let mut names = files(&root.join("p"));
        names.extend(files(&root.join("log/c")));
        let read = names.iter().map(|name| std::fs::read(name).unwrap());
        read.collect::<Vec<_>>()
    };
    assert_eq!(
        objects(&installed.path("before")),
        objects(&installed.path("store"))
    );
}

#[test]
fn nodes_go_on_while_keys_are_wrapped_anew() {
    let installed = at_rest();
    let new = installed.path("new.key");
    let new = ["--new-key-file", new.to_str().unwrap()];
    let made = installed.run("rotate-keys", &[&new[..], &["--make-only"]].concat());
    assert_eq!(made.code, Some(0), "{made:?}");
    let old = "key_file = \"store.key\"";
    installed.edit(old, "key_file = \"new.key\"\nprevious_key_file = \"store.key\"");
    let node = installed.serve();
    assert_eq!(statements(&node).as_array().map(Vec::len), Some(1));
    assert_eq!(node.stop().0, Some(0));
    let rotated = installed.run("rotate-keys", &new);
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    installed.edit("previous_key_file = \"store.key\"\n", "");
    std::fs::remove_file(installed.path("store.key")).unwrap();
    assert_eq!(installed.run("fsck", &["--full"]).code, Some(0));
    assert_eq!(installed.serve().stop().0, Some(0));
}

#[test]
fn where_there_is_no_store_nothing_is_made() {
    let installed = Installed::new();
    for task in ["fsck", "rebuild"] {
        installed.run(task, &[]).refused(3, "holds no log yet");
    }
    assert!(files_or_none(&installed.path("store")).is_empty());
}
