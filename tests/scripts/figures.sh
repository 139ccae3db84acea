#!/bin/bash
# figures.sh: what a scan costs, beside programs that do the same or less (design, section 9). Prints a table of ratios.
# Run it on a machine with nothing else to do and 5 GB of free space. LIGHTBAR=path: measure this program.
# PAGES=50 ROUNDS=5 MANY=1000 unless told.
. "$(dirname "$0")/judging.bash"
need scanimage img2pdf curl djpeg qpdf python3 jq
find_lightbar
pages=${PAGES:-50}
rounds=${ROUNDS:-5}
many=${MANY:-1000}
table=$work/table
broken=0
# The longest that a job or a save of many pages may take, in seconds.
MANY_LIMIT=600

# ---- measuring

measure() { # measure NAME COMMAND…: adds "wall cpu" in seconds to the file of that name
  local name=$1
  shift
  /usr/bin/time --format '%e %U %S' --output "$work/time" "$@" > "$work/measured.log" 2>&1 || { echo "FAIL $name: $(tail -n 3 "$work/measured.log")"; exit 1; }
  awk '{print $1, $2 + $3}' "$work/time" >> "$work/$name.times"
}

median() { # median NAME COLUMN
  awk -v column="$2" '{print $column}' "$work/$1.times" | sort -n | awk '{all[NR] = $1} END {print NR % 2 ? all[(NR + 1) / 2] : (all[NR / 2] + all[NR / 2 + 1]) / 2}'
}

compare() { # compare WHAT OURS THEIRS COLUMN BUDGET: a line of the table
  local ours theirs ratio holds
  ours=$(median "$2" "$4")
  theirs=$(median "$3" "$4")
  ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", a / b}')
  if awk -v ratio="$ratio" -v budget="$5" 'BEGIN {exit !(ratio <= budget)}'; then holds=yes; else holds=NO; broken=$((broken + 1)); fi
  printf '%s|%s s|%s s|%s|<= %s|%s\n' "$1" "$ours" "$theirs" "$ratio" "$5" "$holds" >> "$table"
}

# ---- the pages: drawn once by our scanner, then served from memory, so that drawing is nobody's cost

start_scanner feeder --speed 0 --reload never --sheets "$pages"
"$LIGHTBAR" scan -d "escl:$url" --source feeder --mode color --resolution 300 -o "$work/drawn.pdf" > /dev/null || exit 1
curl --silent "$url/ScannerCapabilities" > "$work/capabilities.xml"
stop_scanner
rm "$work/drawn.pdf"
images=("$sent"/*.jpg)
echo "${#images[@]} pages, $(sent_bytes) bytes"

replay() { # replay IMAGE…: sets url
  : > "$work/replaying"
  python3 "$scripts/replaying_scanner.py" "$work/capabilities.xml" "$@" > "$work/replaying" &
  scanner=$!
  started+=("$scanner")
  wait_until $SOON has_line "$work/replaying" || { echo "FAIL the replaying scanner does not listen"; exit 1; }
  url=$(sed -n 's/.* at //p' "$work/replaying")
}

replay "${images[@]}"
mkdir "$work/airscan"
echo airscan > "$work/airscan/dll.conf"
printf '[devices]\nPeer = %s, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\nprotocol = manual\n' "$url" > "$work/airscan/airscan.conf"

cat > "$work/with_scanimage" <<END
cd "$work/pages" || exit 1
SANE_CONFIG_DIR="$work/airscan" scanimage -d airscan:e0:Peer --source ADF --mode Color --resolution 300 -x 210 -y 297 --format=jpeg --batch=p%04d.jpg --batch-count=$pages
img2pdf --output "$work/theirs.pdf" p*.jpg
END
cat > "$work/with_curl" <<END
cd "$work/pages" || exit 1
job=\$(curl --silent --fail --output /dev/null --write-out '%header{location}' --data-binary '<x/>' "$url/ScanJobs")
number=1
while curl --silent --fail --output \$(printf 'p%04d.jpg' \$number) "\$job/NextDocument"; do number=\$((number + 1)); done
img2pdf --output "$work/theirs.pdf" p*.jpg
END

fresh() { rm -rf "$work/pages" "$work/theirs.pdf" "$work/ours.pdf"; mkdir "$work/pages"; }

for ((round = 0; round < rounds; round++)); do
  fresh
  measure ours "$LIGHTBAR" scan -d "escl:$url" --source feeder --mode color --resolution 300 -o "$work/ours.pdf"
  [ "$(qpdf --show-npages "$work/ours.pdf")" = "$pages" ] || { echo "FAIL ours: $(qpdf --show-npages "$work/ours.pdf") pages"; exit 1; }
  fresh
  measure scanimage bash "$work/with_scanimage"
  [ "$(qpdf --show-npages "$work/theirs.pdf")" = "$pages" ] || { echo "FAIL scanimage: $(qpdf --show-npages "$work/theirs.pdf") pages"; exit 1; }
  fresh
  measure curl bash "$work/with_curl"
  [ "$(qpdf --show-npages "$work/theirs.pdf")" = "$pages" ] || { echo "FAIL curl: $(qpdf --show-npages "$work/theirs.pdf") pages"; exit 1; }
done

compare "feeder job, CPU, against scanimage + img2pdf" ours scanimage 2 0.2
compare "feeder job, wall, against scanimage + img2pdf" ours scanimage 1 0.2
compare "feeder job, CPU, against curl + img2pdf" ours curl 2 1
compare "feeder job, wall, against curl + img2pdf" ours curl 1 1
stop_scanner

# ---- saving many pages: from the first byte of the new file until it has its name, against cat and sync; removing the
# pages that are saved now comes after it and has a line of its own

many_images=()
while [ ${#many_images[@]} -lt "$many" ]; do many_images+=("${images[@]}"); done
many_images=("${many_images[@]:0:many}")
replay "${many_images[@]}"
now() { date +%s.%N; }
is_saving() { # is_saving PROCESS: whether its new file, which has no name yet, has something in it
  local open
  for open in /proc/"$1"/fd/*; do
    case $(readlink "$open") in "$work"/\#* | "$work"/*.part) [ -s "$open" ] && return 0 ;; esac
  done
  return 1
}
# A virtual machine gets its memory from its host when it first uses it, which makes a copy three times as long. Both sides
# get memory that was used before: a file as large as the pages and the new file together is written and removed.
use_memory() { cat "${many_images[@]}" "${many_images[@]}" > "$work/used" && rm "$work/used"; }
for ((round = 0; round < 3; round++)); do
  fresh
  use_memory
  "$LIGHTBAR" scan -d "escl:$url" --source feeder --mode color --resolution 300 -o "$work/ours.pdf" > "$work/measured.log" 2>&1 &
  saving=$!
  started+=("$saving")
  wait_until $MANY_LIMIT is_saving $saving || { echo "FAIL $many pages: nothing is saved: $(cat "$work/measured.log")"; exit 1; }
  begun=$(now)
  wait_until $MANY_LIMIT test -e "$work/ours.pdf" || { echo "FAIL $many pages: nothing was saved: $(cat "$work/measured.log")"; exit 1; }
  named=$(now)
  wait_until $MANY_LIMIT is_gone $saving || { echo "FAIL $many pages: it does not end"; exit 1; }
  awk -v a="$named" -v b="$(now)" 'BEGIN {printf "%.2f 0\n", b - a}' >> "$work/removing.times"
  awk -v a="$begun" -v b="$named" 'BEGIN {printf "%.2f 0\n", b - a}' >> "$work/saving.times"
  [ "$(qpdf --show-npages "$work/ours.pdf")" = "$many" ] || { echo "FAIL $many pages: $(cat "$work/measured.log")"; exit 1; }
  saved_bytes=$(stat -c %s "$work/ours.pdf")
  fresh
  measure many-cat bash -c 'cat "$@" > "$0" && sync "$0"' "$work/theirs.pdf" "${many_images[@]}"
done
fresh
echo "saving: $many pages, $saved_bytes bytes; the pages were removed in $(median removing 1) s after it"
compare "saving many pages as PDF, wall, against cat and sync" saving many-cat 1 1.5
{ echo "figure|ours|theirs|ratio|budget|holds"; cat "$table"; } | column -t -s '|'
echo "$broken of $(wc -l < "$table") budgets do not hold"
[ $broken = 0 ]
