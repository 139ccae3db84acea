#!/bin/bash
# Programs that others wrote read files of pages that were cropped, turned, made lighter and made black and white, and files
# of every kind that can be wished for: the JPEG inside a PDF is the scanner's own, and what is encoded has the
# pixels, the size and the resolution that it should.
#   LIGHTBAR=path    judge this program instead of building one
#   KEEP_WORK=1      keep the files of a run that failed
. "$(dirname "$0")/../scripts/judging.bash"
need qpdf pdfimages pdfinfo pdftoppm mutool tiffinfo pngcheck djpeg identify convert compare jq
find_lightbar

# The part of a page that is left: 20 mm from the left, 30 from above, 100 wide and 150 high; at 200 dots per inch.
PART=20,30,100x150
LEFT=157 TOP=236 WIDE=787 HIGH=1181
# Whole pixels: so much may a side be off.
OFF=2

target=$work/files
kept=$work/sent

near() { # near A B LIMIT
  awk -v a="$1" -v b="$2" -v limit="$3" 'BEGIN {d = a - b; exit !(d <= limit && -d <= limit)}'
}

scanned() { # scanned CASE OPTION…: scans two sheets into a new document and keeps it; sets document
  local case=$1
  rm -rf "$target" "$kept"
  mkdir "$target" "$kept"
  "$LIGHTBAR" scan --json --keep-document -d virtual:feeder --source feeder --speed 0 --reload never --sheets 2 --resolution 200 \
    -o "$target/scanned.pdf" --keep-sent "$kept" "${@:2}" > "$work/result" 2> "$work/complaints" ||
    { fail "$case" "$(tail -n 2 "$work/complaints") $(cat "$work/result")"; return 1; }
  document=$(basename "$(jq -r .document "$work/result")")
}

edited() { # edited CASE ACTION…
  "$LIGHTBAR" edit "$document" "${@:2}" > "$work/edited" 2>&1 || { fail "$1" "$(cat "$work/edited")"; return 1; }
}

exported() { # exported CASE FILE OPTION…
  "$LIGHTBAR" export "$document" -o "$target/$2" "${@:3}" > "$work/exported" 2>&1 || { fail "$1" "$(cat "$work/exported")"; return 1; }
}

# ---- judges: each says what is wrong and answers 1, or says nothing

sound_pdf() { # sound_pdf FILE
  local said
  said=$(qpdf --check "$1" 2>&1) || { echo "qpdf: $said"; return 1; }
  said=$(mutool draw -q -r 20 -o /dev/null "$1" 2>&1 | grep -v '^warning: ICC support is not available$')
  [ -z "$said" ] || { echo "mutool: $said"; return 1; }
}

the_scanner_s_own() { # the_scanner_s_own FILE: both JPEGs come out of a PDF as the scanner sent them
  sound_pdf "$1" || return 1
  rm -f "$work"/image-*
  pdfimages -all "$1" "$work/image" || { echo "pdfimages fails"; return 1; }
  [ "$(ls "$work"/image-* | wc -l)" = 2 ] || { echo "$(ls "$work"/image-* | wc -l) images"; return 1; }
  cmp "$work/image-000.jpg" "$kept/001.jpg" && cmp "$work/image-001.jpg" "$kept/002.jpg"
}

seen_as() { # seen_as PDF WIDTH HEIGHT: pixels of the first page as it is drawn at 200 dots per inch
  local size
  mutool draw -q -r 200 -o "$work/seen.pgm" -F pgm "$1" 1 2> /dev/null || { echo "mutool fails"; return 1; }
  size=$(identify -format '%w %h' "$work/seen.pgm")
  near "${size% *}" "$2" $OFF && near "${size#* }" "$3" $OFF || { echo "drawn with $size pixels instead of $2 $3"; return 1; }
}

tiff_is() { # tiff_is FILE COMPRESSION
  local said
  said=$(tiffinfo -D "$1" 2>&1 > "$work/tiffinfo") || { echo "tiffinfo: $said"; return 1; }
  [ -z "$said" ] || { echo "tiffinfo: $said"; return 1; }
  [ "$(grep -c "Resolution: 200, 200 pixels/inch" "$work/tiffinfo")" = 2 ] || { echo "$(grep Resolution "$work/tiffinfo")"; return 1; }
  grep -q "Compression Scheme: .*$2" "$work/tiffinfo" || { echo "$(grep Compression "$work/tiffinfo")"; return 1; }
}

same_pixels() { # same_pixels IMAGE IMAGE
  local off
  off=$(compare -metric AE "$1" "$2" null: 2>&1) && [ "${off%% *}" = 0 ] || { echo "$off pixels of $1 and $2 differ"; return 1; }
}

judged() { # judged CASE JUDGE ARGUMENT…
  local reason
  if reason=$("${@:2}" 2>&1); then pass "$1"; else fail "$1" "$reason"; fi
}

upright() { # upright IMAGE: nobody is told to turn it
  local said
  said=$(identify -format '%[orientation] ' "$1")
  case $said in "Undefined " | "TopLeft ") ;; *) echo "orientation $said"; return 1 ;; esac
}

# ---- cropped and turned: nothing is encoded anew in a PDF

for mode in color gray; do
  for degrees in 0 90 180 270; do
    case="pdf, $mode, cropped and turned by $degrees"
    scanned "$case" --mode $mode && edited "$case" crop --part $PART --pages 1 || continue
    [ $degrees = 0 ] || edited "$case" rotate --by $degrees --pages all || continue
    exported "$case" x.pdf || continue
    judged "$case: the JPEG" the_scanner_s_own "$target/x.pdf"
    if [ $((degrees % 180)) = 0 ]; then size="$WIDE $HIGH"; else size="$HIGH $WIDE"; fi
    judged "$case: the part" seen_as "$target/x.pdf" $size
  done
done

# ---- what is cut out has the pixels of the part

case="cropped, gray"
if scanned "$case" --mode gray && edited "$case" crop --part $PART --pages 1; then
  convert "$kept/001.jpg" -crop ${WIDE}x$HIGH+$LEFT+$TOP +repage "$work/part.png"
  exported "$case" x.png && judged "png: $case" same_pixels "$target/x-001.png" "$work/part.png"
  judged "png: $case: sound" pngcheck -q "$target/x-001.png"
  exported "$case" x.tif && judged "tif: $case" same_pixels "$target/x.tif[0]" "$work/part.png"
  judged "tif: $case: sound" tiff_is "$target/x.tif" AdobeDeflate
  if exported "$case" x.jpg; then
    judged "jpg: $case: sound" djpeg -outfile /dev/null "$target/x-001.jpg"
    judged "jpg: $case: its size" test "$(identify -format '%w %h' "$target/x-001.jpg")" = "$WIDE $HIGH"
    judged "jpg: $case: the other page is the scanner's own" cmp "$kept/002.jpg" "$target/x-002.jpg"
  fi
fi

# ---- turned: PNG and TIFF have turned pixels, JPEG the scanner's own with a word about it

for mode in color gray lineart; do
  case="turned, $mode"
  scanned "$case" --mode $mode || continue
  for degrees in 90 180 270; do
    edited "$case" rotate --by 90 --pages all || continue
    if [ $mode = lineart ]; then
      # In a PDF the picture itself stays as it came.
      exported "$case" upright.pdf --overwrite && pdfimages -png -l 1 "$target/upright.pdf" "$work/upright" &&
        convert "$work/upright-000.png" -rotate $degrees +repage "$work/turned.png"
    else
      convert "$kept/001.jpg" -rotate $degrees +repage "$work/turned.png"
    fi
    for file in x.png x.tif; do
      exported "$case" $file --overwrite || continue
      if [ $file = x.png ]; then name=$target/x-001.png; else name="$target/x.tif[0]"; fi
      judged "${file#*.}: $case by $degrees" same_pixels "$name" "$work/turned.png"
      judged "${file#*.}: $case by $degrees: upright" upright "$name"
    done
    judged "png: $case by $degrees: sound" pngcheck -q "$target/x-001.png"
    mutool draw -q -r 200 -F pgm -o "$work/drawn.pgm" "$target/x-001.png" 2> /dev/null
    judged "png: $case by $degrees: its size in mupdf" test "$(identify -format '%w %h' "$work/drawn.pgm")" = "$(identify -format '%w %h' "$work/turned.png")"
    if [ $mode = lineart ]; then
      judged "tif: $case by $degrees: sound" tiff_is "$target/x.tif" "CCITT Group 4"
      continue
    fi
    judged "tif: $case by $degrees: sound" tiff_is "$target/x.tif" AdobeDeflate
    exported "$case" x.jpg --overwrite || continue
    judged "jpg: $case by $degrees: the word" test "$(identify -format '%[EXIF:Orientation]' "$target/x-001.jpg")" = "$(sed -n "s/^$degrees //p" <<< $'90 6\n180 3\n270 8')"
    judged "jpg: $case by $degrees: the scanner's own" same_pixels "$target/x-001.jpg" "$kept/001.jpg"
    convert "$target/x-001.jpg" -auto-orient +repage "$work/oriented.png"
    judged "jpg: $case by $degrees: as it is seen" same_pixels "$work/oriented.png" "$work/turned.png"
  done
done

# ---- what can be wished for

case="compressions"
if scanned "$case" --mode gray; then
  for wished in "lzw LZW" "none None" "deflate AdobeDeflate"; do
    exported "$case" x.tif --overwrite --compression "${wished% *}" || continue
    judged "tif: ${wished% *}: sound" tiff_is "$target/x.tif" "${wished#* }"
    judged "tif: ${wished% *}: its pixels" same_pixels "$target/x.tif[0]" "$kept/001.jpg"
  done
fi

case="password"
if scanned "$case" --mode color; then
  echo "open, Sesam" > "$work/password"
  if exported "$case" x.pdf --password-file "$work/password"; then
    judged "pdf: $case: AES with 256 bits" grep -q "AESv3" <(qpdf --show-encryption --password="open, Sesam" "$target/x.pdf")
    judged "pdf: $case: closed to others" test "$(qpdf --requires-password "$target/x.pdf"; echo $?)" = 0
    judged "pdf: $case: in poppler" pdftoppm -r 20 -upw "open, Sesam" "$target/x.pdf" "$work/opened"
    qpdf --decrypt --password="open, Sesam" "$target/x.pdf" "$work/decrypted.pdf"
    judged "pdf: $case: what is inside" the_scanner_s_own "$work/decrypted.pdf"
  fi
fi

case="archive"
if scanned "$case" --mode color && edited "$case" rotate --pages 1 && exported "$case" x.pdf --pdfa --author "Zoë"; then
  judged "pdf: $case: the JPEG" the_scanner_s_own "$target/x.pdf"
  pdfinfo -meta "$target/x.pdf" > "$work/metadata"
  judged "pdf: $case: says what it is" grep -qE 'part(>|=")2' "$work/metadata"
  judged "pdf: $case: and how well" grep -qE 'conformance(>|=")B' "$work/metadata"
  judged "pdf: $case: who made it" grep -q "Zoë" "$work/metadata"
  judged "pdf: $case: its colours" grep -qa "/GTS_PDFA1" "$target/x.pdf"
fi

for kind in "gray Gray 16-bit grayscale" "colour RGB 48-bit RGB"; do
  read -r name space depth <<< "$kind"
  case="16 bits, $name"
  rm -rf "$target" && mkdir "$target"
  convert -size 321x123 plasma:red-blue -colorspace "$space" -depth 16 -define png:bit-depth=16 -density 200 -units PixelsPerInch "$work/deep.png"
  document=$("$LIGHTBAR" import --json "$work/deep.png" 2> "$work/complaints" | jq -r .document)
  exported "$case" x.png && judged "png: $case" same_pixels "$target/x.png" "$work/deep.png"
  judged "png: $case: its depth" grep -q "$depth" <(pngcheck -v "$target/x.png")
  exported "$case" x.tif && judged "tif: $case" same_pixels "$target/x.tif" "$work/deep.png"
  edited "$case" rotate --by 270 && exported "$case" x.png --overwrite || continue
  convert "$work/deep.png" -rotate 270 +repage "$work/turned.png"
  judged "png: $case, turned" same_pixels "$target/x.png" "$work/turned.png"
  judged "png: $case, turned: its depth" grep -q "$depth" <(pngcheck -v "$target/x.png")
done

# ---- black and white: G4 in a PDF and in a TIFF, one bit in a PNG, and the same pixels everywhere

case="black and white"
if scanned "$case" --mode gray && edited "$case" tone --threshold 128 --pages all; then
  convert "$kept/001.jpg" -threshold 49.9% "$work/black.png"
  exported "$case" x.png && judged "png: $case" same_pixels "$target/x-001.png" "$work/black.png"
  judged "png: $case: one bit" grep -q "1-bit grayscale" <(pngcheck -v "$target/x-001.png")
  exported "$case" x.tif && judged "tif: $case" same_pixels "$target/x.tif[0]" "$work/black.png"
  judged "tif: $case: sound" tiff_is "$target/x.tif" "CCITT Group 4"
  if exported "$case" x.pdf; then
    judged "pdf: $case: sound" sound_pdf "$target/x.pdf"
    judged "pdf: $case: G4" test "$(pdfimages -list "$target/x.pdf" | awk 'NR > 2 {print $9, $13}' | sort -u)" = "ccitt 200"
    pdfimages -png -l 1 "$target/x.pdf" "$work/fax" && judged "pdf: $case" same_pixels "$work/fax-000.png" "$work/black.png"
  fi
fi

# ---- the same document, the same bytes

case="twice the same bytes"
if scanned "$case" --mode color && edited "$case" tone --brightness 20 --pages all; then
  for ending in pdf tif; do
    exported "$case" a.$ending && exported "$case" b.$ending && judged "$ending: $case" cmp "$target/a.$ending" "$target/b.$ending"
    "$LIGHTBAR" export "$document" --format "${ending/tif/tiff}" -o - > "$target/c.$ending" 2> /dev/null
    judged "$ending: $case on standard output" cmp "$target/a.$ending" "$target/c.$ending"
  done
fi
verdict
