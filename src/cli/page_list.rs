//! Pages named by their numbers: `3`, `1-4`, `2,5-7`, `4-`, `odd`, `even`, `all`.

use std::collections::BTreeSet;
use std::str::FromStr;

/// Most pieces of a list; nobody types more.
const MOST_PIECES: usize = 1000;

/// A list of pages that was read; which pages it means depends on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageList(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    All,
    Odd,
    Even,
    /// From one number to another, both included; backwards when the second is lower.
    Range(u32, u32),
    /// From a number to the end.
    From(u32),
}

impl FromStr for PageList {
    type Err = String;

    fn from_str(text: &str) -> Result<PageList, String> {
        let wrong = || "pages are named like 3, 1-4, 2,5-7, 4-, odd, even or all".to_owned();
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(wrong);
        let pieces = text.split(',').map(|piece| match piece.trim() {
            "all" => Ok(Piece::All),
            "odd" => Ok(Piece::Odd),
            "even" => Ok(Piece::Even),
            piece => match piece.split_once('-') {
                None => number(piece).map(|number| Piece::Range(number, number)),
                Some((from, "")) => number(from).map(Piece::From),
                Some((from, to)) => Ok(Piece::Range(number(from)?, number(to)?)),
            },
        });
        let pieces: Vec<Piece> = pieces.collect::<Result<_, String>>()?;
        if pieces.len() > MOST_PIECES { Err(wrong()) } else { Ok(PageList(pieces)) }
    }
}

impl PageList {
    /// Whether it means every page in order, without saying how many.
    pub fn is_all(&self) -> bool {
        self.0 == [Piece::All]
    }

    /// The pages it means in a document of so many, by their places from 0, in the order in which they are named and
    /// each once.
    ///
    /// # Errors
    /// The first number that the document does not have.
    pub fn places(&self, pages: usize) -> Result<Vec<usize>, u32> {
        let mut seen = BTreeSet::new();
        let mut places = Vec::new();
        let mut take = |place: usize| {
            if seen.insert(place) {
                places.push(place);
            }
        };
        for piece in &self.0 {
            match *piece {
                Piece::All => (0..pages).for_each(&mut take),
                Piece::Odd => (0..pages).step_by(2).for_each(&mut take),
                Piece::Even => (1..pages).step_by(2).for_each(&mut take),
                Piece::From(from) => (place(from, pages)?..pages).for_each(&mut take),
                Piece::Range(from, to) => {
                    let (from, to) = (place(from, pages)?, place(to, pages)?);
                    if from <= to { (from..=to).for_each(&mut take) } else { (to..=from).rev().for_each(&mut take) }
                }
            }
        }
        Ok(places)
    }
}

fn place(number: u32, pages: usize) -> Result<usize, u32> {
    let place = (number as usize).checked_sub(1).filter(|place| *place < pages);
    place.ok_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_means_pages() {
        let places = |text: &str, pages| text.parse::<PageList>().map(|list| list.places(pages));
        assert_eq!(places("3", 5), Ok(Ok(vec![2])));
        assert_eq!(places("2,4-5,2", 5), Ok(Ok(vec![1, 3, 4])));
        assert_eq!(places("5-3", 5), Ok(Ok(vec![4, 3, 2])));
        assert_eq!(places("4-", 5), Ok(Ok(vec![3, 4])));
        assert_eq!(places("even, odd", 5), Ok(Ok(vec![1, 3, 0, 2, 4])));
        assert_eq!(places("all", 0), Ok(Ok(vec![])));
        assert_eq!(places("6", 5), Ok(Err(6)));
        assert_eq!(places("1-9", 5), Ok(Err(9)));
        for wrong in ["", "0", "-3", "a", "1--2", "1,,2", "3-2-1", "4294967296"] {
            assert!(places(wrong, 5).is_err(), "{wrong}");
        }
    }
}
