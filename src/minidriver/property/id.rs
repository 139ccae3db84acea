//! The properties, with the numbers of the headers (reference, 4.4).

macro_rules! properties {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal, $wia:literal;)*) => {
        /// A property of an item. A number is only meaningful together with its item: the older model
        /// gave 3104 to 3107 other meanings on the root.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Property {
            /// Every property there is a name for.
            pub const ALL: &'static [Property] = &[$(Property::$name,)*];

            /// WIA's number.
            pub const fn id(self) -> u32 {
                match self {
                    $(Property::$name => $id,)*
                }
            }

            /// WIA's name, without `WIA_`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Property::$name => $wia,)*
                }
            }
        }
    };
}

properties! {
    /// What the device has: feeder, flatbed, both sides … (root).
    DocumentHandlingCapabilities = 3086, "DPS_DOCUMENT_HANDLING_CAPABILITIES";
    /// What it says of itself now (root). The one value that is asked of the device when it is read.
    DocumentHandlingStatus = 3087, "DPS_DOCUMENT_HANDLING_STATUS";
    /// One side, both sides, which first.
    DocumentHandlingSelect = 3088, "IPS_DOCUMENT_HANDLING_SELECT";
    /// The finest resolution of its optics across.
    OpticalXRes = 3090, "IPS_OPTICAL_XRES";
    /// The finest resolution of its optics down.
    OpticalYRes = 3091, "IPS_OPTICAL_YRES";
    /// How many sides; 0 is all.
    Pages = 3096, "IPS_PAGES";
    /// The paper.
    PageSize = 3097, "IPS_PAGE_SIZE";
    /// Its width, in thousandths of an inch.
    PageWidth = 3098, "IPS_PAGE_WIDTH";
    /// Its height, in thousandths of an inch.
    PageHeight = 3099, "IPS_PAGE_HEIGHT";
    /// A preview or a final scan.
    Preview = 3100, "IPS_PREVIEW";
    /// The lamp: 0 is on.
    Lamp = 3105, "IPS_LAMP";
    /// Deskewing: 0 is on.
    AutoDeskew = 3107, "IPS_AUTO_DESKEW";
    /// The item that a button event means (root).
    ScanAvailableItem = 3116, "DPS_SCAN_AVAILABLE_ITEM";
    /// The item's name.
    ItemName = 4098, "IPA_ITEM_NAME";
    /// Its path from the root.
    FullItemName = 4099, "IPA_FULL_ITEM_NAME";
    /// What kind of node it is.
    ItemFlags = 4101, "IPA_ITEM_FLAGS";
    /// Whether it can be read and written.
    AccessRights = 4102, "IPA_ACCESS_RIGHTS";
    /// Line art, gray, colour.
    DataType = 4103, "IPA_DATATYPE";
    /// Bits per pixel.
    Depth = 4104, "IPA_DEPTH";
    /// The format that costs least: what the device sends by itself.
    PreferredFormat = 4105, "IPA_PREFERRED_FORMAT";
    /// The format.
    Format = 4106, "IPA_FORMAT";
    /// Compression within the format.
    Compression = 4107, "IPA_COMPRESSION";
    /// One stream per page or one for all.
    Tymed = 4108, "IPA_TYMED";
    /// Samples per pixel.
    Channels = 4109, "IPA_CHANNELS";
    /// Bits per sample.
    BitsPerChannel = 4110, "IPA_BITS_PER_CHANNEL";
    /// Pixels in a row; an estimate, the image knows better.
    PixelsPerLine = 4112, "IPA_PIXELS_PER_LINE";
    /// Bytes in a row; an estimate.
    BytesPerLine = 4113, "IPA_BYTES_PER_LINE";
    /// Rows; an estimate.
    NumberOfLines = 4114, "IPA_NUMBER_OF_LINES";
    /// Bytes of a page; 0 is unknown.
    ItemSize = 4116, "IPA_ITEM_SIZE";
    /// The smallest buffer of a banded transfer, in bytes.
    BufferSize = 4118, "IPA_BUFFER_SIZE";
    /// The usual end of a file's name, without a dot.
    FilenameExtension = 4123, "IPA_FILENAME_EXTENSION";
    /// The category.
    ItemCategory = 4125, "IPA_ITEM_CATEGORY";
    /// What separates jobs in a stack.
    JobSeparators = 4165, "IPS_JOB_SEPARATORS";
    /// What happens to blank pages.
    BlankPages = 4167, "IPS_BLANK_PAGES";
    /// What happens when several sheets are drawn in at once.
    MultiFeed = 4168, "IPS_MULTI_FEED";
    /// Cropping to the sheet.
    AutoCrop = 4170, "IPS_AUTO_CROP";
    /// Scanning ahead into the device's memory.
    ScanAhead = 4180, "IPS_SCAN_AHEAD";
    /// Who moves the paper.
    FeederControl = 4182, "IPS_FEEDER_CONTROL";
    /// What the picture is for.
    CurIntent = 6146, "IPS_CUR_INTENT";
    /// Resolution across, in dpi.
    XRes = 6147, "IPS_XRES";
    /// Resolution down, in dpi.
    YRes = 6148, "IPS_YRES";
    /// The area's left edge, in pixels at the current resolution.
    XPos = 6149, "IPS_XPOS";
    /// The area's upper edge, in pixels.
    YPos = 6150, "IPS_YPOS";
    /// The area's width, in pixels.
    XExtent = 6151, "IPS_XEXTENT";
    /// The area's height, in pixels.
    YExtent = 6152, "IPS_YEXTENT";
    /// Whether white is 1 (0) or 0 (1).
    PhotometricInterp = 6153, "IPS_PHOTOMETRIC_INTERP";
    /// −1000 to 1000.
    Brightness = 6154, "IPS_BRIGHTNESS";
    /// −1000 to 1000.
    Contrast = 6155, "IPS_CONTRAST";
    /// How the sheet lies.
    Orientation = 6156, "IPS_ORIENTATION";
    /// By how much the picture is turned.
    Rotation = 6157, "IPS_ROTATION";
    /// Where black begins.
    Threshold = 6159, "IPS_THRESHOLD";
    /// The longest that the lamp takes to be warm, in milliseconds.
    WarmUpTime = 6161, "IPS_WARM_UP_TIME";
    /// The widest area, in thousandths of an inch.
    MaxHorizontalSize = 6165, "IPS_MAX_HORIZONTAL_SIZE";
    /// The highest area, in thousandths of an inch.
    MaxVerticalSize = 6166, "IPS_MAX_VERTICAL_SIZE";
    /// The narrowest area, in thousandths of an inch.
    MinHorizontalSize = 6167, "IPS_MIN_HORIZONTAL_SIZE";
    /// The lowest area, in thousandths of an inch.
    MinVerticalSize = 6168, "IPS_MIN_VERTICAL_SIZE";
    /// Bit 1: the driver serves all children of a folder in one scan.
    TransferCapabilities = 6169, "IPS_TRANSFER_CAPABILITIES";
}

impl Property {
    /// The property of this number, if there is one.
    pub fn from_id(id: u32) -> Option<Property> {
        Property::ALL.iter().copied().find(|property| property.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_belongs_to_one_property() {
        for (at, property) in Property::ALL.iter().enumerate() {
            assert_eq!(Property::from_id(property.id()), Some(*property));
            assert!(Property::ALL[..at].iter().all(|other| other.id() < property.id()), "{property:?}: in order");
        }
        assert_eq!(Property::from_id(1), None);
    }
}
