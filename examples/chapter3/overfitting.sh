#!/bin/sh
# Overfitting: a network learns 1,000 images by heart.
#
#   examples/chapter3/overfitting.sh
. "$(dirname "$0")/figures.sh"
heading "Overfitting on 1,000 images"

train overfitting 400 --train-size 1000 --init large --eta 0.5 --lambda 0 --monitor all --evaluate-on test
# shellcheck disable=SC2046  # an option and its value, or nothing
{
    plot overfitting-training-cost "The cost on the training data goes on falling" \
        overfitting.json --metric training-cost $(from 200)
    plot overfitting-test-accuracy "The accuracy on the test data no longer improves" \
        overfitting.json --metric evaluation-accuracy $(from 200)
}
plot overfitting-test-cost "The cost on the test data rises again" \
    overfitting.json --metric evaluation-cost
plot overfitting-accuracies "The accuracy on the training data and on the test data" \
    overfitting.json --metric training-accuracy,evaluation-accuracy
conclusion "It is right on $(accuracy last training overfitting)% of the images that it learned and on \
$(accuracy last evaluation overfitting)% of others: what it goes on to learn are these images, not digits."
