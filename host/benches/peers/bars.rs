//! Horizontal bars in groups.

use crate::plots::{Area, bold, failed, text};
use crate::theme::{Color, GRID};
use anyhow::Result;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub struct Group {
    pub title: &'static str,
    pub bars: Vec<Bar>,
}

pub struct Bar {
    pub label: &'static str,
    pub value: f64,
    /// The value as it stands at the end of the bar.
    pub shown: String,
    pub color: &'static Color,
}

/// What the bars are drawn against.
pub struct Axis<X> {
    /// Where the bars start.
    pub start: f64,
    pub range: X,
    pub title: &'static str,
    pub label: fn(&f64) -> String,
}

const LINE: u32 = 22;
/// The lines of a title and the space above it.
const TITLE: f64 = 1.3;
const AXIS: u32 = 48;

/// The height that the groups take.
pub fn height(groups: &[Group]) -> u32 {
    AXIS + 6 + (f64::from(LINE) * lines(groups)) as u32
}

fn lines(groups: &[Group]) -> f64 {
    let lines = groups.iter().map(|group| TITLE + group.bars.len() as f64);
    lines.sum()
}

pub fn draw<X>(area: &Area<'_>, groups: &[Group], axis: Axis<X>) -> Result<()>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin_right(20)
        .margin_bottom(6)
        .x_label_area_size(AXIS)
        .y_label_area_size(230)
        .build_cartesian_2d(axis.range, lines(groups)..0.0)
        .map_err(failed)?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_y_mesh()
        .disable_y_axis()
        .axis_style(GRID.rgb())
        .bold_line_style(GRID.rgb())
        .light_line_style(TRANSPARENT)
        .label_style(text(14))
        .axis_desc_style(text(14))
        .x_desc(axis.title)
        .x_label_formatter(&axis.label);
    mesh.draw().map_err(failed)?;

    let at_right = Pos::new(HPos::Right, VPos::Center);
    let at_left = Pos::new(HPos::Left, VPos::Center);
    let mut line = 0.0;
    for group in groups {
        let title = Text::new(group.title, (4, 0), bold(14).pos(at_left));
        let title = EmptyElement::at((axis.start, line + TITLE - 0.5)) + title;
        chart.draw_series([title]).map_err(failed)?;
        line += TITLE;
        for bar in &group.bars {
            let label = Text::new(bar.label, (-10, 0), text(14).pos(at_right));
            let label = EmptyElement::at((axis.start, line + 0.5)) + label;
            chart.draw_series([label]).map_err(failed)?;
            let corners = [(axis.start, line + 0.15), (bar.value, line + 0.85)];
            let rectangle = Rectangle::new(corners, bar.color.rgb().filled());
            chart.draw_series([rectangle]).map_err(failed)?;
            let shown = Text::new(bar.shown.clone(), (6, 0), text(14).pos(at_left));
            let shown = EmptyElement::at((bar.value, line + 0.5)) + shown;
            chart.draw_series([shown]).map_err(failed)?;
            line += 1.0;
        }
    }
    Ok(())
}
