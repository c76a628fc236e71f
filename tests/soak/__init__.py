"""Minutes of random trees, operations and kill -9s on real servers: then nothing is stuck and counts agree."""
