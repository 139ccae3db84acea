//! Colours, distances and radii, light and dark, and how egui's own widgets take them on.

use eframe::egui::style::{ScrollStyle, WidgetVisuals};
use eframe::egui::{
    Color32, Context, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Theme, Ui, Vec2, Visuals,
};

use super::fonts;

/// The colours of one theme.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) panel: Color32,
    pub(super) canvas: Color32,
    pub(super) text: Color32,
    pub(super) secondary: Color32,
    pub(super) line: Color32,
    pub(super) accent: Color32,
    pub(super) accent_soft: Color32,
    /// Words on the accent and on the stop colour.
    pub(super) on_accent: Color32,
    pub(super) stop: Color32,
    pub(super) good: Color32,
    pub(super) attention: Color32,
    pub(super) attention_ground: Color32,
    /// A control under the pointer.
    pub(super) hover: Color32,
    pub(super) shadow: Color32,
    pub(super) backdrop: Color32,
}

/// The glow of the light bar, in both themes.
pub(super) const LIGHT_BAR: Color32 = Color32::from_rgb(0x38, 0xBD, 0xF8);
/// The middle of the light bar.
pub(super) const LIGHT_BAR_CORE: Color32 = Color32::from_rgb(0xE0, 0xF7, 0xFF);
/// Paper, in both themes.
pub(super) const PAPER: Color32 = Color32::WHITE;
/// Where rows of an arriving page are still to come: every other stripe.
pub(super) const PAPER_STRIPE: Color32 = Color32::from_rgb(0xF4, 0xF5, 0xF7);

/// Radius of controls.
pub(super) const RADIUS: u8 = 8;
/// Radius of cards.
pub(super) const CARD_RADIUS: u8 = 10;
/// Radius of thumbnails and badges.
pub(super) const SMALL_RADIUS: u8 = 4;
/// Height of controls.
pub(super) const CONTROL: f32 = 36.0;
/// Height of a control in a line of small words.
pub(super) const SMALL_CONTROL: f32 = 24.0;
/// Height of the big button.
pub(super) const BIG_CONTROL: f32 = 40.0;

const LIGHT: Tokens = Tokens {
    panel: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    canvas: Color32::from_rgb(0xEC, 0xEE, 0xF2),
    text: Color32::from_rgb(0x12, 0x16, 0x1C),
    secondary: Color32::from_rgb(0x66, 0x70, 0x85),
    line: Color32::from_rgb(0xE3, 0xE6, 0xEB),
    accent: Color32::from_rgb(0x25, 0x63, 0xEB),
    accent_soft: Color32::from_rgb(0xE8, 0xEF, 0xFE),
    on_accent: Color32::WHITE,
    stop: Color32::from_rgb(0xD9, 0x2D, 0x20),
    good: Color32::from_rgb(0x12, 0xA1, 0x50),
    attention: Color32::from_rgb(0xB5, 0x47, 0x08),
    attention_ground: Color32::from_rgb(0xFF, 0xF6, 0xE9),
    hover: Color32::from_rgb(0xF3, 0xF5, 0xF8),
    shadow: Color32::from_black_alpha(28),
    backdrop: Color32::from_black_alpha(70),
};

const DARK: Tokens = Tokens {
    panel: Color32::from_rgb(0x16, 0x1A, 0x20),
    canvas: Color32::from_rgb(0x0A, 0x0D, 0x11),
    text: Color32::from_rgb(0xE7, 0xEA, 0xF0),
    secondary: Color32::from_rgb(0x97, 0xA1, 0xB0),
    line: Color32::from_rgb(0x26, 0x2C, 0x35),
    accent: Color32::from_rgb(0x63, 0x91, 0xF4),
    accent_soft: Color32::from_rgb(0x1B, 0x27, 0x40),
    on_accent: Color32::from_rgb(0x0F, 0x12, 0x16),
    stop: Color32::from_rgb(0xF9, 0x70, 0x66),
    good: Color32::from_rgb(0x3C, 0xCB, 0x7F),
    attention: Color32::from_rgb(0xF7, 0xB9, 0x55),
    attention_ground: Color32::from_rgb(0x2A, 0x21, 0x13),
    hover: Color32::from_rgb(0x1E, 0x24, 0x2C),
    shadow: Color32::from_black_alpha(140),
    backdrop: Color32::from_black_alpha(140),
};

/// The tokens of the theme that is shown.
pub(super) fn tokens(ui: &Ui) -> &'static Tokens {
    tokens_of(ui.visuals())
}

/// The tokens of these visuals' theme.
pub(super) fn tokens_of(visuals: &Visuals) -> &'static Tokens {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

/// The shadow of pages and floating cards.
pub(super) fn card_shadow(tokens: &Tokens) -> Shadow {
    Shadow { offset: [0, 6], blur: 18, spread: 0, color: tokens.shadow }
}

/// How often a frame may be laid out before it is shown, when what floats has changed its size: a dialog that holds
/// a part that scrolls needs one time more than any other.
const MOST_PASSES: std::num::NonZeroUsize = std::num::NonZeroUsize::new(4).unwrap();

/// Gives a window its typefaces and both of its themes; which of them is shown follows the system.
pub(super) fn install(ctx: &Context) {
    fonts::install(ctx);
    // Where the system does not say: paper is light.
    ctx.options_mut(|options| {
        options.max_passes = MOST_PASSES;
        options.fallback_theme = Theme::Light;
        // Ctrl+Q is an action like others: it asks what the window's own button asks.
        options.quit_shortcuts.clear();
    });
    ctx.style_mut_of(Theme::Light, |style| restyle(style, &LIGHT, Visuals::light()));
    ctx.style_mut_of(Theme::Dark, |style| restyle(style, &DARK, Visuals::dark()));
}

fn restyle(style: &mut Style, tokens: &Tokens, base: Visuals) {
    style.text_styles = [
        (TextStyle::Small, fonts::regular(12.0)),
        (TextStyle::Body, fonts::regular(14.0)),
        (TextStyle::Button, fonts::medium(14.0)),
        (TextStyle::Heading, fonts::semibold(15.0)),
        (TextStyle::Monospace, fonts::monospace(13.0)),
    ]
    .into();
    style.animation_time = 0.12;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(8.0);
    spacing.button_padding = Vec2::new(12.0, 8.0);
    spacing.interact_size = Vec2::new(CONTROL, CONTROL);
    spacing.menu_margin = Margin::same(4);
    spacing.menu_spacing = 4.0;
    spacing.scroll = ScrollStyle::floating();
    // No shade at the edges: on a page it would look like part of the scan.
    spacing.scroll.fade.strength = 0.0;
    style.visuals = visuals(tokens, base);
}

fn visuals(tokens: &Tokens, mut visuals: Visuals) -> Visuals {
    let radius = CornerRadius::same(RADIUS);
    let widget = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.panel, tokens.line, tokens.text);
    visuals.widgets.inactive = widget(tokens.panel, tokens.line, tokens.text);
    visuals.widgets.hovered = widget(tokens.hover, tokens.secondary, tokens.text);
    visuals.widgets.active = widget(tokens.accent_soft, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.panel, tokens.accent, tokens.text);
    visuals.selection.bg_fill = tokens.accent_soft;
    visuals.selection.stroke = Stroke::new(2.0, tokens.accent);
    visuals.hyperlink_color = tokens.accent;
    visuals.weak_text_color = Some(tokens.secondary);
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(CARD_RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS);
    visuals.window_shadow = card_shadow(tokens);
    visuals.popup_shadow = card_shadow(tokens);
    visuals.text_edit_bg_color = Some(tokens.panel);
    visuals.extreme_bg_color = tokens.panel;
    visuals.faint_bg_color = tokens.hover;
    visuals
}
