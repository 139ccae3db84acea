//! Settings under a name: the one in use, the others, and what can be done with them.

use eframe::egui::{Key, Popup, Ui};

use crate::session::profiles::Profile;
use crate::session::{Command, Snapshot};
use crate::text::profiles::profile as described;

use super::super::choice::Choice;
use super::super::profile_flow::ProfileFlow;
use super::super::requests::Requests;
use super::super::widgets::{field_label, menu_row, select_field, separator};

/// What the field is called, and the list of keys.
const NAME: &str = "Profile";
/// Least width of the list.
const LIST: f32 = 204.0;

/// The keys of the first profiles, in their order (design, section 6).
pub(in super::super) const PROFILE_KEYS: [Key; 8] =
    [Key::F2, Key::F3, Key::F4, Key::F5, Key::F6, Key::F7, Key::F8, Key::F9];

/// Shows the field and, when it is open, the list.
pub(super) fn profile_menu(
    ui: &mut Ui,
    shown: &Snapshot,
    choice: &mut Choice,
    flow: &mut ProfileFlow,
    requests: &mut Requests,
) {
    field_label(ui, NAME);
    let used = choice.profile(&shown.profiles).cloned();
    let text = used.as_ref().map_or("None", |profile| profile.name.as_str());
    let mut field = select_field(ui, NAME, text);
    if let Some(used) = &used {
        field = field.on_hover_text(described(used));
    }
    let width = (field.rect.width() - 10.0).max(LIST);
    Popup::menu(&field).width(width).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (place, profile) in shown.profiles.all().iter().enumerate() {
            let key = PROFILE_KEYS.get(place).map(|key| key.name());
            let is_used = used.as_ref().is_some_and(|used| used.name == profile.name);
            let row = menu_row(ui, None, profile.name.as_str(), key, is_used, true);
            if row.on_hover_text(described(profile)).clicked() {
                choice.pick(profile);
            }
        }
        if !shown.profiles.all().is_empty() {
            separator(ui);
        }
        if menu_row(ui, None, "Save these settings …", None, false, true).clicked()
            && let Some(plan) = choice.plan(shown)
        {
            flow.name(plan, choice.last_name());
        }
        if let Some(used) = &used {
            let has_buttons = shown.chosen.as_ref().is_some_and(|chosen| chosen.has_buttons);
            of_the_used_one(ui, used, has_buttons, flow, requests);
        }
    });
    ui.add_space(10.0);
}

fn of_the_used_one(ui: &mut Ui, used: &Profile, has_buttons: bool, flow: &mut ProfileFlow, requests: &mut Requests) {
    // Most scanners tell nobody of their buttons; what was switched on can be switched off with any.
    let can_start = has_buttons || used.on_button;
    if can_start && menu_row(ui, None, "On the scanner’s button", None, used.on_button, true).clicked() {
        requests.send(Command::SaveProfile(Profile { on_button: !used.on_button, ..used.clone() }));
    }
    if menu_row(ui, None, &format!("Remove “{}” …", used.name), None, false, true).clicked() {
        *flow = ProfileFlow::Removing(used.name.clone());
    }
}
