"""Pure functions on arrays, one method a file, each naming its paper."""
