// The events of the recording, for the views over time; this view draws nothing itself.

function makeEvents(mine) {
  return {
    update({ labels, events }) {
      mine.state.events = { labels, events };
      linked.tell(mine.animal, "events");
    },
    changed() {},
  };
}

export default function (component) {
  return show(component, makeEvents);
}
