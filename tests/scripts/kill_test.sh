#!/bin/bash
# kill_test.sh [TRIALS]: kills the program with SIGKILL at so many random moments (500 unless told) of scanning, editing and
# saving, and starts again after each: complete pages, acknowledged edits and saved files must be there, and of the page
# under way what had been seen of it. Every third begins with the document in which the one before it was killed.
# SEED=n: the first seed; each trial has its own, so that a failure can be had again with SEED=its seed and one trial; with
# that of the one before it and two trials where it went on with that one's document.
set -euo pipefail
cd "$(dirname "$0")/../.."
trials=${1:-500}
[[ $trials =~ ^[0-9]+$ ]] && [ "$trials" -ge 1 ] || { echo "FAIL how many trials: a number from 1 on"; exit 2; }
LIGHTBAR_KILL_TRIALS=$trials LIGHTBAR_KILL_SEED=${SEED:-$RANDOM} \
  cargo test --quiet --test suite -- durability::kills --nocapture | tee /dev/stderr | {
  said=$(cat)
  grep -q "$trials trials, killed: .*; 0 losses" <<< "$said" && grep -q "pages were under way, lost of .*: 0 rows, 0 bytes" <<< "$said"
}
