//! What is printed on the sheets, in millimetres from the top left corner of the sheet.

use super::canvas::{Canvas, Color};

const INK: Color = [38, 38, 42];
const GRAY_INK: Color = [120, 122, 128];
const BRAND: Color = [24, 92, 104];
const BLUE_PEN: Color = [34, 52, 142];
const STAMP: Color = [178, 38, 44];
const THERMAL: Color = [66, 62, 78];

/// Pen widths, as shares of a capital's height.
const LIGHT: f32 = 0.095;
const REGULAR: f32 = 0.118;
const BOLD: f32 = 0.175;

/// The height of capitals of ordinary text.
const BODY: f32 = 2.55;
const LEFT: f32 = 25.0;
const TEXT_WIDTH: f32 = 160.0;

const LETTER_TEXT: [&str; 5] = [
    "Thank you for sending us the plans of the reading room. We have gone through them with our joiner and \
     with the people who will use the room every day, and everybody likes the long table under the north windows.",
    "Two points are still open. The shelves along the east wall are drawn 38 cm deep, but the folios from the \
     old collection need at least 42 cm, and some of them 45 cm. If the walkway can give up that much, nothing else \
     has to move. Please let us know before the timber is ordered, because the boards are cut to length at the mill.",
    "The second point is light. Your drawing shows four lamps above the table. During the visit in March \
     it was quite dark in the corner near the stairs even at noon, so we would rather have six smaller ones, \
     switched in pairs. The electrician has looked at the ceiling and says that the wiring allows it.",
    "Our budget is unchanged at 48,600 euros, of which 12,150 were paid with the order. The next part is due when \
     the floor is laid. We expect the invoice for the floor in the week of 15 June.",
    "We are looking forward to the opening in September, and we would be happy to see you here before that: \
     the coffee is on us, and the scaffolding is worth a look.",
];

const SECOND_PAGE_TEXT: [&str; 3] = [
    "Enclosed you find the list of the volumes that will stand in the room, with their sizes, as you asked. \
     Volumes marked with a star must not stand in direct sunlight; the shelf nearest to the door is the best place \
     for them. Where a size is missing, the volume is with the binder and will be measured in May.",
    "We have also added a sketch of the door as it is today. The frame is older than the rest of the house and must \
     stay where it is, so any new floor has to end flush with the stone sill, 21 mm above the present boards.",
    "If anything is unclear, call us in the mornings; in the afternoon the telephone is usually buried under books.",
];

fn letterhead(canvas: &mut Canvas) {
    if !canvas.shows(8.0, 50.0) {
        return;
    }
    canvas.disc(31.0, 23.0, 6.0);
    canvas.rectangle(39.5, 17.0, 1.1, 12.0);
    canvas.text(44.0, 22.6, 4.4, 0.15, "Northlight");
    canvas.ink(BRAND, 0.96);
    canvas.stroke(&[(27.6, 24.8), (29.2, 20.2), (30.8, 24.0), (32.4, 20.4), (34.6, 24.2)], 0.75);
    canvas.ink([244, 244, 240], 1.0);
    canvas.text(44.0, 28.6, 2.0, LIGHT, "Library and Reading Rooms");
    canvas.text_to(185.0, 19.5, 1.8, LIGHT, "14 Canal Street");
    canvas.text_to(185.0, 23.5, 1.8, LIGHT, "Harbour Town 20457");
    canvas.text_to(185.0, 27.5, 1.8, LIGHT, "office@northlight.example");
    canvas.ink(GRAY_INK, 0.95);
    canvas.rectangle(LEFT, 34.0, TEXT_WIDTH, 0.25);
    canvas.ink(BRAND, 0.9);
}

fn footer(canvas: &mut Canvas, page: &str) {
    canvas.rectangle(LEFT, 272.0, TEXT_WIDTH, 0.18);
    for (x, lines) in [
        (LEFT, ["Northlight e.V.", "Register 4711"]),
        (80.0, ["Harbour Savings Bank", "IBAN XX12 3456 7890 1234"]),
        (140.0, ["Telephone 040 555 0142", "Mornings, 9 to 12"]),
    ] {
        canvas.text(x, 276.5, 1.5, LIGHT, lines[0]);
        canvas.text(x, 280.0, 1.5, LIGHT, lines[1]);
    }
    canvas.text(104.0, 286.0, 1.9, REGULAR, page);
    canvas.ink(GRAY_INK, 0.95);
}

/// A typed letter with a letterhead, signed by hand.
pub(super) fn letter(canvas: &mut Canvas) {
    letterhead(canvas);
    canvas.text(LEFT, 49.0, 1.4, LIGHT, "Northlight · 14 Canal Street · Harbour Town");
    canvas.rectangle(LEFT, 50.2, 66.0, 0.12);
    // Marks for folding and punching.
    for y in [105.0, 148.5, 210.0] {
        canvas.rectangle(5.0, y, 4.0, 0.15);
    }
    canvas.ink(GRAY_INK, 0.9);
    for (line, text) in
        ["Ms Ada Winter", "Winter & Sons, Architects", "Mill Lane 7", "Upper Ferry 31180"].iter().enumerate()
    {
        canvas.text(LEFT, 57.0 + line as f32 * 5.2, BODY, REGULAR, text);
    }
    canvas.text_to(LEFT + TEXT_WIDTH, 88.0, BODY, REGULAR, "Harbour Town, 27 May");
    canvas.text(LEFT, 99.0, BODY * 1.06, BOLD, "Reading room: shelves and lamps");
    canvas.text(LEFT, 109.0, BODY, REGULAR, "Dear Ms Winter,");
    let mut y = 117.0;
    for paragraph in LETTER_TEXT {
        y = canvas.paragraph(LEFT, y, TEXT_WIDTH, BODY, REGULAR, paragraph) + 2.2;
    }
    canvas.text(LEFT, y + 1.0, BODY, REGULAR, "With kind regards");
    canvas.text(LEFT, y + 23.0, BODY, REGULAR, "Jonas Ferry");
    canvas.text(LEFT, y + 27.4, 1.9, LIGHT, "Head of the reading rooms");
    canvas.ink(INK, 0.96);
    signature(canvas, LEFT, y + 13.0);
    footer(canvas, "1");
}

fn signature(canvas: &mut Canvas, x: f32, y: f32) {
    if !canvas.shows(y - 12.0, y + 10.0) {
        return;
    }
    let at = |points: &[(f32, f32)]| points.iter().map(|(px, py)| (x + px, y + py)).collect::<Vec<_>>();
    canvas.stroke(&at(&[(6.0, -6.5), (9.5, -8.5), (9.0, 2.0), (7.0, 7.5), (1.5, 6.0), (3.0, 1.0), (12.0, -1.5)]), 0.42);
    let wave = [
        (12.0, -1.5),
        (14.5, -3.5),
        (12.5, 0.5),
        (15.5, 1.0),
        (17.0, -2.5),
        (17.5, 1.0),
        (19.5, -2.5),
        (20.0, 1.2),
        (22.5, -2.8),
        (23.0, 0.8),
        (25.5, -2.0),
        (25.0, 1.4),
        (27.5, 0.5),
        (29.0, -1.0),
    ];
    canvas.stroke(&at(&wave), 0.38);
    canvas.stroke(&at(&[(33.0, -7.5), (31.5, -2.0), (32.5, 4.0), (30.5, 8.5)]), 0.44);
    let tail = [
        (30.0, -6.5),
        (36.0, -9.0),
        (43.0, -7.5),
        (38.0, -5.0),
        (32.5, -1.0),
        (38.0, -3.0),
        (40.0, 0.5),
        (43.0, -2.0),
        (45.0, 1.0),
        (50.0, -3.5),
        (62.0, -1.0),
    ];
    canvas.stroke(&at(&tail), 0.4);
    canvas.ink(BLUE_PEN, 0.88);
}

/// The back of the letter.
pub(super) fn second_page(canvas: &mut Canvas) {
    let mut y = 28.0;
    for paragraph in SECOND_PAGE_TEXT {
        y = canvas.paragraph(LEFT, y, TEXT_WIDTH, BODY, REGULAR, paragraph) + 2.2;
    }
    y += 6.0;
    canvas.text(LEFT, y, BODY, BOLD, "Volumes for the reading room");
    for (row, (title, size)) in [
        ("Atlas of the harbour and its canals *", "52 x 44 cm"),
        ("Herbarium of Dr. Lind, three volumes *", "43 x 29 cm"),
        ("Minutes of the library society, 1887–1931", "35 x 23 cm"),
        ("Sea charts, bound in linen", "61 x 45 cm"),
        ("Newspapers of the year 1912", "58 x 42 cm"),
        ("Catalogue of the first exhibition", "28 x 21 cm"),
    ]
    .iter()
    .enumerate()
    {
        let y = y + 8.0 + row as f32 * 6.4;
        canvas.text(LEFT, y, BODY, REGULAR, title);
        canvas.text_to(150.0, y, BODY, REGULAR, size);
        canvas.rectangle(LEFT, y + 1.9, 125.0, 0.1);
    }
    canvas.ink(INK, 0.96);
    footer(canvas, "2");
}

const ITEMS: [(&str, &str, &str, &str); 9] = [
    ("Oak boards 28 mm, planed, oiled", "46", "64.50", "2,967.00"),
    ("Skirting board, oak, 60 mm", "38", "7.90", "300.20"),
    ("Underlay, cork, 3 mm", "46", "8.25", "379.50"),
    ("Removal of the old floor", "46", "14.00", "644.00"),
    ("Levelling compound, 25 kg", "12", "21.80", "261.60"),
    ("Stone sill at the door, cleaned", "1", "145.00", "145.00"),
    ("Laying, by the square metre", "46", "39.00", "1,794.00"),
    ("Second coat of oil", "46", "6.50", "299.00"),
    ("Carriage and packing", "1", "180.00", "180.00"),
];

/// An invoice with a table, stamped.
pub(super) fn invoice(canvas: &mut Canvas) {
    canvas.rectangle(0.0, 0.0, 210.0, 9.0);
    canvas.ink([196, 92, 36], 0.93);
    canvas.text(LEFT, 26.0, 5.2, 0.16, "Harbour Timber");
    canvas.text(LEFT, 32.0, 1.9, LIGHT, "Floors and joinery since 1924");
    canvas.text_to(185.0, 26.0, 6.0, 0.13, "INVOICE");
    canvas.ink([70, 60, 56], 0.95);
    for (line, text) in ["Northlight e.V.", "14 Canal Street", "Harbour Town 20457"].iter().enumerate() {
        canvas.text(LEFT, 52.0 + line as f32 * 5.2, BODY, REGULAR, text);
    }
    for (line, (name, value)) in
        [("Invoice no.", "2391-06"), ("Date", "17 June"), ("Due", "1 July"), ("Your order", "NL 88")].iter().enumerate()
    {
        let y = 52.0 + line as f32 * 5.2;
        canvas.text(130.0, y, 2.2, LIGHT, name);
        canvas.text_to(185.0, y, 2.2, BOLD, value);
    }
    canvas.ink(INK, 0.96);
    table(canvas, 86.0);
    canvas.paragraph(
        LEFT,
        222.0,
        100.0,
        2.1,
        LIGHT,
        "Please pay within fourteen days to Harbour Savings Bank, IBAN XX98 7654 3210 9876, \
         and give the number of the invoice. Goods remain our property until they are paid for.",
    );
    canvas.text(LEFT, 246.0, 2.1, LIGHT, "Thank you for your order!");
    canvas.ink(INK, 0.94);
    stamp(canvas);
}

fn table(canvas: &mut Canvas, top: f32) {
    let (height, right) = (8.4, LEFT + TEXT_WIDTH);
    canvas.rectangle(LEFT, top, TEXT_WIDTH, height);
    canvas.ink([70, 60, 56], 0.92);
    for row in (1..=ITEMS.len()).step_by(2) {
        canvas.rectangle(LEFT, top + row as f32 * height, TEXT_WIDTH, height);
    }
    canvas.ink([228, 220, 210], 0.9);
    let baseline = |row: usize| top + row as f32 * height + 5.4;
    canvas.text(LEFT + 2.0, baseline(0), 2.2, 0.15, "Description");
    canvas.text_to(126.0, baseline(0), 2.2, 0.15, "Quantity");
    canvas.text_to(154.0, baseline(0), 2.2, 0.15, "Price");
    canvas.text_to(right - 2.0, baseline(0), 2.2, 0.15, "Amount €");
    canvas.ink([246, 244, 240], 1.0);
    for (row, (what, count, price, amount)) in ITEMS.iter().enumerate() {
        let y = baseline(row + 1);
        canvas.text(LEFT + 2.0, y, 2.3, REGULAR, what);
        canvas.text_to(126.0, y, 2.3, REGULAR, count);
        canvas.text_to(154.0, y, 2.3, REGULAR, price);
        canvas.text_to(right - 2.0, y, 2.3, REGULAR, amount);
    }
    let end = top + (ITEMS.len() + 1) as f32 * height;
    canvas.rectangle(LEFT, end, TEXT_WIDTH, 0.3);
    for (line, (name, amount, weight)) in
        [("Net", "6,970.30", REGULAR), ("VAT 19 %", "1,324.36", REGULAR), ("Total", "8,294.66", BOLD)]
            .iter()
            .enumerate()
    {
        let y = end + 7.0 + line as f32 * 6.6;
        canvas.text(130.0, y, 2.5, *weight, name);
        canvas.text_to(right - 2.0, y, 2.5, *weight, amount);
    }
    canvas.rectangle(128.0, end + 22.4, right - 128.0, 0.5);
    for x in [LEFT, 108.0, 132.0, 158.0, right] {
        canvas.rectangle(x - 0.08, top, 0.16, end - top);
    }
    canvas.ink(INK, 0.95);
}

/// "PAID", slanted, in worn ink.
fn stamp(canvas: &mut Canvas) {
    if !canvas.shows(225.0, 268.0) {
        return;
    }
    let (sin, cos) = 0.21_f32.sin_cos();
    let at = |x: f32, y: f32| (148.0 + x * cos + y * sin, 246.0 - x * sin + y * cos);
    let frame = [(-21.0, -8.5), (21.0, -8.5), (21.0, 8.5), (-21.0, 8.5), (-21.0, -8.5)];
    for pair in frame.windows(2) {
        canvas.line(at(pair[0].0, pair[0].1), at(pair[1].0, pair[1].1), 1.1);
    }
    super::lettering::pieces("PAID", |[from, to]| {
        let place = |(x, y): (f32, f32)| at(x * 9.0 - 15.3, 4.5 - y * 9.0);
        canvas.line(place(from), place(to), 1.5);
    });
    canvas.ink(STAMP, 0.72);
}

/// A photograph printed on a sheet, with a line below it.
pub(super) fn caption(canvas: &mut Canvas, picture: impl Fn(f32, f32) -> [f32; 3]) {
    canvas.picture(14.0, 34.0, 182.0, 182.0 * 0.69, picture);
    canvas.text(14.0, 168.0, 2.3, LIGHT, "Lake Vesper, last light");
    canvas.text_to(196.0, 168.0, 2.3, LIGHT, "24 x 16 cm · 3 / 20");
    canvas.ink([104, 104, 108], 0.9);
}

const BASKET: [(&str, &str); 13] = [
    ("Rye bread 750 g", "3.49"),
    ("Butter 250 g", "2.39"),
    ("Tomatoes 0.628 kg", "2.19"),
    ("Olive oil 0.5 l", "8.99"),
    ("Mountain cheese", "5.72"),
    ("Apples 1.240 kg", "3.09"),
    ("Oat drink 1 l", "1.79"),
    ("Oat drink 1 l", "1.79"),
    ("Coffee, whole beans", "7.49"),
    ("Dark chocolate", "1.99"),
    ("Pasta 500 g", "1.29"),
    ("Paper towels", "2.95"),
    ("Deposit", "0.50"),
];

/// A till receipt on a narrow strip.
pub(super) fn receipt(canvas: &mut Canvas) {
    let (left, right) = (6.0, 74.0);
    canvas.text(17.5, 14.0, 5.0, 0.17, "CORNER");
    canvas.text(51.0, 14.0, 5.0, 0.11, "24");
    canvas.text(20.0, 21.0, 2.1, REGULAR, "Bridge Street 3");
    canvas.text(20.0, 25.2, 2.1, REGULAR, "Mon–Sat 7 to 22");
    canvas.rectangle(left, 30.0, right - left, 0.3);
    for (row, (what, price)) in BASKET.iter().enumerate() {
        let y = 37.0 + row as f32 * 5.1;
        canvas.text(left, y, 2.4, REGULAR, what);
        canvas.text_to(right, y, 2.4, REGULAR, price);
    }
    canvas.rectangle(left, 103.0, right - left, 0.3);
    canvas.text(left, 112.0, 4.0, BOLD, "TOTAL");
    canvas.text_to(right, 112.0, 4.0, BOLD, "43.67 €");
    for (row, (what, value)) in
        [("Card", "43.67"), ("VAT 7 %", "2.41"), ("VAT 19 %", "1.09"), ("Till 4", "14:52"), ("Receipt", "0088213")]
            .iter()
            .enumerate()
    {
        let y = 121.0 + row as f32 * 4.6;
        canvas.text(left, y, 2.1, REGULAR, what);
        canvas.text_to(right, y, 2.1, REGULAR, value);
    }
    let mut x = 14.0;
    for bar in 0..46_u32 {
        let width = [0.35, 0.7, 0.35, 1.05][(bar.wrapping_mul(2_654_435_761) >> 29) as usize % 4];
        canvas.rectangle(x, 151.0, width, 17.0);
        x += width + [0.4, 0.75, 0.4][(bar * 7 % 11) as usize % 3];
    }
    canvas.text(22.0, 173.0, 2.2, REGULAR, "4 012345 678901");
    canvas.text(12.0, 184.0, 2.4, REGULAR, "Thank you, come again!");
    canvas.ink(THERMAL, 0.86);
}
