"""The server is killed with signal 9 under load, again and again; nothing that it acknowledged may be lost."""
