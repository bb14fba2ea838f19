#!/bin/sh
# Start weights: large ones, which saturate the hidden neurons, and those that do not; 30 and 100 hidden neurons.
#
#   examples/chapter3/weight_initialization.sh
. "$(dirname "$0")/figures.sh"
heading "Weight initialization"

for hidden in 30 100; do
    for init in large default; do
        train "init-$hidden-$init" 30 --hidden "$hidden" --init "$init" --eta 0.1 --lambda 5 \
            --monitor evaluation-accuracy
    done
    plot "weight-initialization-$hidden" "Large and default start weights, $hidden hidden neurons" \
        "init-$hidden-large.json" "init-$hidden-default.json"
done
conclusion "After the first epoch 784-30-10 reaches $(accuracy 1 evaluation init-30-large)% from large weights and \
$(accuracy 1 evaluation init-30-default)% from default ones; after the last they are at \
$(accuracy last evaluation init-30-large)% and $(accuracy last evaluation init-30-default)%. With 100 hidden neurons: \
$(accuracy 1 evaluation init-100-large)% and $(accuracy 1 evaluation init-100-default)%, then \
$(accuracy last evaluation init-100-large)% and $(accuracy last evaluation init-100-default)%."
