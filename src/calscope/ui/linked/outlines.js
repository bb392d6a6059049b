// Outlines of footprints as they come from the server: as paths to draw, and to ask what lies under the mouse.

const GAP = -32768;

function unpackOutlines({ codes, lengths, steps_per_px: steps }) {
  const points = new Int16Array(bytes(codes));
  let from = 0;
  return lengths.map((length) => {
    const one = outlineOf(points.subarray(2 * from, 2 * (from + length)), steps);
    from += length;
    return one;
  });
}

function outlineOf(codes, steps) {
  const pieces = [[]], box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < codes.length; i += 2) {
    if (codes[i] === GAP) { pieces.push([]); continue; }
    const x = codes[i] / steps, y = codes[i + 1] / steps, piece = pieces.at(-1);
    piece.push([x, y]);
    box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
  }
  return { path: pathOf(pieces, 1), coarse: pathOf(pieces, 3), pieces, box, area: pieces.reduce((sum, piece) => sum + areaOf(piece), 0) };
}

// Every so many points are enough where a pixel of the field is small on the screen.
function pathOf(pieces, every) {
  const path = new Path2D();
  for (const piece of pieces) {
    if (!piece.length) continue;
    path.moveTo(...piece[0]);
    for (let i = every; i < piece.length; i += every) path.lineTo(...piece[i]);
    path.closePath();
  }
  return path;
}

function areaOf(piece) {
  let twice = 0;
  piece.forEach(([x, y], i) => { const [u, v] = piece[(i + 1) % piece.length]; twice += x * v - u * y; });
  return Math.abs(twice) / 2;
}

function isInside({ box, pieces }, x, y) {
  if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) return false;
  let inside = false;
  for (const piece of pieces) {
    for (let i = 0, j = piece.length - 1; i < piece.length; j = i, i += 1) {
      const [a, b] = piece[i], [c, d] = piece[j];
      if (b > y !== d > y && x < ((c - a) * (y - b)) / (d - b) + a) inside = !inside;
    }
  }
  return inside;
}

function distance({ box, pieces }, x, y, most) {
  if (x < box[0] - most || x > box[2] + most || y < box[1] - most || y > box[3] + most) return Infinity;
  return Math.min(Infinity, ...pieces.flat().map(([u, v]) => Math.hypot(u - x, v - y)));
}
