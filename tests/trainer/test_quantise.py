"""Eight-bit weights: nearly the same logits, and files that stay as they were."""

from __future__ import annotations

import copy

import pytest
import torch

from trainer.config import PretrainConfig
from trainer.pretrain import new_model
from trainer.quantise import Int8Linear, can_quantise, quantise


@pytest.fixture(autouse=True)
def whole_numbers() -> None:
    if not can_quantise():
        pytest.skip("torch has no eight-bit arithmetic here")


def test_a_layer_is_as_exact_as_seven_bits_allow() -> None:
    torch.manual_seed(1)
    weight, bias, given = torch.randn(48, 32), torch.randn(48), torch.randn(5, 3, 32)
    exact = torch.nn.functional.linear(given, weight, bias)
    error = (Int8Linear(weight, bias)(given) - exact).norm() / exact.norm()
    assert 0 < error < 0.03


def test_a_channel_of_zeros_stays_zero() -> None:
    weight = torch.randn(4, 8)
    weight[2] = 0
    assert not Int8Linear(weight, None)(torch.randn(3, 8))[:, 2].any()


def test_a_quantised_model_says_nearly_the_same() -> None:
    model = new_model(PretrainConfig(layers=2, width=64, heads=2, positions=64), 400).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # fresh weights say almost nothing
            parameter.mul_(3)
    small = copy.deepcopy(model)
    quantise(small)
    ids = torch.randint(0, 400, (2, 20))
    with torch.inference_mode():
        exact, rough = model(ids).logits, small(ids).logits
    assert 0 < (rough - exact).norm() / exact.norm() < 0.1
    assert torch.equal(small.transformer.wte.weight, model.transformer.wte.weight)
