#!/bin/bash
# thousand_pages.sh [N]: a job of N pages (1,000 unless told) from the command line, from a scanner in another process:
# its peak memory, in all and against a job of a tenth of the pages. LIGHTBAR=path: measure this program.
. "$(dirname "$0")/judging.bash"
need qpdf
find_lightbar
pages=${1:-1000}
[[ $pages =~ ^[0-9]+$ ]] && [ "$pages" -ge 10 ] || { echo "FAIL how many pages: a number from 10 on"; exit 2; }

# Design, section 9.
PEAK_LIMIT_KB=100000
FLATNESS_PERCENT=5

peak_of() { # peak_of N: runs a job of N pages; sets peak (kB)
  local count=$1 file=$work/job.pdf status=0
  start_forgetful_scanner feeder --speed 0 --reload never --sheets "$count"
  rm -f "$file"
  /usr/bin/time --format %M --output "$work/peak" "$LIGHTBAR" scan -d "escl:$url" --source feeder --mode color --resolution 300 -o "$file" \
    > "$work/said" 2>&1 || status=$?
  stop_scanner
  [ $status = 0 ] || { fail "$count pages" "exit status $status: $(cat "$work/said")"; verdict; }
  [ "$(qpdf --show-npages "$file")" = "$count" ] || { fail "$count pages" "the file has $(qpdf --show-npages "$file") pages"; verdict; }
  peak=$(tail -n 1 "$work/peak")
  echo "$count pages: peak memory $peak kB, file $(stat -c %s "$file") bytes"
  rm -f "$file"
}

few=$((pages / 10))
peak_of $few
peak_of_few=$peak
peak_of "$pages"
if [ "$peak" -le $PEAK_LIMIT_KB ]; then
  pass "peak memory of $pages pages: $peak kB of $PEAK_LIMIT_KB kB"
else
  fail "peak memory of $pages pages" "$peak kB of $PEAK_LIMIT_KB kB"
fi
# More pages may need less: only growth is a failure.
growth=$(awk -v few="$peak_of_few" -v all="$peak" 'BEGIN {printf "%.1f", (all / few - 1) * 100}')
if awk -v growth="$growth" -v limit=$FLATNESS_PERCENT 'BEGIN {exit !(growth <= limit)}'; then
  pass "memory is flat: $growth % from $few to $pages pages"
else
  fail "memory is flat" "$growth % from $few to $pages pages, $FLATNESS_PERCENT % are allowed"
fi
verdict
