# What the example scripts share; sourced, not run. POSIX shell.
#
# MNIST      the program (default: this checkout's release build)
# OUT        where models and logs go (default: target/, and the script's name)

set -eu

root=$(cd "$(dirname "$0")" && while [ ! -e Cargo.toml ] && [ "$PWD" != / ]; do cd ..; done && pwd)
if [ -z "${MNIST:-}" ]; then
    (cd "$root" && cargo build --release --quiet)
    MNIST=$(cd "$root" && cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/mnist
fi
# Some scripts go elsewhere to call it. A name without a slash is looked for in PATH, wherever they are.
case $MNIST in
    /* | [A-Za-z]:* ) ;;
    */* ) MNIST=$PWD/$MNIST ;;
esac
: "${OUT:=$root/target/$(basename "$0" .sh)}"
mkdir -p "$OUT"

# values NAME LOG: the figure NAME of every epoch in a log, one a line.
values() {
    sed -n "s/.*\"$1\":\([0-9.eE+-]*\).*/\1/p" "$2"
}

# at EPOCH MONITOR RUN: a figure of an epoch of OUT/RUN.jsonl, in the log's words; an EPOCH of 'last' or 'best' is one too.
at() {
    case $1 in
        last) values "$2" "$OUT/$3.jsonl" | tail -n 1 ;;
        best) values "$2" "$OUT/$3.jsonl" | sort -n | tail -n 1 ;;
        *) values "$2" "$OUT/$3.jsonl" | sed -n "$1p" ;;
    esac
}

# accuracy EPOCH training|evaluation RUN: as a percentage.
accuracy() {
    percent "$(at "$1" "$2_accuracy" "$3")" "$(at last "n_$2" "$3")"
}

# percent COUNT N
percent() {
    awk -v count="$1" -v n="$2" 'BEGIN { printf "%.2f\n", 100 * count / n }'
}

# median: the middle of the numbers on standard input (of two middle ones the lower).
median() {
    sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
