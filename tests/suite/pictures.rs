//! See `main.rs`.

use std::io::{self, Read};
use std::ops::ControlFlow;

use lightbar::raster::{
    DecodeError, DecodeOptions, Decoded, Encoding, JpegExtent, JpegMarkers, PictureInfo, PixelFormat, PreviewSink,
    RowLayout, RowSink, complete_rows, decode,
};

use crate::support::judges::judge;
use crate::support::pictures::{JpegKind, height_place, jpeg, page, with_dnl, with_height};

/// Keeps what it is given.
#[derive(Default)]
struct Kept {
    info: Option<PictureInfo>,
    rows: Vec<Vec<u8>>,
}

impl RowSink for Kept {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        assert!(self.info.replace(*picture).is_none(), "begin comes once");
        ControlFlow::Continue(())
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let info = self.info.expect("begin comes first");
        assert_eq!(row.len(), info.layout.stride);
        self.rows.push(row.to_vec());
        ControlFlow::Continue(())
    }
}

/// Gives a few bytes at a time.
struct Dripping<'a>(&'a [u8], usize);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.0.len().min(buffer.len()).min(self.1);
        buffer[..taken].copy_from_slice(&self.0[..taken]);
        self.0 = &self.0[taken..];
        Ok(taken)
    }
}

fn decoded(bytes: &[u8], encoding: Encoding, options: DecodeOptions) -> (Result<Decoded, DecodeError>, Kept) {
    let mut kept = Kept::default();
    let result = decode(bytes, encoding, &options, &mut kept);
    (result, kept)
}

fn expecting(rows: u32) -> DecodeOptions {
    DecodeOptions { expected_rows: Some(rows), enough: None }
}

const KINDS: [JpegKind; 5] = [
    JpegKind::COLOUR,
    JpegKind { halved: false, ..JpegKind::COLOUR },
    JpegKind::GRAY,
    JpegKind::CMYK,
    JpegKind { progressive: true, ..JpegKind::COLOUR },
];

#[test]
fn whole_jpegs_give_all_rows_in_any_pieces() {
    for kind in KINDS {
        for height in [100, 96, 1] {
            let bytes = jpeg(kind, 120, height);
            let (result, whole) = decoded(&bytes, Encoding::Jpeg, DecodeOptions::default());
            assert_eq!(result.expect("good"), Decoded { rows: height as u32, whole: true }, "{kind:?} {height}");
            assert_eq!(whole.rows.len(), height);
            for piece in [1, 2, 3, 50, 1000] {
                let mut kept = Kept::default();
                let result = decode(Dripping(&bytes, piece), Encoding::Jpeg, &DecodeOptions::default(), &mut kept);
                assert!(result.expect("good").whole && kept.rows == whole.rows, "{kind:?} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn rows_that_were_made_up_are_never_delivered() {
    for kind in &KINDS[..4] {
        let bytes = jpeg(*kind, 200, 333);
        let (_, whole) = decoded(&bytes, Encoding::Jpeg, DecodeOptions::default());
        let mut most = 0;
        for cut in (0..bytes.len()).step_by(29) {
            for end_marker in [false, true] {
                let mut piece = bytes[..cut].to_vec();
                if end_marker {
                    piece.extend([0xff, 0xd9]);
                }
                let (result, kept) = decoded(&piece, Encoding::Jpeg, DecodeOptions::default());
                let Ok(result) = result else { continue };
                assert_eq!(result.rows as usize, kept.rows.len());
                // The last rows above the cut can lack their lower neighbours' colour, which smooths
                // them; a made-up row is plain gray and far off.
                for (number, (came, right)) in kept.rows.iter().zip(&whole.rows).enumerate() {
                    // A cut within the last row of MCUs, followed by an end marker, cannot be told from a whole
                    // file while it is decoded; the page's facts tell.
                    if end_marker && number >= 333 / 16 * 16 {
                        continue;
                    }
                    let far = came.iter().zip(right).filter(|(a, b)| a.abs_diff(**b) > 60).count();
                    assert!(far * 20 < came.len(), "{kind:?} cut at {cut}, row {number} of {}", kept.rows.len());
                }
                assert!(!result.whole || end_marker || cut + 12 >= bytes.len(), "{kind:?} cut at {cut}");
                assert!(end_marker || result.rows >= most, "more bytes never give fewer rows");
                most = if end_marker { most } else { result.rows };
            }
        }
        assert!(most >= 333 - 16, "all but the end");
    }
}

#[test]
fn the_rows_of_a_cut_jpeg_are_counted_exactly() {
    for kind in KINDS {
        let bytes = jpeg(kind, 130, 141);
        let frame = {
            let mut markers = JpegMarkers::new();
            markers.feed(&bytes);
            markers.facts().frame.expect("a frame")
        };
        let step = usize::from(frame.mcu_rows);
        assert_eq!(complete_rows(&*bytes).expect("readable"), Some(141u32.next_multiple_of(step as u32)));
        if kind.progressive {
            continue;
        }
        let plain = |bytes: &[u8]| -> Option<Vec<u8>> {
            let mut decoder = mozjpeg::Decompress::new_mem(bytes).ok()?;
            // No smoothing: a row of MCUs then depends on no other.
            decoder.do_fancy_upsampling(false);
            decoder.image().ok().and_then(|format| match format {
                mozjpeg::decompress::Format::RGB(mut image) => image.read_scanlines().ok(),
                mozjpeg::decompress::Format::Gray(mut image) => image.read_scanlines().ok(),
                mozjpeg::decompress::Format::CMYK(mut image) => image.read_scanlines().ok(),
            })
        };
        let whole = plain(&bytes).expect("good");
        let row = whole.len() / 141;
        let header = bytes.windows(2).position(|window| window == [0xff, 0xda]).expect("a scan") + 20;
        for cut in (header..bytes.len()).step_by(3) {
            let counted = complete_rows(&bytes[..cut]).expect("readable").expect("can be counted") as usize;
            let picture = plain(&bytes[..cut]).expect("the decoder makes up what is missing");
            let same = whole.chunks(row).zip(picture.chunks(row)).take_while(|(a, b)| a == b).count();
            assert!(counted.min(141) <= same, "{kind:?} cut at {cut}: {counted} rows, {same} are right");
            // What is missing can by chance look right, but not much of it.
            assert!(counted + 2 * step > same || same == 141, "{kind:?} cut at {cut}: {counted} of {same}");
        }
    }
}

/// What decoders go over is no lack of rows; what they make up is one.
#[test]
fn rows_are_counted_as_the_bytes_come_and_damage_is_no_lack() {
    let extent = |bytes: &[u8], piece: usize| {
        let mut extent = JpegExtent::new();
        bytes.chunks(piece).for_each(|piece| extent.feed(piece));
        extent
    };
    for kind in KINDS {
        let bytes = jpeg(kind, 130, 141);
        for piece in [1, 3, 64, 1000] {
            assert_eq!(extent(&bytes, piece).complete_rows(), complete_rows(&*bytes).expect("readable"), "{piece}");
        }
        assert!(!extent(&bytes, 77).lacks_rows(141), "{kind:?}");
        let strays = [&bytes[..bytes.len() - 2], &[0x12, 0x34, 0xff, 0, 0xff, 0xff, 0xd9, 1, 2]].concat();
        assert!(!extent(&strays, 77).lacks_rows(141), "{kind:?}");
        if kind.progressive {
            continue;
        }
        // More rows than asked for, or announced, are none too few.
        assert!(!extent(&bytes, 77).lacks_rows(100));
        let cut = [&bytes[..bytes.len() / 2], &[0xff, 0xd9]].concat();
        assert!(extent(&cut, 77).lacks_rows(141), "{kind:?}");
    }
    assert!(extent(&[0xff, 0xd8, 0xff, 0xd9], 1).lacks_rows(1), "no scan, no row");
    assert!(!extent(&[0xff, 0xd8, 0xff, 0xc9, 0, 2], 1).lacks_rows(1), "arithmetic coding cannot be counted");
}

#[test]
fn bytes_that_never_make_a_block_are_not_kept() {
    let bytes = jpeg(JpegKind::COLOUR, 130, 141);
    let scan = bytes.windows(2).position(|window| window == [0xff, 0xda]).expect("a scan") + 20;
    let mut extent = JpegExtent::new();
    extent.feed(&bytes[..scan]);
    let begun = std::time::Instant::now();
    for _ in 0..200_000 {
        extent.feed(&[0xff; 1024]);
    }
    println!("200 MB of fill bytes in {:?}", begun.elapsed());
    assert!(extent.lacks_rows(141));
}

#[test]
fn restart_markers_are_counted_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("page.ppm");
    let mut ppm = b"P6 130 141 255\n".to_vec();
    ppm.extend(page(3, 130, 141));
    std::fs::write(&plain, ppm).expect("written");
    for interval in ["1", "3B"] {
        let Some(output) = judge("cjpeg", &["-restart".as_ref(), interval.as_ref(), plain.as_os_str()]) else { return };
        let bytes = output.stdout;
        assert!(bytes.windows(2).any(|window| window == [0xff, 0xd3]), "there are restart markers");
        assert_eq!(complete_rows(&*bytes).expect("readable"), Some(144));
        let (result, _) = decoded(&bytes, Encoding::Jpeg, DecodeOptions::default());
        assert!(result.expect("good").whole);
        // A marker that comes too early, with the bytes before it: the rows below are all there.
        let third = bytes.windows(2).rposition(|window| window == [0xff, 0xd1]).expect("a marker");
        let damaged = [&bytes[..third - 3], &bytes[third..]].concat();
        assert_eq!(complete_rows(&*damaged).expect("readable"), Some(144));
        let mut before = 0;
        for cut in 0..bytes.len() {
            let rows = complete_rows(&bytes[..cut]).expect("readable").unwrap_or(0);
            assert!(rows >= before && rows % 16 == 0 && (rows < 144 || cut + 16 > bytes.len()));
            before = rows;
        }
        assert_eq!(before, 144);
    }
}

#[test]
fn placeholder_heights_are_decoded_with_the_height_asked_for() {
    for kind in &KINDS[..3] {
        let bytes = jpeg(*kind, 64, 77);
        let (_, whole) = decoded(&bytes, Encoding::Jpeg, DecodeOptions::default());
        for placeholder in [0, 65_535, 65_501] {
            for asked in [Some(500), Some(78), None] {
                let options = DecodeOptions { expected_rows: asked, enough: None };
                let (result, kept) = decoded(&with_dnl(&bytes, placeholder), Encoding::Jpeg, options);
                assert_eq!(result.expect("good"), Decoded { rows: 77, whole: true }, "{kind:?} {asked:?}");
                assert!(kept.rows[..70] == whole.rows[..70] && kept.rows.len() == 77);
            }
            // Without a DNL segment nobody knows: never more rows than there are.
            let (result, kept) = decoded(&with_height(&bytes, placeholder), Encoding::Jpeg, expecting(500));
            let result = result.expect("good");
            assert!(!result.whole && (56..=80).contains(&result.rows), "{result:?}");
            assert_eq!(kept.rows.len(), result.rows as usize);
        }
    }
}

#[test]
fn a_reduced_picture_is_enough_and_counts_the_page_s_own_rows() {
    let bytes = jpeg(JpegKind::COLOUR, 400, 600);
    for (enough, longer) in [(600, 600), (300, 300), (299, 300), (150, 150), (10, 75)] {
        let options = DecodeOptions { expected_rows: None, enough: Some(enough) };
        let (result, kept) = decoded(&bytes, Encoding::Jpeg, options);
        assert_eq!(result.expect("good"), Decoded { rows: 600, whole: true });
        let info = kept.info.expect("begun");
        assert_eq!((info.width, info.height, info.rows as usize, kept.rows.len()), (400, 600, longer, longer));
        // Cut in the middle: rows of the page itself, in whole rows of MCUs.
        let (result, kept) = decoded(&bytes[..bytes.len() / 2], Encoding::Jpeg, options);
        let rows = result.expect("some").rows;
        assert!(rows % 16 == 0 && (100..500).contains(&rows) && kept.rows.len() == rows as usize * longer / 600);
    }
}

#[test]
fn hostile_jpegs_end_in_an_error_or_a_picture() {
    let seed = 0x5eed_0001;
    println!("seed {seed}");
    let mut random = Random(seed);
    for kind in KINDS {
        let bytes = jpeg(kind, 100, 80);
        for _ in 0..1500 {
            let mut broken = bytes.clone();
            for _ in 0..=random.below(4) {
                let within = [broken.len(), 700.min(broken.len())][random.below(2)];
                let at = random.below(within);
                match random.below(4) {
                    0 => broken[at] = random.below(256) as u8,
                    1 => broken[at] ^= 1 << random.below(8),
                    2 => broken.truncate(at.max(2)),
                    _ => drop(broken.splice(at..at, (0..random.below(9)).map(|byte| byte as u8))),
                }
            }
            let enough = [None, Some(40)][random.below(2)];
            let mut limited = Limited { rows: 0 };
            let options = DecodeOptions { expected_rows: Some(80), enough };
            if let Ok(decoded) = decode(&*broken, Encoding::Jpeg, &options, &mut limited) {
                assert!(decoded.rows <= 65_535);
            }
        }
    }
}

#[test]
fn pictures_that_need_too_much_memory_are_not_decoded() {
    let bytes = jpeg(KINDS[4], 100, 80);
    let place = height_place(&bytes);
    let mut large = bytes.clone();
    large[place..place + 4].copy_from_slice(&[0xff, 0, 0xff, 0]);
    let (result, _) = decoded(&large, Encoding::Jpeg, DecodeOptions::default());
    assert!(matches!(result, Err(DecodeError::TooLarge { width: 0xff00, height: 0xff00 })), "{result:?}");
    let layout = RowLayout { width: u32::MAX, format: PixelFormat::Rgb16, stride: usize::MAX };
    assert!(matches!(decoded(&[0; 9], Encoding::Rows(layout), expecting(1)).0, Err(DecodeError::TooLarge { .. })));
}

#[test]
fn a_reader_s_failure_is_told_as_such() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            self.0.read(buffer)
        }
    }
    let bytes = jpeg(JpegKind::COLOUR, 600, 600);
    for cut in [1, 300, bytes.len() / 2] {
        let result = decode(Failing(&bytes[..cut]), Encoding::Jpeg, &DecodeOptions::default(), &mut Kept::default());
        assert!(matches!(&result, Err(DecodeError::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied));
    }
}

#[test]
fn png_pages_keep_their_samples() {
    let kinds = [
        (png::ColorType::Grayscale, png::BitDepth::One, PixelFormat::Bw1),
        (png::ColorType::Grayscale, png::BitDepth::Eight, PixelFormat::Gray8),
        (png::ColorType::Grayscale, png::BitDepth::Sixteen, PixelFormat::Gray16),
        (png::ColorType::Rgb, png::BitDepth::Eight, PixelFormat::Rgb8),
        (png::ColorType::Rgb, png::BitDepth::Sixteen, PixelFormat::Rgb16),
    ];
    for (color, depth, format) in kinds {
        let stride = format.row_bytes(61);
        let samples = &page(1, stride, 50);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 61, 50);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.write_header().expect("header").write_image_data(samples).expect("data");
        let (result, kept) = decoded(&bytes, Encoding::Png, DecodeOptions::default());
        assert_eq!(result.expect("good"), Decoded { rows: 50, whole: true });
        assert_eq!(kept.info.expect("begun").layout, RowLayout::packed(61, format));
        assert!(kept.rows.concat() == *samples, "{format:?}");
        // Cut: the rows that are there are right.
        for cut in (0..bytes.len()).step_by(11) {
            let (result, kept) = decoded(&bytes[..cut], Encoding::Png, DecodeOptions::default());
            assert!(samples.starts_with(&kept.rows.concat()));
            if let Ok(result) = result {
                assert!(result.rows as usize == kept.rows.len() && (!result.whole || cut + 30 > bytes.len()));
            }
        }
    }
}

#[test]
fn hostile_pngs_and_tiffs_end_in_an_error_or_a_picture() {
    let seed = 0x5eed_0002;
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut png_bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut png_bytes, 40, 40);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().expect("header").write_image_data(&page(3, 40, 40)).expect("data");
    let mut tiff_bytes = io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff_bytes).expect("encoder");
    encoder.write_image::<tiff::encoder::colortype::RGB8>(40, 40, &page(3, 40, 40)).expect("data");
    let tiff_bytes = tiff_bytes.into_inner();
    let (result, kept) = decoded(&tiff_bytes, Encoding::Tiff, DecodeOptions::default());
    assert!(result.expect("good").whole && kept.rows.concat() == page(3, 40, 40));
    for (bytes, encoding) in [(png_bytes, Encoding::Png), (tiff_bytes, Encoding::Tiff)] {
        for _ in 0..2000 {
            let mut broken = bytes.clone();
            for _ in 0..=random.below(3) {
                let length = broken.len();
                broken[random.below(length)] = random.below(256) as u8;
            }
            broken.truncate(random.below(bytes.len() * 2).max(8));
            let _ = decode(&*broken, encoding, &DecodeOptions::default(), &mut Limited { rows: 0 });
        }
    }
}

#[test]
fn the_preview_is_made_from_any_encoding() {
    let size = |picture: &PictureInfo| Some((picture.width / 4, picture.height / 4));
    let samples = page(3, 80, 120);
    let layout = RowLayout { width: 80, format: PixelFormat::Rgb8, stride: 256 };
    let padded: Vec<u8> = samples.chunks(240).flat_map(|row| row.iter().copied().chain([0; 16])).collect();
    let bytes = jpeg(JpegKind { halved: false, ..JpegKind::COLOUR }, 80, 120);
    let previews = [(padded, Encoding::Rows(layout)), (bytes, Encoding::Jpeg)].map(|(bytes, encoding)| {
        let mut picture = Vec::new();
        let mut sink = PreviewSink::new(size, |rows: &[u8]| {
            picture.extend_from_slice(rows);
            ControlFlow::Continue(())
        });
        let options = DecodeOptions { expected_rows: Some(120), enough: Some(30) };
        assert!(decode(&*bytes, encoding, &options, &mut sink).expect("good").whole);
        sink.finish();
        drop(sink);
        assert_eq!(picture.len(), 20 * 30 * 4);
        picture
    });
    let distance: u32 = previews[0].iter().zip(&previews[1]).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    assert!(distance < 20 * 30 * 4 * 6, "they are much the same: {distance}");
}

/// Counts rows and stops before there are too many.
struct Limited {
    rows: u32,
}

impl RowSink for Limited {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        assert!(picture.layout.stride <= 2 << 20);
        ControlFlow::Continue(())
    }

    fn row(&mut self, _: &[u8]) -> ControlFlow<()> {
        self.rows += 1;
        if self.rows < 2000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}
