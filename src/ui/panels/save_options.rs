//! What a file shall be like: only what goes together can be chosen, and what does not says why.

use eframe::egui::{Align, Ui};

use crate::export::{FileFormat, PdfPictures, QualityLevel, TiffCompression};

use super::super::save_choices::{Files, SaveChoices};
use super::super::save_flow::SaveForm;
use super::super::widgets::{
    Segments, check, check_if, field_label, paragraph, secret_field, segmented, select, slider, text_field,
};
use super::super::{fonts, theme};

const FORMATS: [(FileFormat, &str); 4] =
    [(FileFormat::Pdf, "PDF"), (FileFormat::Tiff, "TIFF"), (FileFormat::Png, "PNG"), (FileFormat::Jpeg, "JPEG")];

/// The most pages a file is given where there are several.
const MOST_PER_FILE: i32 = 100;

/// Shows what can be chosen; whether the keyboard left one of its fields.
pub(super) fn save_options(ui: &mut Ui, form: &mut SaveForm) -> bool {
    ui.spacing_mut().item_spacing.y = 4.0;
    field_label(ui, "Format");
    let width = ui.available_width();
    if let Some(format) = segmented(ui, &FORMATS, Some(form.choices.format), Segments::Apart { width }) {
        form.choose_format(format);
    }
    ui.add_space(8.0);
    which_pages(ui, form);
    match form.choices.format {
        FileFormat::Pdf => pdf(ui, form),
        FileFormat::Tiff => {
            tiff(ui, &mut form.choices);
            false
        }
        FileFormat::Jpeg => {
            field_label(ui, &format!("Quality {}", form.choices.jpeg));
            slider(ui, "Quality", &mut form.choices.jpeg, 1..=100);
            note(ui, "A page that is as the scanner sent it is copied, whatever the quality.");
            false
        }
        FileFormat::Png => {
            note(ui, "Without loss; pages of 16 bits stay so.");
            false
        }
    }
}

fn note(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).secondary;
    paragraph(ui, text, fonts::regular(12.0), color, Align::LEFT);
}

/// Which pages, and how they are shared among files.
fn which_pages(ui: &mut Ui, form: &mut SaveForm) {
    if !form.selected.is_empty() {
        field_label(ui, "Pages");
        let (all, some) = (format!("All {}", form.pages), format!("{} selected", form.selected.len()));
        let options = [(false, all.as_str()), (true, some.as_str())];
        let width = ui.available_width();
        if let Some(only) = segmented(ui, &options, Some(form.choices.only_selected), Segments::Apart { width }) {
            form.choices.only_selected = only;
        }
        ui.add_space(8.0);
    }
    if form.page_count() < 2 || !form.choices.format.holds_many_pages() {
        return;
    }
    field_label(ui, "Files");
    let options = [(Files::One, "One file"), (Files::EachPage, "One per page"), (Files::Every, "Several pages each")];
    let width = ui.available_width();
    if let Some(files) = segmented(ui, &options, Some(form.choices.files), Segments::Apart { width }) {
        form.choices.files = files;
    }
    if form.choices.files == Files::Every {
        let most = i32::try_from(form.page_count()).unwrap_or(MOST_PER_FILE).clamp(2, MOST_PER_FILE);
        let mut every = i32::try_from(form.choices.every).unwrap_or(2).clamp(2, most);
        field_label(ui, &format!("{every} pages in each file"));
        slider(ui, "Pages in each file", &mut every, 2..=most);
        form.choices.every = every.unsigned_abs();
    }
    ui.add_space(8.0);
}

fn pdf(ui: &mut Ui, form: &mut SaveForm) -> bool {
    field_label(ui, "Pictures");
    let level = |level| PdfPictures::Quality(level);
    let options = [
        (PdfPictures::Original, "As scanned".to_owned()),
        (level(QualityLevel::High), "High quality, for printing again".to_owned()),
        (level(QualityLevel::Medium), "Medium quality, for the screen".to_owned()),
        (level(QualityLevel::Small), "Small, for e-mail".to_owned()),
        (PdfPictures::Lossless, "Without loss, also what was changed".to_owned()),
    ];
    if let Some(pictures) = select(ui, "Pictures", &options, form.choices.pictures) {
        form.choices.pictures = pictures;
    }
    ui.add_space(8.0);
    let left_title = text_field(ui, &mut form.choices.title, "Title", true).lost_focus();
    ui.add_space(8.0);
    let left_author = text_field(ui, &mut form.choices.author, "Author", true).lost_focus();
    ui.add_space(8.0);
    let locked = form.choices.has_password();
    let archive = check_if(ui, "Archive (PDF/A-2b)", form.choices.archive && !locked, !locked);
    if archive.clicked() {
        form.choices.archive = !form.choices.archive;
    }
    if locked {
        note(ui, "An archive cannot have a password.");
    }
    if form.has_crops {
        let remove = check(ui, "Remove what was cropped for good", form.choices.remove_cropped);
        if remove.on_hover_text("Otherwise it is not shown, and still in the file").clicked() {
            form.choices.remove_cropped = !form.choices.remove_cropped;
        }
    }
    ui.add_space(4.0);
    let open = !form.choices.archive || locked;
    let [first, again] = &mut form.choices.password;
    let mut left = secret_field(ui, first, "Password", open).lost_focus();
    ui.add_space(8.0);
    if open && !first.is_empty() {
        left |= secret_field(ui, again, "Password again", true).lost_focus();
        note(ui, "Whoever forgets it cannot open the file any more.");
    } else {
        again.clear();
    }
    if !open {
        note(ui, "An archive cannot have a password.");
    }
    left || left_title || left_author
}

fn tiff(ui: &mut Ui, choices: &mut SaveChoices) {
    field_label(ui, "Compression");
    let options = [
        (TiffCompression::Auto, "Whatever is best without loss".to_owned()),
        (TiffCompression::G4, "Group 4, for black and white alone".to_owned()),
        (TiffCompression::Lzw, "LZW".to_owned()),
        (TiffCompression::Deflate, "Deflate (ZIP)".to_owned()),
        (TiffCompression::None, "None".to_owned()),
    ];
    if let Some(tiff) = select(ui, "Compression", &options, choices.tiff) {
        choices.tiff = tiff;
    }
}
