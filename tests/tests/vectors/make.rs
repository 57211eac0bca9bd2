//! How the vectors are made: a genuine object, and then one thing wrong with it at a time.

mod evidence;
mod objects;
mod plain;

use planseal_tests::sample::Sample;
use planseal_tests::vector::Vector;
use planseal_tests::world::World;

/// Vectors under their names, each made in the same world.
pub(crate) struct Maker {
    world: World,
    sample: Sample,
    made: Vec<(String, Vector)>,
}

/// Every vector that is made today.
pub(crate) fn all() -> Vec<(String, Vector)> {
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
    maker.made
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
        let file = format!("{}_{name}", offered_as.replace('-', "_"));
        self.made.push((file, vector));
    }
}
