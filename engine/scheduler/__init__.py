"""Schedules at work: the documents they are kept in, the loop that starts workflows on time, what clients can ask."""
