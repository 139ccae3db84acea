#!/bin/bash
# window_memory.sh [N]: a window open on a document of N pages (1,000 unless told) of colour A4 at 300 dpi, scrolled from
# end to end: its peak memory. Needs Xvfb and xdotool. LIGHTBAR=path: measure this program.
. "$(dirname "$0")/judging.bash"
need Xvfb xdotool
find_lightbar
pages=${1:-1000}
[[ $pages =~ ^[0-9]+$ ]] && [ "$pages" -ge 10 ] || { echo "FAIL how many pages: a number from 10 on"; exit 2; }

PEAK_LIMIT_KB=250000
# Turns of the wheel between two looks, and how often the window may be still before it is at the end.
TURNS=20

start_forgetful_scanner feeder --speed 0 --reload never --sheets "$pages"
"$LIGHTBAR" scan -d "escl:$url" --source feeder --mode color --resolution 300 --keep-document -o "$work/job.pdf" > "$work/said" 2>&1 \
  || { fail "a document of $pages pages" "$(tail -n 3 "$work/said")"; verdict; }
stop_scanner
rm -f "$work/job.pdf"

start_display -screen 0 1280x900x24
"$LIGHTBAR" 2> "$work/window" &
program=$!
started+=("$program")
window_is_there() { window=$(xdotool search --onlyvisible --name 'Lightbar' 2> /dev/null | head -n 1) && [ -n "$window" ]; }
wait_until $SOON window_is_there || { fail "the window" "there is none: $(tail -n 3 "$work/window")"; verdict; }
peak() { awk '/^VmHWM/ {print $2}' "/proc/$program/status"; }
at_rest() { # whether the process used no processor for half a second
  local before
  before=$(awk '{print $14 + $15}' "/proc/$program/stat")
  sleep 0.5
  [ "$(awk '{print $14 + $15}' "/proc/$program/stat")" = "$before" ]
}
wait_until 60 at_rest
opened=$(peak)
# The list of pages is on the left. A page is about 170 points high, a turn of the wheel about 50.
eval "$(xdotool getwindowgeometry --shell "$window")"
xdotool windowfocus "$window" mousemove --window "$window" 90 $((HEIGHT / 2))
for ((turn = 0; turn < pages * 4; turn += TURNS)); do
  xdotool click --repeat $TURNS --delay 5 5
done
xdotool key End
wait_until 60 at_rest
for ((turn = 0; turn < pages * 4; turn += TURNS * 4)); do
  xdotool click --repeat $TURNS --delay 2 4
done
wait_until 60 at_rest
if kill -0 "$program" 2> /dev/null; then pass "the window is there after it was scrolled"; else fail "the window" "it is gone: $(tail -n 3 "$work/window")"; fi
scrolled=$(peak)
echo "$pages pages: peak memory $opened kB opened, $scrolled kB scrolled from end to end and back"
if [ "$scrolled" -le $PEAK_LIMIT_KB ]; then
  pass "peak memory of the window on $pages pages: $scrolled kB of $PEAK_LIMIT_KB kB"
else
  fail "peak memory of the window on $pages pages" "$scrolled kB of $PEAK_LIMIT_KB kB"
fi
verdict
