"""What only the mongo store promises: round trips, indexes, many processes, and what is left of one that dies."""
