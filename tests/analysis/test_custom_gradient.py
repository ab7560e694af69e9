"""The three ways to a gradient: they agree, and a wrong derivative is seen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from analysis.custom_gradient import (
    PUBLISHED,
    STEP,
    autograd_gradient,
    difference_gradient,
    hand_gradient,
    n_nodes,
    refused,
    start,
)
from analysis.newton import NEWTON
from analysis.pages import RESULTS
from ffnn_lab.activations import ACTIVATIONS
from tests.support.options import put_option, put_variant


@pytest.mark.parametrize("activation", ["tanh", "wrong"])
def test_the_ways_agree_unless_the_derivative_by_hand_is_wrong(
    activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A derivative of tanh that is a hundredth too large is off by a hundredth of what it adds."""
    tanh = ACTIVATIONS["tanh"]
    put_variant(
        monkeypatch,
        "activation",
        "tanh",
        name="wrong",
        slope=lambda slope, before, active: 1.01 * tanh.slope(slope, before, active),
    )
    network, row, inputs, labels = start("tanh", "float64")
    by_graph, n_nodes_of_graph = autograd_gradient(network, row, inputs, labels)
    by_steps = difference_gradient(network, row, inputs, labels, STEP["float64"])
    own = dataclasses.replace(network, activation=activation)
    by_hand = hand_gradient(own, row, inputs, labels)
    assert len(by_hand) == 64 * 8 + 8 + 8 * 10 + 10
    assert n_nodes_of_graph == 11  # two products, two transposes, tanh, two of the loss, 4 leaves
    largest = by_hand.abs().max()
    assert float((by_graph - by_steps).abs().max() / largest) < 1e-8
    for other in (by_graph, by_steps):
        off = float((by_hand - other).abs().max() / largest)
        assert off < 1e-8 if activation == "tanh" else 1e-3 < off < 1e-2


def test_nodes_that_are_reached_twice_are_counted_once() -> None:
    """The sum of x and x squared: one sum, one product, one leaf."""
    x = torch.ones(1, requires_grad=True)
    assert n_nodes((x + x * x).grad_fn) == 3


def test_a_published_number_is_that_of_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a step of 1e-2 the difference is far above rounding, so it is the same anywhere."""
    put_option(monkeypatch, NEWTON)
    network, row, inputs, labels = start("newton", "float64")
    by_hand = hand_gradient(network, row, inputs, labels)
    by_steps = difference_gradient(network, row, inputs, labels, 1e-2)
    found = float((by_hand - by_steps).abs().max() / by_hand.abs().max())
    published = pd.read_csv(RESULTS / "records" / PUBLISHED / "differences.csv")
    is_row = (published["activation"] == "newton") & (published["dtype"] == "float64")
    (expected,) = published[is_row & np.isclose(published["step"], 1e-2, rtol=1e-9)][
        "by hand - finite differences"
    ]
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_published_answers_are_those_of_the_check() -> None:
    published = pd.read_csv(RESULTS / "records" / PUBLISHED / "refused.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(refused(), published)
