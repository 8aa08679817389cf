"""What is written down: units, laws, the schema of a scenario file, its reading, its sources."""
