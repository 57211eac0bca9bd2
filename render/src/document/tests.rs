//! Pages of the sample plans and of plans made as long and as foreign as their fields allow.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not parse is a failed test"
)]

mod extremes;

use super::*;
use crate::fixture::{Fixture, SAMPLES, known};
use crate::known::{Endorsed, Matter, Reported};

impl Fixture {
    fn print(&self, known: &Known, offline: &str) -> Result<Vec<u8>, RenderError> {
        let attachments: Vec<Attached<'_>> = self.files.iter().map(|bytes| Attached { bytes }).collect();
        let codes = Codes {
            pointer: format!("https://plans.example/v#{}", "7".repeat(85)),
            offline: Some(offline.to_owned()),
        };
        let beside = Beside {
            known,
            codes: &codes,
            bundle: BUNDLE,
            attachments: &attachments,
            printed_at: known.at,
        };
        signed_pages(&self.plan, ObjectId::of(b"version"), &beside)
    }
}

const BUNDLE: &[u8] = b"PLANSEAL-BUNDLE-1\0\0\0\x01\xa0";

fn offline() -> String {
    format!("PS1:{}", "A7F%3".repeat(138))
}

fn holds(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

#[test]
fn every_sample_prints_and_previews_within_the_standards() {
    let mut printed = 0;
    for entry in std::fs::read_dir(SAMPLES).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with('P') {
            continue;
        }
        let fixture = Fixture::sample(&name);
        let file = fixture.print(&known(Standing::Latest), &offline()).unwrap();
        assert!(
            file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF\n"),
            "{name}"
        );
        assert!(preview(&fixture.plan).unwrap().ends_with(b"%%EOF\n"), "{name}");
        printed += 1;
    }
    assert_eq!(printed, 15);
}

#[test]
fn bundle_and_scans_lie_in_the_file_byte_for_byte() {
    let fixture = Fixture::sample("P3-v3.json");
    let file = fixture.print(&known(Standing::Latest), &offline()).unwrap();
    assert!(holds(&file, BUNDLE));
    assert!(!fixture.files.is_empty());
    for scan in &fixture.files {
        assert!(holds(&file, scan));
    }
    assert!(holds(&file, b"/AFRelationship/Source") && holds(&file, b"/AFRelationship/Supplement"));
}

#[test]
fn a_scan_that_the_version_does_not_name_is_refused() {
    let mut fixture = Fixture::sample("P3-v3.json");
    fixture.files[0].push(b'!');
    let refused = fixture.print(&known(Standing::Latest), &offline());
    assert!(matches!(
        refused,
        Err(RenderError::Attachments { given: 1, named: 1 })
    ));
    fixture.files.clear();
    let refused = fixture.print(&known(Standing::Latest), &offline());
    assert!(matches!(
        refused,
        Err(RenderError::Attachments { given: 0, named: 1 })
    ));
}

#[test]
fn a_code_that_cheap_scanners_cannot_read_is_refused() {
    let fixture = Fixture::sample("P1-v3.json");
    let refused = fixture.print(&known(Standing::Latest), &"A".repeat(1500));
    assert!(matches!(
        refused,
        Err(RenderError::CodeTooLarge { code: "offline", .. })
    ));
}

#[test]
fn every_standing_prints_with_reports_and_endorsements() {
    let fixture = Fixture::sample("P2-v2.json");
    let mut made = Vec::new();
    for standing in [
        Standing::Latest,
        Standing::Superseded {
            by_version_signed: None,
        },
        Standing::Withdrawn { signed: None },
        Standing::Suspended,
        Standing::NotYetRegistered,
        Standing::NotChecked,
    ] {
        let mut known = known(standing);
        known.endorsements.push(Endorsed {
            by: "Dr Helen Fixture-Grant, GMC 9900033".into(),
            at: known.at,
        });
        known.reports.extend((0..9).map(|_| Reported {
            matter: Matter::AdvanceDecision,
            what: "withdrawal of the ADRT reported".into(),
            by: "a paramedic of TEST-AMB1".into(),
            at: known.at,
        }));
        let file = fixture.print(&known, &offline()).unwrap();
        assert!(!made.contains(&file), "{standing:?} looks like another");
        made.push(file);
    }
}

/// Words are replaced inside the quotes of their JSON strings.
fn with(text: &str, field: &str, words: &str) -> String {
    let start = format!("\"{field}\": \"");
    let mut parts = text.split(&start);
    let mut changed = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part.replace("\\\"", "##").find('"').unwrap();
        changed.push_str(&start);
        changed.push_str(words);
        changed.push_str(&part[end..]);
    }
    changed
}

#[test]
fn the_longest_words_stay_on_page_one_as_a_summary() {
    let words = |length: usize| {
        "wherever and whenever ".repeat(60)[..length - 1]
            .trim()
            .to_owned()
    };
    for sample in ["P2-v2.json", "P3-v3.json", "P4-v5.json"] {
        let fixture = Fixture::of(sample, |text| {
            let mut text = with(text, "circumstances", &words(1200));
            text = with(&text, "emergency_advice", &words(280));
            text = with(&text, "location", &words(200));
            text = with(&text, "family", &words(100));
            for field in ["words", "ceiling_words", "reaction"] {
                text = with(&text, field, &words(100));
            }
            text
        });
        let mut known = known(Standing::Superseded {
            by_version_signed: None,
        });
        known.reports.extend((0..20).map(|_| Reported {
            matter: Matter::AdvanceDecision,
            what: words(120),
            by: words(80),
            at: known.at,
        }));
        fixture.print(&known, &offline()).unwrap();
    }
}

#[test]
fn names_of_many_scripts_print() {
    for (family, given) in [
        ("الأحمد", "فاطمة"),
        ("כהן", "שרה"),
        ("চৌধুরী", "রহিমা"),
        ("शर्मा", "लक्ष्मी"),
        ("சுப்பிரமணியம்", "மீனாட்சி"),
        ("પટેલ", "કૃષ્ણા"),
        ("ਸਿੰਘ", "ਗੁਰਪ੍ਰੀਤ"),
        ("王", "小明"),
        ("陳", "麗華"),
        ("田中", "さくら"),
        ("김", "민준"),
        ("Παπαδοπούλου", "Ελένη"),
        ("Шевченко", "Оксана"),
        ("Nguyễn", "Thị Hồng"),
        ("ศรีสุวรรณ", "สมชาย"),
        ("მაისურაძე", "ნინო"),
        ("Գրիգորյան", "Անահիտ"),
        ("ተስፋዬ", "ሰላም"),
    ] {
        let fixture = Fixture::of("P1-v3.json", |text| {
            let text = text.replace("\"Edith\"", &format!("\"{given}\""));
            with(&text, "family", family)
        });
        fixture.print(&known(Standing::Latest), &offline()).unwrap();
    }
}
