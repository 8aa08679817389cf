"""Compiled code on disk: what is broken is compiled anew."""

from pathlib import Path

import pytest

from sim.model.compiled import compiler

pytestmark = pytest.mark.skipif(compiler.COMPILER_OFF, reason="the compiler is switched off")


def double(x: int) -> int:
    return x + x


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("cut", ["empty", "half", "bit", "text"])
def test_a_broken_file_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, cut: str
) -> None:
    monkeypatch.setattr(compiler, "CACHE_FOLDER", tmp_path)
    assert compiler.jit(double)(2) == 4
    [path] = tmp_path.rglob(f"*.{ending}")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    path.write_bytes(
        {"empty": b"", "half": whole[: len(whole) // 2], "bit": bytes(flipped), "text": b"x" * 99}[cut]
    )
    assert compiler.jit(double)(3) == 6
    again = compiler.jit(double)
    assert again(4) == 8
    if ending == "nbc" or cut != "bit":  # a bit of the index may matter to nothing
        assert sum(again.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]
