#!/bin/bash
# window_closes.sh: the real window on a display without a screen is closed by its own button, by Ctrl+Q, by SIGTERM and by
# Ctrl+C in its terminal, at rest, while a page arrives, and while the scanner is silent. Nothing is asked, since the next
# start shows the document as it was. The window is gone at once, the process within its bound, and what had arrived is
# kept and shown by the next start. Needs Xvfb and xdotool. LIGHTBAR=path: this program.
. "$(dirname "$0")/judging.bash"
need Xvfb xdotool python3
find_lightbar

# Bounds, in milliseconds, for a busy machine: bringing a silent scanner to rest would take ten seconds.
WINDOW_GONE=2000
# At rest there is nothing to wait for; a silent scanner is left after a second (`LEAVE_SILENT_AFTER`).
AT_REST=3000
SILENT_LEFT=4000

now() { echo $(($(date +%s%N) / 1000000)); }

window_is_there() { window=$(xdotool search --onlyvisible --name '^Lightbar$' 2> /dev/null | head -n 1) && [ -n "$window" ]; }
no_window() { ! window_is_there; }
window_is_gone() { ! xdotool getwindowname "$window" > /dev/null 2>&1; }

# The first page's file, once more than its beginning is in it. Enter means nothing while a scan runs.
page_arrives() {
  page=$(find "$data" -name 1.page -size +16k 2> /dev/null)
  [ -n "$page" ] && return
  xdotool windowfocus "$window" key Return 2> /dev/null
  sleep 0.1
  return 1
}
no_growth() { # no_growth FILE: whether nothing was written for half a second
  local before
  before=$(stat -c %s "$1")
  sleep 0.5
  [ "$(stat -c %s "$1")" = "$before" ]
}

start_program() { # start_program DEVICE OPTION…: sets program and data; one that a failed case left behind is ended
  if [ -n "${program:-}" ]; then
    kill -KILL "$program" 2> /dev/null
    wait_until $SOON no_window || return 1
  fi
  data=$(mktemp -d "$work/data.XXXXXX")
  LIGHTBAR_DATA_DIR=$data "$LIGHTBAR" -d "$@" 2> "$data/said" &
  program=$!
  started+=("$program")
}

open_window() { # open_window DEVICE OPTION…: the same, and sets window
  start_program "$@" && wait_until $SOON window_is_there
}

close_by() { # close_by button|key|TERM|INT
  case $1 in
    button) "$scripts/close_window.py" "$window" ;;
    key) xdotool windowfocus "$window" key ctrl+q ;;
    *) kill -"$1" "$program" ;;
  esac
}

closes() { # closes CASE HOW LIMIT: the window at once, the process within the limit, with status 0
  local case=$1 how=$2 limit=$3 start window_took process_took status=0
  close_by "$how"
  start=$(now)
  wait_until $SOON window_is_gone || { fail "$case" "the window stays"; return; }
  window_took=$(($(now) - start))
  wait_until $SOON is_gone "$program" || { fail "$case" "the process stays"; return; }
  process_took=$(($(now) - start))
  wait "$program" || status=$?
  program=
  if [ "$window_took" -gt $WINDOW_GONE ]; then
    fail "$case" "the window was gone after $window_took ms"
  elif [ "$process_took" -gt "$limit" ]; then
    fail "$case" "the process was gone after $process_took ms"
  elif [ "$status" != 0 ]; then
    fail "$case" "status $status: $(tail -n 3 "$data/said")"
  else
    pass "$case (window $window_took ms, process $process_took ms)"
  fi
}

start_display -screen 0 1280x900x24

for how in button key TERM INT; do
  case="$how at rest"
  open_window virtual:feeder || { fail "$case" "no window: $(tail -n 3 "$data/said")"; continue; }
  closes "$case" $how $AT_REST
done

for how in button key TERM INT; do
  case="$how, silent scanner"
  open_window virtual:feeder --fault silence@page1:row1500 || { fail "$case" "no window"; continue; }
  wait_until $SOON page_arrives || { fail "$case" "no page arrives: $(tail -n 3 "$data/said")"; continue; }
  wait_until $SOON no_growth "$page"
  closes "$case" $how $SILENT_LEFT
  [ -s "$page" ] || fail "$case" "the page is lost"
  LIGHTBAR_DATA_DIR=$data "$LIGHTBAR" documents --json | grep -q '"pages":1' || fail "$case" "the document is not kept"
done

# A scanner with one interface has to be let finish its page; whoever does not want to wait says so once more.
for how in TERM INT; do
  case="$how twice while a page arrives"
  open_window virtual:flatbed --speed 4 || { fail "$case" "no window"; continue; }
  wait_until $SOON page_arrives || { fail "$case" "no page arrives"; continue; }
  kill -$how "$program"
  wait_until $SOON window_is_gone || { fail "$case" "the window stays"; continue; }
  wait_until $SOON grep -q "Ctrl+C again" "$data/said" || { fail "$case" "it does not say why it stays"; continue; }
  closes "$case" $how $AT_REST
  [ -s "$page" ] || fail "$case" "the page is lost"
done

# From when signals are heard on none is lost, also while there is no window yet.
hears_signals() { grep -qs interrupts "/proc/$program"/task/*/comm; }
start_program virtual:feeder
if wait_until $SOON hears_signals && kill -TERM "$program" && wait_until $SOON is_gone "$program"; then
  pass "TERM before the window opens"
else
  fail "TERM before the window opens" "it stays: $(tail -n 3 "$data/said")"
fi
verdict
