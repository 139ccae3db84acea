#!/bin/bash
# Programs that others wrote read the files we save: every format and colour, pages cut by a fault or by Ctrl+C, both
# sides of sheets, and sheets whose height is known at their end only.
#   LIGHTBAR=path    judge this program instead of building one
#   KEEP_WORK=1      keep the files of a run that failed
. "$(dirname "$0")/../scripts/judging.bash"
need qpdf pdfimages pdfinfo pdftoppm mutool tiffinfo pngcheck djpeg identify convert jq
find_lightbar

# A page of which less than this share of full contrast is not paper colour is blank.
INKED=0.01
# A length in points may be off by this, a resolution in dots per inch by that: millimetres, whole pixels.
POINTS_OFF=1
DPI_OFF=1
A4_POINTS="595.3 841.9"
# Bytes of a page that were sent when it counts as being in the middle.
MIDDLE=40000

target=$work/files

scan() { # scan CASE STATUS FILE OPTION…: scans into a new folder; sets result (JSON), kept (what was sent)
  local case=$1 expected=$2 status=0
  rm -rf "$target" "$work/sent"
  mkdir "$target" "$work/sent"
  kept=$work/sent
  "$LIGHTBAR" scan --json -o "$target/$3" --keep-sent "$kept" "${@:4}" > "$work/result" 2> "$work/complaints" || status=$?
  result=$(cat "$work/result")
  [ $status = "$expected" ] || { fail "$case" "exit status $status instead of $expected: $(tail -n 2 "$work/complaints") $result"; return 1; }
}

said() { jq -r "$1" <<< "$result"; }

near() { # near A B LIMIT
  awk -v a="$1" -v b="$2" -v limit="$3" 'BEGIN {d = a - b; exit !(d <= limit && -d <= limit)}'
}

inked() { # inked IMAGE: whether there is something on it
  awk -v spread="$(convert "$1" -colorspace Gray -format '%[fx:standard_deviation]' info:)" -v least=$INKED 'BEGIN {exit !(spread > least)}'
}

# ---- judges: each says what is wrong and answers 1, or says nothing

judge_pdf() { # judge_pdf FILE PAGES DPI ENCODING "WIDTH HEIGHT" [FIRST PAGE THAT MAY BE BLANK STEP]
  local file=$1 pages=$2 dpi=$3 encoding=$4 size=$5 blank_from=${6:-0} said page width height number list
  said=$(qpdf --check "$file" 2>&1) || { echo "qpdf: $said"; return 1; }
  [ "$(qpdf --show-npages "$file")" = "$pages" ] || { echo "$(qpdf --show-npages "$file") pages instead of $pages"; return 1; }
  said=$(mutool draw -q -r 20 -o "$work/mutool-%03d.pgm" "$file" 2>&1) || { echo "mutool: $said"; return 1; }
  # Debian builds it without colour profiles, and it says so.
  said=$(grep -v '^warning: ICC support is not available$' <<< "$said")
  [ -z "$said" ] || { echo "mutool: $said"; return 1; }
  rm -f "$work"/poppler-*
  said=$(pdftoppm -gray -r 20 "$file" "$work/poppler" 2>&1) || { echo "pdftoppm: $said"; return 1; }
  [ -z "$said" ] || { echo "pdftoppm: $said"; return 1; }
  number=0
  for page in "$work"/poppler-*; do
    number=$((number + 1))
    [ "$blank_from" != 0 ] && [ $((number % blank_from)) = 0 ] && continue
    inked "$page" || { echo "page $number is blank in poppler"; return 1; }
    inked "$(printf '%s/mutool-%03d.pgm' "$work" $number)" || { echo "page $number is blank in mupdf"; return 1; }
  done
  [ $number = "$pages" ] || { echo "poppler renders $number pages"; return 1; }
  while read -r width height; do
    near "$width" "${size% *}" $POINTS_OFF && near "$height" "${size#* }" $POINTS_OFF || { echo "a page of $width x $height points instead of $size"; return 1; }
  done < <(pdfinfo -l "$pages" "$file" | sed -nE 's/^Page( +[0-9]+)? size: *([0-9.]+) x ([0-9.]+) pts.*/\2 \3/p')
  list=$(pdfimages -list "$file" | tail -n +3)
  [ "$(wc -l <<< "$list")" = "$pages" ] || { echo "$(wc -l <<< "$list") images instead of $pages"; return 1; }
  while read -r _ _ _ _ _ _ _ _ said _ _ _ width height _; do
    [ "$said" = "$encoding" ] || { echo "an image is $said instead of $encoding"; return 1; }
    near "$width" "$dpi" $DPI_OFF && near "$height" "$dpi" $DPI_OFF || { echo "an image of $width x $height dpi instead of $dpi"; return 1; }
  done <<< "$list"
}

judge_tiff() { # judge_tiff FILE PAGES DPI COMPRESSION
  local said pages
  said=$(tiffinfo -D "$1" 2>&1 > "$work/tiffinfo") || { echo "tiffinfo: $said"; return 1; }
  [ -z "$said" ] || { echo "tiffinfo: $said"; return 1; }
  pages=$(grep -c '^=== TIFF directory' "$work/tiffinfo")
  [ "$pages" = "$2" ] || { echo "$pages pages instead of $2"; return 1; }
  [ "$(grep -c "Resolution: $3, $3 pixels/inch" "$work/tiffinfo")" = "$2" ] || { echo "resolution: $(grep Resolution "$work/tiffinfo")"; return 1; }
  [ "$(grep -c "Compression Scheme: .*$4" "$work/tiffinfo")" = "$2" ] || { echo "compression: $(grep Compression "$work/tiffinfo" | sort | uniq -c)"; return 1; }
  inked "$1[0]" || { echo "the page is blank"; return 1; }
}

judge_png() { # judge_png FILE DPI KIND
  local said metre
  said=$(pngcheck -v "$1") || { echo "pngcheck: $said"; return 1; }
  metre=$(sed -nE 's/.*pHYs.*: ([0-9]+)x([0-9]+) pixels\/meter.*/\1/p' <<< "$said")
  near "$(awk -v metre="${metre:-0}" 'BEGIN {print metre * 0.0254}')" "$2" $DPI_OFF || { echo "$metre pixels a metre instead of $2 dpi"; return 1; }
  grep -q "$3" <<< "$said" || { echo "not $3: $(sed -n 3p <<< "$said")"; return 1; }
  inked "$1" || { echo "the page is blank"; return 1; }
}

judge_jpeg() { # judge_jpeg FILE DPI
  local said
  said=$(djpeg -outfile "$work/page.pnm" "$1" 2>&1) || { echo "djpeg: $said"; return 1; }
  [ -z "$said" ] || { echo "djpeg: $said"; return 1; }
  said=$(identify -units PixelsPerInch -format '%x %y' "$1")
  near "${said% *}" "$2" $DPI_OFF && near "${said#* }" "$2" $DPI_OFF || { echo "$said dpi instead of $2"; return 1; }
  inked "$1" || { echo "the page is blank"; return 1; }
}

judged() { # judged CASE JUDGE ARGUMENT…
  local reason
  if reason=$("${@:2}"); then pass "$1"; else fail "$1" "$reason"; fi
}

feeder=(-d virtual:feeder --source feeder --speed 0 --reload never --sheets 2)
glass=(-d virtual:feeder --source flatbed --speed 0)

# ---- formats and colours

declare -A pdf_encoding=([color]=jpeg [gray]=jpeg [lineart]=ccitt)
declare -A tiff_compression=([color]="" [gray]="" [lineart]="CCITT Group 4")
declare -A png_kind=([color]="24-bit RGB" [gray]="8-bit grayscale" [lineart]="1-bit")
for mode in color gray lineart; do
  case="pdf, $mode"
  scan "$case" 0 x.pdf "${feeder[@]}" --mode $mode --resolution 200 &&
    judged "$case" judge_pdf "$target/x.pdf" 2 200 ${pdf_encoding[$mode]} "$A4_POINTS"
  case="tif, $mode"
  scan "$case" 0 x.tif "${feeder[@]}" --mode $mode --resolution 200 &&
    judged "$case" judge_tiff "$target/x.tif" 2 200 "${tiff_compression[$mode]}"
  case="png, $mode"
  scan "$case" 0 x.png "${feeder[@]}" --mode $mode --resolution 200 &&
    judged "$case" judge_png "$target/x-002.png" 200 "${png_kind[$mode]}"
  case="jpg, $mode"
  scan "$case" 0 x.jpg "${glass[@]}" --mode $mode --resolution 150 &&
    judged "$case" judge_jpeg "$target/x.jpg" 150
done

case="jpg, what the scanner sent"
if scan "$case" 0 x.jpg "${feeder[@]}" --mode color --resolution 200; then
  if cmp "$kept/001.jpg" "$target/x-001.jpg" && cmp "$kept/002.jpg" "$target/x-002.jpg"; then pass "$case"; else fail "$case" "other bytes"; fi
fi
# Such line art is scanned gray; the document's edit makes it black and white, and its file is as small as any.
case="pdf, line art of a flatbed that has gray only"
scan "$case" 0 x.pdf -d virtual:flatbed --speed 0 --mode lineart --resolution 200 &&
  judged "$case" judge_pdf "$target/x.pdf" 1 200 ccitt "$A4_POINTS"
case="pdf, 600 dpi"
scan "$case" 0 x.pdf "${glass[@]}" --mode gray --resolution 600 && judged "$case" judge_pdf "$target/x.pdf" 1 600 jpeg "$A4_POINTS"
case="pdf, own size of paper"
scan "$case" 0 x.pdf "${glass[@]}" --resolution 300 --paper 100x150mm && judged "$case" judge_pdf "$target/x.pdf" 1 300 jpeg "283.5 425.2"

# Backs may be blank: paper is like that.
case="pdf, both sides"
scan "$case" 0 x.pdf -d virtual:feeder --source duplex --speed 0 --reload never --sheets 3 --resolution 150 &&
  judged "$case" judge_pdf "$target/x.pdf" 6 150 jpeg "$A4_POINTS" 2

# ---- a height that is known at the end

case="pdf, height known at the end"
if scan "$case" 0 x.pdf -d virtual:sheetfed --source feeder --speed 0 --reload never --sheets 2 --resolution 150; then
  judged "$case" judge_pdf "$target/x.pdf" 2 150 jpeg "$A4_POINTS"
fi
case="jpg, height known at the end"
scan "$case" 0 x.jpg -d virtual:sheetfed --source feeder --speed 0 --reload never --sheets 1 --resolution 150 &&
  judged "$case" judge_jpeg "$target/x-001.jpg" 150

# ---- pages that were cut

partial_is() { # partial_is CASE PAGES PARTIAL
  [ "$(said .pages)" = "$2" ] && [ "$(said .partial)" = "$3" ] || { fail "$1" "$(said .pages) pages, $(said .partial) partial instead of $2, $3"; return 1; }
}

for mode in color gray lineart; do
  case="pdf, cut at row 1000, $mode"
  encoding=${pdf_encoding[$mode]}
  # The fault strikes when its row is due, and rows come in runs of sixteen: 992 rows came, 238.1 points.
  scan "$case" 1 x.pdf "${glass[@]}" --mode $mode --resolution 300 --fault truncate@page1:row1000 &&
    partial_is "$case" 1 1 && judged "$case" judge_pdf "$target/x.pdf" 1 300 "$encoding" "595.3 238.1"
done
case="tif, cut at row 1000"
scan "$case" 1 x.tif "${glass[@]}" --resolution 300 --fault truncate@page1:row1000 && partial_is "$case" 1 1 && judged "$case" judge_tiff "$target/x.tif" 1 300 ""
case="png, cut at row 1000"
scan "$case" 1 x.png "${glass[@]}" --resolution 300 --fault truncate@page1:row1000 && partial_is "$case" 1 1 && judged "$case" judge_png "$target/x.png" 300 "24-bit RGB"
case="jpg, cut at row 1000"
scan "$case" 1 x.jpg "${glass[@]}" --resolution 300 --fault truncate@page1:row1000 && partial_is "$case" 1 1 && judged "$case" judge_jpeg "$target/x.jpg" 300

for model in feeder flatbed; do
  case="pdf, Ctrl+C in mid page, $model"
  rm -rf "$target" "$work/sent"
  mkdir "$target" "$work/sent"
  sent=$work/sent
  "$LIGHTBAR" scan --json -d virtual:$model --source flatbed --resolution 300 --keep-sent "$sent" -o "$target/x.pdf" > "$work/result" 2> "$work/complaints" &
  process=$!
  started+=("$process")
  wait_until $SOON sent_more_than $MIDDLE || fail "$case" "no page began"
  kill -INT $process
  wait_until $SOON is_gone $process || { fail "$case" "it does not end"; continue; }
  wait $process
  status=$?
  result=$(cat "$work/result")
  [ $status = 130 ] || { fail "$case" "exit status $status instead of 130: $result"; continue; }
  partial_is "$case" 1 1 || continue
  rows=$(pdfimages -list "$target/x.pdf" | awk 'NR == 3 {print $5}')
  [ "${rows:-0}" -gt 0 ] && [ "$rows" -lt 3508 ] || { fail "$case" "$rows rows"; continue; }
  judged "$case" judge_pdf "$target/x.pdf" 1 300 jpeg "595.3 $(awk -v rows="$rows" 'BEGIN {print rows * 72 / 300}')"
done

case="pdf, jam on the second page"
scan "$case" 1 x.pdf "${feeder[@]}" --resolution 200 --fault jam@page2:row800 && partial_is "$case" 2 1 &&
  { if said=$(qpdf --check "$target/x.pdf" 2>&1); then pass "$case"; else fail "$case" "qpdf: $said"; fi; }

# ---- the same pages, the same bytes; a PDF also carries the time of its scan

for ending in tif png jpg; do
  case="$ending, twice the same bytes"
  scan "$case" 0 x.$ending "${glass[@]}" --mode gray --resolution 150 || continue
  cp "$target/x.$ending" "$work/first"
  scan "$case" 0 x.$ending "${glass[@]}" --mode gray --resolution 150 || continue
  if cmp "$work/first" "$target/x.$ending"; then pass "$case"; else fail "$case" "other bytes"; fi
done
verdict
