// All animals as pictures of one size; a click, or Enter, opens one.

function make(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function field(tile) {
  const place = make("span", "field");
  if (!tile.picture) return place;
  const frame = make("span", "frame");
  frame.style.aspectRatio = tile.shape;
  const [columns, rows] = tile.shape.split("/").map(Number);
  frame.style[columns >= rows ? "width" : "height"] = "100%";
  const picture = make("img", "");
  picture.src = tile.picture;
  picture.alt = `${tile.name}: ${tile.line}`;
  picture.draggable = false;
  const bar = make("span", "bar");
  bar.style.width = `${100 * tile.bar}%`;
  bar.append(make("span", "", tile.length));
  frame.append(picture, bar);
  place.append(frame);
  return place;
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector(".sheet").replaceChildren(...data.tiles.map((tile) => {
    const button = make("button", tile.is_marked ? "tile far" : "tile");
    button.type = "button";
    button.title = [`Open ${tile.name}`, tile.told].filter(Boolean).join(" · ");
    button.append(field(tile), make("span", "name", tile.title), make("span", "line", tile.line));
    button.onclick = () => setTriggerValue("opened", tile.name);
    return button;
  }));
}
