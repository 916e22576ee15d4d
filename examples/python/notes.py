"""Maps a file with the bindings that componentize-py makes of the WIT, puts its
first line in capitals, and tries to map a file that was not granted."""

import sys

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.mapping import (
    Access,
    ErrorCode,
    FlushMode,
    MapFlags,
    MapOptions,
    Mapping,
    file_map,
)


def map_whole(path: str) -> Mapping:
    options = MapOptions(Access.READ_WRITE, MapFlags(0), offset=0, length=None)
    return file_map(path, options)


def name(error: Err[ErrorCode]) -> str:
    return error.value.name.lower().replace("_", "-")


def shout(path: str) -> None:
    with map_whole(path) as mapping:
        line = mapping.read(0, mapping.size()).partition(b"\n")[0]
        print(f"{mapping.size()} bytes, which start with {line.decode()}")
        mapping.write(0, line.upper())
        mapping.flush(None, FlushMode.SYNCHRONOUS)
        print(f"written to the disk: {line.upper().decode()}")


class Run(exports.Run):
    def run(self) -> None:
        if len(sys.argv) != 2:
            sys.exit("usage: notes FILE")
        path = sys.argv[1]
        try:
            shout(path)
        except Err as error:
            sys.exit(f"notes: {path}: {name(error)}")
        try:
            map_whole("/etc/passwd")
        except Err as error:
            print(f"/etc/passwd: {name(error)}")
