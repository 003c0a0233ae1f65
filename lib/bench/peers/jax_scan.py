"""The synthesis network in JAX, for the bench: `jax_scan.py <threads>`. Everything that can be is one product for the
whole sequence, the rest a `lax.scan` over time; loss, gradient and update are compiled together. It does not clip
derivatives, which makes it easier. Commands and answers are lines of JSON (process.ts).
"""

import json
import math
import os
import sys
import time

if hasattr(os, "sched_setaffinity"):  # XLA starts as many threads as it may use cores.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
from jax import numpy as jnp
from jax.nn import log_softmax, one_hot, sigmoid, softplus
from jax.scipy.special import logsumexp

from protocol import peak_memory, read_tensors, serve


def tensor(content, count, offset, shape):
    return jnp.asarray(np.frombuffer(content, np.float32, count, offset).reshape(shape))


def mixture_loss(y_hat, targets):
    """Eqs. 18-26, in logarithms, summed; y_hat [T, B, 6M + 1], targets [T, B, 3]."""
    e_hat = y_hat[..., :1]
    pi_hat, mu1, mu2, sigma1, sigma2, rho_hat = jnp.split(y_hat[..., 1:], 6, -1)
    x1, x2, end = jnp.split(targets, 3, -1)
    rho = jnp.tanh(rho_hat)
    d1, d2, rest = (x1 - mu1) * jnp.exp(-sigma1), (x2 - mu2) * jnp.exp(-sigma2), 1 - rho**2
    Z = d1**2 + d2**2 - 2 * rho * d1 * d2
    log_N = -Z / (2 * rest) - math.log(2 * math.pi) - sigma1 - sigma2 - jnp.log(rest) / 2
    log_density = logsumexp(log_softmax(pi_hat, -1) + log_N, -1)
    return softplus(jnp.where(end > 0, e_hat, -e_hat)).sum() - log_density.sum()


def lstm_step(a, c, peepholes):
    """Eqs. 7-11; a [B, 4H] in blocks i, f, z, o."""
    i, f, z, o = jnp.split(a, 4, 1)
    W_ci, W_cf, W_co = peepholes
    c = sigmoid(f + W_cf * c) * c + sigmoid(i + W_ci * c) * jnp.tanh(z)
    return sigmoid(o + W_co * c) * jnp.tanh(c), c


def layer(W, n, a):
    def step(state, a_t):
        h, c = lstm_step(a_t + state[0] @ W[f"W_h{n}h{n}"], state[1], W[f"W_ch{n}"])
        return (h, c), h

    zeros = jnp.zeros((a.shape[1], a.shape[2] // 4))
    return jax.lax.scan(step, (zeros, zeros), a)[1]


def window_layer(W, a, letters):
    """Eqs. 46-52; letters [B, U, A]: the texts, one-hot."""
    B, U, A = letters.shape
    places = jnp.arange(1, U + 1)

    def step(state, a_t):
        h, c, window, kappa = state
        h, c = lstm_step(a_t + h @ W["W_h1h1"] + window @ W["W_wh1"], c, W["W_ch1"])
        alpha, beta, steps = jnp.split(jnp.exp(h @ W["W_h1p"] + W["b_p"]), 3, 1)
        kappa = kappa + steps
        phi = (alpha[:, :, None] * jnp.exp(-beta[:, :, None] * (kappa[:, :, None] - places) ** 2)).sum(1)
        window = jnp.einsum("bu,bua->ba", phi, letters)
        return (h, c, window, kappa), (h, window)

    zeros = jnp.zeros((B, a.shape[2] // 4))
    start = (zeros, zeros, jnp.zeros((B, A)), jnp.zeros((B, W["b_p"].shape[0] // 3)))
    return jax.lax.scan(step, start, a)[1]


def loss_of(W, layers, inputs, targets, letters):
    """Eqs. 1-3, 52, 53: the loss in nats per line."""
    below, window = window_layer(W, inputs @ W["W_ih1"] + W["b_h1"], letters)
    y_hat = W["b_y"] + below @ W["W_h1y"]
    for n in range(2, layers + 1):
        a = inputs @ W[f"W_ih{n}"] + W[f"b_h{n}"] + below @ W[f"W_h{n - 1}h{n}"] + window @ W[f"W_wh{n}"]
        below = layer(W, n, a)
        y_hat = y_hat + below @ W[f"W_h{n}y"]
    return mixture_loss(y_hat, targets) / inputs.shape[1]


class Training:
    def __init__(self, path):
        tensors, metadata = read_tensors(path, tensor)
        config, adam = json.loads(metadata["network"]), json.loads(metadata["adam"])
        inputs, targets = tensors["inputs"], tensors["targets"]
        letters = one_hot(tensors["characters"].astype(int), config["window"]["alphabet"])
        self.points = inputs.shape[0]
        self.weights = {name: tensor for name, tensor in tensors.items() if name.startswith(("W_", "b_"))}
        zeros = jax.tree.map(jnp.zeros_like, self.weights)
        self.memory, self.updates = (zeros, zeros), 0

        def update(W, memory, count):
            loss, G = jax.value_and_grad(loss_of)(W, config["layers"], inputs, targets, letters)
            beta1, beta2 = adam["beta1"], adam["beta2"]
            m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, memory[0], G)
            v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, memory[1], G)
            rate = adam["rate"] / (1 - beta1**count)

            def change(w, m, v):
                return w - rate * m / (jnp.sqrt(v / (1 - beta2**count)) + adam["epsilon"])

            return jax.tree.map(change, W, m, v), (m, v), loss, sum((g**2).sum() for g in G.values())

        self.update = jax.jit(update)

    def run(self):
        """One step; nats per point, and the norm of the gradient."""
        self.updates += 1
        self.weights, self.memory, loss, squares = self.update(self.weights, self.memory, float(self.updates))
        jax.block_until_ready(self.weights)
        return float(loss) / self.points, math.sqrt(float(squares))


def prepare(path, sizes):
    """`sizes` are those of the file at `path`, for peers that are not told by it."""
    global training
    training = Training(path)
    return {}


def check(path, sizes):
    prepare(path, sizes)
    loss, norm = training.run()
    return {"loss": loss, "gradientNorm": norm, "nextLoss": training.run()[0]}


def step():
    start = time.perf_counter()
    loss, _ = training.run()
    return {"seconds": time.perf_counter() - start, "loss": loss}


def memory():
    return {"bytes": peak_memory()}


serve(f"JAX {jax.__version__}, {sys.argv[1]} threads", prepare=prepare, check=check, step=step, memory=memory)
