// Two pictures over each other. A finger, a pen or the mouse moves the border between them; so do the arrow keys, because
// a range input lies over the picture. A double click, or the key Z, looks closer at a place, and back.

export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  const frame = find(".frame"), stack = find(".stack"), before = find(".before"), slider = find("input");

  find(".title").textContent = data.title;
  find(".low").textContent = data.low;
  find(".high").textContent = data.high;
  find(".left").textContent = data.left;
  find(".right").textContent = data.right;
  find(".ramp").style.background = `linear-gradient(90deg, ${data.colours.join(", ")})`;
  frame.style.aspectRatio = `${data.columns} / ${data.rows}`;
  frame.title = "Drag to compare; double click to look closer, and back";
  slider.setAttribute("aria-label", `${data.title}: ${data.left} or ${data.right}`);
  for (const [image, source, when] of [[before, data.before, data.left], [find(".after"), data.after, data.right]]) {
    if (image.src !== source) image.src = source;
    image.alt = `${data.title}, ${when}`;
  }

  // A picture that begins in the upper half of the window ends where the window ends.
  function stayInView() {
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop || 0;
    const above = frame.getBoundingClientRect().top + scrolled;
    const isHigh = data.in_view && above < window.innerHeight / 2;
    find("figure").style.maxWidth = isHigh ? `max(calc((100vh - ${above + 8}px) * ${data.columns / data.rows}), 16rem)` : "";
  }

  let at = Number(slider.value) / 100, closer = 1, center = [0.5, 0.5];

  function draw() {
    frame.style.setProperty("--at", `${100 * at}%`);
    slider.setAttribute("aria-valuetext", `${Math.round(100 * at)} % ${data.left}`);
    // The picture is magnified about the chosen place; the border stays where the hand is.
    const [left, top] = center.map((c) => Math.min(Math.max(c * closer - 0.5, 0), closer - 1));
    stack.style.transformOrigin = "0 0";
    stack.style.transform = `translate(${-100 * left}%, ${-100 * top}%) scale(${closer})`;
    const cut = Math.min(Math.max((at + left) / closer, 0), 1);
    before.style.clipPath = `inset(0 ${100 * (1 - cut)}% 0 0)`;
    const bar = data.bars[closer === 1 ? 0 : 1];
    find(".scale").style.width = `${bar.percent}%`;
    find(".scale .text").textContent = bar.text;
  }

  function place(event) {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function moveTo(event) {
    at = Math.min(Math.max(place(event)[0], 0), 1);
    slider.value = 100 * at;
    draw();
  }

  function look(x, y) {
    closer = closer === 1 ? data.closer : 1;
    center = [x, y];
    draw();
  }

  frame.onpointerdown = (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    slider.focus({ preventScroll: true });
    moveTo(event);
    event.preventDefault();
  };
  frame.onpointermove = (event) => { if (frame.hasPointerCapture(event.pointerId)) moveTo(event); };
  frame.ondblclick = (event) => look(...place(event));
  slider.oninput = () => { at = Number(slider.value) / 100; draw(); };
  slider.onkeydown = (event) => { if (event.key.toLowerCase() === "z") look(at, 0.5); };
  draw();
  stayInView();
  frame.watch?.disconnect(); // this function runs again for other data
  frame.watch = new ResizeObserver(stayInView);
  frame.watch.observe(document.querySelector("[data-testid=stMain]") || document.body);
  return () => frame.watch.disconnect();
}
