#!/bin/bash
# Lightbar on a real kernel's USB stack: a Linux guest attaches our virtual scanner over USB/IP and
# scans from it with `lightbar scan -d usb:…`; the cable is pulled in mid page; reads are cancelled;
# ipp-usb and sane-airscan scan from it too. What came is compared, out here, with what was sent.
#
# Runs where ../shared/usb-lab is (or $LIGHTBAR_SHARED/usb-lab), which boots the guest. Prints PASS
# lines; any failure ends it with a status other than 0.
set -euo pipefail
cd "$(dirname "$0")/../.."
lab=${LIGHTBAR_SHARED:-../shared}/usb-lab
if [ ! -x "$lab/boot.sh" ]; then
  echo "SKIPPED: the USB stack of a real kernel ($lab is not there)"
  exit 0
fi
for program in pdfimages qpdf convert; do # boot.sh installs QEMU itself
  command -v $program > /dev/null && continue
  echo "SKIPPED: the USB stack of a real kernel ($program is not installed)"
  exit 0
done

# The programs under test. LIGHTBAR_BIN and LIGHTBAR_SUITE name ones that are built already.
bin=${LIGHTBAR_BIN:-}
suite=${LIGHTBAR_SUITE:-}
[ -n "$bin" ] || { cargo build --quiet; bin=target/debug/lightbar; }
[ -n "$suite" ] || suite=$(cargo test --no-run --test suite --message-format=json 2> /dev/null |
  sed -n 's/.*"executable":"\([^"]*suite-[^"]*\)".*/\1/p' | tail -1)
[ -x "$bin" ] && [ -x "$suite" ] || { echo "FAIL nothing was built"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/lightbar-lab.XXXXXX")
mkdir -p "$work"/{share,out,whole,unplugged,slow,older}
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAIL $*"; exit 1; }

cp "$bin" "$work/share/lightbar"
cp "$suite" "$work/share/suite"
strip "$work/share/lightbar" "$work/share/suite" 2> /dev/null || true
cp tests/lab/guest.sh assets/udev/70-lightbar.rules "$work/share/"

# The devices run out here; the guest reaches them at 10.0.2.2.
lend() { # lend NAME MODEL OPTION…: sets NAME's port in the guest's environment
  local name=$1 model=$2 line; shift 2
  "$bin" virtual --model "$model" --usbip 127.0.0.1:0 --keep-sent "$work/$name" "$@" > "$work/$name.line" 2> "$work/$name.log" &
  pids+=($!)
  for _ in $(seq 200); do [ -s "$work/$name.line" ] && break; sleep 0.1; done
  line=$(cat "$work/$name.line")
  [[ $line =~ :([0-9]+)\ bus\ id\ ([0-9.-]+) ]] || fail "no $name device: $line $(cat "$work/$name.log")"
  echo "${name}_port=${BASH_REMATCH[1]} bus_id=${BASH_REMATCH[2]}" >> "$work/share/devices"
}
lend whole feeder --sheets 2 --reload 1 --speed 60
lend unplugged feeder --sheets 2 --reload 1 --speed 30 --fault unplug@page2:row600
lend slow feeder --sheets 4 --reload 1 --speed 6
lend older legacy --sheets 2 --reload 1 --speed 60

"$lab/boot.sh" -n -t "${LIGHTBAR_LAB_LIMIT:-900}" -m 2048 -s "$work/share" -o "$work/out" 'bash /host/guest.sh' ||
  fail "the guest ended with status $?"

# same FOLDER PDF…: the pictures in the files are, in order, what the device sent.
same() {
  local sent=$1 number=0 picture
  shift
  rm -rf "$work/pictures"; mkdir "$work/pictures"
  for pdf in "$@"; do
    qpdf --check "$pdf" > /dev/null || fail "qpdf does not accept $(basename "$pdf")"
    pdfimages -all "$pdf" "$work/pictures/$(printf %02d $number)"
    number=$((number + 1))
  done
  paste -d' ' <(cd "$work/pictures" && sha256sum -- * | cut -c1-64) <(cd "$sent" && sha256sum -- * | cut -c1-64) |
    while read -r received sent; do [ "$received" = "$sent" ] || exit 1; done
}
mkdir "$work/first"
for number in 001 002 003 004 005; do cp "$work/whole/$number.jpg" "$work/first/" || fail "the device sent too few pages"; done
same "$work/first" "$work/out/flatbed.pdf" "$work/out/duplex.pdf" || fail "a page is not what the device sent"
echo "PASS flatbed and duplex feeder through the real kernel: 5 pages, each to the byte what the device sent"

for number in 1 2; do
  convert "$work/out/older-00$number.png" -depth 8 "gray:$work/older.rows"
  cmp "$work/older.rows" "$work/older/00$number.bin" || fail "a page of the older device is not what it sent"
done
echo "PASS a device with a protocol of its own through the real kernel: 2 pages, each to the pixel what it sent"

# The client pads or crops the lower and right edges.
sane() { # sane SENT GOT
  local a b
  read -r -a a < <(identify -format '%w %h' "$1"); read -r -a b < <(identify -format '%w %h' "$2")
  local width=$((a[0] < b[0] ? a[0] : b[0])) height=$((a[1] < b[1] ? a[1] : b[1]))
  [ $((a[0] - width)) -le $((a[0] / 40)) ] && [ $((a[1] - height)) -le $((a[1] / 40)) ] || return 1
  convert "$1" -crop "${width}x$height+0+0" +repage "$work/a.pnm"
  convert "$2" -crop "${width}x$height+0+0" +repage "$work/b.pnm"
  cmp "$work/a.pnm" "$work/b.pnm"
}
sane "$work/whole/$(cat "$work/out/airscan.number").jpg" "$work/out/airscan.png" || fail "sane-airscan's pixels differ"
echo "PASS sane-airscan through ipp-usb on the real kernel has the device's pixels"
