//! The plots, as one SVG.

use crate::figures::{length, throughput, time};
use crate::rows::{BLUE, GRAY, GREEN, Measured, ONE, ORANGE, Side};
use crate::speeds::{Speeds, WAYS};
use anyhow::Result;
use plotters::coord::{Shift, types::RangedCoordf64};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Show = fn(&f64) -> String;

/// A label, and a bar's value and color. A title has no bar.
type Line = (&'static str, Option<(f64, RGBColor)>);

/// The font, and the height of a line.
const TEXT: (&str, u32) = ("sans-serif", 17);

/// Plots the throughput, the times of calls, and what two threads do, if they
/// were measured. Rows that do the same work must be next to each other.
pub fn svg(rows: &[Measured], speeds: &[Speeds]) -> Result<String> {
    let (threads, calls) = rows.iter().partition(|row| row.sides[1].0 == ONE);
    let calls = lines(calls, |row| {
        row.sides.map(|(side, ns)| (side, ns.log10())).into()
    });
    let threads = lines(threads, |row| vec![(row.sides[0].0, row.ratio)]);
    let [top, middle, bottom] = [speeds.len().min(1) * 14, calls.len(), threads.len()]
        .map(|lines| u32::from(lines > 0) * (100 + 22 * lines as u32));
    let mut svg = String::new();
    {
        let size = (860, top + middle + bottom);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let areas = root.split_by_breakpoints([0; 0], [top, top + middle]);
        if top > 0 {
            draw_speeds(&areas[0], speeds)?;
        }
        if middle > 0 {
            let titles = ["Time of one call by its kind", "time, logarithmic"];
            let show: Show = |power| time(10_f64.powf(*power));
            draw_bars(&areas[1], titles, 9.5, show, &calls)?;
        }
        if bottom > 0 {
            let axis = "two threads, each with its store, against one thread";
            let titles = ["What two threads do, in times of one", axis];
            let show: Show = |ratio| format!("{ratio:.2}");
            draw_bars(&areas[2], titles, 2.4, show, &threads)?;
        }
        root.present()?;
    }
    let style = concat!("\n<style>\n", include_str!("plots.css"), "</style>\n");
    Ok(svg.replacen('\n', style, 1))
}

/// The bars of the rows, one for each label, under the title of their work.
fn lines(rows: Vec<&Measured>, bars: fn(&Measured) -> Vec<(Side, f64)>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for group in rows.chunk_by(|one, next| one.work == next.work) {
        let start = lines.len();
        lines.push((group[0].work, None));
        for ((label, color), value) in group.iter().flat_map(|row| bars(row)) {
            if lines[start..].iter().all(|line| line.0 != label) {
                lines.push((label, Some((value, color))));
            }
        }
    }
    lines
}

fn draw_bars(
    area: &Area<'_>,
    titles: [&str; 2],
    end: f64,
    show: Show,
    lines: &[Line],
) -> Result<()> {
    let height = lines.len() as f64;
    let mut chart = chart(area, titles, [0.0..end, height..0.0], 0, [show, show])?;
    let bold = TEXT.into_font().style(FontStyle::Bold);
    for (&(label, bar), number) in lines.iter().zip(0..) {
        let y = f64::from(number) + 0.5;
        let mut texts = vec![(0.0, 6, HPos::Left, label.into(), bold.clone())];
        if let Some((value, color)) = bar {
            let corners = [(0.0, y - 0.35), (value, y + 0.35)];
            chart.draw_series([Rectangle::new(corners, color.filled())])?;
            texts = vec![(0.0, -8, HPos::Right, label.into(), TEXT.into_font())];
            texts.push((value, 6, HPos::Left, show(&value), TEXT.into_font()));
        }
        for (x, shift, side, text, font) in texts {
            let style = font.into_text_style(area).pos(Pos::new(side, VPos::Center));
            let text = EmptyElement::at((x, y)) + Text::new(text, (shift, 0), style);
            chart.draw_series([text])?;
        }
    }
    Ok(())
}

fn draw_speeds(area: &Area<'_>, speeds: &[Speeds]) -> Result<()> {
    let title = "Throughput by the length of a read";
    let titles = [title, "bytes of one read; both axes are logarithmic"];
    let show: [Show; 2] = [
        |power| length(power.exp2() as u32),
        |power| throughput(10_f64.powf(*power)),
    ];
    let mut chart = chart(area, titles, [5.7..20.3, -3.0..2.0], 6, show)?;
    for (way, color) in WAYS.into_iter().zip([BLUE, GREEN, ORANGE, GRAY]) {
        let point = |speeds: &Speeds| (f64::from(speeds.length).log2(), speeds.ways[way].log10());
        let line = LineSeries::new(speeds.iter().map(point), color.stroke_width(2));
        let key = move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.filled());
        let series = chart.draw_series(line.point_size(3))?;
        series.label(way).legend(key);
    }
    let mut keys = chart.configure_series_labels();
    keys.position(SeriesLabelPosition::LowerRight);
    keys.label_font(TEXT).background_style(WHITE);
    keys.border_style(BLACK.mix(0.2)).draw()?;
    Ok(())
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    [title, x_title]: [&str; 2],
    [x, y]: [Range<f64>; 2],
    y_labels: usize,
    [show_x, show_y]: [Show; 2],
) -> Result<Chart<'a, 'b>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(title, ("sans-serif", 23))
        .margin(8)
        .margin_right(20);
    builder.x_label_area_size(48).y_label_area_size(220);
    let mut chart = builder.build_cartesian_2d(x, y)?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT).label_style(TEXT);
    mesh.x_desc(x_title).x_label_formatter(&show_x);
    mesh.y_labels(y_labels).y_label_formatter(&show_y).draw()?;
    Ok(chart)
}
