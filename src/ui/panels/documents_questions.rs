//! What is asked over the list of documents: a title, and whether something may go for good.

use eframe::egui::{Align, Key, Ui};

use crate::document::DocumentId;
use crate::session::{Command, Snapshot};
use crate::text::errors::Sentences;
use crate::text::library::{clean_question, delete_question, empty_trash_question};

use super::super::documents_flow::{Browsing, Question};
use super::super::requests::Requests;
use super::super::widgets::{Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, paragraph, text_field};
use super::super::{fonts, theme};

const WIDTH: f32 = 440.0;

/// Shows what is asked, and does what was answered.
pub(super) fn question(ui: &Ui, shown: &Snapshot, browsing: &mut Browsing, requests: &mut Requests) {
    let Some(asked) = &mut browsing.question else { return };
    let shelf = shown.library.clone().unwrap_or_default();
    let answer = match asked {
        Question::Title { id, title, focused } => {
            dialog(ui, "documents", WIDTH, None, |ui| named(ui, id, title, focused))
        }
        Question::EmptyTrash => {
            let words = empty_trash_question(&shelf.trash);
            dialog(ui, "documents", WIDTH, None, |ui| sure(ui, &words, "Empty the trash", Command::EmptyTrash))
        }
        Question::DeleteForever(id) => match shelf.trash.iter().find(|entry| entry.id == *id) {
            Some(entry) => {
                let command = Command::DeleteForever(id.clone());
                dialog(ui, "documents", WIDTH, None, |ui| sure(ui, &delete_question(entry), "Delete for ever", command))
            }
            None => Some(None),
        },
        Question::Clean(id) => match shelf.documents.iter().find(|entry| entry.id == *id) {
            Some(entry) => {
                let command = Command::Clean(id.clone());
                dialog(ui, "documents", WIDTH, None, |ui| sure(ui, &clean_question(entry), "Clean up", command))
            }
            // It went meanwhile.
            None => Some(None),
        },
    };
    let Some(answer) = answer else { return };
    if let Some(command) = answer {
        browsing.asks(shown);
        if let Command::DeleteForever(_) = command {
            browsing.goes(&browsing.found(&shelf));
        }
        requests.send(command);
    }
    browsing.question = None;
    browsing.take_focus = browsing.selected.is_some();
    browsing.reveal = browsing.take_focus;
}

fn named(ui: &mut Ui, id: &DocumentId, title: &mut String, focused: &mut bool) -> Option<Option<Command>> {
    dialog_title(ui, "Rename the document");
    let field = text_field(ui, title, "Name", true);
    if !std::mem::replace(focused, true) {
        begin_typing(ui, &field, title.chars().count());
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    dialog_buttons(ui, |ui| {
        let save = Button::new("Rename").look(Look::Primary).show(ui).clicked();
        let back = Button::new("Cancel").show(ui).clicked();
        let words = title.trim();
        let command = || Command::Rename(id.clone(), (!words.is_empty()).then(|| words.to_owned()));
        (save || entered).then(|| Some(command())).or(back.then_some(None))
    })
}

/// Enter and Space keep everything.
fn sure(ui: &mut Ui, words: &Sentences, label: &str, command: Command) -> Option<Option<Command>> {
    dialog_title(ui, &words.title);
    paragraph(ui, &words.advice, fonts::regular(14.0), theme::tokens(ui).secondary, Align::LEFT);
    dialog_buttons(ui, |ui| {
        let keep = Button::new("Keep").look(Look::Primary).show(ui);
        if ui.memory(|memory| memory.focused().is_none()) {
            keep.request_focus();
        }
        let go = Button::new(label).look(Look::Risky).show(ui).clicked();
        go.then_some(Some(command)).or(keep.clicked().then_some(None))
    })
}
