"""The HTTP machinery by itself: no engine, no store, no socket but where the worker is tested."""
