#!/bin/sh
# Networks from several seeds, each alone and together as a committee that averages their outputs.
#
#   examples/committee.sh
#
# SEEDS (default "0 1 2 3 4") and EPOCHS (default 30) set the size; DATA is what --data is given (default: nothing).
# The models are kept in OUT (default: target/committee).
. "$(dirname "$0")/lib.sh"
: "${SEEDS:=0 1 2 3 4}" "${EPOCHS:=30}"

set --
for seed in $SEEDS; do
    "$MNIST" train ${DATA:+--data "$DATA"} --seed "$seed" --epochs "$EPOCHS" --monitor none --quiet \
        -o "$OUT/seed-$seed.json"
    set -- "$@" "$OUT/seed-$seed.json"
done
"$MNIST" eval ${DATA:+--data "$DATA"} "$@"
