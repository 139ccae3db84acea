//! The device of a case as a thing with paper in it. It is not what is tested: the driver around it
//! and the reference automaton both look at it.

use std::collections::{BTreeSet, VecDeque};

use lightbar::minidriver::{Condition, DrawnAhead, Resumed};

use super::scenario::{Face, Incident, Piece, Scenario, Sheet};
use crate::support::transfer::page_bytes;

/// What a device does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happens {
    Incident(Incident),
    /// A page begins; its length when the device tells it.
    Page(Option<u64>),
    NoPaper,
    Band(Vec<u8>),
    EndOfPage,
}

/// See the module. A side that is fed again comes with its bytes, but what happened once is over.
pub struct Paper {
    sheets: Vec<Sheet>,
    reload: Vec<Sheet>,
    resumes: VecDeque<Result<Resumed, Condition>>,
    limit: u32,
    ahead: u32,
    passes_on: u32,
    sheet: usize,
    face: usize,
    /// The next piece of the page under way.
    piece: usize,
    happened: BTreeSet<(usize, usize, bool, usize)>,
}

impl Paper {
    pub fn of(scenario: &Scenario) -> Paper {
        Paper {
            sheets: scenario.sheets.clone(),
            reload: scenario.reload.clone(),
            resumes: scenario.resumes.clone().into(),
            limit: scenario.pages,
            ahead: scenario.ahead,
            passes_on: scenario.passes_on,
            sheet: 0,
            face: 0,
            piece: 0,
            happened: BTreeSet::new(),
        }
    }

    fn under_way(&self) -> Option<&Face> {
        self.sheets.get(self.sheet).map(|sheet| &sheet[self.face])
    }

    fn happens_first_time(&mut self, inside: bool, at: usize) -> bool {
        self.happened.insert((self.sheet, self.face, inside, at))
    }

    /// The sides that have left the tray for good.
    pub fn sides_gone(&self) -> u32 {
        let sheet = self.sheets.first().map_or(1, Vec::len);
        (self.sheet * sheet + self.face) as u32
    }

    pub fn is_loaded(&self) -> bool {
        self.under_way().is_some()
    }

    /// Between pages.
    pub fn before_page(&mut self) -> Happens {
        let Some(face) = self.under_way().cloned() else { return Happens::NoPaper };
        for (at, incident) in face.before.iter().enumerate() {
            if self.happens_first_time(false, at) {
                return Happens::Incident(*incident);
            }
        }
        self.piece = 0;
        Happens::Page(face.announced.then(|| face.length() as u64))
    }

    /// In a page.
    pub fn in_page(&mut self) -> Happens {
        let Some(face) = self.under_way().cloned() else { return Happens::EndOfPage };
        loop {
            let at = self.piece;
            self.piece += 1;
            match face.inside.get(at) {
                None => {
                    self.go_on();
                    return Happens::EndOfPage;
                }
                Some(Piece::Band(count)) => return Happens::Band(self.bytes(&face, at, usize::from(*count))),
                Some(Piece::Incident(incident)) if self.happens_first_time(true, at) => {
                    return Happens::Incident(*incident);
                }
                Some(Piece::Incident(_)) => {}
            }
        }
    }

    /// Bytes that belong to this place of this side of this sheet and to no other.
    fn bytes(&self, face: &Face, at: usize, count: usize) -> Vec<u8> {
        let whole = page_bytes((self.sheet * 2 + self.face + 1) as u8, face.length());
        let before = Face { inside: face.inside[..at].to_vec(), ..Face::default() }.length();
        whole[before..before + count].to_vec()
    }

    fn go_on(&mut self) {
        self.face += 1;
        if self.face == self.sheets[self.sheet].len() {
            self.face = 0;
            self.sheet += 1;
        }
    }

    /// A person says that it is put right. What the device finds then.
    pub fn looked_at_again(&mut self) -> Result<Resumed, Condition> {
        if self.under_way().is_none() {
            self.sheets.append(&mut self.reload);
        }
        let found = self.resumes.pop_front().unwrap_or(Ok(Resumed::PageAgain));
        if found == Ok(Resumed::PageAgain) {
            // The sheet under way lies in the tray again.
            self.face = 0;
            self.piece = 0;
        }
        found
    }

    pub fn drawn_ahead(&self) -> DrawnAhead {
        match self.under_way() {
            Some(_) if self.sides_gone() < self.limit + self.ahead => DrawnAhead::Page,
            _ if self.passes_on > 0 => DrawnAhead::PassesOn(self.passes_on),
            _ => DrawnAhead::Nothing,
        }
    }
}
