// From the ink on the pad to the network's answer, and the answer in pictures, bars and words.

const QUIET = 500; // milliseconds without a change after which the answer is read out

const byId = id => document.getElementById(id);
const seen = byId("seen");
const network = JSON.parse(byId("network").textContent);
const layers = readNetwork(network);
const rows = [...byId("outputs").rows].map(row => ({
  row, name: row.cells[0].textContent, bar: row.querySelector("span"), number: row.cells[2],
}));
const invitation = byId("answer").textContent;

// Asks the network about `ink`, a byte a pixel, 0 for none and 255 for black, and shows what it says.
function ask(ink, width, height) {
  const centred = centre(ink, width, height, seen.width);
  const picture = centred && network.deskew ? deskewed(centred, seen.width) : centred;
  showSeen(picture);
  if (picture) {
    showOutputs(feedforward(layers, Float32Array.from(picture, pixel => pixel / 255)));
  } else {
    showNothing();
  }
}

// What the network sees, white on black as in MNIST; all black if there is nothing to see.
function showSeen(picture) {
  const context = seen.getContext("2d");
  const image = context.createImageData(seen.width, seen.height);
  for (let i = 0; i < image.width * image.height; i++) {
    const grey = picture ? picture[i] : 0;
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

function showOutputs(outputs) {
  // Of equals the lowest class, as everywhere in this program; the sort is stable.
  const [first, second] = [...outputs.keys()].sort((a, b) => outputs[b] - outputs[a]);
  rows.forEach((_, i) => showOutput(i, outputs[i].toFixed(3), outputs[i], i === first));
  const answer = document.createElement("strong");
  answer.textContent = rows[first].name;
  byId("answer").replaceChildren(answer, ` then ${rows[second].name}`);
  seen.setAttribute("aria-label", `What the network takes for ${rows[first].name}`);
  const words = i => `${rows[i].name} with output ${outputs[i].toFixed(2)}`;
  sayLater(`${words(first)}, then ${words(second)}`);
}

function showNothing() {
  rows.forEach((_, i) => showOutput(i, "–", 0, false));
  byId("answer").textContent = invitation;
  seen.setAttribute("aria-label", "Nothing is drawn");
  sayLater("Nothing is drawn");
}

function showOutput(i, text, length, isLargest) {
  const { row, bar, number } = rows[i];
  row.classList.toggle("largest", isLargest);
  bar.style.transform = `scaleX(${length})`;
  number.textContent = text;
}

// What a screen reader reads out: at once, or when nothing has changed for a while.
function say(words) {
  byId("status").textContent = words;
}

let later = 0;

function sayLater(words) {
  clearTimeout(later);
  later = setTimeout(say, QUIET, words);
}
