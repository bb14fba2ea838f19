// The pad: what is drawn on it by mouse, pen, finger or arrow keys.

const PEN_WIDTH = 20; // in pixels of the canvas; about two of the network's, as in MNIST
const MARGIN = PEN_WIDTH / 2 + 1; // ink at the border would be cut off, or taken for dirt by `mnist predict`
const STEP = 8; // how far an arrow key moves the pen
const SMALL_STEP = 2; // the same with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const canvas = byId("canvas");
const { width, height } = canvas;
const context = canvas.getContext("2d", { willReadFrequently: true });

// Each stroke is a list of points [x, y] in pixels of the canvas. The last one grows while `drawing`.
const strokes = [];
let drawing = false;

function startStroke(point) {
  drawing = true;
  strokes.push([]);
  extendStroke(point);
}

function extendStroke(point) {
  const stroke = strokes.at(-1);
  drawLine(stroke.at(-1) ?? point, point);
  stroke.push(point);
}

function endStroke() {
  drawing = false;
}

function drawLine([x0, y0], [x, y]) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x, y === y0 && x === x0 ? y + 0.01 : y); // a line of no length would have no round ends either
  context.stroke();
  askSoon();
}

// Draws all strokes anew, on clean paper.
function redraw() {
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  Object.assign(context, { strokeStyle: "black", lineWidth: PEN_WIDTH, lineCap: "round" });
  for (const stroke of strokes) {
    stroke.forEach((point, i) => drawLine(stroke[i - 1] ?? point, point));
  }
  askSoon();
}

function undo() {
  endStroke();
  strokes.pop();
  redraw();
}

function clear() {
  endStroke();
  strokes.length = 0;
  redraw();
}

// The network is asked once a frame, however many points came in between.
let asked = false;

function askSoon() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const { data } = context.getImageData(0, 0, width, height);
    const ink = new Uint8Array(width * height);
    for (let i = 0; i < ink.length; i++) ink[i] = 255 - data[4 * i];
    ask(ink, width, height);
  });
}

// Mouse, pen and finger

function onPaper([x, y]) {
  const within = (place, size) => Math.min(Math.max(place, MARGIN), size - MARGIN);
  return [within(x, width), within(y, height)];
}

function pointOf({ clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return onPaper([((clientX - box.left) * width) / box.width, ((clientY - box.top) * height) / box.height]);
}

canvas.addEventListener("pointerdown", event => {
  if (!event.isPrimary || event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  startStroke(pointOf(event));
});
canvas.addEventListener("pointermove", event => {
  if (!drawing || !canvas.hasPointerCapture(event.pointerId)) return;
  // Since the last event a pen may have been in several places, which not every browser tells.
  const places = event.getCoalescedEvents?.() ?? [];
  for (const place of places.length > 0 ? places : [event]) extendStroke(pointOf(place));
});
canvas.addEventListener("lostpointercapture", endStroke);

// Arrow keys

let pen = [width / 2, height / 2];
const penMark = byId("pen");
const held = new Set(); // two arrows at a time move diagonally

function movePen(step) {
  const [right, down] = [0, 1].map(axis => [...held].reduce((sum, arrow) => sum + ARROWS[arrow][axis], 0));
  pen = onPaper([pen[0] + step * right, pen[1] + step * down]);
  if (drawing) extendStroke(pen);
  showPen();
}

function showPen() {
  penMark.hidden = false;
  penMark.style.left = `${(100 * pen[0]) / width}%`;
  penMark.style.top = `${(100 * pen[1]) / height}%`;
  penMark.classList.toggle("down", drawing);
}

function lowerOrLiftPen() {
  if (drawing) {
    endStroke();
  } else {
    startStroke(pen);
  }
  say(drawing ? "Pen down" : "Pen up");
  showPen();
}

const KEYS = { " ": lowerOrLiftPen, Backspace: undo, Delete: clear };

canvas.addEventListener("keydown", event => {
  const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
  if (ctrlKey || altKey || metaKey || !(key in ARROWS || key in KEYS)) return;
  event.preventDefault(); // of scrolling
  if (key in ARROWS) {
    held.add(key);
    movePen(shiftKey ? SMALL_STEP : STEP);
  } else if (!event.repeat) {
    KEYS[key]();
    showPen();
  }
});
canvas.addEventListener("keyup", ({ key }) => held.delete(key));
canvas.addEventListener("blur", () => {
  held.clear();
  endStroke();
  penMark.hidden = true;
});

byId("undo").addEventListener("click", undo);
byId("clear").addEventListener("click", clear);

redraw();
