#!/bin/bash
# system_libusb.sh: the feature `system-libusb` finds the system's library and builds against it. Without the library's
# headers and pkg-config the one that rusb brings along would be taken, silently.
set -euo pipefail
cd "$(dirname "$0")/../.."
# It links dynamically either way; but a variable that changes makes the library be looked for again, whatever was found
# before it was installed.
export LIBUSB_STATIC=0
built=$(cargo check --quiet --no-default-features --features system-libusb --message-format=json)
if grep '"reason":"build-script-executed"' <<< "$built" | grep 'libusb1-sys' | grep -q '"linked_libs":\["usb-1.0"\]'; then
  echo "PASS the system's libusb $(pkg-config --modversion libusb-1.0)"
else
  echo "FAIL the system's libusb was not found; tests/scripts/install-tools.sh installs it"
  exit 1
fi
