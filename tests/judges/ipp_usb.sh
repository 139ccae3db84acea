#!/bin/bash
# Debian's ipp-usb claims our simulated scanner on a faked usbfs and lends it over loopback HTTP;
# Debian's sane-airscan scans through it, flatbed and feeder. Every pixel must be the device's own.
#
# Runs in a private mount and network namespace: nothing of the machine's own ipp-usb, ports or
# configuration is touched. Prints PASS lines; any failure ends it with a status other than 0.
set -euo pipefail
cd "$(dirname "$0")/../.."

for program in ipp-usb scanimage convert curl unshare; do
  PATH=$PATH:/usr/sbin:/sbin command -v $program > /dev/null && continue
  echo "SKIPPED: ipp-usb on the faked usbfs ($program is not installed)"
  [ -z "${LIGHTBAR_REQUIRE_LEVEL_B:-}" ] || exit 1
  exit 0
done
export PATH=$PATH:/usr/sbin:/sbin

if [ -z "${LIGHTBAR_SUITE:-}" ]; then
  # The test binary hosts the device. Built before the network is gone.
  LIGHTBAR_SUITE=$(cargo test --no-run --test suite --message-format=json 2> /dev/null |
    sed -n 's/.*"executable":"\([^"]*suite-[^"]*\)".*/\1/p' | tail -1)
  [ -x "$LIGHTBAR_SUITE" ] || { echo "FAIL the test binary was not built"; exit 1; }
  export LIGHTBAR_SUITE
  [ "$(id -u)" = 0 ] && exec unshare --mount --net "$0"
  exec unshare --user --map-root-user --mount --net "$0"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/lightbar-judge.XXXXXX")
mkdir -p "$work"/{sent,got,airscan,etc,var/dev,var/lock,log}
ip link set lo up
pids=()
finish() {
  exec 9>&- || true
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "FAIL $*"
  for log in host ipp-usb airscan; do
    [ -s "$work/$log.log" ] && { echo "--- $log"; tail -n 40 "$work/$log.log"; }
  done
  exit 1
}
within() { # within SECONDS COMMAND…: until it succeeds
  local until=$((SECONDS + $1)); shift
  until "$@" > /dev/null 2>&1; do [ $SECONDS -lt $until ] || return 1; sleep 0.05; done
}

# The device, until the pipe is closed.
mkfifo "$work/hold"
LIGHTBAR_SERVE_MODEL=feeder LIGHTBAR_SERVE_SENT=$work/sent "$LIGHTBAR_SUITE" \
  --exact faked_usbfs::serve_for_judges --ignored --nocapture < "$work/hold" > "$work/host.log" 2>&1 &
pids+=($!)
exec 9> "$work/hold"
within 20 grep -q '^UMOCKDEV_DIR=' "$work/host.log" || fail "the device did not start"
bus=$(sed -n 's/^UMOCKDEV_DIR=//p' "$work/host.log")

# The daemon, with folders and a configuration of its own.
printf '[network]\n http-min-port = 60000\n http-max-port = 65535\n dns-sd = disable\n interface = loopback\n ipv6 = disable\n[logging]\n device-log = all\n main-log = debug\n console-log = debug\n console-color = disable\n' > "$work/etc/ipp-usb.conf"
mkdir -p /etc/ipp-usb /var/ipp-usb /var/log/ipp-usb
mount --bind "$work/etc" /etc/ipp-usb
mount --bind "$work/var" /var/ipp-usb
mount --bind "$work/log" /var/log/ipp-usb
LD_PRELOAD=libumockdev-preload.so.0 UMOCKDEV_DIR=$bus ipp-usb debug > "$work/ipp-usb.log" 2>&1 &
pids+=($!)
url=http://localhost:60000/eSCL
within 30 curl -sf --max-time 5 -o "$work/capabilities.xml" "$url/ScannerCapabilities" || fail "ipp-usb serves no scanner"
grep -q 'ScannerCapabilities' "$work/capabilities.xml" || fail "ipp-usb serves something else"
echo "PASS ipp-usb claims the device and serves its capabilities"

printf 'airscan\n' > "$work/airscan/dll.conf"
printf '[devices]\nLightbar = %s, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\nprotocol = manual\n' "$url" > "$work/airscan/airscan.conf"
export SANE_CONFIG_DIR=$work/airscan
scan() { timeout 120 scanimage -d airscan:e0:Lightbar "$@" >> "$work/airscan.log" 2>&1; }

# same SENT GOT: the common part of two pictures, to the byte; the client pads or crops right and below.
same() {
  local a b width height
  read -r -a a < <(identify -format '%w %h' "$1"); read -r -a b < <(identify -format '%w %h' "$2")
  width=$((a[0] < b[0] ? a[0] : b[0])) height=$((a[1] < b[1] ? a[1] : b[1]))
  # No more than 5 mm may be missing of what the device sent.
  [ $((a[0] - width)) -le $((a[0] / 40)) ] && [ $((a[1] - height)) -le $((a[1] / 40)) ] || return 1
  for picture in "$1" "$2"; do
    convert "$picture" -crop "${width}x$height+0+0" +repage -depth 8 "$work/$(basename "$picture").pnm"
  done
  cmp "$work/$(basename "$1").pnm" "$work/$(basename "$2").pnm"
}

sent() { find "$work/sent" -name '*.jpg' | sort; }

scan --source Flatbed --mode Gray --resolution 150 --format=png -o "$work/got/flatbed.png" || fail "the flatbed scan"
[ "$(sent | wc -l)" = 1 ] || fail "the device sent $(sent | wc -l) pages for one"
same "$(sent)" "$work/got/flatbed.png" || fail "the flatbed's pixels differ"
echo "PASS flatbed: sane-airscan through ipp-usb has the device's pixels"

rm "$work"/sent/*
scan --source 'ADF Duplex' --mode Color --resolution 100 --format=png --batch="$work/got/duplex%02d.png" ||
  [ $? = 7 ] || fail "the duplex scan"
pages=$(sent | wc -l)
[ "$pages" = 6 ] || fail "the device sent $pages pages for three sheets"
[ "$(find "$work/got" -name 'duplex*.png' | wc -l)" = 6 ] || fail "not every page came"
number=0
for page in $(sent); do
  number=$((number + 1))
  same "$page" "$work/got/duplex$(printf %02d $number).png" || fail "the pixels of page $number differ"
done
echo "PASS duplex feeder: $pages pages, sane-airscan through ipp-usb has the device's pixels"
