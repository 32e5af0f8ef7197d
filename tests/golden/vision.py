"""Vision towers of every family by numpy in float64, and random tensors of them.

CLIP follows Radford et al. 2021, SigLIP's attention pooling Zhai et al. 2022
("Scaling Vision Transformers"), DINOv2 Oquab et al. 2023 and Darcet et al. 2023
("Vision Transformers Need Registers"); names of parameters are Hugging Face's.
A model is a dictionary of MODELS in reference.py.
"""
import math

import numpy as np

CLIP_COLOURS = ([0.48145466, 0.4578275, 0.40821073],
                [0.26862954, 0.26130258, 0.27577711])
HALF_COLOURS = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
IMAGENET_COLOURS = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
COLOURS = {"clip": CLIP_COLOURS, "siglip": HALF_COLOURS,
           "dinov2": IMAGENET_COLOURS,
           "dinov2_with_registers": IMAGENET_COLOURS}

CLIP_NAMES = {"patch": "vision_model.embeddings.patch_embedding",
              "position": "vision_model.embeddings.position_embedding.weight",
              "layer": "vision_model.encoder.layers.", "norm1": "layer_norm1",
              "q": "self_attn.q_proj", "k": "self_attn.k_proj",
              "v": "self_attn.v_proj", "out": "self_attn.out_proj",
              "norm2": "layer_norm2", "fc1": "mlp.fc1", "fc2": "mlp.fc2",
              "post_norm": "vision_model.post_layernorm"}
DINO_NAMES = {"patch": "embeddings.patch_embeddings.projection",
              "position": "embeddings.position_embeddings",
              "layer": "encoder.layer.", "norm1": "norm1",
              "q": "attention.attention.query", "k": "attention.attention.key",
              "v": "attention.attention.value",
              "out": "attention.output.dense", "norm2": "norm2",
              "fc1": "mlp.fc1", "fc2": "mlp.fc2", "post_norm": "layernorm"}
HEAD = "vision_model.head."


def family_of(m):
    return m.get("family", "clip")


def is_dino(m):
    return family_of(m).startswith("dinov2")


def names_of(m):
    return DINO_NAMES if is_dino(m) else CLIP_NAMES


def eps_of(m):
    return 1e-5 if family_of(m) == "clip" else 1e-6


# --- tensors ----------------------------------------------------------------

def random_tensors(m, rng):
    """The vision tower, scaled so that activations neither die nor explode."""
    normal = lambda scale, *shape: rng.standard_normal(shape) * scale
    matrix = lambda rows, columns: normal(1.5 / columns ** 0.5, rows, columns)
    h, mlp, p, family = m["hidden"], m["mlp"], m["patch"], family_of(m)
    names = names_of(m)
    trained = m.get("trained", m["image"]) // p
    tokens = trained ** 2 + (family != "siglip")
    t = {}

    def linear(name, rows, columns):
        t[name + ".weight"] = matrix(rows, columns)
        t[name + ".bias"] = normal(0.1, rows)

    def norm(name):
        t[name + ".weight"] = 1 + normal(0.2, h)
        t[name + ".bias"] = normal(0.1, h)

    if family == "clip":
        t["vision_model.embeddings.class_embedding"] = normal(0.5, h)
    t[names["patch"] + ".weight"] = normal(1 / (3 * p * p) ** 0.5, h, 3, p, p)
    if family != "clip":
        t[names["patch"] + ".bias"] = normal(0.1, h)
    t[names["position"]] = normal(0.3, tokens, h)
    if is_dino(m):
        t[names["position"]] = t[names["position"]][None]
        t["embeddings.cls_token"] = normal(0.5, 1, 1, h)
        t["embeddings.mask_token"] = normal(0.5, 1, h)
        if m.get("registers"):
            t["embeddings.register_tokens"] = normal(0.5, 1, m["registers"], h)
    if family == "clip":
        t["visual_projection.weight"] = matrix(m["proj"], h)
        norm("vision_model.pre_layrnorm")
    norm(names["post_norm"])
    for i in range(m["layers"]):
        layer = f"{names['layer']}{i}."
        norm(layer + names["norm1"])
        norm(layer + names["norm2"])
        for name in ("q", "k", "v", "out"):
            linear(layer + names[name], h, h)
        linear(layer + names["fc1"], mlp, h)
        linear(layer + names["fc2"], h, mlp)
        if is_dino(m):
            for name in ("layer_scale1", "layer_scale2"):
                t[layer + name + ".lambda1"] = normal(0.6, h)
    if family == "siglip":
        t[HEAD + "probe"] = normal(1, 1, 1, h)
        t[HEAD + "attention.in_proj_weight"] = matrix(3 * h, h)
        t[HEAD + "attention.in_proj_bias"] = normal(0.3, 3 * h)
        linear(HEAD + "attention.out_proj", h, h)
        norm(HEAD + "layernorm")
        linear(HEAD + "mlp.fc1", mlp, h)
        linear(HEAD + "mlp.fc2", h, mlp)
    if m.get("full"):
        t["vision_model.embeddings.position_ids"] = np.arange(tokens)[None]
        t["text_model.embeddings.token_embedding.weight"] = matrix(60, 16)
        t["text_projection.weight"] = matrix(m["proj"], 16)
        t["logit_scale"] = np.array(4.6052)
    return t


# --- the network ------------------------------------------------------------

def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) *
                                  (x + 0.044715 * x ** 3)))


ACTIVATIONS = {"quick_gelu": lambda x: x / (1 + np.exp(-1.702 * x)),
               "gelu": gelu, "gelu_pytorch_tanh": gelu_tanh}


class Network:
    """Parts of a transformer with a model's tensors."""

    def __init__(self, m, t):
        self.m, self.t, self.act = m, t, ACTIVATIONS[m["act"]]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps_of(self.m))
        return x * self.t[name + ".weight"] + self.t[name + ".bias"]

    def linear(self, x, name):
        return x @ self.t[name + ".weight"].T + self.t[name + ".bias"]

    def attend(self, q, k, v):
        """[queries][h], [keys][h], [keys][h] -> [queries][h]"""
        heads, h = self.m["heads"], q.shape[1]
        q, k, v = (x.reshape(-1, heads, h // heads).transpose(1, 0, 2)
                   for x in (q, k, v))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(h // heads)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return (scores @ v).transpose(1, 0, 2).reshape(-1, h)

    def mlp(self, x, fc1, fc2):
        return self.linear(self.act(self.linear(x, fc1)), fc2)

    def layer(self, x, prefix):
        names = {key: prefix + name for key, name in names_of(self.m).items()}
        scale = [self.t.get(f"{prefix}layer_scale{i}.lambda1", 1)
                 for i in (1, 2)]
        y = self.norm(x, names["norm1"])
        y = self.attend(*(self.linear(y, names[part]) for part in "qkv"))
        x = x + scale[0] * self.linear(y, names["out"])
        y = self.norm(x, names["norm2"])
        return x + scale[1] * self.mlp(y, names["fc1"], names["fc2"])


def cubic(x, a):
    """Keys' kernel."""
    x = np.abs(x)
    near = (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
    far = a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def resizing(n_from, n_to, antialias):
    """[n_to][n_from]: PyTorch's bicubic weights along one axis."""
    scale = n_from / n_to
    w = np.zeros((n_to, n_from))
    for i in range(n_to):
        at = scale * (i + 0.5) - 0.5
        if antialias:
            w[i] = cubic((np.arange(n_from) - at) / max(scale, 1), -0.5)
            w[i] /= w[i].sum()
            continue
        for j in range(math.floor(at) - 1, math.floor(at) + 3):
            w[i, min(max(j, 0), n_from - 1)] += cubic(at - j, -0.75)
    return w


def positions(m, stored):
    """Of the class token, if any, and of the patches that there are."""
    to = m["image"] // m["patch"]
    n = m.get("trained", m["image"]) // m["patch"]
    if n == to:
        return stored
    w = resizing(n, to, family_of(m) == "dinov2_with_registers")
    grid = stored[1:].reshape(n, n, -1)
    grid = np.einsum("yi,xj,ijc->yxc", w, w, grid)
    return np.vstack([stored[:1], grid.reshape(to * to, -1)])


def tokens_of(m, t, crop):
    h, p, names = m["hidden"], m["patch"], names_of(m)
    mean, std = COLOURS[family_of(m)]
    n = crop.shape[0] // p
    image = (crop[:n * p, :n * p].astype(np.float64) / 255 - mean) / std
    patches = image.reshape(n, p, n, p, 3).transpose(0, 2, 4, 1, 3)
    x = patches.reshape(n * n, -1) @ \
        t[names["patch"] + ".weight"].reshape(h, -1).T
    x = x + t.get(names["patch"] + ".bias", 0)
    cls = t.get("vision_model.embeddings.class_embedding",
                t.get("embeddings.cls_token"))
    if cls is not None:
        x = np.vstack([cls.reshape(1, h), x])
    x = x + positions(m, t[names["position"]].reshape(-1, h))
    registers = t.get("embeddings.register_tokens")
    if registers is not None:
        x = np.vstack([x[:1], registers[0], x[1:]])
    return x


def pool_by_attention(net, x):
    """A learned query's attention to all tokens, and an MLP."""
    t = net.t
    w = np.split(t[HEAD + "attention.in_proj_weight"], 3)
    b = np.split(t[HEAD + "attention.in_proj_bias"], 3)
    q, k, v = (y @ w[i].T + b[i] for i, y in
               enumerate((t[HEAD + "probe"][0], x, x)))
    y = net.linear(net.attend(q, k, v), HEAD + "attention.out_proj")
    z = net.norm(y, HEAD + "layernorm")
    return (y + net.mlp(z, HEAD + "mlp.fc1", HEAD + "mlp.fc2"))[0]


def embed(m, t, crop, network=Network):
    """The raw embedding of one crop, float64."""
    net, names, family = network(m, t), names_of(m), family_of(m)
    x = tokens_of(m, t, crop)
    if family == "clip":
        x = net.norm(x, "vision_model.pre_layrnorm")
    for i in range(m["layers"]):
        x = net.layer(x, f"{names['layer']}{i}.")
    if family == "siglip":
        return pool_by_attention(net, net.norm(x, names["post_norm"]))
    pooled = net.norm(x[0], names["post_norm"])
    return t["visual_projection.weight"] @ pooled if family == "clip" \
        else pooled
