//! Arguments that the parser refuses, in the words and the object that every other refusal has.

use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::text::command_line;
use crate::text::errors::Sentences;

use super::CommandError;
use super::arguments::Arguments;
use super::report::Report;
use super::words::{print, say};

/// Whom an object about a failure is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectFor {
    /// Nobody asked for one.
    Nobody,
    /// Whoever reads standard output.
    Stdout,
    /// Whoever reads the last line of standard error: standard output is for the pages.
    Stderr,
}

/// Says why a command could not begin.
pub(super) fn tell(error: &CommandError, device: Option<String>, wanted: ObjectFor) -> ExitCode {
    say(format_args!("lightbar: {}", error.message));
    match wanted {
        ObjectFor::Nobody => {}
        ObjectFor::Stdout => print(&Report::failure(error, device).json()),
        ObjectFor::Stderr => say(format_args!("{}", Report::failure(error, device).json())),
    }
    ExitCode::from(error.status)
}

/// Ends a program whose arguments the parser did not take, or that was asked for help.
pub fn not_parsed(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody reads it: no reason to end differently.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    let sentences = refused(error, command_of(&given), &given);
    tell(&CommandError::usage(sentences.joined()), None, object_wanted(&given))
}

/// The command that somebody wanted, as it is typed.
fn command_of(given: &[OsString]) -> &'static str {
    let commands = [
        ("devices", "lightbar devices"),
        ("documents", "lightbar documents"),
        ("edit", "lightbar edit"),
        ("export", "lightbar export"),
        ("import", "lightbar import"),
        ("profiles", "lightbar profiles"),
        ("scan", "lightbar scan"),
        ("virtual", "lightbar virtual"),
    ];
    let named = given.iter().find_map(|word| commands.iter().find(|(command, _)| word == command));
    named.map_or("lightbar", |(_, typed)| typed)
}

/// A command with what it was to do, as that is typed to get help for it: `lightbar edit DOC crop`.
fn with_action(command: &str, given: &[OsString]) -> String {
    let all = Arguments::command();
    let within = command.strip_prefix("lightbar ").and_then(|name| all.find_subcommand(name));
    let Some(within) = within else { return command.to_owned() };
    let behind = given.iter().skip_while(|word| *word != within.get_name()).skip(1);
    let named = |word: &OsString| within.get_subcommands().find(|action| word == action.get_name());
    // What is named before the action, a document, may be called like one.
    let before = within.get_positionals().flat_map(|named| named.get_value_names().unwrap_or_default());
    let before: Vec<&str> = before.map(|name| name.as_str()).collect();
    let Some(action) = behind.skip(before.len()).find_map(named) else { return command.to_owned() };
    [&[command][..], &before, &[action.get_name()]].concat().join(" ")
}

/// What was asked for in arguments that cannot be read as a whole.
fn object_wanted(given: &[OsString]) -> ObjectFor {
    let options = || given.iter().take_while(|word| *word != "--");
    let for_pages = |word: &OsString| ["-o-", "-o=-", "--output=-"].iter().any(|typed| word == typed);
    let to_stdout = options().any(for_pages)
        || given.windows(2).any(|pair| (pair[0] == "-o" || pair[0] == "--output") && pair[1] == "-");
    match options().any(|word| word == "--json") {
        false => ObjectFor::Nobody,
        true if to_stdout => ObjectFor::Stderr,
        true => ObjectFor::Stdout,
    }
}

/// What the parser does not like, in words.
fn refused(error: &clap::Error, command: &str, given: &[OsString]) -> Sentences {
    let all = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let first = |kind| all(kind).into_iter().next().unwrap_or_default();
    let option = option_name(&first(ContextKind::InvalidArg));
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let command = &with_action(command, given);
            command_line::unknown_argument(&option, command, option_name(&first(ContextKind::SuggestedArg)).as_str())
        }
        ErrorKind::InvalidSubcommand => unknown_command(command, &first(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => unknown_command(command, ""),
        ErrorKind::TooManyValues => command_line::takes_no_value(&option),
        ErrorKind::InvalidUtf8 => command_line::no_text(command),
        ErrorKind::InvalidValue => {
            command_line::bad_value(&option, &first(ContextKind::InvalidValue), &all(ContextKind::ValidValue))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            command_line::refused_value(&option, &first(ContextKind::InvalidValue), &why)
        }
        ErrorKind::ArgumentConflict => {
            command_line::exclude_each_other(&option, &option_name(&first(ContextKind::PriorArg)))
        }
        ErrorKind::MissingRequiredArgument => {
            command_line::needed(command, &alternatives(&first(ContextKind::InvalidArg)))
        }
        _ => command_line::not_understood(&plain(error), command),
    }
}

/// A command that there is not; or, behind one that there is, what that cannot do.
fn unknown_command(command: &str, word: &str) -> Sentences {
    let all = Arguments::command();
    let within = command.strip_prefix("lightbar ").and_then(|name| all.find_subcommand(name));
    let known = within.unwrap_or(&all).get_subcommands().filter(|known| !known.is_hide_set());
    let known: Vec<&str> = known.map(clap::Command::get_name).filter(|name| *name != "help").collect();
    match within {
        Some(_) => command_line::unknown_action(command, word, &known),
        None => command_line::unknown_command(word, &known),
    }
}

/// `--mode` of `--mode <MODE>`, `PAGES` of `<PAGES>` and of `[PAGES]...`.
fn option_name(shown: &str) -> String {
    let name = shown.split([' ', '=']).next().unwrap_or_default();
    name.trim_end_matches("...").trim_start_matches(['<', '[']).trim_end_matches(['>', ']']).to_owned()
}

/// `--output` and `--batch` of `<--output <FILE>|--batch <NAME>>`.
fn alternatives(shown: &str) -> Vec<String> {
    shown.split('|').map(option_name).collect()
}

/// The parser's own first words.
fn plain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All commands, with the words that lead to each.
    fn commands(command: &clap::Command, path: Vec<String>) -> Vec<(Vec<String>, clap::Command)> {
        let mut found = vec![(path.clone(), command.clone())];
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            let mut inner_path = path.clone();
            // A document is named before what is to be done with it.
            inner_path.extend(command.get_positionals().map(|_| "last".to_owned()));
            inner_path.push(inner.get_name().to_owned());
            found.extend(commands(inner, inner_path));
        }
        found
    }

    /// Whatever is typed, the parser's own words for it are nobody's.
    #[test]
    fn every_value_that_cannot_be_is_refused_in_words() {
        const RAW: [&str; 9] =
            ["..", "invalid", "number would", "is not in", "cannot parse", "too large", "string", "<", ">"];
        let mut refusals = 0;
        for (path, command) in commands(&Arguments::command(), vec!["lightbar".to_owned()]) {
            let options = command.get_arguments().filter(|option| option.get_action().takes_values());
            for option in options {
                for value in ["☃", "-7", "99999999999", "1.5", "", "0"] {
                    let given = match option.get_long() {
                        Some(long) => vec![format!("--{long}={value}")],
                        None => vec!["--".to_owned(), value.to_owned()],
                    };
                    let Err(error) = Arguments::command().try_get_matches_from(path.iter().chain(&given)) else {
                        continue;
                    };
                    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
                        continue;
                    }
                    let said = refused(&error, "lightbar", &[]).joined();
                    let without = said.replacen(&format!("“{value}”"), "", 1);
                    assert!(!RAW.iter().any(|raw| without.contains(raw)), "{path:?} {given:?}: {said}");
                    assert!(said.ends_with('.') && said.contains(". ") || value.is_empty(), "{given:?}: {said}");
                    refusals += 1;
                }
            }
        }
        assert!(refusals > 60, "{refusals}");
    }
}
