"""The far end of process.ts' line for peers in Python: commands and answers are lines of JSON."""

import json
import math
import sys


def read_tensors(path, make):
    """The tensors and metadata of a safetensors file of float32; `make(content, count, offset, shape)` makes a tensor."""
    content = bytearray(open(path, "rb").read())
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        shape = entry["shape"]
        tensors[name] = make(content, math.prod(shape), start + entry["data_offsets"][0], shape)
    return tensors, metadata


def peak_memory():
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def say(value):
    print(json.dumps(value), flush=True)


def serve(description, **handlers):
    """Answers commands until there are no more: each by the handler that its `do` names, given its other values."""
    say({"ready": description})
    for line in sys.stdin:
        try:
            command = json.loads(line)
            say(handlers[command.pop("do")](**command))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
