//! The configuration: its template, what goes before what, and a sentence for every mistake.

use planseal_server::config::TEMPLATE;

use crate::installed::Installed;

#[test]
fn the_template_is_a_configuration_once_its_files_are_there() {
    let installed = Installed::new();
    installed.put("node.toml", TEMPLATE.as_bytes());
    let checked = installed.run("check-config", &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    for line in [
        "log: log.example/nodes",
        "listen: 127.0.0.1:8443, plain HTTP, access closed",
        "witnesses asked: 0",
    ] {
        assert!(checked.out.contains(line), "{line}: {checked:?}");
    }
    let store = format!("store: file:{}", installed.path("store").display());
    assert!(checked.out.contains(&store), "{checked:?}");
    assert!(!installed.path("store").exists(), "checking touches no store");
    let printed = installed.run("check-config", &["--print-default"]);
    assert_eq!((printed.code, printed.out.as_str()), (Some(0), TEMPLATE));
}

#[test]
fn a_flag_goes_before_a_variable_and_that_before_the_file() {
    let installed = Installed::new();
    let listened = |variable: Option<&str>, flag: &[&str]| {
        let mut command = installed.command("check-config");
        if let Some(value) = variable {
            command.env("PLANSEAL_LISTEN", value);
        }
        let output = command.args(flag).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(listened(None, &[]).contains("listen: 127.0.0.1:0,"));
    assert!(listened(Some("127.0.0.1:1001"), &[]).contains("listen: 127.0.0.1:1001,"));
    let flag = ["--listen", "127.0.0.1:1002"];
    assert!(listened(Some("127.0.0.1:1001"), &flag).contains("listen: 127.0.0.1:1002,"));
}

#[test]
fn every_mistake_is_told_with_file_key_and_what_to_do() {
    let installed = Installed::new();
    let whole = std::fs::read_to_string(installed.path("node.toml")).unwrap();
    let mistakes = [
        ("listen = ", "lisen = ", "line 7", "unknown field `lisen`"),
        ("127.0.0.1:0", "localhost", "listen", "give an address and a port"),
        ("\"test\"\n", "\"both\"\n", "numbers", "choose one"),
        ("numbers = \"test\"\n", "", "numbers", "is not set"),
        (
            "numbers = \"test\"\n",
            "numbers = \"live\"\n",
            "access",
            "needs numbers = \"test\"",
        ),
        ("127.0.0.1:0", "0.0.0.0:0", "access", "an address of this machine"),
        ("\"trial\"\n", "\"open\"\n", "access", "choose one"),
        (
            "url = \"file:store\"",
            "",
            "store.url",
            "name where the store lies",
        ),
        (
            "file:store",
            "ftp://plans",
            "store.url",
            "names no place for a store",
        ),
        (
            "key_file = \"store.key\"",
            "",
            "store.key_file",
            "keep a copy of it apart",
        ),
        (
            "trust-policy.cbor",
            "head.cose",
            "log.policy",
            "is no trust policy",
        ),
        ("trust-policy.cbor", "none", "log.policy", "cannot be read"),
        ("key_file = \"log.pem\"", "", "log.key_file", "is not set"),
        (
            "passphrase_file = \"passphrase\"",
            "",
            "keys.passphrase_file",
            "is not set",
        ),
        (
            ", certificate = \"head.cose\"",
            "",
            "keys.head.certificate",
            "is not set",
        ),
        (
            "head.cose",
            "passphrase",
            "keys.head.certificate",
            "is no certificate",
        ),
        (
            "# [tls]\n# certificate",
            "[tls]\ncertificate",
            "tls.key",
            "name both",
        ),
        (
            "# [[witness]]\n# key = \"witness.example/w1+0a1b2c3d+…\"\n# url",
            "[[witness]]\nkey = \"w\"\nurl",
            "witness.key",
            "`witness init` printed",
        ),
        (
            "numbers = \"test\"\n",
            "numbers = \"test\n",
            "line 10",
            "correct or remove it",
        ),
    ];
    let file = installed.path("node.toml").display().to_string();
    for (from, to, key, words) in mistakes {
        assert!(whole.contains(from), "{from}");
        installed.put("node.toml", whole.replace(from, to).as_bytes());
        let checked = installed.run("check-config", &[]);
        checked.refused(1, &format!("{file}: {key}: "));
        checked.refused(1, words);
    }
    let missing = installed.run("check-config", &["--config", "none.toml"]);
    assert_ne!(missing.code, Some(0));
}
