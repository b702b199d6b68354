"""torch: the interpreter's half without its own tests, headers, test programs and compilers' code generators.

Sources go along where torch reads them back at run time (TorchScript, its configuration modules).
"""

from PyInstaller.compat import is_linux
from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_dynamic_libs, collect_submodules

# Found by import analysis where something needs a part of them; never collected whole.
_NOT_WHOLE = (
    "torch._inductor",
    "torch.contrib",
    "torch.onnx",
    "torch.test",
    "torch.testing._internal",
    "torch.utils.benchmark",
    "torch.utils.bottleneck",
    "torch.utils.tensorboard",
)
_TEST_LIBRARIES = (
    "libbackend_with_compiler",
    "libjitbackend_test",
    "libtorchbind_test",
    "libaoti_custom_ops",
)


def _whole(name: str) -> bool:
    return not any(name == part or name.startswith(part + ".") for part in _NOT_WHOLE)


hiddenimports = collect_submodules("torch", filter=_whole, on_error="ignore")
warn_on_missing_hiddenimports = False
binaries = [
    (source, folder)
    for source, folder in collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
    if not any(name in source for name in _TEST_LIBRARIES)
]
module_collection_mode = {
    "torch": "pyz+py",
    "torch._inductor": "pyz",
    "torch._inductor.config": "pyz+py",
    "torch.ao": "pyz",
    "torch.onnx": "pyz",
    "torch.testing": "pyz",
}
if is_linux:
    # torch finds its libraries beside itself; links at the top would be loaded a second time.
    bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
    from PyInstaller.utils.hooks import get_package_paths

    # import torch fails when this helper of shared memory is missing
    _home = get_package_paths("torch")[1]
    binaries.append((f"{_home}/bin/torch_shm_manager", "torch/bin"))
