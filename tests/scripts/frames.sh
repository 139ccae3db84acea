#!/bin/bash
# frames.sh: how long the window's frames take, at 1200 × 800 on software GL, while 600 dpi colour pages arrive at real
# speed from a scanner in another process (design, section 9). Prints the distribution and whether the budget holds.
# Needs Xvfb. LIGHTBAR=path: this program is the scanner. PROFILE=debug: measure that build (the release unless told).
. "$(dirname "$0")/judging.bash"
need xvfb-run
find_lightbar
profile=${PROFILE:-release}
# The longest that all of it may take, in seconds.
LIMIT=420

build=(cargo test --no-run --test looks --message-format=json)
[ "$profile" = debug ] || build+=(--profile "$profile")
looks=$(cd "$repository" && HOME=$home_of_the_person "${build[@]}" 2> "$work/build.log" |
  sed -n 's/.*"executable":"\([^"]*\/looks-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$looks" ] || { echo "FAIL the window does not build: $(tail -n 3 "$work/build.log")"; exit 1; }

start_forgetful_scanner flatbed
export LIBGL_ALWAYS_SOFTWARE=1
echo "$profile build, $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg) before"
status=0
timeout $LIMIT xvfb-run -a -s "-screen 0 1280x900x24" "$looks" frames "escl:$url" "$work/pages" 2> "$work/complained" || status=$?
echo "load $(cut -d ' ' -f 1 /proc/loadavg) after"
case $status in
  0) pass "p99 within 16.7 ms and at most 1 in 1,000 over 33 ms" ;;
  1) fail "frames" "the budget does not hold" ;;
  *) fail "frames" "status $status: $(tail -n 3 "$work/complained")" ;;
esac
verdict
