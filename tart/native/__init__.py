"""The native kernel: the work of every event in C, by batches. Without it its Python twin runs."""
