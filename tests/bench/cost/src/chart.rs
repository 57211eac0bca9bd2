//! Charts as SVG text: lines over logarithmic axes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::report::{Figure, P50, RATE};

/// Lines over two axes.
struct Chart {
    title: &'static str,
    x: &'static str,
    y: &'static str,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Writes every chart that the figures have points for.
pub(crate) fn write(figures: &[Figure], folder: &Path) -> Result<()> {
    for (file, chart) in all(figures) {
        if !chart.lines.is_empty() {
            fs::write(folder.join(file), chart.svg()?)?;
        }
    }
    Ok(())
}

fn all(figures: &[Figure]) -> [(&'static str, Chart); 5] {
    let authors = |figure: &Figure| u32::try_from(figure.authors).map_or(f64::NAN, f64::from);
    let size = |figure: &Figure| f64::from(figure.size);
    let of_sizes = |measure: fn(&Figure) -> bool| {
        lines(
            figures,
            move |figure| figure.part == "sizes" && measure(figure),
            size,
            |figure| format!("{}, {}", figure.operation, figure.measure),
        )
    };
    let appends = |operation: &'static str| {
        let wanted = move |figure: &Figure| {
            figure.part == "appends" && figure.operation == operation && figure.measure == RATE
        };
        lines(figures, wanted, authors, |figure| figure.system.clone())
    };
    let (by_authors, by_size) = ("authors at once", "versions in the store");
    [
        (
            "appends-first.svg",
            Chart {
                title: "First versions",
                x: by_authors,
                y: "appends per second",
                lines: appends("first version"),
            },
        ),
        (
            "appends-next.svg",
            Chart {
                title: "Next versions",
                x: by_authors,
                y: "appends per second",
                lines: appends("next version"),
            },
        ),
        (
            "operations.svg",
            Chart {
                title: "One operation",
                x: by_size,
                y: "milliseconds",
                lines: of_sizes(|figure| figure.measure == P50),
            },
        ),
        (
            "whole-log.svg",
            Chart {
                title: "What concerns the whole log",
                x: by_size,
                y: "milliseconds",
                lines: of_sizes(|figure| figure.measure == "ms"),
            },
        ),
        (
            "memory.svg",
            Chart {
                title: "Resident memory",
                x: by_size,
                y: "MiB",
                lines: of_sizes(|figure| figure.operation == "memory"),
            },
        ),
    ]
}

fn lines(
    figures: &[Figure],
    wanted: impl Fn(&Figure) -> bool,
    x: impl Fn(&Figure) -> f64,
    name: impl Fn(&Figure) -> String,
) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for figure in figures
        .iter()
        .filter(|figure| wanted(figure) && figure.value > 0.0)
    {
        let (name, point) = (name(figure), (x(figure), figure.value));
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => points.push(point),
            None => lines.push((name, vec![point])),
        }
    }
    for (_, points) in &mut lines {
        points.sort_by(|left, right| left.0.total_cmp(&right.0));
    }
    lines
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 60.0;
/// Beside the plot, for the names of the lines.
const LEGEND: f64 = 320.0;
/// Distinguishable without red and green (Okabe and Ito).
const COLOURS: [&str; 7] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#000000",
];

/// A logarithmic axis from a power of ten to a power of ten.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .map(f64::log10)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let (low, high) = (low.floor(), high.ceil());
        Self {
            low,
            high: high.max(low + 1.0),
        }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.low) / (self.high - self.low)
    }

    fn powers(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        (-9_i32..=9)
            .map(f64::from)
            .filter(move |power| (low..=high).contains(power))
            .map(|power| 10_f64.powf(power))
    }
}

/// Both axes as they lie on the page.
struct Plot {
    across: Axis,
    up: Axis,
}

impl Plot {
    fn x(&self, value: f64) -> f64 {
        MARGIN + self.across.place(value) * WIDTH
    }

    fn y(&self, value: f64) -> f64 {
        MARGIN + (1.0 - self.up.place(value)) * HEIGHT
    }

    /// A line and a number for each power of ten.
    fn grid(&self, svg: &mut String) -> Result<()> {
        for power in self.across.powers() {
            let (x, below) = (self.x(power), BOTTOM + 18.0);
            writeln!(
                svg,
                "<path d=\"M{x:.1} {MARGIN}V{BOTTOM}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{power}</text>"
            )?;
        }
        for power in self.up.powers() {
            let (y, beside) = (self.y(power), MARGIN - 6.0);
            writeln!(
                svg,
                "<path d=\"M{MARGIN} {y:.1}H{RIGHT}\" stroke=\"#ddd\"/><text x=\"{beside:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{power}</text>"
            )?;
        }
        Ok(())
    }

    fn line(&self, svg: &mut String, colour: &str, points: &[(f64, f64)]) -> Result<()> {
        let places = points.iter().map(|(x, y)| (self.x(*x), self.y(*y)));
        let path: Vec<String> = places.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        writeln!(
            svg,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        )?;
        for (x, y) in places {
            writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
            )?;
        }
        Ok(())
    }
}

const RIGHT: f64 = MARGIN + WIDTH;
const BOTTOM: f64 = MARGIN + HEIGHT;

impl Chart {
    fn svg(&self) -> Result<String> {
        let points = || self.lines.iter().flat_map(|(_, points)| points.iter().copied());
        let plot = Plot {
            across: Axis::over(points().map(|point| point.0)),
            up: Axis::over(points().map(|point| point.1)),
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"{MARGIN}\" y=\"30\" font-size=\"16\">{}: {} by {}</text>\n",
            RIGHT + LEGEND,
            BOTTOM + MARGIN,
            self.title,
            self.y,
            self.x
        );
        plot.grid(&mut svg)?;
        let (beside, mut down) = (RIGHT + 12.0, MARGIN + 10.0);
        for ((name, points), colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            plot.line(&mut svg, colour, points)?;
            writeln!(
                svg,
                "<text x=\"{beside:.1}\" y=\"{down:.1}\" fill=\"{colour}\">{name}</text>"
            )?;
            down += 20.0;
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}
