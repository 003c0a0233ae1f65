"""The synthesis network in PyTorch, for the bench: `pytorch.py <eager|compile|lstm> <cpu|gpu> <threads>`.

eager: the network itself, with peepholes and window, as one would write it in PyTorch: everything that can be is one
       product for the whole sequence, the rest a loop over time.
compile: the same with `torch.compile` of what is between the products of a time step. Of the whole network it would
       unroll the loop, 700 steps of three layers.
lstm:  `nn.LSTM`, which has no peepholes and cannot have a window in its recurrence: the window vectors are given
       beforehand, so that the products keep their sizes. An easier task.
None clips derivatives, which makes all easier still. Commands and answers are lines of JSON (process.ts).
"""

import json
import math
import sys
import time

import torch
from torch.nn import functional as F

from protocol import peak_memory, read_tensors, say, serve


def tensor(content, count, offset, shape):
    return torch.frombuffer(content, dtype=torch.float32, count=count, offset=offset).reshape(shape).clone()


def mixture_loss(y_hat, targets):
    """Eqs. 18-26, in logarithms, summed; y_hat [T, B, 6M + 1], targets [T, B, 3]."""
    M = (y_hat.shape[-1] - 1) // 6
    e_hat, pi_hat, mu1, mu2, sigma1, sigma2, rho_hat = y_hat.split([1] + 6 * [M], -1)
    x1, x2, end = targets.split(1, -1)
    rho = torch.tanh(rho_hat)
    d1, d2, rest = (x1 - mu1) * torch.exp(-sigma1), (x2 - mu2) * torch.exp(-sigma2), 1 - rho**2
    Z = d1**2 + d2**2 - 2 * rho * d1 * d2
    log_N = -Z / (2 * rest) - math.log(2 * math.pi) - sigma1 - sigma2 - torch.log(rest) / 2
    log_density = torch.logsumexp(torch.log_softmax(pi_hat, -1) + log_N, -1)
    return F.softplus(torch.where(end > 0, e_hat, -e_hat)).sum() - log_density.sum()


def lstm_step(a, c, peepholes):
    """Eqs. 7-11; a [B, 4H] in blocks i, f, z, o."""
    i, f, z, o = a.chunk(4, 1)
    W_ci, W_cf, W_co = peepholes
    i = torch.sigmoid(torch.addcmul(i, W_ci, c))
    f = torch.sigmoid(torch.addcmul(f, W_cf, c))
    c = f * c + i * torch.tanh(z)
    o = torch.sigmoid(torch.addcmul(o, W_co, c))
    return o * torch.tanh(c), c


def window_weights(p_hat, kappa, places):
    """Eqs. 47-51; p_hat [B, 3K], kappa [B, K]: phi [B, U], and kappa of this step."""
    alpha, beta, step = p_hat.exp().chunk(3, 1)
    kappa = kappa + step
    distance = kappa[:, :, None] - places
    return (alpha[:, :, None] * torch.exp(-beta[:, :, None] * distance**2)).sum(1), kappa


class Eager(torch.nn.Module):
    def __init__(self, config, tensors):
        super().__init__()
        self.config = config
        for name, tensor in tensors.items():
            if name.startswith(("W_", "b_")):
                setattr(self, name, torch.nn.Parameter(tensor))

    def forward(self, inputs, letters):
        below, window, hidden = None, None, []
        for n in range(1, self.config["layers"] + 1):
            W = lambda name: getattr(self, name)
            a = inputs @ W(f"W_ih{n}") + W(f"b_h{n}")
            if n > 1:
                a = a + below @ W(f"W_h{n - 1}h{n}") + window @ W(f"W_wh{n}")
                below = self.layer(n, a)
            else:
                below, window = self.window_layer(a, letters)
            hidden.append(below)
        return self.b_y + sum(h @ W(f"W_h{n}y") for n, h in enumerate(hidden, start=1))

    def layer(self, n, a):
        recurrent, peepholes = getattr(self, f"W_h{n}h{n}"), getattr(self, f"W_ch{n}").unbind(0)
        h = c = a.new_zeros(a.shape[1], self.config["cells"])
        rows = []
        for a_t in a.unbind(0):
            h, c = lstm_step(torch.addmm(a_t, h, recurrent), c, peepholes)
            rows.append(h)
        return torch.stack(rows)

    def window_layer(self, a, letters):
        """Eqs. 46-52; letters [B, U, A]: the texts, one-hot."""
        B, U, A = letters.shape
        places = torch.arange(1, U + 1, device=a.device)
        peepholes = self.W_ch1.unbind(0)
        h = c = a.new_zeros(B, self.config["cells"])
        window, kappa = a.new_zeros(B, A), a.new_zeros(B, self.config["window"]["components"])
        rows, windows = [], []
        for a_t in a.unbind(0):
            a_t = torch.addmm(torch.addmm(a_t, h, self.W_h1h1), window, self.W_wh1)
            h, c = lstm_step(a_t, c, peepholes)
            phi, kappa = window_weights(torch.addmm(self.b_p, h, self.W_h1p), kappa, places)
            window = torch.bmm(phi[:, None], letters)[:, 0]
            rows.append(h)
            windows.append(window)
        return torch.stack(rows), torch.stack(windows)


class Lstm(torch.nn.Module):
    def __init__(self, config, tensors):
        super().__init__()
        self.alphabet = config["window"]["alphabet"] if "window" in config else 0
        self.layers = torch.nn.ModuleList()
        for n in range(1, config["layers"] + 1):
            names = [f"W_ih{n}"] + ([f"W_h{n - 1}h{n}"] if n > 1 else []) + ([f"W_wh{n}"] if self.alphabet else [])
            weights = torch.cat([tensors[name] for name in names])
            layer = torch.nn.LSTM(weights.shape[0], config["cells"])
            with torch.no_grad():
                layer.weight_ih_l0.copy_(weights.T)
                layer.weight_hh_l0.copy_(tensors[f"W_h{n}h{n}"].T)
                layer.bias_ih_l0.copy_(tensors[f"b_h{n}"])
                layer.bias_hh_l0.zero_()
            layer.bias_hh_l0.requires_grad_(False)  # one bias, as in the paper
            self.layers.append(layer)
        self.W_y = torch.nn.Parameter(torch.cat([tensors[f"W_h{n}y"] for n in range(1, config["layers"] + 1)]))
        self.b_y = torch.nn.Parameter(tensors["b_y"])

    def forward(self, inputs, letters):
        T, B, _ = inputs.shape
        window = [letters[:, torch.arange(T, device=inputs.device) % letters.shape[1]].transpose(0, 1)] if self.alphabet else []
        hidden = []
        for layer in self.layers:
            hidden.append(layer(torch.cat([inputs, *hidden[-1:], *window], 2))[0])
        return torch.cat(hidden, 2) @ self.W_y + self.b_y


class Training:
    def __init__(self, model, path):
        tensors, metadata = read_tensors(path, tensor)
        config, adam = json.loads(metadata["network"]), json.loads(metadata["adam"])
        self.model = (Lstm if model == "lstm" else Eager)(config, tensors).to(device)
        self.inputs, self.targets = tensors["inputs"].to(device), tensors["targets"].to(device)
        self.letters = None
        if "window" in config:
            alphabet = torch.arange(config["window"]["alphabet"])
            self.letters = (tensors["characters"][:, :, None] == alphabet).float().to(device)
        self.weights = [w for w in self.model.parameters() if w.requires_grad]
        self.optimiser = torch.optim.Adam(
            self.weights, lr=adam["rate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"], fused=True
        )

    def run(self):
        self.optimiser.zero_grad()
        T, B, _ = self.inputs.shape
        loss = mixture_loss(self.model(self.inputs, self.letters), self.targets)
        (loss / B).backward()
        self.optimiser.step()
        return loss.item() / (T * B)

    def gradient_norm(self):
        """Of the last step."""
        return math.sqrt(sum(w.grad.double().square().sum().item() for w in self.weights))


def synchronise():
    if device.type != "cpu":
        torch.accelerator.synchronize()


def seconds(work):
    synchronise()
    start = time.perf_counter()
    result = work()
    synchronise()
    return time.perf_counter() - start, result


def prepare(path, sizes):
    """`sizes` are those of the file at `path`, for peers that are not told by it."""
    global training
    training = Training(model, path)
    return {}


def check(path, sizes):
    prepare(path, sizes)
    loss = training.run()
    return {"loss": loss, "gradientNorm": training.gradient_norm(), "nextLoss": training.run()}


def step():
    time, loss = seconds(training.run)
    return {"seconds": time, "loss": loss}


def memory():
    return {"bytes": peak_memory()}


def sgemm(size):
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    out = torch.mm(a, b)
    return {"seconds": seconds(lambda: torch.mm(a, b, out=out))[0]}


model, where, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
if model == "compile":
    lstm_step, window_weights = torch.compile(lstm_step), torch.compile(window_weights)
if where == "gpu" and not torch.accelerator.is_available():
    say({"error": "PyTorch finds no GPU"})
    sys.exit()
device = torch.accelerator.current_accelerator() if where == "gpu" else torch.device("cpu")
blas = "MKL" if torch.backends.mkl.is_available() else "its own BLAS"
where_it_runs = f"{threads} threads, {blas}" if where == "cpu" else str(device)
serve(
    f"PyTorch {torch.__version__}, {where_it_runs}",
    **dict(prepare=prepare, check=check, step=step, memory=memory, sgemm=sgemm),
)
