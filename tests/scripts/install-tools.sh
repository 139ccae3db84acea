#!/bin/bash
# Installs what the tests of level B need on Debian or Ubuntu: the faked usbfs, other people's
# scanning programs and PDF tools as judges, and a display without a screen. Building and running
# Lightbar needs none of it.
set -euo pipefail
packages=(
  build-essential nasm python3                                   # building; nasm makes JPEG fast
  libusb-1.0-0-dev pkg-config                                    # building with the feature system-libusb
  umockdev libumockdev0                                          # the faked usbfs
  sane-utils sane-airscan libsane1 ipp-usb avahi-daemon dbus     # judges of the devices
  simple-scan                                                    # the first frame is measured against its
  qpdf poppler-utils mupdf-tools libtiff-tools pngcheck          # judges of saved files
  libjpeg-turbo-progs imagemagick curl iproute2 util-linux
  xvfb xauth x11-utils xdotool libxcursor1 libxi6 libxkbcommon-x11-0 libgl1 libgl1-mesa-dri
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "all tools are installed"
  exit 0
fi
echo "installing: ${missing[*]}"
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "${missing[@]}"
