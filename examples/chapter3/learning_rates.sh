#!/bin/sh
# Three learning rates: too small, about right, too large.
#
#   examples/chapter3/learning_rates.sh
. "$(dirname "$0")/figures.sh"
heading "Three learning rates"

for eta in 0.025 0.25 2.5; do
    train "eta-$eta" 30 --eta "$eta" --lambda 5 --monitor training-cost
done
plot learning-rates "The cost on the training data for three learning rates" eta-0.025.json eta-0.25.json eta-2.5.json
cost() {
    at last training_cost "eta-$1" | cut -c1-5
}
conclusion "The cost ends at $(cost 0.025), $(cost 0.25) and $(cost 2.5): with 0.025 it is still on its way down, \
with 2.5 it overshoots and jumps about."
