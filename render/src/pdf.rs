//! A layout as PDF/A-3a and PDF/UA-1 (ISO 19005-3, ISO 14289-1), written by krilla.
//!
//! krilla is told to conform to both and refuses a document that breaks a rule it can see: a missing glyph,
//! title, alternative text, attachment date. What it cannot see (reading order, sensible tags) is decided here
//! and in `layout`. The seal's incremental update goes after the bytes this module returns.

use std::num::NonZeroU16;

use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagKind, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use planseal::time::Timestamp;

use crate::RenderError;
use crate::fonts;
use crate::layout::{self, Child, Ink, Item, Layout, LeafId, Node, PAGE_HEIGHT, PAGE_WIDTH, Purpose, Shade};
use crate::length::Length;
use crate::qr::Symbol;
use crate::text::{Line, Reading, Run};
use crate::view::Ground;

/// What the file says about itself.
pub(crate) struct Properties {
    pub(crate) title: String,
    pub(crate) author: String,
    /// The software that made it.
    pub(crate) producer: String,
    /// From which the file's identifier is derived: never random.
    pub(crate) identity: String,
    pub(crate) made_at: Timestamp,
}

/// A file inside the PDF, stored as it is.
pub(crate) struct EmbeddedBytes<'a> {
    /// ASCII.
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
    pub(crate) description: String,
    pub(crate) relation: AssociationKind,
    pub(crate) dated: Timestamp,
    pub(crate) bytes: &'a [u8],
}

/// Writes the file. It ends with a line break, so that an incremental update can follow.
///
/// # Errors
/// [`RenderError::Refused`] when krilla finds a breach of either standard.
pub(crate) fn write(
    layout: &Layout,
    properties: &Properties,
    files: Vec<EmbeddedBytes<'_>>,
) -> Result<Vec<u8>, RenderError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| RenderError::Refused {
            reason: format!("{error:?}"),
        })?;
    let mut document = krilla::Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut leaves = vec![None; layout.leaves];
    for page in &layout.pages {
        draw_page(&mut document, &page.items, layout.ground, &mut leaves)?;
    }
    let mut tree = TagTree::new();
    for node in &layout.tree {
        tree.push(group(node, &leaves));
    }
    document.set_tag_tree(tree);
    document.set_outline(outline(layout));
    document.set_metadata(metadata(properties));
    for file in files {
        embed(&mut document, file)?;
    }
    let mut bytes = document.finish().map_err(|error| refusal(&error))?;
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// A leaf on its page, and its words where it is a line.
#[derive(Clone, Copy)]
struct Placed<'a> {
    identifier: Identifier,
    line: Option<&'a Line>,
}

fn draw_page<'a>(
    document: &mut krilla::Document,
    items: &'a [Item],
    ground: Ground,
    leaves: &mut [Option<Placed<'a>>],
) -> Result<(), RenderError> {
    let size = PageSettings::from_wh(PAGE_WIDTH.to_points(), PAGE_HEIGHT.to_points());
    let size = size.ok_or_else(|| RenderError::Refused {
        reason: "A4 is not a page size".into(),
    })?;
    let mut page = document.start_page_with(size);
    let mut surface = page.surface();
    if ground == Ground::Scanned {
        draw_scanned_ground(&mut surface);
    }
    for item in items {
        draw_item(&mut surface, item, leaves);
    }
    if ground == Ground::Scanned {
        surface.pop();
    }
    surface.finish();
    page.finish();
    Ok(())
}

/// Grey paper, lying slightly askew: sine and cosine of 0.45°.
fn draw_scanned_ground(surface: &mut Surface<'_>) {
    surface.start_tagged(artifact(ArtifactType::Layout));
    let whole = layout::Rect {
        left: Length::ZERO,
        top: Length::ZERO,
        width: PAGE_WIDTH,
        height: PAGE_HEIGHT,
    };
    fill(surface, (Length::ZERO, Length::ZERO), &[whole], Shade::Paper);
    surface.end_tagged();
    let (sine, cosine) = (0.007_853_9, 0.999_969_2);
    surface.push_transform(&Transform::from_row(cosine, sine, -sine, cosine, 3.0, -2.0));
}

fn draw_item<'a>(surface: &mut Surface<'_>, item: &'a Item, leaves: &mut [Option<Placed<'a>>]) {
    let tag = match (item.purpose, &item.ink) {
        (Purpose::Content(_), Ink::Line(line)) => line_tag(line),
        (Purpose::Content(_), _) => ContentTag::Other,
        (Purpose::Decoration, _) => artifact(ArtifactType::Layout),
        (Purpose::Header, _) => artifact(ArtifactType::Header),
        (Purpose::Footer, _) => artifact(ArtifactType::Footer),
        (Purpose::Watermark, _) => artifact(ArtifactType::Watermark),
    };
    let identifier = surface.start_tagged(tag);
    if let Purpose::Content(LeafId(leaf)) = item.purpose {
        let line = match &item.ink {
            Ink::Line(line) => Some(line),
            _ => None,
        };
        leaves[leaf] = Some(Placed { identifier, line });
    }
    match &item.ink {
        Ink::Line(line) => draw_line(surface, line, item.at.x, item.at.y, Shade::Black),
        Ink::Fill(rects, shade) => fill(surface, (item.at.x, item.at.y), rects, *shade),
        Ink::Symbol(symbol) => draw_symbol(surface, item, symbol),
        Ink::Strokes(strokes) => draw_strokes(surface, item, strokes),
        Ink::Across(line) => draw_across(surface, item, line),
    }
    surface.end_tagged();
}

/// Glyphs of South and South-East Asia do not stand in reading order, so their lines carry their words, which poppler reads
/// there. Lines of Arabic and Hebrew carry none: poppler turns what stands from right to left, and would turn such words
/// too. All of them are given to the structure element as well ([`words_as_read`]), where pdf.js looks.
fn line_tag(line: &Line) -> ContentTag<'_> {
    match line.reading {
        Reading::Reordered => ContentTag::Span(SpanTag::empty().with_actual_text(Some(&line.words))),
        Reading::LeftToRight | Reading::BothWays | Reading::RightToLeft => ContentTag::Other,
    }
}

fn artifact(kind: ArtifactType) -> ContentTag<'static> {
    ContentTag::Artifact(Artifact::with_kind(kind))
}

fn draw_line(surface: &mut Surface<'_>, line: &Line, x: Length, y: Length, shade: Shade) {
    surface.set_stroke(None);
    surface.set_fill(Some(paint(shade)));
    for run in &line.runs {
        let face = fonts::embedded().face(run.face);
        surface.draw_glyphs(
            Point::from_xy((x + run.offset).to_points(), y.to_points()),
            &glyphs(run),
            face.embedding.clone(),
            &run.words,
            run.size.to_points(),
            false,
        );
    }
}

fn glyphs(run: &Run) -> Vec<KrillaGlyph> {
    let em = f32::from(fonts::embedded().face(run.face).units_per_em);
    let of_em = |units: i32| f32::from(i16::try_from(units).unwrap_or(i16::MAX)) / em;
    let drawn = run.glyphs.iter().map(|glyph| {
        KrillaGlyph::new(
            GlyphId::new(glyph.id),
            of_em(glyph.advance),
            of_em(glyph.right),
            of_em(glyph.up),
            0.0,
            glyph.cluster.clone(),
            None,
        )
    });
    drawn.collect()
}

fn fill(surface: &mut Surface<'_>, (x, y): (Length, Length), rects: &[layout::Rect], shade: Shade) {
    let mut path = PathBuilder::new();
    for rect in rects {
        let (left, top) = (x + rect.left, y + rect.top);
        let rect = Rect::from_ltrb(
            left.to_points(),
            top.to_points(),
            (left + rect.width).to_points(),
            (top + rect.height).to_points(),
        );
        if let Some(rect) = rect {
            path.push_rect(rect);
        }
    }
    if let Some(path) = path.finish() {
        surface.set_stroke(None);
        surface.set_fill(Some(paint(shade)));
        surface.draw_path(&path);
    }
}

/// In units of one module: the whole numbers take half the room of points, and this is most of page 1.
fn draw_symbol(surface: &mut Surface<'_>, item: &Item, symbol: &Symbol) {
    let module = symbol.module().to_points();
    let (x, y) = (item.at.x.to_points(), item.at.y.to_points());
    surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, x, y));
    let whole = |modules: i32| f32::from(i16::try_from(modules).unwrap_or(i16::MAX));
    let mut path = PathBuilder::new();
    for (left, top, width) in symbol.stretches() {
        let rect = Rect::from_ltrb(whole(left), whole(top), whole(left + width), whole(top + 1));
        if let Some(rect) = rect {
            path.push_rect(rect);
        }
    }
    if let Some(path) = path.finish() {
        surface.set_stroke(None);
        surface.set_fill(Some(paint(Shade::Black)));
        surface.draw_path(&path);
    }
    surface.pop();
}

fn draw_strokes(surface: &mut Surface<'_>, item: &Item, strokes: &[Vec<(Length, Length)>]) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: luma::Color::new(40).into(),
        width: 1.1,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }));
    let mut path = PathBuilder::new();
    for stroke in strokes {
        for (at, (right, down)) in stroke.iter().enumerate() {
            let (x, y) = ((item.at.x + *right).to_points(), (item.at.y + *down).to_points());
            if at == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.set_stroke(None);
}

/// Along the rising diagonal of the page: sine 0.8 and cosine 0.6 are exact in their decimal form.
fn draw_across(surface: &mut Surface<'_>, item: &Item, line: &Line) {
    let (sine, cosine) = (0.8, 0.6);
    let (x, y) = (item.at.x.to_points(), item.at.y.to_points());
    surface.push_transform(&Transform::from_row(cosine, -sine, sine, cosine, x, y));
    let half = Length::ZERO - line.width / 2;
    let down = line
        .runs
        .first()
        .map_or(Length::ZERO, |run| run.size.fraction(36, 100));
    draw_line(surface, line, half, down, Shade::Pale);
    surface.pop();
}

fn paint(shade: Shade) -> Fill {
    let lightness = match shade {
        Shade::Black => 0,
        Shade::Grey => 120,
        Shade::Pale => 226,
        Shade::Paper => 242,
    };
    Fill {
        paint: luma::Color::new(lightness).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

fn group(node: &Node, leaves: &[Option<Placed<'_>>]) -> TagGroup {
    let mut kind = kind(&node.tag);
    kind.set_actual_text(words_as_read(node, leaves));
    let mut group = TagGroup::new(kind);
    for child in &node.children {
        match child {
            Child::Node(node) => group.push(self::group(node, leaves)),
            Child::Leaf(LeafId(leaf)) => {
                if let Some(placed) = leaves[*leaf] {
                    group.push(placed.identifier);
                }
            }
        }
    }
    group
}

/// The words of an element in reading order, when glyphs of it stand in another.
fn words_as_read(node: &Node, leaves: &[Option<Placed<'_>>]) -> Option<String> {
    let lines = node.children.iter().filter_map(|child| match child {
        Child::Leaf(LeafId(leaf)) => leaves[*leaf]?.line,
        Child::Node(_) => None,
    });
    let lines: Vec<&Line> = lines.collect();
    let differs = |line: &&Line| line.reading != Reading::LeftToRight;
    let words: Vec<&str> = lines.iter().map(|line| line.words.as_str()).collect();
    lines.iter().any(differs).then(|| words.join(" "))
}

fn kind(tag: &layout::Tag) -> TagKind {
    match tag {
        layout::Tag::Heading { depth, title } => {
            let depth = NonZeroU16::new(*depth).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(depth, Some(title.clone())).into()
        }
        layout::Tag::Paragraph => Tag::P.into(),
        layout::Tag::List => Tag::L(ListNumbering::Disc).into(),
        layout::Tag::ListItem => Tag::LI.into(),
        layout::Tag::Label => Tag::Lbl.into(),
        layout::Tag::ListBody => Tag::LBody.into(),
        layout::Tag::Table => Tag::Table.into(),
        layout::Tag::TableHead => Tag::THead.into(),
        layout::Tag::TableBody => Tag::TBody.into(),
        layout::Tag::Row => Tag::TR.into(),
        layout::Tag::ColumnHeader => Tag::TH(TableHeaderScope::Column).into(),
        layout::Tag::RowHeader => Tag::TH(TableHeaderScope::Row).into(),
        layout::Tag::Cell => Tag::TD.into(),
        layout::Tag::Figure { stands_for } => Tag::Figure(Some(stands_for.clone())).into(),
    }
}

fn outline(layout: &Layout) -> Outline {
    let mut outline = Outline::new();
    for entry in &layout.outline {
        let place = XyzDestination::new(entry.page, Point::from_xy(0.0, entry.top.to_points()));
        outline.push_child(OutlineNode::new(entry.title.clone(), place));
    }
    outline
}

fn metadata(properties: &Properties) -> Metadata {
    Metadata::new()
        .title(properties.title.clone())
        .language("en-GB".into())
        .authors(vec![properties.author.clone()])
        .creator("planseal".into())
        .producer(properties.producer.clone())
        .creation_date(date(properties.made_at))
        .document_id(properties.identity.clone())
}

fn embed(document: &mut krilla::Document, file: EmbeddedBytes<'_>) -> Result<(), RenderError> {
    let name = file.name.clone();
    let embedded = document.embed_file(EmbeddedFile {
        path: file.name,
        mime_type: MimeType::new(file.media_type),
        description: Some(file.description),
        association_kind: file.relation,
        data: file.bytes.to_vec().into(),
        modification_date: Some(date(file.dated)),
        compress: Some(false),
        location: None,
    });
    embedded.ok_or_else(|| RenderError::Refused {
        reason: format!("two embedded files are called {name}"),
    })
}

fn date(instant: Timestamp) -> DateTime {
    let at = Calendar::of(instant);
    DateTime::new(at.year)
        .month(at.month)
        .day(at.day)
        .hour(at.hour)
        .minute(at.minute)
        .second(at.second)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// An instant in UTC, in the parts that PDF dates have.
pub(crate) struct Calendar {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Calendar {
    /// Read from its RFC 3339 form `2026-11-22T14:32:00Z`.
    pub(crate) fn of(instant: Timestamp) -> Self {
        let text = instant.to_string();
        let part = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse().ok());
        let year = text.get(..4).and_then(|digits| digits.parse().ok());
        Self {
            year: year.unwrap_or(1970),
            month: part(5, 7).unwrap_or(1),
            day: part(8, 10).unwrap_or(1),
            hour: part(11, 13).unwrap_or(0),
            minute: part(14, 16).unwrap_or(0),
            second: part(17, 19).unwrap_or(0),
        }
    }
}

/// Rule names only: krilla's own words may quote text.
fn refusal(error: &KrillaError) -> RenderError {
    let reason = match error {
        KrillaError::Validation(errors) => {
            let rule = |rule: String| rule.split(['(', '{']).next().unwrap_or_default().to_owned();
            let mut rules: Vec<String> = errors
                .iter()
                .map(|(error, _)| rule(format!("{error:?}")))
                .collect();
            rules.sort();
            rules.dedup();
            rules.join(", ")
        }
        KrillaError::Limit(limit) => limit.to_string(),
        _ => "an invalid font, tag or destination".into(),
    };
    RenderError::Refused { reason }
}
