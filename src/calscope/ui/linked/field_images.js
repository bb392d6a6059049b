// The images and the outlines of the map; this view draws nothing itself.

function makeImages(mine) {
  return {
    update({ images, outlines }) {
      mine.state.field = { images, outlines };
      linked.tell(mine.animal, "field");
    },
    changed() {},
  };
}

export default function (component) {
  return show(component, makeImages);
}
