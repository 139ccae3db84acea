//! Properties with the types of their values: the only way to read and write them inside of the program.

use std::marker::PhantomData;

use super::{
    CompressionKind, DataType, Format, Guid, Intent, ItemFlags, MultiFeed, Orientation, PageSize, Property, Selection,
    Tymed, Value,
};

/// A property whose value has this type.
#[derive(Debug)]
pub struct Key<T> {
    property: Property,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Key<T> {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T: PropertyType> Key<T> {
    const fn new(property: Property) -> Key<T> {
        Key { property, value: PhantomData }
    }

    /// The property.
    pub const fn property(self) -> Property {
        self.property
    }
}

/// What the value of a property can be.
pub trait PropertyType: Sized {
    /// As it is stored.
    fn to_value(&self) -> Value;

    /// From what is stored; `None` when it means nothing here.
    fn from_value(value: &Value) -> Option<Self>;
}

impl PropertyType for i32 {
    fn to_value(&self) -> Value {
        Value::Number(*self)
    }

    fn from_value(value: &Value) -> Option<i32> {
        match value {
            Value::Number(number) => Some(*number),
            Value::Guid(_) | Value::Text(_) => None,
        }
    }
}

impl PropertyType for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.clone()),
            Value::Number(_) | Value::Guid(_) => None,
        }
    }
}

impl PropertyType for Guid {
    fn to_value(&self) -> Value {
        Value::Guid(*self)
    }

    fn from_value(value: &Value) -> Option<Guid> {
        match value {
            Value::Guid(guid) => Some(*guid),
            Value::Number(_) | Value::Text(_) => None,
        }
    }
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $property:ident;)*) => {
        $($(#[doc = $doc])+ pub const $name: Key<$type> = Key::new(Property::$property);)*
    };
}

keys! {
    /// What the device has; bits.
    DOCUMENT_HANDLING_CAPABILITIES: i32 = DocumentHandlingCapabilities;
    /// What it says of itself now; bits.
    DOCUMENT_HANDLING_STATUS: i32 = DocumentHandlingStatus;
    /// The item that a button event means; empty when there is none.
    SCAN_AVAILABLE_ITEM: String = ScanAvailableItem;
    /// One side or both.
    DOCUMENT_HANDLING_SELECT: Selection = DocumentHandlingSelect;
    /// In dpi.
    OPTICAL_X_RES: i32 = OpticalXRes;
    /// In dpi.
    OPTICAL_Y_RES: i32 = OpticalYRes;
    /// Sides; 0 is all.
    PAGES: i32 = Pages;
    /// The paper.
    PAGE_SIZE: PageSize = PageSize;
    /// In thousandths of an inch.
    PAGE_WIDTH: i32 = PageWidth;
    /// In thousandths of an inch.
    PAGE_HEIGHT: i32 = PageHeight;
    /// 0 final, 1 preview.
    PREVIEW: i32 = Preview;
    /// The item's name.
    ITEM_NAME: String = ItemName;
    /// Its path.
    FULL_ITEM_NAME: String = FullItemName;
    /// What kind of node it is.
    ITEM_FLAGS: ItemFlags = ItemFlags;
    /// 1 read, 2 write.
    ACCESS_RIGHTS: i32 = AccessRights;
    /// Its category.
    ITEM_CATEGORY: Guid = ItemCategory;
    /// Line art, gray, colour.
    DATA_TYPE: DataType = DataType;
    /// Bits per pixel.
    DEPTH: i32 = Depth;
    /// What the device sends by itself.
    PREFERRED_FORMAT: Format = PreferredFormat;
    /// What is wanted.
    FORMAT: Format = Format;
    /// Compression within the format.
    COMPRESSION: CompressionKind = Compression;
    /// One stream per page or one for all.
    TYMED: Tymed = Tymed;
    /// Samples per pixel.
    CHANNELS: i32 = Channels;
    /// Bits per sample.
    BITS_PER_CHANNEL: i32 = BitsPerChannel;
    /// An estimate.
    PIXELS_PER_LINE: i32 = PixelsPerLine;
    /// An estimate.
    BYTES_PER_LINE: i32 = BytesPerLine;
    /// An estimate.
    NUMBER_OF_LINES: i32 = NumberOfLines;
    /// Bytes; 0 is unknown.
    ITEM_SIZE: i32 = ItemSize;
    /// Bytes.
    BUFFER_SIZE: i32 = BufferSize;
    /// Without a dot.
    FILENAME_EXTENSION: String = FilenameExtension;
    /// What several sheets at once mean.
    MULTI_FEED: MultiFeed = MultiFeed;
    /// What the picture is for.
    CUR_INTENT: Intent = CurIntent;
    /// In dpi.
    X_RES: i32 = XRes;
    /// In dpi.
    Y_RES: i32 = YRes;
    /// In pixels.
    X_POS: i32 = XPos;
    /// In pixels.
    Y_POS: i32 = YPos;
    /// In pixels.
    X_EXTENT: i32 = XExtent;
    /// In pixels.
    Y_EXTENT: i32 = YExtent;
    /// 0: white is 1.
    PHOTOMETRIC_INTERP: i32 = PhotometricInterp;
    /// −1000 to 1000.
    BRIGHTNESS: i32 = Brightness;
    /// −1000 to 1000.
    CONTRAST: i32 = Contrast;
    /// How the sheet lies.
    ORIENTATION: Orientation = Orientation;
    /// By how much the picture is turned.
    ROTATION: Orientation = Rotation;
    /// 0 to 255.
    THRESHOLD: i32 = Threshold;
    /// In thousandths of an inch.
    MAX_HORIZONTAL_SIZE: i32 = MaxHorizontalSize;
    /// In thousandths of an inch.
    MAX_VERTICAL_SIZE: i32 = MaxVerticalSize;
    /// In thousandths of an inch.
    MIN_HORIZONTAL_SIZE: i32 = MinHorizontalSize;
    /// In thousandths of an inch.
    MIN_VERTICAL_SIZE: i32 = MinVerticalSize;
    /// Bit 1: all children in one scan.
    TRANSFER_CAPABILITIES: i32 = TransferCapabilities;
}
