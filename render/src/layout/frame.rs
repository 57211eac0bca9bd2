//! Frames and rules, as filled rectangles: what a copier keeps.

use super::Rect;
use crate::length::Length;
use crate::view::Frame;

/// Room between a frame's outer edge and its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inset {
    pub(super) left: Length,
    pub(super) right: Length,
    pub(super) top: Length,
    pub(super) bottom: Length,
}

impl Inset {
    pub(super) const fn of(frame: Frame) -> Self {
        let (side, end) = match frame {
            Frame::Thin => (8, 5),
            Frame::Thick | Frame::Dashed => (10, 6),
            Frame::HeavyDouble => (14, 10),
            Frame::Bar => {
                return Self {
                    left: Length::points(12),
                    right: Length::ZERO,
                    top: Length::points(2),
                    bottom: Length::points(2),
                };
            }
        };
        Self {
            left: Length::points(side),
            right: Length::points(side),
            top: Length::points(end),
            bottom: Length::points(end),
        }
    }
}

/// The lines of a frame whose outer edge has this size.
pub(super) fn lines(frame: Frame, width: Length, height: Length) -> Vec<Rect> {
    let outline = |inset: i32, thickness: i32| {
        box_lines(
            Length::half_points(inset),
            Length::half_points(thickness),
            width,
            height,
        )
    };
    match frame {
        Frame::Thin => outline(0, 1),
        Frame::Thick => outline(0, 4),
        Frame::HeavyDouble => {
            let mut lines = outline(0, 8);
            lines.extend(outline(12, 2));
            lines
        }
        Frame::Dashed => dashed(width, height),
        Frame::Bar => vec![Rect {
            left: Length::ZERO,
            top: Length::ZERO,
            width: Length::points(4),
            height,
        }],
    }
}

/// A horizontal line.
pub(super) const fn rule(left: Length, top: Length, width: Length, thickness: Length) -> Rect {
    Rect {
        left,
        top,
        width,
        height: thickness,
    }
}

fn box_lines(inset: Length, thickness: Length, width: Length, height: Length) -> Vec<Rect> {
    let (inner_width, inner_height) = (width - inset * 2, height - inset * 2);
    let upright = |left| Rect {
        left,
        top: inset,
        width: thickness,
        height: inner_height,
    };
    vec![
        rule(inset, inset, inner_width, thickness),
        rule(inset, height - inset - thickness, inner_width, thickness),
        upright(inset),
        upright(width - inset - thickness),
    ]
}

/// Dashes of 8 pt with 5 pt between, stretched so that each side begins and ends with a dash.
fn dashed(width: Length, height: Length) -> Vec<Rect> {
    let thickness = Length::points(2);
    let mut lines = Vec::new();
    for (start, length) in dashes(width) {
        lines.push(rule(start, Length::ZERO, length, thickness));
        lines.push(rule(start, height - thickness, length, thickness));
    }
    for (top, length) in dashes(height) {
        for left in [Length::ZERO, width - thickness] {
            lines.push(Rect {
                left,
                top,
                width: thickness,
                height: length,
            });
        }
    }
    lines
}

fn dashes(side: Length) -> Vec<(Length, Length)> {
    let (dash, period) = (Length::points(8), Length::points(13));
    let steps = (side - dash).whole(period).max(1);
    (0..=steps)
        .map(|step| ((side - dash).fraction(step, steps), dash))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_reach_both_ends() {
        let side = Length::points(200);
        let all = dashes(side);
        assert_eq!(all.first().map(|dash| dash.0), Some(Length::ZERO));
        assert_eq!(all.last().map(|dash| dash.0 + dash.1), Some(side));
    }

    #[test]
    fn every_line_stays_inside_its_frame() {
        let (width, height) = (Length::points(300), Length::points(80));
        for frame in [
            Frame::Thin,
            Frame::Thick,
            Frame::HeavyDouble,
            Frame::Dashed,
            Frame::Bar,
        ] {
            for line in lines(frame, width, height) {
                assert!(
                    line.left >= Length::ZERO && line.left + line.width <= width,
                    "{frame:?}"
                );
                assert!(
                    line.top >= Length::ZERO && line.top + line.height <= height,
                    "{frame:?}"
                );
            }
        }
    }
}
