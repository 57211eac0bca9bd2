//! The command as people and programs meet it: exit codes, JSON, and one clear sentence for everything that goes wrong.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::world::{AUTHOR, World, code, draft, stderr, stdout};
use serde_json::Value as Json;

pub(crate) const PINNED: [&str; 6] = [
    "--trust-policy",
    "trust-policy.cbor",
    "--trust-list",
    "trust-list.cbor",
    "--snapshot",
    "snapshot.cbor",
];

/// Two versions of one record, signed by the command and registered.
pub(crate) fn published() -> World {
    let world = World::new();
    world.sign_earlier("v1", &draft("P5-v1.json"));
    world.write("v2.json", draft("P5-v2.json").as_bytes());
    let second = world.sign("v2.json", &["--previous", "v1.cose"]);
    assert_eq!(code(&second), Some(0), "{}", stderr(&second));
    world.publish(&[("v1", "v1.planseal"), ("v2", "v2.planseal")]);
    world
}

pub(crate) fn verify(world: &World, file: &str, more: &[&str]) -> Output {
    world.run(&[&["verify", file, "--offline"], more].concat())
}

#[test]
fn the_exit_code_says_what_the_plan_is() {
    let world = published();
    let current = verify(&world, "v2.planseal", &PINNED);
    assert_eq!(
        code(&current),
        Some(0),
        "{}{}",
        stdout(&current),
        stderr(&current)
    );
    assert!(
        stdout(&current).starts_with("CURRENT\nThis is the current plan"),
        "{}",
        stdout(&current)
    );
    assert_eq!(code(&verify(&world, "v1.planseal", &PINNED)), Some(12));
    assert_eq!(
        code(&verify(&world, "v2.cose", &PINNED)),
        Some(14),
        "an envelope without its receipt"
    );
    assert_eq!(
        code(&verify(&world, "v2.planseal", &PINNED[..4])),
        Some(14),
        "no snapshot"
    );
    let late = [PINNED.as_slice(), &["--at", "2099-01-01T00:00:00Z"]].concat();
    let late = verify(&world, "v2.planseal", &late);
    assert_eq!(code(&late), Some(14), "a snapshot is not believed for ever");
    assert!(
        stdout(&late).contains("01-Jan-2099 00:00 GMT, the time given"),
        "{}",
        stdout(&late)
    );
    let unpinned = verify(&world, "v2.planseal", &[]);
    assert_eq!(code(&unpinned), Some(11));
    assert!(
        stdout(&unpinned).contains("no root pinned; pass --trust-policy"),
        "{}",
        stdout(&unpinned)
    );
}

#[test]
fn a_plan_of_another_region_is_unknown_and_not_false() {
    let (world, other) = (published(), World::new());
    world.write("other.cbor", other.policy.bytes().as_slice());
    let output = verify(&world, "v2.planseal", &["--trust-policy", "other.cbor"]);
    assert_eq!(code(&output), Some(11));
    assert!(stdout(&output).starts_with("CANNOT CHECK"), "{}", stdout(&output));
    let both = verify(
        &world,
        "v2.planseal",
        &[&["--trust-policy", "other.cbor"], PINNED.as_slice()].concat(),
    );
    assert_eq!(
        code(&both),
        Some(0),
        "one of several pinned regions knows the signer"
    );
}

#[test]
fn a_changed_plan_is_not_genuine_and_a_cut_one_cannot_be_read() {
    let world = published();
    let envelope = std::fs::read(world.path("v2.cose")).unwrap();
    let mut changed = envelope.clone();
    *changed.last_mut().unwrap() ^= 1;
    world.write("changed.cose", &changed);
    let refused = verify(&world, "changed.cose", &PINNED);
    assert_eq!(code(&refused), Some(10), "{}", stdout(&refused));
    assert!(
        stdout(&refused).starts_with("NOT GENUINE"),
        "{}",
        stdout(&refused)
    );
    let bundle = std::fs::read(world.path("v2.planseal")).unwrap();
    for (name, bytes) in [
        ("cut.cose", &envelope[..envelope.len() / 2]),
        ("cut.planseal", &bundle[..bundle.len() / 2]),
        ("empty", &[]),
        ("code.txt", b"PS1:ABC"),
        ("picture.png", b"\x89PNG\r\n\x1a\n"),
    ] {
        world.write(name, bytes);
        let output = verify(&world, name, &PINNED);
        assert_eq!(code(&output), Some(15), "{name}: {}", stdout(&output));
        assert!(
            stdout(&output).contains("This tells you nothing about the plan"),
            "{name}"
        );
    }
}

#[test]
fn a_pdf_that_is_not_ours_is_said_to_be_nothing_more() {
    let world = World::new();
    world.write("letter.pdf", b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n");
    let output = verify(&world, "letter.pdf", &[]);
    assert_eq!(code(&output), Some(15));
    assert!(
        stdout(&output).contains("It may still be a genuine paper from elsewhere"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_pdf_around_a_genuine_plan_is_an_altered_file() {
    let world = published();
    let bundle = std::fs::read(world.path("v2.planseal")).unwrap();
    world.write(
        "made.pdf",
        &[b"%PDF-1.7\nstream\n", bundle.as_slice(), b"\nendstream\n%%EOF\n"].concat(),
    );
    let output = verify(&world, "made.pdf", &PINNED);
    assert_eq!(code(&output), Some(18), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("Use the words shown"),
        "{}",
        stdout(&output)
    );
}

/// A plan with a scan attached, printed as the service prints it.
#[test]
fn a_print_is_printed_again_and_compared() {
    let world = World::new();
    let scan = b"%PDF-1.7\nstream\nstands for a scan\nendstream\n%%EOF\n".to_vec();
    world.write("P3-adrt.pdf", &scan);
    world.write("plan.json", draft("P3-v2.json").as_bytes());
    let signed = world.sign("plan.json", &["--attach", "P3-adrt.pdf"]);
    assert_eq!(code(&signed), Some(0), "{}", stderr(&signed));
    world.publish(&[("plan", "plan.planseal")]);
    let pdf = world.print("plan.planseal", core::slice::from_ref(&scan));
    world.write("plan.pdf", &pdf);
    let output = verify(&world, "plan.pdf", &[PINNED.as_slice(), &["--json"]].concat());
    let json: Json = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(code(&output), Some(0), "{json}");
    assert_eq!(json["file"], "genuine");
    assert_eq!(
        json["attachments"]["answer"], "all_match",
        "the scan was found inside the PDF"
    );
    world.write("spaced.pdf", &[pdf.as_slice(), b"\r\n "].concat());
    assert_eq!(
        code(&verify(&world, "spaced.pdf", &PINNED)),
        Some(0),
        "white space may follow"
    );
    world.write("saved.pdf", &[pdf.as_slice(), b"%"].concat());
    assert_eq!(
        code(&verify(&world, "saved.pdf", &PINNED)),
        Some(18),
        "one byte more is another file"
    );
    let alone = verify(&world, "plan.planseal", &PINNED);
    assert!(
        stdout(&alone).contains("Attachments: 1 not at hand"),
        "{}",
        stdout(&alone)
    );
}

#[test]
fn a_printed_code_shows_its_words() {
    let world = published();
    let json = world.run(&["inspect", "v2.planseal", "--json"]);
    let json: Json = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["stamp"].as_array().map(Vec::len), Some(1));
    world.write("code.txt", world.code("v2.planseal").as_bytes());
    let output = verify(&world, "code.txt", &PINNED);
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("The words on the paper were not checked"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("NHS No."),
        "the decoded words stand below: {}",
        stdout(&output)
    );
    world.write("first.txt", world.code("v1.planseal").as_bytes());
    assert_eq!(code(&verify(&world, "first.txt", &PINNED)), Some(12));
}

#[test]
fn the_json_of_a_verdict_keeps_its_shape() {
    let world = published();
    let output = verify(&world, "v2.planseal", &[PINNED.as_slice(), &["--json"]].concat());
    let json: Json = serde_json::from_str(&stdout(&output)).unwrap();
    let shape = |json: &Json| {
        json.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        shape(&json),
        "attachments authentic card contact current evidence exit_code file format judged_at line notes plan state \
         summary time_was_given"
    );
    assert_eq!(
        shape(&json["current"]),
        "answer as_of latest_when_printed source warnings"
    );
    assert_eq!(shape(&json["evidence"]), "pinned snapshot trust_list unconfirmed");
    assert_eq!(
        shape(&json["plan"]),
        "author id organisation record signed_at version"
    );
    assert_eq!(json["format"], "planseal.verdict.1");
    assert_eq!(json["state"], "CURRENT");
    assert_eq!(json["authentic"]["answer"], "verified");
    assert_eq!(json["current"]["answer"], "latest");
    assert_eq!(json["current"]["source"], "snapshot");
    assert_eq!(json["attachments"]["answer"], "none");
    assert_eq!(json["plan"]["version"], 2);
    assert_eq!(
        json["summary"],
        Json::Array(Vec::new()),
        "no patient data unless asked for"
    );
}

#[test]
fn patient_data_is_shown_only_when_asked_for() {
    let world = published();
    let draft: Json = serde_json::from_str(&draft("P5-v2.json")).unwrap();
    let family = draft["person"]["name"]["family"].as_str().unwrap().to_uppercase();
    let plain = stdout(&verify(&world, "v2.planseal", &PINNED));
    assert!(!plain.to_uppercase().contains(&family), "{plain}");
    let shown = stdout(&verify(
        &world,
        "v2.planseal",
        &[PINNED.as_slice(), &["--show"]].concat(),
    ));
    assert!(shown.contains(&family), "{shown}");
    assert!(
        shown.contains("ADRT: none recorded here (one may still exist)"),
        "{shown}"
    );
}

#[test]
fn colour_and_silence_are_the_readers_choice() {
    let world = published();
    let run = |more: &[&str]| {
        stdout(&verify(
            &world,
            "v2.planseal",
            &[PINNED.as_slice(), more].concat(),
        ))
    };
    assert!(!run(&[]).contains('\u{1b}'), "no colour into a file");
    assert!(run(&["--color", "always"]).starts_with("\u{1b}[1;32mCURRENT"));
    assert_eq!(run(&["-q"]), "");
}

#[test]
fn a_service_that_does_not_answer_changes_no_verdict() {
    let world = published();
    let arguments = ["verify", "v2.planseal", "--server", "http://127.0.0.1:9"];
    let output = world.run(&[arguments.as_slice(), &PINNED].concat());
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    assert!(
        stderr(&output).contains("could not confirm with http://127.0.0.1:9"),
        "{}",
        stderr(&output)
    );
    let plain = world.run(&["verify", "v2.planseal", "--server", "http://example.test"]);
    assert_eq!(code(&plain), Some(1));
    assert!(stderr(&plain).contains("use https://"), "{}", stderr(&plain));
}

#[test]
fn attachments_are_compared_with_what_was_signed() {
    let world = published();
    world.write("other.bin", b"not what was signed");
    let output = verify(
        &world,
        "v2.planseal",
        &[PINNED.as_slice(), &["--attachment", "other.bin"]].concat(),
    );
    assert_eq!(code(&output), Some(10), "{}", stdout(&output));
}

#[test]
fn the_signer_sees_what_the_bytes_say() {
    let world = World::new();
    world.write("plan.json", draft("P5-v1.json").as_bytes());
    let output = world.sign("plan.json", &["-o", "out"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let shown = stderr(&output);
    for words in [
        "What you are about to sign",
        "CPR",
        "Ceiling: L",
        "ADRT",
        "Rowena Demo-Achebe",
        "begins the record",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(world.path("out.cose").exists() && world.path("out.card.cose").exists());
    let mode = std::fs::metadata(world.path("out.cose"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "a plan is the owner's alone");
}

#[test]
fn nothing_is_signed_without_a_yes() {
    let world = World::new();
    world.write("plan.json", draft("P5-v1.json").as_bytes());
    let without_yes = &AUTHOR[..10];
    let arguments = [
        &["sign", "plan.json", "--post", "GP", "--test-numbers"],
        without_yes,
    ]
    .concat();
    let silent = world.run(&arguments);
    assert_eq!(code(&silent), Some(1));
    assert!(
        stderr(&silent).contains("an answer is needed"),
        "{}",
        stderr(&silent)
    );
    let forbidden = world.run(&[arguments.as_slice(), &["--no-input"]].concat());
    assert!(
        stderr(&forbidden).contains("--no-input forbids asking"),
        "{}",
        stderr(&forbidden)
    );
    assert!(!world.path("plan.cose").exists());
}

#[test]
fn a_changed_cpr_decision_is_said_first() {
    let world = World::new();
    let mut first: Json = serde_json::from_str(&draft("P5-v1.json")).unwrap();
    world.sign_earlier("first", &first.to_string());
    let recommendations = first["recommendations"].as_object_mut().unwrap();
    let other = if recommendations.remove("cpr").is_some() {
        Json::Null
    } else {
        serde_json::from_str::<Json>(&draft("P1-v3.json")).unwrap()["recommendations"]["cpr"].clone()
    };
    if !other.is_null() {
        recommendations.insert("cpr".into(), other);
        recommendations.insert("treatment_level".into(), "L4".into());
    }
    first["change_reason"] = "The decision changed.".into();
    world.write("second.json", first.to_string().as_bytes());
    let second = world.sign("second.json", &["--previous", "first.cose"]);
    assert_eq!(code(&second), Some(0), "{}", stderr(&second));
    assert!(
        stderr(&second).contains("THE CPR DECISION CHANGES: from"),
        "{}",
        stderr(&second)
    );
    let difference = world.run(&["diff", "first.cose", "second.cose"]);
    assert_eq!(code(&difference), Some(0));
    let lines = stdout(&difference);
    assert!(
        lines
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("THE CPR DECISION CHANGES"),
        "{lines}"
    );
    let json = world.run(&["diff", "first.cose", "second.cose", "--json"]);
    let json: Json = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["cpr_decision_changes"], true);
    assert_eq!(json["sections"][0]["section"], "Recommendations for an emergency");
}

#[test]
fn all_findings_are_given_at_once() {
    let world = World::new();
    let mut plan: Json = serde_json::from_str(&draft("P5-v1.json")).unwrap();
    plan["person"]["nhs_number"] = "999 000 0000".into();
    plan.as_object_mut().unwrap().remove("capacity");
    plan.as_object_mut().unwrap().remove("card_line");
    world.write("plan.json", plan.to_string().as_bytes());
    let output = world.sign("plan.json", &["--json"]);
    assert_eq!(code(&output), Some(1));
    let said = stderr(&output);
    for field in ["person.nhs_number", "capacity", "card_line"] {
        assert!(said.contains(field), "{field}: {said}");
    }
    assert!(
        !said.contains("999 000 0000"),
        "a finding never repeats what was typed"
    );
    let json: Json = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(json["findings"].as_array().unwrap().len() >= 3);
    assert!(!world.path("plan.cose").exists());
}

/// Each fault, the command that meets it, and words its one sentence must hold.
#[test]
fn every_fault_is_one_sentence_that_says_what_to_do() {
    let world = World::new();
    world.write("plan.json", draft("P5-v1.json").as_bytes());
    world.write("broken.json", b"{\n  \"person\": \n");
    world.write("unknown.json", b"{ \"persn\": {} }");
    assert_eq!(code(&world.sign("plan.json", &["-o", "taken"])), Some(0));
    world.write("open.phrase", b"public example");
    std::fs::set_permissions(world.path("open.phrase"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let sign = |file: &str, more: &[&str]| world.sign(file, more);
    let cases = [
        (sign("broken.json", &[]), "the draft is not JSON: look at line"),
        (
            sign("unknown.json", &[]),
            "unknown field \"persn\" at line 1: correct its name or remove it",
        ),
        (sign("gone.json", &[]), "cannot be opened: check the name"),
        (
            sign("plan.json", &["-o", "taken"]),
            "nothing was overwritten (--force would)",
        ),
        (
            sign("plan.json", &["-o", "no/such/folder/plan"]),
            "does not exist: create it first",
        ),
        (
            sign("plan.json", &["--attach", "plan.json"]),
            "add an entry under attachments with this name",
        ),
        (
            sign("plan.json", &["--previous", "author.cose"]),
            "does not verify here",
        ),
        (
            world.run(&[
                "endorse",
                "taken.cose",
                "-o",
                "e.cose",
                "--key",
                "author.pem",
                "--certificate",
                "author.cose",
                "--certificate",
                "practice.cose",
                "--trust-policy",
                "trust-policy.cbor",
            ]),
            "may sign this (endorsement)",
        ),
        (
            world.run(&["keygen", "new.pem", "--passphrase-file", "open.phrase"]),
            "run chmod 600",
        ),
        (
            world.run(&["keygen", "new.pem", "--no-input"]),
            "use --passphrase-file or --passphrase-fd",
        ),
        (world.run(&["inspect", "phrase"]), "this is not a planseal file"),
        (
            world.run(&["diff", "author.cose", "taken.cose"]),
            "is not a version of a plan",
        ),
        (
            world.run(&["trust", "show"]),
            "no root is pinned: pass --trust-policy",
        ),
        (
            world.run(&["verify", "taken.cose", "--trust-policy", "phrase"]),
            "cannot be pinned",
        ),
    ];
    for (output, words) in cases {
        let said = stderr(&output);
        assert_eq!(code(&output), Some(1), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        let sentence = said.lines().last().unwrap();
        assert!(
            sentence.starts_with("planseal: ") && !said.contains("panicked"),
            "{said}"
        );
        assert_eq!(stdout(&output), "", "nothing on stdout: {words}");
    }
}

#[test]
fn keys_that_cannot_be_trusted_are_not_used() {
    let world = World::new();
    world.write("plan.json", draft("P5-v1.json").as_bytes());
    let wrong = world.path("wrong");
    std::fs::write(&wrong, "some other phrase").unwrap();
    std::fs::set_permissions(&wrong, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut arguments = vec!["sign", "plan.json", "--post", "GP", "--test-numbers"];
    arguments.extend(
        AUTHOR
            .iter()
            .map(|word| if *word == "phrase" { "wrong" } else { word }),
    );
    let output = world.run(&arguments);
    assert_eq!(code(&output), Some(1));
    assert!(
        stderr(&output).contains("wrong passphrase for author.pem: try again"),
        "{}",
        stderr(&output)
    );
    std::fs::set_permissions(world.path("author.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = world.sign("plan.json", &[]);
    assert!(
        stderr(&output).contains("can be read by others (mode 644)"),
        "{}",
        stderr(&output)
    );
    std::fs::rename(world.path("colleague.pem"), world.path("author.pem")).unwrap();
    let output = world.sign("plan.json", &[]);
    assert!(
        stderr(&output).contains("use the key it was issued for"),
        "{}",
        stderr(&output)
    );
    assert!(!world.path("plan.cose").exists());
}

#[test]
fn a_colleague_endorses_and_the_author_cannot() {
    let world = published();
    let arguments = |who: &'static str| {
        let (key, certificate) = if who == "author" {
            ("author.pem", "author.cose")
        } else {
            ("colleague.pem", "colleague.cose")
        };
        vec![
            "endorse",
            "v2.cose",
            "-o",
            "endorsement.cose",
            "--yes",
            "--key",
            key,
            "--certificate",
            certificate,
            "--certificate",
            "practice.cose",
            "--passphrase-file",
            "phrase",
            "--trust-policy",
            "trust-policy.cbor",
            "--trust-list",
            "trust-list.cbor",
        ]
    };
    assert_eq!(code(&world.run(&arguments("author"))), Some(1));
    let output = world.run(&arguments("colleague"));
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let shown = world.run(&["inspect", "endorsement.cose"]);
    assert!(
        stdout(&shown).starts_with("UNVERIFIED endorsement"),
        "{}",
        stdout(&shown)
    );
    assert!(
        stdout(&shown).contains("statement: responsible_clinician"),
        "{}",
        stdout(&shown)
    );
}

#[test]
fn every_file_can_be_inspected_and_none_is_called_verified() {
    let world = published();
    for (file, what) in [
        ("v2.cose", "version"),
        ("v2.card.cose", "card"),
        ("author.cose", "certificate"),
        ("trust-policy.cbor", "trust policy"),
        ("trust-list.cbor", "trust-list"),
        ("snapshot.cbor", "snapshot"),
        ("v2.planseal", "bundle"),
    ] {
        let words = world.run(&["inspect", file]);
        assert!(
            stdout(&words).starts_with(&format!("UNVERIFIED {what}\n")),
            "{file}: {}{}",
            stdout(&words),
            stderr(&words)
        );
        let json: Json = serde_json::from_str(&stdout(&world.run(&["inspect", file, "--json"]))).unwrap();
        assert_eq!(json["verified"], false, "{file}");
        assert_eq!(json["what"], what);
    }
}

#[test]
fn a_person_enrols_by_the_commands_alone() {
    let world = World::new();
    let phrase = ["--passphrase-file", "phrase"];
    let run = |arguments: &[&str]| {
        let output = world.run(&[arguments, phrase.as_slice()].concat());
        assert_eq!(code(&output), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output).trim().to_owned()
    };
    let fingerprint = run(&["keygen", "new.pem", "--public-example"]);
    let until = crate::world::now().date().plus_days(300).to_string();
    run(&[
        "ca",
        "invite",
        "practice",
        "--name",
        "Iris Sample",
        "--registration",
        "gmc:9900044",
        "--role",
        "finaliser",
        "--until",
        &until,
        "-o",
        "invite.json",
    ]);
    assert_eq!(
        run(&[
            "enrol",
            "answer",
            "invite.json",
            "--key",
            "new.pem",
            "-o",
            "request.cose"
        ]),
        fingerprint
    );
    let issue = [
        "ca",
        "issue",
        "practice",
        "request.cose",
        "--confirmed-by",
        "Second Person",
        "--fingerprint",
    ];
    let wrong = world.run(&[&issue[..], &["00000", "-o", "new.cose"], &phrase].concat());
    assert_eq!(code(&wrong), Some(1));
    assert!(
        stderr(&wrong).contains("not that of the key in the request"),
        "{}",
        stderr(&wrong)
    );
    run(&[&issue[..], &[&fingerprint, "-o", "new.cose"]].concat());
    let accepted = run(&[
        "enrol",
        "accept",
        "new.cose",
        "practice.cose",
        "--key",
        "new.pem",
        "--trust-policy",
        "trust-policy.cbor",
    ]);
    assert!(
        accepted.starts_with("Iris Sample at Larkhill Test Practice (TEST-GP01): finaliser"),
        "{accepted}"
    );
}

#[test]
fn help_lists_the_exit_codes_and_the_rest_of_the_kit_is_there() {
    let world = World::new();
    let help = stdout(&world.run(&["verify", "--help"]));
    for line in [
        "10  NOT GENUINE",
        "15  CANNOT READ",
        "18  current plan in an ALTERED FILE",
    ] {
        assert!(help.contains(line), "{help}");
    }
    assert!(stdout(&world.run(&["completions", "bash"])).contains("planseal"));
    let manual = stdout(&world.run(&["man"]));
    assert!(manual.starts_with(".ie"));
    for page in [
        "planseal-publish",
        "planseal-monitor",
        "planseal-ca-revoke",
        "planseal-trust-fetch",
    ] {
        assert!(manual.contains(&format!(".TH {page} ")), "{page}");
    }
    for option in ["\\-\\-from\\-now", "\\-\\-evidence", "\\-\\-received\\-from"] {
        assert!(manual.contains(option), "{option}");
    }
    assert_eq!(code(&world.run(&["verify"])), Some(2));
    let trust = world.run(&["trust", "show", "--trust-policy", "trust-policy.cbor"]);
    assert!(
        stdout(&trust).contains("root key fingerprint"),
        "{}",
        stdout(&trust)
    );
}
