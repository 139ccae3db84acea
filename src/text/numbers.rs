//! Numbers as people read them.

use std::time::Duration;

/// `1,204`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `182 × 257 mm`: pixels of this resolution on paper.
pub fn millimetres(width: u32, height: u32, dpi: u32) -> String {
    let mm = |pixels: u32| f64::from(pixels) * 25.4 / f64::from(dpi.max(1));
    format!("{:.0} × {:.0} mm", mm(width), mm(height))
}

/// `12.4 MB`, in powers of ten as disks and cables are sold.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        bytes if bytes >= 1e3 => format!("{:.0} kB", bytes / 1e3),
        bytes => format!("{bytes:.0} B"),
    }
}

/// `about 6 s`, `about 2 min`.
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil();
    if seconds < 90.0 { format!("about {seconds:.0} s") } else { format!("about {:.0} min", seconds / 60.0) }
}

/// `page 3`, `pages 3–5`, `pages 1, 3 and 5–8`; of many pieces only how many pages. In order, each once.
pub fn page_list(numbers: &[u32]) -> String {
    /// More pieces than these nobody reads in a line.
    const PIECES: usize = 4;
    let mut pieces: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match pieces.last_mut() {
            Some((_, last)) if last.saturating_add(1) == *number => *last = *number,
            _ => pieces.push((*number, *number)),
        }
    }
    let piece =
        |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    match (numbers, pieces.split_last()) {
        ([only], _) => format!("page {only}"),
        _ if pieces.len() > PIECES => format!("{} pages", numbers.len()),
        (_, Some((last, []))) => format!("pages {}", piece(last)),
        (_, Some((last, before))) => {
            let before: Vec<String> = before.iter().map(piece).collect();
            format!("pages {} and {}", before.join(", "), piece(last))
        }
        (_, None) => "no page".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(204), "204");
        assert_eq!(grouped(1_204), "1,204");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(12_400_000.0), "12.4 MB");
        assert_eq!(bytes(950.0), "950 B");
        assert_eq!(millimetres(2480, 3508, 300), "210 × 297 mm");
        assert_eq!(about(Duration::from_millis(5_200)), "about 6 s");
        assert_eq!(about(Duration::from_secs(150)), "about 2 min");
        assert_eq!(page_list(&[3]), "page 3");
        assert_eq!(page_list(&[3, 4, 5]), "pages 3–5");
        assert_eq!(page_list(&[1, 3, 5, 6, 7]), "pages 1, 3 and 5–7");
        assert_eq!(page_list(&[1, 3, 5, 7, 9, 10]), "6 pages");
        assert_eq!(page_list(&[]), "no page");
    }
}
