#!/bin/bash
# The part of usb_guest.sh that runs inside the guest, as root, without an init system.
set -euo pipefail
cd /host
. <(tr ' ' '\n' < /host/devices)
export LIGHTBAR_DATA_DIR=/tmp/data HOME=/tmp/home
mkdir -p "$LIGHTBAR_DATA_DIR" "$HOME"
fail() { echo "FAIL $*"; tail -n 30 /tmp/log 2> /dev/null || true; exit 1; }
pass() { echo "PASS $*"; }

ip link set lo up
cp /host/70-lightbar.rules /etc/udev/rules.d/
/lib/systemd/systemd-udevd --daemon
modprobe vhci-hcd

scanners() { grep -l 1209 /sys/bus/usb/devices/*/idVendor 2> /dev/null | wc -l; }
plug_in() { # plug_in PORT
  usbip --tcp-port "$1" attach -r 10.0.2.2 -b "$bus_id" || fail "usbip attach"
  for _ in $(seq 300); do [ "$(scanners)" = 1 ] && return; sleep 0.1; done
  fail "the kernel shows no device"
}
pull_out() {
  for port in $(usbip port 2> /dev/null | sed -n 's/^Port \([0-9]*\):.*/\1/p'); do usbip detach -p "$port" > /dev/null; done
  gone
}
gone() {
  for _ in $(seq 300); do [ "$(scanners)" = 0 ] && return; sleep 0.1; done
  fail "the device stays"
}
scan() { # scan STATUS ARGUMENT…: ends with this status; what it says goes to /tmp/log
  local wanted=$1 status=0; shift
  timeout 200 ./lightbar scan --mode gray --resolution 100 "$@" > /tmp/out 2> /tmp/log || status=$?
  cat /tmp/out >> /tmp/log
  [ "$status" = "$wanted" ] || fail "scan $* ended with $status"
}
field() { # field NAME: of the JSON object that the last scan printed
  python3 -c 'import json, sys; value = json.load(open("/tmp/out"))[sys.argv[1]]; print(value if value is not None else "")' "$1"
}
kernel() { # kernel SCENARIO: of the faked bus, here with a real one
  LIGHTBAR_SCENARIO=$1 timeout 120 ./suite --exact faked_usbfs::child --ignored --nocapture > /tmp/log 2>&1 || fail "scenario $1"
  grep -q '1 passed' /tmp/log || fail "scenario $1 did not run"
}

plug_in "$whole_port"
./lightbar devices --json > /tmp/devices.json 2> /tmp/log || fail "devices"
device=$(python3 -c 'import json; print(next(d["id"] for d in json.load(open("/tmp/devices.json")) if d["id"].startswith("usb:")))')
[[ $device == usb:1209:0001:* ]] || fail "the device is called $device"
pass "discovery: $device"
udevadm settle --timeout=20 || true
node=$(dirname "$(grep -l 1209 /sys/bus/usb/devices/*/idVendor)")
udevadm info -q property -p "$node" | grep -q '^TAGS=.*:uaccess:' || fail "the udev rule does not tag the device"
pass "the udev rule gives the device to the person at the computer"

scan 0 -d "$device" --source flatbed -o /out/flatbed.pdf
grep -q '^saved 1 page to' /tmp/out || fail "the flatbed"
pass "flatbed"
scan 0 -d "$device" --source duplex -o /out/duplex.pdf
grep -q '^saved 4 pages to' /tmp/out || fail "the duplex feeder"
pass "duplex feeder, 4 pages"
sleep 2 # the feeder fills itself
for scenario in alternates wake close control reset cancel; do kernel $scenario; done
pass "libusb on the real kernel: alternates, wake, close, control, reset"
grep -o 'cancelled .*' /tmp/log
pass "reads in flight are cancelled within 100 ms"

# Debian's ipp-usb and sane-airscan on the same device; then we beside them.
mkdir -p /var/ipp-usb/dev /var/ipp-usb/lock /var/log/ipp-usb /etc/ipp-usb /tmp/airscan
printf '[network]\n dns-sd = disable\n interface = loopback\n[logging]\n console-color = disable\n' > /etc/ipp-usb/ipp-usb.conf
ipp-usb debug > /tmp/ipp-usb.log 2>&1 &
daemon=$!
for _ in $(seq 300); do curl -sf -o /tmp/caps.xml http://localhost:60000/eSCL/ScannerCapabilities && break; sleep 0.1; done
[ -s /tmp/caps.xml ] || { tail -20 /tmp/ipp-usb.log; fail "ipp-usb serves nothing"; }
printf 'airscan\n' > /tmp/airscan/dll.conf
printf '[devices]\nLightbar = http://localhost:60000/eSCL, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\nprotocol = manual\n' > /tmp/airscan/airscan.conf
SANE_CONFIG_DIR=/tmp/airscan timeout 200 scanimage -d airscan:e0:Lightbar --source Flatbed --mode Gray --resolution 100 --format=png \
  -o /out/airscan.png > /tmp/log 2>&1 || fail "sane-airscan"
echo 006 > /out/airscan.number
pass "ipp-usb and sane-airscan scan from the device"
scan 0 -d "$device" --source flatbed -o /out/beside.pdf
pass "while ipp-usb holds the device, lightbar scans through its service, under the same name"
kill $daemon; wait $daemon 2> /dev/null || true
pull_out

# Pulled out in mid page by the device itself, then by this computer.
plug_in "$unplugged_port"
scan 1 -d "$device" --source duplex --json -o /out/unplugged.pdf
[ "$(field status)" = failed ] && [ "$(field pages)" = 2 ] && [ "$(field partial)" = 1 ] || fail "unplugged: $(cat /tmp/out)"
python3 -c 'import json; e = json.load(open("/tmp/out"))["error"]; print("        said:", e["message"]); assert e["message"] and e["condition"]' || fail "no sentence"
gone
pass "unplugged in mid page: the pages are kept, the one under way as far as it came"
plug_in "$unplugged_port"
scan 0 -d "$device" --source duplex -o /out/again.pdf
grep -q '^saved 4 pages to' /tmp/out || fail "after plugging in again"
pass "plugged in again, the next scan is whole"
pull_out

plug_in "$slow_port"
rm -rf /tmp/data/documents
timeout 200 ./lightbar scan -d "$device" --source feeder --mode gray --resolution 100 --json -o /out/interrupted.pdf > /tmp/out 2> /tmp/log &
scanning=$!
for _ in $(seq 600); do [ -n "$(find /tmp/data -name '*.page' -size +20k 2> /dev/null)" ] && break; sleep 0.05; done
pkill -INT -P $scanning -x lightbar || kill -INT $scanning
status=0; wait $scanning || status=$?
[ "$status" = 130 ] && [ "$(field status)" = cancelled ] && [ "$(field partial)" = 1 ] || fail "Ctrl+C: $status $(cat /tmp/out)"
pass "Ctrl+C in mid page: partial page kept, status 130"
scan 0 -d "$device" --source flatbed -o /out/after.pdf
pass "the next scan works at once"
pull_out

# Found by its numbers, with a protocol of its own.
plug_in "$older_port"
scan 0 --source feeder -o /out/older.png
grep -q '^saved 2 pages to' /tmp/out || fail "the older device"
pass "a device with a protocol of its own, unnamed"
pull_out
