"""Files, names and numbers that would crash the reader, or exhaust it: a line tells of each."""

import gzip
import os
import socket
import unicodedata
from pathlib import Path

import pytest
from conftest import SMALL

from sim.scenario import input_files
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import MAX_EXTENDED_FILES, read_scenario
from sim.scenario.sweep import read_sweep

PLAIN = "start: 2026-01-01\nend: 2026-03-01\nsites: {S: {online: 1 MW}}\nproviders: {P: {sites: [S]}}\n"


def complaint_of(text: str, folder: Path, name: str = "wrong.yaml") -> str:
    """What is said of a scenario, in one line."""
    path = folder / name
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    said = str(caught.value)
    assert "\n" not in said
    return said.replace(f"{folder}/", "")


def trace(file: str) -> str:
    return PLAIN + (
        f"demand: {{d: {{customer: A, arrivals: {{trace: {{file: {file}, format: csv,"
        " columns: {asked: asked, size: size, term: term}}}}}\n"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "demand: {d: {customer: A, in_place: {S: 1 kW}, term: {value: {value: 3 d}}}}",
            'demand.d.term.value: "{value: 3 d}": is a value within a value; write value once',
        ),
        (
            "report_at: ['0001-01-01T00:00+14:00']",
            'report_at.0: "0001-01-01T00:00:00+14:00": is a date that does not exist in UTC; write another date',
        ),
        ("replications: ٣", 'replications: "٣": is not a whole number; write a number such as 8'),
        ("seed: ١", 'seed: "١": is not a whole number; write a number such as 8'),
        ("measure_from: ٢٠٢٦-01-02",
         'measure_from: "٢٠٢٦-01-02": is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)'),
        ("demand: {d: {customer: A, in_place: {S: ٣ kW}, term: 3 d}}",
         'demand.d.in_place.S: "٣ kW": is not a power; write it as 105 MW'),
        ("expect: [unserved_mw.mean.p90 < ٣]",
         'expect.0: "unserved_mw.mean.p90 < ٣": is not a valid expectation;'
         " write METRIC.STATISTIC < NUMBER, as unserved_mw.mean.p90 < 2000"),
    ],
)  # fmt: skip
def test_values_that_crashed_the_reader_or_were_taken_for_numbers(
    tmp_path: Path, line: str, said: str
) -> None:
    assert complaint_of(PLAIN + line + "\n", tmp_path) == f"wrong.yaml:5: {said}"


def test_a_name_that_is_too_long_for_a_file(tmp_path: Path) -> None:
    said = complaint_of(f"extends: {'x' * 5000}\n", tmp_path)
    assert said.startswith('wrong.yaml:1: extends: "xxx')
    assert "is not a file; looked for " in said
    assert len(said) < 500
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(f"scenario: {'x' * 5000}\ndesign: grid\nlevers: {{seed: [1]}}\n")
    with pytest.raises(ScenarioError, match="is not a file; looked for"):
        read_sweep(sweep)
    assert "is not a file" in complaint_of(trace("x" * 5000), tmp_path)


def test_files_that_extend_each_other_without_end(tmp_path: Path) -> None:
    for k in range(1200):
        (tmp_path / f"s{k}.yaml").write_text(f"extends: s{k + 1}.yaml\n")
    (tmp_path / "s1200.yaml").write_text(PLAIN)
    with pytest.raises(ScenarioError) as caught:
        read_scenario(tmp_path / "s0.yaml")
    assert str(caught.value).endswith(
        "is file 22 in a row of files that extend each other; extend no more than 20, one after the other"
    )
    # As many as that are read.
    read_scenario(tmp_path / f"s{1200 - MAX_EXTENDED_FILES}.yaml")


@pytest.mark.parametrize("kind", ["device", "pipe", "socket"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "endless"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    name = "/dev/zero" if kind == "device" else path.name
    assert complaint_of(trace(name), tmp_path) == (
        f'wrong.yaml:5: demand.d.arrivals.trace.file: "{name}": is not a file; looked for {name}'
    )
    with pytest.raises(ScenarioError, match="cannot be read: it is a device, a pipe or a socket"):
        read_scenario(tmp_path / name)


def test_a_file_that_is_larger_than_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(input_files.MAX_SCENARIO_BYTES + 1)
    with pytest.raises(
        ScenarioError, match="cannot be read: it holds more than 8 MiB, the most that is read"
    ):
        read_scenario(path)
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(input_files.MAX_TABLE_BYTES + 1)
    assert "cannot be read: it holds more than 1,024 MiB" in complaint_of(trace("large.csv"), tmp_path)
    law = "{empirical: {file: large.csv}}"
    said = complaint_of(
        f"{PLAIN}demand: {{d: {{customer: A, in_place: {{S: 1 kW}}, term: {law}}}}}\n", tmp_path
    )
    assert "cannot be read: it holds more than 64 MiB" in said


def test_a_small_packed_file_that_holds_too_much(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packed = gzip.compress(b"asked,size,term\n" + b"0,1,1\n" * 100_000)
    assert input_files.unpack_gzip(packed, 600_016) == b"asked,size,term\n" + b"0,1,1\n" * 100_000
    with pytest.raises(OSError, match="unpacked, it holds more than 1 MiB, the most that is read"):
        input_files.unpack_gzip(gzip.compress(bytes(2**20 + 1)), 2**20)
    # Several members, one after the other, count together.
    with pytest.raises(OSError, match="unpacked, it holds more than"):
        input_files.unpack_gzip(gzip.compress(bytes(2**19)) * 3, 2**20)
    (tmp_path / "bomb.csv").write_bytes(packed)
    monkeypatch.setattr("sim.scenario.file_content.MAX_TABLE_BYTES", 100_000)
    assert "cannot be read: unpacked, it holds more than 0 MiB" in complaint_of(trace("bomb.csv"), tmp_path)


def test_laws_and_tables_have_limits_of_their_own_unpacked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A small file packed by gzip was unpacked up to the limit of a trace."""
    (tmp_path / "bomb.csv").write_bytes(gzip.compress(b"name\n" + b"1\n" * 100_000))
    monkeypatch.setattr("sim.scenario.csv_columns.MAX_COLUMN_BYTES", 100_000)
    monkeypatch.setattr("sim.scenario.named_tables.MAX_NAMED_TABLE_BYTES", 100_000)
    for demand in (
        "in_place: {S: 1 kW}, term: {empirical: {file: bomb.csv}}",
        "term: 1 y, arrivals: {deals: {table: bomb.csv}}",
    ):
        said = complaint_of(f"{PLAIN}demand: {{d: {{customer: A, {demand}}}}}\n", tmp_path)
        assert "cannot be read: unpacked, it holds more than 0 MiB" in said


def test_numbers_of_a_trace_that_no_whole_number_of_64_bits_holds(tmp_path: Path) -> None:
    """They were a warning of NumPy's, and an error of Polars'."""
    rows = f"asked,size,term,priority\n0,{2**63},1,{2**63}\n{2**63},1,{2**63},1\n{10**400},1,1,1\n"
    (tmp_path / "large.csv").write_text(rows)
    path = tmp_path / "wrong.yaml"
    path.write_text(trace("large.csv").replace("term: term", "term: term, priority: priority"))
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    columns = {str(each).split("columns.")[1].split(":")[0] for each in caught.value.faults}
    assert columns == {"asked", "size", "term", "priority"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b"seed: 1\n", mtime=0), "compressed by gzip"),
        (b"BZh91AY&SY\xff\xff", "compressed by bzip2"),
        (b"\xfd7zXZ\x00\x00\x04\xe6", "compressed by xz"),
        ("seed: 1\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\xff\xfe", "a zip archive (or a workbook)"),
    ],
)
def test_a_scenario_that_is_another_kind_of_file_is_called_by_what_it_is(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(data)
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    assert str(caught.value) == f"{path}: is {words}; save it as text in UTF-8"


def test_a_name_is_the_same_however_its_accents_are_typed(tmp_path: Path) -> None:
    composed = SMALL.replace("West", "Wést")
    decomposed = unicodedata.normalize("NFD", composed)
    mixed = composed.replace("sites: [Wést]", unicodedata.normalize("NFD", "sites: [Wést]"))
    assert len({composed, decomposed, mixed}) == 3
    path = tmp_path / "a.yaml"
    read = []
    for text in (composed, decomposed, mixed):
        path.write_text(text)
        read.append(read_scenario(path))
    assert read[0] == read[1] == read[2]
    assert len({each.fingerprint() for each in read}) == 1
    dotted = unicodedata.normalize("NFD", "sites.Wést.online")
    assert read[0].replace({dotted: "1 GW"}).sites["Wést"].online.constant == 1_000_000
    name = unicodedata.normalize("NFD", "Wést")
    assert read[0].replace({"providers.Big.sites": [name]}).providers["Big"].sites == ("Wést",)
    said = complaint_of(f"{PLAIN}hardware: {{Wést: {{}}, {name}: {{}}}}\n", tmp_path)
    assert said == "wrong.yaml:5: Wést: stands twice, also in line 5; write it once"


@pytest.mark.parametrize(("stored", "written"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_a_file_is_found_however_its_accents_are_stored(tmp_path: Path, stored: str, written: str) -> None:
    name = "données.yaml"
    (tmp_path / unicodedata.normalize(stored, name)).write_text(PLAIN)  # type: ignore[arg-type]
    path = tmp_path / "a.yaml"
    path.write_text(f"extends: {unicodedata.normalize(written, name)}\n")  # type: ignore[arg-type]
    assert read_scenario(path).sites["S"].online.constant == 1000
