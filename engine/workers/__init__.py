"""The server's own workers: they take tasks of system types from their queues, do what has to be done in the world, and
report like any worker (DESIGN §6).
"""
