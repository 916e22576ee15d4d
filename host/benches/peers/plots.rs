//! The plots, as SVG.

use crate::bars;
use crate::kinds::{self, ACCESSES, Side, THREADS};
use crate::rows::Measured;
use crate::speeds::Speeds;
use crate::theme::{self, Color, GRID, INK, PAPER};
use crate::units;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::Color as _;
use std::fmt::Display;

/// Where a plot is drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: u32 = 860;

type Draw<'a> = Box<dyn Fn(&Area<'_>) -> Result<()> + 'a>;

/// A plot, and its height.
struct Plot<'a> {
    title: &'static str,
    height: u32,
    draw: Draw<'a>,
}

/// Each plot as an SVG, with its title, to be put into a page that has the
/// style of [`theme::style`]. Those of which nothing was measured are left out.
pub fn each(rows: &[Measured], speeds: &[Speeds]) -> Result<Vec<(&'static str, String)>> {
    let plots = plots(rows, speeds);
    let plots = plots.iter().map(|plot| {
        let svg = svg(plot.height, |root| (plot.draw)(root))?;
        Ok((plot.title, svg))
    });
    plots.collect()
}

/// All plots as one SVG, with the titles and the style.
pub fn all(rows: &[Measured], speeds: &[Speeds]) -> Result<String> {
    const TITLE: u32 = 44;
    let plots = plots(rows, speeds);
    let height = plots.iter().map(|plot| TITLE + plot.height).sum();
    let svg = svg(height, |root| {
        let mut rest = root.clone();
        for plot in &plots {
            let (this, below) = rest.split_vertically(TITLE + plot.height);
            let (title, this) = this.split_vertically(TITLE);
            title.draw(&Text::new(plot.title, (12, 18), bold(18)))?;
            (plot.draw)(&this)?;
            rest = below;
        }
        Ok(())
    })?;
    let (tag, rest) = svg
        .split_once('\n')
        .ok_or_else(|| anyhow!("no tag: {svg}"))?;
    Ok(format!(
        "{tag}\n<style>\n{}</style>\n{rest}",
        theme::style()
    ))
}

fn svg(height: u32, draw: impl Fn(&Area<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    root.fill(&PAPER.rgb()).map_err(failed)?;
    draw(&root)?;
    root.present().map_err(failed)?;
    drop(root);
    Ok(svg)
}

/// Text of so many pixels.
pub fn text(size: u32) -> TextStyle<'static> {
    styled(size, FontStyle::Normal)
}

pub fn bold(size: u32) -> TextStyle<'static> {
    styled(size, FontStyle::Bold)
}

fn styled(size: u32, style: FontStyle) -> TextStyle<'static> {
    // The library takes the size for that of the whole line.
    let font = FontDesc::new(FontFamily::SansSerif, f64::from(size) * 1.24, style);
    font.color(&INK.rgb())
}

/// The library's error borrows what is drawn on.
pub fn failed(error: impl Display) -> anyhow::Error {
    anyhow!("the plot cannot be drawn: {error}")
}

fn plots<'a>(rows: &'a [Measured], speeds: &'a [Speeds]) -> Vec<Plot<'a>> {
    let mut plots = Vec::new();
    if !speeds.is_empty() {
        plots.push(Plot {
            title: "Throughput by the length of a read",
            height: 380,
            draw: Box::new(|area| throughput(area, speeds)),
        });
    }
    let accesses = kinds::groups(ACCESSES, rows, |row, side| {
        let (mem, peer) = row.nanoseconds();
        let nanoseconds = match side {
            Side::Mem => mem,
            Side::Peer => peer,
        };
        (nanoseconds, units::time(nanoseconds))
    });
    if !accesses.is_empty() {
        plots.push(Plot {
            title: "Time of one access by its kind",
            height: bars::height(&accesses),
            draw: Box::new(move |area| {
                let axis = bars::Axis {
                    start: 1.0,
                    range: (1.0..3e9).log_scale().with_key_points(powers_of_ten(0, 9)),
                    title: "time, logarithmic",
                    label: |time| units::time(*time),
                };
                bars::draw(area, &accesses, axis)
            }),
        });
    }
    let threads = kinds::groups(THREADS, rows, |row, _| {
        (row.ratio(), format!("{:.2} times", row.ratio()))
    });
    if !threads.is_empty() {
        plots.push(Plot {
            title: "What two threads do, in times of one",
            height: bars::height(&threads),
            draw: Box::new(move |area| {
                let axis = bars::Axis {
                    start: 0.0,
                    range: 0.0..2.4,
                    title: "two threads, each with its store, against one thread",
                    label: f64::to_string,
                };
                bars::draw(area, &threads, axis)
            }),
        });
    }
    plots
}

fn throughput(area: &Area<'_>, speeds: &[Speeds]) -> Result<()> {
    const WAYS: [(&str, &Color); 4] = [
        ("mem, by handle", &theme::HANDLE),
        ("mem, through a window", &theme::WINDOW),
        ("std::fs", &theme::STD),
        ("native memmap2", &theme::NATIVE),
    ];
    let lengths: Vec<_> = speeds
        .iter()
        .map(|speeds| f64::from(speeds.length))
        .collect();
    let (first, last) = (lengths[0] / 1.3, lengths[lengths.len() - 1] * 1.3);
    let mut chart = ChartBuilder::on(area)
        .margin_left(8)
        .margin_right(20)
        .margin_top(8)
        .x_label_area_size(48)
        .y_label_area_size(96)
        .build_cartesian_2d(
            (first..last).log_scale().with_key_points(lengths),
            (1e-3..1e2)
                .log_scale()
                .with_key_points(powers_of_ten(-3, 2)),
        )
        .map_err(failed)?;
    let mut mesh = chart.configure_mesh();
    mesh.axis_style(GRID.rgb())
        .bold_line_style(GRID.rgb())
        .light_line_style(TRANSPARENT)
        .label_style(text(14))
        .axis_desc_style(text(14))
        .x_desc("bytes of one read, logarithmic")
        .y_desc("throughput, logarithmic")
        .x_label_formatter(&|length| units::bytes(*length as u32))
        .y_label_formatter(&|speed| units::speed(*speed));
    mesh.draw().map_err(failed)?;
    for (way, (label, color)) in WAYS.into_iter().enumerate() {
        let points = speeds
            .iter()
            .map(|speeds| (f64::from(speeds.length), speeds.speeds[way]));
        let line = LineSeries::new(points, color.rgb().stroke_width(2)).point_size(3);
        chart
            .draw_series(line)
            .map_err(failed)?
            .label(label)
            .legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.rgb().filled()));
    }
    let mut legend = chart.configure_series_labels();
    legend
        .position(SeriesLabelPosition::LowerRight)
        .label_font(text(14))
        .background_style(PAPER.rgb())
        .border_style(GRID.rgb());
    legend.draw().map_err(failed)
}

fn powers_of_ten(first: i32, last: i32) -> Vec<f64> {
    (first..=last).map(|power| 10_f64.powi(power)).collect()
}
