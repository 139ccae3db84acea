//! Names of the files of one save.

use std::path::{Path, PathBuf};

use super::{ExportDocument, ExportError, Field, NameTemplate, SaveOptions, TemplateValues};

/// How the files of a save are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// Exactly the name given, as long as there is one file; further ones are numbered.
    #[default]
    Exact,
    /// `FILE-001.png`, `FILE-002.png` …, also when there is only one.
    Numbered,
    /// The name given is a template ([`NameTemplate`]). Files that it does not tell apart are numbered.
    Template,
}

/// Digits of a page's number in a file name, at least.
const DIGITS: usize = 3;

/// `FILE-001.png` for `FILE.png` and 1. All names of one save have the same number of digits.
pub fn numbered(target: &Path, number: u32, of: u32) -> PathBuf {
    let digits = of.to_string().len().max(DIGITS);
    let mut name = target.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("-{number:0digits$}"));
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The names that the files of a save would have now. A counter looks at the folder.
///
/// # Errors
/// [`ExportError::Name`] for a template that gives none.
pub fn planned_names(
    document: &ExportDocument,
    target: &Path,
    options: &SaveOptions,
) -> Result<Vec<PathBuf>, ExportError> {
    let in_each = match options.pages_per_file {
        _ if !options.format.holds_many_pages() => 1,
        Some(pages) => pages.get(),
        None => u32::MAX,
    };
    let pages = u32::try_from(document.pages.len()).unwrap_or(u32::MAX);
    let first_pages: Vec<u32> = (1..=pages).step_by(usize::try_from(in_each).unwrap_or(usize::MAX)).collect();
    names(document, target, &first_pages, options.naming)
}

/// The names of the files of a save: `first_pages` has, for each file, the number of its first page.
///
/// # Errors
/// [`ExportError::Name`] for a template that gives none.
pub(super) fn names(
    document: &ExportDocument,
    target: &Path,
    first_pages: &[u32],
    naming: Naming,
) -> Result<Vec<PathBuf>, ExportError> {
    let files = u32::try_from(first_pages.len()).unwrap_or(u32::MAX);
    match naming {
        Naming::Exact if files == 1 => Ok(vec![target.to_path_buf()]),
        Naming::Exact | Naming::Numbered => Ok((1..=files).map(|number| numbered(target, number, files)).collect()),
        Naming::Template => from_template(&NameTemplate::read(target)?, &TemplateValues::of(document), first_pages),
    }
}

fn from_template(
    template: &NameTemplate,
    values: &TemplateValues,
    first_pages: &[u32],
) -> Result<Vec<PathBuf>, ExportError> {
    let files = u32::try_from(first_pages.len()).unwrap_or(u32::MAX);
    let is_told_apart = files == 1 || template.has(Field::Page) || template.has(Field::Counter);
    let mut counter = 0;
    let mut names = Vec::with_capacity(first_pages.len());
    for (number, page) in (1..).zip(first_pages) {
        counter = template.free_counter(values, *page, counter, |name| name.symlink_metadata().is_ok())?;
        let name = template.name(values, *page, counter);
        names.push(if is_told_apart { name } else { numbered(&name, number, files) });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn files_are_numbered_beside_the_target() {
        let target = Path::new("/a.b/scan.of x.png");
        let names = |target, files: u32, naming| {
            let first_pages: Vec<u32> = (1..=files).collect();
            names(&ExportDocument::default(), target, &first_pages, naming).expect("they are no templates")
        };
        assert_eq!(names(target, 1, Naming::Exact), [target]);
        assert_eq!(names(target, 1, Naming::Numbered), [Path::new("/a.b/scan.of x-001.png")]);
        assert_eq!(names(target, 2, Naming::Exact)[1], Path::new("/a.b/scan.of x-002.png"));
        assert_eq!(numbered(Path::new("x"), 7, 1000), Path::new("x-0007"));
        let bytes = |name: &'static [u8]| Path::new(OsStr::from_bytes(name));
        assert_eq!(numbered(bytes(b"sc\xe4n.p\xfcg"), 7, 1), bytes(b"sc\xe4n-007.p\xfcg"), "whatever its bytes are");
    }
    #[test]
    fn a_template_tells_files_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = Some("Scanner".to_owned());
        let document = ExportDocument { device, pages: Vec::new(), ..ExportDocument::default() };
        let names = |template: &str, first_pages: &[u32]| -> Vec<String> {
            let names = names(&document, &folder.path().join(template), first_pages, Naming::Template);
            let last = |name: &PathBuf| name.file_name().map(|name| name.to_string_lossy().into_owned());
            names.expect("a template").iter().filter_map(last).collect()
        };
        assert_eq!(names("{device}.pdf", &[1]), ["Scanner.pdf"]);
        assert_eq!(names("{device}.pdf", &[1, 4]), ["Scanner-001.pdf", "Scanner-002.pdf"]);
        assert_eq!(names("{device}-{page}.pdf", &[1, 4]), ["Scanner-001.pdf", "Scanner-004.pdf"]);
        std::fs::write(folder.path().join("x-002.pdf"), "").expect("written");
        assert_eq!(names("x-{counter}.pdf", &[1, 4, 7]), ["x-001.pdf", "x-003.pdf", "x-004.pdf"]);
    }
}
