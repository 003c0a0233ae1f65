"""Bits per character, perplexity and error of a text network (Section 3.1), computed a second time.

It shares nothing with the library: it reads the safetensors file and the text itself, steps the network of Section 2
symbol by symbol in NumPy and float64, and counts as the paper says. See README.md here.
"""

import argparse
import json
from pathlib import Path

import numpy as np


def read_safetensors(path):
    """Tensors in float64, those of `.part2` and so on too, and the metadata: 8 bytes of length, a JSON header, the
    numbers."""
    data = Path(path).read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    metadata = header.pop("__metadata__")
    kinds = {"F16": np.float16, "F32": np.float32, "F64": np.float64}
    tensors = {}
    for name, entry in header.items():
        first, last = (end + offset for offset in entry["data_offsets"])
        numbers = np.frombuffer(data[first:last], kinds[entry["dtype"]])
        tensors[name] = numbers.reshape(entry["shape"]).astype(np.float64)
    for k in range(len(json.loads(metadata.get("parts", "[]")))):
        part = str(path).replace(".safetensors", f".part{k + 2}.safetensors")
        tensors |= read_safetensors(part)[0]
    return tensors, metadata


def read_treebank(path, level):
    """The symbols of a text in Mikolov's preparation, its characters, and its words without the ends of sentences."""
    sentences = [line.split() for line in Path(path).read_text().split("\n") if line.strip()]
    words = sum(len(sentence) for sentence in sentences)
    characters = sum(len(word) + 1 for sentence in sentences for word in sentence)
    if level == "word":
        return [symbol for sentence in sentences for symbol in [*sentence, "\n"]], characters, words
    spelled = (" ".join("n" if word == "N" else word for word in sentence) + "\n" for sentence in sentences)
    return list("".join(spelled)), characters, words


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(w, layers, x, state):
    """Eqs. 1-11 for one symbol (-1: the null vector) of each stream: y-hat; `state` is changed."""
    below, y_hat = None, w["b_y"]
    present = (x >= 0)[:, None]
    for n in range(1, layers + 1):
        h, c = state[n - 1]
        a = h @ w[f"W_h{n}h{n}"] + w[f"b_h{n}"] + present * w[f"W_ih{n}"][x]
        if n > 1:
            a = a + below @ w[f"W_h{n - 1}h{n}"]
        a_i, a_f, a_z, a_o = np.split(a, 4, axis=1)
        W_ci, W_cf, W_co = w[f"W_ch{n}"]
        i, f = sigmoid(a_i + W_ci * c), sigmoid(a_f + W_cf * c)
        c = f * c + i * np.tanh(a_z)
        below = sigmoid(a_o + W_co * c) * np.tanh(c)
        state[n - 1] = below, c
        y_hat = y_hat + below @ w[f"W_h{n}y"]
    return y_hat


def score(weights, text, limit=None, streams=16):
    """`streams`: so many equal parts are read side by side, each from a state of zeros."""
    w, metadata = read_safetensors(weights)
    alphabet = json.loads(metadata["alphabet"])
    if "provenance" in metadata:
        provenance = json.loads(metadata["provenance"])
        config, level = provenance["network"], provenance["data"]["alphabet"]
    else:  # an older file
        config, level = json.loads(metadata["network"]), metadata["alphabetName"]
    symbols, all_characters, words = read_treebank(text, level)
    characters_per_word = all_characters / words
    index = {symbol: k for k, symbol in enumerate(alphabet)}
    ids = np.array([index[s] if s in index else index["<unk>"] for s in symbols[:limit]])
    length = -(-len(ids) // streams)
    state = [(np.zeros((streams, config["cells"])),) * 2 for _ in range(config["layers"])]
    nats = errors = 0
    for t in range(length):
        at = t + length * np.arange(streams)
        real = at < len(ids)
        before = np.where(real & (at > 0), ids[np.clip(at - 1, 0, len(ids) - 1)], -1)
        y_hat = step(w, config["layers"], before, state)[real]
        target = ids[at[real]]
        largest = y_hat.max(axis=1)
        log_sum = largest + np.log(np.exp(y_hat - largest[:, None]).sum(axis=1))
        nats += (log_sum - y_hat[np.arange(len(target)), target]).sum()
        errors += (y_hat.argmax(axis=1) != target).sum()
    bits = nats / np.log(2)
    if level == "word":
        characters = sum(len(alphabet[k]) + 1 for k in ids if alphabet[k] != "\n")
        results = {"bitsPerCharacter": bits / characters, "perplexity": 2 ** (bits / len(ids))}
    else:
        per_character = bits / len(ids)
        results = {"bitsPerCharacter": per_character, "perplexity": 2 ** (characters_per_word * per_character)}
    return {**results, "error": 100 * errors / len(ids)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", help="a safetensors file of `char` or `word`")
    parser.add_argument("text", help="ptb.test.txt, or another text in its format")
    parser.add_argument("--limit", type=int, help="only so many symbols")
    parser.add_argument("--streams", type=int, default=16, help="parts side by side; as `deno task evaluate` has it")
    options = parser.parse_args()
    print(json.dumps(score(options.weights, options.text, options.limit, options.streams), indent=2))
