#!/bin/sh
# The learning slowdown of chapter 3, twice: one neuron, and a network on digits.
#
#   examples/learning_slowdown.sh
#
# EPOCHS (default 10), TRAIN_SIZE (default: all) and SEED (default 0) set the size of the second part.
. "$(dirname "$0")/lib.sh"

echo "1. One sigmoid neuron learns to answer 0 to the input 1 (eta 0.15, 300 updates)"
echo
echo "                        output a after so many updates"
echo "cost           start         0      50     100     150     200     300"
neuron() { # neuron COST WEIGHT BIAS
    "$MNIST" slowdown --cost "$1" --weight "$2" --bias "$3" --eta 0.15 --epochs 300 >"$OUT/neuron.csv"
    awk -F, -v cost="$1" -v start="($2, $3)" '
            NR > 1 && ($1 == 0 || $1 == 50 || $1 == 100 || $1 == 150 || $1 == 200 || $1 == 300) {
                row = row sprintf("%8.4f", $2)
            }
            END { printf "%-14s %-11s%s\n", cost, start, row }' "$OUT/neuron.csv"
}
neuron quadratic 0.6 0.9
neuron quadratic 2 2
neuron cross-entropy 0.6 0.9
neuron cross-entropy 2 2
echo
echo "Look at the start (2, 2), where the neuron is badly wrong: with the quadratic cost a hardly moves"
echo "for 150 updates, for its gradient holds sigma'(z), which is nearly 0 there. With the cross-entropy"
echo "that factor cancels: the worse the start, the faster it learns."
echo

: "${EPOCHS:=10}" "${SEED:=0}"
echo "2. 784-30-10 with large start weights (saturated neurons), same images, same seed, same eta 0.5"
echo
network() { # network COST
    # shellcheck disable=SC2086  # TRAIN_SIZE may be empty, and then names no option
    "$MNIST" train --init large --hidden 30 --eta 0.5 --lambda 0 --cost "$1" --seed "$SEED" --epochs "$EPOCHS" \
        ${TRAIN_SIZE:+--train-size $TRAIN_SIZE} --monitor evaluation-accuracy --quiet \
        --log "$OUT/$1.jsonl" -o "$OUT/$1.json"
    values evaluation_accuracy "$OUT/$1.jsonl" >"$OUT/$1.column"
}
network quadratic
network cross-entropy
n=$(values n_evaluation "$OUT/quadratic.jsonl" | head -n 1)
echo "         validation accuracy"
echo "epoch   quadratic   cross-entropy"
paste "$OUT/quadratic.column" "$OUT/cross-entropy.column" |
    awk -v n="$n" '{ printf "%5d%11.2f%%%15.2f%%\n", NR, 100 * $1 / n, 100 * $2 / n }'
echo
echo "Look at the first epochs: the same start and the same images, but the quadratic cost lags behind,"
echo "for every neuron that starts saturated on the wrong side has to crawl out first."
