//! How the vectors are made: a genuine object, and then one thing wrong with it at a time.

mod certificates;
mod chains;
mod content;
mod every_kind;
mod evidence;
mod log;
mod notes;
mod objects;
mod paper;
mod plain;
mod statements;
mod text;
mod views;
mod watching;

use planseal::envelope::SignedObject;
use planseal_tests::sample::Sample;
use planseal_tests::vector::Vector;
use planseal_tests::world::World;

use crate::later::Later;

pub(crate) use chains::packed;
pub(crate) use every_kind::KINDS;

/// Vectors under their names, each made in the same world.
pub(crate) struct Maker {
    world: World,
    sample: Sample,
    made: Vec<(String, Vector)>,
}

/// Name, outcome, what is right or wrong, and the bytes.
type Case = (&'static str, &'static str, &'static str, Vec<u8>);

/// Vectors by file name, and the files that their reader holds.
pub(crate) type Made = (Vec<(String, Vector)>, Vec<(&'static str, Vec<u8>)>);

/// Every vector that is made today, and the files that a reader of them holds, by their names.
pub(crate) fn all() -> Made {
    let mut world = World::new();
    let sample = Sample::first(&mut world);
    let mut maker = Maker {
        world,
        sample,
        made: Vec::new(),
    };
    plain::make(&mut maker);
    objects::make(&mut maker);
    evidence::make(&mut maker);
    // The log of the vectors above ends with the sample; those below are of a log that goes on.
    let later = Later::go_on(&mut maker.world, &maker.sample);
    statements::make(&mut maker, &later);
    content::make(&mut maker);
    every_kind::make(&mut maker, &later);
    certificates::make(&mut maker, &later);
    views::make(&mut maker, &later);
    log::make(&mut maker, &later);
    notes::make(&mut maker);
    watching::make(&mut maker);
    text::make(&mut maker);
    paper::make(&mut maker);
    let held = vec![
        ("trust-policy", maker.world.policy.bytes().as_slice().to_vec()),
        (
            "trust-policy-witnessed",
            later.witnessed.bytes().as_slice().to_vec(),
        ),
        ("trust-list", later.trust_list.envelope().to_vec()),
        ("version", maker.sample.version.verified().envelope().to_vec()),
        ("card", maker.sample.card.envelope().to_vec()),
    ];
    (maker.made, held)
}

impl Maker {
    /// Adds `<offered as>_<name>.txt`.
    fn add(&mut self, offered_as: &str, name: &str, expect: &str, note: &str, bytes: Vec<u8>) {
        let vector = Vector {
            expect: expect.into(),
            offered_as: offered_as.into(),
            note: note.into(),
            bytes,
        };
        self.made.push((file_name(offered_as, name), vector));
    }

    fn add_all(&mut self, offered_as: &str, cases: impl IntoIterator<Item = Case>) {
        for (name, expect, note, bytes) in cases {
            self.add(offered_as, name, expect, note, bytes);
        }
    }

    /// As [`Maker::add`], unless an older vector of this name says the same already: old vectors stay as they are.
    fn add_new(&mut self, offered_as: &str, name: &str, expect: &str, note: &str, bytes: Vec<u8>) {
        let file = file_name(offered_as, name);
        match self.made.iter().find(|(known, _)| *known == file) {
            Some((_, older)) => assert_eq!(older.expect, expect, "{file}"),
            None => self.add(offered_as, name, expect, note, bytes),
        }
    }

    /// The object of a vector made before.
    fn object(&self, offered_as: &str, name: &str) -> SignedObject {
        let file = file_name(offered_as, name);
        let made = self.made.iter().find(|(known, _)| *known == file);
        let (_, vector) = made.unwrap_or_else(|| panic!("{file} is made before"));
        SignedObject::parse(&vector.bytes).expect("an envelope")
    }
}

fn file_name(offered_as: &str, name: &str) -> String {
    format!("{}_{name}", offered_as.replace('-', "_"))
}
