//! The colors of the plots, for light and for dark pages.

use plotters::style::RGBColor;
use std::fmt::Write;

/// A color, and what it becomes on a dark page.
pub struct Color {
    light: u32,
    dark: u32,
}

pub const PAPER: Color = color(0xff_ffff, 0x0d_1117);
pub const INK: Color = color(0x1f_2328, 0xe6_edf3);
pub const GRID: Color = color(0xd1_d9e0, 0x30_363d);
pub const HANDLE: Color = color(0x09_69da, 0x58_a6ff);
pub const WINDOW: Color = color(0x1a_7f37, 0x3f_b950);
pub const CORE: Color = color(0x82_50df, 0xbc_8cff);
pub const STD: Color = color(0xbc_4c00, 0xf0_883e);
pub const NATIVE: Color = color(0x6e_7781, 0x91_98a1);

const ALL: [&Color; 8] = [&PAPER, &INK, &GRID, &HANDLE, &WINDOW, &CORE, &STD, &NATIVE];

const fn color(light: u32, dark: u32) -> Color {
    Color { light, dark }
}

impl Color {
    /// What is drawn with. The style sheet makes the rest of it.
    pub fn rgb(&self) -> RGBColor {
        let [_, red, green, blue] = self.light.to_be_bytes();
        RGBColor(red, green, blue)
    }
}

/// The style sheet of the plots, which follows what the reader prefers.
pub fn style() -> String {
    let mut style = String::from(
        "svg text { font-family: system-ui, sans-serif }\n\
         @media (prefers-color-scheme: dark) {\n",
    );
    for Color { light, dark } in ALL {
        for property in ["fill", "stroke"] {
            writeln!(
                style,
                "  svg [{property}=\"#{light:06X}\"] {{ {property}: #{dark:06x} }}"
            )
            .expect("a string takes everything");
        }
    }
    style + "}\n"
}
