"""Pure functions on arrays, one method a file, each naming its paper; what several of them use lies here."""
