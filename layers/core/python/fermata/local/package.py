"""The code of functions and layers as the archives that Lambda takes.

Dependencies are left out: on this computer the functions run in the interpreter that started the stack, where they are
installed already. The archives hold Fermata's own code alone, with bytecode, and stay under a megabyte.
"""

from __future__ import annotations

import hashlib
import io
import py_compile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

DEPENDENCY_LAYERS = ("DependenciesLayer", "WorkerLayer", "OcrLayer")
_CORE = "layers/core"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def without_dependencies(template: dict[str, Any]) -> dict[str, Any]:
    """The template without the layers that hold others' code."""
    resources = {name: r for name, r in template["Resources"].items() if name not in DEPENDENCY_LAYERS}
    for name, resource in resources.items():
        layers = resource["Properties"].get("Layers")
        if layers is not None:
            kept = [layer for layer in layers if layer.get("Ref") not in DEPENDENCY_LAYERS]
            resources[name] = {**resource, "Properties": {**resource["Properties"], "Layers": kept}}
    return {**template, "Resources": resources}


def archive(root: Path, folder: str) -> bytes:
    """A folder of code, as named in the template, as a zip file; the same code gives the same bytes."""
    source = root / folder
    prefix = Path()
    if folder.rstrip("/") == _CORE:
        source, prefix = source / "python", Path("python")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(source.rglob("*")):
            name = prefix / path.relative_to(source)
            if path.is_file() and not _is_refuse(name):
                _add(target, name, path.read_bytes())
                if path.suffix == ".py":
                    _add(target, Path(name.parent, "__pycache__", _bytecode_name(path)), _bytecode(path, name))
    return buffer.getvalue()


def key_of(folder: str, content: bytes) -> str:
    """The archive's key in the bucket, new for new content, so that a deployment sees what changed."""
    return f"{folder.strip('/').replace('/', '-')}-{hashlib.sha256(content).hexdigest()[:20]}.zip"


def _is_refuse(name: Path) -> bool:
    return any(part == "__pycache__" or part.endswith(".egg-info") for part in name.parts)


def _add(target: zipfile.ZipFile, name: Path, content: bytes) -> None:
    target.writestr(zipfile.ZipInfo(name.as_posix(), _EPOCH), content, zipfile.ZIP_DEFLATED)


def _bytecode_name(path: Path) -> str:
    import importlib.util

    return Path(importlib.util.cache_from_source(str(path))).name


def _bytecode(path: Path, name: Path) -> bytes:
    """Bytecode that is trusted without a look at the source's time, which unpacking changes."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    with tempfile.NamedTemporaryFile(suffix=".pyc") as target:
        py_compile.compile(str(path), cfile=target.name, dfile=name.as_posix(), doraise=True, invalidation_mode=mode)
        return Path(target.name).read_bytes()
