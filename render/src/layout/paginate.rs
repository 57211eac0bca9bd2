//! Pieces to pages, with what every page repeats: the mark, the foot, the page number.

use super::compose::{Composer, Keep, Piece, Start, baseline, decoration, stack};
use super::{
    CONTENT_WIDTH, FOOT_SIZE, Ink, Item, Layout, Node, OutlineEntry, PAGE_HEIGHT, PAGE_WIDTH, Page, Point,
    Purpose, SIDE, Shade, frame,
};
use crate::RenderError;
use crate::length::Length;
use crate::text::{Line, Text};
use crate::view::{Block, Frame, Furniture, Mark};

/// Fills pages from the top, and repeats the furniture on each.
///
/// # Errors
/// [`RenderError::TooTall`] when a piece is taller than a page.
pub(super) fn paginate(
    pieces: Vec<Piece>,
    tree: Vec<Node>,
    leaves: usize,
    furniture: &Furniture,
) -> Result<Layout, RenderError> {
    let body = Body::of(furniture)?;
    let mut filler = Filler::new(&body);
    let mut chain: Vec<Piece> = Vec::new();
    for piece in pieces {
        let ends_chain = piece.keep == Keep::Free;
        chain.push(piece);
        if ends_chain {
            filler.place(core::mem::take(&mut chain))?;
        }
    }
    filler.place(chain)?;
    let (mut pages, outline) = filler.finish();
    let total = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        body.furnish(page, at + 1, total)?;
    }
    Ok(Layout {
        pages,
        tree,
        outline,
        leaves,
        ground: furniture.ground,
    })
}

/// The room for text on each page, and what stands around it.
pub(super) struct Body {
    top: Length,
    bottom: Length,
    header: Piece,
    footer: Piece,
    across: Option<Line>,
}

impl Body {
    pub(super) fn of(furniture: &Furniture) -> Result<Self, RenderError> {
        let header = match &furniture.mark {
            Some(mark) => header(mark)?,
            None => Piece::default(),
        };
        let across = furniture.mark.as_ref().map(across).transpose()?;
        let footer = footer(&furniture.foot)?;
        let gap = if header.height > Length::ZERO {
            Length::points(8)
        } else {
            Length::ZERO
        };
        Ok(Self {
            top: TOP + header.height + gap,
            bottom: PAGE_HEIGHT - BOTTOM - footer.height - Length::points(8),
            header,
            footer,
            across,
        })
    }

    pub(super) fn height(&self) -> Length {
        self.bottom - self.top
    }

    fn furnish(&self, page: &mut Page, number: usize, total: usize) -> Result<(), RenderError> {
        let mut around = Vec::new();
        if let Some(line) = &self.across {
            around.push(Item {
                at: Point {
                    x: PAGE_WIDTH / 2,
                    y: PAGE_HEIGHT / 2,
                },
                ink: Ink::Across(line.clone()),
                purpose: Purpose::Watermark,
            });
        }
        around.extend(placed(&self.header, TOP, Purpose::Header));
        around.extend(placed(
            &self.footer,
            PAGE_HEIGHT - BOTTOM - self.footer.height,
            Purpose::Footer,
        ));
        let words = format!("Page {number} of {total}");
        for line in Text::strong("template", FOOT_SIZE, words).lines(CONTENT_WIDTH)? {
            around.push(Item {
                at: Point {
                    x: SIDE + CONTENT_WIDTH - line.width,
                    y: PAGE_HEIGHT - BOTTOM - self.footer.height + FOOT_RULE + baseline(&line),
                },
                ink: Ink::Line(line),
                purpose: Purpose::Footer,
            });
        }
        around.append(&mut page.items);
        page.items = around;
        Ok(())
    }
}

/// Takes chains of pieces and starts a page when one does not fit.
struct Filler<'a> {
    body: &'a Body,
    pages: Vec<Page>,
    outline: Vec<OutlineEntry>,
    y: Length,
}

impl<'a> Filler<'a> {
    fn new(body: &'a Body) -> Self {
        Self {
            body,
            pages: vec![Page { items: Vec::new() }],
            outline: Vec::new(),
            y: body.top,
        }
    }

    /// Places pieces that want to stay together. A chain longer than a page is placed piece by piece.
    fn place(&mut self, chain: Vec<Piece>) -> Result<(), RenderError> {
        let length: Length = chain.iter().map(|piece| piece.above + piece.height).sum();
        let begins_page = chain.first().is_some_and(|piece| piece.start == Start::NewPage);
        let overflows = self.y + length > self.body.bottom && length <= self.body.height();
        if self.y > self.body.top && (begins_page || overflows) {
            self.turn();
        }
        for piece in chain {
            self.place_one(piece)?;
        }
        Ok(())
    }

    fn place_one(&mut self, mut piece: Piece) -> Result<(), RenderError> {
        if self.y > self.body.top && self.y + piece.above + piece.height > self.body.bottom {
            self.turn();
        }
        if self.y > self.body.top {
            self.y += piece.above;
        } else if self.pages.len() > 1
            && let Some(heading) = piece.repeated.take()
        {
            let mut heading = Piece::clone(&heading);
            heading.shift(SIDE, self.y);
            self.y += heading.height;
            self.push(heading.items);
        }
        if self.y + piece.height > self.body.bottom {
            return Err(RenderError::TooTall {
                what: piece.what,
                needed: piece.height.in_sixty_fourths() / 64,
                available: self.body.height().in_sixty_fourths() / 64,
            });
        }
        if let Some(title) = piece.title.take() {
            self.outline.push(OutlineEntry {
                title,
                page: self.pages.len() - 1,
                top: self.y,
            });
        }
        piece.shift(SIDE, self.y);
        self.y += piece.height;
        self.push(piece.items);
        Ok(())
    }

    fn push(&mut self, mut items: Vec<Item>) {
        if let Some(page) = self.pages.last_mut() {
            page.items.append(&mut items);
        }
    }

    fn turn(&mut self) {
        self.pages.push(Page { items: Vec::new() });
        self.y = self.body.top;
    }

    fn finish(self) -> (Vec<Page>, Vec<OutlineEntry>) {
        (self.pages, self.outline)
    }
}

fn placed(piece: &Piece, top: Length, purpose: Purpose) -> Vec<Item> {
    let mut copy = piece.clone();
    copy.shift(SIDE, top);
    for item in &mut copy.items {
        item.purpose = purpose;
    }
    copy.items
}

fn header(mark: &Mark) -> Result<Piece, RenderError> {
    let framed = Block::Framed(Frame::Thick, vec![Block::Paragraph(mark.above.clone())]);
    let (pieces, _) = Composer::default().compose(&[framed], CONTENT_WIDTH)?;
    Ok(stack(pieces))
}

/// A rule, then the lines, leaving room for the page number at the right.
fn footer(lines: &[Text]) -> Result<Piece, RenderError> {
    let blocks: Vec<Block> = lines.iter().cloned().map(Block::Paragraph).collect();
    let (mut pieces, _) = Composer::default().compose(&blocks, CONTENT_WIDTH - PAGE_NUMBER)?;
    for piece in &mut pieces {
        piece.above = Length::ZERO;
    }
    let mut foot = stack(pieces);
    foot.shift(Length::ZERO, FOOT_RULE);
    foot.height += FOOT_RULE;
    let rule = frame::rule(Length::ZERO, Length::ZERO, CONTENT_WIDTH, Length::points(1));
    foot.items.push(decoration(vec![rule], Shade::Black));
    Ok(foot)
}

/// The largest of a few sizes at which the words stay on the page's diagonal.
fn across(mark: &Mark) -> Result<Line, RenderError> {
    let mut smallest = None;
    for size in [96, 80, 64, 52, 40] {
        let text = Text::strong("template", Length::points(size), mark.across);
        let line = text.lines(Length::points(10_000))?.into_iter().next();
        match line {
            Some(line) if line.width <= DIAGONAL => return Ok(line),
            other => smallest = other,
        }
    }
    smallest.ok_or(RenderError::TooTall {
        what: "the mark across the page",
        needed: 0,
        available: 0,
    })
}

const TOP: Length = Length::hundredths_of_mm(1000);

const BOTTOM: Length = Length::hundredths_of_mm(1000);

/// Room for the rule above the foot.
const FOOT_RULE: Length = Length::points(4);

/// Room for "Page 10 of 12".
const PAGE_NUMBER: Length = Length::points(80);

/// What of the page's diagonal large words may take.
const DIAGONAL: Length = Length::points(760);
