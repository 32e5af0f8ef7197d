"""The vision tower of CLIP, small, with the names that Hugging Face gives.

The start is chosen for a short training: patches are projected on a whitened
cosine basis (photographs have 1/f spectra, so fine detail is made as strong
as coarse), positions are sines, and the branches begin small.
"""
import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Shape:
    image_size: int = 96
    patch_size: int = 8
    hidden_size: int = 128
    num_hidden_layers: int = 5
    num_attention_heads: int = 2
    intermediate_size: int = 384
    projection_dim: int = 256

    def config(self):
        """What config.json says of it."""
        return {"architectures": ["CLIPVisionModelWithProjection"],
                "model_type": "clip_vision_model", "hidden_act": "quick_gelu",
                "layer_norm_eps": 1e-5, "num_channels": 3,
                "attention_dropout": 0.0, "torch_dtype": "float16",
                **asdict(self)}


def cosine_basis(patch, count):
    """(count, 3, patch, patch): the coarsest cosines, two thirds of light.

    The gain rises with the frequency as the spectrum of photographs falls.
    The mean of a patch is held down: brightness is what changes the most.
    """
    n = np.arange(patch)
    waves = np.cos(np.pi * (2 * n[None] + 1) * n[:, None] / (2 * patch))
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    order = sorted((np.hypot(u, v), u, v) for u in n for v in n)
    colours = np.array([[1, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]], float)
    colours /= np.linalg.norm(colours, axis=1, keepdims=True)
    rows = []
    n_light = min(len(order), math.ceil(count * 2 / 3))
    for index, (f, u, v) in enumerate(order):
        wave = np.outer(waves[u], waves[v]) * (0.35 if f == 0 else f) / 2
        tones = colours if index < (count - n_light) // 2 else colours[:1]
        rows += [tone[:, None, None] * wave * (1 if k == 0 else 1.5)
                 for k, tone in enumerate(tones)]
    basis = np.zeros((count, 3, patch, patch), np.float32)
    basis[:min(count, len(rows))] = rows[:count]
    return torch.from_numpy(basis)


def sine_positions(side, width):
    """(side * side, width): sines of the row and of the column."""
    at = torch.arange(side) / side * 2 * math.pi
    k = 2 ** (torch.arange(width // 4) * (5.0 / (width // 4)) - 1)
    waves = torch.cat([torch.sin(at[:, None] * k), torch.cos(at[:, None] * k)],
                      1)
    rows = waves[:, None].expand(side, side, -1)
    columns = waves[None].expand(side, side, -1)
    out = torch.zeros(side * side, width)
    both = torch.cat([rows, columns], 2).reshape(side * side, -1)
    out[:, :both.shape[1]] = both
    return out


class Embeddings(nn.Module):
    def __init__(self, shape):
        super().__init__()
        side, width = shape.image_size // shape.patch_size, shape.hidden_size
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.5)
        self.patch_embedding = nn.Conv2d(3, width, shape.patch_size,
                                         shape.patch_size, bias=False)
        self.position_embedding = nn.Embedding(side * side + 1, width)
        with torch.no_grad():
            self.patch_embedding.weight.copy_(
                cosine_basis(shape.patch_size, width))
            self.position_embedding.weight.zero_()
            self.position_embedding.weight[1:] = (
                0.3 * sine_positions(side, width))

    def forward(self, pixels, kept, arithmetic):
        # One product of matrices: the convolution's gradient is far slower.
        n, _, height, _ = pixels.shape
        weight = self.patch_embedding.weight
        p = weight.shape[-1]
        cut = pixels.reshape(n, 3, height // p, p, height // p, p)
        cut = cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, 3 * p * p)
        positions = self.position_embedding.weight
        where = positions[1:]
        if kept is not None:
            rows = torch.arange(n, device=cut.device)[:, None]
            cut = cut[rows, kept]
            where = where[kept]
        patches = linear(cut, weight.flatten(1), None, arithmetic) + where
        first = (self.class_embedding + positions[:1]).expand(n, 1, -1)
        return torch.cat([first, patches], 1)


def linear(x, weight, bias, arithmetic):
    return F.linear(x.to(arithmetic), weight.to(arithmetic),
                    None if bias is None else bias.to(arithmetic))


def attend(q, k, v):
    """softmax(q k^T) v; q is scaled already."""
    if hasattr(F, "scaled_dot_product_attention"):  # PyTorch 2.1 and later
        return F.scaled_dot_product_attention(q, k, v, scale=1.0)
    return (q @ k.transpose(2, 3)).float().softmax(-1).to(q.dtype) @ v


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, arithmetic):
        n, tokens, width = x.shape
        scale = (width // self.heads) ** -0.5
        weight = torch.cat([self.q_proj.weight * scale, self.k_proj.weight,
                            self.v_proj.weight])
        bias = torch.cat([self.q_proj.bias * scale, self.k_proj.bias,
                          self.v_proj.bias])
        qkv = linear(x, weight, bias, arithmetic)
        q, k, v = (qkv.view(n, tokens, 3, self.heads, -1)
                   .permute(2, 0, 3, 1, 4))
        mixed = attend(q, k, v).transpose(1, 2).reshape(n, tokens, width)
        return linear(mixed, self.out_proj.weight, self.out_proj.bias,
                      arithmetic)


class Mlp(nn.Module):
    """quick_gelu(x) is silu(1.702 x) / 1.702: the factor is the weights'."""

    def __init__(self, width, inner):
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x, arithmetic):
        x = linear(x, self.fc1.weight * 1.702, self.fc1.bias * 1.702,
                   arithmetic)
        return linear(F.silu(x), self.fc2.weight / 1.702, self.fc2.bias,
                      arithmetic)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        width = shape.hidden_size
        self.layer_norm1 = nn.LayerNorm(width)
        self.self_attn = Attention(width, shape.num_attention_heads)
        self.layer_norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, shape.intermediate_size)

    def forward(self, x, arithmetic):
        x = x + self.self_attn(self.layer_norm1(x), arithmetic)
        return x + self.mlp(self.layer_norm2(x), arithmetic)


class Encoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(shape) for _ in range(shape.num_hidden_layers))

    def forward(self, x, arithmetic):
        for layer in self.layers:
            x = layer(x, arithmetic)
        return x


class Vision(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.embeddings = Embeddings(shape)
        self.pre_layrnorm = nn.LayerNorm(shape.hidden_size)
        self.encoder = Encoder(shape)
        self.post_layernorm = nn.LayerNorm(shape.hidden_size)

    def forward(self, pixels, kept=None, arithmetic=torch.float32):
        x = self.pre_layrnorm(self.embeddings(pixels, kept, arithmetic))
        return self.post_layernorm(self.encoder(x, arithmetic)[:, 0])


class Tower(nn.Module):
    """(N, 3, S, S) pixels, of mean 0 and range -1..1, to (N, D)."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.vision_model = Vision(shape)
        self.visual_projection = nn.Linear(
            shape.hidden_size, shape.projection_dim, bias=False)
        branch = (2 * shape.num_hidden_layers) ** -0.5
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                scale = branch if name.endswith(("out_proj", "fc2")) else 1
                nn.init.normal_(module.weight,
                                std=scale * module.in_features ** -0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, pixels, kept=None, arithmetic=torch.float32):
        return self.visual_projection(
            self.vision_model(pixels, kept, arithmetic))

    def embed(self, pictures, kept=None, arithmetic=torch.float32):
        """(N, S, S, 3) bytes to (N, D) of length 1.

        kept: (N, K) the patches to look at, of each picture; None: all.
        """
        pixels = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        return F.normalize(self(pixels, kept, arithmetic), dim=1)
