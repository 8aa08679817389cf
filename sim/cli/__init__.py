"""The command line: parses, calls, prints. What a command needs is imported inside it, so that help is quick."""
