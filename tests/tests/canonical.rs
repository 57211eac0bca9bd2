//! Every other encoding of every sample plan and of every kind of object, correctly signed: refused by the profile's own
//! rule, before serde sees it, without panic, and in bounded memory.

use std::collections::BTreeMap;
use std::path::Path;

use planseal::draft::PlanDraft;
use planseal::envelope::{EnvelopeError, SignedObject};
use planseal::validate::Predecessor;
use planseal_tests::cbor::{Cbor, head};
use planseal_tests::corpus;
use planseal_tests::forge::Parts;
use planseal_tests::key::FixedKey;
use planseal_tests::sample::{context, draft};
use planseal_tests::vector::{ACCEPTED, Vector, rule};
use planseal_tests::world::{World, envelope, instant};
use serde::Deserialize;

/// What refusing may hold at once, as a multiple of the bytes offered: the header is decoded (at most 512 bytes of it),
/// the payload is not, and nothing is copied before it is checked.
const MULTIPLE: u64 = 2;
/// Besides: a header's own decoding, which does not grow with the object.
const HEADER: u64 = 8 << 10;

/// One wrong encoding: its name, the rule that refuses it, and how it is made.
type Variant = (&'static str, &'static str, fn(&mut Cbor) -> bool);

/// Each returns whether the value at hand could be changed so; the first such place in the object is changed.
const VARIANTS: [Variant; 26] = [
    ("fields in the other order", "KeyOrder", |value| {
        fields(value, |fields| fields.swap(0, 1))
    }),
    ("a field twice", "DuplicateKey", |value| {
        fields(value, |fields| fields.insert(0, fields[0].clone()))
    }),
    ("a byte string as a key", "KeyType", |value| {
        fields(value, |fields| fields[0].0 = Cbor::Bytes(vec![1]))
    }),
    ("a map of unknown length", "Indefinite", |value| {
        fields(value, |_| ()) && raw(value, |bytes| [&[0xbf], tail(&bytes), &[0xff]].concat())
    }),
    ("an array of unknown length", "Indefinite", |value| {
        is_array(value) && raw(value, |bytes| [&[0x9f], tail(&bytes), &[0xff]].concat())
    }),
    ("a text in chunks", "Indefinite", |value| {
        is_text(value) && raw(value, |bytes| [&[0x7f], bytes.as_slice(), &[0xff]].concat())
    }),
    ("a byte string in chunks", "Indefinite", |value| {
        is_bytes(value) && raw(value, |bytes| [&[0x5f], bytes.as_slice(), &[0xff]].concat())
    }),
    ("an integer in eight bytes", "NotShortest", |value| match value {
        Cbor::Unsigned(number) if *number < 1 << 32 => {
            *value = Cbor::Raw([&[0x1b][..], &number.to_be_bytes()].concat());
            true
        }
        _ => false,
    }),
    ("a text's length in eight bytes", "NotShortest", |value| {
        is_text(value) && raw(value, |bytes| long_length(&bytes))
    }),
    ("a byte string's length in eight bytes", "NotShortest", |value| {
        is_bytes(value) && raw(value, |bytes| long_length(&bytes))
    }),
    ("a map's count in eight bytes", "NotShortest", |value| {
        fields(value, |_| ()) && raw(value, |bytes| long_length(&bytes))
    }),
    ("a tag", "Tag", |value| {
        raw(value, |bytes| [&[0xc1], bytes.as_slice()].concat())
    }),
    ("null", "Simple", |value| instead(value, &[0xf6])),
    ("undefined", "Simple", |value| instead(value, &[0xf7])),
    ("a half-precision float", "Simple", |value| {
        instead(value, &[0xf9, 0x3c, 0])
    }),
    ("a double-precision float", "Simple", |value| {
        instead(value, &[0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
    }),
    ("a reserved head", "Reserved", |value| instead(value, &[0x1c])),
    ("a byte string of 4 GiB", "Truncated", |value| {
        instead(value, &[0x5a, 0xff, 0xff, 0xff, 0xff])
    }),
    ("a text of 2^64 - 1 bytes", "Truncated", |value| {
        instead(value, &[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    }),
    ("an array of 2^64 - 1 items", "Truncated", |value| {
        instead(value, &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    }),
    ("a map of 2^63 entries", "Truncated", |value| {
        instead(value, &[0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0])
    }),
    ("a thousand arrays in each other", "Depth", |value| {
        instead(value, &[vec![0x81; 1000], vec![0]].concat())
    }),
    ("a text that is not normalized", "NotNormalized", |value| {
        text(value, "e\u{301}")
    }),
    ("a bidirectional control", "Bidi", |value| {
        text(value, "a\u{202e}b")
    }),
    ("a zero-width character", "ZeroWidth", |value| {
        text(value, "a\u{200b}b")
    }),
    ("a text that is not UTF-8", "Utf8", |value| {
        is_text(value) && instead(value, &[0x62, 0xc3, 0x28])
    }),
];

fn fields(value: &mut Cbor, change: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) -> bool {
    match value {
        Cbor::Map(fields) if fields.len() > 1 => {
            change(fields);
            true
        }
        _ => false,
    }
}

fn raw(value: &mut Cbor, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> bool {
    *value = Cbor::Raw(change(value.encode()));
    true
}

fn instead(value: &mut Cbor, bytes: &[u8]) -> bool {
    *value = Cbor::Raw(bytes.to_vec());
    true
}

fn text(value: &mut Cbor, other: &str) -> bool {
    let found = is_text(value);
    if found {
        *value = Cbor::text(other);
    }
    found
}

const fn is_text(value: &Cbor) -> bool {
    matches!(value, Cbor::Text(_))
}

const fn is_bytes(value: &Cbor) -> bool {
    matches!(value, Cbor::Bytes(_))
}

const fn is_array(value: &Cbor) -> bool {
    matches!(value, Cbor::Array(_))
}

/// What stands behind an item's head.
fn tail(bytes: &[u8]) -> &[u8] {
    let width = match bytes[0] & 0x1f {
        short @ 24..=27 => 1 << (short - 24),
        _ => 0,
    };
    &bytes[1 + width..]
}

/// The same item with its length or count in eight bytes.
fn long_length(bytes: &[u8]) -> Vec<u8> {
    let width = bytes.len() - tail(bytes).len() - 1;
    let digits = match width {
        0 => vec![bytes[0] & 0x1f],
        _ => bytes[1..=width].to_vec(),
    };
    let padding = vec![0; 8 - digits.len()];
    [
        vec![(bytes[0] & 0xe0) | 27],
        padding,
        digits,
        tail(bytes).to_vec(),
    ]
    .concat()
}

/// Every place in a value that a variant can stand: the value itself and everything inside, keys apart.
fn places(value: &Cbor) -> usize {
    let inside: usize = match value {
        Cbor::Array(items) => items.iter().map(places).sum(),
        Cbor::Map(fields) => fields.iter().map(|(_, value)| places(value)).sum(),
        _ => 0,
    };
    inside + 1
}

/// Changes the value at a place, counted from the whole inwards; false where the variant has no meaning.
fn change_at(value: &mut Cbor, place: &mut usize, change: fn(&mut Cbor) -> bool) -> bool {
    if *place == 0 {
        *place = usize::MAX;
        return change(value);
    }
    *place -= 1;
    let mut into = |inner: &mut Cbor| *place != usize::MAX && change_at(inner, place, change);
    match value {
        Cbor::Array(items) => items.iter_mut().any(&mut into),
        Cbor::Map(fields) => fields.iter_mut().any(|(_, value)| into(value)),
        _ => false,
    }
}

/// An object with the key that signed it.
struct Sample {
    name: String,
    object: SignedObject,
    key: FixedKey,
    external: Vec<u8>,
}

#[derive(Deserialize)]
struct Index {
    versions: Vec<Indexed>,
}

#[derive(Deserialize)]
struct Indexed {
    sample: String,
    version: u32,
    signed_at: String,
    draft: String,
}

/// Every version of the five example plans, on its own day and after its predecessor, signed by the world's author.
fn plans() -> Vec<Sample> {
    let world = World::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/plans");
    let index: Index = corpus::json(&folder.join("index.json"));
    let mut predecessors: BTreeMap<String, Predecessor> = BTreeMap::new();
    let mut made = Vec::new();
    for Indexed {
        sample,
        version,
        signed_at,
        draft: file,
    } in index.versions
    {
        let at = instant(&signed_at);
        let name = file.trim_end_matches(".json").to_owned();
        let plan = with_scans(draft(&name)).validate(&context(at, predecessors.get(&sample)));
        let plan = plan.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        let object = envelope(&plan, &world.author);
        let id = object.id();
        predecessors.insert(
            sample,
            Predecessor {
                id,
                version,
                signed_at: at,
            },
        );
        made.push(Sample {
            name,
            object,
            key: FixedKey::from_seed(9),
            external: Vec::new(),
        });
    }
    made
}

/// The draft with the digests of its scans filled in.
fn with_scans(mut draft: PlanDraft) -> PlanDraft {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys-example/adrt");
    let names: Vec<String> = draft
        .unfilled_attachments()
        .into_iter()
        .map(str::to_owned)
        .collect();
    for name in names {
        let file = Path::new(&name).file_name().expect("a file");
        let bytes = std::fs::read(folder.join(file)).expect("a scan of keys-example");
        draft
            .fill_attachment(&name, &bytes)
            .expect("an entry of this name");
    }
    draft
}

/// The genuine object of every signed kind among the vectors, with the seed of its signer's key.
fn objects() -> Vec<Sample> {
    const SEEDS: [(&str, u8); 17] = [
        ("certificate", 7),
        ("version", 9),
        ("withdrawal", 9),
        ("endorsement", 10),
        ("report", 6),
        ("key_status", 7),
        ("resolution", 20),
        ("intake", 21),
        ("custody", 21),
        ("hold", 22),
        ("staff_list", 7),
        ("head", 4),
        ("snapshot", 5),
        ("trust_list", 5),
        ("enrolment", 11),
        ("card", 9),
        ("stamp", 4),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(format!("{name}_genuine.txt"))).expect("a vector");
        let vector = Vector::parse(&text).expect("a vector file");
        assert_eq!(vector.expect, ACCEPTED);
        SignedObject::parse(&vector.bytes).expect("an envelope")
    };
    let card = read("card").id();
    SEEDS
        .into_iter()
        .map(|(name, seed)| Sample {
            name: name.to_owned(),
            object: read(name),
            key: FixedKey::from_seed(seed),
            external: if name == "stamp" {
                card.as_bytes().to_vec()
            } else {
                Vec::new()
            },
        })
        .collect()
}

/// The rule that refuses an envelope, and the most that was held at once in saying so.
fn refusal(bytes: &[u8]) -> (Option<String>, u64) {
    let mut outcome = None;
    let held = allocation_counter::measure(|| outcome = Some(SignedObject::parse(bytes)));
    let refused = outcome.expect("it was asked").err();
    (refused.map(|fault: EnvelopeError| rule(&fault)), held.bytes_max)
}

fn assert_refused(what: &str, bytes: &[u8], expected: &str) {
    let (found, held) = refusal(bytes);
    assert_eq!(found.as_deref(), Some(expected), "{what}");
    let length = u64::try_from(bytes.len()).expect("a length fits 64 bit");
    assert!(
        held <= MULTIPLE * length + HEADER,
        "{what}: {held} bytes held for {length} offered"
    );
}

/// Each variant at the outermost value and at the first, middle and last place inside where it has a meaning.
fn variants_of(value: &Cbor) -> Vec<(&'static str, &'static str, Cbor)> {
    let count = places(value);
    let mut made = Vec::new();
    for (name, expected, change) in VARIANTS {
        let mut of_variant: Vec<Cbor> = Vec::new();
        for place in 0..count {
            let mut changed = value.clone();
            if change_at(&mut changed, &mut { place }, change) {
                of_variant.push(changed);
            }
        }
        let (last, middle) = (of_variant.len().saturating_sub(1), of_variant.len() / 2);
        for (at, changed) in of_variant.into_iter().enumerate() {
            if [0, middle, last].contains(&at) {
                made.push((name, expected, changed));
            }
        }
    }
    made
}

/// Refuses every variant of payload and header of these samples; returns how many there were of each.
fn refuse_all(samples: &[Sample]) -> BTreeMap<&'static str, usize> {
    let mut seen = BTreeMap::new();
    for Sample {
        name,
        object,
        key,
        external,
    } in samples
    {
        let genuine = Parts::of(object);
        assert_eq!(refusal(object.bytes()).0, None, "{name} itself");
        for (variant, expected, payload) in variants_of(&genuine.payload) {
            let parts = Parts {
                payload,
                ..genuine.clone()
            }
            .signed_with(key, external);
            assert_refused(
                &format!("{variant} in the payload of {name}"),
                &parts.encode(),
                expected,
            );
            *seen.entry(variant).or_default() += 1;
        }
        for (variant, expected, protected) in variants_of(&genuine.protected) {
            let parts = Parts {
                protected,
                ..genuine.clone()
            }
            .signed_with(key, external);
            // A header beyond 512 bytes is refused for its length before it is walked.
            let expected = if parts.protected.encode().len() > 512 {
                "TooLong"
            } else {
                expected
            };
            assert_refused(
                &format!("{variant} in the header of {name}"),
                &parts.encode(),
                expected,
            );
        }
        let longer = |bytes: Vec<u8>| Cbor::Raw([bytes, vec![0]].concat());
        let payload = longer(genuine.payload.encode());
        let parts = Parts {
            payload,
            ..genuine.clone()
        }
        .signed_with(key, external);
        assert_refused(
            &format!("a byte behind the payload of {name}"),
            &parts.encode(),
            "Trailing",
        );
        let whole = [object.bytes(), &[0]].concat();
        assert_refused(&format!("a byte behind {name}"), &whole, "Trailing");
    }
    seen
}

#[test]
fn every_other_encoding_of_every_sample_plan_is_refused_by_its_rule() {
    let plans = plans();
    assert_eq!(plans.len(), 15, "plans of keys-example");
    let seen = refuse_all(&plans);
    let names: Vec<&str> = VARIANTS.iter().map(|(name, ..)| *name).collect();
    let never: Vec<&&str> = names.iter().filter(|name| !seen.contains_key(**name)).collect();
    assert!(never.is_empty(), "never made: {never:?}");
}

#[test]
fn every_other_encoding_of_every_kind_of_object_is_refused_by_its_rule() {
    let seen = refuse_all(&objects());
    let made: usize = seen.values().sum();
    assert!(made > 500, "variants: {made}");
}

/// 1 MiB of nothing but heads, each claiming the rest: refused without holding more than the bytes themselves.
#[test]
fn a_mebibyte_of_hostile_heads_is_refused_in_bounded_memory() {
    for byte in [0x81_u8, 0x9f, 0x5b, 0x7b, 0xbb, 0xa1, 0xd8, 0xfb, 0x1b] {
        let bytes = vec![byte; 1 << 20];
        let (found, held) = refusal(&bytes);
        assert!(found.is_some(), "{byte:02x}");
        assert!(held <= HEADER, "{byte:02x}: {held} bytes held");
        let whole = [&[0x84][..], &head(2, 1 << 20), &bytes].concat();
        let (found, held) = refusal(&whole);
        assert!(found.is_some(), "{byte:02x} in a header");
        assert!(held <= HEADER, "{byte:02x} in a header: {held} bytes held");
    }
}
