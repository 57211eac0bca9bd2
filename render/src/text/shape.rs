//! Characters to glyphs, with harfrust.
//!
//! Building a shape plan costs more than shaping a word with it, so plans are kept: one for each face, script and
//! direction, of which there are some thirty.

use core::ops::Range;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use harfrust::{Buffer, Direction, Script, ShapeOptions, ShapePlan, ShaperFont};

use crate::fonts::{self, FaceId};

/// One glyph; distances are in font units.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: i32,
    pub(crate) right: i32,
    pub(crate) up: i32,
    /// The bytes of the run's words that this glyph stands for.
    pub(crate) cluster: Range<usize>,
}

/// Glyphs in visual order, and where they may be cut.
#[derive(Default)]
pub(super) struct Shaped {
    glyphs: Vec<Glyph>,
    /// For each byte at which the words may be cut without changing a glyph: how many glyphs lie before it in
    /// reading order. The end is always one.
    cuts: Vec<Option<usize>>,
    rtl: bool,
}

impl Shaped {
    pub(super) fn glyphs(&self) -> &[Glyph] {
        &self.glyphs
    }

    pub(super) fn into_glyphs(self) -> Vec<Glyph> {
        self.glyphs
    }

    /// The glyphs of these bytes, unless one end is no place to cut.
    pub(super) fn cut(&self, bytes: Range<usize>) -> Option<&[Glyph]> {
        let (from, to) = (self.cut_at(bytes.start)?, self.cut_at(bytes.end)?);
        if self.rtl {
            let all = self.glyphs.len();
            self.glyphs.get(all - to..all - from)
        } else {
            self.glyphs.get(from..to)
        }
    }

    fn cut_at(&self, byte: usize) -> Option<usize> {
        self.cuts.get(byte).copied().flatten()
    }
}

impl Glyph {
    /// The same glyph of words that begin `bytes` later.
    pub(super) fn moved_back(&self, bytes: usize) -> Self {
        Self {
            cluster: self.cluster.start - bytes..self.cluster.end - bytes,
            ..self.clone()
        }
    }
}

/// Shapes words of one face and direction.
pub(super) fn shape(face: FaceId, words: &str, rtl: bool) -> Shaped {
    let mut buffer = Buffer::new();
    buffer.push_str(words);
    buffer.guess_segment_properties();
    buffer.set_direction(if rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    let plan = plan(face, buffer.script(), buffer.direction());
    let font = ShaperFont::new(&fonts::embedded().face(face).shaping);
    harfrust::shape(&font, &mut buffer, ShapeOptions::new().plan(Some(&plan)))
        .expect("the plan was made for this buffer, which is not yet shaped");
    read(&buffer, words.len(), rtl)
}

/// Clusters ascend from left to right, or descend where the words run the other way.
fn read(buffer: &Buffer, length: usize, rtl: bool) -> Shaped {
    let infos = buffer.glyph_infos();
    let start_of = |at: usize| usize::try_from(infos[at].cluster).unwrap_or(0);
    let in_order = |at: usize| if rtl { infos.len() - 1 - at } else { at };
    let mut cuts = vec![None; length + 1];
    let mut ends = vec![length; infos.len()];
    let (mut end, mut seen) = (length, length);
    for at in (0..infos.len()).rev() {
        let start = start_of(in_order(at));
        if start != seen {
            (end, seen) = (seen, start);
        }
        ends[in_order(at)] = end;
        cuts[start] = (!infos[in_order(at)].unsafe_to_break()).then_some(at);
    }
    if let Some(first) = cuts.first_mut() {
        *first = Some(0);
    }
    cuts[length] = Some(infos.len());
    let glyphs = infos.iter().zip(buffer.glyph_positions()).enumerate();
    let glyphs = glyphs.map(|(at, (info, position))| Glyph {
        id: info.glyph_id,
        advance: position.x_advance,
        right: position.x_offset,
        up: position.y_offset,
        cluster: start_of(at)..ends[at],
    });
    Shaped {
        glyphs: glyphs.collect(),
        cuts,
        rtl,
    }
}

type PlanKey = (FaceId, Option<Script>, Direction);

fn plan(face: FaceId, script: Option<Script>, direction: Direction) -> Arc<ShapePlan> {
    static PLANS: RwLock<Option<HashMap<PlanKey, Arc<ShapePlan>>>> = RwLock::new(None);
    let key = (face, script, direction);
    let known = PLANS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(plan) = known.as_ref().and_then(|plans| plans.get(&key)) {
        return Arc::clone(plan);
    }
    drop(known);
    let font = &fonts::embedded().face(face).shaping;
    let plan = Arc::new(ShapePlan::new(font, direction, script, None, &[]));
    let mut plans = PLANS.write().unwrap_or_else(PoisonError::into_inner);
    let plans = plans.get_or_insert_default();
    Arc::clone(plans.entry(key).or_insert(plan))
}
