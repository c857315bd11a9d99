# SPDX-License-Identifier: MIT OR Apache-2.0
"""_bindings.py says the same as include/signalhub/signalhub.h."""

from __future__ import annotations

import ctypes
import subprocess
from ctypes import POINTER, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

import header
import pytest
from pycparser import c_ast

import signalhub
from signalhub import _bindings

STRUCTS = {
    "signalhub_options_t": _bindings.Options,
    "signalhub_view_t": _bindings.View,
    "signalhub_receiver_options_t": _bindings.ReceiverOptions,
    "signalhub_receiver_stats_t": _bindings.ReceiverStats,
    "signalhub_stats_t": _bindings.Stats,
}
NUMBERS = {
    "int": c_int,
    "int64_t": c_int64,
    "size_t": c_size_t,
    "uint32_t": c_uint32,
    "uint64_t": c_uint64,
    "signalhub_status_t": c_int,
    "signalhub_free_fn_t": c_void_p,
    "signalhub_message_fn_t": c_void_p,
}
TYPES = {**NUMBERS, **STRUCTS}


def test_functions_are_the_header_s() -> None:
    declared = {
        name: (result(node.type), [argument(parameter.type) for parameter in parameters(node)])
        for name, node in header.functions().items()
    }
    assert declared == _bindings.FUNCTIONS


def test_constants_are_the_header_s() -> None:
    ours = {name: value for name, value in vars(_bindings).items() if name.startswith("SIGNALHUB_")}
    assert ours == header.constants()


def test_struct_fields_are_the_header_s() -> None:
    assert {name: struct._fields_ for name, struct in STRUCTS.items()} == {
        name: [(field, argument(node)) for field, node in fields]
        for name, fields in header.structs().items()
    }


def test_structs_lie_in_memory_as_the_c_compiler_lays_them(tmp_path: Path) -> None:
    measures = {}
    for name, struct in STRUCTS.items():
        measures[f"sizeof({name})"] = ctypes.sizeof(struct)
        measures[f"_Alignof({name})"] = ctypes.alignment(struct)
        for field, *_ in struct._fields_:
            measures[f"offsetof({name}, {field})"] = getattr(struct, field).offset
    lines = "".join(f'    printf("%zu\\n", {measure});\n' for measure in measures)
    source = f'#include <stdio.h>\n#include "{header.HEADER}"\nint main(void)\n{{\n{lines}}}\n'
    program = tmp_path / "layout"
    header.compiled("-std=c11", "-o", str(program), "-", source=source)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert dict(zip(measures, map(int, printed.split()))) == measures


def test_the_package_has_the_version_of_the_header_and_of_the_library() -> None:
    versions = [
        header.constants()[f"SIGNALHUB_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH")
    ]
    assert signalhub.__version__ == ".".join(map(str, versions)) == signalhub.native_version()


def test_a_changed_signature_would_be_noticed() -> None:
    node = header.functions()["signalhub_receiver_recv_timeout"]
    timeout = parameters(node)[2]
    assert (timeout.name, argument(timeout.type)) == ("timeout_ns", c_int64)
    with pytest.raises(KeyError):
        argument(c_ast.TypeDecl("x", [], None, c_ast.IdentifierType(["float"])))


def parameters(function: Any) -> list[Any]:
    nodes = function.args.params
    return [] if is_void(nodes[0].type) else nodes


def result(node: Any) -> Any:
    """Return the ctypes type for what a function returns: a pointer is a static text."""
    return c_char_p if isinstance(node, c_ast.PtrDecl) else argument(node)


def argument(node: Any) -> Any:
    """Return the ctypes type for a type in C: handles, data and texts are addresses."""
    if isinstance(node, c_ast.ArrayDecl):
        assert node.type.type.names == ["char"]
        return c_char * header.number(node.dim)
    if not isinstance(node, c_ast.PtrDecl):
        return TYPES[node.type.names[0]]
    to = node.type
    if isinstance(to, c_ast.PtrDecl):
        assert argument(to) is c_void_p
        return POINTER(c_void_p)
    name = to.type.names[0]
    if is_void(to) or name == "char" or name in header.opaque_types():
        return c_void_p
    return POINTER(TYPES[name])


def is_void(node: Any) -> bool:
    return isinstance(node, c_ast.TypeDecl) and node.type.names == ["void"]
