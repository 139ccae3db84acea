//! A key that is held down: what it does again and again, and what it does once.

use eframe::egui::{Context, Event, Key, Modifiers};

/// Takes the repetitions of a held key out of the input, but for those that go on with something: one press is one wish,
/// whatever list or question has come under it since.
pub(super) fn forget_repetitions(ctx: &Context) {
    let typing = ctx.text_edit_focused();
    ctx.input_mut(|input| {
        input.events.retain(|event| match event {
            Event::Key { key, modifiers, repeat: true, pressed: true, .. } => goes_on(*key, *modifiers, typing),
            _ => true,
        });
    });
}

/// Whether a key goes on with something while it is held: walking, typing, zooming, the way back through the history.
fn goes_on(key: Key, modifiers: Modifiers, typing: bool) -> bool {
    match key {
        Key::Enter | Key::Escape => false,
        Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight | Key::Tab => true,
        Key::PageUp | Key::PageDown | Key::Home | Key::End => true,
        Key::Z | Key::Y | Key::Plus | Key::Minus | Key::Equals if modifiers.command => true,
        _ => typing && !modifiers.command,
    }
}
