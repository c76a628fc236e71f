"""Events: messages on the internal queue, and the handlers that act on them (reference events.md §6).

A message waits as a document of its own until active handlers have acted on it, so nothing is lost by a crash or by a
handler that comes late. Handlers act at least once; what they did is recorded, and what they start has an id that
follows from the message, so a message that comes twice does nothing twice.
"""
