"""The reference cases: markets so simple that some of their metrics are known exactly, a module for each subject."""
