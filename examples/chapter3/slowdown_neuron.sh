#!/bin/sh
# The learning slowdown of one neuron: it has to learn to answer 0 to the input 1, from a fair start and from a bad one.
#
#   examples/chapter3/slowdown_neuron.sh
. "$(dirname "$0")/figures.sh"
heading "One neuron, quadratic cost against cross-entropy"

neuron() { # neuron COST WEIGHT BIAS: into a file that is named as the legend is to be
    mkdir -p "$OUT/$1"
    "$MNIST" slowdown --cost "$1" --weight "$2" --bias "$3" --eta 0.15 --epochs 300 >"$OUT/$1/weight $2, bias $3.csv"
}
for cost in quadratic cross-entropy; do
    neuron "$cost" 0.6 0.9
    neuron "$cost" 2 2
    plot "slowdown-neuron-$cost" "One neuron with the $cost cost, from a fair start and from a bad one" \
        "$cost/weight 0.6, bias 0.9.csv" "$cost/weight 2, bias 2.csv"
done
output() { # output COST: its answer after 150 updates from the bad start
    sed -n 152p "$OUT/$1/weight 2, bias 2.csv" | cut -d, -f2 | cut -c1-4
}
conclusion "From the bad start the quadratic neuron still answers $(output quadratic) after 150 updates, the \
cross-entropy neuron $(output cross-entropy): the worse the error, the faster it learns."
