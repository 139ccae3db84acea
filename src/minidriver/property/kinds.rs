//! The values of properties as Rust types, with the numbers of the headers (reference, part 3 and 4.4).

use super::super::{ColorMode, ItemCategory, OfferedFormat, OnMultiFeed, Streams};
use super::{Guid, PropertyType, Value};

macro_rules! numbered {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $number:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $variant_doc])+ $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// WIA's number.
            pub const fn number(self) -> i32 {
                match self {
                    $($name::$variant => $number,)*
                }
            }
        }

        impl PropertyType for $name {
            fn to_value(&self) -> Value {
                Value::Number(self.number())
            }

            fn from_value(value: &Value) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.to_value() == *value)
            }
        }
    };
}

macro_rules! bits {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $bit_doc:literal])+ $bit:ident = $number:literal;)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub i32);

        impl $name {
            $($(#[doc = $bit_doc])+ pub const $bit: $name = $name($number);)*

            /// Both sets of bits.
            #[must_use]
            pub const fn and(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            /// Whether all of these bits are set.
            pub const fn has(self, bits: $name) -> bool {
                self.0 & bits.0 == bits.0
            }

            /// Whether any of these bits is set.
            pub const fn has_any(self, bits: $name) -> bool {
                self.0 & bits.0 != 0
            }

            /// Without these bits.
            #[must_use]
            pub const fn without(self, bits: $name) -> $name {
                $name(self.0 & !bits.0)
            }
        }

        impl PropertyType for $name {
            fn to_value(&self) -> Value {
                Value::Number(self.0)
            }

            fn from_value(value: &Value) -> Option<$name> {
                i32::from_value(value).map($name)
            }
        }
    };
}

numbered! {
    /// What a pixel is.
    DataType {
        /// One bit by a threshold.
        Threshold = 0,
        /// Gray.
        Gray = 2,
        /// Colour.
        Color = 3,
    }
}

numbered! {
    /// How pages are handed over.
    Tymed {
        /// One stream, or file, per page.
        File = 2,
        /// Bands in memory; the older model alone.
        Callback = 128,
        /// One stream, or file, for all pages.
        MultipageFile = 256,
        /// Bands of several pages; never offered.
        MultipageCallback = 512,
    }
}

numbered! {
    /// Compression within a format.
    CompressionKind {
        /// None.
        None = 0,
        /// JPEG.
        Jpeg = 5,
        /// As PNG does it.
        Png = 8,
        /// The device decides.
        Auto = 100,
    }
}

numbered! {
    /// What several sheets drawn in at once mean (R50).
    MultiFeed {
        /// They are not looked for.
        Disabled = 0,
        /// The job fails with `MULTI_FEED`.
        StopError = 1,
        /// The job ends well.
        StopSuccess = 2,
        /// The job goes on.
        Continue = 3,
    }
}

numbered! {
    /// How a sheet lies, or by how much a picture is turned; counter-clockwise.
    Orientation {
        /// Upright.
        Portrait = 0,
        /// By 90 degrees.
        Landscape = 1,
        /// By 180 degrees.
        Rot180 = 2,
        /// By 270 degrees.
        Rot270 = 3,
    }
}

impl Orientation {
    /// Whether width and height change places.
    pub const fn is_sideways(self) -> bool {
        matches!(self, Orientation::Landscape | Orientation::Rot270)
    }
}

bits! {
    /// What a picture is for.
    Intent {
        /// A colour picture.
        COLOR = 0x1;
        /// A gray picture.
        GRAY = 0x2;
        /// Text: line art.
        TEXT = 0x4;
        /// A small file.
        MINIMIZE_SIZE = 0x1_0000;
        /// The best picture.
        MAXIMIZE_QUALITY = 0x2_0000;
        /// A quick look.
        BEST_PREVIEW = 0x4_0000;
    }
}

bits! {
    /// One side or both, and which first (R54).
    Selection {
        /// The feeder, in the older model.
        FEEDER = 0x1;
        /// The glass, in the older model.
        FLATBED = 0x2;
        /// Both sides.
        DUPLEX = 0x4;
        /// The front comes first.
        FRONT_FIRST = 0x8;
        /// The back comes first.
        BACK_FIRST = 0x10;
        /// Fronts alone.
        FRONT_ONLY = 0x20;
        /// Backs alone.
        BACK_ONLY = 0x40;
        /// Both sides with settings of their own.
        ADVANCED_DUPLEX = 0x400;
    }
}

bits! {
    /// What kind of node an item is (reference, part 3).
    ItemFlags {
        /// Has an image.
        IMAGE = 0x1;
        /// Is a file.
        FILE = 0x2;
        /// Has children.
        FOLDER = 0x4;
        /// Is the root.
        ROOT = 0x8;
        /// Is the device.
        DEVICE = 0x40;
        /// Was deleted.
        DELETED = 0x80;
        /// Can be transferred. An item without this bit cannot.
        TRANSFER = 0x2000;
        /// Can be told what to scan.
        PROGRAMMABLE = 0x8_0000;
    }
}

bits! {
    /// What the device has (`DPS_DOCUMENT_HANDLING_CAPABILITIES`).
    HandlingCapabilities {
        /// A feeder.
        FEED = 0x1;
        /// A flatbed.
        FLAT = 0x2;
        /// Both sides.
        DUPLEX = 0x4;
        /// Notices paper in the feeder.
        DETECT_FEED = 0x20;
        /// A lamp for film.
        FILM = 0x200;
        /// Keeps pictures in a memory of its own.
        STORAGE = 0x800;
    }
}

bits! {
    /// What the device says of itself (`DPS_DOCUMENT_HANDLING_STATUS`).
    HandlingStatus {
        /// Paper is in the feeder.
        FEED_READY = 0x1;
        /// The glass can be used.
        FLAT_READY = 0x2;
        /// Both sides can be scanned.
        DUPLEX_READY = 0x4;
        /// A cover of the paper path is open.
        PATH_COVER_UP = 0x10;
        /// Paper is jammed.
        PAPER_JAM = 0x20;
        /// Several sheets were drawn in at once.
        MULTIPLE_FEED = 0x200;
        /// Something has to be done at the device.
        DEVICE_ATTENTION = 0x400;
        /// The lamp is defective.
        LAMP_ERROR = 0x800;
    }
}

/// The formats a page can be had in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A Windows bitmap; made from whatever the device sends.
    Bmp,
    /// A bitmap without its file header; in banded transfers of the older model.
    MemoryBmp,
    /// A JPEG file.
    Jpeg,
    /// A PNG file.
    Png,
    /// A TIFF file.
    Tiff,
    /// Rows with a header of WIA's own.
    Raw,
}

impl Format {
    /// All of them.
    pub const ALL: &'static [Format] =
        &[Format::Bmp, Format::MemoryBmp, Format::Jpeg, Format::Png, Format::Tiff, Format::Raw];

    /// Its identifier.
    pub const fn guid(self) -> Guid {
        Guid(match self {
            Format::MemoryBmp => 0xb96b3caa_0728_11d3_9d7b_0000f81ef32e,
            Format::Bmp => 0xb96b3cab_0728_11d3_9d7b_0000f81ef32e,
            Format::Jpeg => 0xb96b3cae_0728_11d3_9d7b_0000f81ef32e,
            Format::Png => 0xb96b3caf_0728_11d3_9d7b_0000f81ef32e,
            Format::Tiff => 0xb96b3cb1_0728_11d3_9d7b_0000f81ef32e,
            Format::Raw => 0x6f120719_f1a8_4e07_9ade_9b64c63a3dcc,
        })
    }

    /// The usual end of a file's name, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Bmp | Format::MemoryBmp => "bmp",
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Tiff => "tif",
            Format::Raw => "",
        }
    }

    /// What a device sends for this format as it is; `None` for a format that is made here.
    pub const fn sent_as(self) -> Option<OfferedFormat> {
        match self {
            Format::Jpeg => Some(OfferedFormat::Jpeg),
            Format::Png => Some(OfferedFormat::Png),
            Format::Tiff => Some(OfferedFormat::Tiff),
            Format::Bmp | Format::MemoryBmp | Format::Raw => None,
        }
    }

    /// Compression within it.
    pub const fn compression(self) -> CompressionKind {
        match self {
            Format::Bmp | Format::MemoryBmp | Format::Raw => CompressionKind::None,
            Format::Jpeg => CompressionKind::Jpeg,
            Format::Png => CompressionKind::Png,
            Format::Tiff => CompressionKind::Auto,
        }
    }
}

impl PropertyType for Format {
    fn to_value(&self) -> Value {
        Value::Guid(self.guid())
    }

    fn from_value(value: &Value) -> Option<Format> {
        Format::ALL.iter().copied().find(|format| format.to_value() == *value)
    }
}

impl From<OfferedFormat> for Format {
    fn from(offered: OfferedFormat) -> Format {
        match offered {
            OfferedFormat::Jpeg => Format::Jpeg,
            OfferedFormat::Png => Format::Png,
            OfferedFormat::Tiff => Format::Tiff,
            OfferedFormat::Rows => Format::Raw,
        }
    }
}

impl DataType {
    /// Of which type the pixels of a mode are, and how many bits they have.
    pub const fn of(mode: ColorMode) -> (DataType, i32) {
        match mode {
            ColorMode::LineArt => (DataType::Threshold, 1),
            ColorMode::Gray => (DataType::Gray, 8),
            ColorMode::Gray16 => (DataType::Gray, 16),
            ColorMode::Color => (DataType::Color, 24),
            ColorMode::Color48 => (DataType::Color, 48),
        }
    }

    /// The mode of this type with so many bits per pixel.
    pub fn mode(self, depth: i32) -> Option<ColorMode> {
        [ColorMode::LineArt, ColorMode::Gray, ColorMode::Gray16, ColorMode::Color, ColorMode::Color48]
            .into_iter()
            .find(|mode| DataType::of(*mode) == (self, depth))
    }

    /// Samples per pixel.
    pub const fn channels(self) -> i32 {
        match self {
            DataType::Threshold | DataType::Gray => 1,
            DataType::Color => 3,
        }
    }
}

impl Tymed {
    /// How pages are spread over streams.
    pub const fn streams(self) -> Streams {
        match self {
            Tymed::File | Tymed::Callback => Streams::PerPage,
            Tymed::MultipageFile | Tymed::MultipageCallback => Streams::OneForAll,
        }
    }
}

impl From<MultiFeed> for OnMultiFeed {
    fn from(setting: MultiFeed) -> OnMultiFeed {
        match setting {
            // A device that looks although nobody wants it to is not believed.
            MultiFeed::Disabled | MultiFeed::Continue => OnMultiFeed::GoOn,
            MultiFeed::StopError => OnMultiFeed::Fail,
            MultiFeed::StopSuccess => OnMultiFeed::End,
        }
    }
}

/// The identifier of the root's category.
pub const ROOT_CATEGORY: Guid = Guid(0xf193526f_59b8_4a26_9888_e16e4f97ce10);

impl ItemCategory {
    /// The category's identifier.
    pub const fn guid(self) -> Guid {
        Guid(match self {
            ItemCategory::Flatbed => 0xfb607b1f_43f3_488b_855b_fb703ec342a6,
            ItemCategory::Feeder => 0xfe131934_f84c_42ad_8da4_6129cddd7288,
        })
    }

    /// The flags every item of the category has.
    pub const fn flags(self) -> ItemFlags {
        ItemFlags::PROGRAMMABLE.and(ItemFlags::TRANSFER).and(ItemFlags::IMAGE).and(ItemFlags::FILE)
    }
}
