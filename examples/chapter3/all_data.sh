#!/bin/sh
# All 50,000 images, without regularization and with lambda 5.
#
#   examples/chapter3/all_data.sh
. "$(dirname "$0")/figures.sh"
heading "All training images"

for lambda in 0 5; do
    train "all-data-$lambda" 30 --init large --eta 0.5 --lambda "$lambda" --evaluate-on test \
        --monitor training-accuracy,evaluation-accuracy
done
plot all-data-unregularized "Training and test accuracy without regularization" all-data-0.json
plot all-data-regularized "Training and test accuracy with lambda 5" all-data-5.json
gap() {
    awk -v a="$(accuracy last training "$1")" -v b="$(accuracy last evaluation "$1")" 'BEGIN { printf "%.2f", a - b }'
}
conclusion "Training and test accuracy end $(gap all-data-0) points apart without regularization and $(gap all-data-5) \
points with it; the test accuracy ends at $(accuracy last evaluation all-data-0)% and \
$(accuracy last evaluation all-data-5)%."
