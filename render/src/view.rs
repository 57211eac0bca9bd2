//! What stands on the pages, as blocks: no positions, no fonts, no PDF.

use crate::length::Length;
use crate::qr::Symbol;
use crate::text::Text;

/// A piece of a page, in reading order.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// A heading; it also appears in the outline.
    Heading(Level, Text),
    Paragraph(Text),
    List(Vec<Text>),
    Table(Table),
    /// Blocks in a frame, never split between pages.
    Framed(Frame, Vec<Self>),
    /// Two columns side by side, never split between pages.
    Columns(Columns),
    Code(Code),
    /// A drawing made of strokes, with the words that stand for it.
    Drawing(Drawing),
    Space(Length),
    /// A thin line across the column.
    Rule,
    /// What follows begins a page.
    PageBreak,
}

/// Depth of a heading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    Title,
    Section,
    Part,
}

/// Rows of cells with column widths in shares of the whole.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Column headings, repeated on every page; none for facts, whose first column names each row.
    pub(crate) head: Option<Vec<Text>>,
    pub(crate) shares: Vec<i32>,
    pub(crate) rows: Vec<Vec<Text>>,
}

/// The line around framed blocks. All survive black-and-white copying.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Frame {
    Thin,
    Thick,
    /// A heavy line and a second one inside it.
    HeavyDouble,
    Dashed,
    /// A thick bar at the left only.
    Bar,
}

/// The left column takes what the right one leaves.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) left: Vec<Block>,
    pub(crate) right: Vec<Block>,
    pub(crate) right_width: Length,
}

/// A printed code with the words that stand for it.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) symbol: Symbol,
    pub(crate) stands_for: String,
}

/// Strokes in a box; points are from its upper left corner.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub(crate) height: Length,
    pub(crate) strokes: Vec<Vec<(Length, Length)>>,
    pub(crate) stands_for: String,
}

/// What is repeated on every page around the blocks.
#[derive(Clone, Debug)]
pub(crate) struct Furniture {
    /// At the foot, above the page number.
    pub(crate) foot: Vec<Text>,
    /// Above the text of every page, in a frame, and in large pale letters across it.
    pub(crate) mark: Option<Mark>,
    pub(crate) ground: Ground,
}

/// A state that must be seen on every page.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// One or two words, across the page.
    pub(crate) across: &'static str,
    /// A sentence, above the text.
    pub(crate) above: Text,
}

/// What lies under the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ground {
    White,
    /// The grey and the slight slant of a paper that was scanned.
    Scanned,
}
