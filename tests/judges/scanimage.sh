#!/bin/bash
# Scanning programs that others wrote scan from our simulated scanners over HTTP, and so do we: every page comes, with
# the pixels that were sent; and a scan that somebody interrupts leaves a scanner that is ready for the next.
#   LIGHTBAR=path    judge this program instead of building one
#   KEEP_WORK=1      keep the files of a run that failed
. "$(dirname "$0")/../scripts/judging.bash"
need scanimage djpeg qpdf pdfimages curl python3
find_lightbar

# The most columns and rows by which a judge's page may be larger or smaller: lengths go through millimetres.
SLACK=2
# The scanner must be at rest this many seconds after somebody interrupted.
REST=30
# Bytes of a page that have left the scanner when it counts as being in the middle of one.
MIDDLE=40000

# ---- our own client

scan_ourselves() { # scan_ourselves CASE SOURCE PAGES OPTION…
  local case=$1 source=$2 pages=$3 file=$work/own.pdf images=$work/own-images said
  rm -rf "$file" "$images"
  mkdir "$images"
  said=$("$LIGHTBAR" scan -d "escl:$url" --source "$source" -o "$file" "${@:4}" 2>&1) || { fail "$case" "exit status $?: $said"; return; }
  said=$(qpdf --check "$file" 2>&1) || { fail "$case" "qpdf: $said"; return; }
  [ "$(qpdf --show-npages "$file")" = "$pages" ] || { fail "$case" "$(qpdf --show-npages "$file") pages of $pages"; return; }
  pdfimages -all "$file" "$images/i" || { fail "$case" "pdfimages"; return; }
  local found sent_files number
  found=("$images"/*)
  sent_files=("$sent"/*)
  [ "${#found[@]}" = "$pages" ] || { fail "$case" "${#found[@]} images of $pages"; return; }
  [ "${#sent_files[@]}" = "$pages" ] || { fail "$case" "the scanner sent ${#sent_files[@]} images"; return; }
  for ((number = 0; number < pages; number++)); do
    cmp "${sent_files[number]}" "${found[number]}" || { fail "$case" "image $((number + 1)) is not what was sent"; return; }
  done
  pass "$case"
}

# ---- SANE's clients

configure_judges() { # for the scanner at $url; sets airscan_device, escl_device
  rm -rf "$work/airscan" "$work/escl"
  mkdir "$work/airscan" "$work/escl"
  echo airscan > "$work/airscan/dll.conf"
  printf '[devices]\nPeer = %s, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\nprotocol = manual\n' "$url" \
    > "$work/airscan/airscan.conf"
  echo escl > "$work/escl/dll.conf"
  echo "device http://127.0.0.1:$port" > "$work/escl/escl.conf"
  airscan_device=airscan:e0:Peer
  escl_device=escl:http://127.0.0.1:$port
}

judge() { # judge BACKEND OPTION…: scanimage with this backend; it says too much on standard error when all is well
  local device=${1}_device
  SANE_CONFIG_DIR=$work/$1 exec scanimage -d "${!device}" --format=pnm "${@:2}"
}

same_as_sent() { # same_as_sent CASE FIRST FILE…: the files show what was sent, from the FIRST document on
  local case=$1 number=$2 file reason
  shift 2
  for file in "$@"; do
    djpeg -pnm -outfile "$work/sent.pnm" "$(printf '%s/%03d.jpg' "$sent" "$number")" || { fail "$case" "nothing was sent for $(basename "$file")"; return 1; }
    reason=$("$scripts/same_pixels.py" --slack $SLACK "$work/sent.pnm" "$file" 2>&1) || { fail "$case" "page $number: $reason"; return 1; }
    number=$((number + 1))
  done
}

scan_with() { # scan_with CASE BACKEND PAGES OPTION…: one page into a file, or a batch until the feeder is empty
  local case=$1 backend=$2 pages=$3 out=$work/pages status files
  rm -rf "$out"
  mkdir "$out"
  if [[ " ${*:4} " == *" ADF"* ]]; then
    (judge "$backend" "${@:4}" --batch="$out/p%03d.pnm") > "$work/judge.log" 2>&1
    status=$?
    # 7 says that the feeder is empty, which is how a batch ends.
    [ "$status" = 7 ] && status=0
  else
    (judge "$backend" "${@:4}" -o "$out/p001.pnm") > "$work/judge.log" 2>&1
    status=$?
  fi
  [ "$status" = 0 ] || { fail "$case" "exit status $status: $(tail -n 3 "$work/judge.log")"; return; }
  files=("$out"/*.pnm)
  [ "${#files[@]}" = "$pages" ] || { fail "$case" "${#files[@]} pages of $pages: $(tail -n 3 "$work/judge.log")"; return; }
  same_as_sent "$case" 1 "${files[@]}" || return
  wait_until $SOON scanner_is Idle || { fail "$case" "the scanner is not at rest afterwards"; return; }
  pass "$case"
}

interrupt_with() { # interrupt_with CASE BACKEND OPTION…: Ctrl+C in mid page, rest, and the next scan at once
  local case=$1 backend=$2 process before cut status
  before=$(find "$sent" -type f | wc -l)
  (judge "$backend" "${@:3}" --resolution 300 -o "$work/cut.pnm") > "$work/judge.log" 2>&1 &
  process=$!
  started+=("$process")
  wait_until $REST sent_more_than $(($(sent_bytes) + MIDDLE)) || { fail "$case" "no page began: $(tail -n 3 "$work/judge.log")"; kill "$process"; return; }
  kill -INT "$process"
  wait_until $REST is_gone "$process" 2> "$work/shell.log" || { fail "$case" "scanimage does not end"; kill -KILL "$process"; return; }
  { wait "$process"; } 2> "$work/shell.log"
  status=$?
  wait_until $REST scanner_is Idle || { fail "$case" "the scanner is not at rest $REST s after Ctrl+C: $(curl --silent "$url/ScannerStatus" | grep -o '<pwg:State>[^<]*\|<pwg:JobState>[^<]*' | tr '\n' ' ')"; return; }
  cut=$(printf '%s/%03d.jpg' "$sent" "$((before + 1))")
  [ "$(tail -c 2 "$cut" | od -An -tx1)" != " ff d9" ] || { fail "$case" "the page was sent to its end: nothing was interrupted"; return; }
  (judge "$backend" "${@:3}" --resolution 75 -o "$work/next.pnm") > "$work/judge.log" 2>&1 || { fail "$case" "the next scan: exit status $?: $(tail -n 3 "$work/judge.log")"; return; }
  # SANE's own backend fetches all sheets of the stack when one was asked for: the first is the one.
  same_as_sent "$case" "$((before + 2))" "$work/next.pnm" || return
  # SANE's own backend frees on a cancel what it still uses. That is not the scanner's doing.
  [ "$status" != 139 ] || echo "note: scanimage crashed on Ctrl+C with $backend"
  pass "$case"
}

# ---- the cases

judge_flatbed() { # judge_flatbed MODEL BACKEND CASE OPTION…
  start_scanner "$1" --speed 0 --reload never
  configure_judges
  scan_with "$1, $2, $3" "$2" 1 --source Flatbed "${@:4}"
  stop_scanner
}

for model in feeder flatbed; do
  start_scanner $model --speed 0 --reload never
  scan_ourselves "$model, Lightbar, flatbed" flatbed 1 --mode color --resolution 300
  stop_scanner
  judge_flatbed $model airscan "flatbed" --mode Color --resolution 300
  judge_flatbed $model airscan "part of the glass in gray" --mode Gray --resolution 200 -l 10 -t 20 -x 100 -y 150
  judge_flatbed $model escl "flatbed" --mode Color --resolution 300
  # SANE's own backend crashes when the area does not begin at the left edge, whatever the scanner.
  judge_flatbed $model escl "part of the glass in gray" --mode Gray --resolution 200 -x 100 -y 150
done
# The slow one names a host that nobody can resolve, as such devices do on USB cables, where ipp-usb repairs it for
# SANE. Over the network SANE cannot use it and we can.
start_scanner slow --speed 0
scan_ourselves "slow, Lightbar, flatbed" flatbed 1 --mode color --resolution 75
stop_scanner

start_scanner feeder --speed 0 --reload never --sheets 5
scan_ourselves "feeder, Lightbar, feeder" feeder 5 --mode gray --resolution 200
stop_scanner
start_scanner feeder --speed 0 --reload never --sheets 3
scan_ourselves "feeder, Lightbar, duplex" duplex 6 --mode color --resolution 300
stop_scanner
for backend in airscan escl; do
  start_scanner feeder --speed 0 --reload never --sheets 5
  configure_judges
  scan_with "feeder, $backend, feeder" $backend 5 --source ADF --mode Color --resolution 200 -x 210 -y 297
  stop_scanner
done
start_scanner feeder --speed 0 --reload never --sheets 3
configure_judges
scan_with "feeder, airscan, duplex" airscan 6 --source "ADF Duplex" --mode Color --resolution 200 -x 210 -y 297
stop_scanner

# At the pace of real devices, so that there is a middle of a page.
for backend in airscan escl; do
  start_scanner feeder
  configure_judges
  interrupt_with "feeder, $backend, flatbed, Ctrl+C in mid page" $backend --source Flatbed --mode Color
  interrupt_with "feeder, $backend, feeder, Ctrl+C in mid page" $backend --source ADF --mode Color
  stop_scanner
  start_scanner flatbed
  configure_judges
  interrupt_with "flatbed, $backend, Ctrl+C in mid page" $backend --mode Color
  stop_scanner
done
verdict
