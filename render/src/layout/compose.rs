//! Blocks to pieces: lines and rectangles that stay together, and the structure elements they belong to.

use std::rc::Rc;

use super::frame::{self, Inset};
use super::{Child, Ink, Item, LeafId, Node, Point, Purpose, Rect, Shade, Tag, table};
use crate::RenderError;
use crate::length::Length;
use crate::text::{Line, Reading, Text};
use crate::view::{Block, Code, Columns, Drawing, Frame, Level};

/// Something that is never split between pages. Its items are placed from its upper left corner.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    /// Room above it, except at the top of a page.
    pub(super) above: Length,
    pub(super) height: Length,
    pub(super) items: Vec<Item>,
    pub(super) keep: Keep,
    pub(super) start: Start,
    /// A table's headings, drawn again when this piece begins a page.
    pub(super) repeated: Option<Rc<Self>>,
    /// A title for the outline.
    pub(super) title: Option<String>,
    /// What to call it when it does not fit on a page.
    pub(super) what: &'static str,
}

/// Whether a page may end after a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Keep {
    #[default]
    Free,
    WithNext,
}

/// Whether a piece must begin a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Start {
    #[default]
    AnyPage,
    NewPage,
}

/// Numbers the content leaves while blocks become pieces.
#[derive(Default)]
pub(super) struct Composer {
    pub(super) leaves: usize,
}

impl Composer {
    pub(super) fn compose(
        &mut self,
        blocks: &[Block],
        width: Length,
    ) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        let (mut pieces, mut nodes) = (Vec::new(), Vec::new());
        let (mut gap, mut start) = (Length::ZERO, Start::AnyPage);
        for block in blocks {
            match block {
                Block::Space(height) => gap += *height,
                Block::PageBreak => start = Start::NewPage,
                _ => {}
            }
            let (mut made, made_nodes) = self.block(block, width)?;
            if let Some(first) = made.first_mut() {
                first.above += core::mem::take(&mut gap);
                first.start = core::mem::take(&mut start);
            }
            pieces.extend(made);
            nodes.extend(made_nodes);
        }
        Ok((pieces, nodes))
    }

    fn block(&mut self, block: &Block, width: Length) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        match block {
            Block::Heading(level, text) => self.heading(*level, text, width),
            Block::Paragraph(text) => {
                let (pieces, children) = self.lines(text, width)?;
                Ok((pieces, vec![Node::of(Tag::Paragraph, children)]))
            }
            Block::List(items) => self.list(items, width),
            Block::Table(table) => table::compose(self, table, width),
            Block::Framed(frame, blocks) => self.framed(*frame, blocks, width),
            Block::Columns(columns) => self.columns(columns, width),
            Block::Code(code) => Ok(self.code(code)),
            Block::Drawing(drawing) => Ok(self.drawing(drawing)),
            Block::Rule => Ok((vec![thin_rule(width)], Vec::new())),
            Block::Space(_) | Block::PageBreak => Ok((Vec::new(), Vec::new())),
        }
    }

    /// A new content leaf with this ink.
    pub(super) fn leaf(&mut self, at: Point, ink: Ink) -> (Item, LeafId) {
        let id = LeafId(self.leaves);
        self.leaves += 1;
        let purpose = Purpose::Content(id);
        (Item { at, ink, purpose }, id)
    }

    /// A line whose top is at `top`, at the left of `width` or at its right where it is read from there.
    pub(super) fn line(&mut self, line: Line, left: Length, top: Length, width: Length) -> (Item, LeafId) {
        let indent = match line.reading {
            Reading::RightToLeft => width - line.width,
            Reading::LeftToRight | Reading::Reordered | Reading::BothWays => Length::ZERO,
        };
        let at = Point {
            x: left + indent,
            y: top + baseline(&line),
        };
        self.leaf(at, Ink::Line(line))
    }

    /// One piece for each line; the first two and the last two stay together.
    fn lines(&mut self, text: &Text, width: Length) -> Result<(Vec<Piece>, Vec<Child>), RenderError> {
        let lines = text.lines(width)?;
        let last = lines.len() - 1;
        let (mut pieces, mut children) = (Vec::new(), Vec::new());
        for (at, line) in lines.into_iter().enumerate() {
            let height = line.height;
            let (item, id) = self.line(line, Length::ZERO, Length::ZERO, width);
            children.push(Child::Leaf(id));
            let keeps = (at == 0 && last > 0) || (last > 1 && at == last - 1);
            pieces.push(Piece {
                above: if at == 0 { PARAGRAPH_GAP } else { Length::ZERO },
                height,
                items: vec![item],
                keep: if keeps { Keep::WithNext } else { Keep::Free },
                what: "a line",
                ..Piece::default()
            });
        }
        Ok((pieces, children))
    }

    fn heading(
        &mut self,
        level: Level,
        text: &Text,
        width: Length,
    ) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        let (pieces, children) = self.lines(text, width)?;
        let mut piece = stack(pieces);
        let (depth, above) = match level {
            Level::Title => (1, Length::ZERO),
            Level::Section => (2, Length::points(16)),
            Level::Part => (3, Length::points(9)),
        };
        if level == Level::Section {
            let rule = frame::rule(
                Length::ZERO,
                piece.height + Length::points(1),
                width,
                Length::points(1),
            );
            piece.items.push(decoration(vec![rule], Shade::Black));
            piece.height += Length::points(4);
        }
        let title = text.words();
        piece.above = above;
        piece.keep = Keep::WithNext;
        piece.title = (level != Level::Part).then(|| title.clone());
        Ok((
            vec![piece],
            vec![Node::of(Tag::Heading { depth, title }, children)],
        ))
    }

    fn list(&mut self, items: &[Text], width: Length) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        let (mut pieces, mut list) = (Vec::new(), Node::of(Tag::List, Vec::new()));
        for text in items {
            let bullet = Text::plain("template", text.size, "•").lines(width)?;
            let (mut made, body) = self.lines(text, width - LIST_INDENT)?;
            for piece in &mut made {
                piece.shift(LIST_INDENT, Length::ZERO);
            }
            let mut label = Vec::new();
            for line in bullet {
                let (item, id) = self.line(line, Length::points(4), Length::ZERO, LIST_INDENT);
                label.push(Child::Leaf(id));
                if let Some(first) = made.first_mut() {
                    first.items.insert(0, item);
                    first.above = Length::points(2);
                }
            }
            pieces.extend(made);
            let parts = vec![
                Child::Node(Node::of(Tag::Label, label)),
                Child::Node(Node::of(Tag::ListBody, body)),
            ];
            list.children.push(Child::Node(Node::of(Tag::ListItem, parts)));
        }
        Ok((pieces, vec![list]))
    }

    fn framed(
        &mut self,
        frame: Frame,
        blocks: &[Block],
        width: Length,
    ) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        let inset = Inset::of(frame);
        let (pieces, nodes) = self.compose(blocks, width - inset.left - inset.right)?;
        let mut inner = stack(pieces);
        inner.shift(inset.left, inset.top);
        let height = inset.top + inner.height + inset.bottom;
        let lines = frame::lines(frame, width, height);
        inner.items.insert(0, decoration(lines, Shade::Black));
        let piece = Piece {
            above: PARAGRAPH_GAP,
            height,
            items: inner.items,
            what: "a framed block",
            ..Piece::default()
        };
        Ok((vec![piece], nodes))
    }

    fn columns(&mut self, columns: &Columns, width: Length) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
        let left_width = width - columns.right_width - COLUMN_GAP;
        let (left, mut nodes) = self.compose(&columns.left, left_width)?;
        let (right, right_nodes) = self.compose(&columns.right, columns.right_width)?;
        nodes.extend(right_nodes);
        let (left, mut right) = (stack(left), stack(right));
        right.shift(left_width + COLUMN_GAP, Length::ZERO);
        let piece = Piece {
            above: PARAGRAPH_GAP,
            height: left.height.max(right.height),
            title: left.title.or(right.title),
            items: left.items.into_iter().chain(right.items).collect(),
            what: "the emergency summary",
            ..Piece::default()
        };
        Ok((vec![piece], nodes))
    }

    /// The quiet zone is part of the symbol, so nothing comes closer.
    fn code(&mut self, code: &Code) -> (Vec<Piece>, Vec<Node>) {
        let (item, id) = self.leaf(Point::default(), Ink::Symbol(code.symbol.clone()));
        figure(item, id, code.symbol.side(), &code.stands_for)
    }

    fn drawing(&mut self, drawing: &Drawing) -> (Vec<Piece>, Vec<Node>) {
        let (item, id) = self.leaf(Point::default(), Ink::Strokes(drawing.strokes.clone()));
        figure(item, id, drawing.height, &drawing.stands_for)
    }
}

fn thin_rule(width: Length) -> Piece {
    let height = Length::half_points(1);
    let line = frame::rule(Length::ZERO, Length::ZERO, width, height);
    Piece {
        above: PARAGRAPH_GAP,
        height,
        items: vec![decoration(vec![line], Shade::Grey)],
        keep: Keep::WithNext,
        ..Piece::default()
    }
}

fn figure(item: Item, id: LeafId, height: Length, stands_for: &str) -> (Vec<Piece>, Vec<Node>) {
    let piece = Piece {
        height,
        items: vec![item],
        what: "a figure",
        ..Piece::default()
    };
    let tag = Tag::Figure {
        stands_for: stands_for.to_owned(),
    };
    (vec![piece], vec![Node::of(tag, vec![Child::Leaf(id)])])
}

/// Puts pieces under one another as one; the room above the first is dropped.
pub(super) fn stack(pieces: Vec<Piece>) -> Piece {
    let mut whole = Piece::default();
    for mut piece in pieces {
        if whole.height > Length::ZERO {
            whole.height += piece.above;
        }
        piece.shift(Length::ZERO, whole.height);
        whole.height += piece.height;
        whole.title = whole.title.or(piece.title);
        whole.items.append(&mut piece.items);
    }
    whole
}

pub(super) fn decoration(rects: Vec<Rect>, shade: Shade) -> Item {
    Item {
        at: Point::default(),
        ink: Ink::Fill(rects, shade),
        purpose: Purpose::Decoration,
    }
}

/// The baseline lies where the room above capitals equals the room below.
pub(super) fn baseline(line: &Line) -> Length {
    let size = line.runs.first().map_or(Length::ZERO, |run| run.size);
    (line.height + size.fraction(CAPITAL_HEIGHT, 1000)) / 2
}

impl Piece {
    pub(super) fn shift(&mut self, right: Length, down: Length) {
        for item in &mut self.items {
            item.at = item.at.moved(right, down);
        }
    }
}

impl Node {
    pub(super) const fn of(tag: Tag, children: Vec<Child>) -> Self {
        Self { tag, children }
    }
}

/// Noto Sans: capitals are 714/1000 em high.
const CAPITAL_HEIGHT: i32 = 714;

/// Between paragraphs, frames and columns.
const PARAGRAPH_GAP: Length = Length::points(3);

const LIST_INDENT: Length = Length::points(15);

const COLUMN_GAP: Length = Length::points(12);
