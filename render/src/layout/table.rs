//! Tables: rows become pieces, headings are repeated on each page, a row taller than a third of a page is
//! continued on the next.

use std::rc::Rc;

use super::compose::{Composer, Keep, Piece, decoration};
use super::{Child, LeafId, Node, Purpose, Rect, Shade, Tag, frame};
use crate::RenderError;
use crate::length::Length;
use crate::text::{Line, Text};
use crate::view::Table;

/// Pieces and structure of one table.
///
/// # Errors
/// [`RenderError::NoGlyph`] for an uncovered character.
pub(super) fn compose(
    composer: &mut Composer,
    table: &Table,
    width: Length,
) -> Result<(Vec<Piece>, Vec<Node>), RenderError> {
    let columns = Columns::of(&table.shares, width);
    let mut pieces = Vec::new();
    let mut node = Node::of(Tag::Table, Vec::new());
    let mut repeated = None;
    if let Some(head) = &table.head {
        let row = columns.row(composer, head, RowKind::Heading)?;
        repeated = row.pieces.first().map(|piece| Rc::new(as_decoration(piece)));
        pieces.extend(row.pieces);
        let row = Child::Node(row.node);
        node.children
            .push(Child::Node(Node::of(Tag::TableHead, vec![row])));
    }
    let mut body = Node::of(Tag::TableBody, Vec::new());
    for cells in &table.rows {
        let row = columns.row(composer, cells, RowKind::Data)?;
        body.children.push(Child::Node(row.node));
        pieces.extend(row.pieces.into_iter().map(|piece| Piece {
            repeated: repeated.clone(),
            ..piece
        }));
    }
    node.children.push(Child::Node(body));
    if let Some(first) = pieces.first_mut() {
        first.above = Length::points(5);
    }
    Ok((pieces, vec![node]))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RowKind {
    Heading,
    Data,
}

struct Row {
    pieces: Vec<Piece>,
    node: Node,
}

/// Left edge and width of each column.
struct Columns {
    places: Vec<(Length, Length)>,
    width: Length,
}

impl Columns {
    fn of(shares: &[i32], width: Length) -> Self {
        let total = shares.iter().sum();
        let mut before = 0;
        let places = shares.iter().map(|share| {
            let left = width.fraction(before, total);
            before += share;
            (left, width.fraction(before, total) - left)
        });
        Self {
            places: places.collect(),
            width,
        }
    }

    fn row(&self, composer: &mut Composer, cells: &[Text], kind: RowKind) -> Result<Row, RenderError> {
        let mut waiting: Vec<std::vec::IntoIter<Line>> = Vec::new();
        for (text, (_, width)) in cells.iter().zip(&self.places) {
            waiting.push(text.lines(*width - PADDING * 2)?.into_iter());
        }
        let mut leaves: Vec<Vec<LeafId>> = vec![Vec::new(); waiting.len()];
        let mut pieces = Vec::new();
        while waiting.iter().any(|lines| lines.len() > 0) {
            pieces.push(self.part(composer, &mut waiting, &mut leaves));
        }
        self.finish(&mut pieces, kind);
        let tags = leaves.into_iter().enumerate().map(|(at, leaves)| {
            let tag = match kind {
                RowKind::Heading => Tag::ColumnHeader,
                RowKind::Data if at == 0 => Tag::RowHeader,
                RowKind::Data => Tag::Cell,
            };
            Child::Node(Node::of(tag, leaves.into_iter().map(Child::Leaf).collect()))
        });
        let node = Node::of(Tag::Row, tags.collect());
        Ok(Row { pieces, node })
    }

    /// As many lines of every cell as one piece may hold.
    fn part(
        &self,
        composer: &mut Composer,
        waiting: &mut [std::vec::IntoIter<Line>],
        leaves: &mut [Vec<LeafId>],
    ) -> Piece {
        let mut piece = Piece {
            what: "a table row",
            ..Piece::default()
        };
        for ((lines, leaves), (left, width)) in waiting.iter_mut().zip(leaves).zip(&self.places) {
            let mut top = ROW_PADDING;
            while top < TALLEST_PART
                && let Some(line) = lines.next()
            {
                let height = line.height;
                let (item, id) = composer.line(line, *left + PADDING, top, *width - PADDING * 2);
                piece.items.push(item);
                leaves.push(id);
                top += height;
            }
            piece.height = piece.height.max(top);
        }
        piece
    }

    /// Padding and the line below the last part; headings stand on a pale ground and stay with the first row.
    fn finish(&self, pieces: &mut [Piece], kind: RowKind) {
        let Some(last) = pieces.last_mut() else { return };
        last.height += ROW_PADDING;
        let thickness = Length::half_points(1);
        let line = frame::rule(Length::ZERO, last.height - thickness, self.width, thickness);
        last.items.push(decoration(vec![line], Shade::Grey));
        if kind == RowKind::Heading {
            for piece in pieces {
                let ground = Rect {
                    left: Length::ZERO,
                    top: Length::ZERO,
                    width: self.width,
                    height: piece.height,
                };
                piece.items.insert(0, decoration(vec![ground], Shade::Pale));
                piece.keep = Keep::WithNext;
            }
        }
    }
}

/// The repetition of a heading is not content: it is read once.
fn as_decoration(piece: &Piece) -> Piece {
    let mut copy = piece.clone();
    for item in &mut copy.items {
        item.purpose = Purpose::Decoration;
    }
    copy
}

const PADDING: Length = Length::points(4);

const ROW_PADDING: Length = Length::points(3);

/// About a third of a page: longer rows go on in the next piece.
const TALLEST_PART: Length = Length::points(220);
