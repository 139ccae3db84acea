#!/bin/bash
# small_disk.sh: a real file system that is full, and one that is only there to be read. On it documents are edited,
# exported, imported into, thrown away, looked at and scanned into: each ends with a clear message, nothing is lost, and
# a file that was there stays as it was. LIGHTBAR=path: try this program.
# Needs root, or a user who may have a namespace of mounts; otherwise it says so and tries nothing.
own_mounts=${1:-}
if [ "$own_mounts" != own-mounts ]; then
  # Mounts of its own, so that none is left behind, whoever runs it.
  for way in "unshare --mount" "unshare --user --map-root-user --mount"; do
    if $way mount -t tmpfs -o size=1m tmpfs /mnt 2> /dev/null; then exec $way "$0" own-mounts; fi
  done
  echo "SKIPPED: no file system can be mounted here, neither as root nor in a namespace"
  exit 0
fi
. "$(dirname "$0")/judging.bash"
need jq qpdf
find_lightbar
# Bytes that must be free before paper moves (src/document/space.rs) are 96 MB; here is a little more.
SCAN_DISK_MB=110

disk=$work/disk elsewhere=$work/elsewhere
mkdir "$disk" "$elsewhere"
export LIGHTBAR_DATA_DIR=$disk/data

run() { # run ARGUMENT…: sets status; what it said is in $work/out and $work/err
  status=0
  "$LIGHTBAR" "$@" > "$work/out" 2> "$work/err" || status=$?
}

fast=(-d virtual:feeder --source feeder --speed 0 --reload never)
new_disk() { # new_disk MB: an empty one
  mount -t tmpfs -o "size=$1m" tmpfs "$disk" || { echo "FAIL the disk cannot be mounted"; exit 1; }
}

fill() { # fill: not a byte is left
  dd if=/dev/zero of="$disk/filler" bs=4096 > /dev/null 2>&1
}

documents() { "$LIGHTBAR" documents --json; }

state() { # what a document is for a person: its pages, its title, and the pixels of it
  documents | jq -c 'map([.id, .pages, .partial, .damaged, .title, .state])'
  "$LIGHTBAR" export last --overwrite -o "$elsewhere/state.pdf" > /dev/null 2>&1
  sha256sum < "$elsewhere/state.pdf"
}

judge() { # judge CASE EXIT WORDS: it ended so, said these words, and nothing was lost
  local before=$known now
  now=$(state)
  if [ "$status" != "$2" ]; then fail "$1" "exit $status: $(cat "$work/err")"
  elif ! grep -qi -- "$3" "$work/out" "$work/err"; then fail "$1" "said: $(cat "$work/out" "$work/err")"
  elif grep -qE 'panicked|os error|Os \{|Io\(' "$work/err"; then fail "$1" "not for a person: $(cat "$work/err")"
  elif [ "$now" != "$before" ]; then fail "$1" "it was $before and is $now"
  elif [ -e "$disk/old.pdf" ] && ! cmp -s "$disk/old.pdf" "$elsewhere/old.pdf"; then fail "$1" "the old file is another one"
  elif compgen -G "$disk/*.part" > /dev/null; then fail "$1" "an unfinished file stays"
  else pass "$1"
  fi
}

new_disk 6
# More than a small disk is free where the document is made.
LIGHTBAR_DATA_DIR=$work/made run scan "${fast[@]}" --sheets 4 --resolution 100 --mode gray --keep-document -o "$elsewhere/pages.pdf"
[ "$status" = 0 ] || { echo "FAIL no document: $(cat "$work/err")"; exit 1; }
cp -a "$work/made" "$LIGHTBAR_DATA_DIR"
run edit last rotate --pages 2
run export last -o "$disk/old.pdf"
run export last --pages 1-2 -o "$elsewhere/more.tif"
cp "$disk/old.pdf" "$elsewhere/old.pdf"
fill
known=$(state)
run edit last delete 3; judge "a page is deleted on a full disk" 1 "disk is full"
run edit last title Letter; judge "a document is called something on a full disk" 1 "disk is full"
run export last --overwrite -o "$disk/old.pdf"; judge "an old file on a full disk is to be replaced" 1 "disk is full"
run export last -o "$disk/new.pdf"; judge "a new file on a full disk" 1 "disk is full"
run import --append last "$elsewhere/more.tif"; judge "pages are imported on a full disk" 1 "full"
run documents clean last; judge "a document on a full disk is cleaned" 1 "disk is full"
run documents check; judge "a document on a full disk is looked at" 0 "nothing is damaged"
run documents delete last
if [ "$status" = 0 ]; then run documents restore "$(documents > /dev/null; "$LIGHTBAR" documents --trash --json | jq -r '.[0].id')"; fi
judge "a document is thrown away on a full disk, and taken back" "$status" "is back\|disk is full"
run scan "${fast[@]}" --append last; judge "a scan onto a full disk is refused before paper moves" 1 "disk is full"
run scan "${fast[@]}" -o "$elsewhere/none.pdf"; judge "so is one of a new document" 1 "free on the disk"

mount -o remount,ro "$disk"
known=$(state)
run export last -o "$elsewhere/read.pdf"; judge "a document that can only be read is exported" 0 "saved 4 pages"
run documents; judge "it is listed" 0 "4 pages"
run documents check; judge "it is looked at" 0 "nothing is damaged"
run edit last rotate; judge "it is not edited" 1 "may not be written"
run export last --overwrite -o "$disk/old.pdf"; judge "a file that can only be read is not replaced" 1 "written"
umount "$disk"

new_disk $SCAN_DISK_MB
cp "$elsewhere/old.pdf" "$disk/old.pdf"
run scan "${fast[@]}" --sheets 400 --resolution 600 --mode color --json --overwrite -o "$disk/old.pdf"
pages=$(documents | jq '.[0].pages') partial=$(documents | jq '.[0].partial')
rm -rf "$work/copy"
if [ "$status" != 1 ] || ! grep -q "disk is full" "$work/err"; then fail "a job fills the disk" "exit $status: $(cat "$work/err")"
elif ! [ "$pages" -gt 1 ] || ! [ "$partial" -le 1 ]; then fail "a job fills the disk" "$pages pages, $partial partial"
elif ! cmp -s "$disk/old.pdf" "$elsewhere/old.pdf"; then fail "a job fills the disk" "the old file is another one"
elif ! [ -d "$(jq -r .document "$work/out")" ]; then fail "a job fills the disk" "nobody is told where the pages are"
else pass "a job fills the disk: $pages pages are kept, $partial of them partial"
fi
run documents check
[ "$status" = 0 ] && pass "what was kept is sound" || fail "what was kept is sound" "$(cat "$work/out")"
run export last -o "$elsewhere/kept.pdf"
if [ "$status" = 0 ] && [ "$(qpdf --show-npages "$elsewhere/kept.pdf")" = "$pages" ]; then pass "it is saved elsewhere"
else fail "it is saved elsewhere" "exit $status: $(cat "$work/err")"
fi
umount "$disk"
verdict
