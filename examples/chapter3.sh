#!/bin/sh
# The figures of chapter 3, one after the other, and a page with all of them.
#
#   MNIST_DATA_DIR=data examples/chapter3.sh
#
# Each script of chapter3/ can be run alone; chapter3/figures.sh says what can be set. Without MNIST they draw the
# built-in digits' figures, which look much the same.
. "$(dirname "$0")/lib.sh"
export MNIST OUT

parts=
for script in slowdown_neuron slowdown_network overfitting regularization all_data weight_initialization \
    learning_rates training_set_size; do
    "$(dirname "$0")/chapter3/$script.sh"
    parts="$parts $script"
done

{
    cat <<'HTML'
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chapter 3 in pictures</title>
<style>
:root { color-scheme: light dark }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
figure { margin: 1.5rem 0 }
img { display: block; width: 100%; height: auto; background: white; border-radius: 6px }
figcaption { font-size: 0.9rem; opacity: 0.8 }
</style>
<h1>Chapter 3 in pictures</h1>
<p>The figures of chapter 3 of <a href="http://neuralnetworksanddeeplearning.com/chap3.html">Neural Networks and Deep
Learning</a>, drawn by <code>mnist plot</code> from trainings on this machine.</p>
HTML
    for part in $parts; do
        cat "$OUT/$part.part"
    done
} >"$OUT/index.html"
echo "all on one page: $OUT/index.html"
