//! The first page: the emergency summary and both codes, on one page whatever the plan says (DOMAIN §2.5, UX §1).
//!
//! The whole words stand in the sections that follow. Where a plan is so long that its summary would leave the
//! page, the longest words are shortened here, visibly and with the place where they go on.

use planseal::plan::PlanVersion;
use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use crate::RenderError;
use crate::layout;
use crate::length::Length;
use crate::qr::Symbol;
use crate::summary::{CprShown, EmergencySummary, SummaryLine, Topic};
use crate::text::Text;
use crate::view::{Block, Code, Columns, Frame, Furniture, Level};

/// The two printed codes, already made into symbols.
pub(crate) struct PrintedCodes {
    pub(crate) pointer: Symbol,
    pub(crate) offline: Option<Symbol>,
}

/// The blocks of the page, shortened just enough to fit.
///
/// # Errors
/// [`RenderError::TooTall`] when the summary leaves the page even at its shortest.
pub(crate) fn blocks(
    plan: &PlanVersion,
    summary: &EmergencySummary,
    codes: Option<&PrintedCodes>,
    furniture: &Furniture,
) -> Result<Vec<Block>, RenderError> {
    let mut tightest = None;
    for limit in LIMITS {
        let blocks = page(plan, summary, codes, limit);
        let fit = layout::fit(&blocks, furniture)?;
        if fit.holds() {
            return Ok(blocks);
        }
        tightest = Some(fit);
    }
    let (needed, available) = tightest.map_or((0, 0), layout::Fit::in_points);
    Err(RenderError::TooTall {
        what: "the emergency summary",
        needed,
        available,
    })
}

/// How much of a line's words and how many of its details the page keeps, and their size; tried in order.
#[derive(Clone, Copy)]
struct Limit {
    characters: usize,
    details: usize,
    body: Length,
}

const LIMITS: [Limit; 14] = [
    Limit::of(usize::MAX, usize::MAX, BODY),
    Limit::of(400, 6, BODY),
    Limit::of(300, 5, BODY),
    Limit::of(240, 4, BODY),
    Limit::of(200, 4, BODY),
    Limit::of(170, 3, BODY),
    Limit::of(140, 3, BODY),
    Limit::of(120, 2, BODY),
    Limit::of(120, 2, SMALLEST_BODY),
    Limit::of(90, 2, SMALLEST_BODY),
    Limit::of(60, 1, SMALLEST_BODY),
    Limit::of(40, 1, LAST_RESORT),
    Limit::of(28, 1, LAST_RESORT),
    Limit::of(18, 1, LAST_RESORT),
];

impl Limit {
    const fn of(characters: usize, details: usize, body: Length) -> Self {
        Self {
            characters,
            details,
            body,
        }
    }

    /// What identifies the patient and the state is never cut; of the CPR block, at least the scope note stays.
    fn for_topic(self, topic: Topic) -> Self {
        match topic {
            Topic::Status => Self::of(usize::MAX, usize::MAX, self.body),
            Topic::Who => Self::of(self.characters.max(40), usize::MAX, self.body),
            Topic::Cpr(_) => Self::of(self.characters.max(180), self.details.max(2), self.body),
            // These stand beside the codes, which leave them room at the smallest type.
            Topic::Ceiling | Topic::Refusal | Topic::Alerts | Topic::Place if self.body == LAST_RESORT => {
                Self::of(self.characters * 4, self.details * 3, self.body)
            }
            _ => self,
        }
    }
}

fn page(
    plan: &PlanVersion,
    summary: &EmergencySummary,
    codes: Option<&PrintedCodes>,
    limit: Limit,
) -> Vec<Block> {
    let mut blocks = vec![title(plan)];
    let (mut status, mut facts, mut below) = (Vec::new(), Vec::new(), Vec::new());
    for line in summary.lines().iter().map(|line| line.shortened(limit)) {
        match line.topic {
            Topic::Status => status.extend(status_lines(&line)),
            Topic::Notices => status.extend(notice_lines(&line)),
            Topic::Who => {
                blocks.push(Block::Framed(Frame::Thick, core::mem::take(&mut status)));
                blocks.push(banner(&line));
                blocks.push(Block::Space(Length::points(2)));
            }
            Topic::Cpr(shown) => blocks.push(cpr(shown, &line)),
            Topic::Call | Topic::Signed => below.extend(fact(&line)),
            _ => facts.extend(fact(&line)),
        }
    }
    blocks.push(Block::Space(Length::points(6)));
    match codes {
        Some(codes) => blocks.push(Block::Columns(Columns {
            left: facts,
            right: printed_codes(plan, codes),
            right_width: Length::hundredths_of_mm(5000),
        })),
        None => blocks.extend(facts),
    }
    blocks.extend(below);
    blocks.push(Block::Rule);
    blocks.push(notice(plan, limit.body.min(NOTICE)));
    blocks
}

/// A line as this page shows it.
struct Shown {
    body: Length,
    topic: Topic,
    headline: String,
    details: Vec<String>,
}

impl SummaryLine {
    fn shortened(&self, limit: Limit) -> Shown {
        let place = continues_in(self.topic());
        let limit = limit.for_topic(self.topic());
        let mut details: Vec<String> = self
            .details()
            .iter()
            .take(limit.details)
            .map(|detail| shorten(detail, limit.characters, place))
            .collect();
        let left_out = self.details().len() - details.len();
        if left_out > 0 {
            details.push(format!("\u{2026} and {left_out} more: {place}."));
        }
        let headline = match self.topic() {
            Topic::Refusal => self.headline().to_owned(),
            _ => shorten(self.headline(), limit.characters, place),
        };
        Shown {
            body: limit.body,
            topic: self.topic(),
            headline,
            details,
        }
    }
}

/// Cuts where a line might break (in Chinese or Thai, between letters), and says where the rest is.
fn shorten(words: &str, characters: usize, place: &str) -> String {
    let mut room = characters;
    let leaves = |(_, character): &(usize, char)| {
        let taken = if *character < FIRST_FULL_WIDTH { 1 } else { 2 };
        room.checked_sub(taken).map(|left| room = left).is_none()
    };
    let Some((end, _)) = words.char_indices().find(leaves) else {
        return words.to_owned();
    };
    let breaks = linebreaks(words).map(|(at, _)| at);
    let clusters = words.grapheme_indices(true).map(|(at, _)| at);
    let last = |places: &mut dyn Iterator<Item = usize>| places.take_while(|at| *at <= end).last();
    let at = last(&mut { breaks })
        .filter(|at| *at > end / 2)
        .or_else(|| last(&mut { clusters }))
        .unwrap_or(end);
    format!("{} \u{2026} [goes on: {place}]", words[..at].trim_end())
}

const fn continues_in(topic: Topic) -> &'static str {
    match topic {
        Topic::Who => "section 1",
        Topic::Alerts | Topic::Place => "sections 2 and 3",
        Topic::Ceiling => "section 4",
        Topic::Cpr(_) | Topic::Refusal => "sections 4 and 5",
        Topic::Signed | Topic::Status | Topic::Notices => "section 7",
        Topic::Call => "section 8",
    }
}

fn title(plan: &PlanVersion) -> Block {
    Block::Columns(Columns {
        left: vec![Block::Heading(
            Level::Title,
            Text::strong("template", Length::points(18), "Urgent care plan"),
        )],
        right: vec![Block::Paragraph(
            Text::empty("author.org", Length::points(10))
                .bold(format!("Plan {}", plan.plan().short_code()))
                .regular(format!(
                    "\nVersion {}, {}",
                    plan.version_number(),
                    plan.author().org()
                )),
        )],
        right_width: Length::points(118),
    })
}

fn status_lines(line: &Shown) -> Vec<Block> {
    let headline = Text::strong("known", HEADLINE, line.headline.clone());
    let details = Text::plain("known", line.body, line.details.join(" "));
    vec![Block::Paragraph(headline), Block::Paragraph(details)]
}

fn notice_lines(line: &Shown) -> Vec<Block> {
    let notices = line.details.iter();
    notices
        .map(|notice| Block::Paragraph(Text::strong("known", line.body, notice.clone())))
        .collect()
}

fn banner(line: &Shown) -> Block {
    let tight = line.body == LAST_RESORT;
    let (name, numbers) = match line.headline.chars().count() {
        _ if tight => (12, 11),
        41.. => (13, 13),
        _ => (19, 13),
    };
    let name = Text::strong("person.name", Length::points(name), line.headline.clone());
    let numbers = Text::strong(
        "person",
        Length::points(numbers),
        line.details.join("   \u{00b7}   "),
    );
    Block::Framed(
        Frame::Bar,
        vec![Block::Paragraph(name), Block::Paragraph(numbers)],
    )
}

/// Black and white, told apart by the frame alone: heavy double, plain, dashed (UX §1).
fn cpr(shown: CprShown, line: &Shown) -> Block {
    let frame = match shown {
        CprShown::DoNotAttempt => Frame::HeavyDouble,
        CprShown::Attempt | CprShown::Modified => Frame::Thick,
        CprShown::NoneRecorded => Frame::Dashed,
    };
    let mut blocks = vec![Block::Paragraph(Text::strong(
        "recommendations.cpr",
        Length::points(17),
        line.headline.clone(),
    ))];
    for detail in &line.details {
        blocks.push(Block::Paragraph(Text::plain(
            "recommendations.cpr",
            line.body,
            detail.clone(),
        )));
    }
    Block::Framed(frame, blocks)
}

/// A small label, then the words.
fn fact(line: &Shown) -> Vec<Block> {
    let field = match line.topic {
        Topic::Ceiling => "recommendations",
        Topic::Refusal => "adrt",
        Topic::Alerts => "card_line",
        Topic::Place => "preferences.place_of_care",
        Topic::Call => "contacts",
        _ => "author",
    };
    let headline = line.headline.clone();
    let mut text = match line.topic {
        Topic::Signed => Text::plain(field, line.body, headline),
        _ => Text::strong(field, line.body, headline),
    };
    for detail in &line.details {
        text = text.regular(format!("\n{detail}"));
    }
    let label = Text::strong("template", LABEL, line.topic.label());
    vec![Block::Rule, Block::Paragraph(label), Block::Paragraph(text)]
}

/// One below the other, each under the words that say what it is for.
/// A copy that is not the latest has no code to rely on without signal.
fn printed_codes(plan: &PlanVersion, codes: &PrintedCodes) -> Vec<Block> {
    let label = |words: &str| Block::Paragraph(Text::strong("template", Length::points(11), words));
    let code = |symbol: &Symbol, stands_for: &str| {
        Block::Code(Code {
            symbol: symbol.clone(),
            stands_for: stands_for.to_owned(),
        })
    };
    let mut blocks = Vec::new();
    if let Some(offline) = &codes.offline {
        blocks.push(label("Read and check\nwithout signal"));
        blocks.push(code(
            offline,
            "QR code with the signed emergency summary, to read and check without signal. The attached bundle holds \
             the same.",
        ));
        blocks.push(Block::Space(Length::points(6)));
    }
    blocks.extend([
        label("Check this is the latest\n(needs signal)"),
        code(
            &codes.pointer,
            "QR code with a link that checks whether this is the latest version. It needs signal.",
        ),
        Block::Space(Length::points(6)),
        Block::Paragraph(
            Text::plain("template", Length::points(11), "Short code, for staff:\n")
                .bold(plan.plan().short_code()),
        ),
    ]);
    blocks
}

fn notice(plan: &PlanVersion, size: Length) -> Block {
    Block::Paragraph(Text::plain("legal_notice", size, plan.legal_notice().label()))
}

/// Chinese, Japanese and Korean stand from here on: each of their characters takes the room of two.
const FIRST_FULL_WIDTH: char = '\u{2E80}';

const HEADLINE: Length = Length::points(14);

const BODY: Length = Length::points(12);

/// Only where a plan would otherwise leave the page.
const SMALLEST_BODY: Length = Length::points(10);

/// For plans whose every field is as long as it may be.
const LAST_RESORT: Length = Length::half_points(17);

const NOTICE: Length = Length::points(10);

const LABEL: Length = Length::half_points(19);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_cuts_at_a_space_and_names_the_place() {
        assert_eq!(
            shorten("one two three", 9, "section 5"),
            "one two \u{2026} [goes on: section 5]"
        );
        assert_eq!(shorten("one two", 7, "section 5"), "one two");
        assert_eq!(
            shorten("王小明住在家里", 7, "section 5"),
            "王小明 \u{2026} [goes on: section 5]"
        );
    }
}
