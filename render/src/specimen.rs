//! Fictional advance decisions that look like scanned papers, for the demonstration and for tests.
//!
//! The product never makes scans: it attaches what it receives, byte for byte. These stand in for paper, say so
//! in large letters, and come out the same whenever they are made.

use planseal::time::{Date, Timestamp};

use crate::RenderError;
use crate::layout;
use crate::length::Length;
use crate::pdf::{self, Properties};
use crate::text::Text;
use crate::view::{Block, Drawing, Frame, Furniture, Ground, Level, Mark, Table};

/// What is written on the form.
#[derive(Clone, Copy, Debug)]
pub struct Specimen<'a> {
    /// The person who made it.
    pub name: &'a str,
    /// Date of birth.
    pub born: Date,
    /// Address on one line.
    pub address: &'a str,
    /// Treatments refused, in the person's words.
    pub refuses: &'a [&'a str],
    /// In which circumstances.
    pub circumstances: &'a str,
    /// The words that accept the risk to life.
    pub life_at_risk: &'a str,
    /// What it does not refuse, or anything else the person wrote.
    pub note: &'a str,
    /// Who signed, and how: the person, or another by the person's direction.
    pub signed_by: &'a str,
    /// The witness with address or post.
    pub witness: &'a str,
    /// The date beside both signatures.
    pub made: Date,
}

/// The two advance decisions of the sample plans, by the file name that their drafts use.
#[must_use]
pub fn samples() -> [(&'static str, Specimen<'static>); 2] {
    let date = |text| Date::parse(text).expect("the dates below exist");
    [
        (
            "P3-adrt.pdf",
            Specimen {
                name: "Imogen Placeholder-Finch",
                born: date("1969-11-30"),
                address: "9 Sample Mews, ZZ99 3CZ",
                refuses: &[
                    "I refuse to be put on any breathing machine, through a tube or through a mask.",
                    "I refuse attempts to restart my heart.",
                ],
                circumstances: "Whenever I cannot decide for myself and my heart or breathing is failing because \
                                of my cancer.",
                life_at_risk: "My decision stands even if my life is at risk.",
                note: "I do not refuse antibiotics, transfusion or drainage of fluid.",
                signed_by: "Imogen Placeholder-Finch",
                witness: "Harriet Examplesworth, neighbour, 11 Sample Mews, ZZ99 3CZ",
                made: date("2026-06-18"),
            },
        ),
        (
            "P4-adrt.pdf",
            Specimen {
                name: "Callum Example-Rowntree",
                born: date("1974-02-09"),
                address: "22 Imaginary Way, ZZ99 3CZ",
                refuses: &[
                    "I refuse ventilation through a tracheostomy.",
                    "I refuse attempts to restart my heart.",
                    "I refuse that my mask ventilation is continued once I am unable to communicate at all by any \
                     means.",
                ],
                circumstances: "Tracheostomy and CPR: in every circumstance in which I cannot decide for myself. Mask \
                                ventilation: once I cannot communicate at all by any means, and my family and a \
                                specialist in communication have tried for two weeks.",
                life_at_risk: "I confirm that this applies even if my life is at risk.",
                note: "I do not refuse antibiotics, feeding by tube, cough assistance or mask ventilation while I can \
                       communicate.",
                signed_by: "Gareth Example-Rowntree, brother, in Callum's presence and by his direction, because Callum \
                            cannot hold a pen",
                witness: "Dr Penelope Madeup, not his treating doctor, 5 Pretend Court, ZZ99 3CZ",
                made: date("2025-09-04"),
            },
        ),
    ]
}

/// Two pages: what is refused, and the signatures.
///
/// # Errors
/// [`RenderError::NoGlyph`] when the fonts do not cover a character.
pub fn scan(specimen: &Specimen<'_>) -> Result<Vec<u8>, RenderError> {
    let mut blocks = decision(specimen);
    blocks.push(Block::PageBreak);
    blocks.extend(signatures(specimen));
    let furniture = Furniture {
        foot: vec![printed(
            FOOT,
            "FICTIONAL SPECIMEN made for demonstration. The person, the places and the signatures are invented.",
        )],
        mark: Some(Mark {
            across: "FICTIONAL SPECIMEN",
            above: Text::strong("specimen", FOOT, "FICTIONAL SPECIMEN. Not a legal document."),
        }),
        ground: Ground::Scanned,
    };
    let layout = layout::lay_out(&blocks, &furniture)?;
    let properties = Properties {
        title: "Advance decision to refuse treatment: fictional specimen".into(),
        author: "planseal demonstration".into(),
        producer: "planseal-render specimen".into(),
        identity: format!("specimen {} {}", specimen.name, specimen.made),
        made_at: noon(specimen.made),
    };
    pdf::write(&layout, &properties, Vec::new())
}

fn decision(specimen: &Specimen<'_>) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(
            Level::Title,
            Text::strong(
                "specimen",
                Length::points(18),
                "Advance decision to refuse treatment",
            ),
        ),
        Block::Paragraph(printed(
            BODY,
            "Mental Capacity Act 2005, sections 24 to 26. Page 1 of 2.",
        )),
        Block::Space(Length::points(10)),
        form(&[
            ("My name", specimen.name.to_owned()),
            ("Date of birth", specimen.born.day()),
            ("Address", specimen.address.to_owned()),
        ]),
        question("I refuse these treatments"),
    ];
    let refused: Vec<Text> = specimen.refuses.iter().map(|words| written(words)).collect();
    blocks.push(Block::Framed(Frame::Thin, vec![Block::List(refused)]));
    for (title, words) in [
        ("In these circumstances", specimen.circumstances),
        ("If refusing may shorten my life", specimen.life_at_risk),
        ("Anything else", specimen.note),
    ] {
        blocks.push(question(title));
        blocks.push(Block::Framed(Frame::Thin, vec![Block::Paragraph(written(words))]));
    }
    blocks
}

fn signatures(specimen: &Specimen<'_>) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(
            Level::Title,
            Text::strong("specimen", Length::points(18), "Signature and witness"),
        ),
        Block::Paragraph(printed(
            BODY,
            "Advance decision to refuse treatment. Page 2 of 2.",
        )),
        Block::Space(Length::points(10)),
    ];
    for (title, who, words) in [
        (
            "Signed",
            specimen.signed_by,
            "I made this decision when I was able to decide for myself. I understand what refusing means.",
        ),
        (
            "Witnessed",
            specimen.witness,
            "This was signed in my presence, and I signed in the presence of the person named above.",
        ),
    ] {
        blocks.push(question(title));
        blocks.push(Block::Framed(
            Frame::Thin,
            vec![
                Block::Paragraph(printed(BODY, words)),
                Block::Drawing(Drawing {
                    height: Length::points(52),
                    strokes: scribble(who),
                    stands_for: format!("Signature: {who}"),
                }),
                Block::Paragraph(written(who)),
                Block::Paragraph(written(&specimen.made.day())),
            ],
        ));
    }
    blocks
}

fn form(lines: &[(&str, String)]) -> Block {
    let rows = lines
        .iter()
        .map(|(label, value)| vec![printed(BODY, label), written(value)]);
    Block::Table(Table {
        head: None,
        shares: vec![3, 9],
        rows: rows.collect(),
    })
}

fn question(words: &str) -> Block {
    Block::Heading(Level::Section, Text::strong("specimen", BODY, words))
}

fn printed(size: Length, words: &str) -> Text {
    Text::plain("specimen", size, words)
}

/// What a hand would have filled in.
fn written(words: &str) -> Text {
    Text::plain("specimen", Length::points(14), words)
}

/// A wave for every letter of the name before the first comma, its height taken from the letter: a signature nobody can read.
fn scribble(name: &str) -> Vec<Vec<(Length, Length)>> {
    let mut x = 6;
    let mut stroke = Vec::new();
    let mut strokes = Vec::new();
    let name = name.split(',').next().unwrap_or(name);
    for letter in name.chars().take(26) {
        if !letter.is_alphabetic() {
            strokes.push(core::mem::take(&mut stroke));
            x += 5;
            continue;
        }
        let code = i32::try_from(u32::from(letter) % 29).unwrap_or(7);
        let peak = if letter.is_uppercase() { 8 } else { 20 + code % 9 };
        let foot = 40 + code % 7;
        for (right, down) in [
            (0, 38),
            (2, peak + 4),
            (4, peak),
            (6, peak + 6),
            (5, 34),
            (7, foot),
            (9, 36),
        ] {
            stroke.push((Length::points(x + right), Length::points(down)));
        }
        x += 7 + code % 4;
    }
    strokes.push(stroke);
    strokes.push(vec![
        (Length::points(10), Length::points(49)),
        (Length::points(x / 2), Length::points(45)),
        (Length::points(x + 24), Length::points(47)),
    ]);
    strokes.retain(|stroke| stroke.len() > 1);
    strokes
}

fn noon(date: Date) -> Timestamp {
    date.start_utc().plus(12 * 60 * 60)
}

const BODY: Length = Length::points(12);

const FOOT: Length = Length::half_points(19);
