# What the example scripts share; sourced, not run. POSIX shell.
#
# MNIST      the program (default: this checkout's release build)
# OUT        where models and logs go (default: a temporary directory that is removed at the end)

set -eu

if [ -z "${MNIST:-}" ]; then
    root=$(cd "$(dirname "$0")" && while [ ! -e Cargo.toml ]; do cd ..; done && pwd)
    (cd "$root" && cargo build --release --quiet)
    MNIST=$(cd "$root" && cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/mnist
fi
# Some scripts go elsewhere to call it. A name without a slash is looked for in PATH, wherever they are.
case $MNIST in
    /* | [A-Za-z]:* ) ;;
    */* ) MNIST=$PWD/$MNIST ;;
esac
if [ -z "${OUT:-}" ]; then
    OUT=$(mktemp -d)
    trap 'rm -rf "$OUT"' EXIT
fi
mkdir -p "$OUT"

# values NAME LOG: the figure NAME of every epoch in a log, one a line.
values() {
    sed -n "s/.*\"$1\":\([0-9.eE+-]*\).*/\1/p" "$2"
}

# percent COUNT N
percent() {
    awk -v count="$1" -v n="$2" 'BEGIN { printf "%.2f\n", 100 * count / n }'
}

# median: the middle of the numbers on standard input (of two middle ones the lower).
median() {
    sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
