// Writes what is looked at into the address without a new entry in the browser's history: Back goes one page a press.

export default function ({ data }) {
  const wanted = location.pathname + data.query;
  if (data.query !== location.search) history.replaceState(history.state, "", wanted);
}
