"""The command line: it parses, calls and prints. Commands import inside what they need, so that help is quick."""
