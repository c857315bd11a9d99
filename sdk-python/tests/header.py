# SPDX-License-Identifier: MIT OR Apache-2.0
"""include/signalhub/signalhub.h as the C compiler and pycparser see it."""

from __future__ import annotations

import os
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

from pycparser import c_ast, c_parser

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "include" / "signalhub" / "signalhub.h"
CC = os.environ.get("CC", "cc")

# In place of the system's headers, which have more in them than C.
TYPEDEFS = """
typedef unsigned long size_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
"""


def preprocessed(*options: str) -> str:
    """Return what the preprocessor makes of the header, without the system's headers."""
    lines = HEADER.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#include"))
    return compiled("-E", "-P", "-U__GNUC__", *options, "-", source=text)


def compiled(*arguments: str, source: str) -> str:
    return subprocess.run(
        [CC, "-x", "c", *arguments], input=source, check=True, capture_output=True, text=True
    ).stdout


@lru_cache
def declarations() -> list[Any]:
    """Return what the header declares, as pycparser's nodes."""
    tree = c_parser.CParser().parse(TYPEDEFS + preprocessed())
    return [node for node in tree.ext if node.name.startswith("signalhub_")]


def functions() -> dict[str, Any]:
    """Return the type node of every function that the header declares."""
    return {
        node.name: node.type
        for node in declarations()
        if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl)
    }


def structs() -> dict[str, list[tuple[str, Any]]]:
    """Return name and type node of the fields of every struct that is not opaque."""
    return {
        node.name: [(field.name, field.type) for field in node.type.type.decls]
        for node in declarations()
        if isinstance(node, c_ast.Typedef)
        and isinstance(node.type.type, c_ast.Struct)
        and node.type.type.decls
    }


def opaque_types() -> set[str]:
    return {
        node.name
        for node in declarations()
        if isinstance(node, c_ast.Typedef)
        and isinstance(node.type.type, c_ast.Struct)
        and not node.type.type.decls
    }


def constants() -> dict[str, int]:
    """Return every number that the header names, by a macro or in an enum."""
    found = {}
    for line in preprocessed("-dM").splitlines():
        _, name, *value = line.split(maxsplit=2)
        digits = value[0].rstrip("ul") if value else ""
        if name.startswith("SIGNALHUB_") and digits.isdigit():
            found[name] = int(digits)
    for node in declarations():
        if isinstance(node, c_ast.Typedef) and isinstance(node.type.type, c_ast.Enum):
            for item in node.type.type.values.enumerators:
                found[item.name] = number(item.value)
    return found


def number(node: Any) -> int:
    if isinstance(node, c_ast.UnaryOp):
        assert node.op == "-"
        return -number(node.expr)
    return int(node.value)
