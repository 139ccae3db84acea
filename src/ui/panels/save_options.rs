//! What a file shall be like: only what goes together can be chosen, and what does not says why.

use eframe::egui::{Align, Layout, Ui, vec2};

use crate::export::{FileFormat, PdfPictures, QualityLevel, TiffCompression};
use crate::text::saving::size_before;

use super::super::outlook::Outlook;
use super::super::save_choices::{Files, SaveChoices};
use super::super::save_flow::SaveForm;
use super::super::widgets::{
    Segments, check, check_if, field_label, fold, paragraph, secret_field, segmented, select, slider, text_field, words,
};
use super::super::{fonts, theme};

pub(super) const FORMATS: [(FileFormat, &str); 4] =
    [(FileFormat::Pdf, "PDF"), (FileFormat::Tiff, "TIFF"), (FileFormat::Png, "PNG"), (FileFormat::Jpeg, "JPEG")];

/// What a screen reader says: the settings have a quality, too.
const QUALITY: &str = "Quality of the file";
/// Height of a line with a name and a size.
const LABEL: f32 = 20.0;
/// The most pages a file is given where there are several.
const MOST_PER_FILE: i32 = 100;
/// Why no password can be typed.
const NO_PASSWORD: &str = "There is no password while “Archive” is ticked.";

/// Shows what can be chosen, and how large the file would be; whether the keyboard left one of the fields.
pub(super) fn save_options(ui: &mut Ui, form: &mut SaveForm, outlook: &Outlook) -> bool {
    ui.spacing_mut().item_spacing.y = 4.0;
    field_label(ui, "Format");
    let width = ui.available_width();
    if let Some(format) = segmented(ui, &FORMATS, Some(form.choices.format), Segments::Apart { width }) {
        form.choose_format(format);
    }
    ui.add_space(8.0);
    which_pages(ui, form);
    quality(ui, form, outlook);
    let chosen = rarely_chosen(form);
    let has_more = form.choices.format == FileFormat::Pdf || shares_pages(form);
    ui.add_space(4.0);
    if !has_more || !fold(ui, "More options", &chosen, &mut form.unfolded) {
        return false;
    }
    ui.add_space(4.0);
    how_many_files(ui, form);
    if form.choices.format == FileFormat::Pdf { pdf(ui, form) } else { false }
}

/// How well the pages are kept: what is chosen in each format, with what it comes to.
fn quality(ui: &mut Ui, form: &mut SaveForm, outlook: &Outlook) {
    match form.choices.format {
        FileFormat::Pdf => {
            label_with_size(ui, "Quality", outlook);
            let level = |level| PdfPictures::Quality(level);
            let options = [
                (PdfPictures::Original, "As scanned".to_owned()),
                (level(QualityLevel::High), "High, for printing again".to_owned()),
                (level(QualityLevel::Medium), "Medium, for the screen".to_owned()),
                (level(QualityLevel::Small), "Small, for e-mail".to_owned()),
                (PdfPictures::Lossless, "Without loss, also what was changed".to_owned()),
            ];
            if let Some(pictures) = select(ui, QUALITY, &options, form.choices.pictures) {
                form.choices.pictures = pictures;
            }
        }
        FileFormat::Tiff => {
            label_with_size(ui, "Compression", outlook);
            tiff(ui, &mut form.choices);
        }
        FileFormat::Jpeg => {
            label_with_size(ui, &format!("Quality {}", form.choices.jpeg), outlook);
            slider(ui, QUALITY, &mut form.choices.jpeg, 1..=100);
            note(ui, "A page that is as the scanner sent it is copied, whatever the quality.");
        }
        FileFormat::Png => {
            label_with_size(ui, "Quality", outlook);
            note(ui, "Without loss; pages of 16 bits stay so.");
        }
    }
}

/// The name of a choice, and at the other end of the line how large the file would be. What is being worked out anew
/// stands there in a fainter ink.
fn label_with_size(ui: &mut Ui, name: &str, outlook: &Outlook) {
    let tokens = theme::tokens(ui);
    let size = vec2(ui.available_width(), LABEL);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        match outlook.size() {
            Some((size, is_true)) => {
                let color = if is_true { tokens.text } else { tokens.secondary.gamma_multiply(0.6) };
                words(ui, &size_before(&size), fonts::medium(12.0), color);
            }
            None if outlook.trouble().is_none() => {
                words(ui, "Working out the size …", fonts::medium(12.0), tokens.secondary);
            }
            None => {}
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| field_label(ui, name));
    });
}

/// What was chosen of what is folded away, so that nobody forgets it there.
fn rarely_chosen(form: &SaveForm) -> String {
    let choices = &form.choices;
    let is_pdf = choices.format == FileFormat::Pdf;
    let parts = [
        (shares_pages(form) && choices.files == Files::EachPage).then(|| "one file per page".to_owned()),
        (shares_pages(form) && choices.files == Files::Every).then(|| format!("{} pages per file", choices.every)),
        (is_pdf && choices.archive && !choices.has_password()).then(|| "archive".to_owned()),
        choices.has_password().then(|| "password".to_owned()),
        (is_pdf && form.has_crops && choices.remove_cropped).then(|| "cropped parts removed".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether there is a choice how the pages are shared among files.
fn shares_pages(form: &SaveForm) -> bool {
    form.page_count() > 1 && form.choices.format.holds_many_pages()
}

fn note(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).secondary;
    paragraph(ui, text, fonts::regular(12.0), color, Align::LEFT);
}

/// Which pages, where some are selected.
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
}

/// How the pages are shared among files.
fn how_many_files(ui: &mut Ui, form: &mut SaveForm) {
    if !shares_pages(form) {
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
    let choices = &mut form.choices;
    let texts = [
        ("Title", &mut choices.title),
        ("Author", &mut choices.author),
        ("Subject", &mut choices.subject),
        ("Keywords", &mut choices.keywords),
    ];
    let mut left_texts = false;
    for (name, text) in texts {
        left_texts |= text_field(ui, text, name, true).lost_focus();
        ui.add_space(8.0);
    }
    let locked = form.choices.has_password();
    let archive = check_if(ui, "Archive (PDF/A-2b)", form.choices.archive && !locked, !locked);
    if archive.clicked() {
        form.choices.archive = !form.choices.archive;
    }
    // What stands here and below has its room in any case: nothing moves away while a password is typed.
    note(ui, "An archive cannot have a password.");
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
    let is_typed = open && !first.is_empty();
    if !is_typed {
        again.clear();
    }
    left |= secret_field(ui, again, "Password again", is_typed).lost_focus();
    note(ui, if open { "Whoever forgets it cannot open the file any more." } else { NO_PASSWORD });
    left || left_texts
}

fn tiff(ui: &mut Ui, choices: &mut SaveChoices) {
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
