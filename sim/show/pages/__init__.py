"""The pages: what each command prints, a module for each command."""
