#!/bin/sh
# The same 1,000 images with L2 regularization, lambda 0.1, beside none.
#
#   examples/chapter3/regularization.sh
. "$(dirname "$0")/figures.sh"
heading "Regularization on 1,000 images"

for lambda in 0 0.1; do
    train "regularization-$lambda" 400 --train-size 1000 --init large --eta 0.5 --lambda "$lambda" --monitor all \
        --evaluate-on test
done
plot regularization-training-cost "The cost on the training data, the regularization term included" \
    regularization-0.1.json --metric training-cost
plot regularization-test-accuracy "The accuracy on the test data, without and with regularization" \
    regularization-0.json regularization-0.1.json --metric evaluation-accuracy
conclusion "After the last epoch $(accuracy last evaluation regularization-0)% of the test images without, and \
$(accuracy last evaluation regularization-0.1)% with lambda 0.1: small weights cannot learn single images by heart."
