//! Paths of tiles and entry bundles (C2SP tlog-tiles).
//!
//! `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`: N in groups of three digits, all but the last
//! preceded by `x`; W, the width of a partial tile, from 1 to 255.

use core::fmt;

/// The name of one tile: a level of hashes or a bundle of leaves, full or partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TilePath {
    layer: Layer,
    number: u64,
    width: u16,
}

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Layer {
    /// Leaves, each preceded by its length in two bytes.
    Entries,
    /// Hashes of complete subtrees of 256^L leaves.
    Hashes(u8),
}

/// Items in a full tile.
pub(crate) const TILE_WIDTH: u64 = 256;

/// Six levels hold 256⁶ leaves; the standard allows 0 to 63.
const MAX_LEVEL: u8 = 5;

impl TilePath {
    /// The tiles of one layer that hold its items from `from` to `until`, both counted in items of that layer.
    /// All but the last are full.
    pub(crate) fn covering(layer: Layer, from: u64, until: u64) -> impl Iterator<Item = Self> {
        let last = until.div_ceil(TILE_WIDTH);
        (from / TILE_WIDTH..last).map(move |number| Self {
            layer,
            number,
            width: u16::try_from((until - number * TILE_WIDTH).min(TILE_WIDTH))
                .expect("a width is at most 256"),
        })
    }

    /// Parses a path as a client of the log asks for it. One spelling is accepted for each tile.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (layer, rest) = rest.split_once('/')?;
        let layer = if layer == "entries" {
            Layer::Entries
        } else {
            Layer::Hashes(layer.parse().ok().filter(|level| *level <= MAX_LEVEL)?)
        };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, 256),
            Some((number, width)) => (
                number,
                width.parse().ok().filter(|width| (1..256).contains(width))?,
            ),
        };
        let number = number.split('/').try_fold(0_u64, |number, group| {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let value: u64 = digits.parse().ok().filter(|value| *value < 1000)?;
            number.checked_mul(1000)?.checked_add(value)
        })?;
        let tile = Self { layer, number, width };
        (tile.to_string() == path).then_some(tile)
    }

    /// The full tile that this one is, or will be, the beginning of.
    pub(crate) const fn whole(self) -> Self {
        Self { width: 256, ..self }
    }

    pub(crate) const fn layer(self) -> Layer {
        self.layer
    }

    /// The first item, counted in items of the tile's layer.
    pub(crate) const fn start(self) -> u64 {
        self.number * TILE_WIDTH
    }

    /// How many items it holds.
    pub(crate) fn width(self) -> u64 {
        u64::from(self.width)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Layer::Entries => f.write_str("tile/entries/")?,
            Layer::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.number % 1000];
        let mut rest = self.number / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.width() < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_standard() {
        let tile = |layer, number, width| TilePath { layer, number, width };
        for (path, expected) in [
            ("tile/0/000", tile(Layer::Hashes(0), 0, 256)),
            ("tile/entries/x001/x234/067", tile(Layer::Entries, 1_234_067, 256)),
            ("tile/1/x003/001.p/8", tile(Layer::Hashes(1), 3001, 8)),
        ] {
            assert_eq!(TilePath::parse(path), Some(expected), "{path}");
            assert_eq!(expected.to_string(), path);
        }
        for wrong in [
            "tile/0/0",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/1000",
            "tile/0/x000/001",
            "tile/00/000",
            "tile/0/000/",
            "tile/0/../000",
            "tile/6/000",
            "tile/entries/001/234",
            "checkpoint",
            "tile/0/+01",
        ] {
            assert_eq!(TilePath::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn covering_tiles_are_full_but_for_the_last() {
        let names = |from, until| -> Vec<String> {
            TilePath::covering(Layer::Entries, from, until)
                .map(|tile| tile.to_string())
                .collect()
        };
        assert_eq!(names(0, 3), ["tile/entries/000.p/3"]);
        assert_eq!(
            names(250, 600),
            ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"]
        );
        assert_eq!(names(255, 256), ["tile/entries/000"]);
        assert_eq!(names(256, 256), [""; 0]);
    }
}
