//! What is printed or carried: bundles with statements in them, files that hold bundles, and codes.

use planseal::bundle::{Bundle, MAGIC};
use planseal::envelope::SignedObject;
use planseal::head::HeadState;
use planseal::id::{ObjectId, PlanId};
use planseal::sign::ToBeSigned;
use planseal::statement::{Endorsement, EndorsementCode};
use planseal::trust::{OrgKind, Role};
use planseal::verify::Verified;
use planseal_tests::cbor::Cbor;
use planseal_tests::key::FixedKey;
use planseal_tests::sample::{PLAN, Sample, head_of, second_version};
use planseal_tests::vector::ACCEPTED;
use planseal_tests::world::{Party, certificate_fields, day, envelope};

use super::{Case, Maker};

pub(super) fn make(maker: &mut Maker) {
    statements(maker);
    let second = transplants(maker);
    frames(maker);
    files(maker);
    codes(maker, &second);
}

fn bytes(bundle: &Bundle) -> Vec<u8> {
    bundle.encode().expect("a bundle encodes")
}

/// A genuine bundle and what is laid into it.
struct Enclosing<'a> {
    maker: &'a Maker,
    bundle: Bundle,
}

impl Enclosing<'_> {
    fn certified(mut self, party: &Party, above: &Party) -> Self {
        for held in [party, above] {
            let id = held.certificate.id();
            if !self.bundle.certificates.iter().any(|known| known.id() == id) {
                self.bundle.certificates.push(held.certificate.object().clone());
                self.bundle
                    .receipts
                    .push((id, self.maker.world.ledger.receipt(&id)));
            }
        }
        self.bundle.certificates.sort_by_key(SignedObject::id);
        self
    }

    fn endorsed(mut self, endorsement: &SignedObject) -> Self {
        let id = endorsement.id();
        self.bundle.endorsements.push(endorsement.clone());
        self.bundle
            .receipts
            .push((id, self.maker.world.ledger.receipt(&id)));
        self
    }

    fn encode(mut self) -> Vec<u8> {
        self.bundle.receipts.sort_by_key(|(id, _)| *id);
        bytes(&self.bundle)
    }
}

fn endorsement(sample: &Sample, plan: PlanId, version: ObjectId) -> Endorsement {
    Endorsement {
        plan,
        version,
        statement: EndorsementCode::SecondOpinion,
        issued_at: sample.head.signed_at(),
    }
}

/// Endorsements beside the version: the honest one, and those that must not stand there.
fn statements(maker: &mut Maker) {
    let at = planseal_tests::staff::joining();
    let key = FixedKey::from_seed(9);
    let mut fields = certificate_fields("TEST-GP01", OrgKind::GpPractice, "R. Demo", Role::Endorser, &key);
    fields.registration = maker
        .world
        .author
        .certificate
        .content()
        .fields()
        .registration
        .clone();
    (fields.issued_at, fields.not_before) = (at, day("2025-11-19"));
    let again = maker.world.certify(fields, key, |world| &world.practice, at);
    let version = maker.sample.version.id();
    let world = &mut maker.world;
    let mut log = |endorsement: &Endorsement, by: fn(&planseal_tests::world::World) -> &Party| {
        let signed: Verified<Endorsement> = world.sign(endorsement, by(world));
        world.ledger.append(&signed, at);
        signed.object().clone()
    };
    let honest = log(&endorsement(&maker.sample, PLAN, version), |world| {
        &world.endorser
    });
    let elsewhere = PlanId::from_bytes(*b"another record!!");
    let other_record = log(&endorsement(&maker.sample, elsewhere, version), |world| {
        &world.endorser
    });
    let own = maker
        .world
        .sign(&endorsement(&maker.sample, PLAN, version), &again);
    maker.world.ledger.append(&own, at);
    let enclosing = || Enclosing {
        maker,
        bundle: maker.sample.bundle.clone(),
    };
    let (endorser, hospice) = (&maker.world.endorser, &maker.world.hospice);
    let twice = enclosing()
        .certified(endorser, hospice)
        .endorsed(&honest)
        .endorsed(&honest);
    let unregistered = {
        let mut with = enclosing().certified(endorser, hospice);
        with.bundle.endorsements.push(honest.clone());
        with.encode()
    };
    let cases: Vec<Case> = vec![
        (
            "endorsed",
            ACCEPTED,
            "with an endorsement, its receipt and its signer",
            enclosing()
                .certified(endorser, hospice)
                .endorsed(&honest)
                .encode(),
        ),
        (
            "endorsement_twice",
            "StrayObject",
            "the same endorsement twice",
            twice.encode(),
        ),
        (
            "endorsement_without_receipt",
            "NotPlaced",
            "an endorsement that the log does not show",
            unregistered,
        ),
        (
            "endorsement_of_another_record",
            "AboutAnother",
            "an endorsement about another plan",
            enclosing()
                .certified(endorser, hospice)
                .endorsed(&other_record)
                .encode(),
        ),
        (
            "endorsement_by_the_author",
            "OwnEndorsement",
            "the author endorses under a second certificate",
            enclosing()
                .certified(&again, &maker.world.practice)
                .endorsed(own.object())
                .encode(),
        ),
        (
            "endorsement_as_a_report",
            "Kind",
            "an endorsement laid where reports lie",
            {
                let mut with = enclosing().certified(endorser, hospice).endorsed(&honest);
                with.bundle.reports = core::mem::take(&mut with.bundle.endorsements);
                with.encode()
            },
        ),
    ];
    maker.add_all("bundle", cases);
}

/// Honest parts of one version beside another.
fn transplants(maker: &mut Maker) -> Sample {
    let second = second_version(&maker.sample.version);
    let second = maker.world.sign(&second, &maker.world.author);
    let second = Sample::of(&mut maker.world, second);
    let first = maker.sample.bundle.clone();
    let with = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = first.clone();
        change(&mut bundle);
        bytes(&bundle)
    };
    let other_head = {
        let mut head = head_of(&maker.world, &maker.sample.version, maker.sample.head.signed_at());
        head.plan = PlanId::from_bytes(*b"another record!!");
        head.state = HeadState::Current;
        envelope(&head, &maker.world.head)
    };
    let stamp = second.stamp.content();
    let restamped = ToBeSigned::stamp(stamp, maker.sample.card.object(), &maker.world.head.certificate);
    let restamped = restamped
        .expect("a head key stamps")
        .sign(&maker.world.head.key)
        .expect("signs");
    let version = maker.sample.version.id();
    let other_receipt = second
        .bundle
        .receipt_of(&second.version.id())
        .expect("held")
        .clone();
    let cases: Vec<Case> = vec![
        (
            "of_the_second_version",
            ACCEPTED,
            "plan P1, version 2, with its own evidence",
            bytes(&second.bundle),
        ),
        (
            "without_receipt",
            ACCEPTED,
            "the version's receipt is left out: genuine is then not said",
            with(&|bundle| bundle.receipts.retain(|(id, _)| *id != version)),
        ),
        (
            "card_transplanted",
            "CardDiffers",
            "the second version's card",
            with(&|bundle| bundle.card = second.bundle.card.clone()),
        ),
        (
            "card_and_stamp_transplanted",
            "CardDiffers",
            "card and stamp of the second version",
            with(&|bundle| {
                bundle.card = second.bundle.card.clone();
                bundle.stamp = second.bundle.stamp.clone();
            }),
        ),
        (
            "stamp_transplanted",
            "BadSignature",
            "the second version's stamp beside the first's card",
            with(&|bundle| bundle.stamp = second.bundle.stamp.clone()),
        ),
        (
            "stamp_of_another_leaf",
            "StampDiffers",
            "a stamp for this card that names the second version's leaf",
            with(&|bundle| bundle.stamp = Some(restamped.clone())),
        ),
        (
            "head_of_another_record",
            "AboutAnother",
            "a head about another plan",
            with(&|bundle| bundle.head = Some(other_head.clone())),
        ),
        (
            "receipt_transplanted",
            "OtherObject",
            "the second version's receipt under the first's id",
            with(&|bundle| {
                for (id, receipt) in &mut bundle.receipts {
                    if *id == version {
                        *receipt = other_receipt.clone();
                    }
                }
            }),
        ),
        (
            "root_of_another",
            "SignerUnknown",
            "made under a root that the reader did not pin",
            with(&|bundle| bundle.root = ObjectId::of(b"another root")),
        ),
        (
            "card_as_the_version",
            "Kind",
            "the card laid where the version lies",
            with(&|bundle| {
                bundle.version = bundle.card.clone().expect("a card");
                bundle.receipts.retain(|(id, _)| *id != version);
            }),
        ),
    ];
    maker.add_all("bundle", cases);
    second
}

/// Magic, length, map: the frame and the map's own encoding.
fn frames(maker: &mut Maker) {
    let genuine = bytes(&maker.sample.bundle);
    let map = &genuine[MAGIC.len() + 4..];
    let framed = |map: &[u8]| {
        let length = u32::try_from(map.len()).expect("a small map").to_be_bytes();
        [MAGIC.as_slice(), &length, map].concat()
    };
    let with = |change: &dyn Fn(&mut Cbor)| {
        let mut map = Cbor::decode(map);
        change(&mut map);
        framed(&map.encode())
    };
    let list = |name: &'static str, change: &'static dyn Fn(&mut Vec<Cbor>)| {
        with(&move |map| {
            if let Cbor::Array(items) = map.at(&Cbor::text(name)) {
                change(items);
            }
        })
    };
    let put = |name: &str, value: Cbor| with(&|map| map.put(&Cbor::text(name), value.clone()));
    let mut magic = genuine.clone();
    magic[0] ^= 1;
    let mut longer = genuine.clone();
    longer[MAGIC.len()] = 0xff;
    let unsorted = with(&|map| {
        if let Cbor::Map(fields) = map {
            fields.swap(0, 1);
        }
    });
    let cases: Vec<Case> = vec![
        ("magic_changed", "Frame", "one bit of the magic", magic),
        ("length_beyond_end", "Frame", "the length claims 4 GiB", longer),
        (
            "trailing_byte",
            "Trailing",
            "a byte after the end",
            [genuine.as_slice(), &[0]].concat(),
        ),
        ("empty", "Frame", "nothing", Vec::new()),
        ("map_of_nothing", "Value", "an empty map", framed(&[0xa0])),
        (
            "newer_format",
            "NewerFormat",
            "v = 2, with a field that v = 1 does not have",
            with(&|map| {
                map.put(&Cbor::text("v"), Cbor::Unsigned(2));
                map.put(&Cbor::text("zz"), Cbor::Unsigned(0));
            }),
        ),
        (
            "type_of_another",
            "Type",
            "typ is a trust policy's",
            put("typ", Cbor::text("planseal.trust-policy")),
        ),
        (
            "field_unknown",
            "Shape",
            "a field this format does not have",
            put("zz", Cbor::Unsigned(0)),
        ),
        (
            "endorsements_empty",
            "NotCanonical",
            "an empty list is an absent key",
            put("endorsements", Cbor::Array(Vec::new())),
        ),
        (
            "version_missing",
            "Shape",
            "a bundle of nothing",
            with(&|map| map.remove(&Cbor::text("version"))),
        ),
        (
            "fields_out_of_order",
            "KeyOrder",
            "the second field before the first",
            unsorted,
        ),
        (
            "certificates_out_of_order",
            "StrayObject",
            "the first two certificates in the other order",
            list("certificates", &|items| items.swap(0, 1)),
        ),
        (
            "certificate_twice",
            "StrayObject",
            "the first certificate twice",
            list("certificates", &|items| items.insert(0, items[0].clone())),
        ),
        (
            "receipts_out_of_order",
            "StrayReceipt",
            "the first two receipts in the other order",
            list("receipts", &|items| items.swap(0, 1)),
        ),
        (
            "receipt_twice",
            "StrayReceipt",
            "the first receipt twice",
            list("receipts", &|items| items.insert(0, items[0].clone())),
        ),
        (
            "object_cut_short",
            "Truncated",
            "the head lacks its last byte",
            with(&|map| {
                if let Cbor::Bytes(head) = map.at(&Cbor::text("head")) {
                    head.pop();
                }
            }),
        ),
    ];
    maker.add_all("bundle", cases);
}

/// Bundles inside other files.
fn files(maker: &mut Maker) {
    let bundle = bytes(&maker.sample.bundle);
    let around = |inside: &[u8]| [b"%PDF-1.7\nstream\n".as_slice(), inside, b"\nendstream\n%%EOF\n"].concat();
    let framed = |map: &[u8]| {
        [
            MAGIC.as_slice(),
            &u32::try_from(map.len()).expect("small").to_be_bytes(),
            map,
        ]
        .concat()
    };
    let cases: Vec<Case> = vec![
        (
            "genuine",
            ACCEPTED,
            "a bundle between the bytes of something else",
            around(&bundle),
        ),
        (
            "bundle_alone",
            ACCEPTED,
            "a bundle is a file that holds one",
            bundle.clone(),
        ),
        (
            "magic_without_bundle",
            ACCEPTED,
            "the magic once more at the end, where no bundle can follow",
            around(&[bundle.as_slice(), MAGIC].concat()),
        ),
        ("without_bundle", "NotFound", "a file like any other", around(b"")),
        (
            "two_bundles",
            "Several",
            "the same bundle twice",
            around(&[bundle.as_slice(), b"\n", &bundle].concat()),
        ),
        (
            "bundle_and_an_empty_one",
            "Several",
            "which of two a reader sees must not be a matter of taste",
            around(&[bundle.as_slice(), &framed(&[0xa0])].concat()),
        ),
        (
            "bundle_cut_short",
            "NotFound",
            "the file ends inside the bundle",
            around(&bundle)[..bundle.len()].to_vec(),
        ),
        (
            "bundle_damaged",
            "Value",
            "an empty map where the bundle's is",
            around(&framed(&[0xa0])),
        ),
    ];
    maker.add_all("file", cases);
}

/// The offline code's own bytes, and the pointer's.
fn codes(maker: &mut Maker, second: &Sample) {
    let text = maker.sample.code.text();
    let inner = |text: &str| base45::decode(&text[4..]).expect("base45");
    let own = inner(&text);
    let code = |bytes: &[u8]| format!("PS1:{}", base45::encode(bytes)).into_bytes();
    let with = |change: &dyn Fn(&mut [Cbor])| {
        let mut items = items_of(&own);
        change(&mut items);
        code(&Cbor::Array(items).encode())
    };
    let flipped = |place: usize, item: usize| {
        with(&|items| {
            let mut pair = pair_of(&items[place]);
            pair[item][0] ^= 1;
            items[place] = Cbor::Array(pair.map(Cbor::Bytes).to_vec());
        })
    };
    let endorser = maker.world.endorser.certificate.id().prefix();
    let other_stamp = items_of(&inner(&second.code.text()))[3].clone();
    let mut unplaced = Cbor::decode(&pair_of(&items_of(&own)[3])[0]);
    unplaced.put(&Cbor::Unsigned(4), Cbor::Unsigned(9));
    let unplaced = unplaced.encode();
    let signer = Cbor::Bytes(endorser.as_bytes().to_vec());
    let wide = [&[0x84, 0x18, 1][..], &own[2..]].concat();
    let cases: Vec<Case> = vec![
        (
            "with_white_space",
            ACCEPTED,
            "spaces around what was scanned",
            format!(" {text}\n").into_bytes(),
        ),
        (
            "card_changed",
            "Truncated",
            "one bit of the card's payload: its map claims more fields than it has",
            flipped(1, 0),
        ),
        (
            "card_signature_changed",
            "BadSignature",
            "one bit of the card's signature",
            flipped(1, 1),
        ),
        (
            "stamp_signature_changed",
            "BadSignature",
            "one bit of the stamp's signature",
            flipped(3, 1),
        ),
        (
            "stamp_transplanted",
            "BadSignature",
            "the second version's stamp",
            with(&|items| items[3] = other_stamp.clone()),
        ),
        (
            "stamp_by_nobody",
            "SignerUnknown",
            "the stamp names a leaf that is no certificate",
            with(&|items| {
                let [_, signature] = pair_of(&items[3]);
                items[3] = Cbor::Array([unplaced.clone(), signature].map(Cbor::Bytes).to_vec());
            }),
        ),
        (
            "signer_unknown",
            "SignerUnknown",
            "no certificate begins with these bytes",
            with(&|items| items[2] = Cbor::Bytes(vec![7; 16])),
        ),
        (
            "signer_without_the_role",
            "NotGranted",
            "the endorser named as the card's signer",
            with(&|items| items[2] = signer.clone()),
        ),
        (
            "signer_of_15_bytes",
            "Shape",
            "a byte of the signer is missing",
            with(&|items| items[2] = Cbor::Bytes(vec![7; 15])),
        ),
        (
            "format_two",
            "Shape",
            "a code of a later format",
            with(&|items| items[0] = Cbor::Unsigned(2)),
        ),
        (
            "format_not_shortest",
            "NotShortest",
            "the format in two bytes",
            code(&wide),
        ),
        (
            "trailing_byte",
            "Trailing",
            "a byte after the end",
            code(&[own.as_slice(), &[0]].concat()),
        ),
        (
            "five_items",
            "Shape",
            "an item too many",
            code(&Cbor::Array([items_of(&own), vec![Cbor::Unsigned(0)]].concat()).encode()),
        ),
        ("too_long", "TooLong", "461 bytes", code(&[0; 461])),
        ("empty", "Truncated", "the prefix alone", b"PS1:".to_vec()),
    ];
    maker.add_all("code", cases);
    let number = |first: u8| {
        let mut bytes = vec![first];
        bytes.extend_from_slice(PLAN.as_bytes());
        bytes.extend_from_slice(&[0; 18]);
        decimal(&bytes).into_bytes()
    };
    let cases: Vec<Case> = vec![
        (
            "of_version_zero",
            ACCEPTED,
            "form only: whether such a version exists is asked elsewhere",
            number(1),
        ),
        ("of_a_later_format", "Pointer", "the first byte is 2", number(2)),
        (
            "of_zeros",
            "Pointer",
            "85 zeros: the first byte is 0",
            vec![b'0'; 85],
        ),
        ("86_digits", "Pointer", "a digit too many", vec![b'1'; 86]),
        (
            "with_a_letter",
            "Pointer",
            "a letter among the digits",
            [vec![b'1'; 84], vec![b'x']].concat(),
        ),
        (
            "with_a_sign",
            "Pointer",
            "a minus before 84 digits",
            [vec![b'-'], vec![b'1'; 84]].concat(),
        ),
    ];
    maker.add_all("pointer", cases);
}

fn items_of(bytes: &[u8]) -> Vec<Cbor> {
    match Cbor::decode(bytes) {
        Cbor::Array(items) => items,
        _ => panic!("a code is an array"),
    }
}

fn pair_of(item: &Cbor) -> [Vec<u8>; 2] {
    match item {
        Cbor::Array(pair) => match pair.as_slice() {
            [Cbor::Bytes(payload), Cbor::Bytes(signature)] => [payload.clone(), signature.clone()],
            _ => panic!("payload and signature"),
        },
        _ => panic!("payload and signature"),
    }
}

/// 85 digits of the number that these bytes write.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u8; 85];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut().rev() {
            let value = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 10).expect("a digit");
            carry = value / 10;
        }
    }
    digits.into_iter().map(|digit| char::from(b'0' + digit)).collect()
}
