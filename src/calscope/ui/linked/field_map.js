// Outlines of components over an image of the field. A click chooses; the wheel or two fingers zoom, a drag moves.

const NEAR_PX = 9, FINGER_PX = 16, DRAG_PX = 4, MOST_ZOOM = 40, COARSE_BELOW = 1.5, MOST_IMAGES = 60, SCALE_BAR_PX = 38, ABOVE_NARROW_PX = 70, BETWEEN_PX = 6;
const DASHES = [5, 2.5], CAPTION_PX = 300, TWO_LINES_PX = 470, SOUGHT_PX = 10, NOTHING_HELD = "Hold what is shown first, to compare with it what you change";
const LINE = 1.6, BY_HAND = 2.2, HOVERED = 2.4, CHOSEN = 3.4, HALO = "rgb(0 0 0 / 65%)";

function niceLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  return power * [5, 2, 1].find((factor) => factor * power <= longest * 1.0001);
}

function makeMap(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const canvas = find("canvas"), tip = find(".tip"), context = canvas.getContext("2d");
  const images = new Map(), fingers = new Map();
  const shown = { outlines: [], packed: "", joined: [] }, held = { outlines: [], packed: "", joined: [] };
  let data = null, given = null, looks = null, isBorderHeld = false, hovered = null, request = 0, told = "", wasDragged = false;
  let width = 1, height = 1; // of one pane
  let sought = []; // outlines of a place where no component is
  let drawn = null; // corners (y, x) px of the outline that is being drawn

  function update(now) {
    given = now;
    if (!isComplete()) return; // images and outlines are on their way
    data = given.outlines ? given : withField();
    looks = kept(`map ${data.field}`, remembered());
    if (!data.held) looks.side = "now";
    fill(shown, data);
    if (data.held) fill(held, data.held);
    canvas.setAttribute("aria-label", data.label);
    find("figure").classList.toggle("steady", Boolean(data.steady));
    addControls();
    fit();
    tellLayer();
  }

  // Under the bar every line is one that the picture loses: where there is room for it, what is shown of outlines stands
  // beside the range, and the buttons for looking closer beside the images.
  function arrange(wide) {
    const saves = data.judged && wide >= TWO_LINES_PX;
    if (saves === Boolean(find("figcaption .groups"))) return;
    find(saves ? ".controls" : "figcaption").append(find(".whole"));
    if (saves) find("figcaption").prepend(find(".groups"));
    else find(".controls").append(find(".groups"));
  }

  // Images and outlines come in a view of their own where they are shown with others.
  function isComplete() {
    const { field } = mine.state, last = Math.max(-1, ...given.groups.map((group) => group.members.at(-1) ?? -1));
    return Boolean(given.outlines) || Boolean(field && last < field.outlines.lengths.length && given.layers.length === field.images.length);
  }

  function withField() {
    const { images, outlines } = mine.state.field;
    return { ...given, outlines, layers: given.layers.map((layer, i) => ({ ...layer, uri: images[i] || (layer.later && mine.state.later?.[layer.title]) || "" })) };
  }

  // A picture of the chosen component is made while it is looked at.
  function tellLayer() {
    const comesLater = (layer) => layer.of === "lit" || (layer.later && !given.outlines), layer = data.layers[looks.layer];
    if (!data.layers.some(comesLater)) return;
    const wanted = comesLater(layer) ? layer.title : "";
    if (wanted !== (mine.toldLayer ?? "")) mine.tellServer("layer", (mine.toldLayer = wanted));
  }

  // The window's own storage keeps how the field was looked at over a reload; it may be refused, or hold anything.
  const storedAs = () => `calscope map ${data.field}`;

  function remembered() {
    const start = { x: data.columns / 2, y: data.rows / 2, zoom: 1, layer: 0, hidden: new Set(), side: "now", at: 0.5, apart: false };
    try {
      const found = JSON.parse(sessionStorage.getItem(storedAs())) || {};
      for (const name of ["x", "y", "zoom", "layer"]) if (Number.isFinite(found[name])) start[name] = found[name];
      start.layer = Math.max(Math.trunc(start.layer), 0);
      return { ...start, apart: found.apart === true, hidden: new Set(found.hidden) };
    } catch {
      return start;
    }
  }

  function remember() {
    const text = JSON.stringify({ ...looks, hidden: [...looks.hidden] });
    if (text === told) return;
    told = text;
    try { sessionStorage.setItem(storedAs(), text); } catch { /* it lasts as long as the page then */ }
  }

  // Outlines, their groups and the images of one of the two states that are compared, or of the only one.
  function fill(side, given) {
    given = { ...given, groups: side === shown ? asJudged(given.groups) : given.groups };
    if (given.outlines.codes !== side.packed) {
      side.packed = given.outlines.codes;
      side.outlines = unpackOutlines(given.outlines);
    }
    Object.assign(side, { groups: given.groups, layers: given.layers, title: given.title, labels: given.labels, groupOf: [] });
    given.groups.forEach((group) => group.members.forEach((number) => { side.groupOf[number] = group; }));
    side.isListed = side === shown && data.judged ? listedOf(mine.state) : () => true;
    side.joined = given.groups.map(({ members }) => [false, true].map((isByHand) => {
      const own = members.filter((number) => side.isListed(number) && (side === shown && isJudged(number)) === isByHand);
      return ["path", "coarse"].map((name) => joinedOf(side, own, name));
    }));
  }

  const decisionOf = (number) => (data.judged ? mine.state.judging?.of(number)?.decision : "");
  const isJudged = (number) => ["accept", "reject"].includes(decisionOf(number));

  // What persons decided is laid over what the thresholds did.
  function asJudged(groups) {
    const both = ["accepted", "rejected"].map((name) => groups.find((group) => group.name === name));
    if (!data.judged || !mine.state.judging || both.includes(undefined)) return groups;
    const members = { accepted: [], rejected: [] };
    both.forEach((group, i) => group.members.forEach((number) => members[verdictOf(mine.state, number, i === 0) ? "accepted" : "rejected"].push(number)));
    return groups.map((group) => (members[group.name] ? { ...group, members: members[group.name].sort((a, b) => a - b) } : group));
  }

  function joinedOf(side, members, name) {
    const all = new Path2D();
    members.forEach((number) => all.addPath(side.outlines[number][name]));
    return all;
  }

  function addControls() {
    looks.layer = Math.min(looks.layer, data.layers.length - 1);
    const layers = data.layers.map((layer, i) => [i, layer.title, layer.help]);
    refill(find(".layers"), choiceOf(layers, looks.layer, (i) => { looks.layer = i; addControls(); draw(); tellLayer(); }));
    const choice = choiceOf(sides(), looks.side, look);
    if (!data.held) choice.querySelectorAll("button").forEach((one) => Object.assign(one, { disabled: true, title: NOTHING_HELD }));
    refill(find(".sides"), ...(data.held || data.steady ? [choice] : []));
    refill(find(".groups"), ...groupsOfBoth().map((group) => {
      const isShown = !looks.hidden.has(group.name);
      const one = button(group.name, `Show or hide ${group.members.length} outlines`, () => {
        if (isShown) looks.hidden.add(group.name); else looks.hidden.delete(group.name);
        addControls();
        draw();
      }, "group");
      one.style.setProperty("--colour", group.colour);
      one.setAttribute("aria-pressed", String(isShown));
      return one;
    }), ...(canPart() ? [partSwitch()] : []));
    refill(find(".whole"),
      button("closer", "Look closely at the chosen one (Enter)", lookCloser),
      button("whole field", "Show the whole field (double click on the picture, or 0)", showWhole, "back"));
    sayRange();
  }

  function sayRange() {
    const layer = data.layers[looks.layer], range = layer.of === "lit" ? mine.state.lit.get(mine.state.component) || layer : layer;
    find(".low").textContent = range.low;
    find(".high").textContent = range.high;
  }

  // Accepted and rejected in panes beside each other, which are looked at alike.
  const PARTED = ["accepted", "rejected"];
  const canPart = () => !data.held && !data.steady && PARTED.every((name) => data.groups.some((group) => group.name === name));
  const across = () => (looks.apart && canPart() ? 2 : 1);
  const isIn = (pane, group) => across() === 1 || !PARTED.includes(group.name) || PARTED[pane] === group.name;

  function partSwitch() {
    const one = button("side by side", "Accepted and rejected beside each other, or together", () => {
      looks.apart = !looks.apart;
      addControls();
      fit();
    });
    one.setAttribute("aria-pressed", String(looks.apart));
    return one;
  }

  // In the order in which they stand beside each other: what is held is on the left of the border.
  const sides = () => [["held", data.held?.title || "held"], ["now", data.title], ["swipe", "swipe"]];

  // Where components of both can be chosen, a number means the same thing in both.
  const canChoose = (side) => side === shown || data.held.chosen;
  const labelOf = (side, number) => (side.labels ? side.labels[number] : String(number));

  // The state that lies at a place of the picture.
  function sideAt(x) {
    const isHeld = looks.side === "held" || (looks.side === "swipe" && x < looks.at * width);
    return isHeld && data.held.chosen ? held : shown;
  }

  // The state in which what is chosen is seen; null where it is in none that is shown, or not at this place.
  function markedIn() {
    const sides = looks.side === "swipe" ? [held, shown] : [looks.side === "held" ? held : shown];
    return sides.filter(canChoose).find((side) => {
      const box = side.outlines[mine.state.component]?.box;
      if (!box || !Number.isFinite(box[0])) return false;
      return looks.side !== "swipe" || sides.filter(canChoose).length < 2 || sideAt(toScreen((box[0] + box[2]) / 2, 0)[0]) === side;
    }) || null;
  }

  function look(side) {
    looks.side = side;
    addControls();
    draw();
  }

  // A group that only the held state has is switched here as well.
  function groupsOfBoth() {
    const names = new Set(data.groups.map((group) => group.name));
    return [...data.groups, ...(data.held ? data.held.groups.filter((group) => !names.has(group.name)) : [])];
  }

  function imageOf(uri) {
    if (!images.has(uri)) {
      const image = new Image();
      image.onload = draw;
      image.src = uri;
      images.set(uri, image);
      if (images.size > MOST_IMAGES) images.delete(images.keys().next().value);
    }
    return images.get(uri);
  }

  // A layer without an image of its own shows one of the chosen component.
  function drawLayer(side) {
    const { uri, of } = side.layers[Math.min(looks.layer, side.layers.length - 1)], whole = { uri, x: 0, y: 0, columns: data.columns, rows: data.rows };
    const picture = uri ? whole : of && mine.state[of].get(mine.state.component);
    if (!picture?.uri) return;
    const image = imageOf(picture.uri);
    if (image.complete && image.naturalWidth) context.drawImage(image, picture.x, picture.y, picture.columns, picture.rows);
  }

  // The picture has the field's own shape, as large as the column and the height that is left allow; on a narrow page as
  // the width allows, if the whole of it can be seen at once.
  function fit() {
    if (!data) return;
    arrange(find("figure").clientWidth);
    const others = find(".controls").offsetHeight + find("figcaption").offsetHeight + 12;
    const most = isNarrow() ? window.innerHeight - ABOVE_NARROW_PX : heightOf(data, find("figure"));
    const wide = find("figure").clientWidth, high = Math.max(most - others, 120);
    if (!wide) return;
    const n = across(), factor = Math.min((wide - (n - 1) * BETWEEN_PX) / n / data.columns, high / data.rows), sharp = window.devicePixelRatio || 1;
    width = Math.max(Math.floor(data.columns * factor), 1);
    height = Math.max(Math.floor(data.rows * factor), 1);
    const whole = n * width + (n - 1) * BETWEEN_PX;
    canvas.style.width = `${whole}px`;
    canvas.style.height = `${height}px`;
    canvas.style.background = n > 1 ? "transparent" : "";
    find("figcaption").style.maxWidth = find("figcaption .groups") ? "" : `${Math.max(whole, Math.min(wide, CAPTION_PX))}px`;
    canvas.width = Math.round(whole * sharp);
    canvas.height = Math.round(height * sharp);
    draw();
  }

  const pxPerPixel = () => (width / data.columns) * looks.zoom;
  const corner = () => [looks.x - width / pxPerPixel() / 2, looks.y - height / pxPerPixel() / 2];

  function keepInside() {
    looks.zoom = Math.min(Math.max(looks.zoom, 1), MOST_ZOOM);
    const half = [data.columns / looks.zoom / 2, data.rows / looks.zoom / 2];
    looks.x = Math.min(Math.max(looks.x, half[0]), data.columns - half[0]);
    looks.y = Math.min(Math.max(looks.y, half[1]), data.rows - half[1]);
    canvas.style.touchAction = looks.zoom > 1 ? "none" : "pan-y";
    find(".back").disabled = looks.zoom === 1;
  }

  function draw() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawNow);
  }

  function drawNow() {
    if (!data) return;
    keepInside();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let pane = 0; pane < across(); pane += 1) drawPane(pane);
    sayRange();
    say();
    remember();
  }

  function drawPane(pane) {
    const sharp = window.devicePixelRatio || 1, px = pxPerPixel() * sharp, [left, top] = corner(), begin = pane * (width + BETWEEN_PX) * sharp;
    context.save();
    context.setTransform(sharp, 0, 0, sharp, begin, 0);
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    // Pixel 0 reaches from 0 to 1 in the picture, and its centre is at 0 for outlines.
    context.setTransform(px, 0, 0, px, begin - left * px, -top * px);
    context.imageSmoothingEnabled = false;
    context.fillStyle = "#000";
    context.fillRect(0, 0, data.columns, data.rows);
    drawSide(looks.side === "held" ? held : shown, pane);
    if (looks.side === "swipe") drawLeftOfBorder(held);
    context.setTransform(sharp, 0, 0, sharp, begin, 0);
    if (looks.side === "swipe") drawBorder();
    drawQuestions(pane);
    drawNumber(pane);
    if (across() > 1) write(PARTED[pane], 8, 18, 13);
    if (said()) write(said(), 8, height - 10, 12);
    drawScaleBar();
    context.restore();
  }

  function drawSide(side, pane) {
    drawLayer(side);
    context.save();
    context.translate(0.5, 0.5);
    context.lineJoin = "round";
    drawGroups(side, 1 / pxPerPixel(), pane);
    if (canChoose(side)) drawMarked(side, 1 / pxPerPixel(), pane);
    drawSought(1 / pxPerPixel());
    drawDrawn(1 / pxPerPixel());
    context.restore();
  }

  // The outline that a person draws, of a cell that the fit missed.
  const isDrawing = () => Boolean(data?.judged && mine.state.drawing && mine.state.judging);

  function drawDrawn(px) {
    if (!drawn) return;
    const path = new Path2D();
    drawn.forEach(([y, x], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
    stroke(path, HALO, (CHOSEN + 2) * px);
    stroke(path, "#fff", LINE * px);
  }

  function drawSought(px) {
    context.setLineDash(DASHES.map((long) => long * px));
    sought.forEach(({ path }) => stroke(path, "#fff", BY_HAND * px));
    context.setLineDash([]);
  }

  // Until a component is chosen.
  function seek({ outlines, place: [y, x] }) {
    sought = unpackOutlines(outlines);
    const boxes = sought.map((outline) => outline.box).filter((box) => Number.isFinite(box[0])), ends = (i, find, other) => find(other, ...boxes.map((box) => box[i]));
    const [x0, y0, x1, y1] = [ends(0, Math.min, x), ends(1, Math.min, y), ends(2, Math.max, x), ends(3, Math.max, y)];
    const long = Math.max(x1 - x0, y1 - y0, SOUGHT_PX);
    Object.assign(looks, { x: (x0 + x1 + 1) / 2, y: (y0 + y1 + 1) / 2, zoom: Math.min(data.columns, data.rows) / (2 * long) });
  }

  function fieldAt(event) {
    const [px, py] = inPane(place(event)), [left, top] = corner();
    return [py / pxPerPixel() + top - 0.5, px / pxPerPixel() + left - 0.5];
  }

  // A click is a place; what is drawn with the button held is an outline.
  function endDrawing() {
    const long = drawn.slice(1).reduce((sum, [y, x], i) => sum + Math.hypot(y - drawn[i][0], x - drawn[i][1]), 0) * pxPerPixel();
    const corners = long > DRAG_PX ? drawn : drawn.slice(0, 1);
    drawn = null;
    const { judging } = mine.state;
    judging.draw(false);
    judging.change("draw", corners.map(([y, x]) => `${y.toFixed(1)},${x.toFixed(1)}`).join(" "));
  }

  // What there is to say of a picture of the chosen component.
  function said() {
    const { component, lit } = mine.state, { later, uri } = data.layers[looks.layer];
    if (later && !uri) return "On its way";
    if (data.layers[looks.layer].of !== "lit") return "";
    return component === null ? "No component is chosen" : lit.get(component)?.said ?? "On its way";
  }

  function drawLeftOfBorder(side) {
    const [left, top] = corner(), px = pxPerPixel();
    context.save();
    context.beginPath();
    context.rect(left, top, (looks.at * width) / px, height / px);
    context.clip();
    context.fillStyle = "#000";
    context.fillRect(0, 0, data.columns, data.rows);
    drawSide(side, 0);
    context.restore();
  }

  function drawBorder() {
    const x = looks.at * width;
    context.fillStyle = "#fff";
    context.fillRect(x - 1, 0, 2, height);
    context.beginPath();
    context.arc(x, height / 2, 7, 0, 2 * Math.PI);
    context.fill();
    write(data.held.title, 8, 18, 13);
    context.textAlign = "end";
    write(data.title, width - 8, 18, 13);
    context.textAlign = "start";
  }

  function drawGroups(side, px, pane) {
    side.groups.forEach((group, i) => {
      if (looks.hidden.has(group.name) || !isIn(pane, group)) return;
      side.joined[i].forEach((paths, isByHand) => {
        const all = paths[pxPerPixel() < COARSE_BELOW ? 1 : 0];
        context.setLineDash(isByHand ? DASHES.map((length) => length * px) : []);
        if (group.halo) stroke(all, HALO, (LINE + 2.4) * px);
        stroke(all, group.colour, (isByHand ? BY_HAND : LINE) * px);
      });
      context.setLineDash([]);
    });
  }

  // A person was unsure of these, or raters disagree about them.
  function drawQuestions(pane) {
    if (!data.judged || !mine.state.judging || looks.side === "held") return;
    shown.outlines.forEach(({ box }, number) => {
      const mark = { unsure: "?", disagree: "≠" }[decisionOf(number)];
      if (number >= data.n || !mark || !shown.isListed(number) || !isIn(pane, shown.groupOf[number])) return;
      const [x, y] = toScreen((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
      write(mark, x - 4, y + 5);
    });
  }

  function stroke(path, colour, lineWidth) {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.stroke(path);
  }

  function drawMarked(side, px, pane) {
    const chosen = mine.state.component, selected = side === shown && data.judged ? [...mine.state.selected] : [];
    const isApart = selected.length > 0 && !selected.includes(chosen); // a decision would not be about it
    const marked = [...selected.map((number) => [number, CHOSEN]), [hovered, HOVERED], [chosen, isApart ? HOVERED : CHOSEN]];
    for (const [number, lineWidth] of marked) {
      const outline = side.outlines[number];
      if (number === null || !outline || (side.groupOf[number] && !isIn(pane, side.groupOf[number]))) continue;
      stroke(outline.path, HALO, (lineWidth + 2.6) * px);
      stroke(outline.path, side.groupOf[number]?.colour || "#fff", lineWidth * px);
    }
  }

  const toScreen = (x, y) => [(x + 0.5 - corner()[0]) * pxPerPixel(), (y + 0.5 - corner()[1]) * pxPerPixel()];

  function drawNumber(pane) {
    const side = markedIn();
    if (!side || (side.groupOf[mine.state.component] && !isIn(pane, side.groupOf[mine.state.component]))) return;
    const outline = side.outlines[mine.state.component], [right, up] = toScreen(outline.box[2], outline.box[1]);
    const text = labelOf(side, mine.state.component), wide = 8 * text.length + 8;
    const x = right + wide > width ? toScreen(outline.box[0], 0)[0] - wide : right + 3;
    write(text, Math.max(x, 3), Math.min(Math.max(up + 4, 14), height - SCALE_BAR_PX));
  }

  function write(text, x, y, size = 14) {
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.lineWidth = 3.5;
    context.strokeStyle = HALO;
    context.fillStyle = "#fff";
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  function drawScaleBar() {
    const um = data.um_per_px, px = pxPerPixel(), visible = width / px;
    const length = niceLength((visible / 4) * (um || 1)), long = (length / (um || 1)) * px;
    const text = `${length >= 1 ? length : Number(length.toPrecision(2))} ${um ? "µm" : "px"}`;
    const x = width - long - 10, y = height - 14;
    context.fillStyle = HALO;
    context.fillRect(x - 1.5, y - 1.5, long + 3, 7);
    context.fillStyle = "#fff";
    context.fillRect(x, y, long, 4);
    context.textAlign = "end";
    write(text, width - 10, y - 6, 12);
    context.textAlign = "start";
  }

  // What is in the picture, for tests: a canvas tells nothing.
  function say() {
    const [left, top] = corner();
    canvas.dataset.chosen = mine.state.component ?? "";
    canvas.dataset.side = looks.side;
    canvas.dataset.outlines = shown.groups.flatMap(({ members }) => members).filter((number) => number < data.n && shown.isListed(number)).length;
    canvas.dataset.mark = data.mark ?? "";
    canvas.dataset.panes = across();
    canvas.dataset.said = said();
    canvas.dataset.view = [left, top, looks.zoom].map((value) => value.toFixed(3)).join(" ");
  }

  function pick(event) {
    const [px, py, pane] = inPane(place(event)), [left, top] = corner();
    const x = px / pxPerPixel() + left - 0.5, y = py / pxPerPixel() + top - 0.5;
    const most = (event.pointerType === "touch" ? FINGER_PX : NEAR_PX) / pxPerPixel();
    const { outlines, groups, isListed } = sideAt(px);
    const visible = groups.filter((group) => !looks.hidden.has(group.name) && isIn(pane, group)).flatMap((group) => group.members);
    const open = visible.filter((number) => number < data.n && isListed(number));
    const around = open.filter((number) => isInside(outlines[number], x, y));
    if (around.length) return around.reduce((a, b) => (outlines[a].area <= outlines[b].area ? a : b));
    const far = open.map((number) => [distance(outlines[number], x, y, most), number]).filter(([d]) => d <= most);
    return far.length ? far.reduce((a, b) => (a[0] <= b[0] ? a : b))[1] : null;
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  // A place of the picture in its pane, and which that is.
  function inPane([x, y]) {
    const pane = Math.min(Math.max(Math.floor(x / (width + BETWEEN_PX)), 0), across() - 1);
    return [x - pane * (width + BETWEEN_PX), y, pane];
  }

  function zoomAt(where, factor) {
    const [px, py] = inPane(where), [left, top] = corner(), x = left + px / pxPerPixel(), y = top + py / pxPerPixel();
    looks.zoom = Math.min(Math.max(looks.zoom * factor, 1), MOST_ZOOM);
    looks.x = x + (width / 2 - px) / pxPerPixel();
    looks.y = y + (height / 2 - py) / pxPerPixel();
    draw();
  }

  const flick = () => look(looks.side === "held" ? "now" : "held");

  function showWhole() {
    looks.zoom = 1;
    draw();
  }

  // Of what is chosen, in the state that has it.
  function outlineOfChosen() {
    const found = [shown, ...(data.held?.chosen ? [held] : [])].map((side) => side.outlines[mine.state.component]);
    return found.find((outline) => outline && Number.isFinite(outline.box[0]));
  }

  function lookCloser() {
    const outline = outlineOfChosen();
    if (!outline) return;
    const [x0, y0, x1, y1] = outline.box, long = Math.max(x1 - x0, y1 - y0, 4);
    Object.assign(looks, { x: (x0 + x1 + 1) / 2, y: (y0 + y1 + 1) / 2, zoom: Math.min(data.columns, data.rows) / (3.5 * long) });
    draw();
  }

  function move(dx, dy) {
    looks.x -= dx / pxPerPixel();
    looks.y -= dy / pxPerPixel();
    draw();
  }

  function hover(event) {
    const number = event ? pick(event) : null;
    tip.hidden = number === null;
    if (number !== null) {
      const [x, y] = place(event), side = sideAt(inPane([x, y])[0]);
      const said = side === shown && data.judged && mine.state.judging?.of(number)?.words;
      tip.textContent = `${side.labels ? "" : "component "}${labelOf(side, number)}, ${side.groupOf[number].name}${said ? ` · ${said}` : ""}`;
      tip.style.left = `${Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4)}px`;
      tip.style.top = `${y > height - 40 ? y - 28 : y + 14}px`;
    }
    if (isDrawing()) canvas.style.cursor = "crosshair";
    else canvas.style.cursor = number === null ? (looks.zoom > 1 ? "grab" : "default") : "pointer";
    if (number !== hovered) { hovered = number; draw(); }
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    if (fingers.size === 0) wasDragged = false;
    canvas.setPointerCapture(event.pointerId);
    if (isDrawing()) { drawn = [fieldAt(event)]; return; }
    isBorderHeld = looks.side === "swipe" && Math.abs(place(event)[0] - looks.at * width) < 3 * NEAR_PX;
    fingers.set(event.pointerId, { start: place(event), at: place(event) });
  };
  canvas.onpointermove = (event) => {
    if (drawn) {
      const [y, x] = fieldAt(event), [v, u] = drawn.at(-1);
      if (Math.hypot(y - v, x - u) * pxPerPixel() > 1) drawn.push([y, x]);
      draw();
      return;
    }
    const finger = fingers.get(event.pointerId);
    if (!finger) { hover(event); return; }
    const before = finger.at, at = place(event), other = [...fingers.values()].find((one) => one !== finger);
    finger.at = at;
    if (isBorderHeld) {
      wasDragged = true;
      looks.at = Math.min(Math.max(at[0] / width, 0), 1);
      draw();
    } else if (other) {
      wasDragged = true;
      const length = (point) => Math.hypot(point[0] - other.at[0], point[1] - other.at[1]);
      zoomAt([(at[0] + other.at[0]) / 2, (at[1] + other.at[1]) / 2], length(at) / Math.max(length(before), 1));
    } else if (wasDragged || Math.hypot(at[0] - finger.start[0], at[1] - finger.start[1]) > DRAG_PX) {
      if (!wasDragged) hover(null);
      wasDragged = true;
      canvas.style.cursor = "grabbing";
      move(at[0] - before[0], at[1] - before[1]);
    }
  };
  canvas.onpointerup = (event) => {
    if (drawn) { endDrawing(); return; }
    if (!fingers.delete(event.pointerId) || wasDragged) return;
    const number = pick(event);
    if (number === null) return;
    if (data.judged) linked.pick(mine.animal, number, event, mine);
    else linked.choose(mine.animal, number, mine);
  };
  canvas.onpointercancel = (event) => fingers.delete(event.pointerId);
  canvas.onpointerleave = () => hover(null);
  canvas.ondblclick = showWhole;
  canvas.addEventListener("wheel", (event) => {
    if (event.deltaY > 0 && looks.zoom === 1) return; // the page scrolls on
    event.preventDefault();
    zoomAt(place(event), Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 120) * 0.002));
  }, { passive: false });
  canvas.onkeydown = (event) => {
    const middle = [width / 2, height / 2];
    const act = { "+": () => zoomAt(middle, 1.5), "=": () => zoomAt(middle, 1.5), "-": () => zoomAt(middle, 1 / 1.5), 0: showWhole, Enter: lookCloser, f: data.held && flick }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };

  // Zoom stays when a component is chosen elsewhere; one that lies outside of what is shown moves into the middle.
  function bringIntoView() {
    const outline = outlineOfChosen();
    if (!outline || looks.zoom === 1) return;
    const [left, top] = corner(), [x0, y0, x1, y1] = outline.box;
    const isOut = x1 < left || y1 < top || x0 > left + width / pxPerPixel() || y0 > top + height / pxPerPixel();
    if (isOut) Object.assign(looks, { x: (x0 + x1) / 2, y: (y0 + y1) / 2 });
  }

  const leave = onResize(find("figure"), fit);
  return {
    update,
    changed(what) {
      if (what === "field" && given && isComplete()) update(given);
      if (!data) return;
      if (what === "component") { sought = []; bringIntoView(); }
      if (what === "place") seek(mine.state.place);
      if (!isDrawing()) drawn = null;
      if (what === "judged" || what === "list" || what === "rows") { fill(shown, data); addControls(); }
      draw();
    },
    end: () => { leave(); cancelAnimationFrame(request); },
  };
}

export default function (component) {
  return show(component, makeMap);
}
