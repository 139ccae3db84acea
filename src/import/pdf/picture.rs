//! The picture that a page consists of, as it stands in the file: a JPEG byte for byte, other data unpacked
//! without loss. What cannot be taken so is drawn.

use hayro_syntax::Filter;
use hayro_syntax::object::stream::ImageDecodeParams;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use crate::import::Remark;
use crate::import::jpeg::look_through;
use crate::raster::{JpegMarkers, RowLayout};

use super::message::{Kind, Pixels, Teller, Told};
use super::page::OnlyPicture;
use super::reading::Stopped;

/// What samples mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Gray,
    Rgb,
    Cmyk,
}

impl Space {
    const fn components(self) -> u8 {
        match self {
            Space::Gray => 1,
            Space::Rgb => 3,
            Space::Cmyk => 4,
        }
    }

    fn of_components(components: i64) -> Option<Space> {
        match components {
            1 => Some(Space::Gray),
            3 => Some(Space::Rgb),
            4 => Some(Space::Cmyk),
            _ => None,
        }
    }
}

/// Tells a picture; `false` when it has to be drawn, and nothing was told.
pub(super) fn tell(only: &OnlyPicture<'_>, number: u32, teller: &mut Teller<'_>) -> Result<bool, Stopped> {
    let dict = only.image.dict();
    let transparent = [&b"SMask"[..], b"Mask", b"OC", b"SMaskInData"].iter().any(|key| dict.contains_key(key));
    if transparent {
        return Ok(false);
    }
    let filters = only.image.filters();
    let told = match filters.as_slice() {
        [Filter::DctDecode] => jpeg(only, number, teller)?,
        [Filter::CcittFaxDecode | Filter::FlateDecode | Filter::LzwDecode | Filter::RunLengthDecode] | [] => {
            rows(only, teller)?
        }
        _ => None,
    };
    let Some(profile) = told else { return Ok(false) };
    if profile {
        teller.tell(&Told::Remark(Remark::ProfileLeftOut(number)))?;
    }
    if only.hidden_text {
        teller.tell(&Told::Remark(Remark::HiddenTextLeftOut(number)))?;
    }
    teller.tell(&Told::End)?;
    Ok(true)
}

fn begin(only: &OnlyPicture<'_>, kind: Kind, bytes: u64) -> Told {
    let OnlyPicture { width, height, dpi, look, .. } = *only;
    Told::Begin { kind, width, height, dpi: dpi.round() as u32, bytes, look }
}

/// Tells a JPEG as it is. Says whether a colour profile was left out.
fn jpeg(only: &OnlyPicture<'_>, number: u32, teller: &mut Teller<'_>) -> Result<Option<bool>, Stopped> {
    let dict = only.image.dict();
    let Some((space, profile)) = space(dict) else { return Ok(None) };
    let bytes = only.image.raw_data();
    let mut markers = JpegMarkers::new();
    markers.feed(&bytes);
    let facts = *markers.facts();
    let Some(frame) = facts.frame else { return Ok(None) };
    let as_said = u32::from(frame.width) == only.width
        && facts.height().map(u32::from) == Some(only.height)
        && frame.components == space.components()
        && dict.get::<u8>(b"BitsPerComponent").is_none_or(|bits| bits == 8);
    // Four inks that come with an Adobe segment are inverted to every decoder but PDF's, which has to be told.
    let inverted = match decode(dict, space.components()) {
        Decode::AsUsual => false,
        Decode::Inverted => true,
        Decode::Other => return Ok(None),
    };
    let should_be = space == Space::Cmyk && facts.adobe_transform.is_some();
    let transformed = dict.get::<Dict<'_>>(b"DecodeParms").is_some_and(|parms| parms.contains_key(b"ColorTransform"));
    if !as_said || inverted != should_be || transformed || !facts.is_whole() {
        return Ok(None);
    }
    // What a page is made of must be something that can be shown.
    match look_through(&bytes[..], number, &mut || Ok(())) {
        Ok(shown) if shown.whole && shown.rows == only.height => {}
        _ => return Ok(None),
    }
    teller.tell(&begin(only, Kind::Jpeg, bytes.len() as u64))?;
    teller.data(&bytes)?;
    Ok(Some(profile))
}

/// Tells unpacked rows. Says whether a colour profile was left out.
fn rows(only: &OnlyPicture<'_>, teller: &mut Teller<'_>) -> Result<Option<bool>, Stopped> {
    let dict = only.image.dict();
    let stencil = dict.get::<bool>(b"ImageMask").unwrap_or(false);
    let (space, profile) = if stencil {
        // What is not painted stays as white as the paper.
        if !only.ink_is_black {
            return Ok(None);
        }
        (Space::Gray, false)
    } else {
        match space(dict) {
            Some(space) => space,
            None => return Ok(None),
        }
    };
    let is_fax = only.image.filters().as_slice() == [Filter::CcittFaxDecode];
    let bits = if stencil || is_fax { 1 } else { dict.get::<u8>(b"BitsPerComponent").unwrap_or(8) };
    let pixels = match (space, bits) {
        (Space::Gray, 1) => Pixels::Bw1,
        (Space::Gray, 8) => Pixels::Gray8,
        (Space::Gray, 16) => Pixels::Gray16,
        (Space::Rgb, 8) => Pixels::Rgb8,
        (Space::Rgb, 16) => Pixels::Rgb16,
        (Space::Cmyk, 8) => Pixels::Cmyk8,
        _ => return Ok(None),
    };
    let inverted = match decode(dict, space.components()) {
        Decode::AsUsual => false,
        Decode::Inverted => true,
        Decode::Other => return Ok(None),
    };
    let layout = RowLayout::packed(only.width, pixels.format());
    let expected = layout.stride as u64 * u64::from(only.height);
    let parameters = ImageDecodeParams {
        // Asks for packed bits; the fax decoder makes bytes of them otherwise.
        is_indexed: true,
        bpc: Some(bits),
        num_components: Some(space.components()),
        target_dimension: None,
        width: only.width,
        height: only.height,
    };
    let Ok(unpacked) = only.image.decoded_image(&parameters) else { return Ok(None) };
    if unpacked.image_data.as_ref().is_some_and(|data| data.width != only.width || data.bits_per_component != bits) {
        return Ok(None);
    }
    // One that breaks off is left to the library, which knows what other programs show of it.
    let Some(bytes) = usize::try_from(expected).ok().and_then(|expected| unpacked.data.get(..expected)) else {
        return Ok(None);
    };
    teller.tell(&begin(only, Kind::Rows(pixels), expected))?;
    let mut row = Vec::new();
    for raw in bytes.chunks_exact(layout.stride.max(1)) {
        row.clear();
        row.extend_from_slice(raw);
        if inverted {
            row.iter_mut().for_each(|byte| *byte = !*byte);
        }
        // Bits behind the last pixel are zero, so that the same page is the same bytes.
        if let (Pixels::Bw1, Some(last), rest @ 1..) = (pixels, row.last_mut(), only.width % 8) {
            *last &= !(0xff >> rest);
        }
        teller.data(&row)?;
    }
    Ok(Some(profile))
}

/// What a picture's samples mean, and whether a profile says so more exactly. `None` for what only drawing
/// can make colours of.
fn space(dict: &Dict<'_>) -> Option<(Space, bool)> {
    match dict.get::<Object<'_>>(b"ColorSpace")? {
        Object::Name(name) => device(&name).map(|space| (space, false)),
        Object::Array(array) => {
            let mut entries = array.flex_iter();
            match entries.next::<Name<'_>>()?.as_ref() {
                b"ICCBased" => {
                    let components = entries.next::<Stream<'_>>()?.dict().get::<Number>(b"N")?;
                    Space::of_components(components.as_i64()).map(|space| (space, true))
                }
                b"CalGray" => Some((Space::Gray, true)),
                b"CalRGB" => Some((Space::Rgb, true)),
                name => device(&Name::new_unescaped(name)).map(|space| (space, false)),
            }
        }
        _ => None,
    }
}

fn device(name: &Name<'_>) -> Option<Space> {
    match name.as_ref() {
        b"DeviceGray" | b"G" => Some(Space::Gray),
        b"DeviceRGB" | b"RGB" => Some(Space::Rgb),
        b"DeviceCMYK" | b"CMYK" => Some(Space::Cmyk),
        _ => None,
    }
}

/// How samples are mapped to shades.
#[derive(PartialEq, Eq)]
enum Decode {
    AsUsual,
    Inverted,
    Other,
}

fn decode(dict: &Dict<'_>, components: u8) -> Decode {
    let Some(array) = dict.get::<Array<'_>>(b"Decode") else { return Decode::AsUsual };
    let bounds: Vec<f32> = array.iter::<f32>().take(2 * usize::from(components)).collect();
    let pairs = bounds.as_chunks::<2>().0;
    if pairs.len() != usize::from(components) {
        Decode::Other
    } else if pairs.iter().all(|pair| *pair == [0.0, 1.0]) {
        Decode::AsUsual
    } else if pairs.iter().all(|pair| *pair == [1.0, 0.0]) {
        Decode::Inverted
    } else {
        Decode::Other
    }
}
