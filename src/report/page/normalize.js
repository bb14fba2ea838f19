// A digit as MNIST would have it. The same as `centre` in src/picture/normalize.rs, step by step and to the pixel: its
// documentation gives the formulas, and a test holds the two together. All numbers are whole.

const EDGE = 4; // pixels with this share of the darkest pixel's ink count for the box
const FULL = 254; // the darkest pixel of every image of MNIST has this much ink or more

// The digit in `ink`, a byte a pixel from 0 to 255, row by row, as a picture of `side` x `side`; null if there is none.
function centre(ink, width, height, side) {
  const box = boxOf(ink, width, height);
  if (!box) return null;
  const fitted = fit(ink, width, height, box, side);
  const peak = largest(fitted);
  return peak === 0 ? null : moveToTheMiddle(stretch(fitted, peak), side);
}

function largest(pixels) {
  return pixels.reduce((a, b) => Math.max(a, b), 0);
}

// Where the digit begins, and its longer side.
function boxOf(ink, width, height) {
  const peak = largest(ink);
  if (peak === 0) return null;
  let [left, right, top, bottom] = [width, -1, height, -1];
  ink.forEach((pixel, i) => {
    if (EDGE * pixel < peak) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { left, top, long: Math.max(right - left, bottom - top) + 1 };
}

// The digit in a box of 20 x 20 in 28 x 28, or as much in proportion: each new pixel is the mean of what it covers.
function fit(ink, width, height, { left, top, long }, side) {
  const columns = overlaps(left, width, long, side);
  const rows = overlaps(top, height, long, side);
  const area = long * long;
  const pixels = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const sum = weightedSum(ink, width, columns[x], rows[y]);
      pixels[y * side + x] = Math.floor((2 * sum + area) / (2 * area));
    }
  }
  return pixels;
}

function weightedSum(ink, width, columns, rows) {
  let sum = 0;
  for (let i = 0; i < rows.weights.length; i++) {
    const start = (rows.first + i) * width + columns.first;
    let inRow = 0;
    for (let j = 0; j < columns.weights.length; j++) inRow += columns.weights[j] * ink[start + j];
    sum += rows.weights[i] * inRow;
  }
  return sum;
}

// For each new column or row the first of the old ones below it, of which there are `count`, and how much it covers of
// that and the next ones.
function overlaps(start, count, long, side) {
  const box = Math.floor((20 * side + 14) / 28);
  const margin = Math.floor((side - box) / 2);
  return Array.from({ length: side }, (_, at) => {
    const from = start * box + (at - margin) * long;
    const to = from + long;
    const first = Math.max(0, Math.floor(from / box));
    const weights = [];
    for (let old = first; old < count && old * box < to; old++) {
      weights.push(Math.min(to, (old + 1) * box) - Math.max(from, old * box));
    }
    return { first, weights };
  });
}

// Pale ink becomes dark.
function stretch(pixels, peak) {
  return peak >= FULL ? pixels : pixels.map(pixel => Math.floor((2 * 255 * pixel + peak) / (2 * peak)));
}

// Moves the centre of mass to the middle, by whole pixels.
function moveToTheMiddle(pixels, side) {
  let [mass, columns, rows] = [0, 0, 0];
  pixels.forEach((pixel, i) => {
    mass += pixel;
    columns += pixel * (2 * (i % side) + 1);
    rows += pixel * (2 * Math.floor(i / side) + 1);
  });
  const middle = Math.floor(side / 2);
  const right = middle - Math.floor(columns / (2 * mass));
  const down = middle - Math.floor(rows / (2 * mass));
  const moved = new Uint8Array(side * side);
  pixels.forEach((pixel, i) => {
    const [x, y] = [(i % side) + right, Math.floor(i / side) + down];
    if (x >= 0 && x < side && y >= 0 && y < side) moved[y * side + x] = pixel;
  });
  return moved;
}
