"""How many there are of something, in words."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """`1 service`, `2 services`, `no services`; of things whose plural ends in `s`."""
    plural = "" if count == 1 else "s"
    return f"{f'{count:,}' if count else 'no'} {thing}{plural}"


def there_are(count: int) -> str:
    """`there are 2`, `there is 1`, `there are none`."""
    return "there is 1" if count == 1 else f"there are {count or 'none'}"
