"""Samplers: what each process gets, together and by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import ConcatDataset, DataLoader, DistributedSampler, TensorDataset

from fairaudit.core.errors import UsageError
from fairaudit.training import DistributedWeightedSampler, LengthMatchedBatchSampler, ReplayBatchSampler

counts = st.integers(1, 40)
replicas = st.integers(1, 5)


@given(counts, replicas, st.integers(0, 3))
def test_every_index_once_an_epoch_in_equal_parts(n: int, processes: int, epoch: int):
    parts = []
    for rank in range(processes):
        sampler = DistributedWeightedSampler([1.0] * n, replacement=False, num_replicas=processes, rank=rank)
        sampler.set_epoch(epoch)
        parts.append([*sampler])
        assert len(parts[-1]) == len(sampler) == len(DistributedSampler(range(n), processes, rank))
    drawn = Counter(chain(*parts))
    assert sorted(drawn) == [*range(n)]
    assert sum(drawn.values()) - n < processes
    if n >= processes:
        assert max(drawn.values()) <= 2


@given(st.lists(st.floats(0, 5), min_size=2, max_size=30).filter(any), replicas, st.integers(0, 9))
def test_parts_are_one_draw_and_the_same_again(weights: list[float], processes: int, seed: int):
    def parts(count: int) -> list[list[int]]:
        return [
            [*DistributedWeightedSampler(weights, count * 7, num_replicas=count, rank=rank, seed=seed)]
            for rank in range(count)
        ]

    together = parts(processes)
    assert together == parts(processes)
    whole = [*DistributedWeightedSampler(weights, processes * 7, num_replicas=1, rank=0, seed=seed)]
    assert [index for step in zip(*together, strict=True) for index in step] == whole
    assert all(weights[index] > 0 for index in whole)


def test_indices_come_by_weight():
    weights = np.array([0.0, 1.0, 2.0, 7.0])
    sampler = DistributedWeightedSampler(weights, 100_000)
    shares = np.bincount([*sampler], minlength=4) / 100_000
    assert np.abs(shares - weights / 10).max() < 4 * np.sqrt(0.21 / 100_000)
    sampler.set_epoch(1)
    assert shares.tolist() != (np.bincount([*sampler], minlength=4) / 100_000).tolist()


def test_without_replacement_the_first_comes_by_weight():
    """As does the second among those that are left."""
    weights, n = [1.0, 2.0, 3.0], 6_000
    sampler = DistributedWeightedSampler(weights, replacement=False)
    orders = Counter()
    for epoch in range(n):
        sampler.set_epoch(epoch)
        orders[tuple(sampler)] += 1
    for order, times in orders.items():
        first, second, _ = (weights[i] for i in order)
        expected = first / 6 * second / (6 - first)
        assert abs(times / n - expected) < 4 * np.sqrt(expected * (1 - expected) / n), order


@pytest.mark.parametrize("weights", [[], [0.0], [-1.0, 2.0], [float("nan")], [float("inf")], [[1.0]]])
def test_weights_that_cannot_be_drawn_by(weights: list[float]):
    with pytest.raises(UsageError, match="weights must be"):
        DistributedWeightedSampler(weights)


def test_numbers_that_cannot_be_drawn():
    with pytest.raises(UsageError, match="2 indices cannot be drawn: 1 examples"):
        DistributedWeightedSampler([1.0, 0.0], replacement=False)
    with pytest.raises(UsageError, match="no rank 2 among 2"):
        DistributedWeightedSampler([1.0], num_replicas=2, rank=2)


WORKER = """
import sys, json, torch.distributed as dist
from fairaudit.training import DistributedWeightedSampler
rank = int(sys.argv[1])
dist.init_process_group("gloo", init_method="file://" + sys.argv[2], rank=rank, world_size=4)
drawn = {}
for name, options in {"once": {"replacement": False}, "by weight": {}}.items():
    sampler = DistributedWeightedSampler([1.0, 2.0, 3.0] * 10 + [0.0], num_samples=30, seed=3, **options)
    for epoch in (0, 1):
        sampler.set_epoch(epoch)
        drawn[f"{name} {epoch}"] = [*sampler]
gathered = [None] * 4
dist.all_gather_object(gathered, drawn)
dist.destroy_process_group()
if rank == 0:
    print(json.dumps(gathered))
"""


@pytest.mark.slow
def test_four_processes_share_an_epoch(tmp_path: Path):
    def run() -> list[dict[str, list[int]]]:
        meeting = tmp_path / "meeting"
        meeting.unlink(missing_ok=True)
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        started = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(rank), str(meeting)],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for rank in range(4)
        ]
        said = [process.communicate(timeout=120)[0] for process in started]
        assert [process.returncode for process in started] == [0] * 4
        return json.loads(said[0].splitlines()[-1])

    gathered = run()
    for name in gathered[0]:
        parts = [drawn[name] for drawn in gathered]
        assert {len(part) for part in parts} == {8}
        if name.startswith("once"):
            assert {*chain(*parts)} == {*range(30)}
        weights, epoch = [1.0, 2.0, 3.0] * 10 + [0.0], int(name[-1])
        alone = DistributedWeightedSampler(
            weights, num_samples=30 if name.startswith("once") else 32, seed=3, replacement=name.startswith("by")
        )
        alone.set_epoch(epoch)
        assert [index for step in zip(*parts, strict=True) for index in step][:30] == [*alone][:30]
    assert run() == gathered


@given(counts, st.integers(0, 30), st.integers(2, 8), st.sampled_from([0.0, 0.1, 0.25, 0.5]), replicas)
def test_replay_has_each_new_utterance_once(n_new: int, n_old: int, size: int, share: float, processes: int):
    if n_old == 0:
        share = 0.0
    parts = []
    for rank in range(processes):
        sampler = ReplayBatchSampler(n_new, n_old, batch_size=size, share=share, num_replicas=processes, rank=rank)
        parts.append([*sampler])
        assert len(sampler) == len(parts[-1])
    batches = [batch for step in zip(*parts, strict=True) for batch in step]
    batches = batches[: len([*ReplayBatchSampler(n_new, n_old, batch_size=size, share=share)])]
    indices = [*chain(*batches)]
    assert sorted(i for i in indices if i < n_new) == [*range(n_new)]
    old = Counter(i for i in indices if i >= n_new)
    assert all(i < n_new + n_old for i in old)
    if old:
        fewest = min(old.values()) if len(old) == n_old else 0
        assert max(old.values()) - fewest <= 1
    assert all(len(batch) <= size for batch in batches)
    assert all(len(batch) == size for batch in batches[:-1])
    of_old = [sum(i >= n_new for i in batch) for batch in batches]
    assert max(of_old[:-1], default=0) - min(of_old[:-1], default=0) <= 1
    assert abs(sum(of_old[:-1]) - share * size * (len(batches) - 1)) < 1


def test_replay_with_a_loader():
    new, old = (TensorDataset(torch.full((n,), kind)) for n, kind in ((20, 0), (50, 1)))
    sampler = ReplayBatchSampler(20, 50, batch_size=10, share=0.2, seed=1)
    seen = [batch[0].float().mean().item() for batch in DataLoader(ConcatDataset([new, old]), batch_sampler=sampler)]
    assert seen == pytest.approx([0.2, 0.2, 0.2])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_new": 0, "n_old": 5, "batch_size": 4}, "0 new and 5 old"),
        ({"n_new": 5, "n_old": 0, "batch_size": 4}, "5 new and 0 old"),
        ({"n_new": 5, "n_old": 5, "batch_size": 1}, "no place for new"),
        ({"n_new": 5, "n_old": 5, "batch_size": 4, "share": 1.0}, "no place for new"),
    ],
)
def test_batches_that_cannot_be(options, said):
    with pytest.raises(UsageError, match=said):
        ReplayBatchSampler(**options)


@given(st.lists(st.tuples(st.floats(0.1, 2), st.integers(0, 2)), min_size=1, max_size=60), replicas, st.integers(0, 3))
def test_batches_are_of_one_group_and_equally_long(rows: list[tuple[float, int]], processes: int, epoch: int):
    durations, groups = map(np.array, zip(*rows, strict=True))
    parts = []
    for rank in range(processes):
        sampler = LengthMatchedBatchSampler(durations, groups, batch_duration=4.0, num_replicas=processes, rank=rank)
        sampler.set_epoch(epoch)
        parts.append([*sampler])
        assert len(parts[-1]) == len(sampler)
    assert len({len(part) for part in parts}) == 1
    batches = {tuple(batch) for batch in chain(*parts)}
    assert {int(groups[i]) for batch in batches for i in batch} == {*groups.tolist()}
    for batch in batches:
        assert len({*groups[list(batch)].tolist()}) == 1
        whole = durations[list(batch)].sum()
        assert whole <= 4.0 + 1e-9
        if durations[groups == groups[batch[0]]].sum() > 4.0:
            assert whole > 2.0  # the longest utterance has 2
    once = Counter(i for batch in batches for i in batch)
    assert max(once.values()) == 1
    left = durations[[i for i in range(len(rows)) if i not in once]].sum()
    assert left <= 4.0 * len({*groups.tolist()})


@pytest.mark.parametrize(("durations", "groups"), [([1.0], [0, 1]), ([], []), ([0.0], [0]), ([5.0], [0])])
def test_utterances_that_fit_no_batch(durations, groups):
    with pytest.raises(UsageError):
        LengthMatchedBatchSampler(durations, groups, batch_duration=4.0)
