"""Golden values: the networks of Graves (2013) once more, in PyTorch and float64, from the equations alone.

It shares nothing with the library: own LSTM with peepholes, soft window, mixture density and optimisers, one
sequence at a time and without padding; the derivatives are PyTorch's, clipped at every step by `Clip`.
Run it with `python3 tests/reference/golden.py`; it writes golden.jsonl beside itself (see README.md there).
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


class Clip(torch.autograd.Function):
    """The identity whose derivative is clipped to [-limit, limit] (Section 2.1)."""

    @staticmethod
    def forward(context, x, limit):
        context.limit = limit
        return x.clone()

    @staticmethod
    def backward(context, derivative):
        return derivative.clamp(-context.limit, context.limit), None


def clip(x, limit):
    return x if limit is None else Clip.apply(x, limit)


# The network, for one sequence.


def lstm_step(w, n, pre_activations, c, limit):
    """Eqs. 7-11; `pre_activations` [4H] is all that enters but the peepholes, in blocks i, f, z, o."""
    a_i, a_f, a_z, a_o = pre_activations.chunk(4)
    W_ci, W_cf, W_co = w[f"W_ch{n}"]
    i = torch.sigmoid(clip(a_i + W_ci * c, limit))  # Eq. 7
    f = torch.sigmoid(clip(a_f + W_cf * c, limit))  # Eq. 8
    c = f * c + i * torch.tanh(clip(a_z, limit))  # Eq. 9
    o = torch.sigmoid(clip(a_o + W_co * c, limit))  # Eq. 10
    return o * torch.tanh(c), c  # Eq. 11


def soft_window(w, h, kappa, characters, alphabet):
    """Eqs. 46-51: the window vector and the new kappa."""
    alpha_hat, beta_hat, kappa_hat = (h @ w["W_h1p"] + w["b_p"]).chunk(3)  # Eq. 48
    alpha, beta, kappa = alpha_hat.exp(), beta_hat.exp(), kappa + kappa_hat.exp()  # Eqs. 49-51
    window = torch.zeros(alphabet)
    for u, character in enumerate(characters, start=1):
        phi = (alpha * torch.exp(-beta * (kappa - u) ** 2)).sum()  # Eq. 46
        one_hot = torch.zeros(alphabet)
        if 0 <= character < alphabet:
            one_hot[character] = 1
        window = window + phi * one_hot  # Eq. 47
    return window, kappa


def outputs_of(w, config, inputs, characters, state):
    """Eqs. 1-3, 17, 48, 52, 53: the outputs y-hat, one row a step, and the state after the last."""
    N, H, limit = config["layers"], config["cells"], config["clip"]["lstm"]
    if state is None:
        state = [(torch.zeros(H), torch.zeros(H)) for _ in range(N)]
    window_config = config.get("window")
    if window_config:
        window, kappa = torch.zeros(window_config["alphabet"]), torch.zeros(window_config["components"])
    rows = []
    for x in inputs:
        below = None
        for n in range(1, N + 1):
            h, c = state[n - 1]
            a = x @ w[f"W_ih{n}"] + h @ w[f"W_h{n}h{n}"] + w[f"b_h{n}"]  # Eq. 1
            if n > 1:
                a = a + below @ w[f"W_h{n - 1}h{n}"]  # Eq. 2
            if window_config:  # the first layer sees w_{t-1}, the others w_t
                a = a + window @ w[f"W_wh{n}"]  # Eqs. 52, 53
            below, c = lstm_step(w, n, a, c, limit)
            state = state[: n - 1] + [(below, c)] + state[n:]
            if n == 1 and window_config:
                window, kappa = soft_window(w, below, kappa, characters, window_config["alphabet"])
        rows.append(w["b_y"] + sum(h @ w[f"W_h{n}y"] for n, (h, _) in enumerate(state, start=1)))  # Eqs. 3, 17
    return torch.stack(rows), state


def mixture_loss(y_hat, point):
    """Eqs. 18-26 as they stand, and the squared error of the mixture's mean."""
    M = (len(y_hat) - 1) // 6
    e = 1 / (1 + torch.exp(y_hat[0]))  # Eq. 18
    pi_hat, mu1, mu2, sigma1_hat, sigma2_hat, rho_hat = y_hat[1:].split(M)  # Eqs. 16, 20
    pi, rho = torch.softmax(pi_hat, 0), torch.tanh(rho_hat)  # Eqs. 19, 22
    sigma1, sigma2 = sigma1_hat.exp(), sigma2_hat.exp()  # Eq. 21
    d1, d2 = (point[0] - mu1) / sigma1, (point[1] - mu2) / sigma2
    Z = d1**2 + d2**2 - 2 * rho * d1 * d2  # Eq. 25
    N = torch.exp(-Z / (2 * (1 - rho**2))) / (2 * math.pi * sigma1 * sigma2 * torch.sqrt(1 - rho**2))  # Eq. 24
    loss = -torch.log((pi * N).sum()) - torch.log(e if point[2] == 1 else 1 - e)  # Eqs. 23, 26
    return loss, ((point[0] - pi @ mu1) ** 2 + (point[1] - pi @ mu2) ** 2).item()


def softmax_loss(y_hat, symbol):
    """Eqs. 12-13, and whether the guess is wrong."""
    return -torch.log(torch.softmax(y_hat, 0)[symbol]), float(y_hat.argmax() != symbol)  # Eqs. 12, 13


def sequence_loss(w, config, sequence, state=None):
    """Loss in nats, summed errors (wrong symbols or squared distances), and the state after the last step."""
    inputs = torch.as_tensor(sequence["inputs"])
    y_hat, state = outputs_of(w, config, inputs, sequence.get("characters"), state)
    y_hat = clip(y_hat, config["clip"]["outputs"])
    one = softmax_loss if config["domain"]["kind"] == "symbols" else mixture_loss  # Eq. 4
    losses, errors = zip(*(one(y, target) for y, target in zip(y_hat, sequence["targets"])))
    return sum(losses), sum(errors), [(h.detach(), c.detach()) for h, c in state]  # Eqs. 5, 6, 54, 55


def evaluate(weights, config, sequences, before=None):
    """Each sequence's loss and errors, and the gradient of the losses' sum."""
    w = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    states = [sequence_loss(w, config, s)[2] for s in before] if before else [None] * len(sequences)
    losses, errors, _ = zip(*(sequence_loss(w, config, s, state) for s, state in zip(sequences, states)))
    sum(losses).backward()  # Eqs. 14, 27-37, 56-60, by PyTorch's own differentiation
    gradients = {name: value.grad.numpy() for name, value in w.items()}
    return {"losses": [x.item() for x in losses], "errors": list(errors), "gradients": gradients}


# Two updates by one and the same gradient, so that what an optimiser remembers takes part.


def sgd(w, gradient, rate, momentum, scale):
    velocity = 0
    for _ in range(2):
        velocity = momentum * velocity - rate * scale * gradient
        w = w + velocity
    return w


def rmsprop(w, gradient, aleph, beth, gimel, daleth, scale):
    """Eqs. 38-45."""
    n = g = delta = 0
    for _ in range(2):
        epsilon = scale * gradient
        n = aleph * n + (1 - aleph) * epsilon**2  # Eq. 38
        g = aleph * g + (1 - aleph) * epsilon  # Eq. 39
        delta = beth * delta - gimel * epsilon / np.sqrt(n - g**2 + daleth)  # Eq. 40
        w = w + delta  # Eq. 41
    return w


def adam(w, gradient, rate, beta1, beta2, epsilon, scale):
    """Kingma & Ba (2015), Algorithm 1."""
    m = v = 0
    for t in (1, 2):
        m = beta1 * m + (1 - beta1) * scale * gradient
        v = beta2 * v + (1 - beta2) * (scale * gradient) ** 2
        w = w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w


# The rates are larger than the paper's, to tell a wrong update from none; epsilon is larger than usual, since a small one
# turns the rounding of a gradient near 0 into a full step.
optimisers = {
    "sgd": (sgd, {"rate": 0.02, "momentum": 0.9}),
    "rmsprop": (rmsprop, {"aleph": 0.95, "beth": 0.9, "gimel": 0.01, "daleth": 0.0001}),  # Eqs. 42-45
    "adam": (adam, {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-3}),
}


# Adaptive weight noise (Graves 2011).


def pcg4d(a, b, c, d):
    """Jarzynski & Olano (2020), on words of 32 bits."""
    word = lambda x: x & 0xFFFFFFFF
    a, b, c, d = (word(x * 1664525 + 1013904223) for x in (a, b, c, d))
    for last in (False, True):
        a = word(a + b * d)
        b = word(b + c * a)
        c = word(c + a * b)
        d = word(d + b * c)
        if not last:
            a, b, c, d = (x ^ (x >> 16) for x in (a, b, c, d))
    return a, b, c, d


def gaussian_noise(seed, stream, size):
    """The library's noise by counter (lib/random.ts), rounded to float32 as there."""
    noise = []
    for counter in range((size + 3) // 4):
        words = pcg4d(counter, seed, stream, 0x6E6F6973)
        for u, v in (words[:2], words[2:]):
            radius, angle = math.sqrt(-2 * math.log((u + 1) / 2**32)), 2 * math.pi * v / 2**32
            noise += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(noise[:size], np.float32).astype(np.float64)


def adaptive_noise(means, config, sequences, random):
    seed, count, scale = 7, 50, 1 / len(sequences)
    log_variances = {name: exact(random.uniform(-6, -3, mean.shape)) for name, mean in means.items()}
    variances = {name: np.exp(value) for name, value in log_variances.items()}
    everything = lambda arrays: np.concatenate([a.ravel() for a in arrays.values()])
    prior_mean = everything(means).mean()
    prior_variance = (everything(variances) + (everything(means) - prior_mean) ** 2).mean()
    noisy = {}
    for stream, (name, mean) in enumerate(means.items()):
        noise = gaussian_noise(seed, stream, mean.size).reshape(mean.shape)
        noisy[name] = mean + np.sqrt(variances[name]) * noise
    result = evaluate(noisy, config, sequences)
    d_means, d_log_variances = {}, {}
    for name, mean in means.items():
        g, variance = scale * result["gradients"][name], variances[name]
        d_means[name] = g + (mean - prior_mean) / (count * prior_variance)
        # B times the square of a batch's mean gradient has the expectation of one sequence's square.
        d_variance = len(sequences) * g**2 / 2 + (1 / prior_variance - 1 / variance) / (2 * count)
        d_log_variances[name] = variance * d_variance
    return {
        "seed": seed,
        "options": {"priorMean": prior_mean, "priorVariance": prior_variance, "sequences": count, "scale": scale},
        "sums": {
            "mean": everything(means).sum(),
            "meanSquare": (everything(means) ** 2).sum(),
            "variance": everything(variances).sum(),
            "logVariance": everything(log_variances).sum(),
        },
        "logVariances": log_variances,
        "noisyWeights": noisy,
        "losses": result["losses"],
        "dMeans": d_means,
        "dLogVariances": d_log_variances,
    }


# Made-up networks and data, small and exact in float32.


def exact(values):
    """Rounded to multiples of 1/256."""
    return np.round(np.asarray(values) * 256) / 256


def make_weights(config, random):
    H, N, window = config["cells"], config["layers"], config.get("window")
    pen = config["domain"]["kind"] == "pen"
    inputs = 3 if pen else config["domain"]["classes"]
    outputs = 6 * config["domain"]["components"] + 1 if pen else inputs
    shapes = {}
    for n in range(1, N + 1):
        shapes[f"W_ih{n}"] = (inputs, 4 * H)
        if n > 1:
            shapes[f"W_h{n - 1}h{n}"] = (H, 4 * H)
        if window:
            shapes[f"W_wh{n}"] = (window["alphabet"], 4 * H)
        shapes[f"W_h{n}h{n}"] = (H, 4 * H)
        shapes[f"W_ch{n}"] = (3, H)
        shapes[f"b_h{n}"] = (4 * H,)
        if n == 1 and window:
            shapes["W_h1p"] = (H, 3 * window["components"])
            shapes["b_p"] = (3 * window["components"],)
    for n in range(1, N + 1):
        shapes[f"W_h{n}y"] = (H, outputs)
    shapes["b_y"] = (outputs,)
    return {name: exact(0.5 * random.standard_normal(shape)) for name, shape in shapes.items()}


def pen_sequence(random, steps, text=None):
    points = exact(np.column_stack([random.standard_normal((steps, 2)), np.zeros(steps)]))
    points[:, 2] = random.uniform(size=steps) < 0.3  # Eq. 15
    sequence = {"inputs": np.vstack([np.zeros(3), points[:-1]]), "targets": points}
    return sequence if text is None else {**sequence, "characters": text}


def symbol_sequence(random, steps, classes, start=-1):
    """`start`: the symbol before the first; -1 stands for the null vector."""
    symbols = [start, *(int(k) for k in random.integers(classes, size=steps))]
    inputs = [np.eye(classes)[k] if k >= 0 else np.zeros(classes) for k in symbols[:-1]]
    return {"symbols": symbols, "inputs": np.array(inputs), "targets": symbols[1:]}


def pen_batch(sequences):
    """As `PenBatch` in lib/data/batch.ts: time-major, padded with zeros."""
    lengths = [len(s["targets"]) for s in sequences]
    T, B = max(lengths), len(sequences)
    inputs, targets, mask = np.zeros((T, B, 3)), np.zeros((T, B, 3)), np.zeros((T, B), int)
    for b, s in enumerate(sequences):
        inputs[: lengths[b], b], targets[: lengths[b], b], mask[: lengths[b], b] = s["inputs"], s["targets"], 1
    batch = {"kind": "pen", "steps": T, "size": B, "inputs": inputs, "targets": targets, "mask": mask}
    batch |= {"lengths": lengths, "ids": [f"line {b}" for b in range(B)]}
    if "characters" in sequences[0]:
        texts = [s["characters"] for s in sequences]
        U = max(map(len, texts))
        batch |= {"characters": [k for t in texts for k in t + [-1] * (U - len(t))]}
        batch |= {"textLengths": [len(t) for t in texts]}
    return batch


def symbol_batch(sequences, starts_fresh):
    """As `SymbolBatch` in lib/data/batch.ts: time-major, padded with -1."""
    lengths = [len(s["targets"]) for s in sequences]
    T, B = max(lengths), len(sequences)
    inputs, targets = np.full((T, B), -1), np.full((T, B), -1)
    for b, s in enumerate(sequences):
        inputs[: lengths[b], b], targets[: lengths[b], b] = s["symbols"][:-1], s["targets"]
    return {
        "kind": "symbols", "steps": T, "size": B, "inputs": inputs, "targets": targets, "startsFresh": starts_fresh,
    }  # fmt: skip


def case(name, config, sequences, random, before=None, with_updates=True, with_noise=False):
    batch_of = lambda s, fresh=True: pen_batch(s) if config["domain"]["kind"] == "pen" else symbol_batch(s, fresh)
    weights = make_weights(config, random)
    result = evaluate(weights, config, sequences, before)
    golden = {"name": name, "config": config, "weights": weights, "batch": batch_of(sequences, before is None)}
    if before:
        golden["before"] = batch_of(before)
    golden |= result
    if with_updates:
        golden["updates"] = {}
        for key, (update, options) in optimisers.items():
            options = {**options, "scale": 1 / len(sequences)}
            updated = {n: update(w, result["gradients"][n], **options) for n, w in weights.items()}
            golden["updates"][key] = {"options": options, "weights": updated}
    if with_noise:
        golden["adaptiveNoise"] = adaptive_noise(weights, config, sequences, random)
    return golden


def cases():
    text_clip, pen_clip = {"lstm": 1, "outputs": None}, {"lstm": 10, "outputs": 100}
    symbols, pen = {"kind": "symbols", "classes": 6}, {"kind": "pen", "components": 2}
    window = {"alphabet": 5, "components": 2}

    random = np.random.default_rng(1)
    config = {"domain": symbols, "layers": 1, "cells": 4, "clip": text_clip}
    before = [symbol_sequence(random, 4, 6), symbol_sequence(random, 4, 6)]
    after = [symbol_sequence(random, 4, 6, start=s["symbols"][-1]) for s in before]
    yield case("text, 1 layer, state carried over", config, after, random, before=before)

    config = {**config, "layers": 3}
    ragged = [symbol_sequence(random, steps, 6) for steps in (5, 2, 7)]
    yield case("text, 3 layers, ragged", config, ragged, random, with_noise=True)

    config = {"domain": pen, "layers": 1, "cells": 4, "clip": pen_clip}
    yield case("prediction, 1 layer, ragged", config, [pen_sequence(random, t) for t in (3, 6)], random)
    config = {**config, "layers": 3}
    yield case("prediction, 3 layers, ragged", config, [pen_sequence(random, t) for t in (7, 1, 4)], random)

    # 5 is not in the alphabet: it takes a place in the text and adds nothing to the window.
    texts = [[0, 3, 1], [4, 4, 5, 2, 1], [2]]
    lines = [pen_sequence(random, t, text) for t, text in zip((6, 4, 2), texts)]
    config = {**config, "layers": 1, "window": window}
    yield case("synthesis, 1 layer, ragged", config, lines, random)
    config = {**config, "layers": 3}
    yield case("synthesis, 3 layers, ragged", config, lines, random, with_noise=True)

    # The same network and lines twice, with limits that most derivatives exceed and with none.
    for name, limits in (("clipped", {"lstm": 0.0625, "outputs": 0.5}), ("not clipped", {"lstm": None, "outputs": None})):
        config = {**config, "clip": limits}
        same = np.random.default_rng(2)
        yield case(f"synthesis, 3 layers, {name}", config, lines, same, with_updates=False)


class Encoder(json.JSONEncoder):
    def default(self, o):
        return o.tolist() if isinstance(o, (np.ndarray, np.generic)) else super().default(o)


def flat(value):
    """Arrays become flat, row-major lists; numbers keep 13 digits."""
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return flat(value.ravel().tolist())
    if isinstance(value, (list, tuple)):
        return [flat(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return int(value) if value == int(value) else float(f"{value:.13g}")
    return value


if __name__ == "__main__":
    path = Path(__file__).parent / "golden.jsonl"
    lines = [json.dumps(flat(golden)) for golden in cases()]
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(lines)} cases, {path.stat().st_size} bytes")
