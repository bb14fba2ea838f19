#!/bin/sh
# More training data: validation accuracy against the number of training images. As in the book every training sees 1.5
# million images (15,000 epochs of 100 or 30 of 50,000), and lambda grows with the number of images.
#
#   examples/chapter3/training_set_size.sh
#
# SIZES (default "100 200 500 1000 2000 5000 10000 20000 50000") are the numbers of images.
. "$(dirname "$0")/figures.sh"
: "${SIZES:=100 200 500 1000 2000 5000 10000 20000 50000}"
heading "Accuracy against training-set size"

set --
for size in $SIZES; do
    lambda=$(awk -v n="$size" 'BEGIN { print n / 10000 }')
    train "size-$size" $((1500000 / size)) --train-size "$size" --init large --eta 0.5 --lambda "$lambda" \
        --monitor evaluation-accuracy
    set -- "$@" "size-$size.json"
    first=${first:-$size}
done
plot training-set-size "Validation accuracy against the number of training images" "$@" --x train-size
plot training-set-size-log "The same on a logarithmic axis" "$@" --x train-size --log-x
conclusion "From $first to $size images the accuracy grows from $(accuracy last evaluation "size-$first")% to \
$(accuracy last evaluation "size-$size")%: each doubling still helps, by less and less."
