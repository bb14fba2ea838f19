#!/bin/sh
# The command lines of chapter 3, each result beside the book's.
#
#   MNIST_DATA_DIR=data examples/chapter3/table.sh
#
# SEEDS (default "0 1 2 3 4") are the seeds whose median is taken; SCALE (default 1) divides the number of epochs, for
# a quick look; DATA is what --data is given (default: nothing). Without MNIST it runs on the built-in digits, and then the
# book's figures are no yardstick.
. "$(dirname "$0")/../lib.sh"
: "${SEEDS:=0 1 2 3 4}" "${SCALE:=1}"

if [ -z "${DATA:-}${MNIST_DATA_DIR:-}" ] && ! ls data/train-images* >/dev/null 2>&1; then
    echo "No MNIST found: this runs on the built-in digits, the book's figures are for MNIST."
fi
echo "Medians of the seeds $SEEDS; the book's are single runs or the best of three."
[ "$SCALE" -eq 1 ] || echo "Only one epoch in $SCALE is run: the figures lie below those of the full lengths named."
echo
printf '%-62s %9s %9s\n' 'setting' 'here' 'book'

# epochs N: the number of epochs at this scale.
epochs() {
    echo $((($1 + SCALE - 1) / SCALE))
}

# row TEXT BOOK training-accuracy|evaluation-accuracy best|last EPOCHS OPTIONS…: trains once a seed, prints the median of the
# figure.
row() {
    text=$1 book=$2 monitor=$3 which=$4 epochs=$(epochs "$5")
    shift 5
    : >"$OUT/figures"
    for seed in $SEEDS; do
        "$MNIST" train ${DATA:+--data "$DATA"} "$@" --epochs "$epochs" --seed "$seed" --monitor "$monitor" --quiet \
            --log "$OUT/run.jsonl" -o "$OUT/run.json"
        accuracy "$which" "${monitor%-accuracy}" run >>"$OUT/figures"
    done
    printf '%-62s %8s%% %8s%%\n' "$text" "$(median <"$OUT/figures")" "$book"
}

test_best="evaluation-accuracy best"
# shellcheck disable=SC2086  # $test_best is two words
{
    echo "The cross-entropy cost (test set, best epoch; large start weights, lambda 0)"
    row '  784-30-10, eta 0.5, 30 epochs' 95.49 $test_best 30 \
        --init large --eta 0.5 --lambda 0 --evaluate-on test
    row '  784-100-10, eta 0.5, 30 epochs' 96.82 $test_best 30 \
        --hidden 100 --init large --eta 0.5 --lambda 0 --evaluate-on test
    row '  784-30-10, quadratic, eta 3, 30 epochs' 95.42 $test_best 30 \
        --cost quadratic --init large --eta 3 --lambda 0 --evaluate-on test

    echo "Overfitting: the first 1,000 images, 400 epochs (large start weights, eta 0.5)"
    small="--train-size 1000 --init large --eta 0.5 --evaluate-on test"
    row '  lambda 0: training accuracy, last epoch' 100.00 training-accuracy last 400 $small --lambda 0
    row '  lambda 0: test accuracy, last epoch' 82.27 evaluation-accuracy last 400 $small --lambda 0
    row '  lambda 0.1: test accuracy, last epoch' 87.1 evaluation-accuracy last 400 $small --lambda 0.1

    echo "Regularization, all images (large start weights, lambda 5)"
    row '  784-30-10, eta 0.5, 30 epochs: test, best epoch' 96.49 $test_best 30 \
        --init large --evaluate-on test
    row '  784-100-10, eta 0.5, 30 epochs: validation, best epoch' 97.92 $test_best 30 --hidden 100 --init large
    row '  784-100-10, eta 0.1, 60 epochs: validation, best epoch' 98.04 $test_best 60 \
        --hidden 100 --init large --eta 0.1

    echo "Start weights: the first epoch (validation; eta 0.1, lambda 5)"
    row '  784-30-10, large' 86.43 $test_best 1 --init large --eta 0.1
    row '  784-30-10, default' 92.70 $test_best 1 --eta 0.1
    row '  784-100-10, large' 89.94 $test_best 1 --hidden 100 --init large --eta 0.1
    row '  784-100-10, default' 92.95 $test_best 1 --hidden 100 --eta 0.1
}
