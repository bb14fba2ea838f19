#!/bin/sh
# The learning slowdown of a network: same images, same large start weights, same eta, two costs.
#
#   examples/chapter3/slowdown_network.sh
. "$(dirname "$0")/figures.sh"
heading "A network, quadratic cost against cross-entropy"

for cost in quadratic cross-entropy; do
    train "slowdown-$cost" 10 --cost "$cost" --init large --eta 0.5 --lambda 0 --monitor evaluation-accuracy
done
plot slowdown-network "784-30-10 with large start weights, eta 0.5" slowdown-quadratic.json slowdown-cross-entropy.json
conclusion "After the first epoch $(accuracy 1 evaluation slowdown-quadratic)% with the quadratic cost and \
$(accuracy 1 evaluation slowdown-cross-entropy)% with the cross-entropy: neurons that start saturated on the wrong side \
crawl out, or do not."
