//! What a file may ask for. Beyond that it is refused by name, before anything of that size is reserved.

/// Bytes of a file: a TIFF of a thousand colour pages at 600 dpi, packed. Files are read in pieces.
pub const MAX_FILE_BYTES: u64 = 16 << 30;
/// Bytes of a PDF, which is held in memory while it is read: its structure points to and fro. A thousand
/// colour pages at 300 dpi have 1.1 GB.
pub const MAX_PDF_BYTES: u64 = 2 << 30;
/// Pages of a file.
pub const MAX_PAGES: u32 = 10_000;
/// Pixels in a row: the widest JPEG that decoders take.
pub const MAX_WIDTH: u32 = 65_500;
/// Rows: a receipt of 20 m at 600 dpi.
pub const MAX_HEIGHT: u32 = 500_000;
/// Pixels of a page: A0 at 600 dpi has 558 million. Rows pass through, so that they need no memory together.
pub const MAX_PIXELS: u64 = 600_000_000;
/// Pixels of a page that can only be decoded as a whole (interlaced PNG, pictures within a PDF).
pub const MAX_PIXELS_AT_ONCE: u64 = 100_000_000;
/// Bytes of a strip or a row of tiles of a TIFF, decoded: all of A3 at 600 dpi in colour.
pub const MAX_STRIP_BYTES: usize = 256 << 20;
/// Bytes of one list in a TIFF's directory: the offsets of half a million strips.
pub const MAX_LIST_BYTES: usize = 8 << 20;
/// Directories of a TIFF that are looked at, with those that are no pages: thumbnails and masks.
pub const MAX_DIRECTORIES: u32 = 2 * MAX_PAGES;
