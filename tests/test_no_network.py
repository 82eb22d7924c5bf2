"""Nothing that is read makes fairaudit use the network: watched by the kernel, and in a sandbox without one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

URL = "http://127.0.0.1:9/outlines"
LAYER = f"<OGRVRTLayer name='a'><SrcDataSource>/vsicurl/{URL}</SrcDataSource></OGRVRTLayer>"
#: Files that other programs open elsewhere.
ELSEWHERE = {
    "a.vrt": f"<OGRVRTDataSource>{LAYER}</OGRVRTDataSource>",
    "vrt.geojson": f'{{"name": "<OGRVRTDataSource>{LAYER}</OGRVRTDataSource>"}}',
    "wfs.xml": f"<OGRWFSDataSource><URL>{URL}</URL></OGRWFSDataSource>",
    "a.kml": f'<!DOCTYPE kml [<!ENTITY a SYSTEM "{URL}">]><kml><Document>&a;</Document></kml>',
    "a.gdalg.json": f'{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read /vsicurl/{URL}"}}',
    "link.geojson": f'{{"type": "FeatureCollection", "crs": {{"type": "link", "properties": {{"href": "{URL}"}}}},'
    '"features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
}
#: Everything may be asked for by the environment too.
ENVIRONMENT = {
    "PROJ_NETWORK": "ON",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "CPL_CURL_VERBOSE": "YES",
    "OPENBLAS_NUM_THREADS": "1",
}
OPENS = """
import sys
from fairaudit import read_census, read_embeddings, read_log
from fairaudit.core.errors import FairauditError
from fairaudit.report.charts.boundaries import read_boundaries

for path in sys.argv[1:]:
    for read in (read_boundaries, read_census, read_embeddings, read_log):
        try:
            read(path)
        except FairauditError:
            continue
        raise SystemExit(f"{path} was read")
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> list[str]:
    for name, content in ELSEWHERE.items():
        (tmp_path / name).write_text(content, "utf-8")
    paths = [str(tmp_path / name) for name in ELSEWHERE]
    return [*paths, URL, f"/vsicurl/{URL}", f"/vsizip/vsicurl/{URL}.zip", f"GeoJSON:{URL}", ELSEWHERE["a.vrt"]]


@pytest.fixture
def audits(small_files: dict[str, Path], tmp_path: Path) -> list[str]:
    """An audit that reads every kind of file."""
    tables = [
        word for table in ("census", "embeddings", "boundaries") for word in (f"--{table}", str(small_files[table]))
    ]
    command = ["-m", "fairaudit", "audit", str(small_files["log"]), *tables, "--permutations", "19"]
    return [*command, "-o", str(tmp_path / "audit")]


def ran(before: list[str], arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **ENVIRONMENT}
    return subprocess.run(
        [*before, sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False, timeout=300
    )


@pytest.mark.slow
@pytest.mark.parametrize("what", ["audits", "elsewhere"])
def test_the_kernel_sees_no_connection(what, request, tmp_path):
    trace = tmp_path / "trace"
    strace = shutil.which("strace")
    before = [str(strace), "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(trace)]
    if strace is None or ran(before, ["-c", "pass"]).returncode:
        pytest.skip("strace cannot be used here")
    given = request.getfixturevalue(what)
    done = ran(before, given if what == "audits" else ["-c", OPENS, *given])
    assert done.returncode in (0, 4), done.stderr
    calls = trace.read_text("utf-8").splitlines()
    assert [call for call in calls if re.search(r"\b(connect|sendto|sendmsg|bind)\(|AF_INET", call)] == []


@pytest.mark.slow
@pytest.mark.parametrize("what", ["audits", "elsewhere"])
def test_everything_works_without_a_network(what, request):
    before = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or ran(before, ["-c", "pass"]).returncode:
        pytest.skip("a sandbox without network cannot be made here")
    given = request.getfixturevalue(what)
    done = ran(before, given if what == "audits" else ["-c", OPENS, *given])
    assert done.returncode in (0, 4), done.stderr
