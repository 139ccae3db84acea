#!/bin/bash
# every_fault.sh: lets every call of the program to its disk fail in its turn, in every way (no room, no quota, a dying
# disk, half a write), once and from then on, with the document kept and removed, and while a document that is there is
# edited, exported, imported into, added to, thrown away and cleaned; then cuts the power at five
# times as many moments as the tests do. What is found afterwards is judged by tests/suite/durability.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test --quiet --test suite -- --ignored --exact durability::faults::every_call_in_every_way --nocapture
cargo test --quiet --test suite -- --ignored --exact durability::kept_faults::every_command_in_every_way --nocapture
LIGHTBAR_POWER_ROUNDS=8 LIGHTBAR_POWER_OTHERS=400 LIGHTBAR_POWER_VARIANTS=8 LIGHTBAR_POWER_WORK="$RANDOM" LIGHTBAR_POWER_SEED="$RANDOM" \
  cargo test --quiet --test suite -- durability::power --nocapture
