//! Blocks to pages: positions for every line and rectangle, page breaks, and the structure tree beside them.
//!
//! Two steps: blocks become pieces that cannot be split ([`compose`], [`table`], [`frame`]); pieces become pages
//! ([`paginate`]). All arithmetic is in whole 1/64 pt.

mod compose;
mod frame;
mod paginate;
mod table;

use crate::RenderError;
use crate::length::Length;
use crate::qr::Symbol;
use crate::text::Line;
use crate::view::{Block, Furniture, Ground};

/// A laid out document.
pub(crate) struct Layout {
    pub(crate) pages: Vec<Page>,
    /// Structure elements in reading order.
    pub(crate) tree: Vec<Node>,
    pub(crate) outline: Vec<OutlineEntry>,
    /// How many content leaves the tree has; their ids run from 0.
    pub(crate) leaves: usize,
    pub(crate) ground: Ground,
}

pub(crate) struct Page {
    /// In painting order.
    pub(crate) items: Vec<Item>,
}

/// Something painted, with what it is for.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) at: Point,
    pub(crate) ink: Ink,
    pub(crate) purpose: Purpose,
}

/// From the upper left corner of the page, or of the piece that is being made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Point {
    pub(crate) x: Length,
    pub(crate) y: Length,
}

/// A rectangle relative to its item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rect {
    pub(crate) left: Length,
    pub(crate) top: Length,
    pub(crate) width: Length,
    pub(crate) height: Length,
}

#[derive(Clone, Debug)]
pub(crate) enum Ink {
    /// A line of text; the item's point is the left end of its baseline.
    Line(Line),
    Fill(Vec<Rect>, Shade),
    /// A printed code, whose corner is the item's point.
    Symbol(Symbol),
    Strokes(Vec<Vec<(Length, Length)>>),
    /// Large pale words rotated around the item's point, which is the middle of the page.
    Across(Line),
}

/// Black, or a grey that a copier may lose without loss of meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shade {
    Black,
    Grey,
    Pale,
    Paper,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Content(LeafId),
    /// Rules, frames, grounds, repeated table headings.
    Decoration,
    Header,
    Footer,
    Watermark,
}

/// A stretch of content, numbered in reading order of creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LeafId(pub(crate) usize);

/// A structure element (ISO 32000-1 §14.8.4).
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) tag: Tag,
    pub(crate) children: Vec<Child>,
}

#[derive(Clone, Debug)]
pub(crate) enum Child {
    Node(Node),
    Leaf(LeafId),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    Heading { depth: u16, title: String },
    Paragraph,
    List,
    ListItem,
    Label,
    ListBody,
    Table,
    TableHead,
    TableBody,
    Row,
    ColumnHeader,
    RowHeader,
    Cell,
    Figure { stands_for: String },
}

pub(crate) struct OutlineEntry {
    pub(crate) title: String,
    pub(crate) page: usize,
    pub(crate) top: Length,
}

/// Lays the blocks out on as many pages as they need.
///
/// # Errors
/// [`RenderError::NoGlyph`] for an uncovered character, [`RenderError::TooTall`] when something that must stay
/// whole is taller than a page.
pub(crate) fn lay_out(blocks: &[Block], furniture: &Furniture) -> Result<Layout, RenderError> {
    let mut composer = compose::Composer::default();
    let (pieces, tree) = composer.compose(blocks, CONTENT_WIDTH)?;
    paginate::paginate(pieces, tree, composer.leaves, furniture)
}

/// The height these blocks take on one page, and the height that a page offers.
///
/// # Errors
/// As [`lay_out`].
pub(crate) fn fit(blocks: &[Block], furniture: &Furniture) -> Result<Fit, RenderError> {
    let (pieces, _) = compose::Composer::default().compose(blocks, CONTENT_WIDTH)?;
    let needed = compose::stack(pieces).height;
    let available = paginate::Body::of(furniture)?.height();
    Ok(Fit { needed, available })
}

/// Whether blocks fit on one page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    pub(crate) needed: Length,
    pub(crate) available: Length,
}

impl Fit {
    pub(crate) fn holds(self) -> bool {
        self.needed <= self.available
    }

    /// Both heights in whole points, for messages.
    pub(crate) const fn in_points(self) -> (i32, i32) {
        (
            self.needed.whole(Length::points(1)),
            self.available.whole(Length::points(1)),
        )
    }
}

impl Point {
    pub(crate) fn moved(self, right: Length, down: Length) -> Self {
        Self {
            x: self.x + right,
            y: self.y + down,
        }
    }
}

/// A4: 210 mm × 297 mm.
pub(crate) const PAGE_WIDTH: Length = Length::hundredths_of_mm(21_000);
pub(crate) const PAGE_HEIGHT: Length = Length::hundredths_of_mm(29_700);

/// 15 mm at the sides: printers leave 5, and hole punches take 12.
const SIDE: Length = Length::hundredths_of_mm(1500);

/// Text at the foot of each page.
pub(crate) const FOOT_SIZE: Length = Length::half_points(17);

/// The width of the text.
pub(crate) const CONTENT_WIDTH: Length = Length::hundredths_of_mm(18_000);
