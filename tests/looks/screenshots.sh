#!/bin/sh
# Photographs every scene of the window, light and dark, at its usual and at its smallest size.
# Needs Xvfb and ImageMagick. Usage: tests/looks/screenshots.sh FOLDER [SCENE ...]
set -eu
cd "$(dirname "$0")/../.."
folder=${1:?usage: screenshots.sh FOLDER [SCENE ...]}
shift
[ $# -gt 0 ] || set -- ready scanning starting partial paused no-scanner searching trouble done actual-size silent keys \
    menu long-name paused-early skipped failed saved not-responding save replace save-error \
    crop split adjust more documents combine turned cleared save-more auto-save auto-on trash rename clean-up delete told no-documents \
    import importing import-password import-wrong imported
mkdir -p "$folder"
looks=$(cargo test --no-run --test looks --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\/looks-[^"]*\)".*/\1/p' | tail -1)
[ -x "$looks" ] || { echo "the scenes do not build" >&2; exit 1; }
export LIBGL_ALWAYS_SOFTWARE=1
for scene in "$@"; do
    for size in 1200x800 720x480; do
        for theme in light dark; do
            picture="$folder/$scene-$theme-$size.png"
            # shellcheck disable=SC2016
            xvfb-run -a -s "-screen 0 ${size}x24" sh -c '
                "$1" "$2" "$3" "$4" 2>/dev/null & window=$!
                # A picture of more than one colour, then a moment for what comes after the first frame.
                for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                    sleep 0.5
                    import -window root "$5"
                    [ "$(identify -format %k "$5")" -gt 1 ] && break
                done
                sleep "${SETTLE:-1}"
                import -window root "$5"
                kill $window || echo "the window is gone" >&2' sh "$looks" "$scene" "$theme" "$size" "$picture"
            echo "$picture"
        done
    done
done
