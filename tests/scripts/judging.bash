# Sourced by the scripts that let other people's programs judge Lightbar, and by those that measure it:
# a folder to work in, simulated scanners that are lent out, waiting for conditions, and the tally.

set -uo pipefail
export LC_ALL=C
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scripts=$repository/tests/scripts

# Longest wait for anything that should come at once, in seconds.
SOON=15
# How often a condition is looked at, in seconds.
GLANCE=0.02

work=$(mktemp -d "${TMPDIR:-/tmp}/lightbar-judges.XXXXXX")
# Nobody's settings or documents are touched: not ours, not those of the judges.
home_of_the_person=$HOME
export HOME=$work/home LIGHTBAR_DATA_DIR=$work/data XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work/config
mkdir -p "$HOME"
started=()
failures=0
passes=0

end_everything() {
  local process
  for process in "${started[@]}"; do kill -KILL "$process" 2>/dev/null; done
  wait 2>/dev/null
  if [ "$failures" = 0 ] || [ -z "${KEEP_WORK:-}" ]; then rm -rf "$work"; else echo "kept: $work"; fi
}
trap end_everything EXIT
trap 'exit 130' INT TERM

pass() { # pass CASE
  passes=$((passes + 1))
  echo "PASS $1"
}

fail() { # fail CASE REASON…
  failures=$((failures + 1))
  echo "FAIL $1: ${*:2}"
}

verdict() { # ends the script
  echo "$passes passed, $failures failed"
  [ "$failures" = 0 ] && [ "$passes" -gt 0 ]
  exit $?
}

need() { # need TOOL…: a missing judge is a failure, not a case less
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || { echo "FAIL $tool is not installed; tests/scripts/install-tools.sh installs it"; exit 1; }
  done
}

wait_until() { # wait_until SECONDS COMMAND…: whether it came true in time
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep $GLANCE
  done
}

find_lightbar() { # sets LIGHTBAR, and builds it unless it was given
  if [ -n "${LIGHTBAR:-}" ]; then
    LIGHTBAR=$(realpath "$LIGHTBAR")
  else
    (cd "$repository" && HOME=$home_of_the_person cargo build --release --quiet) || { echo "FAIL it does not build"; exit 1; }
    LIGHTBAR=$repository/target/release/lightbar
  fi
  [ -x "$LIGHTBAR" ] || { echo "FAIL $LIGHTBAR is no program"; exit 1; }
}

has_line() { [ -s "$1" ]; }

start_display() { # start_display OPTION…: a display without a screen, for windows drawn by the processor
  # It does not begin anew when its last window goes: the next one would find no display for a moment.
  Xvfb -displayfd 3 "$@" -nolisten tcp -noreset 3> "$work/display" 2> "$work/xvfb" &
  started+=($!)
  wait_until $SOON has_line "$work/display" || { echo "FAIL no display: $(tail -n 3 "$work/xvfb")"; exit 1; }
  DISPLAY=:$(cat "$work/display")
  export DISPLAY LIBGL_ALWAYS_SOFTWARE=1
  unset WAYLAND_DISPLAY
}

start_scanner() { # start_scanner MODEL OPTION…: sets scanner (its process), url, port, sent (what it will have sent)
  local home
  home=$(mktemp -d "$work/scanner.XXXXXX")
  sent=$home/sent
  mkdir "$sent"
  start_forgetful_scanner "$@" --keep-sent "$sent"
}

start_forgetful_scanner() { # as start_scanner, but keeps no copy of what it sent
  local home
  home=$(mktemp -d "$work/scanner.XXXXXX")
  "$LIGHTBAR" virtual --model "$1" --http 127.0.0.1:0 "${@:2}" > "$home/said" 2> "$home/complained" &
  scanner=$!
  started+=("$scanner")
  wait_until $SOON has_line "$home/said" || { echo "FAIL the scanner $1 does not listen: $(cat "$home/complained")"; exit 1; }
  url=$(sed -n 's/.* at \(http[^ ]*\)$/\1/p' "$home/said")
  port=${url#*127.0.0.1:}
  port=${port%%/*}
}

stop_scanner() {
  kill -TERM "$scanner" 2>/dev/null
  wait "$scanner" 2>/dev/null
  local process kept=()
  for process in "${started[@]}"; do [ "$process" = "$scanner" ] || kept+=("$process"); done
  started=("${kept[@]}")
}

scanner_is() { # scanner_is STATE: what its status says
  curl --silent --max-time 5 "$url/ScannerStatus" | grep -q "<pwg:State>$1</pwg:State>"
}

sent_bytes() { # sent_bytes: how much of pages has left the scanner so far
  find "$sent" -type f -printf '%s\n' | awk '{all += $1} END {print all + 0}'
}

sent_more_than() { [ "$(sent_bytes)" -gt "$1" ]; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }
