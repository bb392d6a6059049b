"""Parts that several pages draw: figures, tables, the film player, parameter forms."""
