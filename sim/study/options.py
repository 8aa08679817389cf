"""TODO."""


def check_whole_numbers(**numbers: tuple[int | None, int]) -> None:
    """Is each a whole number, and not below the least that it can be? Raises ValueError for the first that is not."""
    for name, (value, least) in numbers.items():
        if value is not None and (type(value) is not int or value < least):
            raise ValueError(f"{name}={value!r}: write a whole number, {least} or more")
