#!/bin/bash
# figures.sh: what a scan costs, beside programs that do the same or less (design, section 9). Prints a table of ratios.
# Run it on a machine with nothing else to do. LIGHTBAR=path: measure this program. PAGES=50 ROUNDS=5 unless told.
. "$(dirname "$0")/judging.bash"
need scanimage img2pdf curl djpeg qpdf python3 jq
find_lightbar
pages=${PAGES:-50}
rounds=${ROUNDS:-5}
table=$work/table
broken=0

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

python3 "$scripts/replaying_scanner.py" "$work/capabilities.xml" "${images[@]}" > "$work/replaying" &
started+=($!)
wait_until $SOON has_line "$work/replaying" || { echo "FAIL the replaying scanner does not listen"; exit 1; }
url=$(sed -n 's/.* at //p' "$work/replaying")

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
  fresh
  # The least a disk needs for these bytes.
  measure cat bash -c 'cat "$@" > "$0" && sync "$0"' "$work/theirs.pdf" "${images[@]}"
done

compare "feeder job, CPU, against scanimage + img2pdf" ours scanimage 2 0.2
compare "feeder job, wall, against scanimage + img2pdf" ours scanimage 1 0.2
compare "feeder job, CPU, against curl + img2pdf" ours curl 2 1
compare "feeder job, wall, against curl + img2pdf" ours curl 1 1
echo "for comparison: cat of the same bytes and sync: $(median cat 1) s"
{ echo "figure|ours|theirs|ratio|budget|holds"; cat "$table"; } | column -t -s '|'
echo "$broken of $(wc -l < "$table") budgets do not hold"
[ $broken = 0 ]
