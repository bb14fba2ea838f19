# What the scripts of this folder share; sourced, not run. POSIX shell.
#
# OUT        where models, logs and pictures go (default: target/chapter3)
# DATA       what --data is given (default: nothing)
# SEED       (default 0)
# SCALE      divides the number of epochs, for a quick look (default 1)

: "${OUT:=$(cd "$(dirname "$0")/../.." && pwd)/target/chapter3}" "${SEED:=0}" "${SCALE:=1}"
. "$(dirname "$0")/../lib.sh"
name=$(basename "$0" .sh)
page=$OUT/$name.part
: >"$page"

# heading TEXT: what the figures of this script are about.
heading() {
    echo "== $1"
    [ "$SCALE" -eq 1 ] || echo "(a quick look with one epoch in $SCALE: what is concluded takes them all)"
    echo "<h2 id=\"$name\">$1</h2>" >>"$page"
}

# train RUN EPOCHS OPTIONS…: trains once, into RUN.json and RUN.jsonl.
train() {
    run=$1 epochs=$((($2 + SCALE - 1) / SCALE))
    shift 2
    "$MNIST" train ${DATA:+--data "$DATA"} --seed "$SEED" --epochs "$epochs" --quiet "$@" \
        --log "$OUT/$run.jsonl" -o "$OUT/$run.json"
}

# plot PICTURE CAPTION ARGUMENTS…: draws PICTURE.svg in OUT, where files are named without their folder.
plot() {
    picture=$1 caption=$2
    shift 2
    (cd "$OUT" && "$MNIST" plot "$@" -o "$picture.svg")
    echo "$OUT/$picture.svg"
    echo "<figure><img src=\"$picture.svg\" alt=\"$caption\"><figcaption>$caption</figcaption></figure>" >>"$page"
}

# from EPOCH: the option that draws the epochs from there on, as the book does; not in a quick look, which has fewer.
from() {
    [ "$SCALE" -gt 1 ] || echo "--epochs $1-"
}

# conclusion TEXT: what is to be seen, in a line.
conclusion() {
    echo "$1"
    echo
    echo "<p>$1</p>" >>"$page"
}
