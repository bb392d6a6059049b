// What the views on a canvas share.

// A canvas as sharp as the screen, in the page's own colours.
function sharpen(canvas, width, height) {
  const sharp = window.devicePixelRatio || 1, context = canvas.getContext("2d");
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  return context;
}

function coloursOf(element) {
  const style = getComputedStyle(element), of = (name) => style.getPropertyValue(name).trim();
  return { text: of("--st-text-color"), back: of("--st-background-color"), panel: of("--st-secondary-background-color"), chosen: of("--st-primary-color"), font: of("--st-font") || "sans-serif" };
}

