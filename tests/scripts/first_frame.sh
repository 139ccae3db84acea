#!/bin/bash
# first_frame.sh: from the start of the program until its window shows something, against simple-scan's, in turn on the
# same display without a screen; both were started before, so that the disk has no part in it. Prints both medians and
# the ratio, and ends with status 1 when the budget does not hold. Needs Xvfb and simple-scan. ROUNDS: how often, 10.
# LIGHTBAR=path: this program.
. "$(dirname "$0")/judging.bash"
need Xvfb python3 simple-scan
find_lightbar

ROUNDS=${ROUNDS:-10}
# Of simple-scan's time.
BUDGET=0.7

start_display -screen 0 1280x900x24
# No settings are read from a service that would have to be started first.
export GSETTINGS_BACKEND=memory

first_frame() { # first_frame NAME COMMAND…: adds a line to the list of that name
  "$scripts/first_frame.py" "${@:2}" >> "$work/$1" || { fail "$1" "it shows nothing"; verdict; }
}
median() { sort -n "$work/$1" | awk '{all[NR] = $1} END {print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2}'; }

first_frame warm-up "$LIGHTBAR"
first_frame warm-up simple-scan
for _ in $(seq "$ROUNDS"); do
  first_frame lightbar "$LIGHTBAR"
  first_frame simple-scan simple-scan
done
ours=$(median lightbar)
theirs=$(median simple-scan)
ratio=$(awk "BEGIN {printf \"%.2f\", $ours / $theirs}")
echo "first frame, median of $ROUNDS: lightbar $ours ms ($(sort -n "$work/lightbar" | sed -n '1p;$p' | paste -sd-)), simple-scan $theirs ms ($(sort -n "$work/simple-scan" | sed -n '1p;$p' | paste -sd-)), $ratio ×; budget $BUDGET ×"
if awk "BEGIN {exit !($ratio <= $BUDGET)}"; then
  pass "first frame"
else
  fail "first frame" "$ratio × is over the budget"
fi
verdict
