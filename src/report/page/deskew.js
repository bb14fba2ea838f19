// A digit set upright and brought to one width. The same as `deskewed` in src/data/deskew.rs, step by step and to the
// pixel: its documentation gives the formulas, and a test holds the two together.

const WIDTH = 1 / 7; // the usual standard deviation of the ink from left to right, as a share of the columns
const MAX_FACTOR = 2; // nothing is stretched or narrowed more

// A picture of `side` x `side`, a byte a pixel, with some ink in it.
function deskewed(picture, side) {
  const { cx, cy, slant, factor } = shapeOf(picture, side);
  return Uint8Array.from(picture, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const at = cx + factor * (x - cx) + slant * (y - cy);
    const left = Math.floor(at);
    const of = column => (column >= 0 && column < side ? picture[y * side + column] : 0);
    const [a, b] = [of(left), of(left + 1)];
    return Math.floor(a + (at - left) * (b - a) + 0.5);
  });
}

// The centre of the ink, its slant, and how many times too wide it is once it is upright.
function shapeOf(picture, side) {
  let [mass, x, y] = [0, 0, 0];
  picture.forEach((p, i) => {
    mass += p;
    x += p * (i % side);
    y += p * Math.floor(i / side);
  });
  const [cx, cy] = [x / mass, y / mass];
  let [xx, xy, yy] = [0, 0, 0];
  picture.forEach((p, i) => {
    const [u, v] = [(i % side) - cx, Math.floor(i / side) - cy];
    xx += p * u * u;
    xy += p * u * v;
    yy += p * v * v;
  });
  const slant = yy > 0 ? xy / yy : 0;
  const width = Math.sqrt(Math.max(xx - slant * xy, 0) / mass);
  const factor = Math.min(Math.max(width / (WIDTH * side), 1 / MAX_FACTOR), MAX_FACTOR);
  return { cx, cy, slant, factor };
}
