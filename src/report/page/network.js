// The network: its weights out of the page, and its answer to an image.

// What a layer makes of its weighted inputs z.
const ACTIVATIONS = {
  sigmoid: z => z.map(z => 1 / (1 + Math.exp(-z))),
  tanh: z => z.map(Math.tanh),
  relu: z => z.map(z => Math.max(0, z)),
  softmax: z => {
    const largest = z.reduce((a, b) => Math.max(a, b)); // taken off, which changes nothing but overflow
    const exp = z.map(z => Math.exp(z - largest));
    const sum = exp.reduce((a, b) => a + b);
    return exp.map(e => e / sum);
  },
};

// 32-bit floats from base64, the least significant byte first, as all browsers' machines have them.
function decodeFloats(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

// The layers after the input. `sizes` counts the neurons of each, input first; `parameters` holds, layer by layer, the
// weights, a row for each neuron they feed, and the biases.
function readNetwork({ sizes, activations, parameters }) {
  const numbers = decodeFloats(parameters);
  let taken = 0;
  const take = count => numbers.subarray(taken, (taken += count));
  return activations.map((activation, i) => ({
    weights: take(sizes[i + 1] * sizes[i]),
    biases: take(sizes[i + 1]),
    activation: ACTIVATIONS[activation],
  }));
}

// The outputs for the inputs `x`, pixels from 0 to 1.
function feedforward(layers, x) {
  return layers.reduce((a, layer) => layer.activation(weightedInputs(layer, a)), x);
}

// z = w a + b.
function weightedInputs({ weights, biases }, a) {
  return Float64Array.from(biases, (bias, neuron) => {
    const row = neuron * a.length;
    let z = bias;
    for (let i = 0; i < a.length; i++) z += weights[row + i] * a[i];
    return z;
  });
}
