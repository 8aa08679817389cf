"""Folders of output: locked while they are written, filled beside their place, and swapped in whole.

Beside a folder NAME stand, while it is written: `.NAME.lock`, which says who writes; a staging folder
`.NAME.XXXXXXXXXXXXXXXX.new`; and, during the swap, the old one as `.NAME.XXXXXXXXXXXXXXXX.old` and the note
`.NAME.swap`, which names both. A swap that was cut in two is finished by whatever opens the folder next, so that a
crash at any point leaves the old folder or the new one.
"""

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from sim.results.files import (
    ANOTHER_FOLDER,
    OutputError,
    check_can_be_made,
    path_beside,
    report_os_errors,
    sync_file,
    sync_folder,
    user_path,
    write_json,
)
from sim.results.folder_lock import lock_folder
from sim.results.manifest import (
    Manifest,
    OutputKind,
    foreign_files,
    has_manifest,
    read_manifest,
    write_manifest,
)

RECOVERY_WAIT_S = 10.0
"""How long whoever reads a folder waits for a swap that is under way."""
MAX_PARTIALS = 100
"""How many names are tried for an interrupted folder, where others of these names may not be replaced."""
KEPT_AS_IT_WAS = "; what stood there before stands"


class StagedFolder:
    """A folder of output that is being written beside its place. Made by `stage_folder`."""

    def __init__(
        self,
        folder: Path,
        place: Path,
        kind: OutputKind,
        mark: str,
        staging: Path,
        resumable: Collection[str] = (),
    ) -> None:
        self.folder = folder
        """Where it is to stand, as the user named it."""
        self.path = staging
        """Where it is written until then."""
        self._place, self._kind, self._mark = place, kind, mark
        self._resumable = resumable
        self._foreign: frozenset[str] = frozenset()

    def take_over_resumable(self) -> None:
        """Take over what was written in place. Raises OSError."""
        for name in self._resumable:
            if (self._place / name).is_dir():
                copy_tree(self._place / name, self.path / name)

    def copy_from(self, folder: Path) -> None:
        """Take over all that a folder of the same kind holds; what is not of its manifest stays the user's."""
        with report_os_errors(self.folder, ANOTHER_FOLDER):
            copy_tree(folder, self.path)
        self._foreign = frozenset(foreign_files(folder))

    def commit(self, interrupted: bool = False, known: Manifest | None = None) -> Path:
        """Let the folder take its place, with its manifest and synced to the disk; return where it stands.

        An interrupted one takes the place only where nothing whole stands: else it stays beside, as NAME.partial,
        and standard error says so. Files of a `known` manifest are as they were when it was written. Raises
        OutputError where it cannot be written.
        """
        with report_os_errors(self.folder, f"{ANOTHER_FOLDER}{KEPT_AS_IT_WAS}"):
            write_manifest(self.path, self._kind, interrupted, known, self._foreign)
            _sync_tree(self.path)
            if interrupted and _stands_whole(self._place):
                return self._commit_partial()
            self._swap(self._place, self.folder)
        return self.folder

    def _commit_partial(self) -> Path:
        for k in range(1, MAX_PARTIALS + 1):
            ending = ".partial" if k == 1 else f".partial-{k}"
            partial, place = (each.with_name(each.name + ending) for each in (self.folder, self._place))
            try:
                with lock_folder(place):
                    _check_place(partial, place, self._kind, self._mark)
                    self._swap(place, partial)
            except OutputError:  # in use, or it holds something else
                if k == MAX_PARTIALS:
                    raise
                continue
            sys.stderr.write(
                f"{self.folder} keeps the whole {self._kind} of before; this one is in {partial}\n"
            )
            return partial
        raise AssertionError("returned or raised")

    def _swap(self, place: Path, folder: Path) -> None:
        old = path_beside(place, "old")
        if not _is_replaceable(place, self._foreign, self._resumable):
            old = _free_path(place, ".before")
            sys.stderr.write(
                f"{folder}: what stood there is not whole; it is kept in {folder.with_name(old.name)}\n"
            )
        swap_folders(place, self.path, old)


@contextmanager
def stage_folder(
    folder: Path, kind: OutputKind, mark: str, *, resumable: Collection[str] = (), keep_foreign: bool = False
) -> Iterator[StagedFolder]:
    """Lock a folder of output, and open a staging folder beside it; without a commit nothing of it stays.

    `mark` is a file that every folder of this kind has; entries that are `resumable` are written in place. Raises
    OutputError where the place is in use, cannot be written, or holds what is not this kind's, or a file of the
    user's (but with `keep_foreign`).
    """
    folder = user_path(folder)
    place = _place_of(folder)
    _check_can_be_moved(folder, place)
    with lock_folder(place):
        with report_os_errors(folder, ANOTHER_FOLDER):
            _finish_swap(place)
            _remove_stale(place)
            _check_place(folder, place, kind, mark, resumable, keep_foreign)
            staging = path_beside(place, "new")
            staging.mkdir()
        try:
            yield StagedFolder(folder, place, kind, mark, staging, resumable)
        finally:
            with suppress(OSError, OutputError):
                _finish_swap(place)  # where an interrupt came between its two halves
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def amend_folder(folder: Path, kind: OutputKind, mark: str) -> Iterator[StagedFolder]:
    """As `stage_folder`, but with all that the folder holds, the user's own files among it. Raises OutputError."""
    with stage_folder(folder, kind, mark, keep_foreign=True) as staged:
        staged.copy_from(staged.folder)
        yield staged


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder into one that is there; files that are never written in place are linked, so it takes no room."""
    shutil.copytree(source, target, symlinks=True, copy_function=_link_or_copy, dirs_exist_ok=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def swap_folders(place: Path, new: Path, old: Path) -> None:
    """Let the folder `new`, which is synced, take a place; what stands there becomes `old`. Its lock must be held.

    All three have one parent. An `old` with the hidden name of `path_beside` is removed then. Raises OSError.
    """
    if os.path.lexists(place):
        write_json(_note_path(place), {"new": new.name, "old": old.name})
        _finish_swap(place)
    else:
        os.rename(new, place)
        sync_folder(place.parent)


def recover_folder(folder: Path) -> None:
    """Finish a swap of a folder that was cut in two. To be called by whatever opens it. Raises OutputError."""
    place = _place_of(folder)
    if not _note_path(place).exists():
        return
    with lock_folder(place, RECOVERY_WAIT_S), report_os_errors(folder, "let its parent folder be written"):
        _finish_swap(place)


def _place_of(folder: Path) -> Path:
    """Where a folder stands: a link of the user's stays, and what it points to is replaced."""
    return Path(os.path.abspath(folder.resolve() if folder.is_symlink() else folder))


def _note_path(place: Path) -> Path:
    return place.with_name(f".{place.name}.swap")


def _finish_swap(place: Path) -> None:
    """Do what is left of the swap that a note beside a place tells of. Its lock must be held. Raises OSError."""
    note = _note_path(place)
    if not note.exists():
        return
    try:
        names = json.loads(note.read_bytes())
        new, old = (place.with_name(names[key]) for key in ("new", "old"))
        if new.parent != place.parent or not _hidden_name(place, "new").fullmatch(new.name):
            raise ValueError("not a name of ours")
    except (ValueError, KeyError, TypeError):
        raise OutputError(
            f"{note}: is broken; remove it, and look at what is called .{place.name}.*"
        ) from None
    if os.path.lexists(new):
        if os.path.lexists(place) and os.path.lexists(old):
            raise OutputError(
                f"{place}: was made anew while it was being replaced; move it away (what it replaced is {old})"
            )
        if os.path.lexists(place):
            os.rename(place, old)
        os.rename(new, place)
    elif not os.path.lexists(place) and os.path.lexists(old):
        os.rename(old, place)
    sync_folder(place.parent)
    note.unlink()
    sync_folder(place.parent)
    if _hidden_name(place, "old").fullmatch(old.name):
        _remove(old)


def _hidden_name(place: Path, ending: str) -> re.Pattern[str]:
    return re.compile(rf"\.{re.escape(place.name)}\.[0-9a-f]{{16}}\.{ending}")


def _remove_stale(place: Path) -> None:
    """Remove what processes that were killed have left beside a place. Its lock must be held, and no swap be open."""
    stale = [_hidden_name(each, ending) for each in (place, _note_path(place)) for ending in ("new", "old")]
    for path in list(place.parent.iterdir()):
        if any(pattern.fullmatch(path.name) for pattern in stale):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _check_can_be_moved(folder: Path, place: Path) -> None:
    """Check that a folder may be made, and renamed as a whole. Raises OutputError."""
    check_can_be_made(folder)
    if os.path.ismount(place):
        raise OutputError(f"{folder}: is where a disk is mounted, and is not replaced; name a folder in it")
    if Path.cwd().is_relative_to(place):
        raise OutputError(
            f"{folder}: is the folder in which you work, and is not replaced; name a folder in it"
        )


def _check_place(
    folder: Path,
    place: Path,
    kind: OutputKind,
    mark: str,
    resumable: Collection[str] = (),
    keep_foreign: bool = False,
) -> None:
    """Check that whatever stands in a place is of this kind, and nobody's else. Raises OutputError, OSError."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise OutputError(f"{folder}: is a file; {ANOTHER_FOLDER}")
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if not has_manifest(place):
        if not (place / mark).is_file() and any(entry.name not in resumable for entry in place.iterdir()):
            raise OutputError(f"{folder}: holds files that are not a {kind} of sim; {ANOTHER_FOLDER}")
        return
    try:
        found, foreign = read_manifest(place).kind, _foreign_files(place, resumable)
    except OutputError:  # broken: it is put aside, and not removed, when another takes its place
        return
    if found != kind:
        raise OutputError(f"{folder}: holds a {found} of sim, not a {kind}; {ANOTHER_FOLDER}")
    if foreign and not keep_foreign:
        more = f" (and {len(foreign) - 1} more)" if len(foreign) > 1 else ""
        raise OutputError(
            f"{folder / foreign[0]}: is a file of yours{more} in a {kind} that is to be replaced; move it away, or"
            f" {ANOTHER_FOLDER}"
        )


def _stands_whole(place: Path) -> bool:
    """Whether a whole output stands in a place."""
    try:
        return not read_manifest(place).interrupted
    except OutputError:
        return False


def _is_replaceable(place: Path, taken_over: Collection[str], resumable: Collection[str]) -> bool:
    """Whether all that stands in a place is of its manifest, or in its successor too, so that it may be removed."""
    if not os.path.lexists(place) or all(entry.name in resumable for entry in place.iterdir()):
        return True
    try:
        return set(_foreign_files(place, resumable)) <= set(taken_over)
    except OutputError:
        return False


def _foreign_files(place: Path, resumable: Collection[str]) -> list[str]:
    """List the files that are in no manifest, but for what is resumable, which changes before its manifest does."""
    return [name for name in foreign_files(place) if name.partition("/")[0] not in resumable]


def _free_path(place: Path, ending: str) -> Path:
    paths = (place.with_name(f"{place.name}{ending}{'' if k == 1 else f'-{k}'}") for k in count(1))
    return next(path for path in paths if not os.path.lexists(path))


def _sync_tree(folder: Path) -> None:
    """Wait until a folder and all in it is on the disk. Raises OSError."""
    for root, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(root, name))
        sync_folder(Path(root))
